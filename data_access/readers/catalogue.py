"""What all values of one run are read by: definitions, plans and periods, kept until the next run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from data_access.access.privacy import Privacy
from data_access.database.models import ComputeRun, IndicatorEntry, IndicatorPlan, Period
from data_access.readers.plans import StoredPlan, stored_plan
from data_access.readers.suppression import Verdicts


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


class RunKey(NamedTuple):
    """What tells a finished run from every other, also from one of a database that was put in place of another."""

    run_id: int
    finished_at: dt.datetime
    library_version: str


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Definitions, plans and periods as one run has written them; nothing of these changes.

    Attributes:
        run: None before the first run has finished.
        definitions: block of the library by code, in order of codes.
        plans: by code and kind of period.
        calendar: periods by kind, oldest first.
        verdicts: which groups' sensitive figures of this run are published; filled by whoever finds out, and
            gone with the run.
    """

    run: RunKey | None
    definitions: Mapping[str, Mapping[str, Any]]
    plans: Mapping[str, Mapping[str, StoredPlan]]
    calendar: Mapping[str, Sequence[StoredPeriod]]
    verdicts: Verdicts = field(default_factory=Verdicts)

    def own(self, code: str) -> StoredPlan | None:
        """The plan of an indicator by its own kind of period; None for one that nobody has computed."""
        return next((plan for plan in self.plans.get(code, {}).values() if not plan.so_far), None)

    def periods(self, kind: str) -> Sequence[StoredPeriod]:
        """All periods of a kind, oldest first."""
        return self.calendar.get(kind, ())

    def sensitive(self, family_id: int) -> Sequence[StoredPlan]:
        """Plans of the sensitive indicators of a family."""
        every = (plan for plans in self.plans.values() for plan in plans.values())
        return [plan for plan in every if plan.family_id == family_id and plan.about.privacy is Privacy.SENSITIVE]


_LAST_RUN: Final = (
    select(ComputeRun.run_id, ComputeRun.finished_at, ComputeRun.library_version)
    .where(ComputeRun.finished_at.is_not(None))
    .order_by(ComputeRun.run_id.desc())
    .limit(1)
)
"""Asked before nearly every other question, and made once: making it takes longer than answering it."""


class CatalogueKeeper:
    """Keeps the catalogue of the last run; a new run is seen by the first question after it."""

    def __init__(self) -> None:
        self._kept: Catalogue | None = None

    def current(self, connection: Connection) -> Catalogue:
        """The catalogue of the state of the database that the connection sees.

        Definitions, plans and periods are written by runs alone, within their transaction, so that the key of
        the last finished run tells whether those at hand still hold.
        """
        row = connection.execute(_LAST_RUN).first()
        run = None if row is None else RunKey._make(row)
        kept = self._kept
        if kept is not None and run is not None and kept.run == run:
            return kept
        found = self._kept = _catalogue(connection, run)
        return found


def _catalogue(connection: Connection, run: RunKey | None) -> Catalogue:
    entries = select(IndicatorEntry.code, IndicatorEntry.definition).order_by(IndicatorEntry.code)
    definitions = {row.code: row.definition for row in connection.execute(entries)}
    plans: dict[str, dict[str, StoredPlan]] = {}
    for row in connection.execute(select(IndicatorPlan.__table__)).mappings():
        plans.setdefault(row["code"], {})[row["kind"]] = stored_plan(dict(row), definitions[row["code"]])
    calendar: dict[str, list[StoredPeriod]] = {}
    for row in connection.execute(select(Period.__table__).order_by(Period.start_date)).mappings():
        calendar.setdefault(row["kind"], []).append(StoredPeriod(**row))
    return Catalogue(run=run, definitions=definitions, plans=plans, calendar=calendar)
