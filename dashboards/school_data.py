"""The data of the school's page: its indicators, what they are held against, and what its departments add."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dashboards.overview import term_end
from dashboards.page import View
from data_access.access.viewer import Viewer
from indicators.benchmarks import Benchmark
from indicators.model import SCHOOL_ID
from indicators.results import Board, Reading
from indicators.shelf import Entry

LAYER: Final = "学校"
ROLLED: Final = (
    "SCH-QLT-01", "SCH-QLT-02", "SCH-QLT-03", "SCH-QLT-07", "SCH-QLT-08", "SCH-SCA-03", "SCH-SCA-04", "SCH-LVL-02",
    "SCH-LVL-06", "SCH-LVL-10", "SCH-TSK-01", "SCH-TSK-02", "SCH-TSK-11", "SCH-OPS-05", "SCH-OPS-06",
)  # fmt: skip
"""Rates of the school that are made of those of its departments, as the plans diagnose them (包头 五(一)1)."""
OUTCOMES: Final = (
    "MAJ-ADA-03", "MAJ-ADA-04", "MAJ-QUA-04", "MAJ-QUA-05", "MAJ-CON-01", "MAJ-CON-02", "MAJ-CON-03",
)  # fmt: skip
"""招生 (plan, registered), 就业 (placed, in the field), 科研 and 服务 (income, training), by department."""
_ONE: Final = 2
"""Periods read of departments: the last one, and the one before it where the last has no values yet."""


@dataclass(frozen=True, kw_only=True)
class School:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @property
    def viewer(self) -> Viewer:
        """Who looks."""
        return self.view.services.viewer()

    @cached_property
    def until(self) -> dt.date | None:
        """The last day of data within the term shown; None where there is no term yet."""
        end, data_date = term_end(self.view), self.view.services.values.data_date()
        return None if end is None or data_date is None else min(end, data_date)

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The indicators of the school's layer, by code."""
        return {entry.code: entry for entry in self.view.services.library.entries() if entry.layer == LAYER}

    @cached_property
    def readings(self) -> Mapping[str, Reading]:
        """What is known of the school by them, by code, each up to its last settled period."""
        if self.until is None:
            return {}
        digest = self.view.services.digest
        found = digest.readings("school", SCHOOL_ID, until=self.until, scope=self.view.scope)
        return {reading.info.code: reading for reading in found if reading.info.code in self.entries}

    def section(self, dimensions: Sequence[str]) -> Sequence[Reading]:
        """The readings of some dimensions, in the order of these and of codes."""
        return [
            self.readings[entry.code]
            for dimension in dimensions
            for entry in self.entries.values()
            if entry.dimension == dimension and entry.code in self.readings
        ]

    @cached_property
    def benchmarks(self) -> Mapping[str, Benchmark]:
        """What the chosen peers reach, by code, for indicators of the school."""
        if self.until is None:
            return {}
        found = self.view.services.benchmarks.of(self.until.year, scope=self.view.scope)
        return {item.code: item for item in found if item.peers == self.view["peers"] and item.code in self.entries}

    @property
    def sees_departments(self) -> bool:
        """Whether figures of departments may be read at all."""
        return self.view.scope.admits("dept")

    @cached_property
    def parts(self) -> Board:
        """The chosen rate by department."""
        return self._by_department([self.view["item"]])

    @cached_property
    def outcomes(self) -> Board:
        """What becomes of students, research and service, by department."""
        return self._by_department(OUTCOMES)

    def _by_department(self, codes: Sequence[str]) -> Board:
        values = self.view.services.values
        return values.history(codes, "dept", until=self.until, last=_ONE, scope=self.view.scope)
