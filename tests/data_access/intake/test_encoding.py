"""Which encodings are read, and which files are refused with the lines at fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.intake.encoding import decode

TEXT = "学号,姓名\n2025001,张晓螺\n2025002,欧阳旋\n2025003,䶮㙍𠮷\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_each_supported_encoding_gives_the_same_text(encoding: str) -> None:
    decoded = decode(TEXT.encode(encoding))
    assert decoded.is_sound
    assert decoded.text == TEXT


def test_plain_ascii_is_utf8() -> None:
    assert decode(b"a,b\n1,2\n").encoding == "utf-8"


def test_a_few_gb18030_lines_in_a_utf8_file_are_named() -> None:
    lines = [f"2025{n:03d},学生{n}".encode() for n in range(1, 9)]
    lines[4] = "2025005,补录学生".encode("gb18030")
    decoded = decode(b"\n".join([b"no,name", *lines]))
    assert (decoded.encoding, decoded.foreign, decoded.undecodable) == ("utf-8", (6,), ())
    assert "补录学生" in decoded.text


def test_a_few_utf8_lines_in_a_gb18030_file_are_named() -> None:
    lines = [f"2025{n:03d},学生姓名{n}".encode("gb18030") for n in range(1, 9)]
    lines[2] = "2025003,补录学生".encode()
    decoded = decode(b"\n".join([b"no,name", *lines]))
    assert (decoded.encoding, decoded.foreign) == ("gb18030", (4,))


def test_gb18030_pairs_that_look_like_utf8_do_not_make_a_mixture() -> None:
    """The bytes of 学习 in GB18030 are valid UTF-8 by accident."""
    assert "学习".encode("gb18030").decode("utf-8") != "学习"
    text = "学习\n旷课\n学习\n"
    assert decode(text.encode("gb18030")).text == text


def test_bytes_of_no_encoding_are_named_by_line() -> None:
    decoded = decode("学号\n张晓螺\n".encode("gb18030") + b"\xff\xff\xff\n")
    assert not decoded.is_sound
    assert decoded.undecodable == (3,)


def test_a_cut_off_utf8_file_is_not_read_as_gb18030() -> None:
    assert not decode("学号,姓名\n2025001,张晓螺".encode()[:-1]).is_sound


@given(st.text(alphabet=st.characters(codec="gb18030", exclude_categories=("Cs",)), max_size=60))
def test_utf8_text_always_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode()).text == text.removeprefix("\ufeff")


@given(
    st.lists(st.text(alphabet="学生考勤准时旷课张李王赵0123456789,", min_size=1, max_size=20), min_size=1, max_size=6)
)
def test_chinese_gb18030_text_comes_back_or_is_refused_but_never_changes(lines: list[str]) -> None:
    text = "考勤状态\n" + "\n".join(lines)
    decoded = decode(text.encode("gb18030"))
    assert not decoded.is_sound or decoded.text == text
