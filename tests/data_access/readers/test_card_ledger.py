"""The ledger as it is read: which entries, sums and standings each scope gets, and what each entry comes with."""

import datetime as dt

import pytest

from data_access.access.privacy import Privacy, Subject, Topic
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.readers.card_ledger import CardLedgerReader, Wanted
from data_access.readers.stored import ValueReader
from tests.indicators.growth_card.written_ledger import (
    ALL,
    AUTUMN,
    RECORDED,
    SPRING,
    TERM_IDS,
    WEEKS,
    WrittenLedger,
    adviser,
    scope_of,
    student,
    week,
)

PLAIN = Subject(owner="学生工作处")
DISCIPLINE = Subject(privacy=Privacy.SENSITIVE, topics=frozenset({Topic.DISCIPLINE}), owner="学生工作处")
ABOUT = {"STU-ACD-02": PLAIN, "STU-PER-13": DISCIPLINE}
OF_CLASS = {"CLS-ACD-01": PLAIN, "CLS-PER-06": DISCIPLINE}
NOBODY = Scope(reason="nobody")


@pytest.fixture(scope="module")
def reader(install, tmp_path_factory):
    """Student 1: an attendance that was corrected in the spring term after it had been closed, and a deduction."""
    ledger = WrittenLedger(install(tmp_path_factory.mktemp("ledger")).database)
    wrong = ledger.enter("STU-ACD-02", "W02", 1, possible=2, term=SPRING)
    ledger.reverse(wrong, on=dt.date(2026, 9, 20))
    ledger.enter("STU-ACD-02", "W02", 2, possible=2, term=SPRING, on=dt.date(2026, 9, 20))
    ledger.enter("STU-PER-13", "opening", 20, kind="opening")
    ledger.enter("STU-PER-13", "W03", -10, possible=0)
    ledger.enter("STU-ACD-02", "W03", 2, holder_id=9)
    ledger.enter("CLS-ACD-01", "W03", 3, holder=4, holder_id=111)
    ledger.enter("CLS-PER-06", "W03", -8, possible=0, holder=4, holder_id=111)
    for number in (1, 9):
        ledger.stand(1, holder_id=number)
    return CardLedgerReader(ValueReader(ledger.database))


def points_of(entries):
    return [(entry.point, entry.points) for entry in entries]


def sums(reader, scope, *, holders=(1,), level="student", about=ABOUT, **told):
    return {
        (s.holder_id, s.term_id, s.point): s.net for s in reader.sums(level, holders, about=about, scope=scope, **told)
    }


def test_terms_come_with_their_weeks(reader):
    spring, autumn = reader.terms()
    assert (spring.key, autumn.key) == (SPRING, AUTUMN)
    assert len(autumn.weeks) == WEEKS
    assert autumn.weeks[0] == (f"{AUTUMN}-W01", "第1周", dt.date(2026, 8, 31), dt.date(2026, 9, 6))


def test_sums_are_of_terms_and_points(reader):
    assert sums(reader, ALL) == {
        (1, TERM_IDS[SPRING], "STU-ACD-02"): 200, (1, TERM_IDS[AUTUMN], "STU-PER-13"): 1000
    }  # fmt: skip
    assert sums(reader, ALL, until=dt.date(2026, 9, 19)) == {
        (1, TERM_IDS[SPRING], "STU-ACD-02"): 100, (1, TERM_IDS[AUTUMN], "STU-PER-13"): 2000
    }  # fmt: skip
    assert sums(reader, ALL, term_id=TERM_IDS[SPRING]) == {(1, TERM_IDS[SPRING], "STU-ACD-02"): 200}


def test_a_point_that_is_not_asked_for_is_not_read(reader):
    assert sums(reader, ALL, about={"STU-PER-13": DISCIPLINE}) == {(1, TERM_IDS[AUTUMN], "STU-PER-13"): 1000}
    assert sums(reader, ALL, about={}) == {}


@pytest.mark.parametrize(
    ("scope", "holders", "points"),
    [
        (adviser(), {1}, {"STU-ACD-02", "STU-PER-13"}),
        (student(9), {9}, {"STU-ACD-02"}),
        (scope_of(Role.LEADER), {1, 9}, {"STU-ACD-02"}),
        (scope_of(Role.MAJOR_LEADER, "major", 11), {1}, {"STU-ACD-02"}),
        (scope_of(Role.STUDENT_AFFAIRS, "dept", 2), {9}, {"STU-ACD-02"}),
        (scope_of(Role.PSYCHOLOGY_CENTRE), set(), set()),
        (NOBODY, set(), set()),
    ],
)
def test_each_scope_reads_its_holders_and_points(reader, scope, holders, points):
    found = sums(reader, scope, holders=(1, 2, 9))
    assert {holder for holder, _, _ in found} == holders
    assert {point for _, _, point in found} == points
    listed = [entry for number in (1, 9) for entry in reader.entries("student", number, about=ABOUT, scope=scope)]
    assert {entry.point for entry in listed} == points
    counts = [reader.count("student", number, about=ABOUT, scope=scope) for number in (1, 9)]
    assert sum(counts) == len(listed)


def test_of_a_class_discipline_is_read_by_those_who_may_know_the_incidents(reader):
    assert set(sums(reader, adviser(), holders=[111], level="class", about=OF_CLASS)) == {
        (111, TERM_IDS[AUTUMN], "CLS-ACD-01"), (111, TERM_IDS[AUTUMN], "CLS-PER-06")
    }  # fmt: skip
    of_leader = sums(reader, scope_of(Role.LEADER), holders=[111], level="class", about=OF_CLASS)
    assert set(of_leader) == {(111, TERM_IDS[AUTUMN], "CLS-ACD-01")}


def test_what_may_be_read_of_a_holder_is_told_before_there_are_entries(reader):
    reach = reader.readable("student", 2, about=ABOUT, scope=adviser())
    assert (reach.codes, reach.grade_year) == ({"STU-ACD-02", "STU-PER-13"}, 2025)
    assert reader.readable("student", 2, about=ABOUT, scope=scope_of(Role.LEADER)).codes == {"STU-ACD-02"}
    assert reader.readable("student", 9, about=ABOUT, scope=adviser()) is None
    assert reader.readable("student", 77, about=ABOUT, scope=ALL) is None
    assert reader.readable("student", 1, about=ABOUT, scope=NOBODY) is None


def test_entries_come_last_booked_first_and_say_what_has_become_of_them(reader):
    found = reader.entries("student", 1, about={"STU-ACD-02": PLAIN}, scope=ALL)
    new, reversal, old = found
    assert [entry.points for entry in found] == [200, -100, 100]
    assert (old.reversed_by, reversal.reversal_of) == (reversal.entry_id, old.entry_id)
    assert [entry.is_live for entry in found] == [True, False, False]
    before = dt.date(2026, 9, 19)
    assert [entry.counted_on(before) for entry in (old, reversal)] == [True, False]
    assert not old.counted_on(reversal.booked_on)
    assert new.recorded_at == RECORDED
    assert (new.cause, new.collector, new.dispute_id) == ("facts", "", None)


def test_entries_are_narrowed_by_what_is_wanted(reader):
    def wanted(**told):
        return points_of(reader.entries("student", 1, about=ABOUT, wanted=Wanted(**told), scope=ALL))

    assert wanted(kind="opening") == [("STU-PER-13", 2000)]
    assert wanted(codes=["STU-ACD-02"], after=dt.date(2026, 9, 1)) == [("STU-ACD-02", 200), ("STU-ACD-02", -100)]
    assert wanted(until=week(SPRING, 2)) == [("STU-ACD-02", 100)]
    assert wanted(term_id=TERM_IDS[AUTUMN], besides=dt.date(2026, 9, 19)) == [
        ("STU-PER-13", -1000), ("STU-ACD-02", 200), ("STU-ACD-02", -100), ("STU-PER-13", 2000)
    ]  # fmt: skip


def test_pages_of_entries_neither_overlap_nor_skip(reader):
    every = reader.entries("student", 1, about=ABOUT, scope=ALL)
    pages = [reader.entries("student", 1, about=ABOUT, limit=2, offset=start, scope=ALL) for start in (0, 2, 4)]
    assert [entry for page in pages for entry in page] == every


def test_standings_are_of_those_of_whom_everything_may_be_read(reader):
    def whose(scope):
        return [row.holder_id for row in reader.standings("student", None, about=ABOUT, scope=scope)]

    assert whose(ALL) == [1, 9]
    assert whose(adviser()) == [1]
    assert whose(student(9)) == [9]
    assert whose(scope_of(Role.LEADER)) == []
    assert whose(NOBODY) == []
    assert reader.standings("student", [9], about=ABOUT, term_id=TERM_IDS[SPRING], scope=ALL) == []


def test_two_posts_do_not_lend_each_other_what_they_may_read(reader):
    """A leader who advises class 211 reads discipline there, and there alone."""
    both = Scope(
        reason="two posts", grants=(*scope_of(Role.LEADER).grants, *scope_of(Role.CLASS_ADVISER, "class", 211).grants)
    )
    assert {point for _, _, point in sums(reader, both)} == {"STU-ACD-02"}
    assert reader.readable("student", 1, about=ABOUT, scope=both).codes == {"STU-ACD-02"}
    assert reader.readable("student", 9, about=ABOUT, scope=both).codes == {"STU-ACD-02", "STU-PER-13"}
    assert [row.holder_id for row in reader.standings("student", None, about=ABOUT, scope=both)] == [9]
