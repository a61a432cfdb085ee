"""The rules, as data with their reasons. What no rule gives, nobody has.

An `Allowance` lets roles do something; a `Reach` says which rows a role reads, how confidential they may be
and about which sensitive matters. Grants of several posts unite; the restrictions at the end hold
whatever the rules above them say. Source of the rows: the role table of the plans' systems list (S07, S13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from data_access.access.permissions import Permission
from data_access.access.privacy import Privacy, Topic
from data_access.access.roles import ADMINISTRATORS, ROLES, Role

GROUPS: Final = frozenset({"school", "dept", "major", "class", "course", "offering"})
"""Levels whose rows are not one person."""
LEVELS: Final = GROUPS | {"teacher", "student", "roster", "load", "import", "account", "audit"}
"""Kinds of rows. ``roster``: one student in one offering; ``load``: what the source systems delivered, and how much of
it; ``import``, ``account`` and ``audit``: the platform's own records."""


class Rows(StrEnum):
    """Which rows of its levels a reach covers."""

    BELOW_NODE = "岗位所在节点及其下级"
    COLLEGE = "全校"
    REFERRED = "在册或接受辅导的学生"


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Roles that may do something, and why."""

    permission: Permission
    roles: frozenset[Role]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What one role reads.

    Attributes:
        levels: kinds of rows, of `LEVELS`.
        ceiling: most confidential class read, sensitive matters apart: they go by the next two alone.
        topics: sensitive matters that may be read of named persons and of small groups.
        sensitive_groups: figures of groups may tell of any sensitive matter, small groups withheld.
        own_duties: only indicators that the post's department answers for.
        only_topics: nothing but figures about `topics`.
    """

    role: Role
    levels: frozenset[str]
    reason: str
    rows: Rows = Rows.BELOW_NODE
    ceiling: Privacy = Privacy.PERSONAL
    topics: frozenset[Topic] = frozenset()
    sensitive_groups: bool = False
    own_duties: bool = False
    only_topics: bool = False


@dataclass(frozen=True, kw_only=True)
class Restriction:
    """A sensitive matter that only these roles read of named persons; with `of_groups`, also of groups if told alone."""

    topic: Topic
    roles: frozenset[Role]
    reason: str
    of_groups: bool = False


_EVERYBODY: Final = frozenset(Role)
_STAFF: Final = frozenset(
    {
        Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER,
        Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS,
    }
)  # fmt: skip
_COLLECTORS: Final = frozenset(
    {Role.TEACHER, Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.MAJOR_LEADER}
)
_OF_STUDENTS: Final = frozenset({Topic.DISCIPLINE, Topic.AID, Topic.HARDSHIP, Topic.BEHAVIOUR, Topic.RISK})

ALLOWANCES: Final = (
    Allowance(permission=Permission.APPLICATION_OPEN, roles=_EVERYBODY, reason="登录后可打开平台首页"),
    Allowance(
        permission=Permission.ACCOUNT_OWN,
        roles=_EVERYBODY - {Role.WALL_SCREEN},
        reason="每人管理自己的密码与登录；大屏无人值守，不设个人设置",
    ),
    Allowance(
        permission=Permission.SCHOOL_VIEW,
        roles=_STAFF,
        reason="学校层面的汇总是全体教职工的共同参照",
    ),
    Allowance(
        permission=Permission.MAJOR_VIEW,
        roles=frozenset(
            {Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER}
        ),
        reason="专业诊改由专业带头人、系部、职能部门与学校共同进行",
    ),
    Allowance(
        permission=Permission.MODEL_WEIGH,
        roles=frozenset({Role.QUALITY_OFFICE}),
        reason="诊断模型的权重由质量办统一维护，每次调整留有记录",
    ),
    Allowance(
        permission=Permission.COURSE_VIEW,
        roles=_STAFF - {Role.COUNSELLOR, Role.STUDENT_AFFAIRS},
        reason="课程层面由教学管理与任课教师使用，班主任看本班教学班",
    ),
    Allowance(
        permission=Permission.TEACHER_VIEW,
        roles=frozenset(
            {Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER, Role.TEACHER}
        ),
        reason="教师看自己的档案，系部与人事看队伍",
    ),
    Allowance(
        permission=Permission.CLASS_VIEW,
        roles=_STAFF - {Role.FUNCTION_HEAD, Role.COURSE_LEADER, Role.TEACHER},
        reason="班级面板供班级的管理者与上级使用",
    ),
    Allowance(
        permission=Permission.STUDENT_VIEW,
        roles=(_STAFF - {Role.FUNCTION_HEAD, Role.COURSE_LEADER, Role.TEACHER})
        | {Role.STUDENT, Role.PSYCHOLOGY_CENTRE},
        reason="学生本人及对其负管理责任的人",
    ),
    Allowance(
        permission=Permission.ROSTER_EXPORT,
        roles=frozenset({Role.DEPARTMENT_HEAD, Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER}),
        reason="直接负责教学班或班级的人需要名单；校级只看汇总",
    ),
    Allowance(
        permission=Permission.INDICATOR_VIEW,
        roles=_STAFF | {Role.STUDENT, Role.PSYCHOLOGY_CENTRE, Role.DATA_STEWARD},
        reason="每个数字都能查到它的口径；指标的定义对全体师生公开，数值按各自的数据范围",
    ),
    Allowance(
        permission=Permission.DATA_VIEW,
        roles=frozenset({Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DATA_STEWARD}),
        reason="数据的来源与及时性由数据管理员负责，管理者据此判断数字能不能用",
    ),
    Allowance(
        permission=Permission.IMPORT_VIEW,
        roles=frozenset({Role.DATA_STEWARD}),
        reason="导入记录写着源文件单元格的原文，可能含个人信息，只给负责改正它们的数据管理员",
    ),
    Allowance(
        permission=Permission.PANEL_EXPORT,
        roles=_STAFF,
        reason="教职工可以带走自己看得到的图表，每次导出留有记录；学生在本人页面查看",
    ),
    Allowance(
        permission=Permission.ENTRY_RECORD,
        roles=_COLLECTORS,
        reason="表15 的采分主体录入自己负责的采分点：任课教师、班主任、学工办、辅导员、教研室(专业带头人)",
    ),
    Allowance(
        permission=Permission.ENTRY_OVERSEE,
        roles=frozenset({Role.LEADER, Role.QUALITY_OFFICE, Role.DEPARTMENT_HEAD, Role.STUDENT_AFFAIRS}),
        reason="采分及时率低于95%要有人提醒",
    ),
    Allowance(
        permission=Permission.DISPUTE_VIEW,
        roles=_COLLECTORS | {Role.STUDENT, Role.DEPARTMENT_HEAD},
        reason="申诉的学生、答复的采分主体与审核的人各看与自己有关的申诉",
    ),
    Allowance(
        permission=Permission.DISPUTE_OPEN,
        roles=frozenset({Role.STUDENT}),
        reason="学生可以在7个自然日内对本人的流水申诉",
    ),
    Allowance(
        permission=Permission.DISPUTE_ANSWER,
        roles=_COLLECTORS,
        reason="由录入该采分点的采分主体答复",
    ),
    Allowance(
        permission=Permission.DISPUTE_DECIDE,
        roles=frozenset({Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.DEPARTMENT_HEAD}),
        reason="由对学生负责、但没有录入这条流水的人审核；采分主体不得审核自己录入的流水",
    ),
    Allowance(
        permission=Permission.SELF_TEST_TAKE,
        roles=frozenset({Role.STUDENT}),
        reason="问表式自测由学生本人完成，结果立即可见",
    ),
    Allowance(
        permission=Permission.SELF_TEST_VIEW,
        roles=frozenset(
            {
                Role.LEADER, Role.QUALITY_OFFICE, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER, Role.CLASS_ADVISER,
                Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.PSYCHOLOGY_CENTRE,
            }
        ),
        reason="育人工作参考自测汇总，人数过少不显示；心理筛查结果只给心理中心与本人",
    ),
    Allowance(
        permission=Permission.PLAN_WRITE,
        roles=frozenset({Role.STUDENT}),
        reason="学业计划、个人发展规划、职业生涯规划由学生本人制定",
    ),
    Allowance(
        permission=Permission.PLAN_REVIEW,
        roles=frozenset({Role.CLASS_ADVISER, Role.STUDENT_AFFAIRS, Role.MAJOR_LEADER}),
        reason="规划由班主任审核，职业生涯规划由教研室与学工办审核（包头 表15）",
    ),
    Allowance(
        permission=Permission.SCREEN_VIEW,
        roles=frozenset({Role.LEADER, Role.QUALITY_OFFICE, Role.WALL_SCREEN}),
        reason="大屏由专用令牌打开，领导可以预览；只显示群体数据",
    ),
    Allowance(
        permission=Permission.SCREEN_MANAGE,
        roles=frozenset({Role.SYSTEM_ADMINISTRATOR}),
        reason="大屏令牌与场景由系统管理员发放和设置",
    ),
    Allowance(
        permission=Permission.ACCOUNT_VIEW,
        roles=frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR}),
        reason="三员分立：系统管理员管账号，安全管理员管授权",
    ),
    Allowance(
        permission=Permission.ACCOUNT_MANAGE,
        roles=frozenset({Role.SYSTEM_ADMINISTRATOR}),
        reason="三员分立：建号、停用、重置密码由系统管理员办理，但不能授权",
    ),
    Allowance(
        permission=Permission.POST_GRANT,
        roles=frozenset({Role.SECURITY_ADMINISTRATOR}),
        reason="三员分立：授权由安全管理员办理，但不能给自己授权",
    ),
    Allowance(
        permission=Permission.ROLE_VIEW,
        roles=ADMINISTRATORS | {Role.LEADER, Role.QUALITY_OFFICE, Role.DATA_STEWARD},
        reason="管理者与监督者应能查到谁能看什么、为什么",
    ),
    Allowance(
        permission=Permission.AUDIT_VIEW,
        roles=frozenset({Role.AUDIT_ADMINISTRATOR}),
        reason="三员分立：只有审计管理员查看日志",
    ),
    Allowance(
        permission=Permission.AUDIT_EXPORT,
        roles=frozenset({Role.AUDIT_ADMINISTRATOR}),
        reason="三员分立：只有审计管理员导出日志",
    ),
)  # fmt: skip

REACHES: Final = (
    Reach(
        role=Role.LEADER,
        levels=GROUPS | {"teacher", "student", "roster"},
        topics=frozenset({Topic.INCIDENT}),
        sensitive_groups=True,
        reason="校领导看全校，质量事故也看；学生的心理、资助、违纪等只看汇总，不看具名明细",
    ),
    Reach(
        role=Role.QUALITY_OFFICE,
        levels=GROUPS | {"teacher", "student", "roster"},
        topics=frozenset({Topic.INCIDENT}),
        sensitive_groups=True,
        reason="质量办看全部记录，学生敏感事项除外",
    ),
    Reach(
        role=Role.FUNCTION_HEAD,
        levels=GROUPS,
        rows=Rows.COLLEGE,
        ceiling=Privacy.INTERNAL,
        sensitive_groups=True,
        own_duties=True,
        reason="职能部门看本部门负责的指标在全校的情况，不看他部门人员数据",
    ),
    Reach(
        role=Role.FUNCTION_HEAD,
        levels=frozenset({"dept", "teacher"}),
        topics=frozenset({Topic.INCIDENT}),
        reason="职能部门负责人看本部门及其人员",
    ),
    Reach(
        role=Role.DEPARTMENT_HEAD,
        levels=GROUPS - {"school"} | {"teacher", "student", "roster"},
        topics=_OF_STUDENTS | {Topic.INCIDENT},
        sensitive_groups=True,
        reason="系(部)主任看本系(部)的一切，心理辅导明细除外；所开课程合班的外系学生，在名单里看得到",
    ),
    Reach(
        role=Role.MAJOR_LEADER,
        levels=frozenset({"major", "class", "course", "offering", "teacher", "student"}),
        sensitive_groups=True,
        reason="专业带头人看本专业；合班教学班里只看本专业学生",
    ),
    Reach(
        role=Role.COURSE_LEADER,
        levels=frozenset({"course", "offering", "roster"}),
        reason="课程负责人看本课程及其教学班，不看课程以外的学生",
    ),
    Reach(
        role=Role.TEACHER,
        levels=frozenset({"teacher", "offering", "roster"}),
        topics=frozenset({Topic.INCIDENT}),
        reason="任课教师看自己的教学班和自己的档案，不看其他教师",
    ),
    Reach(
        role=Role.CLASS_ADVISER,
        levels=frozenset({"class", "offering", "student"}),
        topics=_OF_STUDENTS,
        sensitive_groups=True,
        reason="班主任看本班，心理辅导明细除外；合班教学班里只看本班学生",
    ),
    Reach(
        role=Role.COUNSELLOR,
        levels=frozenset({"class", "student"}),
        topics=_OF_STUDENTS | {Topic.COUNSELLING},
        sensitive_groups=True,
        reason="辅导员看所带班级；知道是否转介，不看筛查得分",
    ),
    Reach(
        role=Role.STUDENT_AFFAIRS,
        levels=frozenset({"school", "dept", "major", "class", "student"}),
        topics=_OF_STUDENTS,
        sensitive_groups=True,
        reason="学工办看所辖学生，心理辅导与筛查明细除外；校级学工办所辖即全校",
    ),
    Reach(
        role=Role.PSYCHOLOGY_CENTRE,
        levels=frozenset({"student"}),
        rows=Rows.REFERRED,
        topics=frozenset({Topic.COUNSELLING, Topic.SCREENING}),
        only_topics=True,
        reason="心理中心只看在册或接受辅导的学生的心理事项，不看成绩与操行",
    ),
    Reach(
        role=Role.PSYCHOLOGY_CENTRE,
        levels=frozenset({"school", "dept", "major", "class"}),
        rows=Rows.COLLEGE,
        topics=frozenset({Topic.COUNSELLING, Topic.SCREENING}),
        only_topics=True,
        reason="心理中心对全校心理工作负责，可看各级汇总",
    ),
    Reach(
        role=Role.STUDENT,
        levels=frozenset({"student"}),
        topics=frozenset({Topic.DISCIPLINE, Topic.AID, Topic.HARDSHIP, Topic.BEHAVIOUR, Topic.SCREENING}),
        reason="学生看自己，不看排名中的姓名，也不看风险概率",
    ),
    *(
        Reach(
            role=role,
            levels=frozenset({"school"}),
            rows=Rows.COLLEGE,
            ceiling=Privacy.INTERNAL,
            reason="教职工可看全校汇总，作为自己指标的参照；敏感事项不必参照",
        )
        for role in sorted(_STAFF - {Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD})
    ),
    Reach(
        role=Role.WALL_SCREEN,
        levels=frozenset({"school", "dept", "major", "class", "course"}),
        ceiling=Privacy.INTERNAL,
        reason="大屏人人看得见，只显示群体数据，不出现任何人，也不涉及敏感事项",
    ),
    Reach(
        role=Role.DATA_STEWARD,
        levels=frozenset({"load", "import"}),
        rows=Rows.COLLEGE,
        reason="数据管理员负责全部来源的采集与导入，看批次和差错，不看任何指标值",
    ),
    *(
        Reach(
            role=role,
            levels=frozenset({"account"}),
            rows=Rows.COLLEGE,
            reason="账号与岗位的管理需要看到全部账号",
        )
        for role in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR)
    ),
    Reach(
        role=Role.AUDIT_ADMINISTRATOR,
        levels=frozenset({"audit"}),
        rows=Rows.COLLEGE,
        reason="审计管理员只看日志",
    ),
)  # fmt: skip

RESTRICTIONS: Final = (
    Restriction(
        topic=Topic.COUNSELLING,
        roles=frozenset({Role.PSYCHOLOGY_CENTRE, Role.COUNSELLOR}),
        of_groups=True,
        reason="心理辅导记录只限心理中心与所带辅导员（包头 五(六)3）；单说心理辅导的数值，班级与学校的汇总也只给他们",
    ),
    Restriction(
        topic=Topic.SCREENING,
        roles=frozenset({Role.PSYCHOLOGY_CENTRE, Role.STUDENT}),
        reason="筛查结果只限心理中心与本人",
    ),
    Restriction(
        topic=Topic.RISK,
        roles=frozenset({Role.DEPARTMENT_HEAD, Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS}),
        reason="风险提示只给能帮助学生的人，不给学生看概率",
    ),
)


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What the holder of these roles may do; nothing without a role."""
    held = frozenset(roles)
    return frozenset(item.permission for item in ALLOWANCES if item.roles & held)


def reaches_of(role: Role) -> tuple[Reach, ...]:
    """What a role reads, with the restrictions applied: no rule above them gives what they take."""
    taken = frozenset(item.topic for item in RESTRICTIONS if role not in item.roles)
    return tuple(replace(reach, topics=reach.topics - taken) for reach in REACHES if reach.role is role)


def problems() -> list[str]:
    """What is wrong with the rules; empty where they are sound.

    Told apart from the tests because a college may change the rules: a start refuses unsound ones.
    """
    found = [
        f"{reach.role}: {topic} is restricted to {', '.join(sorted(item.roles))}"
        for item in RESTRICTIONS
        for reach in REACHES
        for topic in reach.topics & {item.topic}
        if reach.role not in item.roles
    ]
    found += [
        f"{reach.role}: unknown levels {sorted(reach.levels - LEVELS)}" for reach in REACHES if reach.levels - LEVELS
    ]
    found += [f"{reach.role}: without a reason" for reach in (*REACHES,) if not reach.reason]
    found += [f"{item.permission}: without a reason" for item in ALLOWANCES if not item.reason]
    data = GROUPS | {"teacher", "student", "roster"}
    found += [
        f"{reach.role}: an administrator reads no data"
        for reach in REACHES
        if reach.role in ADMINISTRATORS and reach.levels & data
    ]
    found += [f"{role}: has no entry in ROLES" for role in Role if role not in ROLES]
    return found
