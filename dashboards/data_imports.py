"""What the product itself imported, on the page of data: for who looks after the imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dash import dcc, html
from dash.development.base_component import Component

from dashboards import filters, ids
from dashboards.page import Filter, Kind, View
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.clock import COLLEGE_ZONE, utc
from data_access.contracts import contracts
from data_access.readers.imports import Batch, RefusedCell, Waiting
from indicators.formula_words import table_name
from layouts import format as fmt
from layouts import states, table
from layouts.panel import Content

BATCHES_SHOWN: Final = 20
PROBLEMS_SHOWN: Final = 30
STATUSES_ZH: Final[Mapping[str, str]] = {
    "staged": "待确认", "discarded": "已放弃", "refused": "已拒收", "committed": "已入库", "unchanged": "无变化",
    "undone": "已撤销", "interrupted": "已中断",
}  # fmt: skip
_FILES_NAMED: Final = 3
_NUMBER: Final = r"[1-9][0-9]{0,8}|"

FILTERS: Final = (
    Filter(name="batch", label="导入批次", kind=Kind.LINK, pattern=_NUMBER),
    Filter(name="batches", label="导入页码", kind=Kind.LINK, pattern=_NUMBER, is_page=True),
    Filter(name="problems", label="问题页码", kind=Kind.LINK, pattern=_NUMBER, is_page=True),
)


@dataclass(frozen=True, kw_only=True)
class Imports:
    """The record of imports in one view; every part is fetched when first needed, and once."""

    view: View

    @property
    def may_see(self) -> bool:
        """True for who may see the record of imports."""
        return self.view.services.viewer().may(Permission.IMPORT_VIEW)

    @property
    def _scope(self) -> Scope:
        """What the posts reach that let one see it, and not those that let one open the page."""
        return self.view.services.viewer().scope_for(Permission.IMPORT_VIEW)

    @property
    def chosen(self) -> int | None:
        """The import asked for."""
        return int(self.view["batch"]) if self.view["batch"] else None

    @cached_property
    def batches(self) -> tuple[int, Sequence[Batch]]:
        """How many imports there are, and those of the page shown."""
        size, page = filters.stretch(self.view, size=BATCHES_SHOWN, name="batches")
        return self.view.services.imports.batches(size=size, page=page, scope=self._scope)

    @cached_property
    def problems(self) -> tuple[int, Sequence[RefusedCell]]:
        """How many problems the chosen import had, and those of the page shown."""
        size, page = filters.stretch(self.view, size=PROBLEMS_SHOWN, name="problems")
        return self.view.services.imports.problems(self.chosen or 0, size=size, page=page, scope=self._scope)

    @cached_property
    def waiting(self) -> Sequence[Waiting]:
        """The rows that wait for others."""
        return self.view.services.imports.waiting(scope=self._scope)


def draw_batches(data: Imports) -> Content:
    """The imports, newest first, with what became of their rows."""
    total, found = data.batches
    if not total:
        return Content(body=_nothing("还没有导入过文件", "用 luoxuan import 导入后，这里列出每一批。"))
    if not found:
        first = dcc.Link("看最新的导入", href=data.view.link(batches=""))
        return Content(body=[_nothing("没有这一页", f"只有 {total} 批导入。"), html.Nav(first, className="data-back")])
    columns = [
        table.Column(title="批次", is_heading=True),
        table.Column(title="时间"),
        table.Column(title="文件"),
        table.Column(title="映射"),
        table.Column(title="状态"),
        *(
            table.Column(title=name, is_number=True)
            for name in ("新增", "更新", "未变", "冲突", "暂存", "拒收", "问题")
        ),
    ]
    rows = [_batch_row(data, batch) for batch in found]
    part = filters.slice_of(data.view, total, size=BATCHES_SHOWN, name="batches")
    return Content(
        body=[
            table.table(columns, rows, caption="平台导入批次", table_id=ids.table("data", "imports")),
            table.pager(part, noun="批导入", link=lambda n: data.view.link(batches=str(n)), is_in_place=True),
        ],
        note="点批次号看未通过的单元格 · 只有数据管理员看得到",
    )


def _nothing(title: str, detail: str) -> Component:
    """That there is nothing to list, which is as it should be."""
    return states.message(states.Message(kind="empty", title=title, detail=detail))


def _batch_row(data: Imports, batch: Batch) -> list[table.Cell]:
    named = "、".join(batch.files[:_FILES_NAMED])
    more = f" 等 {len(batch.files)} 个" if len(batch.files) > _FILES_NAMED else ""
    counts = (batch.counts[name] for name in ("new", "changed", "unchanged", "conflicting", "quarantined", "refused"))
    return [
        table.Linked(
            text=str(batch.batch_id),
            href=data.view.link(batch=str(batch.batch_id), problems=""),
            is_in_place=True,
            is_on=batch.batch_id == data.chosen,
        ),
        f"{utc(batch.started_at).astimezone(COLLEGE_ZONE):%Y-%m-%d %H:%M}",
        named + more,
        batch.mapping,
        STATUSES_ZH.get(batch.status, batch.status),
        *(f"{count:,}" for count in counts),
        f"{batch.problems:,}",
    ]


def draw_problems(data: Imports) -> Content:
    """The refused cells of the chosen import: where, what, why, and what puts it right."""
    total, found = data.problems
    title = f"导入 {data.chosen} 未通过的单元格"
    if not total:
        return Content(body=_nothing("没有未通过的单元格", "这一批的单元格都读得懂，或没有这一批。"), title=title)
    columns = [
        table.Column(title="文件", is_heading=True),
        table.Column(title="行", is_number=True),
        *(table.Column(title=name) for name in ("列", "原值", "原因", "怎样改正")),
    ]
    rows: list[list[table.Cell]] = [
        [
            problem.file,
            fmt.NO_VALUE if problem.row is None else str(problem.row),
            problem.column or fmt.NO_VALUE,
            problem.value or fmt.NO_VALUE,
            problem.reason,
            problem.remedy or fmt.NO_VALUE,
        ]
        for problem in found
    ]
    part = filters.slice_of(data.view, total, size=PROBLEMS_SHOWN, name="problems")
    return Content(
        body=[
            table.table(columns, rows, caption=title, table_id=ids.table("data", "problems")),
            table.pager(part, noun="个问题", link=lambda n: data.view.link(problems=str(n)), is_in_place=True),
        ],
        title=title,
        note="原值可能含个人信息，只用于改正源数据",
    )


def draw_waiting(data: Imports) -> Content:
    """How many sound rows wait for rows of another table."""
    if not data.waiting:
        return Content(body=_nothing("没有等待的行", "每一行所指的学生、课程等都已入库。"))
    known = contracts()

    def name(lake_name: str) -> str:
        return table_name(known[lake_name].label_zh) if lake_name in known else lake_name

    columns = [
        table.Column(title="表", is_heading=True),
        table.Column(title="等待"),
        table.Column(title="行数", is_number=True),
    ]
    rows: list[list[table.Cell]] = [
        [name(item.table), name(item.missing_table), f"{item.rows:,}"] for item in data.waiting
    ]
    total = sum(item.rows for item in data.waiting)
    return Content(
        body=table.table(columns, rows, caption="等待补齐的行", table_id=ids.table("data", "waiting")),
        note=f"共 {total:,} 行，所缺的行入库后自动补上",
    )
