"""What a person may be allowed to do, apart from which rows they may do it with."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing a page, a callback or an export asks for; ``<what>:<action>``."""

    APPLICATION_OPEN = "application:open"
    ACCOUNT_OWN = "account:own"
    SCHOOL_VIEW = "school:view"
    MAJOR_VIEW = "major:view"
    MODEL_WEIGH = "model:weigh"
    COURSE_VIEW = "course:view"
    TEACHER_VIEW = "teacher:view"
    CLASS_VIEW = "class:view"
    STUDENT_VIEW = "student:view"
    ROSTER_EXPORT = "roster:export"
    INDICATOR_VIEW = "indicator:view"
    DATA_VIEW = "data:view"
    IMPORT_VIEW = "import:view"
    PANEL_EXPORT = "panel:export"
    ENTRY_RECORD = "entry:record"
    ENTRY_OVERSEE = "entry:oversee"
    DISPUTE_VIEW = "dispute:view"
    DISPUTE_OPEN = "dispute:open"
    DISPUTE_ANSWER = "dispute:answer"
    DISPUTE_DECIDE = "dispute:decide"
    SELF_TEST_TAKE = "self_test:take"
    SELF_TEST_VIEW = "self_test:view"
    PLAN_WRITE = "plan:write"
    PLAN_REVIEW = "plan:review"
    SCREEN_VIEW = "screen:view"
    SCREEN_MANAGE = "screen:manage"
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
    Permission.SCHOOL_VIEW: "查看学校层面",
    Permission.MAJOR_VIEW: "查看专业",
    Permission.MODEL_WEIGH: "调整诊断模型权重",
    Permission.COURSE_VIEW: "查看课程与教学班",
    Permission.TEACHER_VIEW: "查看教师",
    Permission.CLASS_VIEW: "查看班级",
    Permission.STUDENT_VIEW: "查看学生",
    Permission.ROSTER_EXPORT: "导出教学班名单",
    Permission.INDICATOR_VIEW: "查看指标库",
    Permission.DATA_VIEW: "查看数据与采集",
    Permission.IMPORT_VIEW: "查看导入记录",
    Permission.PANEL_EXPORT: "导出图表",
    Permission.ENTRY_RECORD: "采分录入",
    Permission.ENTRY_OVERSEE: "查看采分及时率",
    Permission.DISPUTE_VIEW: "查看与自己有关的申诉",
    Permission.DISPUTE_OPEN: "对储值卡流水申诉",
    Permission.DISPUTE_ANSWER: "答复申诉",
    Permission.DISPUTE_DECIDE: "审核申诉",
    Permission.SELF_TEST_TAKE: "做自测",
    Permission.SELF_TEST_VIEW: "查看自测汇总",
    Permission.PLAN_WRITE: "填写个人规划",
    Permission.PLAN_REVIEW: "审核学生规划",
    Permission.SCREEN_VIEW: "打开大屏",
    Permission.SCREEN_MANAGE: "管理大屏",
    Permission.ACCOUNT_VIEW: "查看账号与岗位",
    Permission.ACCOUNT_MANAGE: "管理账号",
    Permission.POST_GRANT: "授予与终止岗位",
    Permission.ROLE_VIEW: "查看权限矩阵",
    Permission.AUDIT_VIEW: "查看审计日志",
    Permission.AUDIT_EXPORT: "导出审计日志",
}
