"""The operator's side of the audit log: checking the chain, and commands that are recorded in it."""

import json
import sqlite3

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from data_access import audit_commands
from data_access.access.accounts import Actor
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.access.audit_chain import Entry
from data_access.access.scope import Scope
from data_access.audit_commands import audit_group, recorded
from data_access.database import transaction
from data_access.errors import UserError
from data_access.intake.reports import ImportReport, TableCounts


@pytest.fixture
def installed(install, tmp_path, monkeypatch):
    """An installation that commands of this test work on."""
    made = install(tmp_path / "home")
    monkeypatch.setenv("LUOXUAN_HOME", str(made.settings.home))
    monkeypatch.delenv("LUOXUAN_DATABASE_URL", raising=False)
    return made


@pytest.fixture
def log(installed):
    made = AuditLog(installed.database)
    for number in range(3):
        made.write(Event(kind=AuditKind.EXPORT, actor=f"t{number}"))
    return made


def run(*arguments):
    return CliRunner().invoke(audit_group, ["verify", *arguments])


def newest(log):
    (entry, *_) = log.export(scope=Scope.all("test"))
    assert isinstance(entry, Entry)
    return entry


def forge(database, statement):
    with transaction(database) as connection:
        connection.execute(text("DROP TRIGGER audit_event_no_update"))
        connection.execute(text("DROP TRIGGER audit_event_no_delete"))
        connection.execute(text(statement))


def test_a_whole_chain_exits_with_0_and_prints_its_head(log):
    head = str(log.head())
    result = run()
    assert result.exit_code == 0
    assert result.output == f"3 events, head {head}\nThe chain is whole.\n"


def test_a_check_is_recorded_by_the_one_who_ran_it(log):
    run()
    entry = newest(log)
    assert (entry.actor, entry.kind, entry.subject, entry.rows) == (
        Actor.console().name,
        "maintenance",
        "audit:chain",
        3,
    )


def test_a_broken_chain_exits_with_1_and_names_the_event(installed, log):
    forge(installed.database, "UPDATE audit_event SET actor = 'x' WHERE sequence = 2")
    result = run()
    assert result.exit_code == 1
    assert "BROKEN at event 2" in result.output
    report = run("--json")
    assert report.exit_code == 1
    assert json.loads(report.output)["broken"] == {"sequence": 2, "fault": "changed"}


def test_a_cut_off_end_shows_from_the_head_noted_before(installed, log):
    head = json.loads(run("--json").output)["head"]
    assert head.endswith("@3")
    assert run("--expect-head", head).exit_code == 0
    forge(installed.database, "DELETE FROM audit_event WHERE sequence > 2")
    result = run("--expect-head", head)
    assert result.exit_code == 1
    assert "event 3: the log ends before the expected head" in result.output


def test_a_head_that_is_none_is_wrong_usage(log):
    result = run("--expect-head", "12@x")
    assert result.exit_code == 2
    assert "HASH@SEQUENCE" in result.output


def test_a_command_is_recorded_as_done_with_what_it_found_out(log):
    with recorded(AuditKind.IMPORT, "import:files", {"mapping": "college"}) as note:
        note.tell(
            ImportReport(
                batch_id=17,
                mapping="college",
                files=("a.csv",),
                status="committed",
                tables={"dim_class": TableCounts(read=5, new=3, changed=1, unchanged=1)},
                data_version=4,
            )
        )
    entry = newest(log)
    assert (entry.actor, entry.subject, entry.result, entry.rows) == (Actor.console().name, "import:17", "done", 4)
    assert entry.detail == {"mapping": "college", "status": "committed", "files": ["a.csv"], "data_version": 4}


def test_a_refused_import_is_recorded_as_failed(log):
    with recorded(AuditKind.IMPORT, "import") as note:
        note.tell(ImportReport(batch_id=18, mapping="college", files=(), status="refused"))
    assert newest(log).result == "failed"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(UserError("no such batch"), "no such batch"), (ZeroDivisionError("x"), "ZeroDivisionError"), (KeyboardInterrupt(), "KeyboardInterrupt")],
)  # fmt: skip
def test_a_command_that_fails_is_recorded_and_fails_on(log, error, reason):
    with pytest.raises(type(error)), recorded(AuditKind.IMPORT, "import:17"):
        raise error
    entry = newest(log)
    assert (entry.subject, entry.result, entry.detail) == ("import:17", "failed", {"reason": reason})


def test_a_dry_run_is_not_recorded(log):
    before = log.head()
    with recorded(AuditKind.IMPORT, "import", unless=True):
        pass
    assert log.head() == before


def test_a_record_waits_for_a_busy_database_and_says_in_the_end_that_it_is_missing(installed, log, monkeypatch):
    monkeypatch.setattr(audit_commands, "_TRIES", 1)
    holder = sqlite3.connect(installed.database.url.database, isolation_level=None)
    missing = r"import:17: the command has ended \(done\)"
    with pytest.raises(UserError, match=missing), recorded(AuditKind.IMPORT, "import:17"):
        holder.execute("BEGIN IMMEDIATE")
    holder.close()
    with recorded(AuditKind.IMPORT, "import:18"):
        pass
    assert newest(log).subject == "import:18"
