"""The frame of an entry sheet: whose it is, what it asks of whom, and what the systems know of it already."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from data_access import clock
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from data_access.errors import UserError
from data_access.growth_card.cells import CLASS, EMPTY, Cell, CellKey, SheetForm
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_store import SheetRecord, SheetStore
from data_access.growth_card.sheet_units import SECTION_UNIT, SheetKey, Unit
from indicators.growth_card.collection import (
    Demand,
    Trait,
    demands,
    grade_in,
    input_of,
    is_lesson,
    is_week,
    week_of,
)
from indicators.growth_card.points import RAW, Card, Collector, Point, Rule
from indicators.growth_card.sheet_layout import LESSON, STATUSES, columns_of
from indicators.growth_card.slots import CardTerm

PHYSICAL_WORD: Final = "体育"
"""How the name of a course of physical education begins."""
NOT_YOURS: Final = "没有这张采分表，或不由您录入。"
_POSTED_FROM: Final = "系统采集"


class NoSheetError(UserError):
    """There is no such sheet, or it is not the viewer's: nobody learns which."""

    def __init__(self) -> None:
        super().__init__(NOT_YOURS)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A sheet as its collector sees it.

    Attributes:
        unit: the class or section.
        title: such as 机电2401班 · 第11周.
        time_point: 采分时点 in the words of the plan.
        begins_on: first day on which anything can be entered; opens_on: likewise handed in.
        due_on: last day on which handing it in is in time.
        points: what is asked for; `occasional`: what may be entered where it has happened.
        form: columns and rows.
        cells: what the cells hold; one that is missing holds nothing.
        record: None before anybody has written into it.
        is_frozen: True where nothing can be entered any more; `notice` says what can be done instead.
    """

    key: SheetKey
    unit: Unit
    term: CardTerm
    title: str
    time_point: str
    begins_on: dt.date
    opens_on: dt.date
    due_on: dt.date
    points: tuple[Point, ...]
    occasional: tuple[Point, ...]
    form: SheetForm = field(repr=False)
    cells: Mapping[CellKey, Cell] = field(repr=False)
    record: SheetRecord | None = None
    is_frozen: bool = False
    notice: str = ""

    def blanks(self) -> list[CellKey]:
        """The required cells in which nothing stands, is known or is assumed.

        Of one that was filled in and emptied again, by hand or by taking back, what the systems know counts as before.
        """
        return [
            key
            for _, column, key in self.form.cells()
            if column.is_required
            and column.assumed is None
            and (cell := self.cells.get(key, EMPTY)).value is None
            and cell.known is None
        ]

    def is_brought(self) -> bool:
        """True where the systems have brought what is asked for: nobody has to hand it in, whoever does corrects it."""
        known = {key.column for key, cell in self.cells.items() if cell.known is not None}
        asked = [column for column in self.form.columns if column.is_required]
        return bool(asked) and all(column.key in known for column in asked)

    def filled(self) -> int:
        """How many cells somebody has filled in."""
        return sum(cell.value is not None for cell in self.cells.values())


class SheetFrames:
    """Frames of sheets for those who fill them in; safe to share between threads.

    Args:
        card: the points.
        terms: the terms by which accounts are kept.
        store: where sheets are kept.
        rows: who stands in them.
        today: the current day.
    """

    def __init__(
        self,
        card: Card,
        terms: Callable[[], Sequence[CardTerm]],
        store: SheetStore,
        rows: SheetRows,
        *,
        today: Callable[[], dt.date] = clock.today,
    ) -> None:
        self._card = card
        self._terms = terms
        self._store = store
        self._rows = rows
        self.today = today

    def unit(self, key: SheetKey, viewer: Viewer) -> tuple[Unit, CardTerm]:
        """The unit and the term of a sheet.

        Raises:
            NoSheetError: there is none, or it is not the viewer's.
        """
        term = next((term for term in self._terms() if term.term_id == key.term_id), None)
        if term is None or not viewer.may(Permission.ENTRY_RECORD):
            raise NoSheetError
        unit = self._store.unit(key, viewer)
        if unit is None:
            raise NoSheetError
        return unit, term

    def _demand(self, key: SheetKey, unit: Unit, term: CardTerm) -> Demand:
        """What is asked for; of a lesson, what its week asks for."""
        task = key.task
        if is_lesson(task):
            day = day_of(task)
            number = None if day is None or key.collector != Collector.TEACHER.value else week_of(term, day)
            if number is None:
                raise NoSheetError
            task = term.weeks[number].key.rsplit("-", 1)[-1]
        elif is_week(task) and unit.level == SECTION_UNIT:
            raise NoSheetError  # a section's week is entered lesson by lesson
        grade = grade_in(term, unit.grade_year or term.acad_start)
        owed = demands(self._card, term, Collector(key.collector), grade=grade, traits=self._traits(unit))
        found = next((demand for demand in owed if demand.task == task), None)
        if found is None:
            raise NoSheetError
        return found

    def _traits(self, unit: Unit) -> frozenset[Trait]:
        if unit.course_id is None or unit.level != SECTION_UNIT:
            return frozenset()
        return traits_of(self._rows.traits([unit.course_id]).get(unit.course_id))

    def frame(self, key: SheetKey, viewer: Viewer, *, with_known: bool = True) -> Sheet:
        """The sheet without what people have entered; its cells hold what the systems know.

        Raises:
            NoSheetError: there is none, or it is not the viewer's.
        """
        unit, term = self.unit(key, viewer)
        demand = self._demand(key, unit, term)
        columns = LESSON if is_lesson(key.task) else columns_of(demand)
        form = SheetForm(
            columns=columns, rows=self._rows.rows(unit, with_class=any(c.holder == CLASS for c in columns))
        )
        is_frozen = term.is_frozen(self.today())
        return Sheet(
            key=key,
            unit=unit,
            term=term,
            title=_title(unit, key, demand),
            time_point=demand.time_point,
            begins_on=demand.begins_on,
            opens_on=demand.opens_on,
            due_on=demand.due_on,
            points=demand.points,
            occasional=demand.occasional,
            form=form,
            cells=self._known(key, demand, form) if with_known else {},
            is_frozen=is_frozen,
            notice=_frozen(term) if is_frozen else "",
        )

    def _known(self, key: SheetKey, demand: Demand, form: SheetForm) -> Mapping[CellKey, Cell]:
        if is_lesson(key.task):
            day = day_of(key.task)
            return {} if day is None else self._rows.lesson(key.unit_id, day, term_id=key.term_id, words=STATUSES)
        # Of a plan the ledger keeps one number for several inputs, which tells none of them.
        asked = {p.code for p in (*demand.points, *demand.occasional) if p.rule is not Rule.PLAN}
        raw = self._rows.known(form.rows, term_id=key.term_id, slot=key.task, points=asked)
        return {
            cell: Cell(known=column.shown(raw[row.holder, row.holder_id, column.point]), known_from=_POSTED_FROM)
            for row, column, cell in form.cells()
            if input_of(column.key)[1] == RAW and (row.holder, row.holder_id, column.point) in raw
        }


def traits_of(course: tuple[str, bool, bool] | None) -> frozenset[Trait]:
    """What makes a course one whose grades are collected, from its name and its marks in the course list."""
    if course is None:
        return frozenset()
    name, is_ideology, is_innovation = course
    found = {Trait.IDEOLOGY} if is_ideology else set()
    found |= {Trait.INNOVATION} if is_innovation else set()
    return frozenset(found | ({Trait.PHYSICAL} if name.startswith(PHYSICAL_WORD) else set()))


def day_of(task: str) -> dt.date | None:
    """The day of a lesson's task; None for what is none."""
    try:
        return dt.datetime.strptime(task, "%Y%m%d").date()  # noqa: DTZ007 (a date alone)
    except ValueError:
        return None


def _title(unit: Unit, key: SheetKey, demand: Demand) -> str:
    name = f"{unit.course_name} · {unit.class_name}" if unit.level == SECTION_UNIT else unit.name
    day = day_of(key.task) if is_lesson(key.task) else None
    return f"{name} · {demand.label}" if day is None else f"{name} · {day.month}月{day.day}日"


def _frozen(term: CardTerm) -> str:
    return (
        f"{term.key} 学期的储值卡已于 {term.freezes_on:%Y-%m-%d} 冻结，不再录入。"
        "个别流水有误，请由学生在申诉期内申诉，成立后以冲正更正。"
    )
