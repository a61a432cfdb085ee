"""The indicators of one person or class, aspect by aspect: value, state, change and how far from the target."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dash import html
from dash.development.base_component import Component

from dashboards import ids
from dashboards.number import of_reading
from dashboards.overview import reading_period, valued
from data_access.readers.revisions import Figure
from indicators.results import STATES, IndicatorInfo, Reading, State
from layouts import format as fmt
from layouts import states, table

REVISED: Final = "申诉成立，已更正"
COLUMNS: Final = (
    table.Column(title="指标", is_heading=True),
    table.Column(title="数值", is_number=True),
    table.Column(title="变化", is_number=True),
    table.Column(title="目标", is_number=True),
    table.Column(title="距目标", is_number=True),
    table.Column(title="期间"),
)
"""What `row` fills."""


@dataclass(frozen=True, kw_only=True)
class Aspect:
    """One side of a person or class, with the indicators that belong to it in the library."""

    name: str
    codes: tuple[str, ...]


def shortfall(info: IndicatorInfo, value: float | None) -> float | None:
    """How far a value falls short of its target, 0 where it reaches it; None without value or target."""
    if value is None or math.isnan(value) or info.target is None:
        return None
    if isinstance(info.target, tuple):
        low, high = info.target
        return max(low - value, value - high, 0.0)
    return max(value - info.target if info.direction == "lower" else info.target - value, 0.0)


def lacking(readings: Sequence[Reading]) -> list[Reading]:
    """The readings that miss their target, the worst state first and within it the largest part of the target."""
    missed = [item for item in readings if (shortfall(item.info, item.latest.value) or 0.0) > 0]
    return sorted(missed, key=lambda item: (-STATES.index(item.state), -_share(item), item.info.code))


def _share(reading: Reading) -> float:
    """What is missing as a part of the target, so that units compare."""
    target = reading.info.target
    ends = target if isinstance(target, tuple) else (target,)
    size = max((abs(end) for end in ends if end is not None), default=0.0)
    return (shortfall(reading.info, reading.latest.value) or 0.0) / (size or 1.0)


def count(readings: Sequence[Reading]) -> Mapping[State, int]:
    """How many of those that have a target stand in each state."""
    judged = [item.state for item in readings if item.info.target is not None]
    return {state: judged.count(state) for state in State}


def draw(
    aspect: Aspect, readings: Mapping[str, Reading], *, page: str, revised: Collection[Figure] = ()
) -> Component | None:
    """The indicators of an aspect as a compact table; None where none of them may be seen or has ever been due."""
    shown = [readings[code] for code in aspect.codes if code in readings and _has_been_due(readings[code])]
    if not shown:
        return None
    rows = [row(item, is_revised=is_revised(item, revised)) for item in shown]
    reached = count(shown)
    told = " · ".join(f"{number} {state.value}" for state, number in reached.items() if number)
    name = "aspect-" + "-".join(aspect.codes[0].lower().split("-")[:2])
    return html.Div(
        [
            html.H3([aspect.name, html.Span(told, className="aspect-told")], className="aspect-name"),
            table.table(COLUMNS, rows, caption=f"{aspect.name}的各项指标", table_id=ids.table(page, name)),
        ],
        className="aspect",
    )


def _has_been_due(reading: Reading) -> bool:
    return any(point.value is not None or point.is_suppressed for point in reading.points)


def is_revised(reading: Reading, revised: Collection[Figure]) -> bool:
    """True where the latest value, or that of a week in it, has been found wrong."""
    key = reading.latest.period.key
    return any(figure.code == reading.info.code and figure.lies_in(key) for figure in revised)


def row(reading: Reading, *, is_revised: bool = False) -> list[table.Cell]:
    """One line of the table; the name leads to the card of the number, where a revised one says what is right."""
    info, latest = reading.info, reading.latest
    digits = fmt.digits_of(info.unit)
    gap = shortfall(info, latest.value)
    known = reading_period(reading) if latest.value is not None else "没有记录"
    period = "" if latest.is_suppressed else known
    return [
        table.Linked(text=fmt.short_name(info.name_zh), href=of_reading(reading).href),
        valued(latest.value, info, is_withheld=latest.is_suppressed),
        fmt.change(latest.value, reading.before, digits=digits),
        fmt.line(info.target, info.unit),
        fmt.NO_VALUE if gap is None else ("已达" if gap == 0 else f"差 {fmt.gap(gap, info.unit)}"),
        f"{period} · {REVISED}" if is_revised else period,
    ]


def draw_all(
    aspects: Sequence[Aspect],
    readings: Sequence[Reading],
    *,
    page: str,
    because: str,
    revised: Collection[Figure] = (),
) -> Component:
    """All aspects side by side; `because` says why where nothing can be shown, `revised` what was found wrong."""
    by_code = {item.info.code: item for item in readings}
    drawn = [part for aspect in aspects if (part := draw(aspect, by_code, page=page, revised=revised)) is not None]
    return html.Div(drawn, className="aspects") if drawn else states.empty(because)
