import pytest

from data_access.contracts import contracts
from data_access.errors import UnknownNameError
from indicators import ladder


def test_the_canonical_ladder_is_that_of_the_snapshots():
    column = next(c for c in contracts()["fact_teacher_year"].columns if c.name == "ladder")
    assert tuple(column.enum) == ladder.STEPS


@pytest.mark.parametrize("plan", ladder.PLANS)
def test_every_step_of_a_plan_is_one_canonical_step_and_none_overtakes_another(plan):
    places = [ladder.STEPS.index(ladder.canonical(plan, step)) for step in ladder.PLANS[plan]]
    assert places == sorted(set(places))


@pytest.mark.parametrize(
    ("plan", "steps"),
    [
        ("泰山", ("新进教师", "教学新星", "教坛英才", "教学名师", "功勋教师")),
        ("南京", ("新教师", "青年骨干和学术骨干", "专业带头人和学术带头人", "教学名师和技能大师")),
        ("广西", ("新教师", "合格教师", "骨干教师", "学术带头人")),
        ("包头", ("新教师", "合格教师", "青年骨干", "专业带头人", "专业群领军人才")),
    ],
)
def test_the_ladders_are_those_of_the_plans(plan, steps):
    assert tuple(ladder.PLANS[plan]) == steps


def test_an_unknown_plan_or_step_is_named():
    with pytest.raises(UnknownNameError, match="北京"):
        ladder.canonical("北京", "新教师")
    with pytest.raises(UnknownNameError, match="功勋教师"):
        ladder.canonical("广西", "功勋教师")


def test_the_next_step_ends_at_the_top():
    assert [ladder.next_step(step) for step in ladder.STEPS] == [*ladder.STEPS[1:], None]
    assert ladder.next_step("未填报") is None


def test_a_climb_counts_steps_and_an_unknown_step_is_no_climb():
    assert ladder.climb("新进教师", "教学新星") == 2
    assert ladder.climb("教坛英才", "教学新星") == -1
    assert ladder.climb("未填报", "功勋教师") == 0
