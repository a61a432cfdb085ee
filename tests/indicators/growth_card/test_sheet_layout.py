"""Which columns a sheet has, and what may stand in them."""

import pytest

from data_access.growth_card.cells import CLASS, STUDENT, CellEdit, Row, SheetForm
from indicators.growth_card.collection import demands
from indicators.growth_card.points import Collector
from indicators.growth_card.sheet_layout import LESSON, STATUSES, columns_of
from tests.indicators.growth_card.test_collection import AUTUMN, CARD, EVERY, GRADES, SPRING

DEMANDS = [
    demand
    for term in (AUTUMN, SPRING)
    for collector in Collector
    for grade in GRADES
    for demand in demands(CARD, term, collector, grade=grade, traits=EVERY)
]


def columns(collector, task, grade=1, term=AUTUMN):
    """The columns of one sheet, by key."""
    [demand] = [d for d in demands(CARD, term, collector, grade=grade, traits=EVERY) if d.task == task]
    return {column.key: column for column in columns_of(demand)}


def test_labels_are_unique_within_every_sheet():
    for demand in DEMANDS:
        labels = [column.label for column in columns_of(demand)]
        assert len(labels) == len(set(labels)), demand


def test_every_sheet_asks_for_every_point_of_its_demand():
    for demand in DEMANDS:
        asked = {column.point for column in columns_of(demand)}
        assert asked == {point.code for point in (*demand.points, *demand.occasional)}


def test_columns_of_the_class_come_first_and_say_so():
    found = list(columns(Collector.CLASS_ADVISER, "W03").values())
    assert [column.holder for column in found] == [CLASS] * 3 + [STUDENT] * 3
    assert found[0].label == "班级 · 准时率（无迟到）"


def test_a_rate_with_a_deduction_has_a_column_for_what_is_deducted():
    found = columns(Collector.CLASS_ADVISER, "W03")
    assert found["STU-ACD-03"].is_required
    assert not found["STU-ACD-03.events"].is_required
    assert found["STU-ACD-03.events"].is_whole


def test_awards_are_entered_one_by_one():
    found = columns(Collector.TEACHING_SECTION, "term")
    awards = [key for key in found if key.startswith("STU-CAR-09")]
    assert awards == [f"STU-CAR-09.raw.{award}" for award in ("一等奖", "二等奖", "三等奖", "优秀奖", "参赛")]


def test_goals_are_shown_in_percent_and_stored_as_a_share():
    goals = columns(Collector.CLASS_ADVISER, "goals", term=SPRING)["STU-ACD-01.goals"]
    assert goals.read("50%") == 0.5
    assert goals.shown(0.5) == 50


@pytest.mark.parametrize(
    ("task", "collector", "key", "typed", "stored"),
    [
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03", "９７．５", 97.5),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03", "97.5 %", 97.5),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03", "—", None),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03.events", "2次", 2),
        ("W03", Collector.STUDENT_AFFAIRS, "STU-PER-14", "记过", 3),
        ("W03", Collector.STUDENT_AFFAIRS, "STU-PER-14", 3, 3),
        ("term", Collector.STUDENT_AFFAIRS, "STU-PER-15", "-6", -6),
    ],
)
def test_cells_are_read_as_people_write_them(task, collector, key, typed, stored):
    assert columns(collector, task)[key].read(typed) == stored


@pytest.mark.parametrize(
    ("task", "collector", "key", "typed", "says"),
    [
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03", 100.5, "0–100"),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03", "九十", "0–100"),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03", float("nan"), "0–100"),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03", "1e999", "0–100"),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03.events", 1.5, "整数"),
        ("W03", Collector.CLASS_ADVISER, "STU-ACD-03.events", -1, "0–200"),
        ("W03", Collector.STUDENT_AFFAIRS, "STU-PER-14", 6, "记过"),
        ("plan", Collector.CLASS_ADVISER, "STU-ACD-01.on_time", 0.5, "是(1)"),
    ],
)
def test_what_cannot_stand_in_a_cell_is_refused_with_what_can(task, collector, key, typed, says):
    with pytest.raises(ValueError, match=says.replace("(", r"\(").replace(")", r"\)")):
        columns(collector, task)[key].read(typed)


def test_a_form_reads_the_sound_edits_and_names_student_and_column_of_the_others():
    form = SheetForm(columns=LESSON, rows=(Row(holder=STUDENT, holder_id=7, label="2026000007"),))
    edits = [
        CellEdit(holder_id=7, column="status", value="旷课", base_version=0),
        CellEdit(holder_id=7, column="preview", value=3, base_version=0),
        CellEdit(holder_id=8, column="status", value=0, base_version=0),
        CellEdit(holder_id=7, column="STU-ACD-09", value=80, base_version=0),
    ]
    sound, problems = form.read(edits)
    assert [(key.column, value) for key, value, _ in sound] == [("status", STATUSES.index("旷课"))]
    assert [(problem.holder_id, problem.column) for problem in problems] == [
        (7, "preview"), (8, "status"), (7, "STU-ACD-09"),
    ]  # fmt: skip
    assert problems[0].message.startswith("2026000007 的“预习”：只能填")


def test_ranges_are_wide_enough_for_whatever_the_rule_can_reward():
    """A rule's best value must be enterable, or nobody could ever reach the cap."""
    for demand in DEMANDS:
        for column in columns_of(demand):
            point = CARD.by_code[column.point]
            full = point.params.get("full")
            if full is not None and column.key == point.code:
                assert column.lowest <= full <= column.highest, column
