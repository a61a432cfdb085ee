from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data_access.contracts import contracts
from data_access.demo import CollegeSpec, generate
from tests.data_access.demo.conftest import TODAY, Tables, collect

MAY_LIE_AHEAD = {"fact_task", "fact_improve"}
"""Facts dated by when something is due."""
POSTED = "fact_card_ledger"
"""Accounts are posted from facts, into the database; none is invented."""


def test_every_table_of_the_contracts_comes(college: Tables) -> None:
    assert set(college) == set(contracts())


@pytest.mark.parametrize("name", list(contracts()))
def test_a_table_conforms_to_its_contract(name: str, college: Tables) -> None:
    table, contract = college[name], contracts()[name]
    table.validate(full=True)
    assert table.schema.equals(contract.arrow_schema(technical=False))
    assert (table.num_rows > 0) is (name != POSTED)
    assert table[contract.key].null_count == 0
    assert pc.count_distinct(table[contract.key]).as_py() == table.num_rows
    for column in contract.columns:
        if column.enum:
            assert set(pc.unique(table[column.name]).to_pylist()) <= {*column.enum, None}, column.name


@pytest.mark.parametrize("name", list(contracts()))
def test_references_lead_somewhere(name: str, college: Tables) -> None:
    for column in contracts()[name].columns:
        if column.references is not None:
            target = college[column.references][contracts()[column.references].key]
            found = pc.is_in(college[name][column.name].drop_null(), value_set=target.combine_chunks())
            assert pc.all(found, min_count=0).as_py(), f"{name}.{column.name} -> {column.references}"


def test_no_fact_is_later_than_the_day_it_is_looked_at(college: Tables, fact_names: list[str]) -> None:
    limit = TODAY.year * 10_000 + TODAY.month * 100 + TODAY.day
    for name in set(fact_names) - MAY_LIE_AHEAD:
        for column in ("date_id", "placed_date_id"):
            if column in college[name].column_names:
                last = pc.max(college[name][column]).as_py()  # None where a table is filled by the platform alone
                assert last is None or last <= limit, f"{name}.{column}"


def test_term_facts_that_arise_at_the_end_do_not_exist_in_the_running_term(college: Tables) -> None:
    for name in ("fact_grade", "fact_eval", "fact_survey", "fact_student_assess"):
        assert 20261 not in college[name]["term_id"].unique().to_pylist(), name
    for name in ("fact_student_term", "fact_student_plan", "fact_course_term", "fact_fitness"):
        assert 20261 in college[name]["term_id"].unique().to_pylist(), name


def test_marks_appear_in_the_examination_week() -> None:
    before = collect(CollegeSpec(students=90, terms=1, as_of=dt.date(2027, 1, 10)))
    after = collect(CollegeSpec(students=90, terms=1, as_of=dt.date(2027, 1, 11)))
    assert before["fact_grade"].num_rows == 0
    assert after["fact_grade"].num_rows > 0


def test_the_same_specification_gives_the_same_college() -> None:
    spec = CollegeSpec(students=150, terms=2, as_of=TODAY)
    first, second = collect(spec), collect(spec)
    assert {n: t.equals(second[n]) for n, t in first.items()} == dict.fromkeys(first, True)


def test_another_seed_gives_another_college() -> None:
    first = collect(CollegeSpec(students=150, terms=1, as_of=TODAY))
    second = collect(CollegeSpec(students=150, terms=1, as_of=TODAY, seed=1))
    assert not first["fact_attendance"]["status"].equals(second["fact_attendance"]["status"])


def test_lessons_keep_their_past_when_time_goes_on() -> None:
    earlier = collect(CollegeSpec(students=150, terms=1, as_of=dt.date(2026, 11, 13)))["fact_attendance"]
    later = collect(CollegeSpec(students=150, terms=1, as_of=TODAY))["fact_attendance"]
    kept = later.filter(pc.is_in(later["attendance_id"], value_set=earlier["attendance_id"].combine_chunks()))
    assert kept.num_rows == earlier.num_rows
    assert kept.sort_by("attendance_id").equals(earlier.sort_by("attendance_id"))


def test_rows_grow_with_the_number_of_students() -> None:
    small = collect(CollegeSpec(students=400, terms=1, as_of=TODAY))
    large = collect(CollegeSpec(students=1600, terms=1, as_of=TODAY))
    for name in ("fact_attendance", "fact_unit_assess", "fact_student_week"):
        assert 3 < large[name].num_rows / small[name].num_rows < 5, name


@pytest.mark.parametrize(
    ("students", "terms", "as_of"),
    [
        (30, 1, "2026-09-01"),
        (200, 6, "2025-02-24"),
        (200, 2, "2026-08-10"),
        (120, 5, "2024-01-25"),
        (90, 3, "2030-06-30"),
        (90, 1, "2026-03-02"),
    ],
    ids=[
        "first day of a term",
        "six terms",
        "summer holidays",
        "winter holidays",
        "another decade",
        "first spring day",
    ],
)
def test_colleges_of_any_size_on_any_day_can_be_built(students: int, terms: int, as_of: str) -> None:
    tables = collect(CollegeSpec(students=students, terms=terms, as_of=dt.date.fromisoformat(as_of)))
    assert set(tables) == set(contracts())
    ids = np.asarray(tables["fact_student_term"]["term_id"])
    assert len(np.unique(ids)) == terms
    for name, contract in contracts().items():
        for column in contract.columns:
            if column.references in contracts() and column.references != "dim_indicator":
                target = tables[column.references][contracts()[column.references].key].combine_chunks()
                found = pc.is_in(tables[name][column.name].drop_null(), value_set=target)
                assert pc.all(found, min_count=0).as_py(), f"{name}.{column.name}"


def test_a_big_fact_comes_once_per_term() -> None:
    names = [name for name, _ in generate(CollegeSpec(students=90, terms=3, as_of=TODAY))]
    assert names.count("fact_attendance") == 3


def test_exactly_the_students_asked_for_are_on_the_roll(college: Tables, spec: CollegeSpec) -> None:
    now = college["fact_student_term"].filter(pc.field("term_id") == 20261)
    assert pc.sum(now["is_on_roll"]).as_py() == spec.students


def test_nobody_meets_a_section_twice_on_a_day(college: Tables) -> None:
    keys = ["student_id", "offering_id", "date_id"]
    rows = college["fact_attendance"].select(keys)
    assert rows.group_by(keys).aggregate([]).num_rows == rows.num_rows


def test_weak_students_come_less(college: Tables) -> None:
    marks = college["fact_grade"].group_by("student_id").aggregate([("score", "mean")])
    rows = college["fact_attendance"]
    here = pc.is_in(rows["status"], value_set=pa.array(["准时", "迟到", "早退"])).cast(pa.int8())
    presence = rows.append_column("here", here).group_by("student_id").aggregate([("here", "mean")])
    joined = marks.join(presence, "student_id", join_type="inner")
    score, rate = np.asarray(joined["score_mean"]), np.asarray(joined["here_mean"])
    assert np.corrcoef(score, rate)[0, 1] > 0.3
