from __future__ import annotations

import numpy as np
import pytest

from data_access.contracts import contracts
from data_access.demo.tables import Blank, Coded, build, draw, empty, keys_of
from data_access.errors import InternalError

COLUMNS = {
    "student_id": np.array([7, 8]),
    "term_id": 20261,
    "total_score": Blank(values=np.array([61.5, 0.0]), missing=np.array([False, True])),
    "result_level": Coded(codes=np.array([0, 1]), labels=("及格", "不及格")),
}


def test_columns_take_the_types_and_the_order_of_the_contract() -> None:
    table = build("fact_fitness", 2, COLUMNS, first_key=40)
    assert table.schema == contracts()["fact_fitness"].arrow_schema(technical=False)
    assert table.to_pydict() == {
        "fitness_id": [40, 41],
        "student_id": [7, 8],
        "term_id": [20261, 20261],
        "total_score": [61.5, None],
        "result_level": ["及格", "不及格"],
    }


def test_a_label_outside_the_enum_is_a_defect() -> None:
    with pytest.raises(InternalError, match="超群"):
        build("fact_fitness", 2, COLUMNS | {"result_level": Coded(codes=np.array([0, 0]), labels=("超群",))})
    with pytest.raises(InternalError, match="超群"):
        build("fact_fitness", 2, COLUMNS | {"result_level": "超群"})


def test_a_column_too_many_or_too_few_is_a_defect() -> None:
    with pytest.raises(InternalError, match="weight"):
        build("fact_fitness", 2, COLUMNS | {"weight": 1})
    with pytest.raises(InternalError, match="term_id"):
        build("fact_fitness", 2, {name: value for name, value in COLUMNS.items() if name != "term_id"})


def test_labels_are_drawn_in_their_shares() -> None:
    drawn = draw(np.random.default_rng(1), 10_000, {"甲": 3, "乙": 1})
    assert drawn.equals("甲").mean() == pytest.approx(0.75, abs=0.02)


def test_dates_become_keys() -> None:
    days = np.array(["2026-09-01", "2024-02-29", "1999-12-31"], dtype="datetime64[D]")
    assert keys_of(days).tolist() == [20260901, 20240229, 19991231]


def test_a_table_without_rows_keeps_its_schema() -> None:
    assert empty("fact_grade").schema == contracts()["fact_grade"].arrow_schema(technical=False)
