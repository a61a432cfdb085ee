"""Tiles: one number with its state, change and course over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from indicators.results import State
from layouts import format as fmt
from layouts import states

_WIDTH, _HEIGHT, _PAD = 76, 30, 3


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One tile.

    Attributes:
        value: the number as shown, without unit.
        hint: the title in full, shown where the pointer rests on it.
        change: words such as ``↓ 0.8 较上周``.
        note: a second line of words, such as the period of the number; empty draws none.
        state: colours and marks the tile; None leaves it plain.
        history: values by period for the sparkline, None for gaps; empty draws none.
        reference: height of the dotted line of the sparkline.
        href: where a click leads; None makes the tile no link.
        is_form: True where the server draws the page that it leads to, so that the browser has to fetch it.
        is_on: True where the page is filtered by this tile.
        card: address of the number's card (口径卡); None where the number is no indicator's.
        days_behind: for so many days no data has come, though more was due; the tile is grey then.
    """

    title: str
    value: str
    unit: str = ""
    change: str = ""
    note: str = ""
    state: State | None = None
    history: Sequence[float | None] = ()
    reference: float | None = None
    href: str | None = None
    is_form: bool = False
    is_on: bool = False
    hint: str = ""
    card: str | None = None
    days_behind: int | None = None


def row(items: Sequence[Tile]) -> Component:
    """Tiles side by side, as many to a row as fit."""
    return html.Div([_tile(item) for item in items], className="tiles")


def _tile(item: Tile) -> Component:
    """A block whose title is the link, stretched over all of it: the way to the card cannot stand within another link."""
    names = ["tile-title", *(["is-on"] if item.is_on else [])]
    hint = item.hint or item.title
    title = html.Span(item.title, className=" ".join(names), title=hint)
    if item.href is not None:
        link = html.A if item.is_form else dcc.Link
        title = link(item.title, href=item.href, className=" ".join([*names, "tile-stretched"]), title=hint)
    head = [title, *([states.mark(item.state)] if item.state is not None else [])]
    figures = [html.Span(item.value, className="tile-value")]
    if item.unit and item.value != fmt.NO_VALUE:
        figures.append(html.Span(item.unit, className="tile-unit"))
    note = item.note if item.days_behind is None else states.late(item.days_behind)
    body: list[Component] = [
        html.Div(head, className="tile-head"),
        html.Div(figures, className="tile-figure"),
        html.Div(item.change, className="tile-change"),
        *([html.Div(note, className="tile-note")] if note else []),
    ]
    if any(value is not None for value in item.history):
        body.append(sparkline(item.history, reference=item.reference))
    if item.card is not None:
        body.append(dcc.Link("口径", href=item.card, className="tile-card", title=f"{hint}的口径"))
    classes = [
        "tile",
        *([states.css_class(item.state)] if item.state else []),
        *(["is-on"] if item.is_on else []),
        *(["tile-link"] if item.href is not None else []),
        *(["is-stale"] if item.days_behind is not None else []),
    ]
    return html.Div(body, className=" ".join(classes))


def sparkline(history: Sequence[float | None], *, reference: float | None = None) -> Component:
    """The course of a value in the colour of its surroundings; gaps stay gaps.

    The line is a mask over the current colour, so that it follows state and theme without script.
    """
    known = [value for value in history if value is not None]
    low, high = min([*known, *([] if reference is None else [reference])]), max(known)
    scale = (_HEIGHT - 2 * _PAD) / ((high - low) or 1.0)

    def y(value: float) -> float:
        return round(_HEIGHT - _PAD - (value - low) * scale, 1)

    step = (_WIDTH - 2 * _PAD) / max(len(history) - 1, 1)
    runs: list[list[str]] = [[]]
    for index, value in enumerate(history):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{_PAD + index * step:.1f},{y(value)}")
    path = "".join(f"M{' L'.join(run)}" for run in runs if run)
    last_index = max(index for index, value in enumerate(history) if value is not None)
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}'>"
        f"<path d='{path}' fill='none' stroke='black' stroke-width='1.6' stroke-linejoin='round' stroke-linecap='round'/>"
        f"<circle cx='{_PAD + last_index * step:.1f}' cy='{y(known[-1])}' r='2.4'/></svg>"
    )
    mask = f'url("data:image/svg+xml,{quote(svg)}")'
    parts = [html.Span(className="sparkline-line", style={"maskImage": mask, "WebkitMaskImage": mask})]
    if reference is not None and reference <= high:
        parts.insert(0, html.Span(className="sparkline-reference", style={"top": f"{y(reference)}px"}))
    return html.Span(
        parts,
        className="sparkline",
        style={"width": f"{_WIDTH}px", "height": f"{_HEIGHT}px"},
        **{"aria-hidden": "true"},
    )
