"""A second classroom with plain values: student 101 has a transcript, and class 1 two students with credits."""

import datetime as dt

from data_access.readers.second_classroom import RecordedCredit
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
