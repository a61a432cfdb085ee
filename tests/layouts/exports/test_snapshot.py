"""What a file says of itself, and the hash that two files of the same numbers share."""

import datetime as dt

import pytest

from layouts.sheet import Sheet
from tests.layouts.exports.samples import NASTY, WEEKS, of_sheets, snapshot

LATER = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def test_the_hash_knows_nothing_of_who_took_the_numbers_when():
    assert snapshot().sha256 == snapshot(made_at=LATER, made_by="李秀英").sha256


@pytest.mark.parametrize(
    "change",
    [
        {"title": "x"}, {"page": "x"}, {"note": "x"}, {"filters": "x"}, {"scope": "x"}, {"library": "x"},
        {"data_version": "x"}, {"data_date": None},
    ],
)  # fmt: skip
def test_the_hash_changes_with_where_the_numbers_come_from(change):
    assert snapshot().sha256 != snapshot(**change).sha256


def test_the_hash_changes_with_any_number():
    other = Sheet(title=WEEKS.title, columns=WEEKS.columns, rows=[*WEEKS.rows[:2], ("第3周", 88.0001)])
    assert of_sheets(WEEKS).sha256 != of_sheets(other).sha256


def test_no_value_and_nought_are_different_content():
    made = [of_sheets(Sheet(title="a", columns=("b",), rows=[(value,)])).sha256 for value in (None, 0, "", "0")]
    assert len(set(made)) == 4


def test_the_facts_name_everything_a_reader_needs():
    told = dict(snapshot().facts)
    assert told == {
        "标题": "逐周到课率（单位 %）",
        "页面": "机械制图 · 机电2401",
        "说明": "第11周",
        "筛选条件": "学期 2026–2027 第一学期 · 系部 机电工程系",
        "数据范围": "l001(校领导)",
        "数据截至": "2026-11-20",
        "指标库版本": "2026.2",
        "数据版本": "1187",
        "生成时间": "2026-11-21 09:00:05",
        "生成人": "王建国",
        "内容校验 SHA-256": snapshot().sha256,
    }


def test_every_text_that_is_drawn_can_be_checked():
    drawn = "".join(text for _, text in snapshot().texts())
    assert all(part in drawn for part in ("逐周到课率", "第3周", "▲", "王建国", "机电工程系"))
    places = [place for place, _ in of_sheets(NASTY).texts()]
    assert f"表格“{NASTY.title}”第 4 行" in places


def test_rows_are_counted_over_all_tables():
    assert of_sheets(WEEKS, NASTY).rows == 7
    assert snapshot().rows == 3
