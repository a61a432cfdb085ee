"""The invented names of the demo college, read once from `names.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

NAMES_FILE: Final = Path(__file__).with_name("names.yaml")


@cache
def names() -> Mapping[str, Any]:
    """The whole file as data."""
    content: Mapping[str, Any] = yaml.safe_load(NAMES_FILE.read_text(encoding="utf-8"))
    return content


def person_names(rng: np.random.Generator, count: int) -> list[str]:
    """`count` invented names, surname first, one or two characters given."""
    surname, first, second = (names()[part] for part in ("surnames", "given_first", "given_second"))
    # Common surnames stand first in the list, so a squared draw makes them as common as they are.
    a = (rng.random(count) ** 2 * len(surname)).astype(int)
    b = rng.integers(0, len(first), count)
    c = rng.integers(0, len(second), count)
    short = rng.random(count) < 0.15
    return [surname[i] + ("" if s else first[j]) + second[k] for i, j, k, s in zip(a, b, c, short, strict=True)]
