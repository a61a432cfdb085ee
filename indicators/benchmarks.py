"""How a value stands among the peers (S10): within their middle half, and against their median."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_access.access.scope import Scope
from data_access.readers.benchmarks import BenchmarkReader
from indicators.results import IndicatorInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Benchmark:
    """What the peers of one group reach by one indicator.

    Attributes:
        peers: the group, such as 本省高职.
        low, high: ends of the middle half of the peers, in the indicator's unit, `low` the smaller number.
        is_core: True for the core indicators of running a college (核心办学指标).
    """

    code: str
    peers: str
    year: int
    low: float
    median: float
    high: float
    is_core: bool

    def place(self, value: float, info: IndicatorInfo) -> float | None:
        """Where `value` stands among the peers: 0 at their worse quartile, 1 at the better one; None without a band."""
        width = self.high - self.low
        if not width:
            return None
        return ((self.high - value) if info.direction == "lower" else (value - self.low)) / width

    def is_reached(self, value: float, info: IndicatorInfo) -> bool:
        """Whether `value` is no worse than the median of the peers."""
        return value <= self.median if info.direction == "lower" else value >= self.median


class Benchmarks:
    """Answers what peers reach."""

    def __init__(self, reader: BenchmarkReader) -> None:
        self._reader = reader

    def of(self, year: int, *, scope: Scope) -> Sequence[Benchmark]:
        """What peers reach as last published by `year`; none for those who may read nothing of the school."""
        return [
            Benchmark(
                code=row["code"],
                peers=row["peer_group"],
                year=row["bench_year"],
                low=min(row["p25"], row["p75"]),
                median=row["median"],
                high=max(row["p25"], row["p75"]),
                is_core=bool(row["is_core"]),
            )
            for row in self._reader.benchmarks(year, scope=scope)
        ]
