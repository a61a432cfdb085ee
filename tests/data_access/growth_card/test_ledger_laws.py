"""The laws of the stored ledger: a sound one keeps them, and every way of breaking one is found by name."""

import pytest
from sqlalchemy import insert, update

from data_access.database import transaction
from data_access.database.growth_models import CardStanding
from data_access.errors import UnknownNameError
from data_access.growth_card.ledger_laws import LedgerLaws
from data_access.growth_card.standings import sum_up
from tests.indicators.growth_card.written_ledger import AUTUMN, SPRING, TERM_IDS, WrittenLedger

ACCOUNTS = {5: {"STU-ACD-02": "学业发展", "STU-PER-13": "个人发展"}, 4: {"CLS-ACD-01": "班级学业发展"}}
CAPS = {"STU-ACD-02": (40, 0), "STU-PER-13": (20, 40), "CLS-ACD-01": (60, 0), "STU-PER-12": (0, 0)}


@pytest.fixture
def ledger(installation):
    """One sound term of a student and a class, with one reversal."""
    made = WrittenLedger(installation.database)
    made.enter("STU-PER-13", "opening", 20, kind="opening")
    made.reverse(made.enter("STU-ACD-02", "W01", 2))
    made.enter("STU-ACD-02", "W01", 1.5, possible=2)
    made.enter("CLS-ACD-01", "W01", 3, holder=4, holder_id=111)
    stand(made)
    return made


def stand(ledger):
    """Adds up the standings as postings do."""
    with transaction(ledger.database) as connection:
        for holder, holder_id in ((5, 1), (4, 111)):
            sum_up(connection, TERM_IDS[AUTUMN], holder, [holder_id], ACCOUNTS[holder])


def broken(ledger, term=None):
    report = LedgerLaws(ledger.database, accounts=ACCOUNTS, caps=CAPS).check(term)
    return {problem.law: (problem.count, problem.examples[0]) for problem in report.problems}


def test_a_sound_ledger_breaks_no_law(ledger):
    report = LedgerLaws(ledger.database, accounts=ACCOUNTS, caps=CAPS).check()
    assert (report.problems, report.entries) == ((), 5)


def test_two_entries_of_one_slot_are_found(ledger):
    ledger.enter("STU-ACD-02", "W01", 1)
    stand(ledger)
    assert broken(ledger) == {"more than one entry counts": (1, f"holder 5:1, {AUTUMN}, STU-ACD-02 W01")}


def test_a_reversal_that_takes_another_amount_is_found(ledger):
    entry = ledger.enter("STU-ACD-02", "W02", 1)
    ledger.enter("STU-ACD-02", "W02", -0.5, possible=-1, kind="reversal", reversal_of=entry)
    stand(ledger)
    assert broken(ledger) == {"a reversal does not negate what it names": (1, f"holder 5:1, {AUTUMN}, STU-ACD-02 W02")}


def test_a_reversal_of_a_reversal_or_of_nothing_is_found(ledger):
    reversal = ledger.reverse(ledger.enter("STU-ACD-02", "W02", 1))
    ledger.enter("STU-ACD-02", "W02", 1, kind="reversal", reversal_of=reversal)
    ledger.enter("STU-ACD-02", "W03", 1, kind="reversal")
    stand(ledger)
    assert broken(ledger)["a reversal does not negate what it names"][0] == 2


def test_an_entry_that_claims_to_reverse_without_being_a_reversal_is_found(ledger):
    entry = ledger.enter("STU-ACD-02", "W02", 1)
    ledger.enter("STU-ACD-02", "W02", -1, possible=-1, reversal_of=entry)
    stand(ledger)
    assert list(broken(ledger)) == ["a reversal does not negate what it names"]


@pytest.mark.parametrize("point", ["STU-PER-12", "CLS-ACD-01", "STU-XXX-01"])
def test_an_entry_that_is_neutral_or_of_another_kind_of_holder_is_found(ledger, point):
    ledger.enter(point, "term", 0, raw=5.0)
    assert broken(ledger)["an entry is of no point of its holder"] == (1, f"holder 5:1, {AUTUMN}, {point} term")


@pytest.mark.parametrize("points", [39, -1.51])
def test_a_term_beyond_its_cap_is_found(ledger, points):
    ledger.enter("STU-ACD-02", "W02", points, possible=0)
    stand(ledger)
    assert broken(ledger)["a term brings or takes more than its cap"][0] == 1


def test_what_could_be_reached_is_capped_as_well(ledger):
    ledger.enter("STU-ACD-02", "W02", 1, possible=39)
    stand(ledger)
    assert list(broken(ledger)) == ["a term brings or takes more than its cap"]


@pytest.mark.parametrize("values", [{"net": 1}, {"possible": 1}, {"account": "职业发展"}])
def test_a_standing_that_is_not_its_sum_is_found(ledger, values):
    of_account = CardStanding.account == "学业发展"
    with transaction(ledger.database) as connection:
        connection.execute(update(CardStanding).where(of_account).values(**values))
    assert list(broken(ledger)) == ["a standing is not the sum of its entries"]


def test_a_standing_without_entries_and_entries_without_a_standing_are_found(ledger):
    row = {"holder": 5, "term_id": TERM_IDS[AUTUMN], "holder_id": 2, "account": "", "net": 0, "possible": 0}
    with transaction(ledger.database) as connection:
        connection.execute(insert(CardStanding).values(**row))
    ledger.enter("STU-ACD-02", "W01", 1, holder_id=3)
    count, _ = broken(ledger)["a standing is not the sum of its entries"]
    assert count == 3, "student 2 in total; student 3 in total and in the account"


def test_a_term_is_checked_by_itself(ledger):
    ledger.enter("STU-ACD-02", "W01", 1)
    assert broken(ledger, SPRING) == {}
    assert broken(ledger, AUTUMN) != {}
    with pytest.raises(UnknownNameError, match="2030"):
        broken(ledger, "2030-2031-1")
