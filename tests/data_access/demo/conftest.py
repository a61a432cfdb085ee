from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

import indicators
from data_access.contracts import contracts
from data_access.demo import CollegeSpec, generate

TODAY = dt.date(2026, 11, 20)
Tables = Mapping[str, pa.Table]


def collect(spec: CollegeSpec, blocks: Sequence[Mapping[str, Any]] = ()) -> dict[str, pa.Table]:
    """All tables of a demo college, the parts of each joined."""
    parts: dict[str, list[pa.Table]] = {}
    for name, table in generate(spec, indicators=blocks):
        parts.setdefault(name, []).append(table)
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


@pytest.fixture(scope="session")
def library() -> list[Mapping[str, Any]]:
    directory = Path(indicators.__file__).parent / "library"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    texts = [path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.yaml"))]
    return [block for text in texts for block in yaml.load(text, Loader=loader)]


@pytest.fixture(scope="session")
def spec() -> CollegeSpec:
    return CollegeSpec(students=1000, as_of=TODAY)


@pytest.fixture(scope="session")
def college(spec: CollegeSpec, library: list[Mapping[str, Any]]) -> Tables:
    return collect(spec, library)


@pytest.fixture(scope="session")
def fact_names() -> list[str]:
    return [name for name, table in contracts().items() if table.kind == "fact"]
