"""OULAD from its files to printed values through the command line, against pandas alone."""

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event

from app import cli
from tests.conftest import DATABASES

DATA = Path(__file__).parents[3] / "shared" / "data" / "oulad"
KEYS = ["code_module", "code_presentation"]
TERMS = {"2013B": "2012-2013-2", "2013J": "2013-2014-1", "2014B": "2013-2014-2", "2014J": "2014-2015-1"}
DAILY = {("AAA", "2013J"), ("BBB", "2013B")}
"""The sections whose clicks are given by day, and attendance by week."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the OULAD data set is not at {DATA}"),
]


@pytest.fixture(scope="module", params=DATABASES)
def luoxuan(request, tmp_path_factory):
    """Runs a command on an installation that has imported and computed the data set, and gives its output."""
    environment = {"LUOXUAN_HOME": str(tmp_path_factory.mktemp("oulad"))}
    if request.param == "postgresql":
        environment["LUOXUAN_DATABASE_URL"] = request.getfixturevalue("postgresql")()
    engines: set[Engine] = set()

    def remember(connection):
        engines.add(connection.engine)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, arguments, env=environment, catch_exceptions=False)
        while engines:  # a command leaves closing its connections to the end of its process
            engines.pop().dispose()
        assert result.exit_code == 0, result.output
        return result.stdout

    event.listen(Engine, "engine_connect", remember)
    try:
        report = json.loads(run("import", str(DATA), "--mapping", "oulad", "--json"))
        assert report["status"] == "committed"
        assert json.loads(run("compute", "--json"))["kind"] == "full"
        yield run
    finally:
        event.remove(Engine, "engine_connect", remember)


@pytest.fixture(scope="module")
def sections(luoxuan):
    """(module, presentation) by entity such as ``offering:1201``."""
    listed = csv.DictReader(io.StringIO(luoxuan("entities", "--level", "offering")))
    return {row["entity"]: re.search(r"OU-(\w+)-(\w+)$", row["name"]).groups() for row in listed}


def read(name):
    return pd.read_parquet(DATA / f"{name}.parquet")


def values(luoxuan, sections, code, period):
    """(value, numerator, denominator) of every section that has a row for the period."""
    rows = json.loads(luoxuan("values", code, "--level", "offering", "--period", period))
    return {sections[row["entity"]]: (row["value"], row["numerator"], row["denominator"]) for row in rows}


def test_tables_have_as_many_rows_as_the_files_they_come_from(luoxuan):
    tables = {table["table"]: table["rows"] for table in json.loads(luoxuan("lake", "status", "--json"))["tables"]}
    assert tables["fact_grade"] == len(read("studentRegistration")) == 21_333
    assert tables["fact_unit_assess"] == len(read("studentAssessment")) == 121_738
    assert tables["dim_offering"] == len(read("courses")) == 22
    assert tables["dim_student"] == read("studentInfo")["id_student"].nunique()


def test_the_pass_rate_of_every_section_is_that_of_pandas(luoxuan, sections):
    info = read("studentInfo")
    passed = info["final_result"].isin(["Pass", "Distinction"]).groupby([info[key] for key in KEYS])
    expected = passed.agg(["sum", "size"])
    assert set(sections.values()) >= set(expected.index)
    compared = 0
    for presentation, term in TERMS.items():
        ours = values(luoxuan, sections, "CRS-EFF-01", term) if presentation in set(info["code_presentation"]) else {}
        theirs = expected[expected.index.get_level_values(1) == presentation]
        assert set(ours) == set(theirs.index)
        for section, (top, bottom) in zip(theirs.index, theirs.to_numpy().tolist(), strict=True):
            value, numerator, denominator = ours[section]
            assert (numerator, denominator) == (top, bottom)
            assert value == pytest.approx(100 * top / bottom)
            compared += 1
    assert compared == len(expected) == len(info[KEYS].drop_duplicates())


@pytest.mark.parametrize(("section", "weeks"), [(("AAA", "2013J"), (1, 18, 19, 38)), (("BBB", "2013B"), (1, 20, 34))])
def test_weekly_attendance_is_the_share_of_registered_students_with_a_click(luoxuan, sections, section, weeks):
    (clicks,) = [pd.read_parquet(path) for path in DATA.glob("studentVle_daily_*.parquet")]
    clicks = clicks[(clicks["code_module"] == section[0]) & (clicks["code_presentation"] == section[1])]
    registered = read("studentRegistration").query("code_module == @section[0] and code_presentation == @section[1]")
    for week in weeks:
        first, last = 7 * week - 7, 7 * week - 1
        came = ~(registered["date_registration"] > last)
        left = registered["date_unregistration"] <= last
        due = set(registered.loc[came & ~left, "id_student"])
        active = set(clicks.loc[clicks["date"].between(first, last), "id_student"])
        found = values(luoxuan, sections, "CRS-ATT-01", f"{TERMS[section[1]]}-W{week:02d}")
        assert set(found) <= DAILY
        value, numerator, denominator = found[section]
        assert (numerator, denominator) == (len(due & active), len(due))
        assert value == pytest.approx(100 * len(due & active) / len(due))


def test_sections_without_daily_clicks_have_no_attendance(luoxuan, sections):
    with_values = {
        section
        for term in ("2012-2013-2", "2013-2014-1")
        for section in values(luoxuan, sections, "CRS-ATT-01", f"{term}-W05")
    }
    assert with_values == DAILY
