"""Files that are given out: a spreadsheet calculates nothing in them, and what they hold can be read back."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from layouts.exports.csv import bytes_of, guarded, restored, text_of

FORMULA_STARTS = "=+-@＝＋－＠\t\r\n"
NASTY = st.text(
    alphabet=st.sampled_from([*FORMULA_STARTS, "'", '"', ",", ";", " ", "\u3000", "\ufeff", "张", "1", "A"])
)
TEXTS = st.one_of(st.text(), NASTY)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(TEXTS, min_size=width, max_size=width),
        st.lists(st.lists(st.one_of(TEXTS, NUMBERS), min_size=width, max_size=width), max_size=5),
    )
)


def parsed(pieces):
    return list(csv.reader(io.StringIO("".join(pieces), newline="")))


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@given(TABLES)
@example(([" \r"], []))
def test_no_text_starts_a_formula(table):
    header, rows = table
    written = parsed(text_of(header, rows))
    for name in written[0]:
        assert not name.lstrip(" \u3000\ufeff").startswith(tuple(FORMULA_STARTS))
    for row, cells in zip(rows, written[1:], strict=True):
        for value, cell in zip(row, cells, strict=True):
            if isinstance(value, str):
                assert not cell.lstrip(" \u3000\ufeff").startswith(tuple(FORMULA_STARTS))


@given(TABLES)
def test_what_is_read_back_equals_what_was_written(table):
    header, rows = table
    written = parsed(text_of(header, rows))
    assert [restored(name) for name in written[0]] == header
    for row, cells in zip(rows, written[1:], strict=True):
        for value, cell in zip(row, cells, strict=True):
            assert (restored(cell) if isinstance(value, str) else type(value)(cell)) == value


@given(TEXTS, TEXTS)
def test_two_texts_never_look_the_same(one, other):
    assert (guarded(one) == guarded(other)) == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86 13800000000",
        "-",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        "－2",
        " =1",
        "\ufeff=1",
        '=HYPERLINK("http://example.invalid")',
        "=cmd|' /C calc'!A0",
    ],
)
def test_a_formula_gets_an_apostrophe(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "张三", "2026-2027-1", "a=b", "'t Hooft", "90%", "—", "−7.4", "0012300456"])
def test_other_text_stays_as_it_is(text):
    assert guarded(text) == text


def test_values_are_written_as_spreadsheets_read_them():
    row = [-5, -0.25, Decimal("-1.50"), None, float("nan"), True, dt.date(2026, 11, 20)]
    (_, cells) = parsed(text_of(list("abcdefg"), [row]))
    assert cells == ["-5", "-0.25", "-1.50", "", "", "是", "2026-11-20"]
    assert all(is_number(cell) for cell in cells[:3])


def test_a_time_is_written_to_the_second():
    (_, cells) = parsed(text_of(["at"], [[dt.datetime(2026, 11, 20, 9, 5, 7, 123456, tzinfo=dt.UTC)]]))
    assert cells == ["2026-11-20 09:05:07"]


def test_a_file_starts_with_the_mark_that_excel_needs():
    file = b"".join(bytes_of(["工号", "姓名"], [["t01", "张三"]]))
    assert file == "\ufeff工号,姓名\r\nt01,张三\r\n".encode()


def test_rows_are_fetched_while_the_file_is_sent():
    fetched = []

    def rows():
        for number in range(100_000):
            fetched.append(number)
            yield [number, "一行"]

    pieces = text_of(["n", "text"], rows())
    first = next(pieces)
    assert len(fetched) < 20_000
    rest = "".join(pieces)
    assert len(fetched) == 100_000
    assert parsed([first, rest])[-1] == ["99999", "一行"]
