"""Computing the indicators over the lake and storing their parts: everything, or only what changed."""

from __future__ import annotations

import datetime as dt
import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Engine, select

from data_access.clock import today
from data_access.contracts import Contracts, contracts
from data_access.database import transaction
from data_access.database.models import ComputeRun, LakeChange
from data_access.engines import DuckDBEngine, QueryEngine
from data_access.entities import write_entities
from data_access.lake import Lake
from data_access.measures import MeasureWriter
from indicators.catalogue import finish_run, refuse_to_go_back, start_run, write_catalogue
from indicators.compile import Compiled, Family, Part, PartKind, Source, compile_library
from indicators.library import Library
from indicators.model import LEVEL_TABLES, Level, PeriodKind
from indicators.periods import Assignment
from indicators.rollup import Rollup
from indicators.scans import (
    AdditiveScan,
    DistinctScan,
    additive_sql,
    distinct_sql,
    graded_key,
    scan_keys,
    ungraded,
)
from indicators.timeline import Timeline
from indicators.workload import LastRun, NeedsFullRunError, Touched, Workload, full_workload, partial_workload

Progress = Callable[[str, float], None]
"""Called with what is being done and the share done so far (0 … 1)."""

Item = TypeVar("Item")
Done = TypeVar("Done")

_LONGEST_PROGRAMME: Final = 3
"""Years of study after which a student no longer counts as present, unless an indicator names a higher grade."""


@dataclass(frozen=True, kw_only=True)
class ComputeReport:
    """What one run did.

    Attributes:
        kind: ``full``, ``incremental``, or ``none`` where nothing had changed.
        reason: why everything was computed, empty for other kinds.
        families: families written; `rows`: stored rows written.
        scan_seconds: wall time of reading and rolling up; `store_seconds`: of writing to the database.
    """

    kind: str
    reason: str
    data_version: int
    library_version: str
    as_of: dt.date
    families: int
    rows: int
    scan_seconds: float
    store_seconds: float

    def to_dict(self) -> dict[str, object]:
        """The report as the command line prints it with ``--json``."""
        return {
            "kind": self.kind,
            "reason": self.reason,
            "data_version": self.data_version,
            "library_version": self.library_version,
            "as_of": self.as_of.isoformat(),
            "families": self.families,
            "rows": self.rows,
            "scan_seconds": round(self.scan_seconds, 3),
            "store_seconds": round(self.store_seconds, 3),
        }


def compute(
    lake: Lake,
    database: Engine,
    library: Library,
    *,
    full: bool = False,
    as_of: dt.date | None = None,
    threads: int = 2,
    memory_limit: str = "2GB",
    progress: Progress | None = None,
) -> ComputeReport:
    """Brings the stored values up to the lake's present state.

    What is stored afterwards is the same whether computed in full or in part (counts exactly, sums
    of reals within rounding). Readers see the former values until everything is written.

    Args:
        full: compute everything even where a part would do.
        as_of: last day that is valued; today unless given, never later than the calendar's last day.
        progress: told what is being done.

    Raises:
        BusyError: another process is writing, or has meanwhile stored the values of later data.
    """
    tell = progress or (lambda _what, _share: None)
    # The version is read before the files: a commit in between is then computed again, never missed.
    data_version = lake.data_version()
    with DuckDBEngine(lake.all_files(), threads=threads, memory_limit=memory_limit) as engine:
        started = time.perf_counter()
        known = contracts()
        compiled = compile_library(library, known)
        timeline = Timeline(engine, known, as_of=as_of or today())
        workload, reason = _workload(compiled, timeline, database, known, full=full)
        kind = "full" if reason else ("incremental" if any(workload.values()) else "none")
        run = Run(compiled, timeline, engine, known, threads=threads)
        try:
            results = run.compute(workload, tell)
            scanned = time.perf_counter()
            rows = run.store(database, workload, results, kind=kind, data_version=data_version, tell=tell)
        finally:
            run.rollup.close()
        return ComputeReport(
            kind=kind,
            reason=reason,
            data_version=data_version,
            library_version=library.version,
            as_of=timeline.calendar.as_of,
            families=len({family_id for family_id, _ in results}),
            rows=rows,
            scan_seconds=scanned - started,
            store_seconds=time.perf_counter() - scanned,
        )


def _workload(
    compiled: Compiled, timeline: Timeline, database: Engine, known: Contracts, *, full: bool
) -> tuple[Workload, str]:
    """What to compute, and why everything where it is everything."""
    if full:
        return full_workload(compiled, timeline), "requested"
    with database.connect() as connection:
        last = connection.execute(
            select(ComputeRun.data_version, ComputeRun.library_version, ComputeRun.as_of)
            .where(ComputeRun.finished_at.is_not(None))
            .order_by(ComputeRun.run_id.desc())
        ).first()
        if last is None:
            return full_workload(compiled, timeline), "nothing has been computed before"
        changes = connection.execute(
            select(LakeChange.table_name, LakeChange.time_keys).where(LakeChange.data_version > last.data_version)
        ).all()
    touched = [Touched(table=table, time_keys=None if keys is None else frozenset(keys)) for table, keys in changes]
    try:
        before = LastRun(data_version=last.data_version, library_version=last.library_version, as_of=last.as_of)
        return partial_workload(compiled, timeline, touched, before, known), ""
    except NeedsFullRunError as cause:
        return full_workload(compiled, timeline), str(cause)


Results = Mapping[tuple[int, Level], str]
"""Family and level → relation of the rollup that holds the rows to store."""


class Run:
    """Scans and rolls up one workload."""

    def __init__(
        self, compiled: Compiled, timeline: Timeline, engine: QueryEngine, known: Contracts, *, threads: int
    ) -> None:
        grades = [grade for indicator in compiled.library for grade in indicator.applies_grades]
        self.compiled = compiled
        self.timeline = timeline
        self.engine = engine
        self.contracts = known
        self.threads = threads
        self.parts = compiled.parts_by_source
        self.rollup = Rollup(known, timeline.calendar, last_grade=max([_LONGEST_PROGRAMME, *grades]), threads=threads)

    def compute(self, workload: Workload, tell: Progress) -> Results:
        """The rows of every family and level, ready to be stored."""
        families = [family for family in self.compiled.families if workload[family.family_id]]
        if not families:
            return {}
        self._load_joined(families)
        self.rollup.prepare(PeriodKind)
        periods: dict[Source, set[int]] = defaultdict(set)
        levels: dict[Source, set[Level]] = defaultdict(set)
        for family in families:
            for source in map(family.source, family.tables):
                periods[source] |= workload[family.family_id]
                levels[source] |= {*family.levels}
        results: dict[tuple[int, Level], str] = {}
        with ThreadPoolExecutor(self.threads) as pool:
            scan = functools.partial(self._scan, periods=periods, levels=levels)
            self._each(pool, list(periods), scan, "读取事实", tell, 0.0, 0.45)
            self._each(pool, list(levels), lambda s: self._roll_up(s, levels[s]), "逐级汇总", tell, 0.45, 0.55)
            built = self._each(pool, families, lambda f: self._build(f, workload), "计算指标", tell, 0.55, 0.7)
        for rows in built:
            results |= rows
        return results

    @staticmethod
    def _each(
        pool: ThreadPoolExecutor,
        items: Sequence[Item],
        work: Callable[[Item], Done],
        what: str,
        tell: Progress,
        start: float,
        end: float,
    ) -> list[Done]:
        """Runs `work` on every item, telling how far it is between `start` and `end`."""
        done = []
        for number, result in enumerate(pool.map(work, items)):
            tell(what, start + (end - start) * number / len(items))
            done.append(result)
        return done

    def _scan(self, source: Source, *, periods: Mapping[Source, set[int]], levels: Mapping[Source, set[Level]]) -> None:
        """Runs the scans of one source.

        The scan whose key settles the grade goes first and over all grades: it tells whether any row lies
        outside the grades that indicators apply to. Mostly none does, and then no other scan has to look up
        a student's grade for every row.
        """
        times = self._times(source, periods[source])
        wanted = self.parts[source]
        additive = tuple(p for p in wanted if p.kind is not PartKind.DISTINCT)
        distinct = tuple(p for p in wanted if p.kind is PartKind.DISTINCT)
        key, owner = self._graded_by(source, additive, times)
        keys = scan_keys(source.table, self.contracts)
        for column in sorted(keys, key=lambda k: k != key):
            settles = column == key and owner is not None
            parts = tuple(
                dict.fromkeys(
                    ungraded(p) if settles or self.rollup.all_within(source, p.grades) else p for p in additive
                )
            )
            scan = AdditiveScan(source=source, key=column, parts=parts)
            rows = self.engine.query(additive_sql(scan, times, self.contracts, self.engine.dialect))
            self.rollup.add_scan(scan, rows, wanted=additive, times=times, owner=owner if settles else None)
        if distinct:
            for level in sorted(levels[source]):
                one = DistinctScan(source=source, level=level, parts=distinct)
                rows = self.engine.query(distinct_sql(one, times, self.contracts, self.engine.dialect))
                self.rollup.add_distinct(source, level, distinct, rows)

    def _graded_by(
        self, source: Source, parts: Sequence[Part], times: Sequence[Assignment]
    ) -> tuple[str | None, Level | None]:
        """The key that settles the grade of a source's rows within one period, and whose grade it is."""
        found = graded_key(source.table, self.contracts)
        starts = {(line.period_id, line.acad_start) for line in times}
        if (
            found is None
            or not starts
            or not any(p.grades for p in parts)
            or len(starts) != len({period for period, _ in starts})
        ):
            return None, None
        return found

    def _roll_up(self, source: Source, levels: set[Level]) -> None:
        for level in sorted(levels):
            self.rollup.relation(source, level)

    def _build(self, family: Family, workload: Workload) -> dict[tuple[int, Level], str]:
        periods = sorted(workload[family.family_id])
        # A single table without plain counts never asks: each of its rows says that it is loaded.
        asked = family.tables if family.has_plain or len(family.tables) > 1 else ()
        loaded = {table: self._loaded(family.source(table), periods) for table in asked}
        return {
            (family.family_id, level): self.rollup.build(family, level, periods=periods, loaded=loaded)
            for level in family.levels
        }

    def _load_joined(self, families: Iterable[Family]) -> None:
        """Gives the rollup every table that parts are summed through, and those that list entities."""
        tables = set(LEVEL_TABLES.values())
        for family in families:
            for table in family.tables:
                paths = self.contracts.paths(table)
                tables |= {hop.table for d in LEVEL_TABLES.values() if d in paths for hop in paths[d][1:]}
        for table in sorted(tables):
            self.rollup.add_table(table, self.engine.query(f"SELECT * FROM {table}"))

    def _loaded(self, source: Source, periods: Iterable[int]) -> frozenset[int]:
        if not self.timeline.is_dated(source.table):
            return frozenset(periods)
        return self.timeline.loaded(source)

    def _times(self, source: Source, periods: set[int]) -> tuple[Assignment, ...]:
        if not self.timeline.is_dated(source.table):
            return self.timeline.undated(source, sorted(periods))
        return tuple(line for line in self.timeline.assign(source) if line.period_id in periods)

    def store(
        self, database: Engine, workload: Workload, results: Results, *, kind: str, data_version: int, tell: Progress
    ) -> int:
        """Writes results, catalogue and run record in one transaction; returns the rows written.

        Raises:
            BusyError: another run has meanwhile stored the values of later data.
        """
        parts = {family.family_id: len(family.parts) for family in self.compiled.families}
        calendar = self.timeline.calendar
        with transaction(database) as connection:
            refuse_to_go_back(connection, data_version)
            run_id = start_run(connection, kind, data_version, self.compiled.library.version, calendar.as_of)
            writer = MeasureWriter(connection, run_id)
            if kind == "full":
                writer.clear_all()
                write_catalogue(connection, self.compiled)
                write_entities(connection, self.engine)
            else:
                for family_id, periods in workload.items():
                    if periods:
                        writer.clear(family_id, sorted(periods))
            for number, ((family_id, level), name) in enumerate(sorted(results.items())):
                tell("写入数据库", 0.7 + 0.25 * number / len(results))
                writer.write(family_id, int(level), parts[family_id], self.rollup.chunks(name))
            if kind == "full":
                tell("建立索引", 0.95)
                writer.restore_index()
            finish_run(connection, run_id, calendar, rows=writer.written, data_date=self.timeline.data_date())
        tell("完成", 1.0)
        return writer.written
