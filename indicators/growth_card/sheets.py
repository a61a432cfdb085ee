"""An entry sheet from opening to handing in: whose it is, what it asks, what it holds, what is posted from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from data_access import clock
from data_access.access.actors import Actor
from data_access.access.viewer import Viewer
from data_access.errors import UserError
from data_access.growth_card.cells import (
    CLASS,
    EMPTY,
    STUDENT,
    Cell,
    CellEdit,
    CellKey,
    CellProblem,
    Conflict,
    SavedCell,
)
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_store import Change, Saved, SheetRecord, SheetStore
from data_access.growth_card.sheet_units import SheetKey
from indicators.growth_card.collection import FULL_ATTENDANCE, LESSON_POINTS, is_lesson, week_of
from indicators.growth_card.points import Collector
from indicators.growth_card.sheet_frames import NoSheetError, Sheet, SheetFrames, day_of
from indicators.growth_card.slots import Span


class BlanksError(UserError):
    """A sheet is to be handed in with required cells empty, and nobody has said that this is right."""

    def __init__(self, blanks: Sequence[CellKey]) -> None:
        super().__init__(f"还有 {len(blanks)} 格没有填写。请补填，或确认这些学生不适用后再提交。")
        self.blanks = tuple(blanks)


class UnknownLessonError(UserError):
    """A lesson is to be handed in of a day on which the timetable has none, and nobody has said that it was held."""

    def __init__(self, day: dt.date) -> None:
        super().__init__(f"课表和课堂记录里，{day:%Y-%m-%d} 没有这个教学班的课。确有补课、调课的，请确认补录后再提交。")


class Posting(Protocol):
    """What posts to the ledger; see `indicators.growth_card.posting.Poster`."""

    def post(
        self,
        term_id: int | None,
        *,
        students: frozenset[int] | None = None,
        classes: frozenset[int] | None = None,
        codes: frozenset[str] | None = None,
        cause: str,
        posted_by: str,
        as_of: dt.date,
    ) -> Any:
        """Bring the ledger up to date for these holders and points."""


@dataclass(frozen=True, kw_only=True)
class SaveResult:
    """What became of every cell that was to be saved: nothing is lost, and nothing written over unseen."""

    saved: tuple[SavedCell, ...]
    conflicts: tuple[Conflict, ...]
    problems: tuple[CellProblem, ...]
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What handing a sheet in did.

    Attributes:
        is_first: False where it had been handed in before: what changed since corrects it.
        blanks: required cells that stay empty, confirmed not to apply.
        assumed: cells that got the value that counts where nobody says otherwise (准时).
        posting: what the poster reported; None where posting failed.
        posting_problem: why it failed, in Chinese; `Sheets.repost` tries again.
    """

    record: SheetRecord
    is_first: bool
    blanks: int
    assumed: int
    posting: Any = None
    posting_problem: str = ""


class Sheets:
    """The entry sheets of an installation; safe to share between threads.

    Args:
        frames: who may fill in which sheet, and what it asks.
        store: where sheets are kept.
        rows: who stands in them.
        poster: posts what was handed in.
    """

    def __init__(self, frames: SheetFrames, store: SheetStore, rows: SheetRows, poster: Posting) -> None:
        self._frames = frames
        self._store = store
        self._rows = rows
        self._poster = poster

    def open(self, key: SheetKey, *, viewer: Viewer) -> Sheet:
        """A sheet with everything in it; opening writes nothing.

        Raises:
            NoSheetError: there is none, or it is not the viewer's.
        """
        frame = self._frames.frame(key, viewer)
        marks = self._store.marks(key)
        cells = {
            cell: Cell(
                value=column.shown(marks[cell].value) if cell in marks else None,
                version=marks[cell].version if cell in marks else 0,
                by=marks[cell].by if cell in marks else "",
                known=known.known,
                known_from=known.known_from,
            )
            for _, column, cell in frame.form.cells()
            if (known := frame.cells.get(cell, EMPTY)) is not EMPTY or cell in marks
        }
        return replace(frame, cells=cells, record=self._store.record(key))

    def save(
        self, key: SheetKey, edits: Sequence[CellEdit], *, viewer: Viewer, by: Actor, is_whole: bool = False
    ) -> SaveResult:
        """Save what can be saved of some cells, and say of every other one why it could not.

        Args:
            key: the sheet.
            edits: what is to stand in which cell.
            viewer: the collector.
            by: the same person, for the record.
            is_whole: True to save nothing where somebody has changed one of the cells.

        Raises:
            NoSheetError: there is no such sheet, or it is not the viewer's.
            UserError: its term is frozen, or `is_whole` and not all of it can be saved.
            BusyError: the database stayed locked.
        """
        frame = self._open_for_entry(key, viewer, with_known=False)
        sound, problems = frame.form.read(edits)
        wanted = {cell: value for cell, value, _ in sound}
        saved = self._store.save(key, sound, due_on=frame.due_on, by=by, is_whole=is_whole) if sound else None
        return self._result(frame, saved, wanted, problems)

    def undo(self, key: SheetKey, *, viewer: Viewer, by: Actor) -> SaveResult:
        """Take back one's last save; cells that somebody has changed since come as conflicts, and stay.

        Raises:
            NoSheetError: there is no such sheet, or it is not the viewer's.
            UserError: its term is frozen, or there is nothing to take back.
            BusyError: the database stayed locked.
        """
        frame = self._open_for_entry(key, viewer, with_known=False)
        return self._result(frame, self._store.undo(key, by=by), {}, [])

    def submit(
        self,
        key: SheetKey,
        *,
        viewer: Viewer,
        by: Actor,
        blanks_confirmed: bool = False,
        lesson_confirmed: bool = False,
    ) -> Submission:
        """Hand a sheet in and post it.

        Where posting fails, the sheet stays handed in.

        Args:
            key: the sheet.
            viewer: its collector.
            by: the same person, for the log.
            blanks_confirmed: True where required cells that are empty are said not to apply (不适用).
            lesson_confirmed: True where a lesson that no timetable has is said to have been held (补录).

        Raises:
            NoSheetError: there is no such sheet, or it is not the viewer's.
            BlanksError: required cells are empty, and nobody has confirmed them.
            UnknownLessonError: the timetable has no such lesson, and nobody has confirmed it.
            UserError: its term is frozen, or it is too early to hand it in.
            BusyError: the database stayed locked.
        """
        frame = self._open_for_entry(key, viewer, with_known=False)
        if frame.opens_on > self._frames.today():
            raise UserError(f"还没有到采分时点：可以先填写，{frame.opens_on:%Y-%m-%d} 起可以提交。")
        if not lesson_confirmed:
            self._check_lesson(frame)
        sheet = self.open(key, viewer=viewer)
        blanks = sheet.blanks()
        if blanks and not blanks_confirmed:
            raise BlanksError(blanks)
        assumed = _assumed(sheet)
        # What the systems have brought was there in time, whoever corrects it when.
        due_on = None if sheet.is_brought() else frame.due_on
        record = self._store.submit(
            key, assumed, due_on=due_on, by=by, detail={"blanks": len(blanks), "assumed": len(assumed)}
        )
        was = sheet.record
        return self._posted(
            sheet,
            Submission(
                record=record,
                is_first=was is None or was.submitted_at is None,
                blanks=len(blanks),
                assumed=len(assumed),
            ),
            by,
        )

    def repost(self, key: SheetKey, *, viewer: Viewer, by: Actor) -> Submission:
        """Post a sheet again that was handed in; nothing is posted twice.

        Raises:
            NoSheetError: there is no such sheet, or it is not the viewer's, or was not handed in.
        """
        sheet = self.open(key, viewer=viewer)
        if sheet.record is None or sheet.record.submitted_at is None:
            raise NoSheetError
        return self._posted(sheet, Submission(record=sheet.record, is_first=False, blanks=0, assumed=0), by)

    def history(self, key: SheetKey, *, viewer: Viewer, holder_id: int | None = None) -> list[Change]:
        """The last changes of a sheet's cells, the newest first, values as shown.

        Raises:
            NoSheetError: there is no such sheet, or it is not the viewer's.
        """
        frame = self._frames.frame(key, viewer, with_known=False)
        return [
            Change(
                cell=change.cell,
                before=column.shown(change.before),
                after=column.shown(change.after),
                version=change.version,
                by=change.by,
                at=change.at,
            )
            for change in self._store.history(key, holder_id=holder_id)
            if (column := frame.form.by_key.get(change.cell.column)) is not None
        ]

    def lesson_days(self, offering_id: int, week: str, *, term_id: int, viewer: Viewer) -> list[dt.date]:
        """The days of a teaching week on which a section of the viewer's meets, as far as that is known.

        Raises:
            NoSheetError: there is no such section, or it is not the viewer's.
        """
        unit_id, span = self._week(offering_id, week, term_id, viewer)
        return self._rows.lesson_days(unit_id, span.start, span.end, term_id=term_id)

    def has_timetable(self, offering_id: int, week: str, *, term_id: int, viewer: Viewer) -> bool:
        """True where any lesson of a teaching week has been delivered, of whatever section.

        Raises:
            NoSheetError: there is no such section, or it is not the viewer's.
        """
        _, span = self._week(offering_id, week, term_id, viewer)
        return self._rows.has_timetable(span.start, span.end, term_id=term_id)

    def _week(self, offering_id: int, week: str, term_id: int, viewer: Viewer) -> tuple[int, Span]:
        key = SheetKey(collector=Collector.TEACHER.value, unit_id=offering_id, term_id=term_id, task=week)
        unit, term = self._frames.unit(key, viewer)
        span = next((span for span in term.weeks if span.key.endswith(f"-{week}")), None)
        if span is None:
            raise NoSheetError
        return unit.unit_id, span

    def _check_lesson(self, frame: Sheet) -> None:
        """Refuse a lesson of a day that the timetable of its week does not have.

        Raises:
            UnknownLessonError: it is such a one.
        """
        day = day_of(frame.key.task) if is_lesson(frame.key.task) else None
        number = None if day is None else week_of(frame.term, day)
        if day is None or number is None:
            return
        week, term_id = frame.term.weeks[number], frame.term.term_id
        known = self._rows.lesson_days(frame.unit.unit_id, week.start, week.end, term_id=term_id)
        if day not in known and self._rows.has_timetable(week.start, week.end, term_id=term_id):
            raise UnknownLessonError(day)

    def _open_for_entry(self, key: SheetKey, viewer: Viewer, *, with_known: bool) -> Sheet:
        frame = self._frames.frame(key, viewer, with_known=with_known)
        if frame.is_frozen:
            raise UserError(frame.notice)
        day = day_of(key.task) if is_lesson(key.task) else None
        if day is not None and day > self._frames.today():
            raise UserError(f"{day:%Y-%m-%d} 的课还没有上，不能录入。")
        if frame.begins_on > self._frames.today():
            raise UserError(f"还没有到采分时点：{frame.begins_on:%Y-%m-%d} 起可以录入。")
        return frame

    def _result(
        self,
        frame: Sheet,
        saved: Saved | None,
        wanted: Mapping[CellKey, float | None],
        problems: Sequence[CellProblem],
    ) -> SaveResult:
        if saved is None:
            return SaveResult(saved=(), conflicts=(), problems=tuple(problems), at=self._store.now())
        marks = {} if wanted else self._store.marks(frame.key)
        columns = frame.form.by_key
        return SaveResult(
            saved=tuple(
                SavedCell(
                    holder_id=cell.holder_id,
                    column=cell.column,
                    value=columns[cell.column].shown(wanted[cell] if cell in wanted else marks[cell].value),
                    version=version,
                )
                for cell, version in saved.versions.items()
                if cell.column in columns
            ),
            conflicts=tuple(
                Conflict(
                    holder_id=cell.holder_id,
                    column=cell.column,
                    mine=columns[cell.column].shown(wanted.get(cell)),
                    theirs=columns[cell.column].shown(mark.value),
                    version=mark.version,
                    by=mark.by,
                    at=f"{mark.at.astimezone(clock.COLLEGE_ZONE):%m-%d %H:%M}",
                )
                for cell, mark in saved.conflicts.items()
                if cell.column in columns
            ),
            problems=tuple(problems),
            at=saved.at,
        )

    def _posted(self, sheet: Sheet, submission: Submission, by: Actor) -> Submission:
        started = self._store.now()
        holders = _holders(sheet)
        try:
            posting = self._poster.post(
                sheet.term.term_id,
                students=holders[STUDENT],
                classes=holders[CLASS],
                codes=_codes(sheet),
                cause="sheet",
                posted_by=by.name,
                as_of=self._frames.today(),
            )
        except UserError as error:
            return replace(submission, posting_problem=f"已提交，但尚未入账：{error}")
        self._store.posted(submission.record.sheet_id, at=started)
        record = self._store.record(sheet.key) or submission.record
        return replace(submission, posting=posting, record=record)


def _assumed(sheet: Sheet) -> list[tuple[CellKey, float]]:
    """What is written into cells that hold nothing when a sheet is handed in.

    On the sheet of a lesson that is everything that counts, what the systems know as well: a lesson with a sheet is
    what its sheet says, and nothing else.
    """
    found = []
    for _, column, key in sheet.form.cells():
        cell = sheet.cells.get(key, EMPTY)
        value = cell.known if is_lesson(sheet.key.task) else None
        if value is None and cell.known is None:
            value = column.assumed
        if value is not None and cell.value is None:
            found.append((key, value / column.scale))
    return found


def _holders(sheet: Sheet) -> Mapping[int, frozenset[int] | None]:
    """Whose accounts a sheet changes, by holder; a lesson also tells of the attendance of its class."""
    found = {
        holder: frozenset(row.holder_id for row in sheet.form.rows if row.holder == holder)
        for holder in (STUDENT, CLASS)
    }
    if is_lesson(sheet.key.task) and sheet.unit.class_id is not None:
        found[CLASS] = frozenset({sheet.unit.class_id})
    return {holder: ids or None for holder, ids in found.items()}


def _codes(sheet: Sheet) -> frozenset[str]:
    """Which points a sheet changes."""
    if is_lesson(sheet.key.task):
        return LESSON_POINTS | {FULL_ATTENDANCE}
    return frozenset(point.code for point in (*sheet.points, *sheet.occasional) if not point.is_neutral)
