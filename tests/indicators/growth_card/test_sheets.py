"""A sheet from opening to handing in: whose it is, what is kept of what people type, and what is posted."""

import datetime as dt
import threading

import pytest
from sqlalchemy import select

from data_access.database.access_models import AuditEvent
from data_access.errors import UserError
from data_access.growth_card.cells import STUDENT
from data_access.growth_card.sheet_units import SheetKey
from indicators.growth_card.sheet_frames import NoSheetError
from indicators.growth_card.sheets import BlanksError, UnknownLessonError
from tests.indicators.growth_card.entry_office import (
    CLASS,
    OTHER_CLASS,
    STUDENTS,
    TODAY,
    Office,
    actor,
    lesson,
    sheet,
)

MONTH = sheet("2026-09")
READING, TALKS = "STU-ACD-07", "STU-ACD-08"
MONTH_END = dt.date(2026, 9, 28)
TERM_END = dt.date(2026, 12, 28)


@pytest.fixture
def office(installation):
    return Office(installation)


@pytest.fixture(scope="module")
def quiet_office(install, tmp_path_factory):
    """One for tests that leave nothing behind."""
    return Office(install(tmp_path_factory.mktemp("office")))


def test_a_sheet_holds_the_members_of_the_class_and_opening_it_writes_nothing(quiet_office):
    found = quiet_office.open("adviser", MONTH)
    assert [row.holder_id for row in found.form.rows] == list(STUDENTS)
    assert found.title == f"class{CLASS} · 2026年9月"
    assert found.time_point == "月末"
    assert found.due_on == dt.date(2026, 10, 3)
    assert found.record is None
    assert quiet_office.store.record(MONTH) is None


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ("other", MONTH),
        ("counsellor", MONTH),
        ("affairs", MONTH),
        ("student", MONTH),
        ("quality", MONTH),
        ("affairs_of_2", sheet("W03", "学工办")),
        ("leader", sheet("plan", "教研室", OTHER_CLASS)),
        ("colleague", lesson()),
        ("adviser", sheet("term", "辅导员")),
        ("adviser", sheet("2026-09", unit=999)),
        ("adviser", sheet("2026-02")),
        ("adviser", sheet("graduation")),
        ("adviser", sheet("2026-09", term=20259)),
        ("teacher", sheet("W03", "任课教师", 501)),
        ("teacher", lesson("20260230")),
        ("teacher", lesson("20260701")),
    ],
)
def test_somebody_elses_sheet_and_one_that_is_not_there_are_answered_alike(quiet_office, who, key):
    for attempt in (
        lambda: quiet_office.open(who, key),
        lambda: quiet_office.save(who, key, (1, READING, 3, 0)),
        lambda: quiet_office.submit(who, key, blanks_confirmed=True),
        lambda: quiet_office.sheets.undo(key, viewer=quiet_office.viewer(who), by=actor(who)),
        lambda: quiet_office.sheets.history(key, viewer=quiet_office.viewer(who)),
    ):
        with pytest.raises(NoSheetError, match="没有这张采分表，或不由您录入"):
            attempt()
    assert quiet_office.store.record(key) is None


@pytest.mark.parametrize(
    ("who", "key"),
    [
        ("adviser", MONTH),
        ("affairs", sheet("W03", "学工办")),
        ("affairs_of_2", sheet("W03", "学工办", OTHER_CLASS)),
        ("counsellor", sheet("term", "辅导员")),
        ("leader", sheet("plan", "教研室")),
        ("teacher", lesson()),
        ("teacher", sheet("term", "任课教师", 501)),
        ("teacher", sheet("term", "体育老师", 501)),
    ],
)
def test_each_collector_opens_the_own_sheets(quiet_office, who, key):
    assert quiet_office.open(who, key).form.columns
    assert SheetKey.of(key.slug) == key


def test_what_is_saved_is_there_when_the_sheet_is_opened_again(office):
    saved = office.save("adviser", MONTH, (1, READING, 4, 0), (2, READING, "6次", 0))
    assert [(cell.holder_id, cell.value, cell.version) for cell in saved.saved] == [(1, 4, 1), (2, 6, 1)]
    cells = office.open("adviser", MONTH).cells
    assert {key.holder_id: (cell.value, cell.version, cell.by) for key, cell in cells.items()} == {
        1: (4, 1, "adviser老师"), 2: (6, 1, "adviser老师"),
    }  # fmt: skip


def test_of_a_save_with_mistakes_the_sound_cells_are_kept_and_the_others_explained(office):
    saved = office.save("adviser", MONTH, (1, READING, 4, 0), (2, READING, -1, 0), (9, READING, 1, 0))
    assert [cell.holder_id for cell in saved.saved] == [1]
    assert [problem.holder_id for problem in saved.problems] == [2, 9]
    assert saved.problems[0].message == "2025002 的“课外学习频次”：须是 0–200 之间的整数。"
    assert office.values("adviser", MONTH) == {(1, READING): 4}


def test_of_two_people_on_one_sheet_each_keeps_what_only_they_wrote_and_is_told_of_the_rest(office):
    office.save("adviser", MONTH, (1, READING, 4, 0), (2, READING, 5, 0))
    office.save("deputy", MONTH, (2, READING, 9, 1), (3, READING, 1, 0))
    late = office.save("adviser", MONTH, (2, READING, 7, 1), (4, READING, 2, 0))
    assert [cell.holder_id for cell in late.saved] == [4]
    [conflict] = late.conflicts
    assert (conflict.holder_id, conflict.mine, conflict.theirs, conflict.version) == (2, 7, 9, 2)
    assert conflict.by == "deputy老师"
    assert conflict.at == "09-15 12:00"
    assert office.values("adviser", MONTH) == {(1, READING): 4, (2, READING): 9, (3, READING): 1, (4, READING): 2}
    assert office.save("adviser", MONTH, (2, READING, 7, conflict.version)).conflicts == ()


def test_writing_what_stands_there_already_is_no_change_whatever_was_seen(office):
    office.save("adviser", MONTH, (1, READING, 4, 0))
    again = office.save("deputy", MONTH, (1, READING, 4, 0))
    assert [(cell.version, again.conflicts) for cell in again.saved] == [(1, ())]
    assert len(office.sheets.history(MONTH, viewer=office.viewer("adviser"))) == 1


def test_two_people_who_save_at_the_same_moment_lose_nothing(office):
    """Each writes every cell of a column of their own and one cell that both want."""
    barrier = threading.Barrier(2, timeout=20)
    results = {}

    def work(who, column):
        barrier.wait()
        for _ in range(5):
            results.setdefault(who, []).append(
                office.save(who, MONTH, *((n, column, n, 0) for n in STUDENTS), (1, "STU-ACD-04", len(who), 0))
            )

    threads = [
        threading.Thread(target=work, args=(who, column)) for who, column in (("adviser", READING), ("deputy", TALKS))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    values = office.values("adviser", MONTH)
    assert {values[n, column] for n in STUDENTS for column in (READING, TALKS)} == set(STUDENTS)
    assert len(values) == 2 * len(STUDENTS) + 1
    winner = [who for who in results if not any(result.conflicts for result in results[who])]
    [loser] = results.keys() - set(winner)
    assert values[1, "STU-ACD-04"] == len(winner[0])
    assert {conflict.theirs for result in results[loser] for conflict in result.conflicts} == {len(winner[0])}


def test_the_last_save_can_be_taken_back_and_so_can_taking_it_back(office):
    office.save("adviser", MONTH, (1, READING, 4, 0))
    office.save("adviser", MONTH, (1, READING, 5, 1), (2, READING, 6, 0))
    undone = office.sheets.undo(MONTH, viewer=office.viewer("adviser"), by=actor("adviser"))
    assert {cell.holder_id: cell.value for cell in undone.saved} == {1: 4, 2: None}
    assert office.values("adviser", MONTH) == {(1, READING): 4, (2, READING): None}
    office.sheets.undo(MONTH, viewer=office.viewer("adviser"), by=actor("adviser"))
    assert office.values("adviser", MONTH) == {(1, READING): 5, (2, READING): 6}


def test_what_somebody_else_has_changed_since_is_not_taken_back(office):
    office.save("adviser", MONTH, (1, READING, 4, 0), (2, READING, 6, 0))
    office.save("deputy", MONTH, (2, READING, 9, 1))
    undone = office.sheets.undo(MONTH, viewer=office.viewer("adviser"), by=actor("adviser"))
    assert [cell.holder_id for cell in undone.saved] == [1]
    assert [(conflict.holder_id, conflict.theirs) for conflict in undone.conflicts] == [(2, 9)]


def test_who_has_saved_nothing_has_nothing_to_take_back(office):
    office.save("deputy", MONTH, (1, READING, 4, 0))
    with pytest.raises(UserError, match="没有可以撤销的保存"):
        office.sheets.undo(MONTH, viewer=office.viewer("adviser"), by=actor("adviser"))


def test_history_names_everybody_who_changed_a_cell_the_last_first(office):
    office.save("adviser", MONTH, (1, READING, 4, 0))
    office.save("deputy", MONTH, (1, READING, 5, 1), (2, READING, 1, 0))
    found = office.sheets.history(MONTH, viewer=office.viewer("adviser"), holder_id=1)
    assert [(change.before, change.after, change.by) for change in found] == [
        (4, 5, "deputy老师"), (None, 4, "adviser老师"),
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["taken back", "emptied"])
def test_what_was_taken_back_or_emptied_is_as_if_nobody_had_touched_it(office, monkeypatch, how):
    known = {(STUDENT, n, column): 1.0 for n in STUDENTS for column in (READING, TALKS, "STU-ACD-04")}
    monkeypatch.setattr(type(office.rows), "known", lambda *_args, **_asked: known)
    office.on(MONTH_END)
    office.save("adviser", MONTH, (1, READING, 4, 0))
    if how == "emptied":
        office.save("adviser", MONTH, (1, READING, None, 1))
    else:
        office.sheets.undo(MONTH, viewer=office.viewer("adviser"), by=actor("adviser"))
    assert office.open("adviser", MONTH).blanks() == []
    assert office.submit("adviser", MONTH).blanks == 0


def test_correcting_later_what_the_systems_had_brought_is_in_time(office, monkeypatch):
    known = {(STUDENT, n, column): 1.0 for n in STUDENTS for column in (READING, TALKS, "STU-ACD-04")}
    monkeypatch.setattr(type(office.rows), "known", lambda *_args, **_asked: known)
    office.on(dt.date(2026, 10, 20))
    office.save("adviser", MONTH, (1, READING, 4, 0))
    assert not office.submit("adviser", MONTH).record.is_late


@pytest.mark.parametrize(
    ("who", "key", "day"),
    [
        ("adviser", MONTH, dt.date(2026, 9, 26)),
        ("adviser", sheet("term"), dt.date(2026, 12, 13)),
        ("counsellor", sheet("term", "辅导员"), dt.date(2026, 12, 13)),
    ],
    ids=["month", "term", "term of the counsellor"],
)
def test_what_sums_up_a_time_can_be_filled_in_before_and_handed_in_only_towards_its_end(office, who, key, day):
    column = next(c.key for c in office.open(who, key).form.columns if c.holder == STUDENT)
    for early in (TODAY, day - dt.timedelta(days=1)):
        office.on(early)
        assert office.save(who, key, (1, column, 1, 0)).conflicts == ()
        with pytest.raises(UserError, match=f"可以先填写，{day} 起可以提交"):
            office.submit(who, key, blanks_confirmed=True)
    office.on(day)
    assert office.submit(who, key, blanks_confirmed=True).is_first


def test_a_plan_can_be_handed_in_from_the_first_day_of_the_term(office):
    office.on(dt.date(2026, 8, 31))
    assert office.submit("leader", sheet("plan", "教研室"), blanks_confirmed=True).is_first


def test_required_cells_that_are_empty_must_be_confirmed(office):
    office.on(MONTH_END)
    office.save("adviser", MONTH, *((n, column, 1, 0) for n in (1, 2, 3) for column in (READING, TALKS)))
    with pytest.raises(BlanksError) as refused:
        office.submit("adviser", MONTH)
    assert len(refused.value.blanks) == 6  # 满勤率 of four students, and both counts of the fourth
    assert office.store.record(MONTH).submitted_at is None
    submission = office.submit("adviser", MONTH, blanks_confirmed=True)
    assert (submission.blanks, submission.is_first) == (6, True)


def test_handing_in_posts_for_the_students_of_the_sheet_and_is_recorded(office):
    office.on(MONTH_END)
    office.save("adviser", MONTH, (1, READING, 4, 0))
    submission = office.submit("adviser", MONTH, blanks_confirmed=True)
    [(term_id, asked)] = office.postings.asked
    assert term_id == 20261
    assert asked["students"] == frozenset(STUDENTS)
    assert asked["classes"] is None
    assert asked["codes"] == {"STU-ACD-04", READING, TALKS}
    assert (asked["cause"], asked["posted_by"]) == ("sheet", "adviser")
    assert submission.posting == 1
    assert not submission.record.is_late
    assert not submission.record.has_unposted
    with office.database.connect() as connection:
        events = connection.execute(select(AuditEvent.kind, AuditEvent.actor, AuditEvent.subject)).all()
    assert [tuple(event) for event in events] == [("entry", "adviser", f"sheet:{MONTH.slug}")]


def test_where_posting_fails_the_sheet_stays_handed_in_and_can_be_posted_again(office):
    office.on(MONTH_END)
    office.save("adviser", MONTH, (1, READING, 4, 0))
    office.postings.problem = "数据库忙"
    failed = office.submit("adviser", MONTH, blanks_confirmed=True)
    assert failed.posting_problem == "已提交，但尚未入账：数据库忙"
    assert office.open("adviser", MONTH).record.has_unposted
    office.postings.problem = ""
    again = office.sheets.repost(MONTH, viewer=office.viewer("adviser"), by=actor("adviser"))
    assert (again.posting, again.posting_problem) == (1, "")
    assert not office.open("adviser", MONTH).record.has_unposted


def test_the_first_time_decides_whether_it_was_in_time_and_what_follows_is_a_correction(office):
    office.on(MONTH_END)
    office.submit("adviser", MONTH, blanks_confirmed=True)
    office.on(dt.date(2026, 10, 4))
    office.save("adviser", MONTH, (1, READING, 4, 0))
    assert office.open("adviser", MONTH).record.has_unposted
    second = office.submit("adviser", MONTH, blanks_confirmed=True)
    assert not second.is_first
    assert not second.record.is_late


@pytest.mark.parametrize(("day", "is_late"), [(3, False), (4, True)])
def test_a_sheet_handed_in_after_the_day_it_was_due_is_late(office, day, is_late):
    office.on(dt.date(2026, 10, day))
    assert office.submit("adviser", MONTH, blanks_confirmed=True).record.is_late is is_late


def test_a_frozen_term_takes_nothing_more_and_says_what_can_be_done(office):
    office.save("adviser", MONTH, (1, READING, 4, 0))
    office.on(dt.date(2027, 1, 18))
    found = office.open("adviser", MONTH)
    assert found.is_frozen
    assert "申诉" in found.notice
    for attempt in (
        lambda: office.save("adviser", MONTH, (1, READING, 5, 1)),
        lambda: office.submit("adviser", MONTH, blanks_confirmed=True),
        lambda: office.sheets.undo(MONTH, viewer=office.viewer("adviser"), by=actor("adviser")),
    ):
        with pytest.raises(UserError, match="冻结"):
            attempt()
    assert office.values("adviser", MONTH) == {(1, READING): 4}


def test_in_a_lesson_everybody_is_on_time_of_whom_nothing_else_is_said(office):
    office.save("teacher", lesson(), (2, "status", "旷课", 0), (3, "homework", 1, 0))
    submission = office.submit("teacher", lesson())
    assert submission.assumed == 3
    values = office.values("teacher", lesson())
    assert {student: values[student, "status"] for student in STUDENTS} == {1: 0, 2: 5, 3: 0, 4: 0}
    [(_, asked)] = office.postings.asked
    assert asked["classes"] == frozenset({CLASS})
    assert {"STU-ACD-02", "STU-ACD-03", "STU-ACD-04", "CLS-ACD-02"} <= asked["codes"]


@pytest.mark.parametrize(("delivered", "days"), [(True, []), (True, [dt.date(2026, 9, 17)])], ids=["none", "another"])
def test_a_lesson_that_the_timetable_does_not_have_must_be_confirmed(office, monkeypatch, delivered, days):
    monkeypatch.setattr(type(office.rows), "has_timetable", lambda *_args, **_asked: delivered)
    monkeypatch.setattr(type(office.rows), "lesson_days", lambda *_args, **_asked: days)
    with pytest.raises(UnknownLessonError, match="没有这个教学班的课"):
        office.submit("teacher", lesson())
    assert office.store.record(lesson()) is None
    assert office.submit("teacher", lesson(), lesson_confirmed=True).is_first


@pytest.mark.parametrize(
    ("delivered", "days"), [(False, []), (True, [dt.date(2026, 9, 14)])], ids=["no timetable", "in it"]
)
def test_a_lesson_of_the_timetable_or_before_it_has_come_is_taken_at_once(office, monkeypatch, delivered, days):
    monkeypatch.setattr(type(office.rows), "has_timetable", lambda *_args, **_asked: delivered)
    monkeypatch.setattr(type(office.rows), "lesson_days", lambda *_args, **_asked: days)
    assert office.submit("teacher", lesson()).is_first


def test_a_lesson_to_come_cannot_be_entered(quiet_office):
    with pytest.raises(UserError, match="还没有上"):
        quiet_office.save("teacher", lesson("20260916"), (1, "status", 0, 0))


@pytest.mark.parametrize("key", [sheet("W04"), sheet("2026-10"), sheet("goals", term=20262)], ids=lambda key: key.task)
def test_of_a_time_to_come_nothing_can_be_entered(quiet_office, key):
    assert quiet_office.open("adviser", key).form.columns
    with pytest.raises(UserError, match="还没有到采分时点"):
        quiet_office.save("adviser", key)


def test_the_neutral_point_is_entered_by_the_counsellor_and_never_posted(office):
    key = sheet("term", "辅导员")
    office.save("counsellor", key, (1, "STU-PER-12", 2, 0))
    office.on(TERM_END)
    office.submit("counsellor", key, blanks_confirmed=True)
    [(_, asked)] = office.postings.asked
    assert "STU-PER-12" not in asked["codes"]
