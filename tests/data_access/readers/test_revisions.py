"""Values found wrong: told of within the scope of the value, by value and for whole pages."""

import datetime as dt

import pytest

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.database import transaction
from data_access.growth_card.revisions import Revision, revise
from data_access.readers.revisions import Figure, RevisionReader
from data_access.readers.stored import ValueReader
from tests.indicators.growth_card.written_ledger import WrittenLedger, scope_of

ALL = Scope.all("test")
WEEK, TERM = "2026-2027-1-W11", "2026-2027-1"
NOW = dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC)


def revision(code="STU-ACD-02", period=WEEK, *, student=1, after=100.0):
    return Revision(
        code=code, level="student", entity_id=student, period_key=period, before=88.0, after=after, source="dispute:7"
    )


@pytest.fixture(scope="module")
def reader(install, tmp_path_factory):
    database = install(tmp_path_factory.mktemp("revised")).database
    WrittenLedger(database)
    with transaction(database) as connection:
        found = [revision(after=95.0), revision(), revision("STU-PER-13", after=0.0), revision(student=9)]
        revise(connection, found, at=NOW)
    return RevisionReader(ValueReader(database))


def test_of_a_value_that_was_revised_twice_a_page_is_told_the_last(reader):
    [(figure, item)] = reader.of("student", [1], ["STU-ACD-02", "STU-ACD-03"], scope=ALL).items()
    assert figure == Figure(1, "STU-ACD-02", WEEK)
    assert (item.before, item.after, item.source, item.revised_at) == (88.0, 100.0, "dispute:7", NOW)


@pytest.mark.parametrize(
    ("period", "times"), [(WEEK, 2), (TERM, 2), ("2026-2027-1-W1", 0), ("2026-2027-2", 0), ("%", 0)]
)
def test_a_warning_asks_by_the_value_it_was_made_from_and_a_term_is_touched_by_its_weeks(reader, period, times):
    found = reader.touching("STU-ACD-02", "student", 1, period, scope=ALL)
    assert [item.after for item in found] == [95.0, 100.0][:times]


def test_who_may_not_read_a_value_learns_of_no_revision(reader):
    codes = ["STU-ACD-02", "STU-PER-13"]
    adviser, elsewhere = scope_of(Role.CLASS_ADVISER, "class", 111), scope_of(Role.CLASS_ADVISER, "class", 211)
    assert len(reader.of("student", [1, 9], codes, scope=adviser)) == 2
    assert set(reader.of("student", [1, 9], codes, scope=elsewhere)) == {Figure(9, "STU-ACD-02", WEEK)}
    leader = scope_of(Role.LEADER)
    assert {figure.code for figure in reader.of("student", [1, 9], codes, scope=leader)} == {"STU-ACD-02"}
    assert reader.touching("STU-PER-13", "student", 1, WEEK, scope=leader) == []


def test_without_anybody_or_any_indicator_nothing_is_asked(reader):
    assert reader.of("student", [], ["STU-ACD-02"], scope=ALL) == {}
    assert reader.of("student", [1], [], scope=ALL) == {}
