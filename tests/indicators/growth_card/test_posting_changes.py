"""What changes accounts after they were posted, what does not, and what a posting that is stopped or doubled leaves."""

import datetime as dt
import threading

import pytest
from sqlalchemy import insert, select

from data_access.database import transaction
from data_access.database.growth_models import CardCorrection, CardPosting, CardStanding
from data_access.errors import BusyError, UnknownNameError
from data_access.growth_card.postings import begin
from data_access.growth_card.settlement import Target, settle
from indicators.growth_card import posting_run
from indicators.growth_card.posting import Poster
from tests.growth_college import AS_OF, PAST, RUNNING, add_rows, build, copied, entries, facts, live, post, sums

STUDENT, CLASS = 5, 4
NOON = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)


@pytest.fixture
def new_college(unposted_college, install, tmp_path):
    """A copy of the college to whose accounts nothing was posted yet."""
    return copied(unposted_college, tmp_path / "new", install)


def somebody(place, term_id: int = RUNNING, code: str = "STU-ACD-03") -> int:
    """A student who has an entry of that point in the term."""
    return min(holder_id for _, holder_id, _, _ in live(place, term_id, code))


def absences(place, student: int, date_id: int, times: int) -> list[dict]:
    """Rows of attendance that arrive late."""
    ((offering,),) = facts(place, f"SELECT MIN(offering_id) FROM {{fact_attendance}} WHERE student_id = {student}")
    return [
        {
            "attendance_id": 10**15 + number,
            "student_id": student,
            "offering_id": offering,
            "date_id": date_id,
            "status": "旷课",
            "preview_due": False,
            "preview_done": False,
            "homework_due": False,
            "homework_done": False,
        }
        for number in range(times)
    ]


def event(student: int, date_id: int, kind: str, level: int) -> dict:
    return {"event_id": 10**15, "student_id": student, "date_id": date_id, "event_type": kind, "event_level": level}


def correct(place, term_id: int, student: int, point: str, slot: str, **inputs: float) -> None:
    row = {
        "holder": STUDENT, "holder_id": student, "term_id": term_id, "point": point, "slot": slot, "inputs": inputs,
        "reason": "申诉成立", "decided_by": "somebody", "decided_at": NOON,
    }  # fmt: skip
    with transaction(place.database) as connection:
        connection.execute(insert(CardCorrection).values(row))


def test_what_has_not_changed_is_not_posted_again(own_college):
    before = len(entries(own_college, RUNNING))
    report = post(own_college)
    assert (report.entries, report.reversals) == (0, 0)
    assert report.unchanged == len(live(own_college, RUNNING)) == before


def test_late_facts_reverse_what_they_touch_and_lead_to_what_posting_anew_gives(own_college, new_college):
    student = somebody(own_college)
    late = absences(own_college, student, 20260929, 2)
    before = live(own_college, RUNNING)
    for place in (own_college, new_college):
        add_rows(place, "fact_attendance", *late)
    report = post(own_college)
    post(new_college)
    assert sums(own_college, RUNNING) == sums(new_college, RUNNING)
    after = live(own_college, RUNNING)
    changed = {
        key for key in before | after if before.get(key, {}).get("entry_id") != after.get(key, {}).get("entry_id")
    }
    assert report.entries == report.reversals == len(changed)
    assert (STUDENT, student, "STU-ACD-03", "W05") in changed
    assert {holder_id for holder, holder_id, _, _ in changed if holder == STUDENT} == {student}


def test_weeks_posted_as_they_come_are_the_weeks_posted_at_the_end(growth_college, new_college):
    for day in (dt.date(2026, 9, 20), dt.date(2026, 10, 18), dt.date(2026, 11, 1), AS_OF):
        post(new_college, as_of=day)
    assert sums(new_college, RUNNING) == sums(growth_college, RUNNING)


def test_some_accounts_and_points_are_posted_alone(new_college, growth_college):
    student = somebody(growth_college)
    post(new_college, students=frozenset({student}), codes=frozenset({"STU-ACD-03", "STU-PER-13"}))
    expected = live(growth_college, RUNNING)
    assert {key: row["points"] for key, row in live(new_college, RUNNING).items()} == {
        key: row["points"]
        for key, row in expected.items()
        if key[1] == student and key[2] in {"STU-ACD-03", "STU-PER-13"}
    }


def test_a_frozen_term_is_changed_by_corrections_alone_on_their_day(own_college):
    student = somebody(own_college, PAST)
    slot = (STUDENT, student, "STU-ACD-09", "term")
    before = live(own_college, PAST)
    then = sums(own_college, PAST)
    add_rows(own_college, "fact_attendance", *absences(own_college, student, 20260407, 3))
    report = post(own_college, PAST)
    assert report.is_frozen
    assert (report.entries, report.reversals) == (0, 0)
    correct(own_college, PAST, student, "STU-ACD-09", "term", raw=90.0, events=0.0)
    report = post(own_college, PAST, cause="dispute", students=frozenset({student}))
    assert (report.entries, report.reversals) == (1, 1)
    assert live(own_college, PAST)[slot]["points"] == 10000 != before[slot]["points"]
    added = entries(own_college, PAST)[-2:]
    assert [row["booked_on"] for row in added] == [AS_OF, AS_OF]
    assert {key: value for key, value in sums(own_college, PAST).items() if key[3] < AS_OF} == then
    assert post(own_college, PAST, cause="dispute", students=frozenset({student})).entries == 0


def test_a_punishment_is_booked_ten_days_after_its_week(own_college):
    student = somebody(own_college)
    add_rows(own_college, "fact_student_event", event(student, 20261105, "违纪", 3))
    slot = (STUDENT, student, "STU-PER-14", "W10")
    post(own_college, as_of=dt.date(2026, 11, 17))
    assert slot not in live(own_college, RUNNING)
    post(own_college, as_of=dt.date(2026, 11, 18))
    found = live(own_college, RUNNING)[slot]
    assert (found["points"], found["possible"], found["raw"]) == (-6000, 0, 3.0)
    assert found["booked_on"] == dt.date(2026, 11, 18)
    assert found["kind"] == "deduction"


def test_nothing_is_booked_after_an_account_was_closed(own_college):
    student = somebody(own_college)
    add_rows(own_college, "fact_student_event", event(student, 20261008, "违纪", 5))
    post(own_college)
    days = {key[3]: row["booked_on"] for key, row in live(own_college, RUNNING).items() if key[1] == student}
    assert max(days.values()) == live(own_college, RUNNING)[STUDENT, student, "STU-PER-14", "W06"]["booked_on"]
    # Posting other points alone knows of it from what is booked.
    post(own_college, students=frozenset({student}), codes=frozenset({"STU-ACD-03"}))
    assert {key[3]: r["booked_on"] for key, r in live(own_college, RUNNING).items() if key[1] == student} == days


def test_what_was_obtained_in_an_earlier_year_is_not_due_again(new_college, growth_college):
    due = {holder_id for _, holder_id, _, _ in live(growth_college, PAST, "STU-ACD-10")}
    student, asked = min(due), {"cause": "dispute", "codes": frozenset({"STU-ACD-10"})}
    correct(new_college, 20242, student, "STU-ACD-10", "year", raw=1.0)
    post(new_college, 20242, students=frozenset({student}), **asked)
    assert [row["points"] for row in live(new_college, 20242).values()] == [3000]
    post(new_college, PAST, students=frozenset(due), as_of=dt.date(2026, 7, 20), **asked)
    assert {holder_id for _, holder_id, _, _ in live(new_college, PAST)} == due - {student}


def test_the_running_term_is_posted_where_none_is_named(own_college):
    report = Poster(own_college.lake).post(cause="facts", posted_by="nightly", as_of=AS_OF)
    assert (report.term_key, report.unchanged) == ("2026-2027-1", len(live(own_college, RUNNING)))


def test_a_term_that_is_not_there_is_told(own_college):
    with pytest.raises(UnknownNameError, match="2026-2027-1"):
        Poster(own_college.lake).post_terms(["2026-2027-l"], posted_by="nightly", as_of=AS_OF)


def test_a_stopped_posting_leaves_whole_accounts_and_is_completed_by_the_next(new_college, growth_college, monkeypatch):
    monkeypatch.setattr(posting_run, "ACCOUNTS_AT_ONCE", 20)
    whole = posting_run.settle
    calls = []

    def stopping(*given, **named):
        calls.append(named)
        if len(calls) == 4:
            raise BusyError("stopped")
        return whole(*given, **named)

    monkeypatch.setattr(posting_run, "settle", stopping)
    with pytest.raises(BusyError):
        post(new_college)
    half, expected = sums(new_college, RUNNING), sums(growth_college, RUNNING)
    accounts = {key[:2] for key in half}
    assert 0 < len(accounts) <= 60
    assert half == {key: value for key, value in expected.items() if key[:2] in accounts}
    monkeypatch.setattr(posting_run, "settle", whole)
    post(new_college)
    assert sums(new_college, RUNNING) == expected
    with new_college.database.connect() as connection:
        finished = connection.execute(select(CardPosting.finished_at).order_by(CardPosting.posting_id)).scalars().all()
    assert [moment is not None for moment in finished] == [False, True]


def test_who_has_read_less_does_not_write_over_who_has_read_more(installation):
    def begun():
        return begin(
            installation.database, term_id=RUNNING, moment=NOON, frozen_on=None, cause="facts", as_of=AS_OF,
            data_version=1, rules_version="", posted_by="nightly",
        )  # fmt: skip

    def wanting(points: int):
        target = Target(
            point="STU-ACD-08", slot="2026-10", kind="deposit", booked_on=AS_OF, raw=1.0, points=points, possible=300,
            sheet_id=None, correction_id=None,
        )  # fmt: skip
        return {"targets": {7: {("STU-ACD-08", "2026-10"): target}}, "holder": STUDENT, "codes": None, "only": None,
                "accounts": {"STU-ACD-08": "学业发展"}}  # fmt: skip

    earlier, later = begun(), begun()
    assert settle(installation.database, later, **wanting(200)).overtaken == set()
    done = settle(installation.database, earlier, **wanting(100))
    assert (done.counts.entries, done.touched, done.overtaken) == (0, set(), {7})
    assert [row["points"] for row in entries(installation, RUNNING)] == [200]
    with installation.database.connect() as connection:
        standing = connection.execute(select(CardStanding.account, CardStanding.net)).all()
    assert sorted(standing) == [("", 200), ("学业发展", 200)]


@pytest.mark.slow
def test_two_postings_at_once_book_nothing_twice(install, tmp_path, growth_college, postgresql):
    place = build(install(tmp_path / "home", "postgresql"))
    barrier = threading.Barrier(2)
    failed = []

    def run():
        barrier.wait()
        try:
            post(place)
        except Exception as error:  # noqa: BLE001 (a thread would keep it to itself)
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sums(place, RUNNING) == sums(growth_college, RUNNING)
    assert len(live(place, RUNNING)) == len(live(growth_college, RUNNING))
    place.database.dispose()
    postgresql.drop(place.settings.database_url)
