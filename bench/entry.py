"""How long entry takes: due lists of people who have few and many sheets, opening a sheet, saving 50 × 5 cells."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterator
from itertools import count

from sqlalchemy import Engine, func, select

from bench.college import Bench, median
from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.viewer import Post, Viewer, viewer_of
from data_access.clock import today
from data_access.database.models import Entity
from data_access.growth_card.cells import EMPTY, STUDENT, CellEdit
from data_access.growth_card.entry_state import EntryStates
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_store import SheetStore
from data_access.growth_card.sheet_units import SheetKey
from indicators.growth_card.calendar import running
from indicators.growth_card.entry_board import EntryBoards
from indicators.growth_card.posting import Poster
from indicators.growth_card.sheet_frames import Sheet, SheetFrames
from indicators.growth_card.sheets import Sheets
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.tasks import EntryTasks
from indicators.growth_card.timeliness import By, Timeliness

STUDENTS, COLUMNS = 50, 5
BY = Actor("benchmark", None)


def entry(bench: Bench) -> Iterator[str]:
    """Server time of what collectors ask most, warm; saves are as many commits, with the disk they wait for."""
    poster, store = Poster(bench.lake), SheetStore(bench.database, AuditLog(bench.database))
    term = running(poster.terms(), today())
    if term is None:
        raise RuntimeError("The college has no term that has begun.")
    # Near the end of the term every kind of sheet stands open.
    on = term.end - dt.timedelta(days=5)
    rows, states = SheetRows(bench.values.rosters), EntryStates(bench.values.reader)
    boards = EntryBoards(poster.card, states, rows)
    frames = SheetFrames(poster.card, poster.terms, store, rows, today=lambda: on)
    sheets = Sheets(frames, store, rows, poster)
    tasks = EntryTasks(poster.card, poster.terms, boards, states)
    timeliness = Timeliness(poster.card, poster.terms, boards, states)
    teacher = _viewer(Role.TEACHER, "teacher", _busiest(bench.database, term))
    affairs, quality = _viewer(Role.STUDENT_AFFAIRS, "school", 1), _viewer(Role.QUALITY_OFFICE, "school", 1)
    key = SheetKey(collector="学工办", unit_id=_largest(bench.database), term_id=term.term_id, task="term")
    reads = {
        "due list of a teacher": lambda: tasks.of(teacher, on=on),
        "due list of 学工办 of the college": lambda: tasks.of(affairs, on=on),
        "the same by time point": lambda: tasks.groups(affairs, on=on),
        "timeliness of the college": lambda: timeliness.rates(
            (By.COLLECTOR, By.TIME), term_key=None, on=on, viewer=quality
        ),
        "a sheet opened": lambda: sheets.open(key, viewer=affairs),
    }
    yield "entry (server time, warm):"
    for name, read in reads.items():
        yield f"  {name:36} {1000 * median(read, 10):6.1f} ms"
    yield _saves(sheets, key, affairs)


def _saves(sheets: Sheets, key: SheetKey, viewer: Viewer) -> str:
    numbers, taken, cells = count(), [], 0
    for _ in range(10):
        edits = _edits(sheets.open(key, viewer=viewer), next(numbers))
        start = time.perf_counter()
        saved = sheets.save(key, edits, viewer=viewer, by=BY)
        taken.append(time.perf_counter() - start)
        cells = len(saved.saved)
    slow = statistics.quantiles(taken, n=20)[-1]
    return f"  {f'{cells} cells saved':36} {1000 * statistics.median(taken):6.1f} ms, p95 {1000 * slow:.1f} ms"


def _edits(sheet: Sheet, number: int) -> list[CellEdit]:
    """A value for each of so many cells that differs from the one before."""
    columns = [column for column in sheet.form.columns if column.holder == STUDENT][:COLUMNS]
    students = [row for row in sheet.form.rows if row.holder == STUDENT][:STUDENTS]
    held = {(key.holder_id, key.column): cell for key, cell in sheet.cells.items()}
    return [
        CellEdit(
            holder_id=row.holder_id,
            column=column.key,
            value=float(60 + number),
            base_version=held.get((row.holder_id, column.key), EMPTY).version,
        )
        for row in students
        for column in columns
    ]


def _viewer(role: Role, level: str, node: int) -> Viewer:
    post = Post(role=role, node_level=level, node_id=node, valid_from=dt.date(2020, 1, 1), node_name="benchmark")
    viewer = viewer_of([post], on=today(), account_id=1, username=BY.name, name=BY.name)
    if not viewer.permissions & {Permission.ENTRY_RECORD, Permission.ENTRY_OVERSEE}:
        raise RuntimeError(f"{role} has nothing to do with entry.")
    return viewer


def _busiest(database: Engine, term: CardTerm) -> int:
    """The teacher with most sections of the term."""
    sections = (
        select(Entity.teacher_id)
        .where(Entity.level == "offering", Entity.term_id == term.term_id, Entity.teacher_id.is_not(None))
        .group_by(Entity.teacher_id)
        .order_by(func.count().desc())
    )
    with database.connect() as connection:
        return int(connection.execute(sections.limit(1)).scalar_one() or 0)


def _largest(database: Engine) -> int:
    """The class with most students."""
    classes = (
        select(Entity.class_id)
        .where(Entity.level == "student", Entity.class_id.is_not(None), Entity.grade_year >= today().year - 2)
        .group_by(Entity.class_id)
        .order_by(func.count().desc())
    )
    with database.connect() as connection:
        return int(connection.execute(classes.limit(1)).scalar_one() or 0)
