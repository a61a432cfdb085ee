"""Disputes: who may take which step when, whatever two people do at once, and what follows."""

import datetime as dt
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from data_access.database import transaction
from data_access.database.access_models import Account, PostRecord
from data_access.database.growth_models import CardDispute, CardEntry
from data_access.errors import UserError
from data_access.growth_card.dispute_states import DisputeError, NoDisputeError, OvertakenError, Status
from data_access.growth_card.revisions import Revision
from tests.data_access.growth_card.courtroom import CLASS, OFFERING, OTHER_OFFERING, PEOPLE, RECORDED, ZONE, furnish

REASON = "那天我准时到了"
RIGHT = {"raw": 100.0}


@pytest.fixture
def room(installation):
    return furnish(installation.database)


def decide(room, dispute_id, by, *, values=RIGHT, seen=Status.ANSWERED, **options):
    room.store.decide(dispute_id, text="已向任课教师核实", values=values, seen=seen, by=room.viewer(by), **options)


def test_an_upheld_dispute_leaves_a_correction_revised_figures_and_a_trail(room):
    dispute_id = room.dispute(answered="teacher")
    revision = Revision(
        code="STU-ACD-02", level="student", entity_id=501, period_key="2026-2027-1-W11", before=88.0, after=100.0,
        source=f"dispute:{dispute_id}",
    )  # fmt: skip
    decide(room, dispute_id, "adviser", revisions=[revision])
    assert room.status(dispute_id) is Status.UPHELD
    [correction] = room.corrections
    assert (correction.holder, correction.holder_id, correction.point, correction.slot) == (5, 501, "STU-ACD-02", "W11")
    assert (correction.inputs, correction.dispute_id, correction.decided_by) == (RIGHT, dispute_id, "adviser")
    [revised] = room.revised
    assert (revised.code, revised.period_key, revised.after) == ("STU-ACD-02", "2026-2027-1-W11", 100.0)
    assert room.store.settle(dispute_id)
    assert room.status(dispute_id) is Status.SETTLED
    assert not room.store.settle(dispute_id), "it is settled once"
    subject = f"dispute:{dispute_id}"
    assert room.events == [
        ("student", subject, "opened"), ("teacher", subject, "answered"), ("adviser", subject, "upheld"),
    ]  # fmt: skip


def test_a_rejected_dispute_changes_nothing_and_the_entry_is_not_disputed_again(room):
    entry_id = room.entry()
    dispute_id = room.dispute(entry_id, answered="teacher")
    decide(room, dispute_id, "counsellor", values=None)
    assert room.status(dispute_id) is Status.REJECTED
    assert (room.corrections, room.revised) == ([], [])
    assert not room.store.settle(dispute_id)
    with pytest.raises(DisputeError, match="已经审核过"):
        room.store.open(entry_id, reason=REASON, by=room.viewer("student"))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (dt.datetime(2026, 11, 23, 23, 59, 59, tzinfo=ZONE), True),
        (dt.datetime(2026, 11, 24, 0, 0, 0, tzinfo=ZONE), False),
    ],
)
def test_an_entry_may_be_disputed_until_the_seventh_day_is_over_in_the_colleges_zone(room, moment, is_open):
    entry_id, room.time = room.entry(), moment
    if is_open:
        assert room.store.open(entry_id, reason=REASON, by=room.viewer("student"))
        return
    with pytest.raises(DisputeError, match="7 个自然日内可以申诉，这条到 2026-11-23 为止"):
        room.store.open(entry_id, reason=REASON, by=room.viewer("student"))


def test_nobody_disputes_what_is_not_theirs_and_is_told_what_a_wrong_number_is_told(room):
    entry_id = room.entry()
    told = set()
    for name, number in (("classmate", entry_id), ("adviser", entry_id), ("leader", entry_id), ("student", 999_999)):
        with pytest.raises(NoDisputeError) as refused:
            room.store.open(number, reason=REASON, by=room.viewer(name))
        told.add(str(refused.value))
    assert len(told) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "opening"}, "期初存入按规则人人相同，不能申诉"),
        ({"kind": "reversal"}, "冲正流水只抵销原流水，不能申诉"),
        ({"point": "STU-PER-12"}, "不能申诉"),
    ],
)
def test_openings_reversals_and_counselling_are_never_disputed(room, values, words):
    entry_id = room.entry(**values)
    with pytest.raises(DisputeError, match=words):
        room.store.open(entry_id, reason=REASON, by=room.viewer("student"))


def test_what_has_been_reversed_is_not_disputed(room):
    entry_id = room.entry()
    room.entry(kind="reversal", points=-94, possible=-211, reversal_of=entry_id)
    with pytest.raises(DisputeError, match="已冲正"):
        room.store.open(entry_id, reason=REASON, by=room.viewer("student"))


def test_one_slot_has_one_open_dispute_and_another_after_it_was_withdrawn(room):
    entry_id = room.entry()
    first = room.dispute(entry_id)
    with pytest.raises(DisputeError, match="已有处理中的申诉"):
        room.store.open(entry_id, reason=REASON, by=room.viewer("student"))
    with pytest.raises(NoDisputeError):
        room.store.withdraw(first, by=room.viewer("classmate"))
    room.store.withdraw(first, by=room.viewer("student"))
    assert room.store.open(entry_id, reason=REASON, by=room.viewer("student")) != first


def test_what_a_decision_put_there_is_not_disputed_again_but_what_changed_since_is(room):
    entry_id = room.entry()
    number = room.dispute(entry_id, answered="teacher")
    room.store.decide(
        number, text="任课教师同意，属实", values={"raw": 100.0}, seen=Status.ANSWERED, by=room.viewer("adviser")
    )
    room.store.settle(number)
    room.entry(kind="reversal", points=-94, possible=-211, reversal_of=entry_id)
    [correction] = room.corrections
    corrected = room.entry(raw=100.0, points=211, correction_id=correction.correction_id)
    with pytest.raises(DisputeError, match="审核意见有效"):
        room.store.open(corrected, reason=REASON, by=room.viewer("student"))
    room.entry(kind="reversal", points=-211, possible=-211, reversal_of=corrected)
    assert room.store.open(room.entry(raw=90.0, points=120), reason=REASON, by=room.viewer("student")) != number


@pytest.mark.parametrize("reason", ["", "不对", "    不对    ", "长" * 501, "那天我准时到了\x07"])
def test_a_reason_that_says_nothing_is_refused(room, reason):
    entry_id = room.entry()
    with pytest.raises(DisputeError, match="申诉理由"):
        room.store.open(entry_id, reason=reason, by=room.viewer("student"))


# -- who answers --------------------------------------------------------------------------------

ANSWERS = [
    ("STU-ACD-03", {"adviser"}),
    ("STU-PER-03", {"affairs"}),
    ("STU-PER-08", {"coach"}),
    ("STU-ACD-02", {"teacher", "coach"}),
]


@pytest.mark.parametrize(("point", "able"), ANSWERS)
def test_those_answer_who_collect_the_point_for_that_class(room, point, able):
    dispute_id = room.dispute(room.entry(point))
    for name in PEOPLE.keys() - able:
        with pytest.raises(NoDisputeError):
            room.store.answer(dispute_id, text="核对后确属误记", values=None, by=room.viewer(name))
    for name in sorted(able)[:1]:
        room.store.answer(dispute_id, text="核对后确属误记", values=None, by=room.viewer(name))
    assert room.status(dispute_id) is Status.ANSWERED


def test_what_came_from_a_section_is_answered_by_its_teacher_alone(room):
    sheet = room.sheet("任课教师", ("offering", OFFERING), "20261112", "status", by="teacher")
    dispute_id = room.dispute(room.entry(sheet_id=sheet))
    with pytest.raises(NoDisputeError):
        room.store.answer(dispute_id, text="核对后确属误记", values=None, by=room.viewer("coach"))
    room.store.answer(dispute_id, text="核对后确属误记", values=None, by=room.viewer("teacher"))


def test_a_lesson_sheet_of_that_week_names_its_section_although_the_entry_does_not(room):
    room.sheet("任课教师", ("offering", OTHER_OFFERING), "20261112", "status", by="stranger")
    room.sheet("任课教师", ("offering", OFFERING), "20261105", "status", by="teacher")
    dispute_id = room.dispute()
    with pytest.raises(NoDisputeError):
        room.store.answer(dispute_id, text="核对后确属误记", values=None, by=room.viewer("teacher"))
    room.store.answer(dispute_id, text="核对后确属误记", values=None, by=room.viewer("stranger"))


def test_a_second_answer_is_told_of_the_first(room):
    dispute_id = room.dispute(answered="teacher")
    with pytest.raises(OvertakenError, match="teacher 已经答复"):
        room.store.answer(dispute_id, text="核对后确属误记", values=None, by=room.viewer("coach"))


# -- who decides --------------------------------------------------------------------------------


def test_nobody_decides_but_those_who_look_after_the_student(room):
    dispute_id = room.dispute(answered="teacher")
    for name in PEOPLE.keys() - {"adviser", "counsellor", "affairs", "head"}:
        with pytest.raises(NoDisputeError):
            decide(room, dispute_id, name)
    assert room.status(dispute_id) is Status.ANSWERED


def test_who_collects_by_post_does_not_decide_while_somebody_else_can(room):
    dispute_id = room.dispute(room.entry("STU-ACD-03"), days=6)
    with pytest.raises(NoDisputeError):
        decide(room, dispute_id, "adviser", seen=Status.OPEN)
    decide(room, dispute_id, "counsellor", seen=Status.OPEN)


def test_who_collects_by_post_decides_where_nobody_else_is_left_unless_they_entered_it(room):
    others = ("counsellor", "affairs", "head")
    with transaction(room.database) as connection:
        ids = [room.ids[name] for name in others]
        connection.execute(
            update(PostRecord).where(PostRecord.account_id.in_(ids)).values(valid_to=dt.date(2026, 9, 1))
        )
    first = room.dispute(room.entry("STU-ACD-03"), days=6)
    decide(room, first, "adviser", seen=Status.OPEN)
    sheet = room.sheet("班主任", ("class", CLASS), "2026-11", "STU-ACD-07", by="adviser")
    second = room.dispute(room.entry("STU-ACD-07", "2026-11", sheet_id=sheet), days=6)
    with pytest.raises(NoDisputeError):
        decide(room, second, "adviser", seen=Status.OPEN)


@pytest.mark.parametrize("part", ["submitted", "edited"])
def test_who_handed_in_the_sheet_or_edited_the_cell_never_decides(room, part):
    by, editor = ("head", "affairs") if part == "submitted" else ("affairs", "head")
    sheet = room.sheet("学工办", ("class", CLASS), "term", "STU-PER-03", by=by, editor=editor)
    dispute_id = room.dispute(room.entry("STU-PER-03", "term", sheet_id=sheet), days=6)
    with pytest.raises(NoDisputeError):
        decide(room, dispute_id, "head", seen=Status.OPEN)
    decide(room, dispute_id, "adviser", seen=Status.OPEN)


def test_a_second_account_of_the_same_person_does_not_decide_either(room):
    sheet = room.sheet("学工办", ("class", CLASS), "term", "STU-PER-03", by="affairs2")
    second = {"username": "affairs2", "name": "同一人", "person_kind": "teacher", "person_id": 77}
    room.insert(Account, password_history=[], source="manual", created_at=RECORDED, **second)
    dispute_id = room.dispute(room.entry("STU-PER-03", "term", sheet_id=sheet), days=6)
    with pytest.raises(NoDisputeError):
        decide(room, dispute_id, "head", seen=Status.OPEN)


def test_a_case_without_an_answer_is_decided_after_the_deadline_and_not_before(room):
    dispute_id = room.dispute(days=5)
    with pytest.raises(DisputeError, match="答复期到 2026-11-21"):
        decide(room, dispute_id, "adviser", seen=Status.OPEN)
    room.time += dt.timedelta(days=1)
    decide(room, dispute_id, "adviser", seen=Status.OPEN)


def test_an_answer_that_came_in_between_must_be_read_first(room):
    dispute_id = room.dispute(days=6, answered="teacher")
    with pytest.raises(OvertakenError, match="看过答复"):
        decide(room, dispute_id, "adviser", seen=Status.OPEN)


def test_of_two_reviewers_at_once_one_wins_and_the_other_is_told(room):
    dispute_id = room.dispute(answered="teacher")
    start, told = threading.Barrier(2), {}

    def act(name, values):
        start.wait()
        try:
            decide(room, dispute_id, name, values=values)
        except UserError as error:
            told[name] = error

    threads = [threading.Thread(target=act, args=given) for given in (("adviser", RIGHT), ("counsellor", None))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [(loser, error)] = told.items()
    winner = ({"adviser", "counsellor"} - {loser}).pop()
    assert isinstance(error, OvertakenError)
    assert winner in str(error)
    upheld = winner == "adviser"
    assert room.status(dispute_id) is (Status.UPHELD if upheld else Status.REJECTED)
    assert len(room.corrections) == upheld


def test_of_two_openings_at_once_one_is_kept(room):
    entry_id, start, told = room.entry(), threading.Barrier(2), []

    def act():
        start.wait()
        try:
            room.store.open(entry_id, reason=REASON, by=room.viewer("student"))
        except DisputeError as error:
            told.append(str(error))

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["这个采分点的同一期已有处理中的申诉。"]
    assert len(room.rows(CardDispute)) == 1


# -- whatever anybody does ----------------------------------------------------------------------

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["open", "withdraw", "answer", "uphold", "reject", "settle", "wait"]),
        st.one_of(st.just(""), st.sampled_from(sorted(PEOPLE))),
        st.sampled_from([Status.OPEN, Status.ANSWERED]),
    ),
    min_size=3,
    max_size=14,
)
RIGHTLY = {"open": "student", "withdraw": "student", "answer": "teacher", "uphold": "adviser", "reject": "counsellor"}
"""Who takes a step where no name is drawn: else hardly any case would ever be decided."""
FOLLOWING = {
    None: {Status.OPEN},
    Status.OPEN: {Status.ANSWERED, Status.UPHELD, Status.REJECTED, Status.WITHDRAWN},
    Status.ANSWERED: {Status.UPHELD, Status.REJECTED, Status.WITHDRAWN},
    Status.UPHELD: {Status.SETTLED},
}


@pytest.fixture(scope="module")
def shared(install, tmp_path_factory):
    return furnish(install(tmp_path_factory.mktemp("shared")).database)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_whoever_does_what_in_whatever_order_the_rules_hold(shared, actions):
    room = shared
    room.time = RECORDED + dt.timedelta(hours=1)
    slot = f"X{len(room.rows(CardEntry))}"
    entry_id, known = room.entry(slot=slot), {}
    earlier = len(room.corrections)

    def current():
        return {row.dispute_id: row for row in room.rows(CardDispute) if row.entry_id == entry_id}

    for action, drawn, seen in actions:
        name = drawn or RIGHTLY.get(action, "student")
        dispute_id, by = max(known, default=0), room.viewer(name)
        try:
            match action:
                case "open":
                    room.store.open(entry_id, reason=REASON, by=by)
                case "withdraw":
                    room.store.withdraw(dispute_id, by=by)
                case "answer":
                    room.store.answer(dispute_id, text="核对后确属误记", values=RIGHT, by=by)
                case "uphold" | "reject":
                    decide(room, dispute_id, name, values=RIGHT if action == "uphold" else None, seen=seen)
                case "settle":
                    room.store.settle(dispute_id)
                case "wait":
                    room.time += dt.timedelta(days=3)
        except UserError:
            assert {key: Status(row.status) for key, row in current().items()} == known, "a refusal changes nothing"
        for key, row in current().items():
            if Status(row.status) != known.get(key):
                assert Status(row.status) in FOLLOWING[known.get(key)]
        known = {key: Status(row.status) for key, row in current().items()}

    rows = current().values()
    assert sum(Status(row.status).is_pending for row in rows) <= 1
    assert all(row.opened_by == "student" for row in rows)
    assert all(row.answered_by in {"", "teacher", "coach"} for row in rows)
    assert all(row.decided_by in {"", "adviser", "counsellor", "affairs", "head"} for row in rows)
    upheld = [row for row in rows if row.status in {"upheld", "settled"}]
    assert len(room.corrections) - earlier == len(upheld) <= 1
