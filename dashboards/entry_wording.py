"""Entry sheets and their columns in the words of 采分录入, and as the page's script takes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from data_access.access.viewer import Viewer
from data_access.clock import COLLEGE_ZONE, utc
from data_access.growth_card.cells import EMPTY, Column
from data_access.growth_card.sheet_store import Change
from indicators.growth_card.collection import is_lesson
from indicators.growth_card.points import Point, Schedule
from indicators.growth_card.rule_words import rule_words
from indicators.growth_card.sheet_frames import Sheet, day_of
from indicators.growth_card.sheet_layout import HOMEWORK, PREVIEW, STATUS
from indicators.growth_card.sheets import SaveResult
from indicators.growth_card.slots import CardTerm
from layouts import format as fmt

State = tuple[str, str]
"""A CSS class of `states` and the word for it."""

MARKED: Final[Mapping[str, str]] = {STATUS: "STU-ACD-02", PREVIEW: "STU-ACD-05", HOMEWORK: "STU-ACD-06"}
"""The point that each mark of a lesson counts for first."""
TURN: Final[Mapping[str, tuple[float, ...]]] = {STATUS: (0.0, 1.0, 5.0, 3.0, 2.0, 4.0)}
"""In which order one tap follows the other where it is not that of the choices: what is frequent comes first."""
ATTENTION: Final[Mapping[str, tuple[float, ...]]] = {STATUS: (1.0, 2.0, 3.0, 4.0, 5.0)}
"""Choices that stand out from the usual one."""
ASSUMED: Final = "没有点的按“{}”计。"
KNOWN: Final = "灰色的值来自{}，不改就按它计。"


def state_of(
    *, due_on: dt.date, today: dt.date, submitted_at: dt.datetime | None, is_late: bool, has_unposted: bool = False
) -> State:
    """How a sheet stands on a day."""
    if submitted_at is not None:
        if has_unposted:
            return "warning", "已提交，有改动未入账"
        return ("watch", "已提交，逾期") if is_late else ("reached", "已提交")
    if due_on < today:
        return "alert", f"逾期 {(today - due_on).days} 天"
    return ("warning", "今天截止") if due_on == today else ("no-data", "待录入")


def sheet_state(sheet: Sheet, today: dt.date) -> State:
    """How an opened sheet stands on a day."""
    record = sheet.record
    if (record is None or record.submitted_at is None) and not sheet.blanks() and _is_known(sheet):
        return "reached", "系统已采集"
    return state_of(
        due_on=sheet.due_on,
        today=today,
        submitted_at=record.submitted_at if record else None,
        is_late=bool(record and record.is_late),
        has_unposted=bool(record and record.has_unposted),
    )


def closed_because(sheet: Sheet, today: dt.date) -> str:
    """Why nothing can be entered into a sheet on a day; empty where it can."""
    day = day_of(sheet.key.task) if is_lesson(sheet.key.task) else None
    if day is not None and day > today:
        return f"{fmt.day(day)} 的课还没有上，不能录入。"
    return sheet.notice


def told(sheet: Sheet, *, viewer: Viewer, today: dt.date, since: float, addresses: Mapping[str, str]) -> dict[str, Any]:
    """A sheet as the page's script takes it.

    Args:
        sheet: what is shown.
        viewer: who fills it in.
        today: the current day.
        since: from when on changes of others are asked for, in seconds since 1970.
        addresses: of what the script asks for.
    """
    points = {point.code: point for point in (*sheet.points, *sheet.occasional)}
    defaults = {
        f"{key.holder_id}:{key.column}": known
        for _, column, key in sheet.form.cells()
        if (known := _default(column, sheet.cells.get(key, EMPTY).known)) is not None
    }
    return {
        "account": viewer.account_id,
        "sheet": sheet.key.slug,
        "title": sheet.title,
        "columns": [_column(column, points, sheet) for column in sheet.form.columns],
        "rows": [
            {"holder": row.holder, "id": row.holder_id, "label": row.label, "note": _note(row.class_name, sheet)}
            for row in sheet.form.rows
        ],
        "cells": cells_told(sheet, viewer=viewer),
        "defaults": defaults,
        "defaults_label": "采用系统记录"
        if _is_known(sheet)
        else "全部准时"
        if is_lesson(sheet.key.task)
        else "采用默认值",
        "opens": "" if sheet.opens_on <= today else f"可以先填写，{fmt.day(sheet.opens_on)} 起可以提交。",
        "since": since,
        "is_closed": bool(closed_because(sheet, today)),
        "is_submitted": bool(sheet.record and sheet.record.submitted_at),
        "addresses": dict(addresses),
    }


def cells_told(sheet: Sheet, *, viewer: Viewer) -> list[dict[str, Any]]:
    """Every cell that somebody has written into."""
    return [
        _cell(key.holder_id, key.column, cell.value, cell.version, by=cell.by, at="", viewer=viewer)
        for key, cell in sheet.cells.items()
        if cell.version
    ]


def changes_told(changes: Iterable[Change], *, viewer: Viewer) -> list[dict[str, Any]]:
    """The last change of every cell, of some changes given newest first."""
    cells: dict[tuple[int, str], dict[str, Any]] = {}
    for change in changes:
        holder_id, column = change.cell.holder_id, change.cell.column
        told_of = _cell(
            holder_id, column, change.after, change.version, by=change.by, at=moment_of(change.at), viewer=viewer
        )
        cells.setdefault((holder_id, column), told_of)
    return list(cells.values())


def result_told(result: SaveResult, *, viewer: Viewer) -> dict[str, Any]:
    """What became of the cells that were to be saved."""
    at = moment_of(result.at)
    return {
        "saved": [
            _cell(c.holder_id, c.column, c.value, c.version, by=viewer.name, at=at, viewer=viewer) for c in result.saved
        ],
        "conflicts": [
            _cell(c.holder_id, c.column, c.theirs, c.version, by=c.by, at=c.at, viewer=viewer) for c in result.conflicts
        ],
        "problems": [{"id": c.holder_id, "column": c.column, "message": c.message} for c in result.problems],
        "at": at.rpartition(" ")[2],
    }


def moment_of(value: dt.datetime) -> str:
    """Day and time on the college's clock, without the year: ``11-20 19:47``."""
    return f"{utc(value).astimezone(COLLEGE_ZONE):%m-%d %H:%M}"


def _cell(
    holder_id: int, column: str, value: float | None, version: int, *, by: str, at: str, viewer: Viewer
) -> dict[str, Any]:
    return {
        "id": holder_id,
        "column": column,
        "value": value,
        "version": version,
        "by": by,
        "at": at,
        "is_mine": by == viewer.name,
    }


def points_words(points: Sequence[Point], occasional: Sequence[Point] = ()) -> str:
    """The points of a sheet by name; what is entered where it has happened comes last."""
    named = "、".join(point.name for point in points)
    return f"{named}；发生时：{'、'.join(p.name for p in occasional)}" if occasional else named


def _is_known(sheet: Sheet) -> bool:
    return any(cell.known is not None for cell in sheet.cells.values())


def _default(column: Column, known: float | None) -> float | None:
    return column.assumed if known is None else known


def _note(class_name: str, sheet: Sheet) -> str:
    """The class of a student whom a section teaches besides its own class."""
    own = sheet.unit.class_name or sheet.unit.name
    return class_name if class_name and class_name != own else ""


def _column(column: Column, points: Mapping[str, Point], sheet: Sheet) -> dict[str, Any]:
    point = points.get(column.point or MARKED.get(column.key, ""))
    return {
        "key": column.key,
        "holder": column.holder,
        "name": column.label,
        "short": column.label,
        "unit": column.unit,
        "lowest": column.lowest,
        "highest": column.highest,
        "is_whole": column.is_whole,
        "is_required": column.is_required and column.assumed is None,
        "choices": [list(choice) for choice in column.choices],
        "turn": list(TURN.get(column.key, ())),
        "attention": list(ATTENTION.get(column.key, ())),
        "rule": rule_words(point, unit=column.unit, slots=_slots(point, sheet.term)) if point else "",
        "origin": _origin(column, sheet),
        "is_private": point is not None and point.is_neutral,
    }


def _slots(point: Point, term: CardTerm) -> int:
    return {Schedule.WEEKLY: len(term.weeks), Schedule.MONTHLY: len(term.months)}.get(point.schedule, 0)


def _origin(column: Column, sheet: Sheet) -> str:
    """Where the grey values of a column come from."""
    sources = {cell.known_from for key, cell in sheet.cells.items() if key.column == column.key and cell.known_from}
    found = [KNOWN.format("、".join(sorted(sources)))] if sources else []
    if column.assumed is not None:
        word = next((word for value, word in column.choices if value == column.assumed), f"{column.assumed:g}")
        found.append(ASSUMED.format(word))
    return "".join(found)
