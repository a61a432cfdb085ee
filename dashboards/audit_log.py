"""The audit log for the audit administrator: search, check of the chain, export. Each of these is recorded in turn."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Final

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards import audit_wording
from dashboards.attachments import attach
from dashboards.routes import WRITE, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import moment
from data_access.access.audit import AuditKind, ChainCheck, Event, EventFilter, Result
from data_access.access.audit_chain import Break, Entry, Verification
from data_access.access.permissions import Permission
from layouts.exports.csv import MEDIA_TYPE, bytes_of
from layouts.table import Slice

PAGE_SIZE: Final = 50
DAYS: Final = 7
"""Days shown unless others are asked for."""
LONGEST_TEXT: Final = 80
VIEWED_ONCE_IN: Final = dt.timedelta(minutes=1)
LOG: Final = "audit:log"
"""The log itself, as the subject of events."""
COLUMNS: Final = (
    "序号", "时间", "人员", "类别", "对象", "结果", "行数", "来源地址", "数据范围", "详情", "上一条哈希", "哈希",
)  # fmt: skip
_IN_MEMORY: Final = 4 * 1024 * 1024
_PIECE: Final = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Search:
    """What the log is narrowed to.

    Attributes:
        where: the same for the log.
        page: from 1.
        ignored: parts of what was asked for that were not understood, in words.
    """

    where: EventFilter
    page: int = 1
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Mapping[str, str], *, today: dt.date) -> Search:
        """The search that the query of an address asks for; without days it is the last seven."""
        ignored: list[str] = []
        first = _day(given, "from", "开始日期", ignored, default=today - dt.timedelta(days=DAYS - 1))
        last = _day(given, "to", "结束日期", ignored, default=today)
        if first and last and first > last:
            ignored.append("开始日期晚于结束日期，已对调")
            first, last = last, first
        kind, result = given.get("kind", ""), given.get("result", "")
        head, page = _number(given.get("head", "")), _number(given.get("page", ""))
        return cls(
            where=EventFilter(
                first_day=first,
                last_day=last,
                actor=_printable(given.get("actor", "")),
                kind=AuditKind(kind) if kind in set(AuditKind) else None,
                result=Result(result) if result in set(Result) else None,
                text=_printable(given.get("q", "")),
                up_to=head or None,
            ),
            page=page or 1,
            ignored=tuple(ignored),
        )

    def query(self, **changes: Any) -> dict[str, Any]:
        """The search as the query of an address; days that are not limited stay in it, empty."""
        where = self.where
        values = {
            "actor": where.actor,
            "kind": where.kind and where.kind.value,
            "result": where.result and where.result.value,
            "q": where.text,
            "head": where.up_to,
            "page": self.page if self.page > 1 else None,
            **changes,
        }
        days = {"from": where.first_day or "", "to": where.last_day or ""}
        return {name: str(value) for name, value in days.items()} | {n: v for n, v in values.items() if v}

    def facts(self) -> dict[str, Any]:
        """The search as the log tells of it."""
        return {name: value for name, value in self.query(page=None, head=None).items() if value}

    def file_name(self, today: dt.date) -> str:
        """Name of the export, with the days it covers."""
        first = self.where.first_day.isoformat() if self.where.first_day else "最早"
        return f"审计日志_{first}_至_{(self.where.last_day or today).isoformat()}.csv"


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of days offered above the table."""

    label: str
    query: Mapping[str, Any]
    is_on: bool


def _day(given: Mapping[str, str], name: str, label: str, ignored: list[str], *, default: dt.date) -> dt.date | None:
    text = given.get(name)
    if text is None:
        return default
    if not text.strip():
        return None
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        ignored.append(f"{label}不是有效日期，已改用默认的日期")
        return default
    if not dt.date(2000, 1, 1) <= day <= dt.date(2999, 12, 31):  # beyond, the database knows no midnight
        ignored.append(f"{label}的年份不可查，已改用默认的日期")
        return default
    return day


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()[:LONGEST_TEXT]


def spans(search: Search, *, today: dt.date) -> tuple[Span, ...]:
    """Stretches of days to choose from, with the rest of the search kept."""
    offered = [("今天", 1), ("近 7 天", 7), ("近 30 天", 30)]
    days = [(label, today - dt.timedelta(days=count - 1), today) for label, count in offered]
    made = [
        Span(
            label=label,
            query=search.query(page=None, head=None) | {"from": first.isoformat(), "to": last.isoformat()},
            is_on=(first, last) == (search.where.first_day, search.where.last_day),
        )
        for label, first, last in days
    ]
    everything = search.query(page=None, head=None) | {"from": "", "to": ""}
    return (*made, Span(label="全部", query=everything, is_on=search.where.first_day is search.where.last_day is None))


def chain_words(check: ChainCheck | None, newest: int) -> tuple[tuple[str, str], str]:
    """The state of the chain as a CSS class and a word, and a sentence on the last check.

    Args:
        check: the last one; None where there was none.
        newest: number of the newest event.
    """
    if check is None:
        return ("no-data", "尚未核验"), f"日志共 {newest:,} 条"
    told = f"最后核验 {moment(check.at)}，由 {audit_wording.who(check.actor)}"
    if check.found.broken is not None:
        return ("alert", "链不完整"), f"{broken_words(check.found)}；{told}"
    later = newest - check.found.count - 1  # the check itself is an event
    return ("reached", "链完整"), f"共 {check.found.count:,} 条，{told}" + (
        f"，其后新增 {later:,} 条" if later > 0 else ""
    )


def broken_words(found: Verification) -> str:
    """Where a chain breaks and how, in a sentence; empty for a whole one."""
    if found.broken is None:
        return ""
    return f"从第 {found.broken.sequence:,} 条起：{found.broken.fault.text_zh}，之前 {found.count:,} 条完整"


def export_rows(entries: Iterable[Entry | Break]) -> Iterator[tuple[object, ...]]:
    """Every event as one row of `COLUMNS`; one that cannot be read keeps its number."""
    for entry in entries:
        if isinstance(entry, Break):
            yield (entry.sequence, "", "", "", entry.fault.text_zh, *[""] * 7)
            continue
        yield (
            entry.sequence,
            audit_wording.time_of(entry),
            entry.actor,
            audit_wording.kind_zh(entry.kind),
            audit_wording.subject_zh(entry.subject),
            audit_wording.state(entry.result)[1],
            entry.rows,
            entry.address,
            entry.scope,
            json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else "",
            entry.previous_hash,
            entry.hash,
        )


def _write(content: IO[bytes], entries: Iterable[Entry | Break]) -> tuple[int, str]:
    """Write the export into `content`; returns how many rows it has, and its SHA-256."""
    hashed, count = hashlib.sha256(), 0

    def counted() -> Iterator[tuple[object, ...]]:
        nonlocal count
        for row in export_rows(entries):
            count += 1
            yield row

    for piece in bytes_of(COLUMNS, counted()):
        hashed.update(piece)
        content.write(piece)
    return count, hashed.hexdigest()


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    with content:
        content.seek(0)
        while piece := content.read(_PIECE):
            yield piece


def _event(services: Services, kind: AuditKind, detail: Mapping[str, Any], rows: int | None = None) -> Event:
    """An event about the log itself, by the viewer of the current request."""
    viewer = services.viewer()
    return Event(
        kind=kind,
        actor=viewer.username,
        subject=LOG,
        rows=rows,
        scope=viewer.scope.reason,
        address=request.remote_addr or "",
        detail=detail,
    )


def index(services: Services) -> ResponseReturnValue:
    """The log, newest event first, and the state of its chain."""
    today, scope = services.today(), services.scope()
    search = Search.of(request.args, today=today)
    viewed = _event(services, AuditKind.VIEW, {"filter": search.facts()})
    services.audit.write_unless_recent(viewed, within=VIEWED_ONCE_IN)
    found = services.audit.find(scope=scope, where=search.where, page=search.page, size=PAGE_SIZE)
    head = services.audit.head()
    state, sentence = chain_words(services.audit.last_check(scope=scope), head.sequence)

    def link(page: int) -> str:
        return url_for("audit_log.index", **search.query(page=page, head=found.up_to))

    def link_to_actor(actor: str) -> str:
        return url_for("audit_log.index", **search.query(page=None, head=None, actor=actor))

    return render(
        "audit_log.html",
        title="审计日志",
        search=search,
        lines=[audit_wording.line(entry) for entry in found.events],
        unreadable=found.unreadable,
        part=Slice(total=found.total, page=search.page, size=PAGE_SIZE),
        spans=spans(search, today=today),
        chain_state=state,
        chain_sentence=sentence,
        head=head,
        kinds=tuple(AuditKind),
        results=tuple(Result),
        may_export=services.viewer().may(Permission.AUDIT_EXPORT),
        link=link,
        link_to_actor=link_to_actor,
    )


def verify(services: Services) -> ResponseReturnValue:
    """Walks the whole chain, records that, and goes back to the page."""
    viewer = services.viewer()
    found = services.audit.check(by=viewer.username, address=request.remote_addr or "")
    if found.is_sound:
        flash(f"核验完成：链完整，共 {found.count:,} 条。", "done")
    else:
        flash(f"核验完成：链不完整。{broken_words(found)}。请保留数据库现状，并与备份比对。", "problem")
    search = Search.of(request.args, today=services.today())
    return redirect(url_for("audit_log.index", **search.query(page=None, head=None)), HTTPStatus.SEE_OTHER)


def export(services: Services) -> ResponseReturnValue:
    """The events of a search as a file; the log tells who took how many, and which file it was.

    The file is complete before its first byte leaves: what is given out has been recorded, and how much it was. It
    lies in memory, or on disk without a name, and ends with the request.
    """
    if request.method == "HEAD":
        return Response(content_type=MEDIA_TYPE)  # nothing is given out
    today = services.today()
    search = Search.of(request.args, today=today)
    name = search.file_name(today)
    with ExitStack() as open_files:
        content = open_files.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
        rows, sha256 = _write(content, services.audit.export(scope=services.scope(), where=search.where))
        detail = {"file": name, "sha256": sha256, "filter": search.facts()}
        services.audit.write(_event(services, AuditKind.EXPORT, detail, rows=rows))
        answer = Response(_pieces(content), content_type=MEDIA_TYPE)
        answer.content_length = content.tell()
        answer.call_on_close(content.close)
        open_files.pop_all()
    return attach(answer, name)


ROUTES: Final = (
    Route(path="/admin/audit", view=index, permission=Permission.AUDIT_VIEW),
    Route(path="/admin/audit/verify", view=verify, permission=Permission.AUDIT_VIEW, methods=WRITE),
    Route(path="/admin/audit.csv", view=export, permission=Permission.AUDIT_EXPORT),
)


def blueprint(services: Services) -> Blueprint:
    """The pages below ``/admin/audit``."""
    return blueprint_of("audit_log", ROUTES, prefix="", context=services)
