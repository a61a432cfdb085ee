"""Self-tests filled in here stand beside those of the lake, for accounts alone, and never those of the screening."""

import numpy as np
import pytest

from data_access.contracts import contracts
from data_access.growth_card.facts import CardFacts
from data_access.growth_card.self_test_rows import filled_in
from tests.data_access.self_test_college import ADAPTING, LEARNING, SCREENING, fill, take

SCORES = "SELECT student_id, scale, score FROM fact_self_test WHERE is_done AND term_id = 20261 ORDER BY ALL"


@pytest.fixture(scope="module")
def college(install, tmp_path_factory):
    """The lake has 自学能力 of class 2 (61 for student 201); 101 and 201 have filled in both, 101 the screening too."""
    place = install(tmp_path_factory.mktemp("rows"))
    fill(place)
    for student in (101, 201):
        take(place, student, ADAPTING, score=80.0)
        take(place, student, LEARNING, score=90.0)
    take(place, 101, SCREENING, score=41.2)
    return place


def scores(college, files=None, students=None):
    with college.database.connect() as connection:
        rows = filled_in(connection, 20261)
    given = None if students is None else np.array(students, dtype=np.int64)
    with CardFacts(college.lake.all_files() if files is None else files, self_tests=rows, students=given) as engine:
        return [tuple(row.values()) for row in engine.query(SCORES).to_pylist()]


def test_the_screening_is_not_even_read(college):
    with college.database.connect() as connection:
        assert {row.scale for row in filled_in(connection, 20261)} == {ADAPTING, LEARNING}
        assert filled_in(connection, 20252) == []


def test_what_the_lake_has_goes_first(college):
    found = scores(college)
    assert (101, LEARNING, 90.0) in found
    assert (101, ADAPTING, 80.0) in found
    assert (201, ADAPTING, 80.0) in found
    assert [score for student, scale, score in found if (student, scale) == (201, LEARNING)] == [61.0]
    assert len(found) == 6 + 3


def test_of_few_students_only_their_rows_are_there(college):
    assert scores(college, students=[101]) == [(101, ADAPTING, 80.0), (101, LEARNING, 90.0)]
    assert scores(college, students=[102]) == []


def test_it_works_before_the_lake_has_any(college):
    assert len(scores(college, files={})) == 4


def test_every_column_of_the_contract_is_there(college):
    with college.database.connect() as connection:
        rows = filled_in(connection, 20261)
    with CardFacts({}, self_tests=rows) as engine:
        table = engine.query("SELECT * FROM fact_self_test")
    assert tuple(table.column_names) == contracts()["fact_self_test"].column_names
