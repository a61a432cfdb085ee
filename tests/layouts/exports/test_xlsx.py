"""Workbooks read back: the same values of the same kinds, and never a formula."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layouts.exports.xlsx import ABOUT, content_of, sheet_name, widths
from layouts.sheet import Sheet
from tests.layouts.exports.samples import NASTY, WEEKS, of_sheets, snapshot


def book(made):
    return openpyxl.load_workbook(io.BytesIO(content_of(made)))


def rows_of(page):
    return [tuple(cell.value for cell in row) for row in page.iter_rows()]


def test_a_sheet_is_read_back_as_it_was():
    page = book(snapshot()).worksheets[0]
    assert rows_of(page) == [tuple(WEEKS.columns), *WEEKS.rows]
    assert page.freeze_panes == "A2"
    assert page["B2"].number_format == "0.0##"


def test_no_text_is_a_formula_or_a_link():
    made = of_sheets(NASTY)
    page = book(made).worksheets[0]
    assert rows_of(page) == [NASTY.columns, *NASTY.rows]
    assert {cell.data_type for row in page.iter_rows() for cell in row if isinstance(cell.value, str)} == {"s"}
    with zipfile.ZipFile(io.BytesIO(content_of(made))) as parts:
        assert "<f>" not in parts.read("xl/worksheets/sheet1.xml").decode()
        assert not [name for name in parts.namelist() if "rels" in name and "sheet1" in name]


def test_numbers_are_numbers_and_identifiers_are_texts():
    page = book(of_sheets(NASTY)).worksheets[0]
    assert [page["B2"].data_type, page["A5"].data_type, page["A5"].value] == ["n", "s", "0012"]


def test_what_is_no_number_is_an_empty_cell():
    odd = Sheet(title="a", columns=("b",), rows=[(float("nan"),), (float("inf"),), (None,), (0,)])
    assert rows_of(book(of_sheets(odd)).worksheets[0]) == [("b",), (None,), (None,), (None,), (0,)]


def test_the_last_sheet_says_where_the_numbers_come_from():
    made = snapshot()
    about = book(made)[ABOUT]
    assert [tuple(row) for row in about.iter_rows(values_only=True)] == made.facts


def test_sheets_of_the_same_title_have_names_of_their_own():
    assert book(of_sheets(WEEKS, WEEKS)).sheetnames == ["逐周到课率", "逐周到课率 2", ABOUT]


@given(st.text(), st.lists(st.text(), max_size=3))
def test_any_title_becomes_a_name_that_spreadsheets_take(title, others):
    taken: set[str] = {ABOUT}
    for each in (*others, title):
        name = sheet_name(each, taken=taken)
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\'")
        assert name.casefold() not in {other.casefold() for other in taken}
        taken.add(name)


@pytest.mark.parametrize(("text", "width"), [("短", 8), ("很" * 40, 48), ("a" * 20, 22)])
def test_columns_are_as_wide_as_their_longest_text_within_reason(text, width):
    assert widths(Sheet(title="a", columns=("b",), rows=[(text,)])) == [width]
