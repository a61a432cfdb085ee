"""Which demo college to build, and the random streams it is built from."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np

from data_access.errors import UserError

LARGEST_COLLEGE = 40_000
LONGEST_HISTORY = 8


@dataclass(frozen=True, kw_only=True)
class CollegeSpec:
    """Size, history and seed of a demo college; the same values always give the same college.

    Attributes:
        students: students enrolled at `as_of`.
        terms: terms with daily facts, the last being the one that runs at `as_of` or ended last before it.
        as_of: the day on which the college is looked at; no fact is later.
        seed: picks another college of the same size.
    """

    students: int = 12_000
    terms: int = 4
    as_of: dt.date
    seed: int = 20260901

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built.

        Raises:
            UserError: a size is out of range.
        """
        if not 30 <= self.students <= LARGEST_COLLEGE:
            raise UserError(f"A demo college has 30 to {LARGEST_COLLEGE} students. Got {self.students}")
        if not 1 <= self.terms <= LONGEST_HISTORY:
            raise UserError(f"A demo college has 1 to {LONGEST_HISTORY} terms. Got {self.terms}")

    @property
    def scale(self) -> float:
        """Size relative to the college of 12,000 for which the contracts estimate rows."""
        return self.students / 12_000

    def stream(self, name: str, *parts: int) -> np.random.Generator:
        """The random stream of that name, independent of all others.

        It does not depend on `as_of`, so that lessons keep their past when the college is looked at a day later.
        """
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence([self.seed, zlib.crc32(name.encode()), *parts]))
        )
