import dataclasses
from collections import Counter

import pytest

from dashboards.cockpit import Cockpit
from dashboards.indicators import PAGE, Catalogue, state_key
from data_access.readers.provenance import ProvenanceReader
from indicators import standing
from indicators.digest import Digest
from indicators.five_by_five import LAYERS, SYSTEMS, matrix
from indicators.library import shipped_library
from indicators.results import STATES, Reading, State, ValuePoint
from indicators.shelf import Shelf
from tests.dashboards.campus import ATTENDANCE, LEADER, services_of, viewer
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


def test_a_cell_says_of_every_indicator_what_the_list_it_opens_says(values):
    """The data ends in the middle of a week and a month: neither page judges what has only begun."""
    until, leader = values.data_date(), viewer(LEADER)
    shelf = Shelf(values.reader, ProvenanceReader(values.reader.database))
    services = dataclasses.replace(services_of(leader, values), library=shelf, digest=Digest(values, shelf))
    cockpit = Cockpit(services=services, viewer=leader, scope=leader.scope, until=until)
    for (layer, system), cell in cockpit.cells.items():
        view = PAGE.view(services, path="/indicators", search=f"?layer={layer}&system={system}&of=school:1")
        listed = Catalogue(view=view)
        assert tuple(entry.code for entry in listed.chosen) == cell.codes
        told = {code: key for code, key in listed.states.items() if key not in {"none", "neutral"}}
        assert told == {code: state_key(cockpit.readings[code]) for code in cell.states}
        counted = [listed.readings[code].state for code in told]
        assert Counter(counted) == Counter(cell.states.values())
        assert cell.worst == max(counted, key=STATES.index, default=State.NO_DATA)
        assert cell.share == (100 * counted.count(State.REACHED) / len(counted) if counted else None)
    codes = [entry.code for entry in shelf.entries() if "school" in entry.levels]
    as_they_run = standing.readings(values.batches, codes, "school", 1, until=until, scope=leader.scope)
    unfinished = [r for r in as_they_run if r.info.period == "month" and r.latest.period.end > until]
    assert len([r for r in unfinished if cockpit.readings[r.info.code].latest.period.end <= until]) > 5
    assert all(not r.info.lines for r in cockpit.readings.values() if r.info.period == "month" and r.is_running)
