"""Files of accounts are read cell by cell: whatever cannot be understood is told, and no password is ever shown."""

import datetime as dt
import io

import pytest
from openpyxl import Workbook

from data_access.access.account_sheet import COLUMNS, HIDDEN, MOST_ROWS, plain, read_sheet
from data_access.access.roles import Role
from data_access.intake.uploads import LARGEST_FILE

HEADER = ",".join(COLUMNS)


def csv(*lines, header=HEADER, encoding="utf-8"):
    return "\n".join([header, *lines]).encode(encoding)


def told(sheet):
    return {(problem.row, problem.column) for problem in sheet.problems}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_row_is_understood_in_either_encoding(encoding):
    line = " Zhang.San ,张三,其他,,学工办,机电工程系,2026-09-01,2027年7月5日,Qz8-mmPo-77x"
    (row,) = read_sheet(csv(line, encoding=encoding), "人员.csv").rows
    assert (row.row, row.username, row.name, row.person_kind) == (2, "zhang.san", "张三", "other")
    assert (row.role, row.node) == (Role.STUDENT_AFFAIRS, "机电工程系")
    assert (row.valid_from, row.valid_to) == (dt.date(2026, 9, 1), dt.date(2027, 7, 5))
    assert row.password == "Qz8-mmPo-77x"
    assert row.password not in repr(row)


def test_a_workbook_is_read_like_a_text_file():
    book = Workbook()
    page = book.active
    page.append(COLUMNS)
    page.append(["zhang", "张三", "教职工", 20100017, "系（部）主任", "机电工程系", dt.date(2026, 9, 1), None, None])
    content = io.BytesIO()
    book.save(content)
    sheet = read_sheet(content.getvalue(), "C:\\人员\\名单.XLSX")
    assert sheet.name == "名单.XLSX"
    (row,) = sheet.rows
    assert (row.number, row.role, row.valid_from) == ("20100017", Role.DEPARTMENT_HEAD, dt.date(2026, 9, 1))


def test_every_cell_that_cannot_be_understood_is_told_at_once():
    sheet = read_sheet(
        csv(
            f"a1,{'名' * 65},外人,,院长,,,,",
            "b1,乙,其他,,,全校,2026-02-30,昨天,",
            "c1,丙,其他,,质量办,,2026-09-01,2026-08-31,",
            ",丁,其他,,质量办,,,,",
            f"{'u' * 65},戊,其他,,,,,,",
            "20260901,己,学生,20260901,学生,,20260901,2026/9/1,",
        ),
        "x.csv",
    )
    assert told(sheet) == {
        (2, "姓名"), (2, "人员类别"), (2, "岗位"),
        (3, "岗位节点"), (3, "生效日期"), (3, "失效日期"),
        (4, "失效日期"), (5, "用户名"), (6, "用户名"),
    }  # fmt: skip
    assert all(problem.reason and problem.remedy for problem in sheet.problems)
    good = sheet.rows[-1]
    assert good.valid_from == good.valid_to == dt.date(2026, 9, 1)


def test_without_a_username_the_number_is_it():
    sheet = read_sheet(csv(",张三,教职工,Ｔ０１７,,,,,"), "x.csv")
    assert sheet.rows[0].username == "t017"


def test_a_row_torn_apart_does_not_show_the_password_in_it():
    sheet = read_sheet(csv("a1,甲,其他,,,,,,Secret-99x,more,and more"), "x.csv")
    assert told(sheet) == {(2, "")}
    assert sheet.problems[0].value == HIDDEN


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "空"),
        (csv(), "没有数据行"),
        (csv("a,b", header="姓名,岗位"), "缺少该列"),
        (csv("a,b,c", header="用户名,姓名,姓名"), "多次"),
        (csv("甲", header="用户名") + "\n乙".encode("gb18030"), "编码"),
        (bytes.fromhex("d0cf11e0") + b"old workbook", "xls"),
        (b"x" * (LARGEST_FILE + 1), "MB"),
        (csv(*(f"u{n},,,,,,,," for n in range(MOST_ROWS + 1))), f"{MOST_ROWS} 行"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_as_a_whole(content, reason):
    sheet = read_sheet(content, "x.csv")
    assert not sheet.rows
    assert any(reason in problem.reason for problem in sheet.problems)


def test_columns_that_mean_nothing_are_named():
    sheet = read_sheet(csv("a1,甲,123", header="用户名,姓名,电话"), "x.csv")
    assert "电话" in sheet.notes[0]
    assert len(sheet.rows) == 1


def test_names_are_compared_without_regard_to_width_case_and_spaces():
    assert plain("系（部） 主任ａ") == plain("系(部)主任A")
