"""What each role finds on its home, as data: which indicators of its own node, and what lies one level below.

A desk names figures and lists; whether their values may be read is decided by the scope of the post, never here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.viewer import Post

ATTENDANCE: Final = "CRS-ATT-01"
PARTICIPATION: Final = "CRS-PAR-01"
ATTAINMENT: Final = "CRS-PAS-01"
HOMEWORK: Final = "CRS-CLS-07"

COURSE_RATES: Final = (ATTENDANCE, PARTICIPATION, ATTAINMENT)
"""到课率, 参与率, 达标率: the three that the plans ask of every course."""
CLASS_RATES: Final = (ATTENDANCE, "CLS-ACD-02", "CLS-ACD-01", HOMEWORK)
"""到课率, 全勤率, 准时率 and 作业完成率 of a class."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """Where a name in a list leads: an address with the entity's key, and the permission it takes to go there."""

    address: str
    requires: Permission


LINKS: Final[Mapping[str, Link]] = {
    "dept": Link(address="/courses?dept={}", requires=Permission.COURSE_VIEW),
    "major": Link(address="/majors/{}", requires=Permission.MAJOR_VIEW),
    "class": Link(address="/classes/{}", requires=Permission.CLASS_VIEW),
    "offering": Link(address="/offerings/{}", requires=Permission.COURSE_VIEW),
    "teacher": Link(address="/teachers/{}", requires=Permission.TEACHER_VIEW),
    "student": Link(address="/students/{}", requires=Permission.STUDENT_VIEW),
}
"""By level. Others have no page of their own."""


NOUNS: Final[Mapping[str, str]] = {
    "dept": "个系部", "major": "个专业", "class": "个班级", "offering": "个教学班", "student": "名学生",
}  # fmt: skip
"""What the entities of a list are counted as."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Entities one level down, side by side.

    Attributes:
        level: which entities of those that the post reaches.
        codes: indicators; the first decides the order, worst first, and shows its change.
        missing: why the list is empty, where it is.
        is_whole: True where an entity without any value in the term is listed too.
        is_of_role: True where it is of all nodes at which the viewer holds the role, and left out where that is one.
    """

    level: str
    title: str
    codes: tuple[str, ...]
    missing: str = "这个学期没有可以列出的记录。"
    is_whole: bool = False
    is_of_role: bool = False


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The home of a role.

    Attributes:
        codes: indicators of the post's own node, shown as tiles.
        trend: a weekly indicator drawn as a line; empty draws none.
        beside: the list next to the line.
        below: the list over the whole width.
        shows_slipping: True where the students who slipped most are named.
        shows_duties: True where the indicators that the department answers for are listed.
        shows_changes: True where what fell and rose most below the node is listed.
        shows_cockpit: True where the home is the cockpit of the whole college, in place of all of the above.
    """

    codes: tuple[str, ...] = ()
    trend: str = ""
    beside: Listing | None = None
    below: Listing | None = None
    shows_slipping: bool = False
    shows_duties: bool = False
    shows_changes: bool = False
    shows_cockpit: bool = False


_DEPARTMENTS: Final = Listing(level="dept", title="各系部", codes=COURSE_RATES)
_MAJORS: Final = Listing(level="major", title="本系专业", codes=COURSE_RATES)
_CLASSES: Final = Listing(level="class", title="班级", codes=CLASS_RATES)
_OFFERINGS: Final = Listing(level="offering", title="教学班", codes=(*COURSE_RATES, HOMEWORK), is_whole=True)
_OWN_CLASS: Final = Desk(
    codes=(ATTENDANCE, "CLS-ACD-02", "CLS-ACD-01", HOMEWORK, "STU-GRP-01", "CLS-PER-03"),
    trend=ATTENDANCE,
    below=Listing(level="class", title="我的班级", codes=CLASS_RATES, is_of_role=True),
    shows_slipping=True,
)

DESKS: Final[Mapping[Role, Desk]] = {
    Role.LEADER: Desk(shows_cockpit=True),
    Role.QUALITY_OFFICE: Desk(shows_cockpit=True),
    Role.FUNCTION_HEAD: Desk(shows_duties=True),
    Role.DEPARTMENT_HEAD: Desk(
        codes=(*COURSE_RATES, "CRS-EFF-01", "STU-GRP-01", "SCH-TSK-01"),
        trend=ATTENDANCE,
        beside=_MAJORS,
        below=_CLASSES,
        shows_changes=True,
    ),
    Role.MAJOR_LEADER: Desk(
        codes=(*COURSE_RATES, "MAJ-QUA-02", "MAJ-QUA-07", "MAJ-QUA-04"),
        trend=ATTENDANCE,
        beside=_CLASSES,
        below=_OFFERINGS,
    ),
    Role.COURSE_LEADER: Desk(
        codes=(*COURSE_RATES, HOMEWORK, "CRS-EFF-01", "CRS-EVA-01"), trend=ATTENDANCE, below=_OFFERINGS
    ),
    Role.TEACHER: Desk(
        codes=("TCH-TEA-04", PARTICIPATION, ATTAINMENT, HOMEWORK, "TCH-TEA-05", "TCH-TEA-02"),
        trend="TCH-TEA-04",
        below=_OFFERINGS,
    ),
    Role.CLASS_ADVISER: _OWN_CLASS,
    Role.COUNSELLOR: _OWN_CLASS,
    Role.STUDENT_AFFAIRS: Desk(
        codes=("CLS-ACD-02", "CLS-ACD-01", ATTENDANCE, "STU-GRP-01", "STU-GRP-11", "STU-GRP-12"),
        trend=ATTENDANCE,
        below=_CLASSES,
    ),
    Role.PSYCHOLOGY_CENTRE: Desk(
        codes=("STU-GRP-09", "STU-PER-12"),
        below=Listing(
            level="student",
            title="在册或接受辅导的学生",
            codes=("STU-PER-12",),
            is_whole=True,
            missing="现在没有在册或接受辅导的学生。",
        ),
    ),
    Role.STUDENT: Desk(),
    Role.WALL_SCREEN: Desk(codes=COURSE_RATES, trend=ATTENDANCE, beside=_DEPARTMENTS),
}
"""Roles without a desk see their posts and what these allow, and no figures."""
_AT_SCHOOL: Final[Mapping[Role, Desk]] = {
    Role.STUDENT_AFFAIRS: replace(DESKS[Role.STUDENT_AFFAIRS], beside=replace(_DEPARTMENTS, codes=CLASS_RATES[:3])),
}


def desk_of(post: Post) -> Desk | None:
    """What the holder of a post finds on their home; None where the role sees no figures."""
    at_school = _AT_SCHOOL.get(post.role) if post.node_level == "school" else None
    return at_school or DESKS.get(post.role)
