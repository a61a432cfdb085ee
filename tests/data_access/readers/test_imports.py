"""The record of imports, for who looks after them."""

import datetime as dt

import pytest
from sqlalchemy import insert

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.database import transaction
from data_access.database.models import ImportBatch, ImportProblem, QuarantinedRow
from data_access.readers.imports import ImportReader
from tests.data_access.access.organisations import TODAY, post_at

ALL = Scope.all("test")


@pytest.fixture
def reader(installation) -> ImportReader:
    """Three imports, of which the second was refused for two cells, and three rows that wait."""
    with transaction(installation.database) as connection:
        for number, status in enumerate(("committed", "refused", "staged"), 1):
            counts = {"dim_student": {"read": 5, "new": 3, "refused": 1}, "fact_grade": {"new": 4, "changed": 2}}
            connection.execute(
                insert(ImportBatch).values(
                    batch_id=number, mapping="college", fingerprint=str(number), files=[{"name": f"{number}.csv"}],
                    status=status, started_at=dt.datetime(2026, 11, number, tzinfo=dt.UTC), counts=counts,
                )
            )  # fmt: skip
        for row in (7, 9):
            connection.execute(
                insert(ImportProblem).values(
                    batch_id=2,
                    file="2.csv",
                    source_row=row,
                    column="学号",
                    value="张三",
                    reason="不是学号",
                    remedy="改",
                )
            )
        for n, outcome in enumerate(("waiting", "waiting", "released", "waiting")):
            connection.execute(
                insert(QuarantinedRow).values(
                    batch_id=1, table_name="fact_grade", file="1.csv", source_row=n, missing_value=str(n), row={},
                    missing_table="dim_course" if n == 3 else "dim_student", row_key=str(n), outcome=outcome,
                )
            )  # fmt: skip
    return ImportReader(installation.database)


def test_imports_are_told_newest_first_with_what_became_of_their_rows(reader):
    total, found = reader.batches(size=2, page=1, scope=ALL)
    assert (total, [batch.batch_id for batch in found]) == (3, [3, 2])
    assert (found[1].status, found[1].files, found[1].problems, found[0].problems) == ("refused", ("2.csv",), 2, 0)
    assert (found[0].counts["new"], found[0].counts["changed"], found[0].counts["refused"]) == (7, 2, 1)
    assert [batch.batch_id for batch in reader.batches(size=2, page=2, scope=ALL)[1]] == [1]


def test_a_refused_cell_says_where_it_stands_and_what_puts_it_right(reader):
    total, (first,) = reader.problems(2, size=1, page=1, scope=ALL)
    assert (total, first.file, first.row, first.column, first.value) == (2, "2.csv", 7, "学号", "张三")
    assert (first.reason, first.remedy) == ("不是学号", "改")
    assert reader.problems(1, size=10, page=1, scope=ALL) == (0, [])


def test_rows_that_wait_are_counted_by_what_they_wait_for(reader):
    assert [(w.table, w.missing_table, w.rows) for w in reader.waiting(scope=ALL)] == [
        ("fact_grade", "dim_student", 2), ("fact_grade", "dim_course", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DATA_STEWARD}))
def test_nobody_but_the_steward_reads_the_record(reader, role):
    from data_access.access.roles import ROLES  # noqa: PLC0415

    post = post_at(role, ROLES[role].nodes[0], 1)
    scope = viewer_of([post], on=TODAY, account_id=1, username="t", name="某人").scope
    assert reader.batches(size=9, page=1, scope=scope) == (0, ())
    assert reader.problems(2, size=9, page=1, scope=scope) == (0, ())
    assert reader.waiting(scope=scope) == ()


def test_the_steward_reads_it(reader):
    scope = viewer_of([post_at(Role.DATA_STEWARD)], on=TODAY, account_id=1, username="t", name="某人").scope
    assert reader.batches(size=9, page=1, scope=scope)[0] == 3
    assert reader.problems(2, size=9, page=1, scope=scope)[0] == 2
    assert len(reader.waiting(scope=scope)) == 2
