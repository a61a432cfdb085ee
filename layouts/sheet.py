"""The numbers of a panel as a plain table: what its table view shows and what its files hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Datum = str | float | int | None
"""A name, a number as computed (not as written), or no value."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table of plain values.

    Attributes:
        title: what it shows; of several sheets of a panel each has its own.
        columns: headings, with units where they have any, such as 到课率(%).
        rows: as many values each as there are columns.

    Raises:
        ValueError: a row has more or fewer values than there are columns.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Datum]]

    def __post_init__(self) -> None:
        """Refuse rows that do not fit."""
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"Every row of {self.title!r} needs {len(self.columns)} values.")
