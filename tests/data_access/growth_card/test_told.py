"""What people have told is read as it counts: of plans the approved ones, with the goals whose being reached was confirmed."""

import datetime as dt

import pytest

from data_access.database.growth_models import StudentPlan, StudentPlanGoal
from data_access.growth_card.told import ApprovedPlan, tellings
from tests.data_access.growth_card.courtroom import RECORDED, STUDENT, TERM, furnish

DUE = dt.date(2026, 11, 16)


@pytest.fixture
def room(installation):
    return furnish(installation.database)


def plan(room, kind: str, *goals: tuple[bool, str], status: str = "approved", submitted_at=RECORDED) -> None:
    """A plan with goals that are done or not, confirmed by somebody or nobody."""
    number = room.insert(
        StudentPlan, student_id=STUDENT, kind=kind, acad_start=2026, saved_at=RECORDED, due_on=DUE, status=status,
        submitted_at=submitted_at, quality=80.0,
    )  # fmt: skip
    for position, (is_done, confirmed_by) in enumerate(goals):
        told = {"part": "A", "position": position, "text": "英语四级"}
        room.insert(StudentPlanGoal, plan_id=number, is_done=is_done, confirmed_by=confirmed_by, **told)


def plans(room, students=(STUDENT,)):
    return tellings(room.database, TERM, 2026, {5: students, 4: None}, student=5).plans


def test_goals_count_that_are_done_and_confirmed_each_plan_by_itself(room):
    plan(room, "学业计划", (True, "adviser"), (True, "adviser"), (True, ""), (False, ""))
    plan(room, "个人发展规划", (False, ""))
    plan(room, "职业生涯规划", submitted_at=RECORDED + dt.timedelta(days=1))
    told = {"student_id": STUDENT, "quality": 80.0}
    assert plans(room) == (
        ApprovedPlan(kind="学业计划", is_on_time=True, goals=0.5, **told),
        ApprovedPlan(kind="个人发展规划", is_on_time=True, goals=0.0, **told),
        ApprovedPlan(kind="职业生涯规划", is_on_time=False, goals=None, **told),
    )


def test_plans_of_others_and_plans_not_approved_are_left_out(room):
    plan(room, "学业计划", (True, "adviser"), status="submitted")
    plan(room, "个人发展规划", (True, "adviser"))
    assert [each.kind for each in plans(room, None)] == ["个人发展规划"]
    assert plans(room, (STUDENT + 1,)) == ()
