"""What an indicator is held against besides its own lines: its place in the diagnosis, norms and peers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_access.access.scope import Scope
from data_access.readers.reference import ReferenceReader
from indicators.model import PERIOD_WORDS
from indicators.results import IndicatorInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where an indicator stands.

    Attributes:
        layer, system: its cell of the five by five.
        dimension: its group within the layer, such as 规模.
        entity: level that it belongs to.
        period: its own kind of period: ``week``, ``month``, ``term`` or ``year``.
        department: who answers for it.
        norm: the regulation its lines come from; empty where the college has set them itself.
    """

    code: str
    name_zh: str
    layer: str
    system: str
    dimension: str
    entity: str
    period: str
    department: str
    norm: str = ""


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


class Standards:
    """Answers where indicators stand and what peers reach."""

    def __init__(self, reference: ReferenceReader) -> None:
        self._reference = reference

    def placements(self) -> Sequence[Placement]:
        """Where every computed indicator stands, by code."""
        return [
            Placement(
                code=row["code"],
                name_zh=row["name_zh"],
                layer=row["layer"],
                system=row["five_system"],
                dimension=row["dimension"],
                entity=row["entity"],
                period=str(PERIOD_WORDS.get(row["period"], row["period"])),
                department=row["department"],
                norm=row["norm_ref"] or "",
            )
            for row in self._reference.placements()
        ]

    def benchmarks(self, year: int, *, scope: Scope) -> Sequence[Benchmark]:
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
            for row in self._reference.benchmarks(year, scope=scope)
        ]
