"""What a wall screen draws, as plain values that become JSON: blocks of tiles, grids, rankings, bars, curves, counts.

Every text is written here; the script of the screen (``assets/js/screen-draw.js``) only places it. A block carries
no key of any entity and no name of any person.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from indicators.results import STATES, IndicatorInfo, Reading, Standing, State, ValuePoint
from layouts import format as fmt
from layouts.states import SHAPES
from layouts.theme import STATE_TOKENS

LEGEND: Final = tuple({"state": STATE_TOKENS[state], "shape": SHAPES[state], "name": state.value} for state in State)
"""The states as the script draws them: class, shape and word."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A text and its state; empty where it is held against no line."""

    text: str
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One number of the college; `points` oldest first, None where there is no value."""

    name: str
    value: str
    unit: str
    note: str
    state: str = ""
    points: tuple[float | None, ...] = ()
    target: float | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A name and what stands beside it: cells, or one text with a state, a bar of `share` and a mark at `mark` (0 to 1)."""

    name: str
    cells: tuple[Cell, ...] = ()
    share: float | None = None
    mark: float | None = None


@dataclass(frozen=True, kw_only=True)
class Block:
    """One part of a scene.

    Attributes:
        kind: ``tiles``, ``grid``, ``ranking``, ``bars``, ``curve`` or ``counts``: how the script draws it.
        note: what is said beside the title.
        columns: heads of a grid or of a curve.
        missing: why there is nothing, shown where there is nothing.
        lines: lines of a curve as (name, value, state).
    """

    kind: str
    title: str = ""
    note: str = ""
    tiles: tuple[Tile, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    points: tuple[float | None, ...] = ()
    labels: tuple[str, ...] = ()
    lines: tuple[tuple[str, float, str], ...] = ()
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One picture of the rotation: blocks in columns from left to right.

    Attributes:
        missing: why there is nothing to show; then there are no columns.
        problem: number of the error that kept it from being made.
    """

    key: str
    title: str
    note: str = ""
    columns: tuple[tuple[Block, ...], ...] = field(default=())
    missing: str = ""
    problem: str = ""


def plain(scene: Scene) -> dict[str, Any]:
    """A scene as JSON takes it; what is empty is left out, so that a feed stays small."""
    return {name: kept for name, value in vars(scene).items() if (kept := _plain(value)) not in ("", [], None)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: kept for name, item in vars(value).items() if (kept := _plain(item)) not in ("", [], None)}
    return round(value, 4) if isinstance(value, float) else value


# -- from values to blocks --------------------------------------------------------------------


def token(info: IndicatorInfo, value: float | None) -> str:
    """The state of a value as a class; empty where nobody has set a target, so that neutral figures are not green."""
    return "" if info.target is None else STATE_TOKENS[info.judge(value)]


def tile(reading: Reading) -> Tile:
    """The latest value of a reading, its change, its target and how it came about."""
    info, latest = reading.info, reading.latest
    digits = fmt.digits_of(info.unit)
    said = [] if latest.value is None else [fmt.change(latest.value, reading.before, digits=digits)]
    if said and said[0] != fmt.NO_VALUE:
        said[0] += f" {fmt.SINCE[latest.period.kind]}"
    if latest.value is None:
        said = ["没有记录"]
    elif reading.is_running:
        said.append("进行中")
    if info.target is not None:
        said.append(f"目标 {fmt.line(info.target)}")
    return Tile(
        name=fmt.short_name(info.name_zh),
        value=fmt.number(latest.value, digits=fmt.digits_beside(latest.value, info.lines, digits=digits)),
        unit=info.unit if latest.value is not None else "",
        note=" · ".join(part for part in said if part != fmt.NO_VALUE),
        state=token(info, latest.value),
        points=tuple(point.value for point in reading.points),
        target=float(info.target) if isinstance(info.target, int | float) else None,
    )


def tiles(readings: Sequence[Reading]) -> Block:
    """Readings side by side."""
    return Block(kind="tiles", tiles=tuple(map(tile, readings)), missing="还没有可以显示的数值。")


def cell(info: IndicatorInfo, value: float, *, is_withheld: bool = False) -> Cell:
    """One value of a grid; a dash without state where there is none or it is withheld."""
    if is_withheld or math.isnan(value):
        return Cell(text=fmt.NO_VALUE, state=STATE_TOKENS[State.NO_DATA])
    return Cell(text=fmt.number(value, digits=fmt.digits_of(info.unit)), state=token(info, value))


def weeks(standing: Standing, columns: Sequence[int], *, title: str) -> Block:
    """One weekly indicator by entity × week; `columns` are the weeks shown."""
    info, frame = standing.info, standing.frame
    shown = [row for row in range(len(frame.entities)) if not np.isnan(frame.value[row, list(columns)]).all()]
    return Block(
        kind="grid",
        title=title,
        note=" · ".join(filter(None, (info.unit, bounds(info)))),
        columns=tuple(f"{frame.periods[column].ordinal}周" for column in columns),
        rows=tuple(
            Row(
                name=frame.entities[row].name,
                cells=tuple(
                    cell(info, frame.value[row, column], is_withheld=bool(frame.is_suppressed[row, column]))
                    for column in columns
                ),
            )
            for row in shown
        ),
        missing="这个学期还没有到课记录。",
    )


def side_by_side(
    standings: Sequence[Standing], columns: Sequence[int | None], rows: Sequence[int], *, title: str, missing: str
) -> Block:
    """Several indicators for some entities as a grid: of each standing, its values in one column; None has none.

    The unit that most of them have stands beside the title, any other in the head of its column.
    """
    entities = standings[0].frame.entities if standings else ()
    units = [standing.info.unit for standing in standings]
    usual = max(units, key=units.count, default="")
    return Block(
        kind="grid",
        title=title,
        note=usual,
        columns=tuple(
            fmt.short_name(info.name_zh) + (f" {info.unit}" if info.unit != usual else "")
            for info in (standing.info for standing in standings)
        ),
        rows=tuple(
            Row(
                name=entities[row].name,
                cells=tuple(
                    cell(standing.info, np.nan)
                    if column is None
                    else cell(
                        standing.info,
                        standing.frame.value[row, column],
                        is_withheld=bool(standing.frame.is_suppressed[row, column]),
                    )
                    for standing, column in zip(standings, columns, strict=True)
                ),
            )
            for row in rows
        ),
        missing=missing,
    )


def bounds(info: IndicatorInfo) -> str:
    """Below or above which values a state begins, such as ``▲ 低于 90 · ■ 低于 85``."""
    word = {"higher": "低于", "lower": "高于"}.get(info.direction)
    lines = ((State.WARNING, info.warning), (State.ALERT, info.alert))
    return " · ".join(
        f"{SHAPES[state]} {word} {fmt.line(line)}"
        for state, line in lines
        if word is not None and isinstance(line, int | float)
    )


def curve(points: Sequence[ValuePoint], info: IndicatorInfo, *, title: str, note: str = "") -> Block:
    """One value over the periods, with its lines."""
    lines = (("目标", info.target, "reached"), ("预警", info.warning, "warning"), ("警戒", info.alert, "alert"))
    return Block(
        kind="curve",
        title=title,
        note=note,
        labels=tuple(f"{p.period.ordinal}周" if p.period.kind == "week" else f"{p.period.ordinal}月" for p in points),
        points=tuple(point.value for point in points),
        lines=tuple(
            (f"{name} {fmt.line(line)}", float(line), state)
            for name, line, state in lines
            if isinstance(line, int | float)
        ),
        missing="还没有足够的记录画出走势。",
    )


def ranking(rows: Sequence[tuple[str, str, str]], *, title: str, note: str = "", missing: str) -> Block:
    """Names with one text each, as (name, text, state)."""
    return Block(
        kind="ranking",
        title=title,
        note=note,
        rows=tuple(Row(name=name, cells=(Cell(text=text, state=state),)) for name, text, state in rows),
        missing=missing,
    )


def bars(rows: Sequence[Row], *, title: str, note: str = "", missing: str) -> Block:
    """Names with a bar each."""
    return Block(kind="bars", title=title, note=note, rows=tuple(rows), missing=missing)


def counts(rows: Sequence[tuple[str, Sequence[State]]], *, title: str, note: str = "", missing: str) -> Block:
    """How many of several states there are under each name: bars of as many parts."""
    drawn = []
    for name, states in rows:
        found = [Cell(text=str(list(states).count(state)), state=STATE_TOKENS[state]) for state in STATES]
        drawn.append(Row(name=name, cells=tuple(part for part in found if part.text != "0")))
    return Block(kind="counts", title=title, note=note, rows=tuple(row for row in drawn if row.cells), missing=missing)
