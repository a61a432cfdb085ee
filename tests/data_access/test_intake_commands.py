"""``luoxuan import`` and ``luoxuan undo``: accounts follow what came in, and a refusal of theirs is told."""

import json

import pytest
from click.testing import CliRunner

from app import cli
from data_access.installation import open_home, open_lake
from data_access.settings import Settings
from docs.generate import DOCS
from tests.data_access.access.dimensions import load, student

OWN_DATA = DOCS / "examples" / "own-data"
HEADER = "工号,姓名,所属部门,人员类别,性别\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOXUAN_HOME", str(tmp_path / "home"))
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    return result.exit_code, json.loads(result.stdout) if "--json" in arguments else result.output


@pytest.mark.slow
def test_accounts_follow_imports_and_undos(home):
    (home / "部门.csv").write_text("部门名称,部门类型,负责人工号\n机电工程系,教学系部,T1\n", encoding="utf-8")
    (home / "教师.csv").write_text(f"{HEADER}T1,王一,机电工程系,专任教师,男\n", encoding="utf-8")
    first, second = home / "first", home / "second"
    for directory in (first, second):
        directory.mkdir()
    (home / "部门.csv").rename(first / "部门.csv")
    (home / "教师.csv").rename(first / "教师.csv")
    code, checked = run("import", first, "--mapping", "college", "--dry-run", "--json")
    assert (code, checked["roster"]) == (0, None)
    code, report = run("import", first, "--mapping", "college", "--json")
    assert code == 0
    assert report["roster"]["started"] == {"department_head": 1, "teacher": 1}
    (second / "教师.csv").write_text(f"{HEADER}T2,李二,机电工程系,专任教师,女\n", encoding="utf-8")
    _, report = run("import", second, "--mapping", "college", "--json")
    assert report["roster"]["created"] == 1
    code, undone = run("undo", report["batch_id"], "--json")
    assert code == 0
    assert undone["roster"]["disabled"] == 1
    assert undone["roster"]["ended"] == {"teacher": 1}


@pytest.mark.slow
def test_the_example_of_own_data_ends_with_accounts_for_everybody(home):
    for directory in ("1-dimensions", "2-records"):
        code, _ = run("import", OWN_DATA / directory, "--mapping", "college", "--json")
        assert code == 0
    assert run("compute", "--json")[0] == 0
    code, report = run("account", "import", OWN_DATA / "people.csv", "--passwords", home / "passwords.csv", "--json")
    assert code == 0
    assert report["accounts"] == {"new": 2, "changed": 1, "unchanged": 1}
    assert report["posts"]["new"] == 2
    assert report["notes"] == []
    names = [line.split(",")[0] for line in (home / "passwords.csv").read_text(encoding="utf-8-sig").splitlines()]
    assert names == ["用户名", "zhiguan", "xuegong", "t001", "2026000001"]
    _, listed = run("account", "list", "--search", "t001")
    assert "class_adviser" in listed


@pytest.mark.slow
def test_an_import_stands_where_accounts_are_refused_and_says_so(home):
    settings = Settings.at(home / "home")
    lake = open_lake(settings, open_home(settings))
    load(lake, {"dim_student": [student(key) for key in range(30)]})
    run("roster")
    load(lake, {})
    (home / "部门.csv").write_text("部门名称,部门类型\n机电工程系,教学系部\n", encoding="utf-8")
    code, report = run("import", home / "部门.csv", "--mapping", "college", "--json")
    assert code == 1
    assert report["status"] == "committed"
    assert "30 of 30 student" in report["roster"]["refused"]
    code, text = run("import", home / "部门.csv", "--mapping", "college")
    assert code == 1
    assert "The import is done, but accounts stay as they were" in text
    run("roster", "--force")
    code, _ = run("import", home / "部门.csv", "--mapping", "college")
    assert code == 0
