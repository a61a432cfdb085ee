"""The command line as an operator uses it: answers, exit codes, messages."""

import csv
import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from app import ROOT, cli, create_app
from data_access.errors import ConfigurationError
from data_access.installation import open_home, open_lake
from data_access.lake import load_tables
from data_access.settings import Mode, Settings
from indicators.engine import compute
from indicators.library import shipped_library
from tests.random_college import AS_OF, random_tables

KEYS = {
    "code",
    "entity",
    "period",
    "value",
    "numerator",
    "denominator",
    "rows",
    "unit",
    "library_version",
    "data_version",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A computed random college; commands find it in LUOXUAN_HOME."""
    settings = Settings.at(tmp_path_factory.mktemp("cli"))
    database = open_home(settings)
    lake = open_lake(settings, database)
    load_tables(lake, iter(random_tables(7, rows=150).items()))
    compute(lake, database, shipped_library(), as_of=AS_OF)
    database.dispose()
    return settings.home


@pytest.fixture
def run(home, monkeypatch):
    """Runs a command against the college."""
    monkeypatch.setenv("LUOXUAN_HOME", str(home))
    return lambda *arguments: CliRunner().invoke(cli, list(arguments))


def test_one_value_tells_everything_that_explains_it(run):
    result = run("value", "CRS-ATT-01", "--entity", "school", "--period", "latest", "--json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert set(found) == KEYS
    assert found["value"] == pytest.approx(100 * found["numerator"] / found["denominator"])
    assert found["entity"] == "school:1"
    assert found["unit"] == "%"
    assert found["rows"] >= found["denominator"]


def test_a_value_without_data_is_null(run):
    listed = json.loads(run("values", "CRS-ATT-01", "--level", "offering", "--period", "latest").output)
    period = listed[0]["period"]
    with_rows = {row["entity"] for row in listed}
    everyone = csv.DictReader(io.StringIO(run("entities", "--level", "offering").output))
    empty = next(row["entity"] for row in everyone if row["entity"] not in with_rows)
    found = json.loads(run("value", "CRS-ATT-01", "--entity", empty, "--period", period, "--json").output)
    assert found["value"] is None
    assert found["rows"] == 0


def test_a_list_holds_the_same_objects_as_single_values(run):
    listed = json.loads(
        run("values", "MAJ-GUA-01", "--level", "major", "--period", "latest", "--format", "json").output
    )
    assert listed
    for row in listed[:3]:
        single = run("value", "MAJ-GUA-01", "--entity", row["entity"], "--period", row["period"], "--json")
        assert json.loads(single.output) == row


def test_the_list_as_csv_has_one_line_a_value(run):
    result = run("values", "MAJ-GUA-01", "--level", "major", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.output)))
    assert rows
    assert set(rows[0]) == KEYS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("value", "CRS-ATT-1", "--entity", "school", "--period", "latest"), "CRS-ATT-01"),
        (("value", "CRS-ATT-01", "--entity", "offring:1", "--period", "latest"), "offering"),
        (("value", "CRS-ATT-01", "--entity", "offering", "--period", "latest"), "TYPE:ID"),
        (("value", "CRS-ATT-01", "--entity", "offering:0", "--period", "latest"), "no offering with id 0"),
        (("value", "CRS-ATT-01", "--entity", "school", "--period", "2024-2025"), "no period"),
        (("value", "CRS-ATT-01", "--entity", "school", "--period", "2024"), "weekly"),
        (("values", "SCH-LVL-11", "--level", "student"), "school"),
        (("values", "CRS-ATT-01", "--level", "pupil"), "no level"),
        (("value", "CRS-ATT-01", "--entity", "offering:²", "--period", "latest"), "TYPE:ID"),
        (("value", "CRS-ATT-01", "--entity", f"offering:{10**30}", "--period", "latest"), "no offering"),
        (("lake", "history", "fact_attendence"), "fact_attendance"),
    ],
)
def test_a_wrong_question_gets_a_clear_answer_and_exit_code_1(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("value", "CRS-ATT-01"),
        ("undo", str(10**30)),
        ("lake", "vacuum", "--days", "-1"),
        ("run", "--port", "99999"),
        ("run", "--port", "0"),
    ],
)
def test_wrong_usage_has_exit_code_2(run, arguments):
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LUOXUAN_MEMORY_LIMIT", "lots", "2GB"),
        ("LUOXUAN_PORT", "http", "whole number"),
        ("LUOXUAN_DATABASE_URL", "postgresql://127.0.0.1:9/nothing", "cannot be opened"),
        ("LUOXUAN_HOME", __file__, "cannot be used as a directory"),
    ],
)
def test_an_unusable_setting_is_named_without_a_traceback(monkeypatch, tmp_path, name, value, message):
    monkeypatch.setenv("LUOXUAN_HOME", str(tmp_path))
    monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli, ["lake", "status"])
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_damaged_database_is_told_without_a_traceback(monkeypatch, tmp_path):
    (tmp_path / "luoxuan.sqlite").write_bytes(b"not a database" * 500)
    monkeypatch.setenv("LUOXUAN_HOME", str(tmp_path))
    result = CliRunner().invoke(cli, ["lake", "status"])
    assert result.exit_code == 1
    assert "cannot be opened" in result.output


def test_computing_again_finds_nothing_to_do(run):
    result = run("compute", "--as-of", f"{AS_OF}", "--json")
    assert json.loads(result.output)["kind"] == "none"


def test_lake_status_counts_rows(run):
    report = json.loads(run("lake", "status", "--json").output)
    rows = {table["table"]: table["rows"] for table in report["tables"]}
    assert rows["dim_student"] == 60
    assert rows["fact_attendance"] == 150


def test_the_demo_does_not_replace_imports_of_the_colleges_own(run, home):
    from sqlalchemy import text  # noqa: PLC0415

    database = open_home(Settings.at(home))
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO import_batch (mapping, fingerprint, files, status, started_at, counts, owner) "
                "VALUES ('college', 'x', '[]', 'committed', '2024-01-01', '{}', '')"
            )
        )
    refused = run("demo", "--students", "100")
    assert refused.exit_code == 1
    assert "--force" in refused.output


def test_every_command_explains_itself():
    def walk(command, path):
        result = CliRunner().invoke(cli, [*path, "--help"])
        assert result.exit_code == 0
        assert len(result.output.splitlines()) > 3
        for name, child in getattr(command, "commands", {}).items():
            walk(child, [*path, name])

    walk(cli, [])


def test_an_address_beyond_this_machine_is_refused(monkeypatch):
    monkeypatch.setenv("LUOXUAN_HOST", "0.0.0.0")
    result = CliRunner().invoke(cli, ["run"])
    assert result.exit_code == 1
    assert "only listen on this machine" in result.output


def test_the_web_application_asks_to_sign_in_and_is_healthy(home):
    client = create_app(Settings.at(home)).test_client()
    assert client.get("/courses").location == "/sign-in?next=%2Fcourses"
    assert 'lang="zh-CN"' in client.get("/sign-in").text
    assert client.get("/healthz").status_code == 200


def test_the_web_application_is_not_made_of_unsafe_settings(home):
    with pytest.raises(ConfigurationError, match="https"):
        create_app(Settings.at(home, mode=Mode.PRODUCTION))


def test_the_module_runs_as_the_command_does():
    asked = [sys.executable, "-m", "app", "--help"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.startswith("Usage: luoxuan")
