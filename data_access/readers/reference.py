"""Reference behind indicators: where each stands in the diagnosis, and what peers reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine, select

from data_access.access.scope import Scope
from data_access.database.models import IndicatorEntry
from data_access.readers.facts import FactReader

_FIELDS: Final = ("five_system", "dimension", "department", "norm_ref")
_BENCHMARKS: Final = """
    SELECT indicator_id, peer_group, p25, median, p75, bench_year FROM {files}
    WHERE bench_year = (SELECT MAX(bench_year) FROM {files} WHERE bench_year <= $year)
    ORDER BY benchmark_id
"""
_CODES: Final = "SELECT indicator_id, code, is_core FROM {files}"


class ReferenceReader:
    """Reads definitions and benchmarks, which tell of nobody; safe to share between threads."""

    def __init__(self, database: Engine, facts: FactReader) -> None:
        self.database = database
        self.facts = facts

    def placements(self) -> list[Mapping[str, Any]]:
        """Where every computed indicator stands, by code.

        Keys: ``code``, ``name_zh``, ``layer``, ``entity``, ``period``, ``five_system``, ``dimension``,
        ``department`` and ``norm_ref`` (None where no norm is named).
        """
        entry = IndicatorEntry
        query = select(
            entry.code,
            entry.name_zh,
            entry.layer,
            entry.entity,
            entry.period,
            *(entry.definition[name].as_string().label(name) for name in _FIELDS),
        ).order_by(entry.code)
        with self.database.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def benchmarks(self, year: int, *, scope: Scope) -> list[Mapping[str, Any]]:
        """What peers reach, as last published by `year`; none for those who may read nothing of the school.

        Keys: ``code``, ``is_core``, ``peer_group``, ``p25``, ``median``, ``p75`` and ``bench_year``.
        """
        if not scope.admits("school"):
            return []
        rows = self.facts.query(self.facts.files("ref_benchmark", term_id=None), _BENCHMARKS, {"year": year})
        known = {
            row["indicator_id"]: {"code": row["code"], "is_core": row["is_core"]}
            for row in self.facts.query(self.facts.files("dim_indicator", term_id=None), _CODES, {})
        }
        return [{**row, **known[row["indicator_id"]]} for row in rows if row["indicator_id"] in known]
