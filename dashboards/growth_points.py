"""Every scoring point of a card with its rule in words, and what can still be gained this term."""

from __future__ import annotations

import datetime as dt
from typing import Final

from dash import html
from dash.development.base_component import Component

from dashboards.growth_card import Growth, posted, table_id
from dashboards.number import Number
from data_access.access.permissions import Permission
from indicators.growth_card.points import Point
from indicators.growth_card.rule_words import rule_words
from indicators.growth_card.slots import CardTerm, slots_of
from indicators.growth_card.statements import AccountLine, PointLine, value_words
from indicators.model import Level
from layouts import format as fmt
from layouts import growth_card as drawn
from layouts import states, table
from layouts.panel import Content

SUGGESTED: Final = 8
"""Suggestions shown: all of them would be a list of everything, and no advice."""


def draw_points(data: Growth) -> Content:
    """The points of each account: what they brought, what they could have, and by which rule."""
    account = posted(data)
    if isinstance(account, Content):
        return account
    body = [_account(data, line) for line in account.accounts]
    due = sum(point.is_due for point in account.points)
    return Content(
        body=html.Div(body, className="growth-words growth-points"),
        note=f"{data.term_words} · {due} 个采分点活跃，其余不入分母 · 点科目看采分点与规则",
    )


def _account(data: Growth, line: AccountLine) -> Component:
    """One account, folded: its sums stand in sight, its points and their rules are a page of their own."""
    columns = [
        table.Column(title="采分点", is_heading=True),
        table.Column(title="得分", is_number=True),
        table.Column(title="到目前可得", is_number=True),
        table.Column(title="学期上限", is_number=True),
        table.Column(title="最近一次"),
        table.Column(title="采分主体·时点"),
        table.Column(title="规则"),
    ]
    rows = [_row(data, point) for point in line.points if point.is_due]
    idle = [point.name for point in line.points if not point.is_due]
    told = f"{fmt.points(line.net)} / {fmt.points(line.possible)} 分 · {len(rows)} 个采分点活跃"
    heading = html.Summary([html.H3(line.name), html.Span(told, className="aspect-told")], className="growth-part")
    listed = table.table(
        columns, rows, caption=f"{line.name}的采分点", table_id=table_id(data, f"growth-{line.points[0].code[:7]}")
    )
    rest = [html.P(f"本学期未活跃、不入分母：{'、'.join(idle)}", className="panel-tail")] if idle else []
    return html.Details([heading, *([listed] if rows else []), *rest], className="growth-fold")


def _row(data: Growth, line: PointLine) -> list[table.Cell]:
    point = data.cards.card.by_code[line.code]
    may_open = data.view.services.viewer().may(Permission.INDICATOR_VIEW)
    address = Number(code=line.code, level=data.holder.key, entity_id=data.holder_id).href
    slots = slots_of(point, data.term) if data.term else ()
    return [
        table.Linked(text=line.name, href=address) if may_open else line.name,
        drawn.signed(line.net),
        drawn.exact(line.possible) if line.possible else _waiting(point, data.term, data.day),
        drawn.exact(line.cap),
        f"{line.slot_label} {value_words(point, line.raw, line.unit)}".strip() or fmt.NO_VALUE,
        f"{'、'.join(point.collectors)}·{point.collection_point}",
        rule_words(point, unit=line.unit, slots=len(slots)),
    ]


def _waiting(point: Point, term: CardTerm | None, day: dt.date | None) -> table.Cell:
    """Why nothing could have been had yet: the next slot is still to come, or those that have passed had no record."""
    to_come = [slot for slot in slots_of(point, term) if day is None or slot.booked_on > day] if term else []
    has_passed = term is not None and len(to_come) < len(slots_of(point, term))
    if not point.max_deposit:
        return table.Marked(text="只扣不存", name="is-inactive")
    if has_passed or not to_come:
        return table.Marked(text="没有记录，不入分母", name="is-inactive")
    return table.Marked(text=f"待{to_come[0].label}", name="is-inactive")


def draw_next(data: Growth) -> Content:
    """What to do next, what is worth most first, each with the points that it can still bring."""
    account = posted(data)
    if isinstance(account, Content):
        return account
    found = data.cards.next_gains(
        data.holder_id, holder=data.holder, term_key=account.term_key, on=data.on, scope=data.scope
    )
    if not found:
        return Content(body=states.message(_over(data)))
    columns = [
        table.Column(title="采分点", is_heading=True),
        table.Column(title="还可得", is_number=True),
        table.Column(title="怎样做"),
    ]
    is_shared = data.holder is Level.CLASS  # what a class can gain is done by one of several people
    rows: list[list[table.Cell]] = [
        [item.point_name, drawn.exact(item.points_left), f"{item.owner}：{item.text}" if is_shared else item.text]
        for item in found[:SUGGESTED]
    ]
    left = sum(item.points_left for item in found)
    listed = table.table(columns, rows, caption="怎样再得分", table_id=table_id(data, "growth-next"))
    return Content(
        body=html.Div(listed, className="growth-words growth-advice"),
        note=f"本学期还可得 {fmt.points(left)} 分 · 最值得做的 {len(rows)} 件",
    )


def _over(data: Growth) -> states.Message:
    detail = f"{data.term_words}的采分点都已到账，没有还能再得的分。"
    return states.Message(kind="good", title="本学期已经采完", detail=detail)
