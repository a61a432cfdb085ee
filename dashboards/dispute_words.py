"""A case in the words of its pages: one line of a list, and what happened so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboards.wording import moment
from data_access.growth_card.dispute_states import Status
from indicators.growth_card.collection import input_of
from indicators.growth_card.dispute_rules import value_words
from indicators.growth_card.disputing import Box, CaseView
from layouts import format as fmt

BOXES: Final[Mapping[Box, str]] = {
    Box.OWN: "我的申诉", Box.ANSWER: "待我答复", Box.DECIDE: "待我审核", Box.ALL: "全部",
}  # fmt: skip
EMPTY: Final[Mapping[Box, tuple[str, str]]] = {
    Box.OWN: ("还没有申诉", "对储值卡的某条流水有异议时，在流水旁点“申诉”，记入后 7 个自然日内可以提出。"),
    Box.ANSWER: ("没有等待答复的申诉", "学生对您采分的流水提出申诉后，会列在这里。"),
    Box.DECIDE: ("没有等待审核的申诉", "采分主体答复后，或答复期满后，会列在这里。"),
    Box.ALL: ("没有符合条件的申诉", "这里列出您数据范围内的申诉，包括已办结的。"),
}
STATES: Final[Mapping[Status, str]] = {
    Status.OPEN: "watch", Status.ANSWERED: "warning", Status.UPHELD: "watch", Status.SETTLED: "reached",
    Status.REJECTED: "no-data", Status.WITHDRAWN: "no-data",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a list; `state` is a CSS class of `states` and the word for it."""

    dispute_id: int
    title: str
    who: str
    points: str
    reason: str
    opened: str
    due: str
    is_late: bool
    state: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a case.

    Attributes:
        state: CSS class of `states`; empty for a step that is still to come.
        values: pairs of input and value that were thought right.
    """

    title: str
    when: str
    who: str
    text: str
    state: str
    values: tuple[tuple[str, str], ...] = ()


def row_of(view: CaseView, *, of_others: bool) -> Row:
    """A case as one line; `of_others` names the student."""
    case = view.case
    return Row(
        dispute_id=case.dispute_id,
        title=title_of(view),
        who=f"{case.entry.student_no} · {case.entry.class_name}" if of_others else "",
        points=fmt.points(case.entry.points, signed=True),
        reason=case.reason,
        opened=moment(case.opened_at),
        due=""
        if view.due_on is None
        else f"{'答复' if case.status is Status.OPEN else '审核'}期至 {fmt.day(view.due_on)}",
        is_late=view.is_late,
        state=(STATES[case.status], case.status.name_zh),
    )


def title_of(view: CaseView) -> str:
    """Point and slot, such as 准时率（未迟到） · 第11周."""
    return f"{view.point.name} · {view.case.entry.slot if view.slot is None else view.slot.label}"


def unit_of(view: CaseView) -> str:
    """The unit of the entry's leading value, such as %."""
    if view.line is not None:
        return view.line.unit
    return view.fields[0].unit if view.fields else ""


def recorded(value: float | None, unit: str) -> str:
    """The value of an entry with as many decimals as tell anything."""
    if value is None:
        return fmt.NO_VALUE
    return f"{round(value, 2):g}{unit if unit == '%' else f' {unit}'}".strip()


def value_pairs(view: CaseView, values: Mapping[str, float] | None) -> tuple[tuple[str, str], ...]:
    """Values by input in the words of their columns."""
    given = values or {}
    named = ((column, given.get(input_of(column.key)[1])) for column in view.fields)
    return tuple((column.label, value_words(column, value)) for column, value in named if value is not None)


def timeline(view: CaseView) -> tuple[Step, ...]:
    """What happened so far, and what comes next with its deadline."""
    case = view.case
    steps = [
        Step(
            title="记入流水",
            when=moment(case.entry.recorded_at),
            who="" if view.line is None else view.line.evidence.text,
            text=f"{title_of(view)}，{fmt.points(case.entry.points, signed=True)} 分"
            + ("" if case.entry.is_live else "；这条流水现已冲正"),
            state="no-data",
        ),
        Step(
            title="提出申诉",
            when=moment(case.opened_at),
            who=f"学号 {case.entry.student_no}",
            text=case.reason,
            state="watch",
        ),
    ]
    if case.answered_at is not None:
        agrees = case.proposed is not None
        steps.append(
            Step(
                title="采分主体答复：同意更正" if agrees else "采分主体答复：维持原记录",
                when=moment(case.answered_at),
                who=f"{'、'.join(view.point.collectors)} {case.answered_by}",
                text=case.answer,
                state="reached" if agrees else "warning",
                values=value_pairs(view, case.proposed),
            )
        )
    if case.decided_at is not None:
        is_upheld = case.status is not Status.REJECTED
        steps.append(
            Step(
                title="审核：申诉成立" if is_upheld else "审核：申诉不成立",
                when=moment(case.decided_at),
                who=f"审核人 {case.decided_by}",
                text=case.decision,
                state="reached" if is_upheld else "no-data",
                values=value_pairs(view, case.correction),
            )
        )
    return (*steps, *_next(view))


def _booked(view: CaseView) -> str:
    case = view.case
    if len(view.changes) > 1:
        return _booked_together(view)
    if case.points_after is None:
        return "更正不改变得分，没有新的流水。"
    before, after = (fmt.points(points, signed=True) for points in (case.entry.points, case.points_after))
    return f"原流水已冲正，更正后的流水已记入：{before} 分 → {after} 分。"


def _booked_together(view: CaseView) -> str:
    """Every slot that the correction has changed, and what that comes to."""
    told = "，".join(f"{label} {fmt.points(change, signed=True)}" for label, change in view.changes)
    whole = fmt.points(sum(change for _, change in view.changes), signed=True)
    caps = [f"存入 {view.point.max_deposit:g} 分"] if view.point.max_deposit else []
    caps += [f"扣减 {view.point.max_deduct:g} 分"] if view.point.max_deduct else []
    return f"更正已入账：{told}，合计 {whole} 分。各期合计每学期最多{'、'.join(caps)}，其他期因此随之变化。"


def _next(view: CaseView) -> tuple[Step, ...]:
    case, due = view.case, fmt.day(view.due_on)
    late = "，已超期" if view.is_late else ""
    collectors = "、".join(view.point.collectors)
    match case.status:
        case Status.OPEN if not view.is_unanswered:
            return (Step(title="等待采分主体答复", when=f"至 {due}{late}", who=collectors, text="", state=""),)
        case Status.OPEN | Status.ANSWERED:
            text = "采分主体没有在期限内答复，由审核人直接审核。" if view.is_unanswered else ""
            return (
                Step(title="等待审核", when=f"至 {due}{late}", who="没有录入这条流水的人审核", text=text, state=""),
            )
        case Status.UPHELD:
            return (Step(title="待入账", when="", who="", text="更正已经决定，正在写入储值卡。", state=""),)
        case Status.SETTLED:
            return (Step(title="已入账", when="", who="", text=_booked(view), state="reached"),)
        case Status.WITHDRAWN:
            return (Step(title="学生已撤回", when="", who="", text="", state="no-data"),)
        case _:
            return ()
