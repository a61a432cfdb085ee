"""Stored values as pages and the command line ask for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data_access.access.scope import Scope
from data_access.errors import UnknownNameError, UserError, suggestion
from data_access.readers.roster import RosterReader
from data_access.readers.stored import LEVEL_NUMBERS, StoredPeriod, StoredPlan, StoredValue, ValueReader
from indicators.model import PERIOD_WORDS
from indicators.results import (
    Absence,
    DepartmentInfo,
    EntityInfo,
    IndicatorInfo,
    Line,
    OfferingInfo,
    PeriodInfo,
    RosterRow,
    TermInfo,
    ValueFrame,
    ValuePoint,
)

_LARGEST_ID: Final = 2**63 - 1
_KIND_ZH: Final[Mapping[str, str]] = {"week": "weekly", "month": "monthly", "term": "term", "year": "yearly"}


class StoredValues:
    """Answers questions about indicator values within a scope; never touches facts but for one roster."""

    def __init__(self, reader: ValueReader, rosters: RosterReader) -> None:
        self.reader = reader
        self.rosters = rosters

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
        return IndicatorInfo(
            code=code,
            name_zh=block["name_zh"],
            unit=str(block["unit"]),
            direction=block["direction"],
            target=_line(block["target"]),
            warning=_line(block["warning"]),
            alert=_line(block["alert"]),
            definition_zh=block["definition_zh"],
            period=str(PERIOD_WORDS[block["period"]]),
            formula=block["formula"],
            source=block["source_system"],
        )

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
        return [_period(p, terms) for p in self.reader.periods(kind)]

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

        Raises:
            UnknownNameError: no such indicator or term.
            UserError: the indicator has no values of that kind or at that level.
        """
        term = self._term(term_key)
        periods = self.reader.periods(kind, term_id=term.term_id)
        plan = self._plan(code, kind)
        of_term = term.term_id if level == "offering" else None
        entities = self.reader.named(level, scope=scope, term_id=of_term, dept_id=dept_id)
        found = self.reader.columns(
            plan, level, period_ids=[p.period_id for p in periods], scope=scope, dept_id=dept_id
        )
        row, has_row = _positions(np.array([entity.entity_id for entity in entities], dtype=np.int64), found.entity_id)
        column, has_column = _positions(np.array([p.period_id for p in periods], dtype=np.int64), found.period_id)
        known = has_row & has_column
        at = (row[known], column[known])
        shape = (len(entities), len(periods))
        value, numerator, denominator = (np.full(shape, np.nan) for _ in range(3))
        counts = np.zeros(shape, dtype=np.int64)
        value[at], numerator[at], denominator[at] = found.value[known], found.numerator[known], found.denominator[known]
        counts[at] = found.rows[known]
        terms = self._term_keys()
        return ValueFrame(
            entities=tuple(
                EntityInfo(
                    entity_id=entity.entity_id,
                    name=entity.name,
                    dept_name=entity.dept_name or "",
                    course_name=entity.course_name or "",
                    class_name=entity.class_name or "",
                    teacher_name=entity.teacher_name or "",
                )
                for entity in entities
            ),
            periods=tuple(_period(p, terms) for p in periods),
            value=value,
            numerator=numerator,
            denominator=denominator,
            rows=counts,
        )

    def series(
        self, code: str, level: str, entity_id: int, *, kind: str, term_key: str | None, scope: Scope
    ) -> Sequence[ValuePoint]:
        """Values of one entity, one point for every period of `kind` (in the term, if one is given).

        Raises:
            UnknownNameError: no such indicator or term.
            UserError: the indicator has no values of that kind or at that level.
        """
        term_id = None if term_key is None else self._term(term_key).term_id
        periods = self.reader.periods(kind, term_id=term_id)
        stored = {
            row.period_id: row
            for row in self.reader.values(
                self._plan(code, kind),
                level,
                period_ids=[p.period_id for p in periods],
                scope=scope,
                entity_ids=[entity_id],
            )
        }
        terms = self._term_keys()
        points = []
        for period in periods:
            row = stored.get(period.period_id)
            points.append(
                ValuePoint(
                    period=_period(period, terms),
                    value=None if row is None else row.value,
                    numerator=None if row is None else row.numerator,
                    denominator=None if row is None else row.denominator,
                    rows=0 if row is None else row.rows,
                )
            )
        return points

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
        )

    def roster(self, offering_id: int, *, scope: Scope) -> Sequence[RosterRow]:
        """The students of an offering, term to date, by student number."""
        return [_roster_row(row) for row in self.rosters.roster(offering_id, scope=scope)]

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


def _positions(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of `wanted` stands in `keys` (distinct, in any order), and whether it is there at all."""
    if not keys.size:
        return np.zeros(wanted.shape, dtype=np.intp), np.zeros(wanted.shape, dtype=np.bool_)
    order = np.argsort(keys)
    place = order[np.searchsorted(keys, wanted, sorter=order).clip(max=keys.size - 1)]
    return place, keys[place] == wanted


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


def _line(value: Any) -> Line:
    return (float(value[0]), float(value[1])) if isinstance(value, list) else float(value)


def _period(period: StoredPeriod, terms: Mapping[int, str]) -> PeriodInfo:
    digits = {"year": 10_000, "term": 10}.get(period.kind, 100)
    return PeriodInfo(
        kind=period.kind,
        key=period.key,
        label=period.label_zh,
        start=period.start_date,
        end=period.end_date,
        ordinal=period.period_id % digits,
        term_key=None if period.term_id is None else terms.get(period.term_id),
    )


def _roster_row(row: Mapping[str, Any]) -> RosterRow:
    def rate(part: int, whole: int) -> float | None:
        return 100 * part / whole if whole else None

    return RosterRow(
        student_id=row["student_id"],
        student_no=row["student_no"],
        class_name=row["class_name"],
        due=row["due"],
        present=row["present"],
        absent=row["absent"],
        late=row["late"],
        leave=row["leave"],
        attendance_rate=rate(row["present"], row["due"]),
        participation_rate=rate(row["participated"], row["present"]),
        homework_rate=rate(row["homework_done"], row["homework_due"]),
        absences=tuple(Absence(day=_day(a["date_id"]), status=a["status"]) for a in row["absences"] or ()),
    )


def _day(date_id: int) -> dt.date:
    return dt.date(date_id // 10000, date_id // 100 % 100, date_id % 100)
