"""Which delimiter splits a CSV, and first lines that are no headings."""

import pytest

from data_access.intake.delimiters import LONGEST_HEADING, split_header
from data_access.intake.problems import RefusedFileError


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_the_one_that_finds_the_headings(delimiter):
    others = "".join({",", "\t", ";"} - {delimiter})
    text = f"学号{delimiter}备注{others * 3}\n1{delimiter}甲\n"
    assert split_header(text, ("学号",)) == (delimiter, ["学号", f"备注{others * 3}"])


def test_without_known_headings_it_is_the_one_of_most_columns():
    assert split_header("a;b;c,d\n", ()) == (";", ["a", "b", "c,d"])


def test_a_quoted_heading_may_go_over_lines_and_hold_delimiters():
    assert split_header('"学号\n(必填)","甲;乙"\r\n1,2\r\n', ()) == (",", ["学号\n(必填)", "甲;乙"])


def test_a_line_of_very_many_columns_is_split_by_its_own_delimiter():
    names = [f"column{number}" for number in range(50_000)]
    assert split_header(",".join(names) + "\n", ()) == (",", names)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 131_073, "首行有一格特别长（超过 131,072 个字符）"),
        ("用户名," + "y" * 140_000 + "\na,b\n", "首行有一格特别长"),
        ('用户名,"' + "z" * 140_000 + '"\na,b\n', "首行有一格特别长"),
        ('用户名,"姓名\n' + "a,b\n" * 40_000, "首行有一格特别长"),
        ("用户名," + "y" * (LONGEST_HEADING + 1) + "\n", "首行第 2 格有 1,001 个字符"),
    ],
    ids=["one cell", "plain", "quoted", "quote never closed", "too long for a heading"],
)
def test_what_is_no_heading_is_refused_with_place_and_remedy(text, reason):
    with pytest.raises(RefusedFileError) as refused:
        split_header(text, ("用户名",))
    assert refused.value.reason.startswith(reason)
    assert refused.value.row == 1
    assert "引号应成对" in refused.value.remedy


def test_a_heading_may_be_as_long_as_allowed():
    assert split_header("y" * LONGEST_HEADING + ",用户名\n", ("用户名",))[1][0] == "y" * LONGEST_HEADING
