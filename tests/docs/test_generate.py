import pytest

from data_access.contracts import contracts
from docs.generate import GENERATED
from docs.indicator_reference import MEANINGS
from docs.markdown import cell, code, table
from indicators.library import OPTIONAL, REQUIRED, shipped_library


@pytest.mark.parametrize("path", GENERATED, ids=[path.name for path in GENERATED])
def test_generated_pages_say_what_the_data_say(path):
    is_current = path.exists() and path.read_text(encoding="utf-8") == GENERATED[path]()
    assert is_current, f"{path.name} is out of date. Run `make docs` and commit the result."


def test_every_table_and_column_is_in_the_dictionary():
    text = page("data-dictionary.md")
    for contract in contracts().values():
        section = text.split(f"\n### {contract.name}\n")[1].split("\n### ")[0]
        assert all(f"| `{name}` |" in section for name in contract.column_names)


def test_every_indicator_has_one_row_in_the_reference():
    rows = [line for line in page("indicators.md").splitlines() if line.startswith("| `")]
    found = [row.split("`")[1] for row in rows if "-" in row.split("`")[1]]
    assert sorted(found) == sorted(indicator.code for indicator in shipped_library())


def test_every_field_of_a_block_is_explained():
    assert set(MEANINGS) == {*REQUIRED, *OPTIONAL}


def test_text_cannot_break_out_of_a_cell():
    assert cell("a | b\nc") == "a \\| b c"
    assert code("") == ""
    assert list(table(("x", "y"), [(code("a|b"), 1)])) == ["| x | y |", "| --- | --- |", "| `a\\|b` | 1 |", ""]


def page(name: str) -> str:
    return next(path for path in GENERATED if path.name == name).read_text(encoding="utf-8")
