"""What is posted is what facts say by the rules, worked out anew by hand from the files of the lake."""

import datetime as dt
import math
from collections import defaultdict

import pytest
from sqlalchemy import select

from data_access.database.growth_models import CardStanding, CardTermRow
from indicators.growth_card.points import shipped_card
from indicators.model import Level
from tests.growth_college import AS_OF, PAST, RUNNING, entries, facts, live


def hundredths(points: float) -> int:
    return round(round(points * 100, 6))


def ramp(value: float, zero: float, full: float) -> float:
    return min(1.0, max(0.0, (value - zero) / (full - zero)))


def on_roll(place, term_id: int, grades: range = range(1, 4)) -> set[int]:
    start = term_id // 10
    return {
        student
        for student, year in facts(
            place,
            "SELECT student_id, grade_year FROM {fact_student_term} JOIN {dim_student} USING (student_id) "
            f"JOIN {{dim_class}} USING (class_id) WHERE term_id = {term_id} AND is_on_roll",
        )
        if start - year + 1 in grades
    }


def shared_out(values: dict[int, list[tuple[str, float]]], cap: float, slots: int, fraction) -> dict[tuple, tuple]:
    """Points by account and slot, where each of `slots` brings its share of `cap` times a fraction of the value."""
    found = {}
    for holder, told in values.items():
        before, most_before, total, most = 0, 0, 0.0, 0.0
        for slot, value in sorted(told):
            total += cap / slots * fraction(value)
            most += cap / slots
            found[holder, slot] = (hundredths(total) - before, hundredths(most) - most_before)
            before, most_before = hundredths(total), hundredths(most)
    return found


def by_hand_on_time(place, term_id: int) -> dict[tuple, tuple]:
    """STU-ACD-02: linear from 80 to 98, 40 points shared out over the weeks."""
    told = defaultdict(list)
    for student, week, value in facts(
        place,
        "SELECT student_id, week_no, 100.0 * COUNT(*) FILTER (status = '准时') "
        "/ COUNT(*) FILTER (status IN ('准时', '迟到', '早退')) FROM {fact_attendance} JOIN {dim_date} USING (date_id) "
        f"WHERE term_id = {term_id} AND week_no IS NOT NULL GROUP BY ALL HAVING COUNT(*) FILTER "
        "(status IN ('准时', '迟到', '早退')) > 0",
    ):
        told[student].append((f"W{week:02d}", value))
    (weeks,) = facts(
        place, f"SELECT COUNT(DISTINCT week_no) FROM {{dim_date}} WHERE term_id = {term_id} AND week_no >= 1"
    )[0]
    return shared_out(told, 40, weeks, lambda value: ramp(value, 80, 98))


def by_hand_present(place, term_id: int) -> dict[tuple, tuple]:
    """STU-ACD-03: linear from 85 to 100, 50 points over the weeks, 5 off for every absence, 80 at most."""
    (weeks,) = facts(
        place, f"SELECT COUNT(DISTINCT week_no) FROM {{dim_date}} WHERE term_id = {term_id} AND week_no >= 1"
    )[0]
    told = defaultdict(list)
    for student, week, absent, counted in facts(
        place,
        "SELECT student_id, week_no, COUNT(*) FILTER (status = '旷课'), COUNT(*) FILTER (status <> '公假') "
        "FROM {fact_attendance} JOIN {dim_date} USING (date_id) "
        f"WHERE term_id = {term_id} AND week_no IS NOT NULL GROUP BY ALL",
    ):
        if counted:
            told[student].append((f"W{week:02d}", absent, 100 - 100 * absent / counted))
    found = {}
    for student, marks in told.items():
        gain = loss = most = 0.0
        before = most_before = 0
        for slot, absent, rate in sorted(marks):
            gain, most = gain + 50 / weeks * ramp(rate, 85, 100), most + 50 / weeks
            loss += 5 * absent
            total = hundredths(min(50, gain) - min(80, loss))
            found[student, slot] = (total - before, hundredths(most) - most_before)
            before, most_before = total, hundredths(most)
    return found


def by_hand_studies(place, term_id: int) -> dict[tuple, tuple]:
    """STU-ACD-07: a point each time, six a month, 25 a term; a month without any counts none."""
    months = {20252: ["2026-03", "2026-04", "2026-05", "2026-06", "2026-07"]}[term_id]
    counted = defaultdict(int)
    for student, month, times in facts(
        place,
        "SELECT student_id, date_id // 100, COUNT(*) FROM {fact_student_event} WHERE event_type = '课外学习' GROUP BY ALL",
    ):
        counted[student, f"{month // 100}-{month % 100:02d}"] = times
    found = {}
    for student in on_roll(place, term_id):
        total = 0
        for month in months:
            reached = min(25, total + min(6, counted[student, month]))
            found[student, month] = (100 * (reached - total), 500)
            total = reached
    return found


def by_hand_credits(place, term_id: int) -> dict[tuple, tuple]:
    """STU-ACD-09: weighed mean from 50 to 90 worth 100 points, 10 off for every course failed for good, 40 at most."""
    return {
        (student, "term"): (hundredths(100 * ramp(mean, 50, 90) - min(40, 10 * failed)), 10000)
        for student, mean, failed in facts(
            place,
            "SELECT student_id, SUM(score * credit) / SUM(credit), COUNT(*) FILTER (NOT is_pass_final) "
            f"FROM {{fact_grade}} WHERE term_id = {term_id} GROUP BY 1",
        )
        if not math.isnan(mean)
    }


def by_hand_discipline(place, term_id: int) -> dict[tuple, tuple]:
    """STU-PER-13: 20 points in the first week, 10 off for every breach without a punishment, 40 at most."""
    found = {(student, "opening"): (2000, 2000) for student in on_roll(place, term_id)}
    lost = defaultdict(int)
    for student, week, times in facts(
        place,
        "SELECT student_id, week_no, COUNT(*) FROM {fact_student_event} JOIN {dim_date} USING (date_id) "
        f"WHERE term_id = {term_id} AND week_no >= 1 AND event_type = '违纪' AND event_level = 0 GROUP BY ALL ORDER BY 2",
    ):
        reached = min(4000, lost[student] + 1000 * times)
        found[student, f"W{week:02d}"] = (lost[student] - reached, 0)
        lost[student] = reached
    return found


def by_hand_growth(place, term_id: int) -> dict[tuple, tuple]:
    """STU-PER-15: three points for each of growth, from 10 lost to 25 won."""
    return {
        (student, "term"): (hundredths(min(25, max(-10, 3 * growth))), 2500)
        for student, growth in facts(
            place,
            "SELECT student_id, AVG(basic_post) - AVG(basic_pre) FROM {fact_student_assess} "
            f"WHERE term_id = {term_id} GROUP BY 1",
        )
        if growth is not None
    }


def by_hand_certificate(place, term_id: int) -> dict[tuple, tuple]:
    """STU-ACD-10: 30 points with the certificate that graduation asks for, from the second year on."""
    got = {
        student
        for (student,) in facts(
            place,
            "SELECT DISTINCT student_id FROM {fact_certificate} JOIN {dim_date} USING (date_id) "
            "WHERE is_required AND term_id IN (20251, 20252)",
        )
    }
    return {(s, "year"): (3000 if s in got else 0, 3000) for s in on_roll(place, term_id, range(2, 4))}


def by_hand_failing(place, term_id: int) -> dict[tuple, tuple]:
    """CLS-ACD-05: share of students with a failed course, from 20 % down to 5 %, worth 100 points."""
    return {
        (class_id, "term"): (hundredths(100 * ramp(share, 20, 5)), 10000)
        for class_id, share in facts(
            place,
            "SELECT class_id, 100.0 * COUNT(DISTINCT student_id) FILTER (NOT is_pass_final) / COUNT(DISTINCT student_id) "
            f"FROM {{fact_grade}} JOIN {{dim_student}} USING (student_id) WHERE term_id = {term_id} GROUP BY 1",
        )
    }


BY_HAND = {
    "STU-ACD-02": by_hand_on_time,
    "STU-ACD-03": by_hand_present,
    "STU-ACD-07": by_hand_studies,
    "STU-ACD-09": by_hand_credits,
    "STU-ACD-10": by_hand_certificate,
    "STU-PER-13": by_hand_discipline,
    "STU-PER-15": by_hand_growth,
    "CLS-ACD-05": by_hand_failing,
}


@pytest.mark.parametrize("code", BY_HAND)
def test_a_term_brings_what_the_rule_gives_by_hand(growth_college, code):
    posted = {
        (holder_id, slot): (row["points"], row["possible"])
        for (_, holder_id, _, slot), row in live(growth_college, PAST, code).items()
    }
    expected = BY_HAND[code](growth_college, PAST)
    assert len(expected) > 1
    assert posted == expected


def test_a_class_is_valued_from_all_its_lessons_not_from_the_means_of_its_students(growth_college):
    lessons = (
        "SELECT class_id, {} AS whose, week_no, 100 - 100.0 * COUNT(*) FILTER (status = '旷课') "
        "/ COUNT(*) FILTER (status <> '公假') AS rate FROM {{fact_attendance}} JOIN {{dim_date}} USING (date_id) "
        "JOIN {{dim_student}} USING (student_id) WHERE term_id = 20252 AND week_no >= 1 GROUP BY ALL"
    )
    pooled = {(c, f"W{week:02d}"): rate for c, _, week, rate in facts(growth_college, lessons.format("0"))}
    by_student = defaultdict(list)
    for c, _, week, rate in facts(growth_college, lessons.format("student_id")):
        by_student[c, f"W{week:02d}"].append(rate)
    posted = {(key[1], key[3]): row["raw"] for key, row in live(growth_college, PAST, "CLS-ACD-02").items()}
    assert posted == pytest.approx(pooled)
    means = {key: sum(rates) / len(rates) for key, rates in by_student.items()}
    assert any(abs(means[key] - rate) > 0.01 for key, rate in posted.items())


def test_where_accounts_stand_is_the_sum_of_their_entries(growth_college):
    accounts = {point.code: point.account for point in shipped_card().points}
    expected: dict[tuple[int, int, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in entries(growth_college, PAST):
        for account in (accounts[row["point"]], ""):
            expected[row["holder"], row["holder_id"], account][0] += row["points"]
            expected[row["holder"], row["holder_id"], account][1] += row["possible"]
    with growth_college.database.connect() as connection:
        rows = connection.execute(select(CardStanding.__table__).where(CardStanding.term_id == PAST)).mappings().all()
    assert {(r["holder"], r["holder_id"], r["account"]): [r["net"], r["possible"]] for r in rows} == expected
    assert {row["quarter"] for row in rows if row["holder"] == int(Level.STUDENT)} >= {1, 2, 3, 4}


def test_asking_for_help_moves_no_account(growth_college):
    asked = "SELECT COUNT(*) FROM {fact_student_event} WHERE event_type = '心理辅导'"
    assert facts(growth_college, asked)[0][0] > 0
    assert not live(growth_college, PAST, "STU-PER-12")
    assert not live(growth_college, RUNNING, "STU-PER-12")


def test_the_terms_are_kept_with_the_weeks_that_are_still_to_come(growth_college):
    with growth_college.database.connect() as connection:
        row = connection.execute(select(CardTermRow.__table__).where(CardTermRow.term_id == RUNNING)).mappings().one()
    assert (row["key"], row["acad_start"], row["number"]) == ("2026-2027-1", 2026, 1)
    assert row["freezes_on"] == row["end_date"] + dt.timedelta(days=14)
    assert row["weeks"][-1][0] > "2026-2027-1-W12"
    assert max(row["weeks"][-1][2:]) > AS_OF.isoformat()
