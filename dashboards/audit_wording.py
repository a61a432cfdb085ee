"""Events of the audit log in the words of its page and of its export."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dashboards.wording import KINDS_ZH, METHODS_ZH, SOURCES_ZH
from data_access.access.audit import AuditKind, Result
from data_access.access.audit_chain import Entry, Fault
from data_access.access.permissions import Permission
from data_access.access.roles import ROLES
from data_access.clock import COLLEGE_ZONE
from layouts import format as fmt

_CONSOLE: Final = "console:"
_DATA_REQUEST: Final = "/_dash-update-component"
_IN_GIST: Final = 3
_NOT_IN_GIST: Final = frozenset({"文件 SHA-256", "链尾", "变更"})
_LONGEST_GIST: Final = 80

_RESULT_STATES: Final = {Result.DONE: "reached", Result.DENIED: "alert", Result.FAILED: "warning"}
_SUBJECTS_ZH: Final = {
    "account": "账号",
    "accounts": "账号文件",
    "audit:chain": "审计日志核验",
    "audit:log": "审计日志",
    "import": "导入批次",
    "indicators": "指标计算",
    "offering": "教学班名单",
    "page": "页面",
    "demo": "演示数据",
    "roster": "名册",
    "screen": "大屏",
    "dispute": "申诉",
    "plan": "学生规划",
}
_FACTS_ZH: Final = {
    "accounts": "账号",
    "actor": "人员",
    "because": "原因",
    "broken": "断裂处",
    "change": "变更",
    "count": "条数",
    "created": "新建账号",
    "data_version": "数据版本",
    "disabled": "停用账号",
    "enabled": "启用账号",
    "ended": "终止岗位",
    "entry": "流水",
    "agrees": "同意更正",
    "fault": "问题",
    "file": "文件",
    "files": "文件",
    "filter": "查询条件",
    "from": "开始日期",
    "head": "链尾",
    "hour": "重新载入时刻",
    "holders_ended": "岗位终止",
    "holders_started": "岗位新增",
    "kind": "类型",
    "mapping": "映射",
    "method": "登录方式",
    "name": "名称",
    "node": "所在节点",
    "on": "日期",
    "permission": "所需权限",
    "post": "岗位编号",
    "posts": "岗位数",
    "problems": "问题",
    "q": "包含",
    "reason": "原因",
    "referred": "新转介",
    "released": "结束转介",
    "renamed": "改名",
    "result": "结果",
    "role": "角色",
    "seed": "种子",
    "scenes": "画面",
    "seconds": "停留秒数",
    "sequence": "序号",
    "sha256": "文件 SHA-256",
    "term": "学期",
    "source": "来源",
    "started": "新增岗位",
    "status": "状态",
    "students": "学生数",
    "to": "结束日期",
    "unreadable": "无法读取",
} | {role.value: info.name_zh for role, info in ROLES.items()}
_VALUES_ZH: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {**{kind.value: kind.name_zh for kind in AuditKind}, **KINDS_ZH, "full": "全部重算"},
    "result": {result.value: result.name_zh for result in Result},
    "permission": {permission.value: permission.name_zh for permission in Permission},
    "role": {role.value: info.name_zh for role, info in ROLES.items()},
    "method": METHODS_ZH,
    "source": SOURCES_ZH,
    "fault": {fault.value: fault.text_zh for fault in Fault},
    "change": {
        "created": "新建",
        "disabled": "停用",
        "enabled": "启用",
        "reset": "重置密码",
        "released": "确认密码重置",
        "own": "本人修改密码",
        "granted": "授予",
        "ended": "终止",
        "renamed": "改名",
        "issued": "发放令牌",
        "revoked": "撤销令牌",
        "set": "修改设置",
        "undone": "撤销",
        "submitted": "提交",
        "opened": "提出",
        "withdrawn": "撤回",
        "answered": "答复",
        "upheld": "成立",
        "rejected": "不成立",
        "settled": "入账",
        "approved": "通过",
        "returned": "退回",
        "confirmed": "确认达成",
        "progress": "记录进展",
    },
    "status": {"committed": "已导入", "unchanged": "没有变化", "refused": "被拒收", "undone": "已撤销"},
    "because": {
        "wrong": "密码错误",
        "unknown": "没有这个账号",
        "disabled": "账号已停用",
        "no-post": "没有生效的岗位",
        "awaits-release": "密码重置待确认",
        "revoked": "令牌已撤销",
        "expired": "令牌已过期",
        "own-account": "本人的账号",
        "administrator": "管理员的账号或岗位",
        "exclusive": "岗位不能兼任",
        "throttled": "尝试过于频繁",
        "sign-out": "本人退出",
        "new sign-in": "在同一浏览器重新登录",
        "ended-by-owner": "本人结束该处登录",
        "idle": "长时间未操作",
        "absolute": "达到最长登录时间",
        "password": "密码已更改",
        "post": "岗位已变动",
        "version": "密码、岗位或账号已变动",
        "clock": "服务器时间异常",
        "roster": "名册变动",
    },
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event as the page shows it.

    Attributes:
        actor: username to search by; empty for nobody.
        who: the actor in words.
        what: kind of event, and the change where it is one.
        state: CSS class of `states` and the word for the result.
        rows: how many, with separators; empty where none were given out.
        gist: the first of what explains it, in one line; empty where nothing does.
        facts: everything else, as pairs of name and value.
    """

    sequence: int
    time: str
    actor: str
    who: str
    what: str
    subject: str
    state: tuple[str, str]
    rows: str
    address: str
    gist: str
    facts: tuple[tuple[str, str], ...]


def line(entry: Entry) -> Line:
    """One event in words."""
    facts = tuple(_facts(entry.detail))
    gist = [pair for pair in facts if pair[0] not in _NOT_IN_GIST][:_IN_GIST]
    return Line(
        sequence=entry.sequence,
        time=time_of(entry),
        actor=entry.actor,
        who=who(entry.actor),
        what=what_zh(entry),
        subject=subject_zh(entry.subject),
        state=state(entry.result),
        rows="" if entry.rows is None else fmt.number(entry.rows, digits=0),
        address=entry.address or fmt.NO_VALUE,
        gist="，".join(f"{name} {value}" for name, value in gist)[:_LONGEST_GIST],
        facts=(
            *facts,
            *((("数据范围", entry.scope),) if entry.scope else ()),
            ("序号与哈希", f"{entry.sequence} · {entry.hash}"),
        ),
    )


def time_of(entry: Entry) -> str:
    """When it happened, on the college's clock to the second."""
    return f"{entry.at.astimezone(COLLEGE_ZONE):%Y-%m-%d %H:%M:%S}"


def who(actor: str) -> str:
    """An actor in words: a username as it is, the console and strangers by name."""
    if actor.startswith(_CONSOLE):
        return f"控制台 {actor.removeprefix(_CONSOLE)}"
    return actor or "未登录者"


def kind_zh(kind: str) -> str:
    """A kind of event in words; the key itself where a later version wrote it."""
    return AuditKind(kind).name_zh if kind in set(AuditKind) else kind


def what_zh(entry: Entry) -> str:
    """What was done, such as ``登录`` or ``岗位 · 授予``."""
    change = entry.detail.get("change")
    done = _VALUES_ZH["change"].get(change) if isinstance(change, str) else None
    return f"{kind_zh(entry.kind)} · {done}" if done else kind_zh(entry.kind)


def state(result: str) -> tuple[str, str]:
    """A result as a CSS class of `states` and a word."""
    if result not in set(Result):
        return "no-data", result
    known = Result(result)
    return _RESULT_STATES[known], known.name_zh


def subject_zh(subject: str) -> str:
    """What something was done to, in words as far as they are known."""
    if subject.startswith(_DATA_REQUEST):
        return f"数据请求{subject.removeprefix(_DATA_REQUEST)}"
    if subject.startswith("/"):
        return f"页面 {subject}"
    if subject in _SUBJECTS_ZH:
        return _SUBJECTS_ZH[subject]
    name, colon, rest = subject.partition(":")
    return f"{_SUBJECTS_ZH[name]} {rest}" if colon and name in _SUBJECTS_ZH else subject or fmt.NO_VALUE


def _facts(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in detail.items():
        if value not in (None, "", [], {}):
            yield _FACTS_ZH.get(name, name), _value_zh(name, value)


def _value_zh(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return "，".join(f"{label} {told}" for label, told in _facts(value)) or fmt.NO_VALUE
    if isinstance(value, list):
        return "、".join(_value_zh(name, item) for item in value)
    if isinstance(value, str):
        return _VALUES_ZH.get(name, {}).get(value, value)
    return json.dumps(value, ensure_ascii=False)
