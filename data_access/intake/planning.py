"""From staged files to what would be merged: checked, resolved, compared with the rows that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlalchemy import Connection

from data_access.contracts import contracts
from data_access.intake import records
from data_access.intake.mapping import Mapping
from data_access.intake.problems import Problem, WaitingRow
from data_access.intake.reading import StagedFile
from data_access.intake.references import Candidates, FilesOf, Resolved, Resolver, row_key
from data_access.intake.reports import TableCounts
from data_access.intake.validation import Checked, check_entry
from data_access.merging import MergeCounts


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What an import would take in, refuse and keep back.

    Attributes:
        checked: the checked entries, in the order of the mapping.
        resolved: what becomes of the sound rows of each.
        released: rows of earlier imports whose parents are now known.
        replaced: ids of rows kept back earlier that this import brings anew.
    """

    checked: tuple[Checked, ...]
    resolved: tuple[Resolved, ...]
    released: tuple[Resolved, ...]
    replaced: tuple[int, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def waiting(self) -> tuple[WaitingRow, ...]:
        """Rows that will be kept back."""
        return tuple(row for outcome in self.resolved for row in outcome.waiting)

    @property
    def moved(self) -> list[tuple[int, str, str]]:
        """Rows kept back earlier that wait for another parent from now on."""
        return [row for outcome in self.released for row in outcome.moved]

    @property
    def released_ids(self) -> list[int]:
        """Ids of the earlier rows that are taken in now."""
        return [row_id for outcome in self.released for row_id in outcome.taken]


def make_plan(mapping: Mapping, staged: Sequence[StagedFile], connection: Connection, files_of: FilesOf) -> Plan:
    """Check staged files against the mapping and the rows that count.

    Raises:
        MappingError: an SQL step of the mapping fails.
    """
    with duckdb.connect() as con:
        checked = tuple(
            result
            for number, entry in enumerate(mapping.entries)
            if (result := check_entry(con, number, mapping, entry, staged)) is not None
        )
        fresh = [_candidates(result) for result in checked]
        kept, replaced = _kept_back(con, connection, fresh)
        outcomes = Resolver(con, [*kept, *fresh], files_of).resolve()
    released, resolved = outcomes[: len(kept)], outcomes[len(kept) :]
    read = [problem for file in staged for problem in file.problems]
    found = [problem for result in checked for problem in result.problems]
    found += [problem for outcome in resolved for problem in outcome.problems]
    # What the reader objects to in a cell is the cause; that its text does not fit either is no second fault.
    told = {(problem.file, problem.row, problem.column) for problem in read}
    problems = [*read, *(problem for problem in found if (problem.file, problem.row, problem.column) not in told)]
    return Plan(
        checked=checked,
        resolved=resolved,
        released=released,
        replaced=replaced,
        problems=tuple(sorted(problems, key=lambda p: (p.file, p.row or 0, p.column))),
        notes=tuple(note for file in staged for note in file.notes),
    )


def _candidates(checked: Checked) -> Candidates:
    entry = checked.entry
    return Candidates(
        table=entry.table,
        relation=checked.relation,
        faulty=checked.faulty,
        key=entry.key,
        columns=tuple(target.column.name for target in entry.targets),
        references={t.column.name: t.reference for t in entry.targets if t.reference is not None},
        headers={t.column.name: str(t.source or t.column.label_zh) for t in entry.targets},
    )


def _kept_back(
    con: duckdb.DuckDBPyConnection, connection: Connection, fresh: Sequence[Candidates]
) -> tuple[list[Candidates], tuple[int, ...]]:
    """Earlier rows that may be taken in now, and ids of those that fresh rows replace."""
    groups = records.waiting_rows(connection, {candidates.table.name for candidates in fresh})
    kept: list[Candidates] = []
    replaced: list[int] = []
    keys = " UNION ALL ".join(
        f"SELECT {row_key(candidates)} AS __key FROM {candidates.relation} c" for candidates in fresh
    )
    for number, (recipe, rows) in enumerate(groups):
        relation = f"kept_{number}"
        con.register("kept_rows", rows)
        # Of several kept rows of one subject only the latest counts.
        con.execute(
            f"CREATE TEMP TABLE {relation}_all AS SELECT *, __key IN ({keys}) OR row_number() OVER "
            "(PARTITION BY __key ORDER BY __batch DESC, __id DESC) > 1 AS __replaced FROM kept_rows"
        )
        con.unregister("kept_rows")
        replaced += [row[0] for row in con.execute(f"SELECT __id FROM {relation}_all WHERE __replaced").fetchall()]
        con.execute(
            f"CREATE TEMP TABLE {relation} AS SELECT * EXCLUDE (__replaced) FROM {relation}_all WHERE NOT __replaced"
        )
        columns = tuple(name for name in rows.column_names if not name.startswith("__"))
        kept.append(
            Candidates(
                table=contracts()[recipe["table"]],
                relation=relation,
                key=tuple(recipe["key"]),
                columns=columns,
                references=records.references_of(recipe),
                headers={},
                is_waiting=True,
            )
        )
    return kept, tuple(replaced)


def count_tables(plan: Plan, merges: Sequence[MergeCounts], foreign: set[Any]) -> dict[str, TableCounts]:
    """Counts per table of a plan, given how the rows of each entry meet existing ones.

    Args:
        plan: the plan.
        merges: one per entry of `plan.resolved`.
        foreign: batches that came under another mapping.
    """
    tables: dict[str, TableCounts] = {}
    for checked, resolved, merge in zip(plan.checked, plan.resolved, merges, strict=True):
        kept_back = len(resolved.waiting)
        sound = checked.read - checked.refused
        counts = TableCounts(
            read=checked.read,
            new=merge.new,
            changed=merge.changed,
            unchanged=merge.unchanged,
            conflicting=sum(n for batch, n in merge.changed_batches.items() if batch in foreign),
            quarantined=kept_back,
            refused=checked.refused + sound - kept_back - resolved.rows.num_rows,
        )
        name = checked.entry.table.name
        tables[name] = tables.get(name, TableCounts()) + counts
    return tables
