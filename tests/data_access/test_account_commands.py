"""Accounts and posts from the command line, where the first administrators come from."""

import re

import pytest
from click.testing import CliRunner

from app import cli
from data_access.access.audit import AuditLog
from data_access.access.authentication import Authentication
from data_access.access.scope import Scope
from data_access.installation import open_home
from data_access.settings import Settings
from tests.conftest import Installation
from tests.data_access.access.people import PASSWORD, SECRET, people


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOXUAN_HOME", str(tmp_path / "home"))
    return Settings.at(tmp_path / "home")


@pytest.fixture
def run(settings):
    """Runs ``luoxuan account …``."""
    return lambda *arguments: CliRunner().invoke(cli, ["account", *arguments])


@pytest.fixture
def database(settings):
    engine = open_home(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def sign_in(database):
    authentication = Authentication(database, AuditLog(database), SECRET)
    return lambda username, password: authentication.by_password(username, password, address="127.0.0.1")


def password_in(result):
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_the_first_administrator_signs_in_with_the_password_that_was_printed(run, sign_in, database):
    result = run("create", "sysadmin", "--name", "甲", "--role", "system_administrator")
    assert "shown only now" in result.stderr
    assert sign_in("sysadmin", password_in(result)).account_id == 1
    created, granted = list(AuditLog(database).export(scope=Scope.all("test")))[-1:-3:-1]
    assert created.actor.startswith("console:")
    assert granted.detail["role"] == "system_administrator"


def test_a_post_that_cannot_be_given_leaves_no_account(run):
    assert run("create", "t1", "--name", "乙", "--role", "teacher", "--node", "teacher:5").exit_code == 1
    assert run("list").stdout == ""


def test_a_role_that_is_held_at_a_node_asks_for_it(run):
    result = run("create", "t1", "--name", "乙", "--role", "class_adviser")
    assert result.exit_code == 1
    assert "add --node class:ID" in result.stderr


@pytest.mark.parametrize("node", ["classroom:1", "class", "class:", "class:one", "class:-1", "class:²", ""])
def test_a_node_that_cannot_be_read_is_wrong_usage(run, node):
    assert run("create", "t1", "--name", "乙", "--role", "class_adviser", "--node", node).exit_code == 2


def test_who_is_held_at_a_person_is_that_person(run, database, settings):
    people(Installation(settings, database, None)).entities(("teacher", 5, "李四"))
    password_in(run("create", "t5", "--name", "李四", "--role", "teacher", "--node", "teacher:5"))
    listed = run("list").stdout
    assert "t5" in listed
    assert "teacher:5 李四" in listed


def test_a_new_password_replaces_the_former_one(run, sign_in):
    first = password_in(run("create", "t1", "--name", "乙", "--role", "leader"))
    second = password_in(run("password", "T1"))
    assert sign_in("t1", first).account_id is None
    assert sign_in("t1", second).account_id == 1


def test_disabling_and_enabling(run, sign_in):
    password = password_in(run("create", "t1", "--name", "乙", "--role", "leader"))
    assert run("disable", "t1", "--because", "离职").exit_code == 0
    assert "disabled: 离职" in run("list").stdout
    assert sign_in("t1", password).account_id is None
    assert run("disable", "t1", "--because", "离职").exit_code == 1
    assert run("enable", "t1").exit_code == 0
    assert sign_in("t1", password).account_id == 1


def test_posts_are_given_and_ended_by_number(run):
    password_in(run("create", "t1", "--name", "乙", "--role", "leader"))
    result = run("grant", "t1", "--role", "quality_office", "--from", "2026-09-01", "--to", "2099-01-31")
    number = re.fullmatch(r"post (\d+)\n", result.stdout).group(1)
    assert re.search(rf"{number}  quality_office +school:1.*2026-09-01 – 2099-01-31", run("list").stdout)
    assert run("end", number, "--on", "2026-09-30").exit_code == 0
    assert "2026-09-01 – 2026-09-30" in run("list").stdout
    assert run("end", number, "--on", "2026-09-30").exit_code == 1
    assert "三员分立" in run("grant", "t1", "--role", "audit_administrator").stderr
    assert run("end", "1").exit_code == 0
    assert run("grant", "t1", "--role", "audit_administrator").exit_code == 0


def test_lists_are_narrowed_by_name_and_role(run):
    for name in ("t1", "t2", "x3"):
        password_in(run("create", name, "--name", f"人{name}", "--role", "leader"))
    password_in(run("create", "q4", "--name", "人t4", "--role", "quality_office"))
    result = run("list", "--search", "t")
    assert [line.split()[0] for line in result.stdout.splitlines() if line[0] != " "] == ["q4", "t1", "t2"]
    assert result.stderr == "3 accounts\n"
    assert run("list", "--role", "quality_office").stdout.startswith("q4")


@pytest.mark.parametrize("reason", [(), ("--because", ""), ("--because", "  ")])
def test_nobody_is_disabled_without_a_reason(run, reason):
    password_in(run("create", "t1", "--name", "乙", "--role", "leader"))
    assert run("disable", "t1", *reason).exit_code == 2
    assert "enabled" in run("list").stdout


@pytest.mark.parametrize("command", [("password",), ("disable", "--because", "离职"), ("enable",)])
def test_an_account_that_is_not_there_is_named(run, command):
    result = run(*command, "nobody")
    assert result.exit_code == 1
    assert "There is no account 'nobody'" in result.stderr


def test_no_password_is_taken_from_the_command_line(run):
    assert run("create", "t1", "--name", "乙", "--role", "leader", "--password", PASSWORD).exit_code == 2
