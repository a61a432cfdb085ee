import pytest

from indicators.five_by_five import LAYERS, SYSTEMS, matrix
from indicators.library import shipped_library
from indicators.results import Reading, State, ValuePoint
from tests.dashboards.campus import ATTENDANCE
from tests.dashboards.college import week

COUNTS = {
    "学校": (22, 12, 14, 15, 16),
    "专业": (9, 17, 8, 14, 5),
    "课程": (2, 17, 8, 4, 10),
    "教师": (2, 15, 9, 3, 8),
    "学生": (5, 51, 4, 6, 16),
}
"""Indicators of each layer by system, as counted in the plans' five by five: 292 in all."""


def reading(code, value, **changes):
    import dataclasses  # noqa: PLC0415 (only here)

    info = dataclasses.replace(ATTENDANCE, code=code, **changes)
    return Reading(info=info, points=(ValuePoint(period=week(11), value=value),), level="school", entity_id=1)


def test_every_indicator_of_the_library_has_its_place_and_no_cell_is_empty():
    places = [(i.code, str(i.layer), i.definition["five_system"]) for i in shipped_library()]
    cells = matrix(places, [])
    assert {layer: tuple(len(cells[layer, system].codes) for system in SYSTEMS) for layer in LAYERS} == COUNTS
    assert len(cells) == 25
    assert all(cell.codes for cell in cells.values())
    assert sum(len(cell.codes) for cell in cells.values()) == len(places)


def test_the_list_of_a_cell_is_the_catalogue_filtered_by_layer_and_system():
    library = list(shipped_library())
    cells = matrix([(i.code, str(i.layer), i.definition["five_system"]) for i in library], [])
    for (layer, system), cell in cells.items():
        wanted = {i.code for i in library if (str(i.layer), i.definition["five_system"]) == (layer, system)}
        assert set(cell.codes) == wanted


PLACES = [
    ("CRS-A", "课程", "质量生成"),
    ("CRS-B", "课程", "质量生成"),
    ("CRS-C", "课程", "质量生成"),
    ("CRS-D", "课程", "质量生成"),
]


def test_a_cell_tells_the_share_at_target_of_those_judged_and_the_worst_of_them():
    found = [reading("CRS-A", 96.0), reading("CRS-B", 80.0), reading("CRS-C", 92.0), reading("CRS-D", None)]
    cell = matrix(PLACES, found)["课程", "质量生成"]
    assert cell.share == pytest.approx(100 / 3)
    assert cell.worst is State.ALERT
    assert (cell.count(State.WARNING, State.ALERT), len(cell.states), len(cell.codes)) == (1, 3, 4)


def test_a_cell_without_values_has_no_share_rather_than_nought():
    cell = matrix(PLACES, [reading("CRS-A", None)])["课程", "质量生成"]
    assert cell.share is None
    assert cell.worst is State.NO_DATA


def test_a_value_without_lines_at_its_level_is_not_judged():
    cell = matrix(PLACES, [reading("CRS-A", 5.0, target=None, warning=None, alert=None)])["课程", "质量生成"]
    assert cell.share is None


def test_the_order_of_readings_and_places_changes_nothing():
    found = [reading("CRS-A", 96.0), reading("CRS-B", 80.0)]
    assert matrix(PLACES[::-1], found[::-1]) == matrix(PLACES, found)


def test_an_indicator_without_a_cell_is_refused():
    with pytest.raises(ValueError, match="CRS-A stands in no cell"):
        matrix([("CRS-A", "课程", "别处")], [])
