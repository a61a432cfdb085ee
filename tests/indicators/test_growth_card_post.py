"""What ``luoxuan card post`` does and says."""

import json

import pytest
from click.testing import CliRunner

from app import cli
from indicators import growth_card_commands
from tests.growth_college import AS_OF, RUNNING, live


@pytest.fixture
def run(own_college, monkeypatch):
    monkeypatch.setenv("LUOXUAN_HOME", str(own_college.settings.home))
    monkeypatch.setattr(growth_card_commands, "today", lambda: AS_OF)
    return lambda *arguments: CliRunner().invoke(cli, ["card", "post", *arguments])


def test_a_term_is_posted_and_reported(run, own_college):
    (report,) = json.loads(run("--term", "2026-2027-1", "--json").stdout)
    assert (report["term_id"], report["entries"], report["reversals"]) == (RUNNING, 0, 0)
    assert report["unchanged"] == len(live(own_college, RUNNING))


def test_all_terms_are_posted_one_after_the_other(run):
    lines = run("--all").stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["2025-2026-2", "2026-2027-1"]


def test_one_term_or_all_but_not_both(run):
    assert run("--all", "--term", "2026-2027-1").exit_code == 2
