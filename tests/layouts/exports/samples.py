"""A panel with a chart and a table, as it would be exported."""

import datetime as dt
from dataclasses import replace

from layouts.exports.shown import parts_of
from layouts.exports.snapshot import Origin, Snapshot
from layouts.figures.drawing import Drawing
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet
from layouts.theme import template

WEEKS = Sheet(
    title="逐周到课率", columns=("周次", "到课率(%)"), rows=[("第1周", 97.25), ("第2周", None), ("第3周", 88)]
)
NASTY = Sheet(
    title="=1+1/[名单]*?:的很长很长很长很长很长很长很长很长很长的标题",
    columns=("@名称", "人数"),
    rows=[('=HYPERLINK("http://example.invalid")', 3), ("+86 138", -2.5), ("\t-1", None), ("0012", 7)],
)
ORIGIN = Origin(
    title="逐周到课率（单位 %）",
    page="机械制图 · 机电2401",
    note="第11周",
    filters="学期 2026–2027 第一学期 · 系部 机电工程系",
    scope="l001(校领导)",
    data_date=dt.date(2026, 11, 20),
    library="2026.2",
    data_version="1187",
    made_at=dt.datetime(2026, 11, 21, 9, 0, 5, tzinfo=dt.UTC),
    made_by="王建国",
)


def figure(**layout):
    line = {
        "type": "scatter",
        "x": [1, 2, 3],
        "y": [97, None, 88],
        "text": ["●", "", "▲"],
        "mode": "lines+markers+text",
    }
    return Drawing(data=[line], layout={"height": 240, "template": template(), **layout})


def chart_content(**options):
    return Content(body=graph(figure(), label="逐周到课率", sheet=WEEKS, **options))


def snapshot(content=None, **changes):
    """The sample, or another content, from an origin with `changes`."""
    return Snapshot(origin=replace(ORIGIN, **changes), parts=parts_of("逐周到课率", content or chart_content()))


def of_sheets(*sheets):
    return snapshot(Content(body="", sheets=sheets))


def no_chart(*_args, **_size):
    raise AssertionError("there is no chart to draw")


def plain_chart(_figure, *, width, height):
    """Stands for Chromium where only what is around the chart matters."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"><text>图</text></svg>'
