"""Every row of a source checked against mapping and contract; all that is wrong is found in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from data_access.contracts import contracts
from data_access.errors import MappingError
from data_access.intake.mapping import Entry, Mapping, Target
from data_access.intake.parsers import cleaned, code_key, code_text, quoted
from data_access.intake.problems import Problem
from data_access.intake.reading import ROW, StagedFile

PROBLEMS_LISTED: Final = 100_000
"""More than so many problems of one column are counted, not listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """The sound rows of one entry, in a temporary table of the connection.

    Attributes:
        relation: table with ``__file``, ``__row`` and one column per target, references still as codes, and
            ``__text_`` columns with the references as they stand in the file.
        faulty: likewise the rows that are wrong, with nothing where a reference cell is itself wrong.
        read: rows of the source.
        refused: rows that are wrong.
    """

    entry: Entry
    relation: str
    faulty: str
    read: int
    refused: int
    problems: tuple[Problem, ...]


def check_entry(
    con: duckdb.DuckDBPyConnection, number: int, mapping: Mapping, entry: Entry, staged: Sequence[StagedFile]
) -> Checked | None:
    """The sound rows of an entry and the problems of the others; None where none of its files came.

    Raises:
        MappingError: the SQL step fails on these files.
    """
    used = set(entry.sources)
    files = [file for file in staged if file.source in used]
    if not files or {file.source for file in files} != used:
        return None
    readable = [file for file in files if file.out is not None]
    if not readable:
        return Checked(
            entry=entry, relation=(none := _nothing(con, number, entry)), faulty=none, read=0, refused=0, problems=()
        )
    origin = _direct(entry, readable) if entry.sql is None else _step(con, number, mapping, entry, readable)
    con.execute(f"CREATE TEMP TABLE raw_{number} AS {_parsed(entry, origin)}")
    con.execute(f"CREATE TEMP TABLE bad_{number} (__id BIGINT)")
    problems = _cell_problems(con, number, entry, readable)
    problems += _failed_checks(con, number, entry)
    _mark_refused_by_reader(con, number, readable)
    problems += _repeated_keys(con, number, entry)
    relation, faulty = f"checked_{number}", f"faulty_{number}"
    columns = ", ".join(f'"v_{t.column.name}" AS "{t.column.name}"' for t in entry.targets)
    references = [t.column.name for t in entry.targets if t.reference is not None]
    texts = "".join(f', "t_{name}" AS "__text_{name}"' for name in references)
    usable = "".join(f', CASE WHEN "b_{name}" IS NULL THEN "v_{name}" END AS "{name}"' for name in references)
    for table, join, wanted in ((relation, "ANTI", f", {columns}"), (faulty, "SEMI", usable)):
        con.execute(
            f"CREATE TEMP TABLE {table} AS SELECT __id, __file, __row{wanted}{texts} FROM raw_{number} "
            f"{join} JOIN bad_{number} USING (__id)"
        )
    total, sound = (
        con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in (f"raw_{number}", relation)
    )
    skipped = sum(file.skipped_rows for file in readable) if entry.sql is None else 0
    return Checked(
        entry=entry,
        relation=relation,
        faulty=faulty,
        read=total + skipped,
        refused=total + skipped - sound,
        problems=tuple(problems),
    )


def _nothing(con: duckdb.DuckDBPyConnection, number: int, entry: Entry) -> str:
    columns = ", ".join(f'CAST(NULL AS {t.parser.sql_type}) AS "{t.column.name}"' for t in entry.targets)
    columns += "".join(f', NULL::VARCHAR AS "__text_{t.column.name}"' for t in entry.targets if t.reference is not None)
    con.execute(
        f"CREATE TEMP TABLE checked_{number} AS SELECT 0::BIGINT AS __id, '' AS __file, 0::BIGINT AS __row, {columns} "
        "WHERE false"
    )
    return f"checked_{number}"


def _direct(entry: Entry, files: Sequence[StagedFile]) -> str:
    headers = sorted({target.source for target in entry.targets if target.source is not None})
    parts = []
    for file in files:
        columns = [f'"{h}"' if h in file.columns else f'CAST(NULL AS VARCHAR) AS "{h}"' for h in headers]
        parts.append(f"SELECT {', '.join([f'{quoted(file.name)} AS __file', ROW, *columns])} FROM {_staged(file)}")
    return " UNION ALL ".join(parts)


def _staged(file: StagedFile) -> str:
    return f"read_parquet({quoted(str(file.out))})"


def _step(
    con: duckdb.DuckDBPyConnection, number: int, mapping: Mapping, entry: Entry, files: Sequence[StagedFile]
) -> str:
    for source in {file.source for file in files}:
        parts = [
            f"SELECT {quoted(file.name)} AS source_file, * EXCLUDE ({ROW}), {ROW} AS source_row FROM {_staged(file)}"
            for file in files
            if file.source == source
        ]
        con.execute(f'CREATE OR REPLACE TEMP VIEW "{source}" AS {" UNION ALL BY NAME ".join(parts)}')
    try:
        con.execute(f"CREATE TEMP TABLE step_{number} AS {entry.sql}")
    except duckdb.Error as error:
        raise MappingError(f"{mapping.name}, {entry.table.name}: the SQL step failed: {error}") from error
    given = {row[0] for row in con.execute(f"DESCRIBE step_{number}").fetchall()}
    missing = sorted({str(t.source) for t in entry.targets if t.source is not None} - given)
    if missing:
        raise MappingError(f"{mapping.name}, {entry.table.name}: the SQL step lacks the columns {missing}.")
    file = "source_file" if "source_file" in given else quoted("、".join(file.name for file in files))
    row = "source_row" if "source_row" in given else "row_number() OVER ()"
    return f"SELECT {file} AS __file, {row} AS {ROW}, * FROM step_{number}"


def _parsed(entry: Entry, origin: str) -> str:
    """SQL: cell texts (t_), values (v_) and what is wrong with them (b_), one level each."""
    texts = ", ".join(f'{_text(t)} AS "t_{t.column.name}"' for t in entry.targets)
    values = ", ".join(f'{_value(entry, t)} AS "v_{t.column.name}"' for t in entry.targets)
    wrong = ", ".join(f'{_wrong(t)} AS "b_{t.column.name}"' for t in entry.targets)
    return (
        f"SELECT row_number() OVER () AS __id, *, {wrong} FROM "
        f"(SELECT *, {values} FROM (SELECT __file, {ROW}, {texts} FROM ({origin})))"
    )


def _text(target: Target) -> str:
    if target.source is None:
        return quoted(str(target.constant))
    text = cleaned(f'"{target.source}"')
    if target.codes:
        cases = " ".join(f"WHEN {quoted(code)} THEN {quoted(value)}" for code, value in target.codes.items())
        text = f"CASE {text} {cases} ELSE {text} END"
    return text if target.default is None else f"coalesce({text}, {quoted(target.default)})"


def _value(entry: Entry, target: Target) -> str:
    text = f'"t_{target.column.name}"'
    if entry.is_code(target):
        text = code_text(text)
    if target.parser.name == "code_id":
        named = contracts()[target.reference.table] if target.reference is not None else entry.table
        return code_key(named, text)
    return target.parser.sql(text)


def _wrong(target: Target) -> str:
    name = target.column.name
    cases = [f"""WHEN "t_{name}" IS NULL THEN {"'empty'" if target.required else "NULL"}"""]
    cases.append(f"""WHEN "v_{name}" IS NULL THEN 'format'""")
    if target.column.enum and target.reference is None:
        cases.append(f"""WHEN "v_{name}" NOT IN ({", ".join(map(quoted, target.column.enum))}) THEN 'enum'""")
    low, high = target.limits
    outside = [f'"v_{name}" {sign} {float(limit)}' for sign, limit in (("<", low), (">", high)) if limit is not None]
    if outside:
        cases.append(f"WHEN {' OR '.join(outside)} THEN 'range'")
    return f"CASE {' '.join(cases)} END"


def _cell_problems(
    con: duckdb.DuckDBPyConnection, number: int, entry: Entry, files: Sequence[StagedFile]
) -> list[Problem]:
    counts = ", ".join(f'count("b_{t.column.name}")' for t in entry.targets)
    wrong = con.execute(f"SELECT {counts} FROM raw_{number}").fetchall()[0]
    lacking = {(file.name, t.source) for file in files for t in entry.targets if t.source not in file.columns}
    problems: list[Problem] = []
    for target, count in zip(entry.targets, wrong, strict=True):
        if not count:
            continue
        name = target.column.name
        con.execute(f'INSERT INTO bad_{number} SELECT __id FROM raw_{number} WHERE "b_{name}" IS NOT NULL')
        rows = con.execute(
            f'SELECT __file, {ROW}, "t_{name}", "b_{name}" FROM raw_{number} WHERE "b_{name}" IS NOT NULL '
            f"ORDER BY 1, 2 LIMIT {PROBLEMS_LISTED}"
        ).fetchall()
        header = str(target.source or name)
        # A file without the column has been told so once; each of its rows need not say it again.
        problems += [
            _cell_problem(target, header, file, row, text, code)
            for file, row, text, code in rows
            if entry.sql is not None or (file, target.source) not in lacking
        ]
        if count > PROBLEMS_LISTED:
            problems.append(
                Problem(
                    file=rows[0][0], column=header, reason=f"另有 {count - PROBLEMS_LISTED} 行有同类问题，未逐行列出"
                )
            )
    return problems


def _failed_checks(con: duckdb.DuckDBPyConnection, number: int, entry: Entry) -> list[Problem]:
    columns = ", ".join(f'"v_{t.column.name}" AS "{t.column.name}"' for t in entry.targets)
    problems: list[Problem] = []
    for check in entry.checks:
        rows = con.execute(
            f'SELECT __id, __file, __row, __text FROM (SELECT __id, __file, {ROW} AS __row, "t_{check.column}" AS __text, '
            f"{columns} FROM raw_{number}) WHERE ({check.holds}) IS FALSE ORDER BY 2, 3"
        ).fetchall()
        header = str(entry.target(check.column).source or check.column)
        if rows:
            con.execute(f"INSERT INTO bad_{number} SELECT unnest(?::BIGINT[])", [[row[0] for row in rows]])
        problems += [
            Problem(file=file, row=row, column=header, value=text or "", reason=check.reason, remedy="请核对该行")
            for _, file, row, text in rows[:PROBLEMS_LISTED]
        ]
    return problems


def _cell_problem(target: Target, header: str, file: str, row: int, text: str | None, code: str) -> Problem:
    label = target.column.label_zh
    if code == "empty":
        reason, remedy = "必填项为空", f"请补填{label}"
    elif code == "format":
        reason, remedy = "无法识别", f"应为{target.parser.expects}"
    elif code == "enum":
        reason, remedy = "不在允许的取值之内", f"应为：{'、'.join([*target.codes, *target.column.enum])}"
    else:
        low, high = target.limits
        reason, remedy = "超出允许范围", f"应在 {'' if low is None else low} 至 {'' if high is None else high} 之间"
    return Problem(file=file, row=row, column=header, value=text or "", reason=reason, remedy=remedy)


def _mark_refused_by_reader(con: duckdb.DuckDBPyConnection, number: int, files: Sequence[StagedFile]) -> None:
    """Take out rows the reader already objected to; their problems came with the staged file."""
    for file in files:
        if file.blocked:
            con.execute(f"INSERT INTO bad_{number} SELECT __id FROM raw_{number} WHERE __file = ?", [file.name])
            continue
        rows = [problem.row for problem in file.problems if problem.row is not None]
        if rows:
            con.execute(
                f"INSERT INTO bad_{number} SELECT __id FROM raw_{number} WHERE __file = ? AND {ROW} IN "
                "(SELECT unnest(?::BIGINT[]))",
                [file.name, rows],
            )


def _repeated_keys(con: duckdb.DuckDBPyConnection, number: int, entry: Entry) -> list[Problem]:
    keys = ", ".join(f'"v_{name}"' for name in entry.key)
    texts = ", ".join(f'"t_{name}"' for name in entry.key)
    values = ", ".join(f'"v_{t.column.name}"' for t in entry.targets)
    rows = con.execute(
        f"""WITH repeated AS (
            SELECT {keys} FROM raw_{number} WHERE {" AND ".join(f'"v_{name}" IS NOT NULL' for name in entry.key)}
            GROUP BY ALL HAVING count(*) > 1)
        SELECT __id, __file, {ROW}, concat_ws('，', {keys}) AS shown, md5(CAST(row({values}) AS VARCHAR)) AS content,
            concat_ws('，', {texts}) AS text
        FROM raw_{number} SEMI JOIN repeated USING ({keys}) ORDER BY shown, __file, {ROW}"""
    ).fetchall()
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault(row[3], []).append(row)
    problems: list[Problem] = []
    refused: list[int] = []
    headers = "、".join(str(entry.target(name).source or name) for name in entry.key)
    for members in groups.values():
        identical = len({member[4] for member in members}) == 1
        # Of identical rows the first is as good as any; of contradicting ones none can be trusted.
        wrong = members[1:] if identical else members
        refused += [member[0] for member in wrong]
        for member in wrong:
            others = [m for m in members if m[0] != member[0]]
            named = "、".join(f"{'' if m[1] == member[1] else m[1]}第 {m[2]} 行" for m in others[:5])
            problems.append(
                Problem(
                    file=member[1], row=member[2], column=headers, value=member[5],
                    reason=f"与{named}完全重复" if identical else f"与{named}业务键相同而内容不同",
                    remedy="请只保留一行" if identical else "请核实后只保留正确的一行",
                )
            )  # fmt: skip
    if refused:
        con.execute(f"INSERT INTO bad_{number} SELECT unnest(?::BIGINT[])", [refused])
    return problems
