"""What an import would do, and what it did: values for a terminal, a page or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from data_access.contracts import contracts
from data_access.intake.problems import Problem, WaitingRow

STATUS_LABELS: Final[Mapping[str, str]] = {
    "staged": "已暂存，等待确认",
    "discarded": "仅预览，未导入",
    "refused": "已拒收，未导入任何数据",
    "committed": "已导入",
    "unchanged": "内容与现有数据一致，无需导入",
    "undone": "已撤销",
    "interrupted": "已中断，未导入任何数据",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TableCounts:
    """What becomes of the rows meant for one table.

    ``read = new + changed + unchanged + quarantined + refused`` always holds.

    Attributes:
        conflicting: of the changed rows, those another mapping brought (two sources disagree).
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    conflicting: int = 0
    quarantined: int = 0
    refused: int = 0

    def __add__(self, other: TableCounts) -> TableCounts:
        mine, theirs = asdict(self), asdict(other)
        return TableCounts(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def accepted(self) -> int:
        """Rows that are, or already were, in the lake."""
        return self.new + self.changed + self.unchanged


@dataclass(frozen=True, kw_only=True, slots=True)
class _Report:
    batch_id: int
    mapping: str
    files: tuple[str, ...]
    status: str
    tables: dict[str, TableCounts] = field(default_factory=dict)
    released: int = 0
    problems: tuple[Problem, ...] = ()
    waiting: tuple[WaitingRow, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "batch_id": self.batch_id,
            "mapping": self.mapping,
            "files": list(self.files),
            "status": self.status,
            "succeeded": self.succeeded,
            "tables": {name: asdict(counts) for name, counts in self.tables.items()},
            "released": self.released,
            "problems": [problem.to_dict() for problem in self.problems],
            "waiting": [row.to_dict() for row in self.waiting],
            "notes": list(self.notes),
        }

    @property
    def succeeded(self) -> bool:
        """True where nothing stands in the way."""
        return not self.problems

    def lines(self, *, limit: int | None = 50) -> Iterable[str]:
        """The report as text, at most `limit` problems and waiting rows each (None: all)."""
        yield f"批次 {self.batch_id}（{self.mapping}）：{STATUS_LABELS.get(self.status, self.status)}"
        for name, counts in self.tables.items():
            yield (
                f"  {contracts()[name].label_zh}（{name}）：读取 {counts.read}，新增 {counts.new}，更新 {counts.changed}"
                f"（与其他来源冲突 {counts.conflicting}），不变 {counts.unchanged}，待补 {counts.quarantined}，"
                f"拒收 {counts.refused}"
            )
        if self.released:
            yield f"  以前待补、现已补齐入库：{self.released} 行"
        yield from (f"  注意：{note}" for note in self.notes)
        yield from _listed("问题", self.problems, limit)
        yield from _listed("待补", self.waiting, limit)


def _listed(title: str, items: tuple[Any, ...], limit: int | None) -> Iterable[str]:
    if not items:
        return
    yield f"{title} {len(items)} 条："
    yield from (f"  {item}" for item in items[:limit])
    if limit is not None and len(items) > limit:
        yield f"  …另有 {len(items) - limit} 条"


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview(_Report):
    """What committing a staged batch would do.

    Attributes:
        staging: where its staged files lie.
        fingerprint: SHA-256 of mapping and files.
    """

    staging: Path
    fingerprint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport(_Report):
    """What was done with a batch.

    Attributes:
        data_version: the lake's commit, None where nothing changed.
        blocked: for a refused undo, what later batches built upon these rows.
    """

    data_version: int | None = None
    blocked: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """True where what was asked for is in the lake, or a dry run found nothing in its way."""
        if self.status == "discarded":
            return not self.problems
        return self.status in {"committed", "unchanged", "undone"} and not self.blocked

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        report = super(ImportReport, self).to_dict()
        return {**report, "data_version": self.data_version, "blocked": list(self.blocked)}

    def lines(self, *, limit: int | None = 50) -> Iterable[str]:
        """The report as text, at most `limit` problems and waiting rows each (None: all)."""
        yield from super(ImportReport, self).lines(limit=limit)
        yield from _listed("不能撤销的原因", self.blocked, limit)
