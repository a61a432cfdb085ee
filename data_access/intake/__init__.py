"""Intake: files of the college's systems become rows of the lake, whole or not at all.

`Intake.run(path, mapping)` imports; `mappings()` lists what can be imported. See ``docs/mappings.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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

_HOMES: Final = {
    "ImportReport": "reports",
    "Intake": "pipeline",
    "Limits": "reading",
    "Mapping": "mapping",
    "Preview": "reports",
    "Problem": "problems",
    "TableCounts": "reports",
    "WaitingRow": "problems",
    "mappings": "mapping",
}


def __getattr__(name: str) -> Any:
    # The child that reads files imports this package too; it should not wait for Delta, DuckDB and the database.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
