"""A college whose terms were posted from its facts: what each account shows is what the poster entered."""

import pytest

from data_access.access.scope import Scope
from data_access.growth_card.ledger_laws import LedgerLaws
from data_access.readers.stored import ValueReader
from indicators.growth_card.accounts import GrowthCards
from indicators.growth_card.points import shipped_card
from indicators.model import Level
from tests.growth_college import AS_OF, PAST, RUNNING, entries

ALL = Scope.all("test")
CARD = shipped_card()


@pytest.fixture(scope="module")
def rows(growth_college):
    """All entries of both terms."""
    return [row for term_id in (PAST, RUNNING) for row in entries(growth_college, term_id)]


def test_every_account_shows_the_sum_of_its_entries(growth_college, rows):
    cards = GrowthCards(ValueReader(growth_college.database))
    holders = {(row["holder"], row["holder_id"]) for row in rows}
    assert len(holders) > 60
    for holder, holder_id in sorted(holders):
        own = [row for row in rows if (row["holder"], row["holder_id"]) == (holder, holder_id)]
        ask = cards.student if holder == Level.STUDENT else cards.school_class
        view = ask(holder_id, term_key="2026-2027-1", scope=ALL)
        assert view.total == sum(row["points"] for row in own)
        of_term = [row for row in own if row["term_id"] == RUNNING]
        assert (view.net, view.possible) == tuple(sum(row[name] for row in of_term) for name in ("points", "possible"))
        assert all(line.net <= line.cap for line in view.accounts), "caps are those of the grade"
        assert all(point.possible <= point.cap for point in view.points)


def test_what_was_posted_keeps_the_laws_of_the_ledger(growth_college, rows):
    laws = LedgerLaws(
        growth_college.database,
        accounts={
            int(holder): {point.code: point.account for point in CARD.of(holder) if not point.is_neutral}
            for holder in (Level.STUDENT, Level.CLASS)
        },
        caps={point.code: (point.max_deposit, point.max_deduct) for point in CARD.points},
    )
    report = laws.check()
    assert (report.problems, report.entries) == ((), len(rows))


def test_what_can_still_be_gained_and_what_is_held_stay_within_the_cap(growth_college, rows):
    cards = GrowthCards(ValueReader(growth_college.database))
    students = sorted({row["holder_id"] for row in rows if row["holder"] == Level.STUDENT})[::10]
    for student in students:
        view = cards.student(student, term_key="2026-2027-1", on=AS_OF, scope=ALL)
        held = {point.code: point for point in view.points}
        for gain in cards.next_gains(student, term_key="2026-2027-1", on=AS_OF, scope=ALL):
            assert 0 < gain.points_left <= held[gain.point].cap - max(held[gain.point].net, 0)
