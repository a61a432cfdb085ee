"""Intake: files of the college's systems become rows of the lake, whole or not at all.

`Intake.run(path, mapping)` imports; `mappings()` lists what can be imported. See ``docs/mappings.md``.
"""

from data_access.intake.mapping import Mapping, mappings
from data_access.intake.pipeline import Intake
from data_access.intake.problems import Problem, WaitingRow
from data_access.intake.reading import Limits
from data_access.intake.reports import ImportReport, Preview, TableCounts

__all__ = [
    "ImportReport",
    "Intake",
    "Limits",
    "Mapping",
    "Preview",
    "Problem",
    "TableCounts",
    "WaitingRow",
    "mappings",
]
