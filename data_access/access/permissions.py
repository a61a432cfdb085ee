"""What a person may be allowed to do, apart from which rows they may do it with."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing a page, a callback or an export asks for; ``<what>:<action>``."""

    APPLICATION_OPEN = "application:open"
    ACCOUNT_OWN = "account:own"
    COURSE_VIEW = "course:view"
    CLASS_VIEW = "class:view"
    STUDENT_VIEW = "student:view"
    ROSTER_EXPORT = "roster:export"
    ACCOUNT_VIEW = "account:view"
    ACCOUNT_MANAGE = "account:manage"
    POST_GRANT = "post:grant"
    ROLE_VIEW = "role:view"
    AUDIT_VIEW = "audit:view"
    AUDIT_EXPORT = "audit:export"

    @property
    def name_zh(self) -> str:
        """The permission in the words of the role matrix."""
        return _NAMES_ZH[self]


_NAMES_ZH = {
    Permission.APPLICATION_OPEN: "打开平台",
    Permission.ACCOUNT_OWN: "管理本人账号",
    Permission.COURSE_VIEW: "查看课程与教学班",
    Permission.CLASS_VIEW: "查看班级",
    Permission.STUDENT_VIEW: "查看学生",
    Permission.ROSTER_EXPORT: "导出教学班名单",
    Permission.ACCOUNT_VIEW: "查看账号与岗位",
    Permission.ACCOUNT_MANAGE: "管理账号",
    Permission.POST_GRANT: "授予与终止岗位",
    Permission.ROLE_VIEW: "查看权限矩阵",
    Permission.AUDIT_VIEW: "查看审计日志",
    Permission.AUDIT_EXPORT: "导出审计日志",
}
