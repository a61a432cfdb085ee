"""The written pages keep up with the code: nothing that exists goes unmentioned, no link leads nowhere."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app import cli
from data_access import settings
from data_access.access.derivation import RosterReport
from data_access.access.privacy import Topic
from data_access.contracts import PRIVACY_CLASSES
from data_access.intake.problems import Problem
from data_access.intake.reports import ImportReport, TableCounts
from data_access.lake import TableStatus
from docs.generate import DOCS
from indicators.engine import ComputeReport
from indicators.model import FIVE_SYSTEMS, Direction, Layer, Level, PeriodKind, Window
from indicators.model import Problem as LibraryProblem
from indicators.results import State

ROOT = DOCS.parent
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
DECISIONS = sorted((DOCS / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


def commands(group: click.Group = cli, prefix: str = "luoxuan") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


COMMANDS = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_in_the_table_of_operations(name):
    row = next((line for line in OPERATIONS.splitlines() if re.match(rf"\| `{name}[ `]", line)), None)
    assert row is not None, f"Add a row for `{name}` to the table of commands in docs/operations.md."
    options = [o for p in COMMANDS[name].params if isinstance(p, click.Option) for o in p.opts]
    missing = [option for option in options if option not in row]
    assert not missing, f"Name {missing} in the row of `{name}` in docs/operations.md."


REPORTS = [ImportReport, TableCounts, Problem, ComputeReport, LibraryProblem, TableStatus, RosterReport]


@pytest.mark.parametrize("report", REPORTS, ids=[report.__name__ for report in REPORTS])
def test_every_field_of_a_json_report_is_listed(report):
    listed = set(re.findall(r"\w+", OPERATIONS.split("### JSON reports")[1].split("\n## ")[0]))
    missing = {field.name for field in dataclasses.fields(report)} - listed
    assert not missing, f"Add {sorted(missing)} to the shapes of JSON reports in docs/operations.md."


def test_every_setting_is_documented():
    names = set(re.findall(r'"(LUOXUAN_\w+)"', Path(settings.__file__).read_text(encoding="utf-8")))
    assert names
    missing = {name for name in names if f"| `{name}` |" not in OPERATIONS}
    assert not missing, f"Add {sorted(missing)} to the table of settings in docs/operations.md."


DOMAIN_WORDS = [
    *(level.key for level in Level),
    *(kind.value for kind in PeriodKind),
    *(direction.value for direction in Direction),
    *(window.value for window in Window if window.value),
    *(layer.value for layer in Layer),
    *(state.value for state in State),
    *FIVE_SYSTEMS,
    *PRIVACY_CLASSES,
    *Topic,
]


@pytest.mark.parametrize("word", DOMAIN_WORDS)
def test_every_word_of_the_domain_is_in_the_glossary(word):
    assert re.search(rf"(?<![a-z]){word}(?![a-z])", GLOSSARY), f"Explain {word!r} in docs/glossary.md."


def test_the_index_lists_every_decision_with_its_title():
    index = (DOCS / "adr" / "README.md").read_text(encoding="utf-8")
    lines = [(path, path.read_text(encoding="utf-8").splitlines()[0]) for path in DECISIONS]
    expected = [f"| [{path.name[:4]}]({path.name}) | {title.split('. ', 1)[1]} |" for path, title in lines]
    assert [line for line in index.splitlines() if line.startswith("| [")] == expected


@pytest.mark.parametrize("path", DECISIONS, ids=[path.stem for path in DECISIONS])
def test_a_decision_has_its_parts(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]}. ")
    assert re.search(r"^Status: \w+ · Date: \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    headings = [line for line in text.splitlines() if line in {"## Context", "## Decision", "## Consequences"}]
    assert headings == ["## Context", "## Decision", "## Consequences"]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http:", "https:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name} links to {link}, which is not there."
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}, but there is no such heading."


def anchors(page: Path) -> set[str]:
    """Names by which the headings of a page can be linked to, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


PATHS = re.compile(r"`((?:app\.py|(?:dashboards|layouts|indicators|data_access|tests|docs|assets)/[\w./-]*))`")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_paths_named_in_the_text_exist(page):
    named = {path for path in PATHS.findall(page.read_text(encoding="utf-8")) if "<" not in path}
    missing = sorted(path for path in named if not (ROOT / path).exists())
    assert not missing, f"{page.name} names {missing}."
