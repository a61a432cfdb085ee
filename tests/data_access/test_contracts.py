"""The table contracts: consistent, complete, and telling all their mistakes at once."""

import pyarrow as pa
import pytest
import yaml

from data_access.contracts import TABLES_FILE, contracts, parse_contracts
from data_access.errors import ContractError, UnknownNameError

SOUND = {
    "name": "dim_x",
    "zh": "甲",
    "kind": "dimension",
    "grain": "一行",
    "privacy": "公开",
    "source_system": "教务",
    "columns": [{"name": "x_id", "zh": "键", "type": "int", "key": "pk"}],
}


def test_all_64_tables_are_there():
    tables = contracts()
    assert len(tables) == 64
    assert sum(len(table.columns) for table in tables.values()) == 612
    kinds = [table.kind for table in tables.values()]
    assert (kinds.count("dimension"), kinds.count("fact"), kinds.count("reference")) == (11, 51, 2)


@pytest.mark.parametrize("table", contracts().values(), ids=contracts())
def test_every_column_has_a_chinese_label_and_a_type(table):
    assert all(column.label_zh for column in table.columns)
    schema = table.arrow_schema(technical=False)
    assert schema.names == list(table.column_names)
    assert not schema.field(table.key).nullable


def test_every_mistake_is_told_at_once():
    blocks = [
        {**SOUND, "kind": "thing", "privacy": "秘密"},
        {**SOUND, "name": "dim_y", "columns": [{"name": "a", "type": "number"}]},
        {**SOUND, "name": "dim_z", "columns": [*SOUND["columns"], {"name": "y", "type": "int", "key": "fk:dim_q"}]},
        {**SOUND, "name": "fact_w", "kind": "fact"},
        {"name": "dim_v"},
    ]
    with pytest.raises(ContractError) as caught:
        parse_contracts(blocks)
    text = str(caught.value)
    for part in (
        "kind must be",
        "privacy must be",
        "type must be",
        "exactly one column with key pk",
        "dim_q",
        "time_key",
        "missing",
    ):
        assert part in text


def test_a_path_is_the_shortest_and_leaves_by_the_earlier_column():
    paths = contracts().paths("fact_attendance")
    assert [hop.column for hop in paths["dim_class"]] == ["student_id", "class_id"]
    assert [hop.column for hop in paths["dim_department"]] == ["offering_id", "course_id", "dept_id"]
    assert paths["fact_attendance"] == ()


def test_a_role_never_rolls_up():
    assert "dim_teacher" not in contracts().paths("dim_class")


def test_unknown_names_propose_the_nearest():
    with pytest.raises(UnknownNameError, match="fact_attendance"):
        contracts()["fact_attendence"]
    with pytest.raises(UnknownNameError, match="status"):
        contracts()["fact_attendance"].column("statuss")


def test_partitioned_tables_carry_the_technical_columns():
    schema = contracts()["fact_attendance"].arrow_schema()
    assert schema.field("batch_id").type == pa.int64()
    assert {"source_row", "term"} <= set(schema.names)
    assert "term" not in contracts()["dim_class"].arrow_schema().names


def test_the_file_is_what_is_parsed():
    blocks = yaml.safe_load(TABLES_FILE.read_text(encoding="utf-8"))
    assert list(parse_contracts(blocks)) == [block["name"] for block in blocks]
