"""The card of a class beside those of its students: how many stand in which band, and who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dash import html
from dash.development.base_component import Component

from dashboards import ids
from dashboards.growth_card import Growth, chosen, table_id
from dashboards.overview import link_of, named_cell
from dashboards.page import Filter, Kind
from indicators.growth_card.points import shipped_card
from indicators.growth_card.statements import MemberStanding
from indicators.results import State
from layouts import format as fmt
from layouts import growth_card as drawn
from layouts import states, table
from layouts.figures.growth import BandCount, band_counts
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

BANDS: Final = tuple(band.name for band in shipped_card().bands)
UNKNOWN: Final = "未采"
NOBODY: Final = "本班学生在这个学期还没有入账，或不在你的数据范围内。"
BAND: Final = Filter(name="band", label="分档", kind=Kind.LINK, pattern=f"({'|'.join(BANDS)})?")
"""The band of the students to list; set by a click on its bar."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """The students of a class by their bands in the term of its card."""

    growth: Growth

    @cached_property
    def found(self) -> Sequence[MemberStanding]:
        """Those with entries in the term shown, within the scope, by student number."""
        term = self.growth.term
        if term is None:
            return ()
        return self.growth.cards.members(self.growth.holder_id, term_key=term.key, scope=self.growth.scope)

    @property
    def counts(self) -> Sequence[tuple[str, int]]:
        """How many stand in each band, best first; at last those of whom nothing was due, if there are any."""
        names = [member.band or UNKNOWN for member in self.found]
        known = [(name, names.count(name)) for name in BANDS]
        return [*known, *([(UNKNOWN, names.count(UNKNOWN))] if UNKNOWN in names else [])]

    @property
    def listed(self) -> Sequence[MemberStanding]:
        """Those of the band asked for, or all, the lowest band first; within a band by number, which is no rank."""
        asked = chosen(self.growth.view, "band")
        order = {name: place for place, name in enumerate(reversed(BANDS))}
        shown = [member for member in self.found if asked in {"", member.band}]
        return sorted(shown, key=lambda member: (order.get(member.band, len(order)), member.student_no))


def draw_bands(data: Members) -> Content:
    """How many students of the class stand in each band; a click lists them."""
    if not data.found:
        return Content(body=states.empty(NOBODY))
    bars = [
        BandCount(name=name, state=_state(name), count=count, href=_href(data.growth, name))
        for name, count in data.counts
    ]
    sheet = Sheet(
        title=f"本班学生的分档，{data.growth.term_words}",
        columns=("分档", "学生(人)"),
        rows=data.counts,
    )
    figure = graph(
        band_counts(bars),
        label="本班学生所处的分档",
        graph_id=ids.chart("class", "growth-bands"),
        sheet=sheet,
    )
    return Content(body=figure, note=f"{len(data.found)} 人有账 · 点一档看名单")


def draw_members(data: Members) -> Content:
    """The students of the class by band, the lowest first."""
    if not data.found:
        return Content(body=states.empty(NOBODY))
    link = link_of(data.growth.view.services.viewer(), "student")
    asked = chosen(data.growth.view, "band")
    columns = [
        table.Column(title="学号", is_heading=True),
        table.Column(title="达成度", is_number=True),
        table.Column(title="得分", is_number=True),
        table.Column(title="到目前可得", is_number=True),
        table.Column(title="在本班"),
    ]
    rows: list[list[table.Cell]] = [
        [
            named_cell(member.student_no, member.student_id, link),
            table.Valued(text=fmt.with_unit(member.attainment, "%"), state=_state(member.band), grade=member.band),
            table.Exact(text=fmt.points(member.net), value=member.net / 100),
            table.Exact(text=fmt.points(member.possible), value=member.possible / 100),
            drawn.TOO_FEW if member.quarter is None else drawn.QUARTERS[member.quarter],
        ]
        for member in data.listed
    ]
    body: list[Component] = [
        table.table(columns, rows, caption="本班学生的储值卡", table_id=table_id(data.growth, "growth-members"))
    ]
    if asked:
        clear = html.A(f"✕ {asked}", href=data.growth.where(band=""), className="in-place is-on")
        body.insert(0, html.Div(clear, className="growth-filter"))
    if not rows:
        body = [body[0], states.empty(f"本班没有学生在“{asked}”一档。")]
    return Content(body=body, note=f"{len(rows)} 人 · 分档低的在前，同档按学号，不排名次")


def _state(band: str) -> State:
    return drawn.BAND_STATES.get(band, State.NO_DATA)


def _href(growth: Growth, band: str) -> str:
    return "" if band == UNKNOWN else growth.where(band=band)
