"""From scans to stored rows: additive parts summed along foreign keys, tables of a family joined.

Works in an in-memory DuckDB of its own on the (small) results of the scans and on the dimensions,
whatever engine read the facts. Many of its statements are so short that planning them is most of the
work, which DuckDB does on one thread: so different sources, and different families, may be worked on
from several threads at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data_access.contracts import Contracts
from data_access.engines import quoted
from indicators.compile import Family, Part, PartKind, Source
from indicators.model import LEVEL_TABLES, SCHOOL_ID, Level, PeriodKind
from indicators.periods import Assignment, Calendar
from indicators.scans import AdditiveScan, part_columns, ungraded

_GRADED: Final = frozenset({Level.STUDENT, Level.CLASS})


class Rollup:
    """Holds scan results and gives the rows of a family at a level."""

    def __init__(self, contracts: Contracts, calendar: Calendar, *, last_grade: int, threads: int) -> None:
        self.contracts = contracts
        self.calendar = calendar
        self.last_grade = last_grade
        self.connection = duckdb.connect(":memory:", config={"threads": threads})
        self.connection.execute("SET preserve_insertion_order = false")
        self._relations: dict[tuple[Source, Level], str] = {}
        self._parts: dict[Source, tuple[Part, ...]] = {}
        self._distinct: dict[tuple[Source, Level], str] = {}
        self._distinct_parts: dict[Source, tuple[Part, ...]] = {}
        self._scans: dict[Source, dict[str | None, str]] = {}
        self._sizes: dict[str, int] = {}
        self._periods: dict[Source, frozenset[int]] = {}
        self._outside: dict[tuple[Source, tuple[int, ...]], bool] = {}
        self._numbers = itertools.count(1)

    def close(self) -> None:
        """Releases the memory."""
        self.connection.close()

    def add_table(self, name: str, rows: pa.Table) -> None:
        """Makes a dimension or other joined table known under its contract name."""
        self._keep(name, rows)

    def prepare(self, kinds: Iterable[PeriodKind]) -> None:
        """Builds what masks and populations need: grade years, and every period with its academic years."""
        self.connection.execute(
            "CREATE TABLE graded_5 AS SELECT student_id AS entity_id, grade_year FROM dim_student "
            "LEFT JOIN dim_class USING (class_id)"
        )
        self.connection.execute("CREATE TABLE graded_4 AS SELECT class_id AS entity_id, grade_year FROM dim_class")
        for kind in kinds:
            periods = self.calendar.periods(kind)
            rows = [(i, p.end, *(self.calendar.acad_starts(kind, i) * 2)[:2], p.start.year) for i, p in periods.items()]
            self.connection.execute(
                f"CREATE TABLE period_{kind} (period_id INTEGER, ends DATE, acad_a INTEGER, acad_b INTEGER, "
                "start_year INTEGER)"
            )
            self._insert(f"period_{kind}", rows)
            # The same rules that date a term's facts say in which periods a section exists.
            terms = self.calendar.assign("term_id", self.calendar.terms, kind)
            self.connection.execute(f"CREATE TABLE term_in_{kind} (term_id INTEGER, period_id INTEGER)")
            self._insert(f"term_in_{kind}", [(t.time_key, t.period_id) for t in terms])

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        # One statement: DuckDB plans every execution anew, and would do so for every row.
        values = ", ".join(f"({', '.join('NULL' if v is None else quoted(str(v)) for v in row)})" for row in rows)
        if values:
            self.connection.execute(f"INSERT INTO {table} VALUES {values}")

    def add_scan(
        self,
        scan: AdditiveScan,
        rows: pa.Table,
        *,
        wanted: tuple[Part, ...],
        times: Sequence[Assignment],
        owner: Level | None = None,
    ) -> None:
        """Takes the result of an additive scan.

        Args:
            wanted: the parts of the source. A part that was scanned over all grades only is restricted to
                its grades here if the scan's key settles the grade, and else taken as it is.
            times: the time map the scan was made with.
            owner: student or class where the scan's key settles the grade of its rows.
        """
        source = scan.source
        raw, name = self._new("raw"), self._new("scan")
        self._keep(raw, rows)
        origin = raw if owner is None else f"({self._with_grade(raw, owner, times)})"
        if owner is not None:
            for grades in {part.grades for part in wanted if part.grades}:
                self._outside[source, grades] = self._holds(f"FROM {origin} AS s WHERE {_grade_in(grades)} IS NOT TRUE")
        columns = []
        is_view = True
        for position, part in enumerate(wanted):
            given = part if part in scan.parts else ungraded(part)
            names = zip(part_columns(given, scan.parts.index(given)), part_columns(part, position), strict=True)
            if given == part or self.all_within(source, part.grades):
                columns += [f"s.{old} AS {new}" for old, new in names]
            else:
                other = "NULL" if part.kind is PartKind.MAX else "0"
                columns += [
                    f"CASE WHEN {_grade_in(part.grades)} THEN s.{old} ELSE {other} END AS {new}" for old, new in names
                ]
                is_view = False
        kind, origin = ("VIEW", raw) if is_view else ("TABLE", origin)
        select = ", ".join(["entity_id", "period_id", "n", *columns])
        self._run(f"CREATE {kind} {name} AS SELECT {select} FROM {origin} AS s")
        self._periods[source] = frozenset(line.period_id for line in times)
        self._sizes[name] = len(rows)
        self._scans.setdefault(source, {})[scan.key] = name
        self._parts[source] = wanted

    def _holds(self, origin: str) -> bool:
        with self.connection.cursor() as cursor:
            row = cursor.execute(f"SELECT COUNT(*) > 0 {origin}").fetchone()
            return row is None or bool(row[0])

    def all_within(self, source: Source, grades: tuple[int, ...]) -> bool:
        """True where every scanned row of the source is known to lie within the grades."""
        return not grades or self._outside.get((source, grades)) is False

    def _with_grade(self, raw: str, owner: Level, times: Sequence[Assignment]) -> str:
        starts = ", ".join(f"({p}, {a})" for p, a in sorted({(t.period_id, t.acad_start) for t in times}))
        return (
            f"SELECT r.*, a.acad_start - g.grade_year + 1 AS grade FROM {raw} AS r "
            f"LEFT JOIN graded_{int(owner)} AS g ON r.entity_id = g.entity_id "
            f"LEFT JOIN (VALUES {starts}) AS a(period_id, acad_start) ON r.period_id = a.period_id"
        )

    def add_distinct(self, source: Source, level: Level, parts: tuple[Part, ...], rows: pa.Table) -> None:
        """Takes the result of a scan of distinct counts."""
        name = self._new("distinct")
        self._keep(name, rows)
        self._distinct[source, level] = name
        self._distinct_parts[source] = parts

    def _new(self, stem: str) -> str:
        return f"{stem}_{next(self._numbers)}"

    def _keep(self, name: str, rows: pa.Table) -> None:
        """Stores rows as a table; a registered object would be seen by one thread's cursor only."""
        with self.connection.cursor() as cursor:
            cursor.register("arrived", rows)
            cursor.execute(f"CREATE TABLE {name} AS SELECT * FROM arrived")
            cursor.unregister("arrived")

    def _run(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    # -- one table at one level -----------------------------------------------------------------

    def relation(self, source: Source, level: Level) -> str:
        """Name of the relation (entity_id, period_id, n, a…) of one source at one level, built once.

        One source must be worked on by one thread at a time.
        """
        if (source, level) not in self._relations:
            self._relations[source, level] = self._build(source, level)
        return self._relations[source, level]

    def _build(self, source: Source, level: Level) -> str:
        scans = self._scans[source]
        if level is Level.SCHOOL:
            key = min(scans, key=lambda k: self._size(scans[k]))
            return self._aggregate(source, f"SELECT {SCHOOL_ID} AS entity_id", f"FROM {scans[key]} AS s", "")
        hops = self.contracts.paths(source.table)[LEVEL_TABLES[level]]
        own_key = self.contracts[source.table].key
        if not hops:
            return scans[own_key]
        if len(hops) == 1 and hops[0].column in scans:
            return scans[hops[0].column]
        # The level before along the same chain is already summed: it has far fewer rows than the scan.
        last = hops[-1]
        before = next((v for v, t in LEVEL_TABLES.items() if t == last.table), None)
        if before is not None and self.contracts.paths(source.table)[LEVEL_TABLES[before]] == hops[:-1]:
            join = f"JOIN {last.table} ON s.entity_id = {last.table}.{self.contracts[last.table].key}"
            origin = self.relation(source, before)
        else:
            origin = scans[hops[0].column]
            join = " ".join(
                f"JOIN {hop.table} ON {'s.entity_id' if i == 0 else f'{hops[i].table}.{hops[i].column}'} = "
                f"{hop.table}.{self.contracts[hop.table].key}"
                for i, hop in enumerate(hops[1:])
            )
        return self._aggregate(
            source,
            f"SELECT {last.table}.{last.column} AS entity_id",
            f"FROM {origin} AS s {join}",
            f"WHERE {last.table}.{last.column} IS NOT NULL",
        )

    def _aggregate(self, source: Source, head: str, origin: str, where: str) -> str:
        name = self._new("level")
        sums = ["SUM(s.n) AS n"]
        for position, part in enumerate(self._parts[source]):
            function = "MAX" if part.kind is PartKind.MAX else "SUM"
            sums += [f"{function}(s.{c}) AS {c}" for c in part_columns(part, position)]
        self._run(f"CREATE TABLE {name} AS {head}, s.period_id, {', '.join(sums)} {origin} {where} GROUP BY 1, 2")
        return name

    def _size(self, name: str) -> int:
        return self._sizes[name]

    # -- one family at one level ----------------------------------------------------------------

    def build(
        self,
        family: Family,
        level: Level,
        *,
        periods: Sequence[int],
        loaded: Mapping[str, frozenset[int]],
    ) -> str:
        """Name of a relation ``period_id, entity_id, rows, part…`` of the family.

        Args:
            periods: the periods to give.
            loaded: per table the periods for which rows, or a record of loading, exist; a count over
                no rows is 0 there and missing elsewhere. Not asked of a single table without plain counts.
        """
        alias = {table: f"t{i}" for i, table in enumerate(family.tables)}
        sources = [family.source(table) for table in family.tables]
        plain = self._loaded_everywhere(family, loaded, periods)
        simple = len(sources) == 1 and not plain and (sources[0], level) not in self._distinct
        masked = level in _GRADED and any(
            plain or not self.all_within(family.source(part.table), part.grades) for part in family.parts if part.grades
        )
        slots = [self._slot(family, part, alias[part.table], masked=masked) for part in family.parts]
        counts = " + ".join(f"COALESCE({name}.n, 0)" for name in alias.values())
        joins = []
        if masked:
            joins.append(f"LEFT JOIN graded_{int(level)} AS g ON k.entity_id = g.entity_id")
            joins.append(f"LEFT JOIN period_{family.kind} AS y ON k.period_id = y.period_id")
        wanted = f"period_id IN ({_listed(periods)})" if self._is_partial(family, periods) else "TRUE"
        select = f"SELECT k.period_id, k.entity_id, CAST({counts} AS BIGINT) AS rows, {', '.join(slots)}"
        if simple:
            # The keys are the rows of the one relation: no key list, no join.
            origin = f"FROM (FROM {self.relation(sources[0], level)} WHERE entity_id IS NOT NULL AND {wanted}) AS k"
            select = select.replace("t0.", "k.")
            sql = f"{select} {origin} {' '.join(joins)}"
        else:
            keys = [
                f"SELECT entity_id, period_id FROM {self.relation(s, level)} WHERE entity_id IS NOT NULL"
                for s in sources
            ]
            if plain:
                keys.append(self._population(family.kind, level, plain))
            for source, name in zip(sources, alias.values(), strict=True):
                on = f"ON k.entity_id = {name}.entity_id AND k.period_id = {name}.period_id"
                joins.append(f"LEFT JOIN {self.relation(source, level)} AS {name} {on}")
                if (source, level) in self._distinct:
                    joins.append(
                        f"LEFT JOIN {self._distinct[source, level]} AS {name}d {on.replace(f'{name}.', f'{name}d.')}"
                    )
            # One table has rows, or is loaded, for every key; of several, each has to be asked.
            flags = [
                f"period_id IN ({_listed(sorted(loaded[t]))}) AS {n}_loaded" if loaded[t] else f"FALSE AS {n}_loaded"
                for t, n in alias.items()
                if len(alias) > 1
            ]
            columns = ", ".join(["*", *flags])
            sql = (
                f"WITH u AS ({' UNION '.join(keys)}), k AS (SELECT {columns} FROM u WHERE {wanted}) "
                f"{select} FROM k {' '.join(joins)}"
            )
        name = self._new("result")
        self._run(f"CREATE {'VIEW' if simple else 'TABLE'} {name} AS {sql}")
        return name

    @staticmethod
    def _loaded_everywhere(family: Family, loaded: Mapping[str, frozenset[int]], periods: Sequence[int]) -> list[int]:
        """The periods in which entities without rows count 0, none where the family has no plain counts."""
        if not family.has_plain:
            return []
        return sorted(frozenset.intersection(*(loaded[t] for t in family.tables)) & frozenset(periods))

    def _is_partial(self, family: Family, periods: Sequence[int]) -> bool:
        """True where a scan, shared with another family, may hold periods that this one does not want."""
        wanted = frozenset(periods)
        return any(self._periods[family.source(table)] - wanted for table in family.tables)

    def chunks(self, name: str, size: int = 50_000) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a built relation in chunks, in the order of the key they are stored under."""
        cursor = self.connection.execute(f"FROM {name} ORDER BY period_id, entity_id")
        while chunk := cursor.fetchmany(size):
            yield chunk

    def arrays(self, name: str, parts: int) -> dict[str, NDArray[np.float64]]:
        """The columns of a built relation, its parts under their names, NaN for null; keys stay exact up to 2^53."""
        names = ["period_id", "entity_id", "rows", *(f"p{slot:02d}" for slot in range(parts))]
        columns = self.connection.execute(f"SELECT * FROM {name} AS r({', '.join(names)})").fetchnumpy()
        return {
            column: np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan) for column, values in columns.items()
        }

    def _slot(self, family: Family, part: Part, alias: str, *, masked: bool) -> str:
        source = family.source(part.table)
        if part.kind is PartKind.DISTINCT:
            value = f"{alias}d.a{self._distinct_parts[source].index(part)}"
        else:
            names = [f"{alias}.{c}" for c in part_columns(part, self._parts[source].index(part))]
            value = names[0]
        if part.kind is PartKind.STDDEV:
            n, total, squares = names
            value = f"CASE WHEN {n} > 1 THEN SQRT(GREATEST({squares} - {total} * {total} / {n}, 0) / ({n} - 1)) END"
        elif part.kind is not PartKind.MAX:
            value = f"COALESCE({value}, 0)"
            if len(family.tables) > 1:
                value = f"CASE WHEN k.{alias}_loaded THEN {value} END"
        if part.grades and masked:
            value = f"CASE WHEN {_in_grades(part.grades)} THEN {value} END"
        return f"CAST({value} AS DOUBLE)"

    def _population(self, kind: PeriodKind, level: Level, periods: Sequence[int]) -> str:
        """Entities that exist in a period, so that a count over none of their rows is 0."""
        listed = _listed(periods)
        among = f"FROM period_{kind} AS y, {{}} WHERE y.period_id IN ({listed})"
        match level:
            case Level.SCHOOL:
                return f"SELECT {SCHOOL_ID}, y.period_id FROM period_{kind} AS y WHERE y.period_id IN ({listed})"
            case Level.STUDENT | Level.CLASS:
                grades = tuple(range(1, self.last_grade + 1))
                return f"SELECT g.entity_id, y.period_id {among.format(f'graded_{int(level)} AS g')} AND {_in_grades(grades)}"
            case Level.OFFERING:
                return (
                    "SELECT e.offering_id, y.period_id FROM dim_offering AS e "
                    f"JOIN term_in_{kind} AS y ON e.term_id = y.term_id WHERE y.period_id IN ({listed})"
                )
            case Level.TEACHER:
                rest = "AND (e.hire_date IS NULL OR e.hire_date <= y.ends)"
            case Level.MAJOR:
                rest = "AND (e.first_year IS NULL OR e.first_year <= y.start_year)"
            case _:
                rest = ""
        table = LEVEL_TABLES[level]
        return f"SELECT e.{self.contracts[table].key}, y.period_id {among.format(f'{table} AS e')} {rest}"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)


def _grade_in(grades: Sequence[int]) -> str:
    return f"s.grade IN ({_listed(grades)})"


def _in_grades(grades: Sequence[int]) -> str:
    listed = _listed(grades)
    return f"((y.acad_a - g.grade_year + 1) IN ({listed}) OR (y.acad_b - g.grade_year + 1) IN ({listed}))"
