"""下降最多与上升最多: what changed most below a node, both lists drawn alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboards import ids, query
from dashboards.number import Number
from dashboards.overview import link_of
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from indicators.digest import Change, Changes
from indicators.movers import FEWEST_BEHIND, Move
from layouts import format as fmt
from layouts import states, table
from layouts.cells import Course, Door
from layouts.panel import Content

RANKED_BY: Final = "按变化占目标到警戒间距的比例排序"
"""How a change in percent and one in 万元 stand in one list; see `indicators.movers`."""
SHOWN: Final = 6
"""Rows of each list."""
_LASTING: Final = {"week": "连续两周", "month": "连续两月"}


def draw(found: Changes, viewer: Viewer, *, rising: bool, panel: str) -> Content:
    """One of the two lists: whose figure, where it stands, how it changed and how it came there."""
    chosen = found.rises if rising else found.falls
    if not chosen:
        return Content(body=states.empty(_why_none(found, rising=rising)))
    columns = [
        table.Column(title="主体与指标", is_heading=True),
        table.Column(title="本期", is_number=True),
        table.Column(title="变化", is_number=True),
        table.Column(title="走势"),
    ]
    drawn = table.table(
        columns,
        [_row(change, viewer) for change in chosen],
        caption=f"{'上升' if rising else '下降'}最多的指标，{RANKED_BY}",
        table_id=ids.table("home", panel),
    )
    return Content(body=drawn, note=f"{_periods(chosen)} · {RANKED_BY}")


def _row(change: Change, viewer: Viewer) -> list[table.Cell]:
    move = change.move
    info, state = move.info, move.info.judge(move.now)
    number = Number(code=info.code, level=move.level, entity_id=move.entity.entity_id, period=move.period.key)
    name, indicator = move.entity.name, fmt.short_name(info.name_zh)
    value = fmt.with_unit(move.now, info.unit, lines=info.lines)
    difference = fmt.change(move.now, move.before, digits=fmt.digits_of(info.unit))
    link = _link(viewer, move)
    subject = f"{name}\n{indicator}"
    return [
        table.Marked(text=subject, name="two-lines")
        if link is None
        else Door(text=subject, href=link, spoken=f"{name} {indicator}"),
        Door(text=value, href=number.href, spoken=f"{value} {state.value}，打开口径", state=state),
        table.Marked(text=f"{difference}\n{_remark(move)}".rstrip(), name="two-lines"),
        Course(
            text=f"由 {fmt.with_unit(move.before, info.unit)} 到 {value}",
            history=change.history,
            state=state,
        ),
    ]


def _remark(move: Move) -> str:
    """That it lasts; and where less is better, which way the change goes, because its arrow says the opposite."""
    lasting = _LASTING[move.period.kind] if move.is_lasting else ""
    if move.info.direction != "lower":
        return lasting
    return f"{lasting.removeprefix('连续')}{'变好' if move.gain > 0 else '变差'}"


def _link(viewer: Viewer, move: Move) -> str | None:
    """Where the name of an entity leads; a course has no page, and is looked for among the sections."""
    if move.level == "course":
        is_open = viewer.may(Permission.COURSE_VIEW)
        return query.link("/courses", {"q": move.entity.name}) if is_open else None
    link = link_of(viewer, move.level)
    return None if link is None else link(move.entity.entity_id)


def _periods(chosen: Sequence[Change]) -> str:
    """Which periods are compared, such as ``第12周较上周、10月较上月``."""
    kinds = {c.move.period.kind: f"{c.move.period.label}{fmt.SINCE[c.move.period.kind]}" for c in chosen}
    return "、".join(kinds[kind] for kind in ("week", "month") if kind in kinds)


def _why_none(found: Changes, *, rising: bool) -> str:
    if found.is_known:
        return f"这一期没有指标{'上升' if rising else '下降'}。"
    return f"没有可以比较的两个完整周或月，或数字背后不足 {FEWEST_BEHIND} 人次。"
