"""Submitted sheets, approved plans and corrections count instead of what facts say, each for what it tells."""

import datetime as dt

import pytest
from sqlalchemy import insert, select, update

from data_access.database import transaction
from data_access.database.growth_models import (
    CardCorrection,
    CardDispute,
    CardMark,
    CardSheet,
    StudentPlan,
    StudentPlanGoal,
)
from data_access.growth_card.told import tellings
from indicators.growth_card import posting_run
from tests.growth_college import AS_OF, RUNNING, copied, facts, live, post

STUDENT = 5
NOON = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
ON_TIME, LEAVE, ABSENT = 0, 3, 5


@pytest.fixture
def college(unposted_college, install, tmp_path):
    return copied(unposted_college, tmp_path / "college", install)


@pytest.fixture
def student(college) -> int:
    """One who has lessons in the running week."""
    return facts(college, "SELECT MIN(student_id) FROM {fact_attendance} WHERE date_id = 20261118")[0][0]


def sheet(place, task: str, cells: dict[tuple[int, str], float], *, unit: tuple = ("class", 1), submitted=NOON) -> int:
    """A sheet of a collector with these cells by student and column."""
    with transaction(place.database) as connection:
        made = insert(CardSheet).values(
            collector="班主任", unit_level=unit[0], unit_id=unit[1], term_id=RUNNING, task=task, opened_at=NOON,
            submitted_at=submitted,
        )  # fmt: skip
        number = connection.execute(made.returning(CardSheet.sheet_id)).scalar_one()
        for (holder_id, column), value in cells.items():
            connection.execute(
                insert(CardMark).values(
                    sheet_id=number, holder=STUDENT, holder_id=holder_id, column=column, value=value, version=1,
                    edited_by="adviser", edited_at=NOON,
                )
            )  # fmt: skip
    return number


def posted(place, student: int, point: str, slot: str):
    """The entry that counts for a slot after a posting for the one student; None without any."""
    post(place, students=frozenset({student}), cause="sheet", codes=frozenset({point}))
    return live(place, RUNNING).get((STUDENT, student, point, slot))


def test_a_submitted_sheet_counts_instead_of_facts_and_names_itself(college, student):
    facts_say = posted(college, student, "STU-ACD-08", "2026-10")
    number = sheet(college, "2026-10", {(student, "STU-ACD-08"): 3.0})
    row = posted(college, student, "STU-ACD-08", "2026-10")
    assert (row["points"], row["raw"], row["sheet_id"]) == (300, 3.0, number)
    assert facts_say["sheet_id"] is None
    assert facts_say["raw"] != 3.0


def test_a_sheet_that_is_not_handed_in_does_not_count(college, student):
    sheet(college, "2026-10", {(student, "STU-ACD-08"): 3.0}, submitted=None)
    assert posted(college, student, "STU-ACD-08", "2026-10")["sheet_id"] is None


def test_what_a_sheet_tells_before_its_day_is_booked_on_the_day_of_the_posting(college, student):
    assert posted(college, student, "STU-ACD-09", "term") is None
    sheet(college, "term", {(student, "STU-ACD-09"): 90.0, (student, "STU-ACD-09.events"): 1.0})
    row = posted(college, student, "STU-ACD-09", "term")
    assert (row["points"], row["possible"], row["booked_on"]) == (9000, 10000, AS_OF)


def test_a_lesson_is_what_its_sheet_says_and_is_booked_while_the_week_runs(college, student):
    wednesday = "SELECT offering_id FROM {{fact_attendance}} WHERE student_id = {} AND date_id = 20261118"
    ((offering,), *_) = facts(college, wednesday.format(student))
    assert posted(college, student, "STU-ACD-03", "W12") is None
    cells = {(student, "status"): ABSENT, (student, "homework"): 0}
    number = sheet(college, "20261118", cells, unit=("offering", offering))
    week = facts(
        college,
        "SELECT COUNT(*) FILTER (status = '旷课'), COUNT(*) FILTER (status <> '公假') FROM {fact_attendance} "
        f"WHERE student_id = {student} AND date_id BETWEEN 20261116 AND 20261122 "
        f"AND NOT (date_id = 20261118 AND offering_id = {offering})",
    )[0]
    row = posted(college, student, "STU-ACD-03", "W12")
    assert row["raw"] == pytest.approx(100 - 100 * (week[0] + 1) / (week[1] + 1))
    assert (row["booked_on"], row["sheet_id"]) == (AS_OF, number)
    # The posting of everybody comes to the same, and leaves the running week of the others alone.
    post(college, codes=frozenset({"STU-ACD-03"}))
    running = {key[1]: r["entry_id"] for key, r in live(college, RUNNING, "STU-ACD-03").items() if key[3] == "W12"}
    assert running == {student: row["entry_id"]}


def test_a_lesson_that_the_lake_does_not_know_yet_counts(college, student):
    friday = f"{AS_OF:%Y%m%d}"
    section = 987_654
    sheet(college, friday, {(student, "status"): LEAVE}, unit=("offering", section))
    sheet(college, "20261119", {(student, "status"): ON_TIME, (student, "preview"): 1.0}, unit=("offering", section))
    preview = posted(college, student, "STU-ACD-05", "W12")
    week = facts(
        college,
        "SELECT COUNT(*) FILTER (preview_done), COUNT(*) FROM {fact_attendance} WHERE preview_due "
        f"AND student_id = {student} AND date_id BETWEEN 20261116 AND 20261122",
    )[0]
    assert preview["raw"] == pytest.approx(100 * (week[0] + 1) / (week[1] + 1))


def test_an_approved_plan_counts_instead_of_what_the_lake_says(college, student):
    with transaction(college.database) as connection:
        made = insert(StudentPlan).values(
            student_id=student, kind="学业计划", acad_start=2026, saved_at=NOON, due_on=dt.date(2026, 9, 30),
            submitted_at=dt.datetime(2026, 9, 30, 12, tzinfo=dt.UTC), status="approved", quality=85.0,
        )  # fmt: skip
        number = connection.execute(made.returning(StudentPlan.plan_id)).scalar_one()
        connection.execute(insert(StudentPlanGoal).values(plan_id=number, part="A", position=1, text="英语四级"))
    row = posted(college, student, "STU-ACD-01", "plan")
    assert (row["points"], row["possible"], row["raw"]) == (1480, 1600, 85.0)


def test_an_approved_plan_never_brings_less_than_what_the_lake_says(college):
    delivered = (
        "SELECT student_id, quality_score FROM {{fact_student_plan}} WHERE plan_type = '学业计划' AND is_on_time "
        "AND is_submitted AND term_id = {} AND quality_score BETWEEN 40 AND 90 ORDER BY student_id LIMIT 1"
    )
    ((student, quality),) = facts(college, delivered.format(RUNNING))
    facts_say = posted(college, student, "STU-ACD-01", "plan")
    assert facts_say["raw"] == quality
    with transaction(college.database) as connection:
        connection.execute(
            insert(StudentPlan).values(
                student_id=student, kind="学业计划", acad_start=2026, saved_at=NOON, due_on=dt.date(2026, 9, 30),
                submitted_at=NOON, status="approved", quality=95.0,
            )
        )  # fmt: skip
    late = posted(college, student, "STU-ACD-01", "plan")
    assert (late["raw"], late["points"]) == (quality, facts_say["points"]), "late and better: nothing is put together"
    with transaction(college.database) as connection:
        connection.execute(update(StudentPlan).values(submitted_at=dt.datetime(2026, 9, 29, tzinfo=dt.UTC)))
    assert posted(college, student, "STU-ACD-01", "plan")["points"] == 800 + 760


def test_a_correction_counts_more_than_a_sheet_and_the_last_of_two_counts(college, student):
    sheet(college, "2026-10", {(student, "STU-ACD-08"): 3.0})
    with transaction(college.database) as connection:
        for times in (1.0, 2.0):
            connection.execute(
                insert(CardCorrection).values(
                    holder=STUDENT, holder_id=student, term_id=RUNNING, point="STU-ACD-08", slot="2026-10",
                    inputs={"raw": times}, reason="申诉成立", decided_by="counsellor", decided_at=NOON,
                )
            )  # fmt: skip
    row = posted(college, student, "STU-ACD-08", "2026-10")
    assert (row["points"], row["correction_id"]) == (200, 2)


def test_who_has_read_less_gives_way_even_to_one_that_found_nothing_to_do(college, student, monkeypatch):
    def say(times: float) -> None:
        with transaction(college.database) as connection:
            connection.execute(update(CardMark).values(value=times))

    def reading_early(*given, **named):
        monkeypatch.setattr(posting_run, "tellings", tellings)
        say(2.0)
        said = tellings(*given, **named)
        say(3.0)
        assert posted(college, student, "STU-ACD-08", "2026-10") == before
        return said

    sheet(college, "2026-10", {(student, "STU-ACD-08"): 3.0})
    before = posted(college, student, "STU-ACD-08", "2026-10")
    monkeypatch.setattr(posting_run, "tellings", reading_early)
    assert posted(college, student, "STU-ACD-08", "2026-10")["points"] == before["points"] == 300


def test_a_regular_posting_notes_the_disputes_that_it_has_booked(college, student):
    before = posted(college, student, "STU-ACD-08", "2026-10")
    with transaction(college.database) as connection:
        made = insert(CardDispute).values(
            entry_id=before["entry_id"], student_id=student, class_id=1, status="upheld", reason="我参加了两次",
            opened_by="student", opened_at=NOON,
        )  # fmt: skip
        number = connection.execute(made.returning(CardDispute.dispute_id)).scalar_one()
        connection.execute(
            insert(CardCorrection).values(
                holder=STUDENT, holder_id=student, term_id=RUNNING, point="STU-ACD-08", slot="2026-10",
                inputs={"raw": 2.0}, dispute_id=number, reason="申诉成立", decided_by="counsellor", decided_at=NOON,
            )
        )  # fmt: skip

    def status() -> str:
        with college.database.connect() as connection:
            return connection.execute(select(CardDispute.status)).scalar_one()

    asked = {"students": frozenset({student})}
    post(college, codes=frozenset({"STU-ACD-07"}), **asked)
    assert status() == "upheld", "another point was posted"
    post(college, students=frozenset({student + 1}))
    assert status() == "upheld", "somebody else's account was posted"
    post(college, cause="dispute", **asked)
    assert status() == "upheld", "who decides notes it with the figures it revises"
    post(college, **asked)
    assert status() == "settled"
    assert live(college, RUNNING)[STUDENT, student, "STU-ACD-08", "2026-10"]["raw"] == 2.0


def test_what_nobody_knows_of_is_left_out(college, student):
    sheet(college, "no-slot", {(student, "STU-ACD-08"): 3.0, (10**9, "STU-ACD-08"): 3.0, (student, "STU-XXX-01"): 1.0})
    report = post(college, codes=frozenset({"STU-ACD-08"}))
    assert report.entries == len(live(college, RUNNING, "STU-ACD-08"))
