"""Reading stored values: plans, periods, entities and the numbers themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, literal, select
from sqlalchemy.orm import aliased

from data_access.access.privacy import PLAIN, Subject
from data_access.access.scope import Scope
from data_access.database.models import ComputeRun, Entity, IndicatorEntry, IndicatorPlan, Measure, Period
from data_access.errors import UnknownNameError, UserError, suggestion
from data_access.readers.expressions import to_sql
from data_access.readers.figures import StoredValue, ValueColumns, judged_columns, judged_rows
from data_access.readers.plans import LEVEL_NUMBERS, StoredPlan, stored_plan
from data_access.readers.small_groups import is_judged, judge

Query = Select[*tuple[Any, ...]]
"""A select of any columns."""
Below = tuple[str, Collection[int]]
"""Nodes of the organisation below which entities lie, such as ``("class", {12})``."""


_PART_ROWS: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredPeriod:
    """A period that has begun."""

    kind: str
    period_id: int
    key: str
    label_zh: str
    start_date: dt.date
    end_date: dt.date
    term_id: int | None


class NamedEntity(NamedTuple):
    """An entity and the names of its ancestors, None where it has none."""

    entity_id: int
    name: str
    dept_name: str | None
    course_name: str | None
    class_name: str | None
    teacher_name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunVersions:
    """Versions behind stored rows."""

    run_id: int
    library_version: str
    data_version: int
    data_date: dt.date | None


class ValueReader:
    """Reads of stored values; one connection per call, nothing kept between calls."""

    def __init__(self, database: Engine) -> None:
        self.database = database

    def definition(self, code: str) -> Mapping[str, Any]:
        """The indicator's block of the library, as it was when the values were computed.

        Raises:
            UnknownNameError: no such indicator has been computed.
        """
        with self.database.connect() as connection:
            found = connection.execute(select(IndicatorEntry.definition).where(IndicatorEntry.code == code)).scalar()
            if found is not None:
                return found
            codes = connection.execute(select(IndicatorEntry.code)).scalars().all()
        if not codes:
            raise UnknownNameError("Nothing has been computed yet. Run 'luoxuan compute' first.")
        raise UnknownNameError(f"There is no indicator {code!r}{suggestion(code, codes)}")

    def plans(self, code: str) -> Mapping[str, StoredPlan]:
        """How the indicator is read, by kind of period.

        Raises:
            UnknownNameError: no such indicator has been computed.
        """
        definition = self.definition(code)
        with self.database.connect() as connection:
            rows = (
                connection.execute(select(IndicatorPlan.__table__).where(IndicatorPlan.code == code)).mappings().all()
            )
        return {row["kind"]: stored_plan(dict(row), definition) for row in rows}

    def own_plans(self, codes: Collection[str]) -> Mapping[str, tuple[Mapping[str, Any], StoredPlan]]:
        """Definition and plan by an indicator's own kind of period, for those of `codes` that have been computed."""
        query = (
            select(IndicatorEntry.definition, *IndicatorPlan.__table__.columns)
            .join(IndicatorEntry, IndicatorEntry.code == IndicatorPlan.code)
            .where(IndicatorPlan.code.in_(codes), IndicatorPlan.so_far.is_(False))
        )
        with self.database.connect() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return {row["code"]: (definition := row.pop("definition"), stored_plan(row, definition)) for row in rows}

    def codes_of(self, owners: Collection[str]) -> list[str]:
        """Codes of the indicators for which one of these departments answers, in order."""
        query = select(IndicatorEntry.code, IndicatorEntry.definition).order_by(IndicatorEntry.code)
        with self.database.connect() as connection:
            return [code for code, block in connection.execute(query).all() if block["department"] in owners]

    def period(self, key: str) -> StoredPeriod:
        """The period of that key, such as ``2026-2027-1-W11``, ``2026-11``, ``2026-2027-1`` or ``2026``.

        Raises:
            UnknownNameError: there is no such period, or it has not begun.
        """
        with self.database.connect() as connection:
            row = connection.execute(select(Period.__table__).where(Period.key == key)).mappings().first()
            if row is not None:
                return StoredPeriod(**row)
            keys = connection.execute(select(Period.key)).scalars().all()
        raise UnknownNameError(f"There is no period {key!r} with values{suggestion(key, keys)}")

    def periods(self, kind: str, *, term_id: int | None = None) -> list[StoredPeriod]:
        """All periods of a kind, of one term if given, oldest first."""
        query = select(Period.__table__).where(Period.kind == kind).order_by(Period.start_date)
        if term_id is not None:
            query = query.where(Period.term_id == term_id)
        with self.database.connect() as connection:
            return [StoredPeriod(**row) for row in connection.execute(query).mappings()]

    def calendar(self, kinds: Collection[str]) -> Mapping[str, list[StoredPeriod]]:
        """All periods of several kinds by kind, each oldest first: one question where pages need them all."""
        found: dict[str, list[StoredPeriod]] = {kind: [] for kind in kinds}
        query = select(Period.__table__).where(Period.kind.in_(kinds)).order_by(Period.start_date)
        with self.database.connect() as connection:
            for row in connection.execute(query).mappings():
                found[row["kind"]].append(StoredPeriod(**row))
        return found

    def exists(self, level: str, entity_id: int, *, scope: Scope, about: Subject = PLAIN) -> bool:
        """True where the entity exists within the scope, for a figure about `about` if one is named."""
        if not scope.admits(level, about):
            return False
        query = select(Entity.entity_id).where(Entity.entity_id == entity_id, scope.rows(level, about))
        with self.database.connect() as connection:
            return connection.execute(query).first() is not None

    def values(
        self,
        plan: StoredPlan,
        level: str,
        *,
        period_ids: Sequence[int],
        scope: Scope,
        entity_ids: Collection[int] | None = None,
    ) -> list[StoredValue]:
        """Stored values of a level for the given periods, by entity and period.

        Sensitive figures of groups that are withheld come as suppressed rows without any number.

        Raises:
            UserError: the indicator has no values at that level.
        """
        query: Query = select(*_numbers(plan, level, scope), Measure.run_id).where(
            _of(plan, level), Measure.period_id.in_(period_ids)
        )
        if not scope.admits(level, plan.about):
            return []
        query = _within(query.order_by(Measure.entity_id, Measure.period_id), plan, level, scope, None)
        if entity_ids is not None:
            query = query.where(Measure.entity_id.in_(entity_ids))
        with self._snapshot() as connection:
            rows = [StoredValue(*row) for row in connection.execute(query).all()]
            if not is_judged(plan, level, scope):
                return rows
            wanted = _groups(level, plan, scope, below=None, entity_ids=entity_ids)
            judgement = judge(connection, plan, level, period_ids=period_ids, scope=scope, wanted=wanted)
        return judged_rows(rows, judgement)

    def columns(
        self,
        plan: StoredPlan,
        level: str,
        *,
        period_ids: Sequence[int],
        scope: Scope,
        below: Below | None = None,
        entity_ids: Collection[int] | None = None,
    ) -> ValueColumns:
        """The same as `values`, for whole pages of numbers: unsorted, and without an object a number.

        Sorting 16,000 rows by entity costs three times as much as reading them.

        Raises:
            UserError: the indicator has no values at that level.
        """
        query: Query = select(*_numbers(plan, level, scope)).where(_of(plan, level), Measure.period_id.in_(period_ids))
        if entity_ids is not None:
            query = query.where(Measure.entity_id.in_(entity_ids))
        columns: tuple[list[Any], ...] = ([], [], [], [], [], [])
        judgement = None
        if scope.admits(level, plan.about):
            query = _within(query, plan, level, scope, below)
            with self._snapshot() as connection:
                # In parts: many rows alive at once have the garbage collector go through the whole process.
                for rows in connection.execute(query).partitions(_PART_ROWS):
                    for column, part in zip(columns, zip(*rows, strict=True), strict=True):
                        column.extend(part)
                if is_judged(plan, level, scope):
                    wanted = _groups(level, plan, scope, below=below, entity_ids=entity_ids)
                    judgement = judge(connection, plan, level, period_ids=period_ids, scope=scope, wanted=wanted)
        entity_id, period_id, value, numerator, denominator, counts = columns
        found = ValueColumns(
            entity_id=np.array(entity_id, dtype=np.int64),
            period_id=np.array(period_id, dtype=np.int64),
            value=np.array(value, dtype=np.float64),  # None becomes NaN
            numerator=np.array(numerator, dtype=np.float64),
            denominator=np.array(denominator, dtype=np.float64),
            rows=np.array(counts, dtype=np.int64),
            suppressed=np.zeros(len(entity_id), dtype=np.bool_),
        )
        return found if judgement is None else judged_columns(found, judgement)

    def latest(self, plan: StoredPlan, level: str, *, scope: Scope) -> int | None:
        """Id of the latest period for which some entity of the level has a value that may be read."""
        query = (
            select(Measure.period_id)
            .where(_of(plan, level), to_sql(plan.value).is_not(None))
            .order_by(Measure.period_id.desc())
        )
        if not scope.admits(level, plan.about):
            return None
        query = _within(query, plan, level, scope, None)
        if not is_judged(plan, level, scope):
            with self.database.connect() as connection:
                found: int | None = connection.execute(query.limit(1)).scalar()
            return found
        with self.database.connect() as connection:
            periods = connection.execute(query.distinct()).scalars().all()
        return next(
            (
                period_id
                for period_id in periods
                if np.isfinite(self.columns(plan, level, period_ids=[period_id], scope=scope).value).any()
            ),
            None,
        )

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """A connection whose statements all see the same state: what is judged is what is shown."""
        with self.database.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def versions(self, run_id: int | None = None) -> RunVersions:
        """Versions of one run, of the latest finished one unless another is named.

        Raises:
            UnknownNameError: nothing has been computed yet.
        """
        query = select(
            ComputeRun.run_id, ComputeRun.library_version, ComputeRun.data_version, ComputeRun.data_date
        ).where(ComputeRun.finished_at.is_not(None) if run_id is None else ComputeRun.run_id == run_id)
        with self.database.connect() as connection:
            row = connection.execute(query.order_by(ComputeRun.run_id.desc()).limit(1)).mappings().first()
        if row is None:
            raise UnknownNameError("Nothing has been computed yet. Run 'luoxuan compute' first.")
        return RunVersions(**row)

    def entities(
        self,
        level: str,
        *,
        scope: Scope,
        about: Subject = PLAIN,
        term_id: int | None = None,
        below: Below | None = None,
        entity_ids: Collection[int] | None = None,
    ) -> list[Mapping[str, Any]]:
        """Entities of a level with the names of their ancestors, by id.

        Keys: every column of `Entity`, and ``dept_name``, ``course_name``, ``class_name``, ``teacher_name``
        (None where there is none).

        Args:
            level: kind of entities.
            scope: what may be read.
            about: only those of which a figure about it may be read.
            term_id: only offerings of that term.
            below: only those below these nodes.
            entity_ids: only these.
        """
        if not scope.admits(level, about):
            return []
        own = _ENTITIES.where(scope.rows(level, about))
        query = _narrowed(own, term_id=term_id, below=below, entity_ids=entity_ids)
        with self.database.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def named(
        self,
        level: str,
        *,
        scope: Scope,
        about: Subject = PLAIN,
        term_id: int | None = None,
        below: Below | None = None,
        entity_ids: Collection[int] | None = None,
    ) -> list[NamedEntity]:
        """The same entities as `entities`, by id, with nothing but their names; half its cost."""
        if not scope.admits(level, about):
            return []
        own = _NAMED.where(scope.rows(level, about))
        query = _narrowed(own, term_id=term_id, below=below, entity_ids=entity_ids)
        with self.database.connect() as connection:
            return [NamedEntity._make(row) for row in connection.execute(query).all()]

    def teaching_departments(self, *, scope: Scope) -> list[tuple[int, str]]:
        """Id and name of the departments within the scope that some course within it belongs to, by id."""
        if not (scope.admits("dept") and scope.admits("course")):
            return []
        teaching = select(Entity.dept_id).where(scope.rows("course")).correlate(None)
        query = select(Entity.entity_id, Entity.name).where(Entity.entity_id.in_(teaching), scope.rows("dept"))
        with self.database.connect() as connection:
            return [(row[0], row[1]) for row in connection.execute(query.order_by(Entity.entity_id)).all()]


def _numbers(plan: StoredPlan, level: str, scope: Scope) -> tuple[ColumnElement[Any], ...]:
    return (
        Measure.entity_id.expression,
        Measure.period_id.expression,
        to_sql(plan.value),
        to_sql(plan.numerator),
        to_sql(plan.denominator),
        Measure.rows.expression if scope.may_count(level, plan.about, plan.row_topics) else literal(0),
    )


def _groups(
    level: str, plan: StoredPlan, scope: Scope, *, below: Below | None, entity_ids: Collection[int] | None
) -> Select[int]:
    """Ids of the groups within the scope, narrowed as the values asked for are."""
    query = select(Entity.entity_id).where(scope.rows(level, plan.about))
    if entity_ids is not None:
        query = query.where(Entity.entity_id.in_(entity_ids))
    return query if below is None else query.where(_lies_below(below))


def _with_ancestors(query: Query) -> Query:
    """Entities by id, with the names of their ancestors as columns."""
    query = query.order_by(Entity.entity_id)
    for name in ("dept", "course", "class", "teacher"):
        parent = aliased(Entity)
        own = getattr(Entity, f"{name}_id")
        query = query.outerjoin(parent, and_(parent.level == name, parent.entity_id == own))
        query = query.add_columns(parent.name.label(f"{name}_name"))
    return query


_ENTITIES: Final = _with_ancestors(select(*Entity.__table__.columns))
_NAMED: Final = _with_ancestors(select(Entity.entity_id, Entity.name))
"""Built once: to write these joins takes longer than to answer them."""


def _narrowed(query: Query, *, term_id: int | None, below: Below | None, entity_ids: Collection[int] | None) -> Query:
    """Entities narrowed as asked."""
    if term_id is not None:
        query = query.where(Entity.term_id == term_id)
    if entity_ids is not None:
        query = query.where(Entity.entity_id.in_(entity_ids))
    return query if below is None else query.where(_lies_below(below))


def _lies_below(below: Below) -> ColumnElement[bool]:
    level, ids = below
    column: ColumnElement[Any] = Entity.__table__.columns[f"{level}_id"]
    return column.in_(ids)


def _of(plan: StoredPlan, level: str) -> ColumnElement[bool]:
    if level not in plan.levels:
        raise UserError(f"{plan.code} has no values for {level!r}. It has them for {', '.join(plan.levels)}.")
    return and_(Measure.family_id == plan.family_id, Measure.level == LEVEL_NUMBERS[level])


def _within(query: Query, plan: StoredPlan, level: str, scope: Scope, below: Below | None) -> Query:
    """Joins the entities only where the scope or the nodes asked for narrow the rows."""
    if scope.is_unlimited(level, plan.about) and below is None:
        return query
    query = query.join(Entity, and_(Entity.level == level, Entity.entity_id == Measure.entity_id))
    query = query.where(scope.rows(level, plan.about))
    return query if below is None else query.where(_lies_below(below))
