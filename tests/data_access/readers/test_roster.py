"""Rosters of terms that do not end where storage divides the year."""

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data_access.access.scope import Scope
from data_access.contracts import contracts
from data_access.lake import load_tables
from data_access.readers.roster import RosterReader
from indicators.engine import compute
from indicators.library import shipped_library
from tests.random_college import AS_OF, random_tables

pytestmark = pytest.mark.slow

TERM = 20232
IN_JUNE, IN_AUGUST = 20240612, 20240814


def test_a_term_that_runs_into_august_has_its_whole_roster(install, tmp_path):
    place = install(tmp_path)
    tables = random_tables(7)
    terms = tables["dim_term"]
    ends = pc.if_else(pc.equal(terms["term_id"], TERM), pa.scalar(dt.date(2024, 8, 31)), terms["end_date"])
    tables["dim_term"] = terms.set_column(terms.schema.get_field_index("end_date"), "end_date", ends)
    offerings = tables["dim_offering"]
    offering = offerings.filter(pc.equal(offerings["term_id"], TERM))["offering_id"][0].as_py()
    student = tables["dim_student"]["student_id"][0].as_py()
    meetings = {
        "attendance_id": [1, 2],
        "student_id": [student] * 2,
        "offering_id": [offering] * 2,
        "date_id": [IN_JUNE, IN_AUGUST],
        "status": ["准时", "旷课"],
    }
    schema = contracts()["fact_attendance"].arrow_schema(technical=False)
    rows = pa.table({name: meetings.get(name, [None] * 2) for name in schema.names}, schema=schema)
    tables["fact_attendance"] = rows
    load_tables(place.lake, iter(tables.items()))
    compute(place.lake, place.database, shipped_library(), as_of=AS_OF)
    assert {file.term for file in place.lake.data_files("fact_attendance")} == {TERM, TERM + 9}
    roster = RosterReader(place.lake, place.database).roster(offering, scope=Scope.all("test"))
    found = next(row for row in roster if row["student_id"] == student)
    assert (found["due"], found["present"], found["absent"]) == (2, 1, 1)
