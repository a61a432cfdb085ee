"""An installation with a small invented college, ready to import into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_access.intake import staging
from data_access.lake import load_tables
from tests.data_access.intake.college import College, dimensions, open_college, read_here


@pytest.fixture
def college(tmp_path: Path) -> Iterator[College]:
    opened = open_college(tmp_path / "家")
    load_tables(opened.lake, dimensions())
    yield opened
    opened.database.dispose()


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files in this process: the same code without the second a fresh interpreter takes to start."""
    monkeypatch.setattr(staging, "_run_child", read_here)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    return tmp_path / "收件"
