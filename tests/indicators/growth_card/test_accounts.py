"""What an account shows: sums of entries at any date, what changed, who may read which points."""

import datetime as dt

import pytest

from data_access.access.roles import Role
from data_access.errors import UnknownNameError
from indicators.model import Level
from tests.indicators.growth_card.written_ledger import (
    ALL,
    AUTUMN,
    DATA_DATE,
    SPRING,
    WrittenLedger,
    adviser,
    scope_of,
    student,
    week,
)

DISCIPLINE = {"STU-PER-10", "STU-PER-13", "STU-PER-14"}


@pytest.fixture
def ledger(install, tmp_path):
    return WrittenLedger(install(tmp_path / "home").database)


@pytest.fixture(scope="module")
def college(install, tmp_path_factory):
    """Student 1 with two terms and one of each kind of entry; nobody writes to it."""
    ledger = WrittenLedger(install(tmp_path_factory.mktemp("college")).database)
    ledger.enter("STU-ACD-02", "W01", 2, possible=2, term=SPRING)
    ledger.enter("STU-PER-13", "opening", 20, term=SPRING, kind="opening")
    ledger.enter("STU-PER-13", "W05", -10, possible=0, term=SPRING, raw=1.0)
    ledger.enter("STU-PER-13", "opening", 20, kind="opening")
    ledger.enter("STU-ACD-02", "W10", 1.5, possible=2.22, raw=92.0)
    wrong = ledger.enter("STU-ACD-02", "W11", 1, possible=2.22, raw=90.0)
    ledger.reverse(wrong)
    ledger.enter("STU-ACD-02", "W11", 2.22, possible=2.22, raw=98.0)
    sheet = ledger.sheet()
    ledger.enter("STU-ACD-08", "2026-10", 3, possible=4, raw=3.0, on=dt.date(2026, 10, 31), sheet_id=sheet)
    ledger.enter("STU-CAR-09", "term", 9, possible=30, raw=3.0, on=week(AUTUMN, 11), holder_id=2)
    ledger.enter("STU-PER-14", "W08", -20, possible=0, raw=1.0, holder_id=2)
    ledger.enter("CLS-ACD-01", "W11", 3, possible=3.33, raw=97.0, holder=4, holder_id=111)
    ledger.enter("CLS-PER-06", "opening", 40, holder=4, holder_id=111, kind="opening")
    ledger.stand(2)
    ledger.stand(1, account="学业发展")
    ledger.stand(3, holder=4, holder_id=111)
    return ledger


def test_the_day_that_an_account_is_shown_for_is_that_of_the_last_entry_in_its_balance(ledger):
    ledger.enter("STU-ACD-02", "W11", 2, raw=98.0)
    assert ledger.cards.student(1, scope=ALL).day == DATA_DATE
    today = DATA_DATE + dt.timedelta(days=5)
    ledger.enter("STU-ACD-08", "2026-10", 3, raw=3.0, on=today)
    view = ledger.cards.student(1, scope=ALL)
    assert (view.day, view.total) == (today, 500)
    assert ledger.cards.student(1, on=view.day, scope=ALL).total == view.total
    assert ledger.cards.student(1, on=DATA_DATE, scope=ALL).total == 200
    assert ledger.cards.student(1, term_key=SPRING, scope=ALL).day == today


def test_every_subtotal_is_the_sum_of_its_entries(college):
    view = college.cards.student(1, scope=ALL)
    assert view.term_key == AUTUMN
    assert view.total == view.balance == 3872  # 2 + 20 − 10 and 20 + 1.5 + 2.22 + 3
    assert {line.name: (line.net, line.possible) for line in view.accounts} == {
        "学业发展": (672, 844), "个人发展": (2000, 2000), "职业发展": (0, 0)
    }  # fmt: skip
    assert (view.net, view.possible) == (2672, 2844)
    lines = college.cards.entries(Level.STUDENT, 1, term_key=AUTUMN, scope=ALL)
    assert sum(line.points for line in lines) == view.net


def test_a_balance_of_a_past_day_adds_up_what_was_booked_until_then(college):
    first = college.cards.student(1, on=dt.date(2026, 3, 8), scope=ALL)
    assert (first.total, first.term_key) == (2200, SPRING)
    before = college.cards.student(1, on=week(AUTUMN, 10), scope=ALL)
    assert (before.total, before.term_key) == (3650, AUTUMN)
    assert college.cards.student(1, on=dt.date(2026, 3, 1), scope=ALL).total == 0


def test_what_is_owed_stands_beside_a_balance_of_nothing(college):
    view = college.cards.student(2, scope=ALL)
    assert (view.total, view.balance, view.pending) == (-1100, 0, 1100)


def test_attainment_is_of_what_was_due_and_its_band_is_named(college):
    view = college.cards.student(1, scope=ALL)
    assert view.attainment == pytest.approx(100 * 2672 / 2844)
    assert view.band == "优"
    studies = view.accounts[0]
    assert (studies.attainment, studies.band) == (pytest.approx(79.62, abs=0.01), "良")
    assert view.accounts[2].attainment is None
    assert view.accounts[2].band == ""


def test_the_gain_is_against_the_last_term_in_which_something_was_due(college):
    view = college.cards.student(1, scope=ALL)
    assert [line.term_key for line in view.terms] == [SPRING, AUTUMN]
    spring = 100 * 1200 / 2200
    assert view.gain == pytest.approx(100 * 2672 / 2844 - spring)
    assert college.cards.student(1, term_key=SPRING, scope=ALL).gain is None


def test_the_cap_of_a_term_leaves_out_what_a_grade_has_not(college):
    view = college.cards.student(1, scope=ALL)
    by_code = {point.code: point for point in view.points}
    assert by_code["STU-ACD-02"].cap == 4000
    assert by_code["STU-ACD-01"].cap == 1600, "the plan itself; its goals follow in the second term"
    assert not by_code["STU-CAR-04"].is_due, "顶岗实习 is for the third year"
    assert view.cap == sum(line.cap for line in view.accounts)


def test_the_week_is_told_point_by_point_with_its_reason(college):
    (change,) = college.cards.student(1, scope=ALL).week_changes
    assert (change.code, change.points, change.reason) == ("STU-ACD-02", 222, "第11周 98%")
    assert week(AUTUMN, 11) == DATA_DATE


def test_a_week_that_brought_nothing_of_what_it_could_have_is_told(ledger):
    ledger.enter("STU-ACD-02", "W11", 0, possible=2.22, raw=60.0)
    (change,) = ledger.cards.student(1, scope=ALL).week_changes
    assert (change.points, change.possible, change.reason) == (0, 222, "第11周 60%")


def test_what_cancels_out_is_no_change(ledger):
    ledger.reverse(ledger.enter("STU-ACD-02", "W11", 2, raw=95.0))
    view = ledger.cards.student(1, scope=ALL)
    assert view.week_changes == ()
    assert view.total == 0


def test_quarters_come_from_the_standings(college):
    view = college.cards.student(1, scope=ALL)
    assert view.quarter == 2
    assert [line.quarter for line in view.accounts] == [1, None, None]
    assert college.cards.school_class(111, scope=ALL).quarter == 3


def test_ledger_lines_say_where_they_come_from(college):
    lines = {(line.slot, line.kind): line for line in college.cards.entries(Level.STUDENT, 1, scope=ALL)}
    of_sheet = lines["2026-10", "deposit"]
    assert of_sheet.evidence.kind == "sheet"
    assert of_sheet.evidence.text == "班主任采分表·2026年10月，t1001 2026-11-16 10:00 提交"
    assert of_sheet.recorded_by == "t1001"
    facts = lines["W10", "deposit"]
    assert (facts.evidence.kind, facts.evidence.text, facts.recorded_by) == ("facts", "业务数据·第10周", "系统")
    assert lines["opening", "opening"].kind_label == "期初存入"
    assert lines["W11", "reversal"].evidence.text.startswith("冲正流水")
    assert not lines["W11", "reversal"].is_live


def test_an_entry_after_a_dispute_names_it(ledger):
    number = ledger.correction()
    ledger.enter("STU-ACD-02", "W01", 2, correction_id=number)
    (line,) = ledger.cards.entries(Level.STUDENT, 1, scope=ALL)
    assert (line.evidence.kind, line.evidence.text) == ("correction", "更正（t1001）：请假条补交")


def test_only_live_entries_can_be_disputed_and_for_seven_days(college):
    lines = {(line.slot, line.kind, line.is_live): line for line in college.cards.entries(Level.STUDENT, 1, scope=ALL)}
    assert lines["W11", "deposit", True].disputable_until == dt.date(2026, 11, 23)
    for key in (("W11", "deposit", False), ("W11", "reversal", False), ("opening", "opening", True)):
        assert lines[key].disputable_until is None


def test_the_days_of_a_dispute_are_those_of_the_college(ledger):
    late = dt.datetime(2026, 11, 16, 16, 30, tzinfo=dt.UTC)  # half past midnight of the 17th in China
    ledger.enter("STU-ACD-02", "W01", 2, recorded_at=late)
    assert ledger.cards.entries(Level.STUDENT, 1, scope=ALL)[0].disputable_until == dt.date(2026, 11, 24)


def test_a_ledger_is_paged_and_filtered(college):
    everything = college.cards.entries(Level.STUDENT, 1, scope=ALL)
    pages = [college.cards.entries(Level.STUDENT, 1, page=n, page_size=4, scope=ALL) for n in (1, 2, 3)]
    assert [line for page in pages for line in page] == everything
    assert college.cards.count(Level.STUDENT, 1, scope=ALL) == len(everything) == 9
    assert [line.points for line in college.cards.entries(Level.STUDENT, 1, kind="reversal", scope=ALL)] == [-100]
    of_account = college.cards.entries(Level.STUDENT, 1, account="个人发展", scope=ALL)
    assert {line.point for line in of_account} == {"STU-PER-13"}
    assert college.cards.count(Level.STUDENT, 1, code="STU-ACD-08", term_key=AUTUMN, scope=ALL) == 1


def test_a_term_nobody_posted_to_is_refused_by_name(college):
    with pytest.raises(UnknownNameError, match="2026-2027-2"):
        college.cards.student(1, term_key="2026-2027-2", scope=ALL)


def test_an_account_without_entries_is_empty_and_not_missing(college):
    view = college.cards.student(3, scope=ALL)
    assert (view.total, view.possible, view.band, view.terms, view.week_changes) == (0, 0, "", (), ())


# -- who sees what -------------------------------------------------------------------------------


def test_a_leader_reads_an_account_without_what_tells_of_discipline(college):
    view = college.cards.student(1, scope=scope_of(Role.LEADER))
    assert set(view.withheld) == DISCIPLINE
    assert view.withheld_topics == ("违纪",)
    assert not DISCIPLINE & {point.code for point in view.points}
    assert view.total == 872
    assert view.total == sum(
        line.points for line in college.cards.entries(Level.STUDENT, 1, scope=scope_of(Role.LEADER))
    )
    assert view.quarter is None, "a quarter is made from all points"


@pytest.mark.parametrize("scope", [adviser(), student(), scope_of(Role.COUNSELLOR, "class", 111)])
def test_those_who_look_after_a_student_and_the_student_read_every_point(college, scope):
    view = college.cards.student(1, scope=scope)
    assert view.withheld == ()
    assert view.total == 3872
    assert view.quarter == 2


@pytest.mark.parametrize(
    "scope",
    [
        student(2),
        scope_of(Role.CLASS_ADVISER, "class", 211),
        scope_of(Role.PSYCHOLOGY_CENTRE),
        scope_of(Role.DATA_STEWARD),
    ],
)
def test_out_of_scope_there_is_no_account(college, scope):
    assert college.cards.student(1, scope=scope) is None
    assert college.cards.entries(Level.STUDENT, 1, scope=scope) == []
    assert college.cards.count(Level.STUDENT, 1, scope=scope) == 0
    assert college.cards.next_gains(1, scope=scope) == []
    assert college.cards.history(Level.STUDENT, 1, ["STU-ACD-02"], scope=scope) == []


def test_an_entry_is_found_by_its_number_by_those_who_may_read_it_alone(college):
    punished = college.cards.entries(Level.STUDENT, 2, code="STU-PER-14", scope=ALL)[0].entry_id
    assert college.cards.entry(punished, scope=adviser())[0] == 2
    assert college.cards.entry(punished, scope=student(2))[1].points == -2000
    for scope in (student(1), scope_of(Role.LEADER), scope_of(Role.CLASS_ADVISER, "class", 211)):
        assert college.cards.entry(punished, scope=scope) is None
    assert college.cards.entry(10**6, scope=ALL) is None


def test_what_a_class_has_lost_by_discipline_is_for_those_who_may_know_the_incidents(college):
    assert college.cards.school_class(111, scope=adviser()).total == 4300
    of_leader = college.cards.school_class(111, scope=scope_of(Role.LEADER))
    assert of_leader.total == 300
    assert set(of_leader.withheld) == {"CLS-PER-06", "CLS-PER-07"}
    assert college.cards.school_class(111, scope=student()) is None


def test_counselling_stands_nowhere(ledger):
    ledger.enter("STU-PER-12", "term", 5, raw=5.0)  # nobody posts such an entry; none is shown if it were there
    for scope in (ALL, adviser(), student(), scope_of(Role.COUNSELLOR, "class", 111)):
        view = ledger.cards.student(1, scope=scope)
        assert view.total == 0
        assert "STU-PER-12" not in {*view.withheld, *(point.code for point in view.points)}
        assert ledger.cards.entries(Level.STUDENT, 1, scope=scope) == []
        assert "STU-PER-12" not in {gain.point for gain in ledger.cards.next_gains(1, scope=scope)}


# -- a class, and what to do next ------------------------------------------------------------------


def test_members_are_told_by_bands_of_what_may_be_read(college):
    of_adviser = college.cards.members(111, scope=adviser())
    assert [(m.student_no, m.net, m.band, m.quarter) for m in of_adviser] == [
        ("20250001", 2672, "优", 2), ("20250002", -1100, "警戒", None)
    ]  # fmt: skip
    of_leader = college.cards.members(111, scope=scope_of(Role.LEADER))
    assert [(m.net, m.quarter) for m in of_leader] == [(672, None), (900, None)]
    assert college.cards.members(111, scope=scope_of(Role.CLASS_ADVISER, "class", 211)) == []
    assert [m.student_id for m in college.cards.members(111, scope=student())] == [1]


def test_bands_of_many_are_told_where_all_their_points_may_be_read(college):
    told = {key: band.name for key, band in college.cards.bands(Level.STUDENT, [1, 2, 9], scope=adviser()).items()}
    assert told == {1: "优"}, "nobody has added up the others"
    assert college.cards.bands(Level.STUDENT, [1, 2], scope=scope_of(Role.LEADER)) == {}


def test_what_to_do_next_counts_what_the_slots_to_come_can_bring(college):
    gains = {gain.point: gain for gain in college.cards.next_gains(1, scope=ALL)}
    # 7 of 18 weeks are left of 40 points, shared out in whole hundredths.
    assert gains["STU-ACD-02"].points_left == pytest.approx(4000 * 7 / 18, abs=1)
    # November and December are left, 3 points each at most.
    assert gains["STU-ACD-08"].points_left == 600
    assert gains["STU-ACD-09"].points_left == 10000
    assert "STU-PER-13" not in gains, "what is deposited at the start can only be lost"
    assert "STU-CAR-04" not in gains, "not in the second year"
    assert gains["STU-ACD-02"].owner == "学生"


def test_what_is_worth_most_and_was_missed_most_stands_first(college):
    weights = [gain.weight for gain in college.cards.next_gains(1, scope=ALL)]
    assert weights == sorted(weights, reverse=True)
    assert len(weights) > 10


def test_a_class_is_told_what_to_do_next_as_its_students_are(college):
    gains = {gain.point: gain for gain in college.cards.next_gains(111, holder=Level.CLASS, scope=ALL)}
    assert gains["CLS-ACD-01"].owner == "班主任"
    assert all(code.startswith("CLS-") and gain.points_left > 0 for code, gain in gains.items())


def test_of_a_term_that_is_over_nothing_is_left(college):
    assert college.cards.next_gains(1, term_key=SPRING, scope=ALL) == []


def test_history_gives_what_counts_over_terms_oldest_first(college):
    lines = college.cards.history(Level.STUDENT, 1, ["STU-ACD-02"], scope=ALL)
    assert [(line.term_key, line.raw) for line in lines] == [(SPRING, None), (AUTUMN, 92.0), (AUTUMN, 98.0)]
