"""第二课堂: the transcript of one student, and how a class stands; panels for the pages of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from dash import html
from dash.development.base_component import Component

from dashboards import ids
from dashboards.number import Number
from dashboards.overview import named_cell
from data_access.access.scope import Scope
from data_access.readers.second_classroom import ACTIVITIES
from indicators.second_classroom import PENDING, ClassCredits, Transcript, has_reached, lack_of
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.panel import Content

if TYPE_CHECKING:
    from indicators.results import IndicatorInfo

ATTAINMENT: Final = "STU-GRP-07"
TITLE: Final = "第二课堂成绩单"
_MARKS: Final = {"通过": "status-present", "申请": "status-partly", "未通过": "status-missed"}
_UNIT: Final = "分"
_HALF_A_TENTH: Final = 0.05


def may_see(scope: Scope) -> bool:
    """True where transcripts of some students may be read; of whom, the reader decides."""
    return scope.admits("student", ACTIVITIES)


def draw_transcript(found: Transcript, *, page: str, term_name: str) -> Content:
    """Credits against what is required, module by module, and every activity with its state, the latest first.

    Args:
        found: the transcript.
        page: name of the page that it stands on.
        term_name: the term up to which it reaches, in words.
    """
    if not found.activities and found.required is None:
        return Content(body=states.empty(f"截至{term_name}没有该生的第二课堂记录。"))
    untouched = "、".join(module.name for module in found.untouched)
    note = f"截至{term_name} · 只计审核通过的活动" + (f" · 尚未参加：{untouched}" if untouched else "")
    if found.recorded is not None and abs(found.recorded - found.credit) >= _HALF_A_TENTH:
        note += f" · 团委登记为 {_credit(found.recorded)}，与活动合计不一致，请向团委核对"
    return Content(
        body=[
            tiles.row(_summary(found)),
            html.Div([_modules(found, page), _activities(found, page)], className="transcript"),
        ],
        note=note,
    )


def draw_class(
    found: ClassCredits,
    *,
    class_id: int,
    term_name: str,
    info: IndicatorInfo,
    link: Callable[[int], str] | None,
) -> Content:
    """The students of a class by what they lack, the most first; the share is that of STU-GRP-07.

    Args:
        found: the students on the roll.
        class_id: key of the class.
        term_name: the term, in words.
        info: the indicator of the share.
        link: gives the address of a student's page; None where it may not be opened.
    """
    if not found.students:
        return Content(body=states.empty(f"{term_name}没有本班的第二课堂积分，或学生不在你的数据范围内。"))
    columns = [
        table.Column(title="学号", is_heading=True),
        table.Column(title="已获积分", is_number=True),
        table.Column(title="应达积分", is_number=True),
        table.Column(title="尚缺", is_number=True),
        table.Column(title="待审核", is_number=True),
        table.Column(title="状态"),
    ]
    rows: list[list[table.Cell]] = [
        [
            named_cell(row.student_no, row.student_id, link),
            _credit(row.credit),
            _credit(row.required),
            _credit(lack_of(row)) if lack_of(row) else fmt.NO_VALUE,
            _credit(row.pending) if row.pending else fmt.NO_VALUE,
            table.Marked(text="已达标", name=_MARKS["通过"])
            if has_reached(row)
            else table.Marked(text="未达标", name=_MARKS["未通过"]),
        ]
        for row in found.students
    ]
    listed = table.table(
        columns, rows, caption="本班学生第二课堂积分，缺得多的在前", table_id=ids.table("class", "credits")
    )
    share = fmt.with_unit(found.attainment, "%")
    return Content(
        body=listed,
        note=f"达标率 {share}：{found.reached} / {len(found.students)} 人 · {term_name}",
        card=info,
        number=Number(code=ATTAINMENT, level="class", entity_id=class_id).href,
    )


def _summary(found: Transcript) -> list[tiles.Tile]:
    missing = found.missing
    return [
        tiles.Tile(title="已获积分", value=_credit(found.credit), unit=_UNIT),
        tiles.Tile(title="应达积分", value=_credit(found.required), unit=_UNIT if found.required is not None else ""),
        tiles.Tile(
            title="尚缺",
            value="已达标" if missing == 0 else _credit(missing),
            unit=_UNIT if missing else "",
        ),
        tiles.Tile(title="待审核", value=_credit(found.pending), unit=_UNIT),
    ]


def _modules(found: Transcript, page: str) -> html.Section:
    columns = [
        table.Column(title="模块", is_heading=True),
        table.Column(title="积分", is_number=True),
        table.Column(title="活动", is_number=True),
        table.Column(title="包括"),
    ]
    rows: list[list[table.Cell]] = [
        [item.module.name, _credit(item.credit), f"{item.count}", item.module.covers] for item in found.modules
    ]
    rows.append(["合计", _credit(found.credit), f"{sum(item.count for item in found.modules)}", ""])
    return table.table(columns, rows, caption="各模块通过的积分", table_id=ids.table(page, "modules"))


def _activities(found: Transcript, page: str) -> Component:
    if not found.activities:
        detail = "参加活动并通过审核后，积分记在这里。"
        return states.message(states.Message(kind="empty", title="还没有参加活动", detail=detail))
    columns = [
        table.Column(title="日期", is_heading=True),
        table.Column(title="活动"),
        table.Column(title="模块"),
        table.Column(title="积分", is_number=True),
        table.Column(title="状态"),
    ]
    rows: list[list[table.Cell]] = [
        [
            fmt.day(item.day),
            item.name,
            item.module,
            _credit(item.credit),
            table.Marked(text="待审核" if item.status == PENDING else item.status, name=_MARKS[item.status]),
        ]
        for item in found.activities
    ]
    return table.table(columns, rows, caption="参加的活动，最近的在前", table_id=ids.table(page, "activities"))


def _credit(value: float | None) -> str:
    return fmt.number(value)
