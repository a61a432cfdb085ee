"""The record of a run: which indicators, plans and periods the stored rows belong to."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, delete, func, insert, select, update

from data_access.database.models import ComputeRun, IndicatorEntry, IndicatorPlan, Period
from data_access.errors import BusyError
from indicators.compile import Compiled
from indicators.model import PeriodKind
from indicators.periods import Calendar


def refuse_to_go_back(connection: Connection, data_version: int) -> None:
    """Stops a run that has been overtaken.

    Raises:
        BusyError: the stored values already describe later data than this run has read.
    """
    stored = connection.execute(select(func.max(ComputeRun.data_version))).scalar() or 0
    if stored > data_version:
        raise BusyError(
            "Another compute has stored the values of later data meanwhile. Nothing was changed; nothing is lost."
        )


def start_run(connection: Connection, kind: str, data_version: int, library_version: str, as_of: dt.date) -> int:
    """Enters a run and returns its number, which every row it writes carries."""
    result = connection.execute(
        insert(ComputeRun).values(
            kind=kind,
            started_at=dt.datetime.now(dt.UTC),
            data_version=data_version,
            library_version=library_version,
            as_of=as_of,
            rows_written=0,
        )
    )
    key = result.inserted_primary_key
    assert key is not None  # noqa: S101 (an insert of one row has a key)
    return int(key[0])


def finish_run(
    connection: Connection, run_id: int, calendar: Calendar, *, rows: int, data_date: dt.date | None
) -> None:
    """Marks a run as finished and records the periods that have begun."""
    connection.execute(delete(Period))
    values = [
        {
            "kind": str(kind),
            "period_id": period.period_id,
            "key": period.key,
            "label_zh": period.label_zh,
            "start_date": period.start,
            "end_date": period.end,
            "term_id": period.term_id,
        }
        for kind in PeriodKind
        for period in calendar.periods(kind).values()
    ]
    if values:
        connection.execute(insert(Period), values)
    connection.execute(
        update(ComputeRun)
        .where(ComputeRun.run_id == run_id)
        .values(finished_at=dt.datetime.now(dt.UTC), rows_written=rows, data_date=data_date)
    )


def write_catalogue(connection: Connection, compiled: Compiled) -> None:
    """Replaces the stored definitions and plans by those of the compiled library.

    A definition is the block as written, and what it tells of whom: readers decide by the class and topics
    stored with the values, whatever library or contracts they run beside.
    """
    connection.execute(delete(IndicatorPlan))
    connection.execute(delete(IndicatorEntry))
    library = compiled.library
    if not len(library):
        return
    connection.execute(
        insert(IndicatorEntry),
        [
            {
                "code": indicator.code,
                "name_zh": indicator.name_zh,
                "layer": str(indicator.layer),
                "entity": indicator.entity.key,
                "period": str(indicator.period),
                "unit": indicator.unit,
                "direction": str(indicator.direction),
                "definition": {
                    **indicator.definition,
                    "privacy": indicator.privacy.name_zh,
                    "topics": sorted(indicator.topics),
                    "row_topics": sorted(indicator.row_topics),
                },
            }
            for indicator in library
        ],
    )
    connection.execute(
        insert(IndicatorPlan),
        [
            {
                "code": plan.code,
                "kind": str(plan.kind),
                "so_far": plan.so_far,
                "family_id": plan.family_id,
                "levels": [level.key for level in plan.levels],
                "value": plan.value,
                "numerator": plan.numerator,
                "denominator": plan.denominator,
            }
            for plan in compiled.plans
        ],
    )
