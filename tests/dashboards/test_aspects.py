import dataclasses
import datetime as dt

import pytest

from dashboards import aspects, student_aspects, teacher
from dashboards.aspects import Aspect, draw_all, lacking, shortfall
from dashboards.overview import period_name
from data_access.readers.revisions import Figure
from indicators.library import shipped_library
from indicators.model import Level
from indicators.results import PeriodInfo, Reading, State, ValuePoint
from tests.dashboards.college import ATTENDANCE, week
from tests.layouts.component_tree import text, types


def reading(value, *, code="CRS-ATT-01", before=None, is_suppressed=False, **changes):
    points = (
        ValuePoint(period=week(1), value=before),
        ValuePoint(period=week(2), value=value, is_suppressed=is_suppressed),
    )
    info = dataclasses.replace(ATTENDANCE, code=code, **changes)
    return Reading(info=info, points=points, level="class", entity_id=7)


@pytest.mark.parametrize(
    ("direction", "target", "value", "missing"),
    [
        ("higher", 95.0, 90.0, 5.0),
        ("higher", 95.0, 96.0, 0.0),
        ("lower", 4.0, 6.5, 2.5),
        ("lower", 4.0, 4.0, 0.0),
        ("target", (55.0, 75.0), 50.0, 5.0),
        ("target", (55.0, 75.0), 80.0, 5.0),
        ("target", (55.0, 75.0), 60.0, 0.0),
        ("higher", None, 60.0, None),
        ("higher", 95.0, None, None),
        ("higher", 95.0, float("nan"), None),
    ],
)
def test_what_is_missing_is_measured_in_the_good_direction(direction, target, value, missing):
    info = dataclasses.replace(ATTENDANCE, direction=direction, target=target)
    assert shortfall(info, value) == missing


def test_what_misses_its_target_comes_worst_first_and_then_by_its_part_of_the_target():
    found = [
        reading(94.0, code="A"),
        reading(70.0, code="B"),
        reading(92.0, code="C"),
        reading(99.0, code="D"),
        reading(None, code="E"),
    ]
    assert [item.info.code for item in lacking(found)] == ["B", "C", "A"]


def test_a_line_names_the_card_the_change_and_the_distance():
    name, value, change, target, gap, period = aspects.row(reading(90.0, before=92.0))
    assert name.href == "/indicators/CRS-ATT-01?of=class%3A7&period=2026-2027-1-W02"
    assert (value.text, value.state) == ("90.0%", State.WATCH)
    assert (change, target, gap, period) == ("↓ 2.0", "95%", "差 5.0%", "第2周")


def test_a_withheld_number_shows_no_state_and_no_distance():
    cells = aspects.row(reading(None, is_suppressed=True))
    assert cells[1].text == "人数过少，不显示"
    assert cells[4:] == ["—", ""]


def test_a_figure_without_target_is_not_judged():
    assert aspects.row(reading(3.0, target=None, warning=None, alert=None))[1] == "3.0%"


def test_a_term_is_named_in_few_words():
    term = PeriodInfo(
        kind="term", key="2026-2027-2", label="2026-2027学年第二学期", start=dt.date(2027, 3, 1),
        end=dt.date(2027, 7, 1), ordinal=2,
    )  # fmt: skip
    assert period_name(term) == "26–27第二学期"


def test_an_aspect_counts_its_states_and_leaves_out_what_was_never_due():
    aspect = Aspect(name="学业发展", codes=("A", "B", "C", "D"))
    found = [reading(96.0, code="A"), reading(70.0, code="B"), reading(None, code="C")]
    body = draw_all([aspect], found, page="class", because="没有")
    assert text(body).startswith("学业发展1 达标 · 1 警戒")
    assert len(types(body, "Store")[0].data["rows"]) == 2


def test_nothing_to_show_says_why():
    assert "因为还没有数值" in text(
        draw_all([Aspect(name="学业", codes=("A",))], [], page="class", because="还没有数值")
    )


def _of(dimension, keep):
    return {
        code for code, item in shipped_library().indicators.items() if item.dimension == dimension and keep(code, item)
    }


@pytest.mark.parametrize("aspect", teacher.DIMENSIONS, ids=lambda aspect: aspect.name)
def test_every_indicator_of_a_single_teacher_stands_in_its_dimension(aspect):
    wanted = _of(aspect.name, lambda code, item: code.startswith("TCH-") and item.entity is Level.TEACHER)
    assert set(aspect.codes) == wanted


@pytest.mark.parametrize(
    ("own", "group"), list(zip(student_aspects.OF_STUDENT, student_aspects.OF_CLASS, strict=True)), ids=lambda a: a.name
)
def test_every_indicator_of_students_stands_in_its_aspect(own, group):
    assert own.name == group.name
    wanted = _of(own.name, lambda code, _item: code.startswith(("STU-", "CLS-")))
    assert set(own.codes) | set(group.codes) == wanted
    assert not set(own.codes) & set(group.codes)


def test_a_value_found_wrong_is_marked_and_no_other():
    found = [reading(90.0, code="A"), reading(91.0, code="B")]
    week_before, of_latest = Figure(7, "B", "2026-2027-1-W01"), Figure(7, "A", "2026-2027-1-W02")
    drawn = draw_all(
        [Aspect(name="教学", codes=("A", "B"))], found, page="p", because="", revised=[week_before, of_latest]
    )
    assert str(drawn).count(aspects.REVISED) == 1
    assert aspects.row(found[0], is_revised=True)[-1] == "第2周 · 申诉成立，已更正"


def test_the_value_of_a_term_is_marked_where_a_week_of_it_was_wrong():
    wrong = Figure(7, "A", "2026-2027-1-W11")
    assert wrong.lies_in("2026-2027-1")
    assert not wrong.lies_in("2026-2027-1-W1")
    assert not wrong.lies_in("2026-2027-2")
