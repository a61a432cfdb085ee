"""Stored values as pages and the command line ask for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from data_access.access.scope import Scope
from data_access.errors import UnknownNameError, UserError, suggestion
from data_access.readers.attendance import AttendanceReader
from data_access.readers.batches import BatchReader
from data_access.readers.catalogue import StoredPeriod
from data_access.readers.class_roll import ClassRollReader
from data_access.readers.figures import StoredValue
from data_access.readers.narrowing import Below
from data_access.readers.plans import LEVEL_NUMBERS, StoredPlan
from data_access.readers.roster import RosterReader
from data_access.readers.stored import ValueReader
from indicators import standing
from indicators.conversion import (
    course_attendance,
    entity_info,
    indicator_info,
    period_info,
    roster_row,
    value_frame,
    value_point,
)
from indicators.results import (
    Board,
    ClassInfo,
    CourseAttendance,
    DepartmentInfo,
    IndicatorInfo,
    OfferingInfo,
    PeriodInfo,
    Reading,
    RosterRow,
    StudentInfo,
    TermInfo,
    ValueFrame,
    ValuePoint,
)
from indicators.settled import settled, settled_board

_LARGEST_ID: Final = 2**63 - 1
_KIND_ZH: Final[Mapping[str, str]] = {"week": "weekly", "month": "monthly", "term": "term", "year": "yearly"}


class StoredValues:
    """Answers questions about indicator values within a scope; touches facts only for one roster, class or student."""

    def __init__(self, reader: ValueReader, rosters: RosterReader) -> None:
        self.reader = reader
        self.batches = BatchReader(reader)
        self.rosters = rosters
        self.attendance = AttendanceReader(rosters.facts)
        self.rolls = ClassRollReader(rosters.facts)

    # -- one value, one list: the command line ---------------------------------------------------

    def value(self, code: str, entity: str, period_key: str, *, scope: Scope) -> dict[str, Any]:
        """One value with everything that explains it; ``value`` is None where there is no data.

        Args:
            entity: ``type:id`` such as ``offering:1201``; ``school`` needs no id.
            period_key: such as ``2026-2027-1-W11``, or ``latest``.

        Raises:
            UnknownNameError: no such indicator, entity or period.
            UserError: the indicator has no values for that level or kind of period.
        """
        level, entity_id = _entity(entity)
        plans = self.reader.plans(code)
        if not self.reader.exists(level, entity_id, scope=scope):
            raise UnknownNameError(f"There is no {level} with id {entity_id}.")
        plan, period = self._plan_and_period(plans, level, period_key, scope)
        found = self.reader.values(plan, level, period_ids=[period.period_id], scope=scope, entity_ids=[entity_id])
        return self._describe(plan, level, period, found[0] if found else None, entity_id, {})

    def values(self, code: str, level: str, period_key: str, *, scope: Scope) -> list[dict[str, Any]]:
        """All values of a level for one period, as `value` gives them, by entity id.

        Raises:
            UnknownNameError: no such indicator, level or period.
            UserError: the indicator has no values for that level or kind of period.
        """
        if level not in LEVEL_NUMBERS:
            raise UnknownNameError(f"There is no level {level!r}{suggestion(level, LEVEL_NUMBERS)}")
        plan, period = self._plan_and_period(self.reader.plans(code), level, period_key, scope)
        found = self.reader.values(plan, level, period_ids=[period.period_id], scope=scope)
        runs: dict[int, tuple[str, int]] = {}
        return [self._describe(plan, level, period, row, row.entity_id, runs) for row in found]

    def entities(self, level: str, *, search: str = "", scope: Scope) -> list[dict[str, Any]]:
        """Entities of a level as ``entity`` (type:id), ``code`` and ``name``, by id.

        Raises:
            UnknownNameError: no such level.
        """
        if level not in LEVEL_NUMBERS:
            raise UnknownNameError(f"There is no level {level!r}{suggestion(level, LEVEL_NUMBERS)}")
        return [
            {"entity": f"{level}:{row['entity_id']}", "code": row["code"], "name": row["name"]}
            for row in self.reader.entities(level, scope=scope)
            if search in row["code"] or search in row["name"]
        ]

    def _plan_and_period(
        self, plans: Mapping[str, StoredPlan], level: str, period_key: str, scope: Scope
    ) -> tuple[StoredPlan, StoredPeriod]:
        own = next(plan for plan in plans.values() if not plan.so_far)
        if level not in own.levels:
            raise UserError(f"{own.code} has no values for {level!r}. It has them for {', '.join(own.levels)}.")
        if period_key == "latest":
            latest = self.reader.latest(own, level, scope=scope)
            if latest is None:
                raise UnknownNameError(f"{own.code} has no value for any {level} yet.")
            return own, next(p for p in self.reader.periods(own.kind) if p.period_id == latest)
        period = self.reader.period(period_key)
        if period.kind not in plans:
            kinds = " or ".join(_KIND_ZH[kind] for kind in plans)
            raise UserError(
                f"{own.code} is {kinds}; {period_key} is a {period.kind}. Name another period, or 'latest'."
            )
        return plans[period.kind], period

    def _describe(
        self,
        plan: StoredPlan,
        level: str,
        period: StoredPeriod,
        row: StoredValue | None,
        entity_id: int,
        runs: dict[int, tuple[str, int]],
    ) -> dict[str, Any]:
        run_id = None if row is None else row.run_id
        key = run_id or 0
        if key not in runs:
            versions = self.reader.versions(run_id)
            runs[key] = (versions.library_version, versions.data_version)
        return {
            "code": plan.code,
            "entity": f"{level}:{entity_id}",
            "period": period.key,
            "value": None if row is None else row.value,
            "numerator": None if row is None else row.numerator,
            "denominator": None if row is None else row.denominator,
            "rows": 0 if row is None else row.rows,
            "unit": plan.unit,
            "library_version": runs[key][0],
            "data_version": runs[key][1],
        }

    # -- pages ---------------------------------------------------------------------------------

    def indicator(self, code: str) -> IndicatorInfo:
        """The indicator of that code as a page names and judges it.

        Raises:
            UnknownNameError: no such indicator has been computed.
        """
        block = self.reader.definition(code)
        return indicator_info(block, next(iter(self.reader.plans(code).values())).about)

    def terms(self) -> Sequence[TermInfo]:
        """All terms that have begun, oldest first."""
        return [
            TermInfo(key=p.key, label=p.label_zh, start=p.start_date, end=p.end_date)
            for p in self.reader.periods("term")
        ]

    def latest_term(self, code: str, level: str, *, kind: str, scope: Scope) -> str | None:
        """Key of the last term in which some entity of `level` has a value by `kind`; None without any.

        Raises:
            UserError: the indicator has no values of that kind or at that level.
        """
        try:
            plan = self._plan(code, kind)
        except UnknownNameError:  # nothing has been computed yet
            return None
        latest = self.reader.latest(plan, level, scope=scope)
        period = next((p for p in self.reader.periods(kind) if p.period_id == latest), None)
        return None if period is None or period.term_id is None else self._term_keys().get(period.term_id)

    def periods(self, kind: str) -> Sequence[PeriodInfo]:
        """All periods of a kind, oldest first."""
        terms = self._term_keys()
        return [period_info(p, terms) for p in self.reader.periods(kind)]

    def data_date(self) -> dt.date | None:
        """The last day with facts; None before anything was computed."""
        try:
            return self.reader.versions().data_date
        except UnknownNameError:
            return None

    def versions(self) -> tuple[str, str]:
        """Versions of library and data of the latest run; dashes before the first."""
        try:
            found = self.reader.versions()
        except UnknownNameError:
            return ("—", "—")
        return (found.library_version, str(found.data_version))

    def departments(self, *, scope: Scope) -> Sequence[DepartmentInfo]:
        """Departments that teach some course, within the scope, by id."""
        return [
            DepartmentInfo(dept_id=dept_id, name=name)
            for dept_id, name in self.reader.teaching_departments(scope=scope)
        ]

    def matrix(
        self, code: str, level: str, *, kind: str, term_key: str, dept_id: int | None, scope: Scope
    ) -> ValueFrame:
        """Values of every entity of `level` × every period of `kind` in the term; NaN where there is none.

        Entities are those of which the figure may be read.

        Raises:
            UnknownNameError: no such indicator or term.
            UserError: the indicator has no values of that kind or at that level.
        """
        term = self._term(term_key)
        periods = self.reader.periods(kind, term_id=term.term_id)
        plan = self._plan(code, kind)
        of_term = term.term_id if level == "offering" else None
        below: Below | None = None if dept_id is None else ("dept", [dept_id])
        entities = self.reader.named(level, scope=scope, about=plan.about, term_id=of_term, below=below)
        found = self.reader.columns(plan, level, period_ids=[p.period_id for p in periods], scope=scope, below=below)
        return value_frame(found, [entity_info(entity) for entity in entities], periods, self._term_keys())

    def series(
        self, code: str, level: str, entity_id: int, *, kind: str, term_key: str | None, scope: Scope
    ) -> Sequence[ValuePoint]:
        """Values of one entity, one point for every period of `kind` (in the term, if one is given).

        Raises:
            UnknownNameError: no such indicator or term.
            UserError: the indicator has no values of that kind or at that level.
        """
        plan = self._plan(code, kind)
        terms = self._term_keys()
        if term_key is not None and term_key not in terms.values():
            self._term(term_key)  # says what is wrong with it
        periods = [p for p in self.reader.periods(kind) if term_key is None or terms.get(p.term_id or 0) == term_key]
        stored = {
            row.period_id: row
            for row in self.reader.values(
                plan,
                level,
                period_ids=[p.period_id for p in periods],
                scope=scope,
                entity_ids=[entity_id],
            )
        }
        return [value_point(period_info(p, terms), stored.get(p.period_id)) for p in periods]

    def readings(
        self, codes: Sequence[str], level: str, entity_id: int, *, until: dt.date | None, scope: Scope
    ) -> Sequence[Reading]:
        """The indicators of one entity up to their last settled periods; see `indicators.standing.readings`."""
        found = standing.readings(self.batches, codes, level, entity_id, until=until, scope=scope)
        data_date = self.data_date()
        return found if data_date is None else [settled(reading, data_date) for reading in found]

    def board(
        self,
        codes: Sequence[str],
        level: str,
        *,
        term_key: str,
        below: Below | None = None,
        entity_ids: Collection[int] | None = None,
        scope: Scope,
    ) -> Board:
        """Entities of a level side by side over the periods of a term; see `indicators.standing.board`.

        Raises:
            UnknownNameError: no such term.
        """
        term = self._term(term_key)
        return self._settled(
            standing.board(self.batches, codes, level, term=term, below=below, entity_ids=entity_ids, scope=scope)
        )

    def history(
        self,
        codes: Sequence[str],
        level: str,
        *,
        until: dt.date | None,
        last: int,
        below: Below | None = None,
        entity_ids: Collection[int] | None = None,
        scope: Scope,
    ) -> Board:
        """Entities of a level over the last periods of each indicator; see `indicators.standing.history`."""
        return self._settled(
            standing.history(
                self.batches, codes, level, until=until, last=last, below=below, entity_ids=entity_ids, scope=scope
            )
        )

    def _settled(self, board: Board) -> Board:
        """The board with its last settled periods in focus."""
        data_date = self.data_date()
        return board if data_date is None else settled_board(board, data_date)

    def codes_of(self, owners: Collection[str]) -> Sequence[str]:
        """Codes of the indicators for which one of these departments answers."""
        return self.reader.codes_of(owners)

    def offering(self, offering_id: int, *, scope: Scope) -> OfferingInfo | None:
        """The offering, or None where there is none within the scope."""
        found = self.reader.entities("offering", scope=scope, entity_ids=[offering_id])
        if not found:
            return None
        row = found[0]
        term = next((p for p in self.reader.periods("term") if p.period_id == row["term_id"]), None)
        return OfferingInfo(
            offering_id=offering_id,
            course_id=row["course_id"] or 0,
            course_name=row["course_name"] or "",
            class_name=row["class_name"] or "",
            teacher_name=row["teacher_name"] or "",
            dept_id=row["dept_id"] or 0,
            dept_name=row["dept_name"] or "",
            term_key="" if term is None else term.key,
            term_label="" if term is None else term.label_zh,
            enrolled=row["size"] or 0,
            is_whole=self.rosters.is_whole(offering_id, scope=scope),
        )

    def roster(self, offering_id: int, *, scope: Scope) -> Sequence[RosterRow]:
        """The students of an offering, term to date, by student number."""
        return [roster_row(row) for row in self.rosters.roster(offering_id, scope=scope)]

    def class_info(self, class_id: int, *, scope: Scope) -> ClassInfo | None:
        """The class, or None where there is none within the scope."""
        found = self.reader.entities("class", scope=scope, entity_ids=[class_id])
        if not found:
            return None
        carers = self.rolls.carers(class_id, scope=scope)
        return ClassInfo(
            class_id=class_id,
            name=found[0]["name"],
            dept_id=found[0]["dept_id"] or 0,
            dept_name=found[0]["dept_name"] or "",
            major_name=self._major_name(found[0]["major_id"]),
            grade_year=found[0]["grade_year"],
            adviser_name=carers["head_teacher"],
            counsellor_name=carers["counsellor"],
        )

    def members(self, class_ids: Collection[int], *, scope: Scope) -> Sequence[int]:
        """Keys of the students within the scope who are in these classes now, without those who have left."""
        return [student["entity_id"] for student in self.rolls.members(class_ids, scope=scope)]

    def student(self, student_id: int, *, scope: Scope) -> StudentInfo | None:
        """The student, or None where there is none within the scope."""
        found = self.reader.entities("student", scope=scope, entity_ids=[student_id])
        if not found:
            return None
        return StudentInfo(
            student_id=student_id,
            student_no=found[0]["code"],
            class_id=found[0]["class_id"],
            class_name=found[0]["class_name"] or "",
            major_name=self._major_name(found[0]["major_id"]),
            dept_name=found[0]["dept_name"] or "",
        )

    def attendance_of(self, student_id: int, *, term_key: str, scope: Scope) -> Sequence[CourseAttendance]:
        """The offerings of a student in a term, by course; none where their attendance is not within the scope.

        Raises:
            UnknownNameError: no such term.
        """
        term_id = self._term(term_key).period_id
        rows = self.attendance.attendance_of(student_id, term_id=term_id, scope=scope)
        return [course_attendance(row) for row in rows]

    def _major_name(self, major_id: int | None) -> str:
        if major_id is None:
            return ""
        above = Scope.all("name of the major of a class or student in scope")
        return next((row.name for row in self.reader.named("major", scope=above, entity_ids=[major_id])), "")

    def _plan(self, code: str, kind: str) -> StoredPlan:
        plans = self.reader.plans(code)
        if kind not in plans:
            raise UserError(f"{code} has no values by {kind}. It has them by {', '.join(plans)}.")
        return plans[kind]

    def _term(self, term_key: str) -> StoredPeriod:
        found = self.reader.period(term_key)
        if found.kind != "term":
            raise UnknownNameError(f"{term_key!r} is not a term.")
        return found

    def _term_keys(self) -> Mapping[int, str]:
        return {p.period_id: p.key for p in self.reader.periods("term")}


def _entity(text: str) -> tuple[str, int]:
    level, _, number = text.partition(":")
    if level == "school" and not number:
        number = "1"
    if level not in LEVEL_NUMBERS:
        raise UnknownNameError(f"There is no entity type {level!r}{suggestion(level, LEVEL_NUMBERS)}")
    if not (number.isascii() and number.isdecimal()):
        raise UserError(f"An entity is written TYPE:ID, for example offering:1201. Got {text!r}.")
    if int(number) > _LARGEST_ID:
        raise UnknownNameError(f"There is no {level} with id {number}.")
    return level, int(number)
