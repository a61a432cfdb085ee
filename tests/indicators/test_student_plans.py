"""The three plans: their dates, what makes one complete, and how it is judged."""

import copy
import datetime as dt

import pytest
import yaml

from data_access.contracts import contracts
from data_access.student_plan_values import DraftGoal, PlanDraft
from indicators.growth_card.slots import CardTerm, Span
from indicators.student_plans import (
    PLANS_FILE,
    Standing,
    attainment,
    due_on,
    first_terms,
    plans_of,
    problems_of,
    quality_of,
    review_text,
    shipped_plans,
    standing_of,
)

RULES = shipped_plans()
MONDAY = dt.date(2026, 8, 31)
GOOD = PlanDraft(
    situation="上学期机械制图成绩不好，原因是平时练习太少，作业常常拖到最后一天。",
    aim="这一学年把制图学好，通过英语B级。",
    goals=(
        DraftGoal(part="A", text="制图达到八十分", measure="期末成绩", due_on=dt.date(2027, 1, 10)),
        DraftGoal(part="A", text="通过英语B级", measure="证书", due_on=dt.date(2027, 6, 20)),
        DraftGoal(part="B", text="每天锻炼半小时", measure="打卡", due_on=dt.date(2027, 6, 1)),
    ),
)


def term(number=1, acad_start=2026):
    start = MONDAY.replace(year=acad_start) if number == 1 else dt.date(acad_start + 1, 3, 1)
    weeks = tuple(
        Span(key=f"W{n}", label=f"第{n}周", start=start + dt.timedelta(7 * n - 7), end=start + dt.timedelta(7 * n - 1))
        for n in range(1, 20)
    )
    return CardTerm(
        term_id=acad_start * 10 + number, key=f"{acad_start}-{acad_start + 1}-{number}", acad_start=acad_start, number=number,
        start=start, end=weeks[-1].end, weeks=weeks, months=(), freezes_on=weeks[-1].end,
    )  # fmt: skip


def test_the_kinds_are_those_of_the_facts():
    assert [kind.name for kind in RULES.kinds] == list(contracts()["fact_student_plan"].column("plan_type").enum)


@pytest.mark.parametrize(("key", "week"), [("academic", 4), ("personal", 4), ("career", 10)])
def test_plans_are_due_at_the_end_of_their_week(key, week):
    assert due_on(RULES.kind(key), term()) == MONDAY + dt.timedelta(weeks=week, days=-1)


def test_a_kind_is_known_by_key_and_by_name_and_others_are_not():
    assert RULES.kind("career") is RULES.kind("职业生涯规划")
    assert RULES.kind("travel") is None


def test_years_of_plans_are_those_that_have_begun():
    terms = [term(acad_start=2025), term(2, 2025), term(), term(acad_start=2027)]
    assert [t.acad_start for t in first_terms(terms, dt.date(2026, 11, 20))] == [2026, 2025]


@pytest.mark.parametrize(
    ("status", "days", "expected"),
    [
        (None, -15, Standing.NOT_YET),
        (None, -14, Standing.DUE_SOON),
        (None, 0, Standing.DUE_SOON),
        (None, 1, Standing.OVERDUE),
        ("draft", -1, Standing.DRAFT),
        ("draft", 1, Standing.OVERDUE),
        ("submitted", 1, Standing.SUBMITTED),
        ("returned", 1, Standing.RETURNED),
        ("approved", 1, Standing.APPROVED),
    ],
)
def test_how_a_plan_stands(status, days, expected):
    due = dt.date(2026, 9, 27)
    assert standing_of(status, due=due, today=due + dt.timedelta(days)) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(None, Standing.COLLECTED), ("draft", Standing.COLLECTED), ("returned", Standing.RETURNED)],
)
def test_what_another_system_has_delivered_is_not_asked_for_again(status, expected):
    due = dt.date(2026, 9, 27)
    assert standing_of(status, due=due, today=due + dt.timedelta(1), is_collected=True) is expected


def test_a_complete_plan_may_be_handed_in():
    assert problems_of(GOOD, RULES) == []


def replaced(**changes):
    return PlanDraft(**{"situation": GOOD.situation, "aim": GOOD.aim, "goals": GOOD.goals, **changes})


@pytest.mark.parametrize(
    ("draft", "field", "message", "is_excess"),
    [
        (replaced(situation=""), "situation", "请填写，至少 20 个字。", False),
        (replaced(aim="短"), "aim", "请至少写 10 个字，现有 1 个。", False),
        (replaced(aim="长" * 501), "aim", "最多 500 个字，现有 501 个。", True),
        (replaced(goals=GOOD.goals[1:]), "A", "学习任务至少写 2 项，现有 1 项。", False),
        (replaced(goals=GOOD.goals[:2]), "B", "成长事项至少写 1 项，现有 0 项。", False),
        (replaced(goals=(*GOOD.goals, *(GOOD.goals[2],) * 5)), "B", "成长事项最多写 5 项，现有 6 项。", True),
        (
            replaced(goals=(*GOOD.goals, DraftGoal(part="C", text="学吉他弹唱", measure="演出"))),
            "goals-3-due_on",
            "请填写完成日期。",
            False,
        ),
    ],
)
def test_each_lack_is_told_at_its_field(draft, field, message, is_excess):
    (problem,) = problems_of(draft, RULES)
    assert (problem.field, problem.message, problem.is_excess) == (field, message, is_excess)


def test_the_quality_is_the_sum_of_four_criteria_and_the_review_names_them():
    marks = {"insight": 18, "aim": 25, "measure": 22, "means": 15}
    assert quality_of(marks, RULES) == 80
    assert review_text(marks, "不错", RULES) == (
        "认识自己 18/20 · 目标明确 25/30 · 可以检验 22/30 · 措施可行 15/20\n不错"
    )
    assert quality_of({item.key: item.most for item in RULES.rubric}, RULES) == 100


@pytest.mark.parametrize("marks", [{}, {"insight": 21, "aim": 0, "measure": 0, "means": 0}])
def test_a_mark_that_is_missing_or_out_of_range_is_refused(marks):
    with pytest.raises(ValueError, match="须在 0 到 20 分之间"):
        quality_of(marks, RULES)


def test_attainment_is_the_share_of_confirmed_goals():
    assert attainment(3, 4) == 0.75
    assert attainment(0, 0) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda block: block["rubric"].pop(), "add up"),
        (lambda block: block["kinds"][0].update(point="STU-XXX-01"), "STU-XXX-01"),
        (lambda block: block["parts"][0].update(least=9), "more goals"),
    ],
)
def test_declarations_that_contradict_themselves_are_refused(change, told):
    block = copy.deepcopy(yaml.safe_load(PLANS_FILE.read_text(encoding="utf-8")))
    change(block)
    with pytest.raises(ValueError, match=told):
        plans_of(block)
