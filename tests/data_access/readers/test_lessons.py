"""What is read of lessons, for whom: against plain Python on a random college, within scopes on the canary college."""

import datetime as dt
import statistics
from collections import defaultdict

import pyarrow as pa
import pytest

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.delta_store import term_of_date
from data_access.lake import load_tables
from data_access.readers.lessons import DEGREES, EXCELLENT_FROM, LessonReader
from data_access.readers.roster import RosterReader
from data_access.readers.stored import ValueReader
from indicators.engine import compute
from indicators.lessons import Lessons
from indicators.library import shipped_library
from indicators.values import StoredValues
from tests.data_access.access.organisations import TODAY, post_at
from tests.random_college import AS_OF, random_tables
from tests.security.canaries import AS_OF as CANARY_DAY
from tests.security.canaries import NOW, number, offering, teacher

pytestmark = pytest.mark.slow

ALL = Scope.all("test")
TERM = "2026-2027-1"
READ = {"fact_attendance", "fact_unit_assess", "fact_observation"}
"""The facts that lessons are told by; to compute the others would take a minute."""


def scope_of(*posts):
    return viewer_of(posts, on=TODAY, account_id=1, username="t", name="某人").scope


@pytest.fixture(scope="module")
def college(install, tmp_path_factory):
    """The lessons of a random college, and its tables as rows."""
    place = install(tmp_path_factory.mktemp("lessons"))
    tables = {name: table for name, table in random_tables(11).items() if name.startswith("dim_") or name in READ}
    load_tables(place.lake, iter(tables.items()))
    compute(place.lake, place.database, shipped_library(), as_of=AS_OF)
    rosters = RosterReader(place.lake, place.database)
    values = StoredValues(ValueReader(place.database), rosters)
    return Lessons(LessonReader(rosters.facts)), values, {name: table.to_pylist() for name, table in tables.items()}


@pytest.fixture
def canary_lessons(canary_values):
    return Lessons(LessonReader(canary_values.rosters.facts))


def of_term(rows, term):
    """Sections of a term by id, with course and department."""
    courses = {row["course_id"]: row for row in rows["dim_course"]}
    return {
        row["offering_id"]: (row["course_id"], courses[row["course_id"]]["dept_id"])
        for row in rows["dim_offering"]
        if row["term_id"] == term and row["course_id"] in courses
    }


def half_years(days):
    """The half years under which rows of these days are stored."""
    return term_of_date(pa.array(days, pa.int64())).to_pylist()


def stored_under(rows, table, term):
    """Rows dated within the half years that a term touches: others, though of its sections, are not looked for."""
    own = next(row for row in rows["dim_term"] if row["term_id"] == term)
    touched = [term, *half_years([int(f"{own[day]:%Y%m%d}") for day in ("start_date", "end_date")])]
    dated = half_years([row["date_id"] for row in rows[table]])
    return [row for row, half in zip(rows[table], dated, strict=True) if min(touched) <= half <= max(touched)]


def test_units_are_those_of_all_sections_of_the_course_and_term(college):
    lessons, _, rows = college
    checked = 0
    for term in [row["term_id"] for row in rows["dim_term"]]:
        sections = of_term(rows, term)
        scores = defaultdict(list)
        for row in stored_under(rows, "fact_unit_assess", term):
            if row["unit_no"] is not None:
                scores[row["offering_id"], row["unit_no"]].append(row)
        for section, (course, _) in list(sections.items())[:6]:
            same = {other for other, (its, _) in sections.items() if its == course}
            found = {(unit.offering_id, unit.number): unit for unit in lessons.units(section, scope=ALL)}
            assert set(found) == {key for key in scores if key[0] in same}
            for key, unit in found.items():
                own = scores[key]
                assert (unit.assessed, unit.reached) == (len(own), sum(row["is_reached"] is True for row in own))
                points = [row["score"] for row in own if row["score"] is not None]
                if not points:
                    assert (unit.mean, unit.scores) == (None, None)
                    continue
                assert unit.mean == pytest.approx(statistics.fmean(points))
                assert (unit.scores[0], unit.scores[2], unit.scores[4]) == pytest.approx(
                    (min(points), statistics.median(points), max(points))
                )
                checked += 1
    assert checked


def test_degrees_are_means_and_spreads_of_the_forms_submitted(college):
    lessons, _, rows = college
    checked = 0
    for term in [row["term_id"] for row in rows["dim_term"]]:
        sections, given = of_term(rows, term), stored_under(rows, "fact_observation", term)
        for section, (course, dept) in list(sections.items())[:6]:
            found = lessons.visits(section, scope=ALL)
            whose = {"offering": {section}, "course": {s for s, (c, _) in sections.items() if c == course},
                     "dept": {s for s, (_, d) in sections.items() if d == dept}}  # fmt: skip
            for level, ids in whose.items():
                forms = [row for row in given if row["offering_id"] in ids]
                if not forms:
                    assert level not in found
                    continue
                visits = found[level]
                assert visits.forms == len(forms)
                totals = [row["total_score"] for row in forms if row["total_score"] is not None]
                assert visits.excellent == sum(total >= EXCELLENT_FROM for total in totals)
                for name, mean, spread in zip(DEGREES, visits.means, visits.spreads, strict=True):
                    points = [row[name] for row in forms if row[name] is not None]
                    assert mean == (pytest.approx(statistics.fmean(points)) if points else None)
                    assert spread == (pytest.approx(statistics.stdev(points)) if len(points) > 1 else None)
                checked += 1
    assert checked


def test_the_last_day_is_the_last_with_records(canary_lessons):
    found = canary_lessons.meetings(CANARY_DAY, term_key=TERM, dept_id=None, scope=ALL)
    assert {item.day for item in found} == {dt.date(2026, 11, 16)}
    assert len(found) == 12
    earlier = canary_lessons.meetings(dt.date(2026, 11, 15), term_key=TERM, dept_id=None, scope=ALL)
    assert {item.day for item in earlier} == {dt.date(2026, 11, 9)}
    assert canary_lessons.meetings(dt.date(2026, 9, 1), term_key=TERM, dept_id=None, scope=ALL) == []


def test_a_day_is_counted_as_the_week_it_is_all_of(canary_lessons, canary_values):
    """In the canary college a section meets once a week, so that its day is its week."""
    for item in canary_lessons.meetings(CANARY_DAY, term_key=TERM, dept_id=None, scope=ALL):
        weeks = canary_values.series("CRS-ATT-01", "offering", item.offering_id, kind="week", term_key=TERM, scope=ALL)
        (week,) = [point for point in weeks if point.period.start <= item.day <= point.period.end]
        assert (item.present, item.due, item.rate) == (week.numerator, week.denominator, pytest.approx(week.value))
        assert item.due == item.present + item.absent + item.leave


OWN = offering(1, 1, 1, term=NOW)


@pytest.mark.parametrize(
    ("post", "sections"),
    [
        (post_at(Role.LEADER), 12),
        (post_at(Role.DEPARTMENT_HEAD, "dept", 1), 4),
        (post_at(Role.TEACHER, "teacher", teacher(1, 1, 1)), 1),
        (post_at(Role.CLASS_ADVISER, "class", number(1, 1, 1)), 1),
        (post_at(Role.STUDENT, "student", number(1, 1, 1, 1)), 0),
        (post_at(Role.PSYCHOLOGY_CENTRE), 0),
        (post_at(Role.DATA_STEWARD), 0),
    ],
    ids=lambda value: getattr(value, "title_zh", None),
)
def test_the_day_lists_sections_within_the_scope_alone(canary_lessons, post, sections):
    scope = scope_of(post)
    found = canary_lessons.meetings(CANARY_DAY, term_key=TERM, dept_id=None, scope=scope)
    assert len(found) == sections
    narrowed = canary_lessons.meetings(CANARY_DAY, term_key=TERM, dept_id=2, scope=scope)
    assert {item.dept_name for item in narrowed} <= {"第2系"}


def test_a_section_out_of_scope_gives_neither_units_nor_visits(college):
    lessons, values, rows = college
    with_forms = next(
        row["offering_id"] for row in rows["fact_observation"] if values.offering(row["offering_id"], scope=ALL)
    )
    dept = values.offering(with_forms, scope=ALL).dept_id
    other = scope_of(post_at(Role.DEPARTMENT_HEAD, "dept", 10_000 + dept))
    assert lessons.visits(with_forms, scope=ALL)
    assert lessons.visits(with_forms, scope=other) == {}
    assert lessons.units(with_forms, scope=other) == []


def test_a_teacher_is_compared_with_nobody_out_of_reach(college):
    lessons, values, rows = college
    section = next(row for row in rows["dim_offering"] if values.offering(row["offering_id"], scope=ALL))
    own = scope_of(post_at(Role.TEACHER, "teacher", section["teacher_id"]))
    assert set(lessons.visits(section["offering_id"], scope=own)) <= {"offering"}
    reach = {row["offering_id"] for row in rows["dim_offering"] if row["teacher_id"] == section["teacher_id"]}
    assert {unit.offering_id for unit in lessons.units(section["offering_id"], scope=own)} <= reach
