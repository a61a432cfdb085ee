"""The ledger (流水) of a card: every entry with where it comes from, the last booked first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboards import filters, query
from dashboards.growth_card import Growth, chosen, posted, table_id
from dashboards.number import Number
from dashboards.page import Filter, Kind
from data_access.access.permissions import Permission
from indicators.growth_card.points import shipped_card
from indicators.growth_card.statements import KINDS, AccountView, LedgerLine, value_words
from layouts import format as fmt
from layouts import growth_card as drawn
from layouts import states, table
from layouts.panel import Content

LINES: Final = 30
LATEST: Final = 6
"""Lines shown at first: what came last; the whole ledger is asked for."""
NOUN: Final = "笔"
_CODES: Final = "|".join(point.code for point in shipped_card().points if not point.is_neutral)
_ACCOUNTS: Final = "|".join(shipped_card().accounts)
ACCOUNT: Final = Filter(name="account", label="科目", kind=Kind.LINK, pattern=f"({_ACCOUNTS})?")
POINT: Final = Filter(name="point", label="采分点", kind=Kind.LINK, pattern=f"({_CODES})?")
ENTRY_KIND: Final = Filter(name="kind", label="类型", kind=Kind.LINK, pattern=f"({'|'.join(KINDS)})?")
WHOLE: Final = Filter(name="ledger", label="流水", kind=Kind.LINK, pattern="(all)?")
"""Whether the whole ledger is shown, or the latest lines alone."""
FILTERS: Final = (ACCOUNT, POINT, ENTRY_KIND, WHOLE, filters.PAGE_NUMBER)
"""Filters of the list alone, set by links within it."""


def draw_ledger(data: Growth) -> Content:
    """One page of the entries of the term, with filters by account, kind and point."""
    account = posted(data)
    if isinstance(account, Content):
        return account
    asked: dict[str, Any] = {
        "term_key": account.term_key,
        "code": chosen(data.view, "point") or None,
        "account": chosen(data.view, "account") or None,
        "kind": chosen(data.view, "kind") or None,
        "until": data.on,
    }
    total = data.cards.count(data.holder, data.holder_id, **asked, scope=data.scope)
    is_folded = _is_folded(data, total)
    part = filters.slice_of(data.view, total, size=LATEST if is_folded else LINES)
    choices = [] if is_folded else _choices(data, account)
    if not total:
        return Content(body=[*choices, states.empty("没有符合条件的流水。")])
    lines = data.cards.entries(
        data.holder, data.holder_id, **asked, page=part.number, page_size=part.size, scope=data.scope
    )
    disputes = _may_dispute(data)
    columns = [
        table.Column(title="采分点", is_heading=True),
        table.Column(title="分值", is_number=True),
        table.Column(title="入账日"),
        table.Column(title="数值"),
        table.Column(title="类型"),
        table.Column(title="依据"),
        *([table.Column(title="申诉")] if disputes else []),
        table.Column(title="流水号", is_number=True),
    ]
    rows = [_row(data, line, disputes=disputes) for line in lines]
    listed = table.table(columns, rows, caption="储值流水，最近入账的在前", table_id=table_id(data, "growth-ledger"))
    body = [*choices, html.Div(listed, className="growth-ledger"), *_onwards(data, part, is_folded=is_folded)]
    return Content(body=body, note=f"{data.term_words} · {total:,} {NOUN} · 只增不改，更正用冲正")


def _is_folded(data: Growth, total: int) -> bool:
    """True where the latest lines are enough: nothing was asked of the ledger, and it is longer. A file has it whole."""
    asked = [chosen(data.view, item.name) for item in (ACCOUNT, POINT, ENTRY_KIND, WHOLE)]
    return total > LATEST and data.view.most_rows is None and not any(asked)


def _onwards(data: Growth, part: table.Slice, *, is_folded: bool) -> list[Component]:
    """What stands below the lines: the way to all of them, or to the other pages and back."""
    if is_folded:
        way = html.A(f"全部流水（{part.total:,} {NOUN}）", href=data.where(ledger="all", page=""), className="in-place")
        return [html.Div(way, className="growth-filter growth-more")]
    pager = table.pager(part, noun=NOUN, link=lambda number: data.where(page=str(number)), is_in_place=True)
    return [pager] if part.pages > 1 else []


def _may_dispute(data: Growth) -> bool:
    return data.is_own and data.view.services.viewer().may(Permission.DISPUTE_OPEN)


def _row(data: Growth, line: LedgerLine, *, disputes: bool) -> list[table.Cell]:
    point = data.cards.card.by_code[line.point]
    value = f"{line.slot_label} {value_words(point, line.raw, line.unit)}".strip()
    cells: list[table.Cell] = [
        table.Linked(text=line.point_name, href=data.where(point=line.point, page=""), is_in_place=True),
        drawn.signed(line.points),
        fmt.day(line.booked_on),
        value,
        line.kind_label if line.reversed_by is None else table.Marked(text="已冲正", name="is-inactive"),
        _evidence(data, line),
        *([_dispute(data, line)] if disputes else []),
        str(line.entry_id),
    ]
    return cells


def _evidence(data: Growth, line: LedgerLine) -> table.Cell:
    """Where an entry comes from: the number's card, the sheet with who and when, or the entry that it takes back."""
    found = line.evidence
    if line.reversal_of is not None or line.reversed_by is not None:
        # all that was ever booked of the point: both of the pair stand there
        text = found.text if line.reversal_of is not None else f"{found.text}；由流水 {line.reversed_by} 冲正"
        return table.Linked(text=text, href=data.where(point=line.point, kind="", page=""), is_in_place=True)
    if found.code and data.view.services.viewer().may(Permission.INDICATOR_VIEW):
        number = Number(code=found.code, level=data.holder.key, entity_id=data.holder_id, period=found.period_key)
        return table.Linked(text=found.text, href=number.href)
    return found.text


def _dispute(data: Growth, line: LedgerLine) -> table.Cell:
    """The way to dispute an entry, as long as it is open."""
    until = line.disputable_until
    if until is None or until < data.view.services.today():
        return fmt.NO_VALUE
    href = query.link("/disputes/new", {"entry": str(line.entry_id)})
    return table.Linked(text=f"申诉（至 {until:%m-%d}）", href=href, is_form=True)


def _choices(data: Growth, account: AccountView) -> list[Component]:
    """The filters, as links that stay in place; that of a point is set from its entries, and cleared here."""
    accounts = [("", "全部科目"), *((line.name, line.name) for line in account.accounts)]
    kinds = [("", "全部类型"), *KINDS.items()]
    code = chosen(data.view, "point")
    folded = data.where(ledger="", account="", point="", kind="", page="")
    of_point: Sequence[tuple[str, str]] = [("", f"✕ {data.cards.card.by_code[code].name}")] if code else []
    return [
        html.Div(
            [
                *_links(data, "account", accounts),
                *_links(data, "point", of_point),
                *_links(data, "kind", kinds),
                *([html.A("收起", href=folded, className="in-place")] if chosen(data.view, "ledger") else []),
            ],
            className="growth-filter",
        )
    ]


def _links(data: Growth, name: str, choices: Sequence[tuple[str, str]]) -> list[Component]:
    on = chosen(data.view, name)
    return [
        html.A(
            label,
            href=data.where(**{name: value, "page": ""}),
            className="in-place is-on" if value == on or name == "point" else "in-place",
        )
        for value, label in choices
    ]
