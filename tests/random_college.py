"""Small random lakes: every table of the contracts filled with legal rows that make no sense together.

What the engine computes must not depend on a college looking sensible. References may be null where
the contract lets a row do without, so that every chain of keys is broken somewhere.
"""

import datetime as dt

import numpy as np
import pyarrow as pa

from data_access.contracts import ARROW_TYPES, Table, contracts

SIZES = {
    "dim_department": 5,
    "dim_major": 7,
    "dim_teacher": 12,
    "dim_class": 14,
    "dim_student": 60,
    "dim_course": 10,
    "dim_offering": 24,
    "dim_enterprise": 6,
    "dim_indicator": 9,
}
TERMS = (
    (20231, "2023-2024", "第一学期", dt.date(2023, 9, 4), dt.date(2024, 1, 19)),
    (20232, "2023-2024", "第二学期", dt.date(2024, 2, 26), dt.date(2024, 7, 5)),
    (20241, "2024-2025", "第一学期", dt.date(2024, 9, 2), dt.date(2025, 1, 17)),
)
AS_OF = dt.date(2024, 11, 20)
FIRST_DAY, LAST_DAY = dt.date(2022, 1, 1), dt.date(2025, 1, 31)


def random_tables(seed: int, *, rows: int = 300) -> dict[str, pa.Table]:
    """All tables by name; facts have about `rows` rows each."""
    rng = np.random.default_rng(seed)
    tables = {"dim_term": _terms(), "dim_date": _dates()}
    for name, size in SIZES.items():
        tables[name] = _rows(contracts()[name], size, rng, tables)
    facts = [t for t in contracts().values() if t.kind != "dimension"]
    for table in sorted(facts, key=lambda t: t.name != "fact_task"):  # fact_task_month refers to it
        tables[table.name] = _rows(table, rows, rng, tables)
    return tables


def _terms() -> pa.Table:
    columns = dict(
        zip(("term_id", "acad_year", "term_no", "start_date", "end_date"), zip(*TERMS, strict=True), strict=True)
    )
    columns |= {"term_name": [f"{t[1]} {t[2]}" for t in TERMS], "teaching_weeks": [18] * len(TERMS)}
    return (
        pa.table({k: list(v) for k, v in columns.items()})
        .select(contracts()["dim_term"].column_names)
        .cast(contracts()["dim_term"].arrow_schema(technical=False))
    )


def _dates() -> pa.Table:
    days = [FIRST_DAY + dt.timedelta(n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    rows = []
    for day in days:
        term = next((t for t in TERMS if t[3] <= day <= t[4]), None)
        week = None if term is None else (day - term[3]).days // 7 + 1
        rows.append(
            {
                "date_id": int(f"{day:%Y%m%d}"),
                "cal_date": day,
                "week_no": week if week is not None and week <= 18 else None,
                "month": day.month,
                "cal_year": day.year,
                "term_id": None if term is None else term[0],
                "is_teaching_day": term is not None and day.weekday() < 5,
            }
        )
    return pa.Table.from_pylist(rows, schema=contracts()["dim_date"].arrow_schema(technical=False))


def _rows(table: Table, size: int, rng: np.random.Generator, tables: dict[str, pa.Table]) -> pa.Table:
    columns = {}
    for column in table.columns:
        if column.is_key:
            values = np.arange(1, size + 1) * 7 + (0 if table.kind == "dimension" else 1000)
            columns[column.name] = pa.array(values, pa.int64())
            continue
        values = _values(table, column, size, rng, tables)
        keep = rng.random(size) >= (0.0 if column.name == table.time_key else 0.06)
        columns[column.name] = pa.array(
            [v if k else None for v, k in zip(values, keep, strict=True)], ARROW_TYPES[column.type]
        )
    return pa.table(columns)


def _values(table: Table, column, size: int, rng: np.random.Generator, tables: dict[str, pa.Table]) -> list:
    if column.references in tables:
        target = tables[column.references]
        keys = target.column(contracts()[column.references].key).to_pylist()
        if column.references == "dim_date":
            keys = [k for k in keys if 20230801 <= k <= 20250131]
        return [keys[i] for i in rng.integers(0, len(keys), size)]
    if column.name == "acad_year":
        return [f"{y}-{y + 1}" for y in rng.integers(2022, 2025, size)]
    if column.name in {"grade_year", "admission_year"}:
        return [int(y) for y in rng.integers(2020, 2025, size)]
    if column.name.endswith("_year") or column.name == "first_year":
        return [int(y) for y in rng.integers(2021, 2025, size)]
    if column.name == "table_name":
        facts = [t.name for t in contracts().values() if t.kind == "fact"]
        return [facts[i] for i in rng.integers(0, len(facts), size)]
    match column.type:
        case "int":
            return [int(v) for v in rng.integers(0, 6, size)]
        case "float":
            return [round(float(v), 2) for v in rng.normal(70, 18, size)]
        case "bool":
            return [bool(v) for v in rng.random(size) < 0.6]
        case "date":
            return [dt.date(2015, 1, 1) + dt.timedelta(int(d)) for d in rng.integers(0, 3600, size)]
        case "enum":
            return [column.enum[i] for i in rng.integers(0, len(column.enum), size)]
        case _:
            return [f"{column.name}-{i}" for i in rng.integers(0, 30, size)]
