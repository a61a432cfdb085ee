"""Upheld disputes are settled by the posting that has read their corrections, and by no other."""

import pytest

from data_access.growth_card.dispute_bookings import note_booked
from data_access.growth_card.dispute_states import Status
from data_access.growth_card.told import Told, tellings
from tests.data_access.growth_card.courtroom import STUDENT, TERM, furnish


@pytest.fixture
def room(installation):
    return furnish(installation.database)


def uphold(room, slot: str) -> int:
    case = room.dispute(room.entry(slot=slot), answered="teacher")
    room.store.decide(
        case, text="已向任课教师核实", values={"raw": 100.0}, seen=room.status(case), by=room.viewer("adviser")
    )
    return case


def corrections(room) -> list[Told]:
    return list(tellings(room.database, TERM, 2026, {5: None, 4: None}, student=5).corrections)


def test_what_was_read_is_settled_and_what_came_later_is_not(room):
    early = uphold(room, "W09")
    read = corrections(room)
    late = uphold(room, "W10")
    assert note_booked(room.database, TERM, read) == 1
    assert (room.status(early), room.status(late)) == (Status.SETTLED, Status.UPHELD)
    assert note_booked(room.database, TERM, corrections(room)) == 1
    assert room.status(late) is Status.SETTLED


def test_a_later_correction_of_the_slot_settles_the_dispute_of_an_earlier_one(room):
    first = uphold(room, "W09")
    second = uphold(room, "W09")
    assert len(corrections(room)) == 1
    assert note_booked(room.database, TERM, corrections(room)) == 2
    assert {room.status(first), room.status(second)} == {Status.SETTLED}


def test_nothing_is_settled_for_another_term_account_or_slot(room):
    case = uphold(room, "W09")
    other = {"point": "STU-ACD-02", "input": "raw", "value": 1.0, "correction_id": 99}
    assert note_booked(room.database, TERM + 1, corrections(room)) == 0
    assert note_booked(room.database, TERM, [Told(holder=5, holder_id=STUDENT + 1, slot="W09", **other)]) == 0
    assert note_booked(room.database, TERM, [Told(holder=5, holder_id=STUDENT, slot="W08", **other)]) == 0
    assert note_booked(room.database, TERM, []) == 0
    assert room.status(case) is Status.UPHELD
