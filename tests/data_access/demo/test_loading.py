from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from data_access.contracts import contracts
from data_access.demo import CollegeSpec, build_demo, source_directory
from tests.data_access.demo.conftest import TODAY


def test_the_demo_college_fills_the_lake_and_leaves_its_source_files(
    install: Callable[..., Any], tmp_path: Path
) -> None:
    home = install(tmp_path)
    heard: list[tuple[str, float]] = []
    spec = CollegeSpec(students=60, terms=1, as_of=TODAY)
    rows = build_demo(spec, home.settings, home.database, progress=lambda what, share: heard.append((what, share)))
    held = {status.table: status.rows for status in home.lake.status()}
    assert set(held) == set(contracts())
    assert sum(count for name, count in held.items() if name.startswith("fact_")) == rows > 10_000
    assert [share for _, share in heard] == sorted(share for _, share in heard)
    assert heard[-1][1] == 1
    assert {path.name for path in source_directory(home.settings).iterdir()} >= {"学生名单.xlsx", "教学班.csv"}


def test_building_again_replaces_what_was_there(install: Callable[..., Any], tmp_path: Path) -> None:
    home = install(tmp_path)
    for _ in range(2):
        rows = build_demo(CollegeSpec(students=60, terms=1, as_of=TODAY), home.settings, home.database)
    held = sum(status.rows for status in home.lake.status() if status.table.startswith("fact_"))
    assert held == rows
