"""The face of a growth card: balance, the term's attainment, its accounts as bars, and where it stands among peers.

Points (储值分) come in hundredths, as the ledger keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from indicators.results import State
from layouts import format as fmt
from layouts import states
from layouts.sheet import Sheet
from layouts.table import Exact, Marked

BAND_STATES: Final[Mapping[str, State]] = {
    "优": State.REACHED,
    "良": State.REACHED,
    "中": State.WATCH,
    "关注": State.WATCH,
    "预警": State.WARNING,
    "警戒": State.ALERT,
}
"""Colour and shape of the bands; which of those that share them it is, is told by its name."""
QUARTERS: Final[Mapping[int, str]] = {1: "前25%", 2: "25%–50%", 3: "50%–75%", 4: "后25%"}
"""Where a card stands among its peers. Never a rank: a range of a quarter is the finest that is told."""
TOO_FEW: Final = "人数过少，不比较"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account in a term.

    Attributes:
        net: what it has been given so far, less what was taken.
        possible: the most that could have been brought so far.
        cap: the most that the whole term can bring.
        attainment: net of possible in %; None where nothing was due.
    """

    name: str
    net: int
    possible: int
    cap: int
    attainment: float | None
    band: str


@dataclass(frozen=True, kw_only=True)
class Face:
    """What stands on the face of a card.

    Attributes:
        balance: over all terms, never below 0; `pending` what is still to be made up for.
        as_of: the day of the balance, in words.
        net: of the term in all; `attainment` and `band` likewise.
        change: words such as ``↑ 3.2 较上学期``; empty without a term before.
        peers: whom it is compared with, such as 本班.
        quarter: 1 (best) to 4 among them; None where they are too few.
        is_compared: False where no standing among peers belongs to what is shown, such as a day in the past.
        remarks: what a reader has to know, such as that some points are left out.
        link: address and words of the way on; None where there is none.
        is_link_drawn_by_server: True where the browser has to fetch the page that it leads to.
    """

    balance: int
    pending: int
    as_of: str
    net: int
    attainment: float | None
    band: str
    change: str
    peers: str
    quarter: int | None
    accounts: Sequence[Account]
    is_compared: bool = True
    remarks: Sequence[str] = ()
    link: tuple[str, str] | None = None
    is_link_drawn_by_server: bool = False


@dataclass(frozen=True, kw_only=True)
class Signed(Marked):
    """A cell of points that change a balance, with sign and colour; files get the number.

    Attributes:
        value: points, no hundredths.
    """

    value: float = 0.0
    text: str = ""
    name: str = field(default="")

    def to_json(self) -> dict[str, Any]:
        """The cell as the browser builds it."""
        return {"text": self.text, "name": self.name, "value": self.value}


def signed(hundredths: int) -> Signed:
    """The cell of so many points."""
    name = "points-loss" if hundredths < 0 else "points-gain" if hundredths else "points-none"
    return Signed(text=fmt.points(hundredths, signed=True), name=name, value=hundredths / 100)


def exact(hundredths: int) -> Exact:
    """The cell of so many points that could be had; files get the number."""
    return Exact(text=fmt.points(hundredths), value=hundredths / 100)


def band_mark(band: str, attainment: float | None, *, otherwise: str = "还没有应采的分") -> Component:
    """Shape, name and share of a band, such as ``● 良 78.4%``; `otherwise` where nothing was due yet."""
    if not band:
        return html.Span(otherwise, className="growth-none")
    return states.mark(BAND_STATES[band], f"{band} {fmt.with_unit(attainment, '%')}")


def face(card: Face) -> Component:
    """The face: three blocks side by side, one below the other on a phone."""
    blocks = [
        html.Div(_balance(card), className="growth-balance"),
        html.Div(_term(card), className="growth-term"),
        html.Div([*map(_bar, card.accounts), _key()], className="growth-accounts"),
    ]
    remarks = (
        [html.Ul([html.Li(remark) for remark in card.remarks], className="growth-remarks")] if card.remarks else []
    )
    return html.Div([html.Div(blocks, className="growth-face"), *remarks])


def sheet(card: Face, *, title: str) -> Sheet:
    """The face as a table, for files: accounts, the term in all, the balance."""
    rows = [(a.name, a.net / 100, a.possible / 100, a.cap / 100, a.attainment, a.band) for a in card.accounts]
    possible, cap = (sum(getattr(account, name) for account in card.accounts) for name in ("possible", "cap"))
    whole = ("学期合计", card.net / 100, possible / 100, cap / 100, card.attainment, card.band)
    kept = [
        ("余额", card.balance / 100, None, None, None, None),
        ("待抵扣", card.pending / 100, None, None, None, None),
    ]
    columns = ("科目", "得分(分)", "到期可得(分)", "学期上限(分)", "达成度(%)", "分档")
    return Sheet(title=title, columns=columns, rows=[*rows, whole, *kept])


def _balance(card: Face) -> list[Component]:
    figure = [html.Span(fmt.points(card.balance), className="growth-figure"), html.Span("分", className="tile-unit")]
    found: list[Component] = [html.Div("余额（历年累计）", className="growth-label"), html.Div(figure)]
    if card.pending:
        told = f"待抵扣 {fmt.points(card.pending)} 分"
        found.append(html.Div(states.mark(State.WARNING, told), title="总账不为负，差额由以后的得分先抵扣"))
    found.append(html.Div(card.as_of, className="growth-small"))
    if card.link is not None:
        way = html.A if card.is_link_drawn_by_server else dcc.Link
        found.append(way(card.link[1], href=card.link[0], className="growth-link"))
    return found


def _term(card: Face) -> list[Component]:
    among = TOO_FEW if card.quarter is None else QUARTERS[card.quarter]
    return [
        html.Div("学期达成度", className="growth-label"),
        html.Div(band_mark(card.band, card.attainment), className="growth-band"),
        html.Div(
            [f"得 {fmt.points(card.net)} 分 ", *([html.Span(card.change)] if card.change else [])],
            className="growth-small",
        ),
        *([html.Div([f"{card.peers} ", html.Strong(among)], className="growth-small")] if card.is_compared else []),
    ]


def _bar(account: Account) -> Component:
    """Three lengths on one track: what was brought, what could have been by now, and the whole term."""
    told = f"{fmt.points(account.net)} / {fmt.points(account.possible)} 分"
    cap = f"上限 {fmt.points(account.cap)}" if account.cap else ""
    head = [
        html.Span(account.name, className="growth-account-name"),
        html.Span(told, className="growth-account-points"),
        band_mark(account.band, account.attainment, otherwise="还没有应采的分" if account.cap else "本学期未活跃"),
        html.Span(cap, className="growth-cap"),
    ]
    lengths = (("growth-due", account.possible), ("growth-net", account.net))
    track = [
        html.Span(className=name, style={"width": _share(part, account.cap)}) for name, part in lengths if part > 0
    ]
    state = states.css_class(BAND_STATES[account.band]) if account.band else ""
    return html.Div(
        [
            html.Div(head, className="growth-account-head"),
            html.Div(track, className=f"growth-track {state}".rstrip(), **{"aria-hidden": "true"}),
        ],
        className="growth-account",
    )


def _share(part: int, whole: int) -> str:
    return f"{min(max(100.0 * part / whole, 0.0), 100.0):.2f}%" if whole > 0 else "0%"


def _key() -> Component:
    told = (("growth-net", "已得"), ("growth-due", "到目前可得"), ("growth-track", "学期上限"))
    items = [item for name, words in told for item in (html.Span(className=f"growth-sample {name}"), words)]
    return html.Div(items, className="growth-key", **{"aria-hidden": "true"})
