"""``luoxuan roster`` and ``luoxuan account import`` as an operator uses them: reports, exit codes, files."""

import csv
import json
import stat

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from app import cli
from data_access.database import transaction
from data_access.database.models import Entity
from data_access.installation import open_home, open_lake
from data_access.settings import Settings
from tests.data_access.access.dimensions import load, student, teacher


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOXUAN_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def lake(home):
    settings = Settings.at(home)
    return open_lake(settings, open_home(settings))


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_roster_brings_accounts_into_step_and_says_what_it_did(lake):
    load(lake, {"dim_teacher": [teacher(7)], "dim_student": [student(key) for key in range(30)]})
    first = run("roster", "--json")
    assert first.exit_code == 0
    assert json.loads(first.output)["started"] == {"teacher": 1, "student": 30}
    assert "31 accounts" in run("roster").output
    listed = run("account", "list", "--search", "t7").output
    assert "roster, enabled" in listed


def test_a_large_loss_is_refused_until_forced(lake):
    load(lake, {"dim_student": [student(key) for key in range(30)]})
    run("roster")
    load(lake, {})
    refused = run("roster")
    assert refused.exit_code == 1
    assert "30 of 30 student" in refused.output
    assert "--force" in refused.output
    forced = run("roster", "--force", "--json")
    assert forced.exit_code == 0
    assert json.loads(forced.output)["disabled"] == 30


# -- account import ---------------------------------------------------------------------------


@pytest.fixture
def people(home):
    with transaction(open_home(Settings.at(home))) as connection:
        connection.execute(insert(Entity).values(level="dept", entity_id=3, name="机电工程系"))
    path = home / "people.csv"
    path.write_text(
        "用户名,姓名,人员类别,岗位,岗位节点\nzhiguan,张三,其他,质量办,\nxuegong,李四,其他,学工办,机电工程系\n",
        encoding="utf-8",
    )
    return path


def test_a_dry_run_counts_and_changes_nothing(people):
    for _ in range(2):
        result = run("account", "import", people, "--dry-run", "--json")
        assert result.exit_code == 0
        report = json.loads(result.output)
        assert report["status"] == "checked"
        assert report["accounts"]["new"] == report["posts"]["new"] == 2
        assert report["passwords"] == {"given": 0, "lacking": 2}


def test_one_time_passwords_go_to_a_new_file_that_nobody_else_can_read(people, home):
    secrets = home / "passwords.csv"
    result = run("account", "import", people, "--passwords", secrets)
    assert result.exit_code == 0
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    rows = list(csv.DictReader(secrets.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["用户名"] for row in rows] == ["zhiguan", "xuegong"]
    assert all(row["一次性密码"] not in result.output for row in rows)
    assert "first passwords: 2 given, 0 lacking" in result.output
    again = run("account", "import", people, "--passwords", secrets)
    assert again.exit_code == 1
    assert "Name a new file" in again.output


def test_passwords_of_the_file_count_as_given_beside_those_made_for_it(home):
    people = home / "people.csv"
    people.write_text("用户名,姓名,人员类别,初始密码\na1,甲,其他,Harbour-Tidal-1x\nb1,乙,其他,\n", encoding="utf-8")
    report = json.loads(run("account", "import", people, "--passwords", home / "passwords.csv", "--json").output)
    assert report["passwords"] == {"given": 2, "lacking": 0}


def test_a_file_with_problems_is_refused_with_all_of_them(people, home):
    people.write_text("用户名,姓名,人员类别,岗位\na1,甲,外人,质量办\nb1,乙,其他,质量室\n", encoding="utf-8")
    secrets = home / "passwords.csv"
    result = run("account", "import", people, "--passwords", secrets)
    assert result.exit_code == 1
    assert "第 2 行" in result.output
    assert "第 3 行" in result.output
    assert not secrets.exists()
    assert "0 accounts" in run("account", "list").output
