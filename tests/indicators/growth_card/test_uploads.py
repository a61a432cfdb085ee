"""A sheet filled in as a file: every mistake at once, all of it or nothing, and twice is once."""

import io

import pytest
from openpyxl import load_workbook

from data_access.errors import UserError
from indicators.growth_card.sheet_frames import NoSheetError
from indicators.growth_card.uploads import SheetUploads
from tests.indicators.growth_card.entry_office import Office, actor, lesson, sheet

MONTH = sheet("2026-09")
READING = "STU-ACD-07"
HEAD = "学号,课外学习频次,与教师沟通频次"


@pytest.fixture
def office(install, tmp_path):
    return Office(install(tmp_path / "home"))


@pytest.fixture
def uploads(office):
    return SheetUploads(office.sheets)


def read(office, uploads, *lines, key=MONTH):
    return uploads.read(key, "\n".join((HEAD, *lines)).encode(), "九月.csv", viewer=office.viewer("adviser"))


def apply(office, uploads, *lines, seen):
    content = "\n".join((HEAD, *lines)).encode()
    return uploads.apply(
        MONTH, content, "九月.csv", seen=seen, viewer=office.viewer("adviser"), by=actor("adviser")
    )  # fmt: skip


def test_what_a_file_would_do_is_told_before_it_is_done(office, uploads):
    office.save("adviser", MONTH, (1, READING, 4, 0), (2, READING, 5, 0))
    found = read(office, uploads, "2025001,4,", "2025002,6,2", "2025003,,1")
    assert (found.new, found.changed, found.unchanged) == (2, 1, 1)
    assert found.problems == ()
    assert office.values("adviser", MONTH) == {(1, READING): 4, (2, READING): 5}


def test_a_confirmed_file_is_written_and_the_same_file_again_changes_nothing(office, uploads):
    lines = ("2025001,4,1", "2025002,6,2")
    saved = apply(office, uploads, *lines, seen=read(office, uploads, *lines).seen)
    assert len(saved.saved) == 4
    again = read(office, uploads, *lines)
    assert (again.new, again.changed, again.unchanged, again.edits) == (0, 0, 4, ())


def test_all_mistakes_are_told_at_once_and_nothing_is_written(office, uploads):
    lines = ("2025001,4,1", "2025002,-1,两次", "2025009,1,1", ",1,1", "2025001,2,2")
    found = read(office, uploads, *lines)
    assert [(problem.row, problem.column, problem.value) for problem in found.problems] == [
        (3, "课外学习频次", "-1"), (3, "与教师沟通频次", "两次"), (4, "学号", "2025009"), (5, "学号", ""),
        (6, "学号", "2025001"),
    ]  # fmt: skip
    assert all(problem.remedy for problem in found.problems)
    assert found.edits == ()
    with pytest.raises(UserError, match="5 处问题，未作任何更改"):
        apply(office, uploads, *lines, seen=found.seen)
    assert office.values("adviser", MONTH) == {}


def test_a_sheet_that_somebody_changed_after_the_preview_is_left_alone(office, uploads):
    seen = read(office, uploads, "2025001,4,1").seen
    office.save("deputy", MONTH, (2, READING, 9, 0))
    with pytest.raises(UserError, match="预览之后有人改动了本表"):
        apply(office, uploads, "2025001,4,1", seen=seen)
    assert office.values("adviser", MONTH) == {(2, READING): 9}


@pytest.mark.slow  # a process of its own opens the workbook
def test_the_workbook_that_is_handed_out_can_be_filled_in_and_handed_back(office, uploads):
    """Through the child process that opens every workbook from outside."""
    office.save("teacher", lesson(), (1, "status", "迟到", 0))
    viewer = office.viewer("teacher")
    found, content = uploads.template(lesson(), viewer=viewer)
    book = load_workbook(io.BytesIO(content))
    page = book.active
    assert [cell.value for cell in page[1]] == ["学号", "考勤", "预习", "作业"]
    assert page.cell(2, 1).value == f"填写说明：{found.title}；空白不改"
    assert [cell.value for cell in page[3]] == ["2025001", "迟到", None, None]
    page.cell(4, 2, "旷课")
    filled = io.BytesIO()
    book.save(filled)
    read_back = uploads.read(lesson(), filled.getvalue(), "考勤.xlsx", viewer=viewer)
    assert read_back.problems == ()
    assert [(edit.holder_id, edit.column, edit.value) for edit in read_back.edits] == [(2, "status", 5)]
    assert read_back.unchanged == 1


def test_a_file_without_student_numbers_is_refused_as_a_whole(office, uploads):
    found = uploads.read(MONTH, "姓名,分数\n张三,1\n".encode(), "成绩.csv", viewer=office.viewer("adviser"))
    assert [(problem.column, problem.blocks_file) for problem in found.problems] == [("学号", True)]
    assert found.edits == ()


def test_files_are_for_the_collector_alone(office, uploads):
    with pytest.raises(NoSheetError):
        read(office, uploads, "2025001,4,1", key=sheet("term", "辅导员"))
    with pytest.raises(NoSheetError):
        uploads.template(MONTH, viewer=office.viewer("teacher"))
