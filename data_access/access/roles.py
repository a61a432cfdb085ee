"""The roles of the plans, at which nodes of the organisation a post in them is held, and which exclude each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is, for the purposes of the platform; a person may hold several posts."""

    LEADER = "leader"
    QUALITY_OFFICE = "quality_office"
    FUNCTION_HEAD = "function_head"
    DEPARTMENT_HEAD = "department_head"
    MAJOR_LEADER = "major_leader"
    COURSE_LEADER = "course_leader"
    TEACHER = "teacher"
    CLASS_ADVISER = "class_adviser"
    COUNSELLOR = "counsellor"
    STUDENT_AFFAIRS = "student_affairs"
    PSYCHOLOGY_CENTRE = "psychology_centre"
    STUDENT = "student"
    DATA_STEWARD = "data_steward"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"
    WALL_SCREEN = "wall_screen"


@dataclass(frozen=True, kw_only=True)
class RoleInfo:
    """One role as people name it.

    Attributes:
        name_zh: as the plans call it.
        nodes: levels of the organisation at which a post may be held.
        is_exclusive: an account with this role holds no post in any other role.
        is_weighty: a password that a person issues for an account with this role needs a second person before anybody
            signs in with it. So it is with every role that reads about many people or of a whole unit. Not with
            teachers and students, who read little beyond what is their own, nor with leaders of a course: they forget
            their passwords by the hundred, and a second person who is asked that often confirms without looking. Not
            with the wall screen, which shows nobody, nor with administrators, whose passwords the console alone resets.
        idle_minutes: after so long without doing anything the person must sign in again.
    """

    name_zh: str
    nodes: tuple[str, ...]
    is_exclusive: bool = False
    is_weighty: bool = False
    idle_minutes: int = 30


SCHOOL_ID: Final = 1
"""The one node at which posts of the whole college are held."""

ADMINISTRATORS: Final = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})
"""三员分立: three people, none of whom can act for another or read the data of the college."""

ROLES: Final[Mapping[Role, RoleInfo]] = {
    Role.LEADER: RoleInfo(name_zh="校领导", nodes=("school",), is_weighty=True),
    Role.QUALITY_OFFICE: RoleInfo(name_zh="质量办", nodes=("school",), is_weighty=True),
    Role.FUNCTION_HEAD: RoleInfo(name_zh="职能部门负责人", nodes=("dept",), is_weighty=True),
    Role.DEPARTMENT_HEAD: RoleInfo(name_zh="系(部)主任", nodes=("dept",), is_weighty=True),
    Role.MAJOR_LEADER: RoleInfo(name_zh="专业带头人", nodes=("major",), is_weighty=True),
    Role.COURSE_LEADER: RoleInfo(name_zh="课程负责人", nodes=("course",)),
    Role.TEACHER: RoleInfo(name_zh="任课教师", nodes=("teacher",)),
    Role.CLASS_ADVISER: RoleInfo(name_zh="班主任", nodes=("class",), is_weighty=True),
    Role.COUNSELLOR: RoleInfo(name_zh="辅导员", nodes=("class",), is_weighty=True),
    Role.STUDENT_AFFAIRS: RoleInfo(name_zh="学工办", nodes=("dept", "school"), is_weighty=True),
    Role.PSYCHOLOGY_CENTRE: RoleInfo(name_zh="心理中心", nodes=("school",), is_weighty=True),
    Role.STUDENT: RoleInfo(name_zh="学生", nodes=("student",)),
    Role.DATA_STEWARD: RoleInfo(name_zh="数据管理员", nodes=("school",), is_weighty=True),
    Role.SYSTEM_ADMINISTRATOR: RoleInfo(name_zh="系统管理员", nodes=("school",), is_exclusive=True, idle_minutes=15),
    Role.SECURITY_ADMINISTRATOR: RoleInfo(name_zh="安全管理员", nodes=("school",), is_exclusive=True, idle_minutes=15),
    Role.AUDIT_ADMINISTRATOR: RoleInfo(name_zh="审计管理员", nodes=("school",), is_exclusive=True, idle_minutes=15),
    Role.WALL_SCREEN: RoleInfo(name_zh="大屏", nodes=("school",), is_exclusive=True),
}

WEIGHTY: Final = frozenset(role for role, info in ROLES.items() if info.is_weighty)
"""Roles whose holders cannot be signed in as by whoever resets their password; see `RoleInfo`."""
