"""The table contracts: consistent, complete, and telling all their mistakes at once."""

import pyarrow as pa
import pytest
import yaml

from data_access.access.privacy import Privacy, Topic
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


def test_all_65_tables_are_there():
    tables = contracts()
    assert len(tables) == 65
    assert sum(len(table.columns) for table in tables.values()) == 619
    kinds = [table.kind for table in tables.values()]
    assert (kinds.count("dimension"), kinds.count("fact"), kinds.count("reference")) == (11, 52, 2)


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


SENSITIVE = {
    **SOUND,
    "name": "dim_s",
    "privacy": "敏感",
    "columns": [
        {"name": "s_id", "zh": "键", "type": "int", "key": "pk", "privacy": "个人"},
        {"name": "kind", "zh": "类", "type": "enum", "enum": ["a", "b"], "privacy": "个人",
         "topics": {"a": "资助"}, "topics_in": ["score"]},
        {"name": "score", "zh": "分", "type": "float"},
        {"name": "visits", "zh": "次", "type": "int", "topics": ["行为轨迹"]},
    ],
}  # fmt: skip


def with_column(name: str, **changes):
    """The sensitive table with one column changed; None removes a word."""
    columns = [{**c, **changes} if c["name"] == name else c for c in SENSITIVE["columns"]]
    return {**SENSITIVE, "columns": [{k: v for k, v in c.items() if v is not None} for c in columns]}


def test_what_a_table_tells_of_is_read_from_its_rows_and_columns():
    table = parse_contracts([SENSITIVE])["dim_s"]
    assert table.privacy is Privacy.SENSITIVE
    assert (table.column("s_id").privacy, table.column("score").privacy) == (Privacy.PERSONAL, Privacy.SENSITIVE)
    assert table.all_topics == {Topic.AID, Topic.BEHAVIOUR}
    assert table.row_topics == frozenset()
    rows = {column: {"privacy": None} for column in ("s_id", "kind")}
    told = with_column("kind", topics_in=None)
    told = {
        **told,
        "columns": [{k: v for k, v in c.items() if k not in rows.get(c["name"], {})} for c in told["columns"]],
    }
    assert parse_contracts([told])["dim_s"].row_topics == {Topic.AID}


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (with_column("visits", topics=["行踪"]), "there is no topic '行踪'"),
        (with_column("kind", topics={"c": "资助"}), "topics are told by values of its enum. Got 'c'"),
        (with_column("kind", topics={"a": "资金"}), "there is no topic '资金'"),
        (
            with_column("kind", topics_in=["scores"]),
            "topics_in names 'scores', which is no column. Did you mean 'score'",
        ),
        (with_column("visits", topics_in=["score"]), "topics_in belongs to topics that are told by values"),
        (with_column("visits", topics=None), "dim_s.visits: a column is 敏感 if and only if topics are told by it"),
        (with_column("score", privacy="个人"), "dim_s.score: a column is 敏感 if and only if"),
        (with_column("score", privacy="秘密"), "dim_s.score: privacy must be one of"),
        ({**SOUND, "privacy": "敏感"}, "dim_x: a table is 敏感 if and only if"),
        ({**SENSITIVE, "privacy": "个人"}, "dim_s: a table is 敏感 if and only if"),
        ({**SOUND, "topics": ["资助"]}, "dim_x: a table is 敏感 if and only if"),
    ],
)
def test_what_is_sensitive_says_of_what_and_what_tells_is_sensitive(block, message):
    with pytest.raises(ContractError) as caught:
        parse_contracts([block])
    assert message in str(caught.value)


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
