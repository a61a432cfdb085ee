"""One person for every role in the canary college, and whom they may see: written by hand from the role table.

The expectations are the oracle of the permission matrix; nothing here may be computed from the rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from data_access.access.roles import Role
from tests.security.canaries import (
    LATER,
    NOT_YET,
    NOW,
    OFFICE,
    REFERRED,
    Key,
    canary,
    course,
    majors,
    number,
    roster,
    students,
    teacher,
    teachers,
)

PostRow = tuple[Role, str, int, dt.date, dt.date | None]
BEGAN, ENDED, BEGINS = dt.date(2020, 9, 1), dt.date(2021, 7, 1), dt.date(2090, 9, 1)


def post(role: Role, level: str, node: int, since: dt.date = BEGAN, until: dt.date | None = None) -> PostRow:
    """A post as it is stored."""
    return (role, level, node, since, until)


def nobody(_place: Key, _term: int) -> set[Key]:
    """No row of any roster."""
    return set()


def whole(*below: int) -> Callable[[Key, int], set[Key]]:
    """The whole roster of every offering held for a class at or below a path."""
    return lambda place, term: set(roster(*place, term=term)) if place[: len(below)] == below else set()


@dataclass(frozen=True, kw_only=True)
class Persona:
    """Somebody who signs in.

    Attributes:
        students: whose own page they may open.
        roster: whom they may see in the offering held for a class in a term.
        classes: paths of the classes whose page they may open.
        majors: paths of the majors whose page they may open; None where the role table leaves it open.
        teachers: paths of the teachers whose page they may open; None likewise.
        exports: whom they may take away in a file; the same as `roster` unless said.
        can_sign_in: False where no post is valid, or the account is disabled.
    """

    name: str
    posts: tuple[PostRow, ...]
    students: frozenset[Key] = frozenset()
    roster: Callable[[Key, int], set[Key]] = nobody
    classes: frozenset[Key] = frozenset()
    majors: frozenset[Key] | None = frozenset()
    teachers: frozenset[Key] | None = frozenset()
    exports: Callable[[Key, int], set[Key]] | None = None
    kind: str = "other"
    person_id: int | None = None
    is_disabled: bool = False
    can_sign_in: bool = True

    @property
    def canaries(self) -> set[str]:
        """Every canary this person may ever get to see."""
        seen = set(self.students)
        for place in {s[:3] for s in students()}:
            for term in (NOW, NOW - 9, LATER):
                seen |= self.roster(place, term)
        return {canary(*s) for s in seen}


ALL = frozenset(students())
CLASSES = frozenset(s[:3] for s in students())


def _below(*path: int) -> frozenset[Key]:
    return frozenset(students(*path))


def _classes(*path: int) -> frozenset[Key]:
    return frozenset(c for c in CLASSES if c[: len(path)] == path)


MAJORS = frozenset(majors())
TEACHERS = frozenset(teachers())


def _majors(*path: int) -> frozenset[Key]:
    return frozenset(m for m in MAJORS if m[: len(path)] == path)


def _teachers(*path: int) -> frozenset[Key]:
    return frozenset(t for t in TEACHERS if t[: len(path)] == path)


def _own_students(place: Key, term: int) -> set[Key]:
    return {s for s in roster(*place, term=term) if s[:3] == (1, 1, 1)} if place == (1, 1, 1) else set()


PERSONAS = (
    Persona(
        name="leader",
        posts=(post(Role.LEADER, "school", 1),),
        students=ALL,
        roster=whole(),
        classes=CLASSES,
        majors=MAJORS,
        teachers=TEACHERS,
    ),
    Persona(
        name="quality",
        posts=(post(Role.QUALITY_OFFICE, "school", 1),),
        students=ALL,
        roster=whole(),
        classes=CLASSES,
        majors=MAJORS,
        teachers=TEACHERS,
    ),
    Persona(name="function", posts=(post(Role.FUNCTION_HEAD, "dept", OFFICE),), majors=None, teachers=None),
    Persona(
        name="department",
        posts=(post(Role.DEPARTMENT_HEAD, "dept", 1),),
        students=_below(1),
        roster=whole(1),
        classes=_classes(1),
        majors=_majors(1),
        teachers=_teachers(1),
    ),
    Persona(
        name="major",
        posts=(post(Role.MAJOR_LEADER, "major", number(1, 1)),),
        students=_below(1, 1),
        roster=lambda place, term: whole(1, 1)(place, term) & _below(1, 1),
        classes=_classes(1, 1),
        majors=_majors(1, 1),
        teachers=_teachers(1, 1),
    ),
    Persona(name="course", posts=(post(Role.COURSE_LEADER, "course", course(1, 1)),), roster=whole(1, 1)),
    Persona(
        name="teacher",
        posts=(post(Role.TEACHER, "teacher", teacher(1, 1, 1)),),
        roster=whole(1, 1, 1),
        teachers=frozenset({(1, 1, 1)}),
        kind="teacher",
        person_id=teacher(1, 1, 1),
    ),
    Persona(
        name="adviser",
        posts=(post(Role.CLASS_ADVISER, "class", number(1, 1, 1)),),
        students=_below(1, 1, 1),
        roster=_own_students,
        classes=_classes(1, 1, 1),
    ),
    Persona(
        name="counsellor",
        posts=tuple(post(Role.COUNSELLOR, "class", number(1, 1, c)) for c in (1, 2)),
        students=_below(1, 1),
        classes=_classes(1, 1),
    ),
    Persona(
        name="affairs",
        posts=(post(Role.STUDENT_AFFAIRS, "dept", 1),),
        students=_below(1),
        classes=_classes(1),
    ),
    Persona(
        name="psychology", posts=(post(Role.PSYCHOLOGY_CENTRE, "school", 1),), students=frozenset(REFERRED)
    ),
    Persona(
        name="student",
        posts=(post(Role.STUDENT, "student", number(1, 1, 1, 1)),),
        students=frozenset({(1, 1, 1, 1)}),
        kind="student",
        person_id=number(1, 1, 1, 1),
    ),
    Persona(name="steward", posts=(post(Role.DATA_STEWARD, "school", 1),)),
    Persona(name="sysadmin", posts=(post(Role.SYSTEM_ADMINISTRATOR, "school", 1),)),
    Persona(name="secadmin", posts=(post(Role.SECURITY_ADMINISTRATOR, "school", 1),)),
    Persona(name="auditadmin", posts=(post(Role.AUDIT_ADMINISTRATOR, "school", 1),)),
    Persona(name="screen", posts=(post(Role.WALL_SCREEN, "school", 1),)),
    Persona(
        name="teacher-and-adviser",
        posts=(
            post(Role.TEACHER, "teacher", teacher(1, 1, 1)),
            post(Role.CLASS_ADVISER, "class", number(2, 1, 2)),
        ),
        students=_below(2, 1, 2),
        roster=lambda place, term: whole(1, 1, 1)(place, term) | whole(2, 1, 2)(place, term),
        classes=_classes(2, 1, 2),
        teachers=frozenset({(1, 1, 1)}),
    ),
    Persona(
        name="leader-who-teaches",
        posts=(post(Role.LEADER, "school", 1), post(Role.TEACHER, "teacher", teacher(1, 1, 1))),
        students=ALL,
        roster=whole(),
        classes=CLASSES,
        majors=MAJORS,
        teachers=TEACHERS,
        exports=whole(1, 1, 1),
    ),
    Persona(
        name="former-head-now-adviser",
        posts=(
            post(Role.DEPARTMENT_HEAD, "dept", 1, until=ENDED),
            post(Role.CLASS_ADVISER, "class", number(2, 2, 1)),
        ),
        students=_below(2, 2, 1),
        roster=whole(2, 2, 1),
        classes=_classes(2, 2, 1),
    ),
    Persona(
        name="future-leader-now-adviser",
        posts=(
            post(Role.LEADER, "school", 1, since=BEGINS),
            post(Role.CLASS_ADVISER, "class", number(2, 2, 2)),
        ),
        students=_below(2, 2, 2),
        roster=whole(2, 2, 2),
        classes=_classes(2, 2, 2),
    ),
    Persona(name="former-leader", posts=(post(Role.LEADER, "school", 1, until=ENDED),), can_sign_in=False),
    Persona(name="no-post", posts=(), can_sign_in=False),
    Persona(name="disabled-leader", posts=(post(Role.LEADER, "school", 1),), is_disabled=True, can_sign_in=False),
)  # fmt: skip

RELATIONS: dict[str, dict[str, object]] = {
    "student_id": {
        "own": (1, 1, 1, 1),
        "same class": (1, 1, 1, 2),
        "same major": (1, 1, 2, 1),
        "same department": (1, 2, 1, 1),
        "other department": (2, 1, 1, 1),
        "former": (1, 1, 1, 7),
        "future": NOT_YET,
        "nonexistent": None,
    },
    "class_id": {
        "own": (1, 1, 1),
        "same class": (1, 1, 1),
        "same major": (1, 1, 2),
        "same department": (1, 2, 1),
        "other department": (2, 1, 1),
        "former": (2, 2, 1),
        "future": (2, 2, 2),
        "nonexistent": None,
    },
    "offering_id": {
        "own": ((1, 1, 1), NOW),
        "same class": ((1, 1, 1), NOW),
        "same major": ((1, 1, 2), NOW),
        "same department": ((1, 2, 1), NOW),
        "other department": ((2, 1, 1), NOW),
        "former": ((1, 1, 1), NOW - 9),
        "future": ((1, 1, 1), LATER),
        "nonexistent": None,
    },
    "major_id": {
        "own": (1, 1),
        "same class": (1, 1),
        "same major": (1, 1),
        "same department": (1, 2),
        "other department": (2, 1),
        "former": (2, 2),
        "future": (3, 1),
        "nonexistent": None,
    },
    "teacher_id": {
        "own": (1, 1, 1),
        "same class": (1, 1, 50),
        "same major": (1, 1, 2),
        "same department": (1, 2, 1),
        "other department": (2, 1, 1),
        "former": (2, 2, 1),
        "future": (2, 2, 2),
        "nonexistent": None,
    },
    "indicator_code": {
        "own": (1, 1, 1, 1),
        "same class": (1, 1, 1, 2),
        "same major": (1, 1, 2, 1),
        "same department": (1, 2, 1, 1),
        "other department": (2, 1, 1, 1),
        "former": (1, 1, 1, 7),
        "future": NOT_YET,
        "nonexistent": None,
    },
    "dispute_id": {
        "own": (1, 1, 1, 1),
        "same class": (1, 1, 1, 2),
        "same major": (1, 1, 2, 1),
        "same department": (1, 2, 1, 1),
        "other department": (2, 1, 1, 1),
        "former": (1, 1, 1, 7),
        "future": (2, 2, 2, 1),
        "nonexistent": None,
    },
    "plan_id": {
        "own": ((1, 1, 1, 1), "academic"),
        "same class": ((1, 1, 1, 2), "academic"),
        "same major": ((1, 1, 2, 1), "career"),
        "same department": ((1, 2, 1, 1), "career"),
        "other department": ((2, 1, 1, 1), "academic"),
        "former": ((1, 1, 1, 2), "personal"),
        "future": ((2, 2, 2, 1), "academic"),
        "nonexistent": None,
    },
    "sheet": {
        "own": ("adviser", (1, 1, 1), "W09"),
        "same class": ("teacher", (1, 1, 1), "20261109"),
        "same major": ("counsellor", (1, 1, 2), "term"),
        "same department": ("affairs", (1, 2, 1), "W09"),
        "other department": ("adviser", (2, 1, 1), "W09"),
        "former": ("adviser", (2, 2, 1), "W09"),
        "future": ("adviser", (2, 2, 2), "W09"),
        "nonexistent": None,
    },
}
"""For every kind of id in an address: which entity stands in which relation to D1M1C1S1.

The card of an indicator is asked for by its code, and for the figure of a student. A dispute is named by its student, a
plan by student and kind, a sheet by who collects it, the class and the task.
"""
