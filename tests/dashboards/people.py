"""Rolls and staff of the invented college: what the pages of teachers, classes and students ask for besides values.

Department 1 has ten full-time teachers and two from enterprises; teacher 1, hired in 2023, has climbed to 教学新星 in
2026. Composition is told only where the scope admits it, as the real reader does.
"""

import datetime as dt

from data_access.readers.class_roll import ClassPlace
from data_access.readers.team import ASPECTS, COMPOSITION, FILE, Career, Move, Profile, Structure, Year
from tests.dashboards.college import CLASSES, DEPARTMENTS, TEACHERS

GROUPS = {
    "专兼": (10, 2, 3), "年龄": (4, 3, 2, 1), "职称": (1, 2, 5, 2), "学位": (1, 5, 3, 1), "双师素质": (7, 3),
    "发展阶梯": (1, 6, 2, 1, 0, 0), "在岗": (9, 1),
}  # fmt: skip


CLIMBED = (Move(before="新进教师", now="教学新星", people=1),)


def profile(ladder="教学新星"):
    return Profile(ladder=ladder, title="中级", degree="硕士", is_dual=True, is_fulltime=True)


GRADUATED = 3


class Rolls:
    """Six classes: the odd ones in department 1, the even ones in department 2; the third has graduated."""

    def __init__(self, students=range(101, 141)):
        self.students = frozenset(students)

    def places(self, *, scope, class_ids=None):
        return [
            ClassPlace(
                class_id=n, name=name, dept_id=2 - n % 2, dept_name=DEPARTMENTS[1 - n % 2], major_id=n, grade_year=2024
            )
            for n, name in enumerate(CLASSES, 1)
            if scope.admits("class") and (class_ids is None or n in class_ids)
        ]

    def present(self, *, scope):
        return self.students if scope.admits("student") else frozenset()

    def graduated(self, class_ids, *, scope):
        return frozenset({GRADUATED} & set(class_ids)) if scope.admits("class") else frozenset()


class Team:
    """The staff, the same for every node."""

    def __init__(self, groups=None, moves=CLIMBED):
        self.groups = GROUPS if groups is None else groups
        self.given = moves

    def structure(self, level, entity_id, *, year, scope):
        if not scope.admits(level, COMPOSITION):
            return None
        groups = {
            aspect: dict(zip(names, self.groups.get(aspect, ()), strict=False)) for aspect, names in ASPECTS.items()
        }
        engaged = self.groups.get("专兼", ())
        return Structure(headcount=sum(engaged), fulltime=engaged[0] if engaged else 0, groups=groups)

    def moves(self, level, entity_id, *, year, scope):
        return [*self.given, Move(before="合格教师", now="合格教师", people=8)] if self.given is not None else []

    def profiles(self, teacher_ids, *, year, scope):
        return {n: profile() for n in teacher_ids} if scope.admits("teacher", FILE) else {}

    def career(self, teacher_id, *, until, scope):
        if not 1 <= teacher_id <= len(TEACHERS) or not scope.admits("teacher", FILE):
            return None
        years = (
            Year(year=2023, profile=None),
            Year(year=2024, profile=None),
            Year(year=2025, profile=profile("合格教师"), ethics="合格"),
            Year(year=2026, profile=profile(), ethics="优秀", is_promoted=True),
        )
        return Career(
            teacher_id=teacher_id, name=TEACHERS[teacher_id - 1], staff_no=f"g{teacher_id}", staff_type="专任教师",
            dept_id=1, dept_name=DEPARTMENTS[0], hired=dt.date(2023, 8, 20), years=years,
        )  # fmt: skip
