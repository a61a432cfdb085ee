"""What peers reach by an indicator, as the college has it from annual reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

_BENCHMARKS: Final = """
    SELECT indicator_id, peer_group, p25, median, p75, bench_year FROM {files}
    WHERE bench_year = (SELECT MAX(bench_year) FROM {files} WHERE bench_year <= $year)
        AND p25 IS NOT NULL AND median IS NOT NULL AND p75 IS NOT NULL
    ORDER BY benchmark_id
"""
_CODES: Final = "SELECT indicator_id, code, is_core FROM {files}"


class BenchmarkReader:
    """Reads a reference table of a few hundred rows, which tells of nobody; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def benchmarks(self, year: int, *, scope: Scope) -> list[Mapping[str, Any]]:
        """What peers reach, as last published by `year`; none for those who may read nothing of the school.

        Peers of whom a quartile or the median is not told are left out: nothing can be compared with them.
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
