"""A panel as one picture: title, where it comes from, charts and tables, and what they rest on.

``assets/js/snapshot.js`` composes the same in the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from layouts import format as fmt
from layouts.exports.shown import Chart
from layouts.exports.snapshot import Snapshot
from layouts.sheet import Datum, Sheet
from layouts.theme import tokens

MEDIA_TYPE: Final = "image/svg+xml"
WIDTH: Final = 1160
"""Of a chart or table that needs no more, in px."""

_MARGIN, _LINE, _ROW, _GAP = 24, 20, 26, 16
_TITLE_SIZE, _TEXT_SIZE, _FOOT_SIZE, _CELL_SIZE = 18, 13, 12, 13
_CELL_PAD: Final = 12
_WIDE_FROM: Final = "\u2e80"
_NARROW: Final = 0.58
"""Of the size of type, how wide a Latin letter is; a Chinese character is as wide as high."""

DrawChart = Callable[..., str]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawing of so many px."""

    svg: str
    width: int
    height: int


@dataclass(kw_only=True)
class _Sheet:
    """Paper that is written from top to bottom."""

    width: int
    y: float = _MARGIN
    parts: list[str] = field(default_factory=list)

    def lines(self, text: str, *, size: int, colour: str, weight: int = 400, step: int = _LINE) -> None:
        for line in wrapped(text, room=self.width - 2 * _MARGIN, size=size):
            self.y += step
            self.parts.append(_text(line, _MARGIN, self.y - 5, size=size, colour=colour, weight=weight))


def compose(snapshot: Snapshot, draw: DrawChart) -> Picture:
    """The picture of a panel, in the colours of daylight.

    Args:
        snapshot: what is shown.
        draw: makes SVG of a figure, given ``width`` and ``height``; see `layouts.exports.image.Renderer.svg`.
    """
    token = tokens()
    inner = max([WIDTH, *(_least_width(part) for part in snapshot.parts)])
    paper = _Sheet(width=inner + 2 * _MARGIN)
    paper.lines(snapshot.origin.title, size=_TITLE_SIZE, colour=token["ink"], weight=700, step=_LINE + 4)
    for line in snapshot.above():
        paper.lines(line, size=_TEXT_SIZE, colour=token["ink-2"])
    for part in snapshot.parts:
        paper.y += _GAP
        if isinstance(part, Chart):
            drawn = draw(part.figure, width=inner, height=part.height)
            paper.parts.append(
                f'<svg x="{_MARGIN}" y="{paper.y:g}" width="{inner}" height="{part.height}">{drawn}</svg>'
            )
            paper.y += part.height
        elif part.columns:
            _table(paper, part)
    paper.y += _GAP
    for line in snapshot.below():
        paper.lines(line, size=_FOOT_SIZE, colour=token["ink-3"])
    height = round(paper.y + _MARGIN)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{paper.width}" height="{height}" viewBox="0 0 {paper.width} {height}">'
        f"<title>{escape(snapshot.origin.title)}</title><desc>{escape(_described(snapshot))}</desc>"
        f'<rect width="{paper.width}" height="{height}" fill="{token["surface"]}"/>{"".join(paper.parts)}</svg>'
    )
    return Picture(svg=svg, width=paper.width, height=height)


def wrapped(text: str, *, room: float, size: int) -> list[str]:
    """`text` in lines no wider than `room` px; Chinese breaks anywhere, so nothing is cut off."""
    lines, width = [""], 0.0
    for character in text:
        step = extent(character, size=size)
        if width + step > room and lines[-1]:
            lines.append("")
            width = 0.0
        lines[-1] += character
        width += step
    return lines


def extent(text: str, *, size: int) -> float:
    """About how wide a text is, in px."""
    return sum(size * (1.0 if character >= _WIDE_FROM else _NARROW) for character in text)


def written(value: Datum) -> str:
    """A value as a table shows it: numbers to one decimal, a dash for none."""
    return fmt.number(value) if value is None or isinstance(value, float) else str(value)


def _least_width(part: Any) -> int:
    return part.least_width if isinstance(part, Chart) else round(sum(_column_widths(part)))


def _column_widths(sheet: Sheet) -> list[float]:
    return [
        2 * _CELL_PAD
        + max(extent(written(text), size=_CELL_SIZE) for text in (title, *(row[index] for row in sheet.rows)))
        for index, title in enumerate(sheet.columns)
    ]


def _table(paper: _Sheet, sheet: Sheet) -> None:
    """Headings, a line, and a row for each; columns share what room is left."""
    token = tokens()
    needed = _column_widths(sheet)
    spare = (paper.width - 2 * _MARGIN - sum(needed)) / len(needed)
    widths = [width + spare for width in needed]
    right = [_is_number(sheet, index) for index in range(len(widths))]
    rows: list[tuple[Sequence[Datum], str, str]] = [(sheet.columns, token["ink-3"], token["line-strong"])]
    rows += [(row, token["ink"], token["line"]) for row in sheet.rows]
    for cells, colour, rule in rows:
        x = float(_MARGIN)
        for value, width, is_right in zip(cells, widths, right, strict=True):
            at = x + width - _CELL_PAD if is_right else x + _CELL_PAD
            paper.parts.append(
                _text(
                    written(value),
                    at,
                    paper.y + 17,
                    size=_CELL_SIZE,
                    colour=colour,
                    anchor="end" if is_right else "start",
                )
            )
            x += width
        paper.y += _ROW
        paper.parts.append(
            f'<path d="M{_MARGIN} {paper.y:g}H{paper.width - _MARGIN}" stroke="{rule}" stroke-width="1" fill="none"/>'
        )


def _is_number(sheet: Sheet, index: int) -> bool:
    values = [row[index] for row in sheet.rows if row[index] is not None]
    return bool(values) and not any(isinstance(value, str) for value in values)


def _text(text: str, x: float, y: float, *, size: int, colour: str, weight: int = 400, anchor: str = "start") -> str:
    font = escape(tokens()["font"].replace('"', "'"))
    return (
        f'<text x="{x:g}" y="{y:g}" font-family="{font}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}" xml:space="preserve">{escape(text)}</text>'
    )


def _described(snapshot: Snapshot) -> str:
    return "；".join(f"{name}：{words}" for name, words in snapshot.facts)
