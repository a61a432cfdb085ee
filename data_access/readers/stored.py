"""Reading stored values: plans, periods, entities and the numbers themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, and_, literal, select

from data_access.access.privacy import PLAIN, Subject
from data_access.access.scope import Scope
from data_access.database.models import ComputeRun, Entity, Measure
from data_access.errors import UnknownNameError, suggestion
from data_access.readers.catalogue import Catalogue, CatalogueKeeper, StoredPeriod
from data_access.readers.expressions import to_sql
from data_access.readers.figures import StoredValue, ValueColumns, drained, judged_columns, judged_rows
from data_access.readers.narrowing import (
    ENTITIES,
    NAMED,
    Below,
    Query,
    entities_within,
    groups_within,
    require_level,
    values_within,
)
from data_access.readers.plans import LEVEL_NUMBERS, StoredPlan
from data_access.readers.small_groups import is_judged, judge

_RUNS: Final = select(ComputeRun.run_id, ComputeRun.library_version, ComputeRun.data_version, ComputeRun.data_date)
_LATEST: Final = _RUNS.where(ComputeRun.finished_at.is_not(None)).order_by(ComputeRun.run_id.desc()).limit(1)


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
    """Reads of stored values; nothing but the catalogue of the last run is kept between calls."""

    def __init__(
        self, database: Engine, *, catalogues: CatalogueKeeper | None = None, connection: Connection | None = None
    ) -> None:
        self.database = database
        self._catalogues = CatalogueKeeper() if catalogues is None else catalogues
        self._bound = connection
        self._of_moment: Catalogue | None = None

    @contextmanager
    def moment(self) -> Iterator[Self]:
        """The same reader for several questions: all are answered from one state of the database.

        For one thread, and for as long as one page's numbers take: a writer waits for it.
        """
        with self.snapshot() as connection:
            yield type(self)(self.database, catalogues=self._catalogues, connection=connection)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose statements all see the same state: what is judged is what is shown."""
        if self._bound is not None:
            yield self._bound
            return
        with self.database.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def catalogue(self) -> Catalogue:
        """How the values of the last run are read."""
        with self.snapshot() as connection:
            return self._current(connection)

    def _current(self, connection: Connection) -> Catalogue:
        """The catalogue that `connection` sees; within a moment there is one, which is asked for once."""
        if self._bound is None:
            return self._catalogues.current(connection)
        if self._of_moment is None:
            self._of_moment = self._catalogues.current(connection)
        return self._of_moment

    def definition(self, code: str) -> Mapping[str, Any]:
        """The indicator's block of the library, as it was when the values were computed.

        Raises:
            UnknownNameError: no such indicator has been computed.
        """
        known = self.catalogue().definitions
        if code in known:
            return known[code]
        if not known:
            raise UnknownNameError("Nothing has been computed yet. Run 'luoxuan compute' first.")
        raise UnknownNameError(f"There is no indicator {code!r}{suggestion(code, known)}")

    def plans(self, code: str) -> Mapping[str, StoredPlan]:
        """How the indicator is read, by kind of period.

        Raises:
            UnknownNameError: no such indicator has been computed.
        """
        self.definition(code)  # says what is wrong with the code
        return self.catalogue().plans.get(code, {})

    def codes_of(self, owners: Collection[str]) -> list[str]:
        """Codes of the indicators for which one of these departments answers, in order."""
        return [code for code, block in self.catalogue().definitions.items() if block["department"] in owners]

    def period(self, key: str) -> StoredPeriod:
        """The period of that key, such as ``2026-2027-1-W11``, ``2026-11``, ``2026-2027-1`` or ``2026``.

        Raises:
            UnknownNameError: there is no such period, or it has not begun.
        """
        known = {period.key: period for periods in self.catalogue().calendar.values() for period in periods}
        if key not in known:
            raise UnknownNameError(f"There is no period {key!r} with values{suggestion(key, known)}")
        return known[key]

    def periods(self, kind: str, *, term_id: int | None = None) -> list[StoredPeriod]:
        """All periods of a kind, of one term if given, oldest first."""
        return [p for p in self.catalogue().periods(kind) if term_id is None or p.term_id == term_id]

    def calendar(self, kinds: Collection[str]) -> Mapping[str, Sequence[StoredPeriod]]:
        """All periods of several kinds by kind, each oldest first."""
        catalogue = self.catalogue()
        return {kind: catalogue.periods(kind) for kind in kinds}

    def exists(self, level: str, entity_id: int, *, scope: Scope, about: Subject = PLAIN) -> bool:
        """True where the entity exists within the scope, for a figure about `about` if one is named."""
        if not scope.admits(level, about):
            return False
        query = select(Entity.entity_id).where(Entity.entity_id == entity_id, scope.rows(level, about))
        with self.snapshot() as connection:
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
        query = query.order_by(Measure.entity_id, Measure.period_id)
        query = values_within(query, level, about=plan.about, scope=scope, below=None)
        if entity_ids is not None:
            query = query.where(Measure.entity_id.in_(entity_ids))
        with self.snapshot() as connection:
            rows = [StoredValue(*row) for row in connection.execute(query).all()]
            if not is_judged(plan, level, scope):
                return rows
            wanted = groups_within(level, about=plan.about, scope=scope, below=None, entity_ids=entity_ids)
            judgement = judge(
                connection,
                self._current(connection),
                plan,
                level,
                period_ids=period_ids,
                scope=scope,
                wanted=wanted,
            )
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
        columns: tuple[list[Any], ...] = ([],) * 6
        judgement = None
        if scope.admits(level, plan.about):
            query = values_within(query, level, about=plan.about, scope=scope, below=below)
            with self.snapshot() as connection:
                columns = drained(connection.execute(query), len(columns))
                if is_judged(plan, level, scope):
                    wanted = groups_within(level, about=plan.about, scope=scope, below=below, entity_ids=entity_ids)
                    judgement = judge(
                        connection,
                        self._current(connection),
                        plan,
                        level,
                        period_ids=period_ids,
                        scope=scope,
                        wanted=wanted,
                    )
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
        query = values_within(query, level, about=plan.about, scope=scope, below=None)
        if not is_judged(plan, level, scope):
            with self.snapshot() as connection:
                found: int | None = connection.execute(query.limit(1)).scalar()
            return found
        with self.moment() as moment, moment.snapshot() as connection:
            for period_id in connection.execute(query.distinct()).scalars().all():
                if np.isfinite(moment.columns(plan, level, period_ids=[period_id], scope=scope).value).any():
                    return int(period_id)
        return None

    def versions(self, run_id: int | None = None) -> RunVersions:
        """Versions of one run, of the latest finished one unless another is named.

        Raises:
            UnknownNameError: nothing has been computed yet.
        """
        query = _LATEST if run_id is None else _RUNS.where(ComputeRun.run_id == run_id)
        with self.snapshot() as connection:
            row = connection.execute(query).mappings().first()
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
        query = entities_within(
            ENTITIES, level, about=about, scope=scope, term_id=term_id, below=below, entity_ids=entity_ids
        )
        with self.snapshot() as connection:
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
        query = entities_within(
            NAMED, level, about=about, scope=scope, term_id=term_id, below=below, entity_ids=entity_ids
        )
        with self.snapshot() as connection:
            return [NamedEntity._make(row) for row in connection.execute(query).all()]

    def teaching_departments(self, *, scope: Scope) -> list[tuple[int, str]]:
        """Id and name of the departments within the scope that some course within it belongs to, by id."""
        if not (scope.admits("dept") and scope.admits("course")):
            return []
        teaching = select(Entity.dept_id).where(scope.rows("course")).correlate(None)
        query = select(Entity.entity_id, Entity.name).where(Entity.entity_id.in_(teaching), scope.rows("dept"))
        with self.snapshot() as connection:
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


def _of(plan: StoredPlan, level: str) -> ColumnElement[bool]:
    require_level(plan, level)
    return and_(Measure.family_id == plan.family_id, Measure.level == LEVEL_NUMBERS[level])
