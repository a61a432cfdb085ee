"""What a department answers for: its indicators with the values of the whole school, those most in need first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboards import ids
from dashboards.number import of_reading
from dashboards.overview import period_of, valued
from indicators.results import STATES, Reading
from layouts import format as fmt
from layouts import states, table
from layouts.panel import Content

AS_TILES: Final = 6


def most_in_need(readings: Sequence[Reading]) -> Sequence[Reading]:
    """The indicators shown as tiles: of all that can be held against a line, those in the worst state."""
    known = [item for item in readings if item.latest.value is not None and item.info.target is not None]
    return sorted(known, key=_need)[:AS_TILES]


def _need(reading: Reading) -> int:
    """What comes first where the worst comes first; last what has no value, or no line to be held against."""
    if reading.latest.value is None or reading.info.target is None:
        return 0
    return -STATES.index(reading.state)


def draw(department: str, readings: Sequence[Reading]) -> Content:
    """All of them as a table."""
    if not readings:
        return Content(body=states.empty("指标库中没有由本部门负责、且有全校数值的指标。"))
    columns = [
        table.Column(title="指标", is_heading=True),
        table.Column(title="期间"),
        table.Column(title="全校", is_number=True),
        table.Column(title="较上期", is_number=True),
        table.Column(title="目标", is_number=True),
        table.Column(title="编号"),
    ]
    rows: list[list[table.Cell]] = [
        [
            table.Linked(text=item.info.name_zh, href=of_reading(item).href),
            period_of(item),
            valued(item.latest.value, item.info),
            fmt.change(item.latest.value, item.before, digits=fmt.digits_of(item.info.unit)),
            fmt.line(item.info.target, item.info.unit),
            item.info.code,
        ]
        for item in sorted(readings, key=_need)
    ]
    drawn = table.table(columns, rows, caption="本部门负责的指标", table_id=ids.table("home", "duties"))
    return Content(body=drawn, note=f"{department} · {len(rows)} 项，最需要关注的在前")
