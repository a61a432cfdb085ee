"""A second classroom and plans with plain values: student 101 has a transcript and two plans, class 1 two students."""

import datetime as dt

from data_access.readers.second_classroom import RecordedCredit
from data_access.student_plan_values import PLANS, Plan, PlanLine
from indicators.second_classroom import Activity, ClassCredits, shipped_modules, transcript

ACTIVITIES = (
    Activity(day=dt.date(2026, 10, 9), name="校园环境志愿服务", module="志愿公益", credit=4.0, status="通过"),
    Activity(day=dt.date(2026, 11, 2), name="创业讲座", module="创新创业", credit=0.5, status="通过"),
    Activity(day=dt.date(2026, 11, 9), name="金点子大赛", module="创新创业", credit=1.5, status="申请"),
    Activity(day=dt.date(2026, 11, 16), name="读书分享会", module="文体活动", credit=1.0, status="未通过"),
)


class Credits:
    """What pages ask of `SecondClassroom`."""

    def transcript(self, student_id, *, term_key, scope):
        is_known = student_id == 101 and scope.admits("student") and term_key
        required, recorded = (6.0, 4.5) if is_known else (None, None)
        return transcript(
            ACTIVITIES if is_known else (), required=required, recorded=recorded, modules=shipped_modules()
        )

    def of_class(self, class_id, *, term_key, scope):
        students = tuple(
            RecordedCredit(
                student_id=number,
                student_no=f"2024{number:04d}",
                is_on_roll=True,
                credit=credit,
                required=6.0,
                pending=1.5,
            )
            for number, credit in ((101, 4.5), (103, 7.0))
        )
        return ClassCredits(students=students if class_id == 1 and scope.admits("student") and term_key else ())


class Plans:
    """What pages ask of `StudentPlanReader`: an approved plan of each kind but 个人发展规划, which is a draft."""

    def of_student(self, student_id, *, scope, kinds):
        if student_id != 101 or not scope.admits("student", PLANS):
            return []
        return [plan(kind, "draft" if kind == "个人发展规划" else "approved") for kind in kinds]


def plan(kind, status):
    is_in = status != "draft"
    line = PlanLine(
        plan_id=1, student_id=101, student_no="20240101", class_name="机电2401", kind=kind, acad_start=2026, status=status,
        version=2, due_on=dt.date(2026, 9, 27), submitted_at=dt.datetime(2026, 9, 20, tzinfo=dt.UTC) if is_in else None,
        quality=80.0 if is_in else None, reviewed_by="t001" if is_in else "", reviewed_at=None, goals=3, done=2, confirmed=1,
    )  # fmt: skip
    return Plan(line=line, situation="规划全文", aim="", goals=(), review="")
