"""What the pages of people and nodes share: tiles of readings, a weekly line, lists of what lies below."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from dash.development.base_component import Component
from numpy.typing import NDArray

from dashboards import weekly
from dashboards.desks import LINKS
from dashboards.number import of_reading
from dashboards.page import View
from dashboards.services import Services
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from indicators.results import Board, EntityInfo, IndicatorInfo, PeriodInfo, Reading, Standing, ValuePoint
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.figures.trend import Series
from layouts.panel import Content

SCHOOL: Final = "全校"
ROWS_SHOWN: Final = 60
"""Of a list, on one page of it."""
WITHHELD: Final = "人数过少，不显示"
"""In place of a sensitive figure by which few people could be told apart."""

RUNNING: Final = "（进行中）"
"""Behind a period that is not over."""
_TERM_NUMBERS: Final = {"1": "一", "2": "二", "3": "三"}
_SPARKLINE_FROM: Final = 3
"""Fewer values make no line."""
_LONGEST_BESIDE_LINE: Final = 6
"""Characters of a number that leave room for the line at its right."""


def tile(reading: Reading, *, due: dt.date | None = None) -> tiles.Tile:
    """The latest value of a reading, its change, its target and the period it is of.

    Args:
        reading: of one entity.
        due: the day up to which values could be there, where the tile is to turn grey once they lag behind it.
    """
    info, latest = reading.info, reading.latest
    digits = fmt.digits_of(info.unit)
    value = fmt.number(latest.value, digits=fmt.digits_beside(latest.value, info.lines, digits=digits))
    history = [point.value for point in reading.points]
    known = sum(point is not None for point in history)
    words = []
    if latest.value is not None and reading.before is not None:
        words.append(f"{fmt.change(latest.value, reading.before, digits=digits)} {fmt.SINCE[latest.period.kind]}")
    if info.target is not None:
        words.append(f"目标 {fmt.line(info.target)}")
    has_room = len(value) <= _LONGEST_BESIDE_LINE and known >= _SPARKLINE_FROM
    return tiles.Tile(
        title=fmt.short_name(info.name_zh),
        hint=info.name_zh,
        value=value,
        unit=info.unit,
        change=" · ".join(words),
        note=period_of(reading),
        state=None if info.target is None else reading.state,
        history=history if has_room else (),
        reference=info.target if isinstance(info.target, int | float) else None,
        card=of_reading(reading).href,
        days_behind=None if due is None or latest.value is None else _days_behind(latest, due),
    )


def _days_behind(latest: ValuePoint, due: dt.date) -> int | None:
    return states.days_behind(latest.period.kind, min(latest.period.end, due), due=due, today=due)


def period_of(reading: Reading) -> str:
    """The period of the latest value, or why there is none."""
    point = reading.latest
    if point.is_suppressed:
        return f"{reading_period(reading)} · {WITHHELD}"
    return reading_period(reading) if point.value is not None else "没有记录"


def reading_period(reading: Reading) -> str:
    """The period of the latest value in few words, and that it still runs: ``2026年（进行中）``."""
    return period_name(reading.latest.period) + (RUNNING if reading.is_running else "")


def period_name(period: PeriodInfo) -> str:
    """A period in few words: of a term ``26–27第一学期``."""
    if period.kind != "term":
        return period.label
    begins, ends, number = period.key.split("-")
    return f"{begins[2:]}–{ends[2:]}第{_TERM_NUMBERS[number]}学期"


def weekly_line(
    own: Series,
    others: Sequence[Series],
    info: IndicatorInfo,
    *,
    label: str,
    versions: tuple[str, str],
    height: int = 260,
) -> Content:
    """The weekly line of one entity; lines without any value, and copies of the own line, are not drawn beside it."""
    values = [point.value for point in own.points]
    compared = [
        line
        for line in others
        if any(point.value is not None for point in line.points) and [point.value for point in line.points] != values
    ]
    content = weekly.draw(own, compared, info, label=label, versions=versions, height=height)
    return replace(content, title=f"逐周{info.name_zh.removeprefix('所授班级')}")


def weeks_of(
    services: Services, code: str, level: str, entity_id: int, *, term_key: str, scope: Scope
) -> Sequence[ValuePoint]:
    """Weekly values of an entity in a term up to the date of the data; none where there is no term."""
    until = services.values.data_date()
    if not term_key or until is None:
        return ()
    points = services.values.series(code, level, entity_id, kind="week", term_key=term_key, scope=scope)
    return [point for point in points if point.period.start <= until]


def link_of(viewer: Viewer, level: str) -> Callable[[int], str] | None:
    """How an entity of a level is opened; None where it has no page, or none that the viewer may open."""
    link = LINKS.get(level)
    if link is None or not viewer.may(link.requires):
        return None
    return link.address.format


def named_cell(text: str, entity_id: int, link: Callable[[int], str] | None) -> table.Cell:
    """The name of a row, as a link where it leads somewhere."""
    return text if link is None else table.Linked(text=text, href=link(entity_id))


def worst_first(values: NDArray[np.float64], info: IndicatorInfo, names: Sequence[str]) -> NDArray[np.intp]:
    """Row numbers by value, the one most in need first and those without value last; equal ones by name.

    Where neither high nor low is better, the highest come first.
    """
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
    sign = 1.0 if info.direction == "higher" else -1.0
    return by_name[np.argsort(sign * values[by_name], kind="stable")]  # NaN sorts last


def with_values(board: Board) -> NDArray[np.bool_]:
    """Which entities have any value at all."""
    known = [(~np.isnan(standing.frame.value)).any(axis=1) for standing in board.standings.values()]
    return np.any(known, axis=0) if known else np.zeros(len(board.entities), dtype=np.bool_)


def listed(
    board: Board,
    columns: Sequence[tuple[table.Column, Callable[[EntityInfo], table.Cell]]],
    *,
    caption: str,
    table_id: dict[str, Any],
    is_whole: bool = False,
    size: int = ROWS_SHOWN,
    page: int = 1,
) -> tuple[Component, table.Slice]:
    """A table of entities by their latest values, worst first, and which part of all of them it shows.

    Args:
        board: entities and their values; the first indicator decides the order and shows its change.
        columns: what stands before the values, such as names.
        caption: what the table shows.
        table_id: id of the table.
        is_whole: True to list entities without any value as well.
        size: most rows to show at once.
        page: which of the pages, from 1.
    """
    values = list(board.standings.values())
    kept = np.arange(len(board.entities)) if is_whole else np.flatnonzero(with_values(board))
    if values:
        first = values[0]
        names = [board.entities[row].name for row in kept]
        kept = kept[worst_first(first.now()[kept], first.info, names)]
    heads = [column for column, _ in columns]
    for position, standing in enumerate(values):
        heads.append(table.Column(title=fmt.short_name(standing.info.name_zh), is_number=True))
        if position == 0 and _has_change(standing):
            heads.append(table.Column(title=change_title(standing), is_number=True))
    part = table.Slice(total=len(kept), page=page, size=size)
    cells = [
        _cells(standing, with_change=position == 0 and _has_change(standing))
        for position, standing in enumerate(values)
    ]
    rows = [
        [*(cell(board.entities[row]) for _, cell in columns), *(c for part in cells for c in part(row))]
        for row in kept[part.start : part.stop]
    ]
    return table.table(heads, rows, caption=caption, table_id=table_id), part


def _has_change(standing: Standing) -> bool:
    """Whether there is a period to compare with: of a term within a term there is none, and of a running one neither."""
    return len(standing.frame.periods) > 1 and not standing.is_running


def change_title(standing: Standing) -> str:
    """The heading of a column of changes."""
    return fmt.SINCE[standing.frame.periods[0].kind] if standing.frame.periods else "变化"


def _cells(standing: Standing, *, with_change: bool) -> Callable[[int], list[table.Cell]]:
    now, change, digits = standing.now(), standing.change(), fmt.digits_of(standing.info.unit)

    def cells(row: int) -> list[table.Cell]:
        is_withheld = standing.focus is not None and bool(standing.frame.is_suppressed[row, standing.focus])
        value = valued(float(now[row]), standing.info, is_withheld=is_withheld)
        return [value, fmt.change(float(change[row]), 0.0, digits=digits)] if with_change else [value]

    return cells


def valued(value: float | None, info: IndicatorInfo, *, is_withheld: bool = False) -> table.Cell:
    """A number with its unit and state; without a line to hold it against, without state."""
    if is_withheld:
        return table.Marked(text=WITHHELD, name="is-withheld")
    text = fmt.with_unit(value, info.unit, lines=info.lines)
    return text if info.target is None else table.Valued(text=text, state=info.judge(value))


def term_end(view: View) -> Any:
    """The last day of the term shown; None where there is no term yet."""
    return next((term.end for term in view.services.values.terms() if term.key == view["term"]), None)
