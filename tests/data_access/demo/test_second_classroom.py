"""The second classroom of the demo college: every transcript adds up to what the roll says of the student."""

import datetime as dt

import duckdb
import pyarrow.compute as pc
import pytest

from data_access.demo import CollegeSpec
from tests.data_access.demo.conftest import TODAY, collect

SUMS = """
    SELECT count(*), count(*) FILTER (WHERE coalesce(tenths, 0) != round(second_class_credit * 10))
    FROM (
        SELECT t.student_id, t.term_id, t.second_class_credit,
            (SELECT sum(round(a.credit * 10)) FROM activities a
             WHERE a.student_id = t.student_id AND a.status = '通过' AND a.date_id <= e.last) AS tenths
        FROM terms t JOIN ends e USING (term_id)
    )
"""


def unequal(tables):
    """How many snapshots of students there are, and how many differ from the sum of approved activities by then."""
    with duckdb.connect(":memory:") as db:
        for name, table in (("terms", "fact_student_term"), ("activities", "fact_second_class"), ("d", "dim_term")):
            db.register(name, tables[table])
        db.execute("CREATE VIEW ends AS SELECT term_id, CAST(strftime(end_date, '%Y%m%d') AS INT) AS last FROM d")
        return db.execute(SUMS).fetchone()


def test_approved_activities_up_to_a_term_add_up_to_the_credits_of_every_student(college):
    snapshots, wrong = unequal(college)
    assert snapshots > 4000
    assert wrong == 0


@pytest.mark.parametrize(("terms", "as_of"), [(1, "2026-09-01"), (2, "2026-08-10"), (5, "2024-03-04")])
def test_they_do_on_any_day(terms, as_of):
    snapshots, wrong = unequal(collect(CollegeSpec(students=120, terms=terms, as_of=dt.date.fromisoformat(as_of))))
    assert snapshots >= 120
    assert wrong == 0


def test_only_the_running_term_has_applications_and_no_day_has_an_activity_twice(college):
    rows = college["fact_second_class"]
    pending = rows.filter(pc.equal(rows["status"], "申请"))
    assert pending.num_rows > 100
    assert pc.min(pending["date_id"]).as_py() > 20261100
    assert pc.max(rows["date_id"]).as_py() <= int(f"{TODAY:%Y%m%d}")
    keys = ["student_id", "date_id", "activity_name"]
    assert rows.group_by(keys).aggregate([]).num_rows == rows.num_rows


def test_a_student_has_at_most_fifteen_rows_a_year_on_average(college):
    in_a_year = pc.sum(pc.greater_equal(college["fact_second_class"]["date_id"], 20251121)).as_py()
    assert 8 < in_a_year / 1000 < 15
