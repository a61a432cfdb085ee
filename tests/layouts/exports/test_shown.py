"""What is drawn becomes plain tables: numbers as numbers, states in words, messages as nothing."""

import pytest
from dash import html

from indicators.results import State
from layouts import states, table, tiles
from layouts.cells import Door
from layouts.exports.shown import Chart, has_chart, has_numbers, notes_of, number_of, parts_of, sheet_of
from layouts.panel import Content
from tests.layouts.component_tree import types
from tests.layouts.exports.samples import WEEKS, chart_content

ID = {"role": "table", "page": "p", "name": "t"}


def listed(columns, rows):
    return table.table(columns, rows, caption="名册", table_id=ID)


def read(columns, rows):
    return sheet_of(types(listed(columns, rows), "Store")[0].data)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("92.6%", (92.6, "%")), ("1,234", (1234, "")), ("17 个", (17, "个")), ("−7.4", (-7.4, "")),
        ("↓ 0.8", (-0.8, "")), ("↑ 12", (12, "")), ("0", (0, "")), ("0.5 分", (0.5, "分")),
        ("2024000101", (2024000101, "")), ("007", None), ("31 / 33", None), ("第11周", None), ("1,23", None), ("—", None), ("97.9 A", None),
        ("3 名学生", None), ("12 万元", (12, "万元")), ("1.5 个/人", (1.5, "个/人")),
    ],
)  # fmt: skip
def test_a_number_is_read_as_it_was_written(text, number):
    assert number_of(text) == number


def test_columns_of_numbers_hold_numbers_and_share_their_unit():
    columns = [table.Column(title="课程", is_heading=True), table.Column(title="到课率 ↑", is_number=True)]
    rows = [["机械制图", "92.6%"], [table.Linked(text="电工基础", href="/x"), "—"]]
    assert read(columns, rows) == type(WEEKS)(
        title="名册", columns=["课程", "到课率(%)"], rows=[("机械制图", 92.6), ("电工基础", None)]
    )


def test_an_identifier_stays_text_though_it_looks_like_a_number():
    assert read([table.Column(title="学号", is_heading=True)], [["2024000101"]]).rows == [("2024000101",)]


def test_a_column_that_is_not_all_numbers_of_one_unit_stays_as_it_was_written():
    column = table.Column(title="数值", is_number=True)
    assert read([column], [["92.6%"], ["17 个"]]).rows == [("92.6%",), ("17 个",)]
    assert read([column], [["31 / 33"], ["3"]]).rows == [("31 / 33",), ("3",)]


def test_no_change_is_the_number_nought():
    assert read([table.Column(title="较上周", is_number=True)], [["↓ 0.8"], ["持平"]]).rows == [(-0.8,), (0,)]


def test_states_are_told_in_a_column_of_their_own():
    rows = [[table.Valued(text="78.1%", state=State.ALERT)], [table.Valued(text="—", state=State.NO_DATA)]]
    found = read([table.Column(title="到课率", is_number=True)], rows)
    assert list(found.columns) == ["到课率(%)", "到课率·状态"]
    assert found.rows == [(78.1, "警戒"), (None, "无数据")]


def test_a_grade_stands_beside_its_value_and_is_no_unit_even_in_a_single_row():
    found = read(
        [table.Column(title="总分", is_number=True)], [[table.Valued(text="97.9", state=State.REACHED, grade="A")]]
    )
    assert list(found.columns) == ["总分", "总分·等级", "总分·状态"]
    assert found.rows == [(97.9, "A", "达标")]


def test_the_column_of_states_holds_names_of_states_and_not_what_is_spoken():
    rows = [
        [Door(text="机电2401\n到课率", href="/x", spoken="机电2401 到课率"),
         Door(text="70.0%", href="/y", spoken="70.0% 警戒，打开口径", state=State.ALERT)],
    ]  # fmt: skip
    found = read([table.Column(title="主体与指标", is_heading=True), table.Column(title="本期", is_number=True)], rows)
    assert list(found.columns) == ["主体与指标", "本期(%)", "本期·状态"]
    assert found.rows == [("机电2401\n到课率", 70.0, "警戒")]


def test_a_chart_brings_its_exact_numbers():
    (chart,) = parts_of("到课率", chart_content(min_width=900))
    assert isinstance(chart, Chart)
    assert chart.sheet.rows == [("第1周", 97.25), ("第2周", None), ("第3周", 88)]
    assert (chart.height, chart.least_width) == (240, 900)
    assert chart.figure["data"][0]["type"] == "scatter"


def test_tiles_become_a_table_of_what_they_say():
    items = [
        tiles.Tile(
            title="到课率", value="92.6", unit="%", change="↓ 0.8 较上周", state=State.WATCH, card="/indicators/x"
        ),
        tiles.Tile(title="旷课", value="—", note="没有记录"),
    ]
    (sheet,) = parts_of("概况", Content(body=tiles.row(items)))
    assert sheet.title == "概况"
    assert list(sheet.columns) == ["指标", "数值", "单位", "状态", "变化", "说明"]
    assert sheet.rows == [
        ["到课率", 92.6, "%", "关注", "↓ 0.8 较上周", None],
        ["旷课", None, None, None, None, "没有记录"],
    ]


def test_parts_keep_the_order_in_which_they_are_drawn():
    body = html.Div([listed([table.Column(title="x")], [["1"]]), chart_content().body])
    assert [type(part).__name__ for part in parts_of("到课率", Content(body=body))] == ["Sheet", "Chart"]


def test_tables_made_for_files_stand_for_those_that_are_drawn():
    content = Content(body=[listed([table.Column(title="x")], [["1"]]), chart_content().body], sheets=[WEEKS])
    chart, sheet = parts_of("到课率", content)
    assert isinstance(chart, Chart)
    assert sheet is WEEKS


def test_a_message_is_nothing_to_take_away():
    content = Content(body=states.empty("还没有导入"))
    assert parts_of("到课率", content) == ()
    assert not has_chart(content)
    assert not has_numbers(content)


def test_which_part_of_a_list_is_shown_is_told():
    body = [listed([], []), table.pager(table.Slice(total=90, page=2, size=30), noun="名学生", link=str)]
    assert notes_of(Content(body=body)) == ["第 31–60 名学生，共 90"]
