"""What the reader makes of real files, sound and hostile, in a child process with limits."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from data_access.errors import IntakeError
from data_access.intake import Limits, mappings
from data_access.intake.reading import FileJob, StagedFile, stage_file
from data_access.intake.staging import collect, keep_raw, passed_over, stage_files
from tests.data_access.intake.college import STUDENT_HEADER, students, write_csv, write_xlsx


def read(path: Path, *, known: tuple[str, ...] = (), limits: Limits | None = None, **job: object) -> StagedFile:
    values = {"expected": known, "known": known, "out": str(path.with_suffix(".staged")), **job}
    kind = path.suffix.removeprefix(".")
    return stage_file(
        FileJob(path=str(path), name=path.name, source="s", format=kind, **values),  # type: ignore[arg-type]
        limits or Limits(),
    )


def cells(staged: StagedFile) -> list[dict[str, object]]:
    return pq.read_table(str(staged.out)).to_pylist()


def test_csv_cells_stay_text_and_rows_are_numbered_as_in_a_spreadsheet(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a.csv", ("学号", "备注"), [("007", "NA"), ("", ""), ("0012300456", "甲\n乙"), ("9", "null")]
    )
    assert cells(read(path)) == [
        {"__row": 2, "学号": "007", "备注": "NA"},
        {"__row": 4, "学号": "0012300456", "备注": "甲\n乙"},
        {"__row": 5, "学号": "9", "备注": "null"},
    ]


def test_a_csv_is_split_by_the_delimiter_of_its_headings(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("学号;姓名\n1;甲,乙\n", encoding="utf-8")
    assert cells(read(path, known=("学号", "姓名"))) == [{"__row": 2, "学号": "1", "姓名": "甲,乙"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [("学号," + "x" * 140_000 + "\n1,2\n", "首行有一格特别长"), (",".join("abc" * 50_000) + "\n", "文件有 150000 列")],
)
def test_a_first_line_that_is_no_header_refuses_the_file(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    staged = read(path, known=("学号",))
    assert staged.blocked
    assert staged.problems[0].reason.startswith(reason)
    assert len(str(staged.problems[0])) < 300


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xef\xbb\xbf", "文件是空的"),
        (b"\xff\xfe\x00", "文件是空的"),
        (b"\xef\xbb\xbf\r\n \r\n", "文件是空的"),
        ("\n学号\n1\n".encode(), "第一行是空行"),
    ],
)
def test_a_file_without_a_first_line_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    (problem,) = read(path, known=("学号",)).problems
    assert problem.reason.startswith(reason)
    assert problem.blocks_file


def test_a_row_with_too_many_cells_is_named_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("学号,姓名\n1,甲\n2,乙,多\n3,丙\n\n4,丁\n", encoding="utf-8")
    staged = read(path)
    assert [(problem.row, problem.value) for problem in staged.problems] == [(3, "2,乙,多")]
    assert staged.skipped_rows == 1
    assert [row["__row"] for row in cells(staged)] == [2, 4, 6]


def test_missing_and_repeated_headers_block_the_file(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("学号", "学号", "班级"), [("1", "2", "3")])
    staged = read(path, known=("学号", "性别"))
    assert staged.blocked
    assert {(problem.column, problem.reason) for problem in staged.problems} == {
        ("性别", "缺少该列"), ("学号", "表头中该列出现多次"),
    }  # fmt: skip
    assert staged.notes == ("a.csv：映射未使用的列 班级",)


def test_xlsx_numbers_become_exact_text_and_long_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [
        (202501010001, "NA", dt.date(2024, 9, 1), 1.5),
        (440101200501011234, "None", dt.date(2024, 9, 2), 7),
        ("0012300456", None, "", True),
    ]
    write_xlsx(path, ("学号", "姓名", "日期", "分"), rows)
    staged = read(path, known=("学号", "姓名", "日期", "分"), identities=("学号", "姓名"))
    assert [row["学号"] for row in cells(staged)][::2] == ["202501010001", "0012300456"]
    assert [row["姓名"] for row in cells(staged)] == ["NA", "None", ""]
    assert [row["日期"] for row in cells(staged)] == ["2024-09-01", "2024-09-02", ""]
    assert [row["分"] for row in cells(staged)] == ["1.5", "7", "true"]
    (problem,) = staged.problems
    assert (problem.row, problem.column, problem.remedy) == (3, "学号", "将该列设为文本格式后重新导出")


def test_openpyxl_workbooks_and_named_sheets_are_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "说明"
    sheet = workbook.create_sheet("数据")
    sheet.append(["学号"])
    sheet.append(["1"])
    workbook.save(tmp_path / "a.xlsx")
    assert cells(read(tmp_path / "a.xlsx", sheet="数据")) == [{"__row": 2, "学号": "1"}]
    assert "说明、数据" in read(tmp_path / "a.xlsx", sheet="没有").problems[0].remedy


def workbook_with(path: Path, rows: list[list[object]]) -> Path:
    """A workbook as openpyxl writes it: formulas without their results, errors as such."""
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(path)
    return path


def test_error_values_and_formulas_without_a_result_are_listed_with_cell_and_reason(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["学号", "班级", "旁注"], ["1", "#N/A", "#REF!"], ["2", "=VLOOKUP(A3,B:B,1)", None], ["3", "甲", None], ["4", "#DIV/0!"],
    ]  # fmt: skip
    staged = read(workbook_with(tmp_path / "a.xlsx", rows), known=("学号", "班级"))
    assert [(p.file, p.row, p.column, p.value, p.reason) for p in staged.problems] == [
        ("a.xlsx", 2, "班级", "#N/A", "公式错误值"),
        ("a.xlsx", 3, "班级", "=VLOOKUP(A3,B:B,1)", "公式没有缓存结果"),
        ("a.xlsx", 5, "班级", "#DIV/0!", "公式错误值"),
    ]
    assert all("粘贴为数值" in problem.remedy for problem in staged.problems)
    assert [row["班级"] for row in cells(staged)] == ["#N/A", "=VLOOKUP(A3,B:B,1)", "甲", "#DIV/0!"]


def test_a_formula_with_a_stored_result_is_read_as_that_result(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["学号", "班级", "错"])
        sheet.write_formula(1, 0, "=1+1", value=2)
        sheet.write_formula(1, 1, '="甲"', value="甲")
        sheet.write_formula(2, 0, "=1/0", value="#DIV/0!")
    staged = read(path)
    assert [(problem.row, problem.column, problem.value) for problem in staged.problems] == [(3, "学号", "#DIV/0!")]
    assert cells(staged)[0] == {"__row": 2, "学号": "2", "班级": "甲", "错": ""}


def test_an_error_in_the_header_row_is_named_by_its_letter(tmp_path: Path) -> None:
    staged = read(workbook_with(tmp_path / "a.xlsx", [["学号", "#NAME?"], ["1", "2"]]), known=("学号",))
    assert [(problem.row, problem.column) for problem in staged.problems] == [(1, "B 列")]


def test_workbooks_that_declare_entities_are_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", ("学号",), [("1",)])
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    start = b"<workbook "
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(
        start, b'<!DOCTYPE workbook [<!ENTITY a "aaaa">]>' + start, 1
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert read(path).blocked


def two_sheets(path: Path, *, first: list[object]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.active.title = "甲表"
    if first:
        workbook.active.append(first)
    second = workbook.create_sheet("乙表")
    second.append(["学号"])
    workbook.create_sheet("空表")
    workbook.save(path)
    return path


def test_sheets_with_content_that_are_not_read_are_noted(tmp_path: Path) -> None:
    staged = read(two_sheets(tmp_path / "a.xlsx", first=["学号"]))
    assert staged.notes == ("a.xlsx：只读取工作表“甲表”，未读取：乙表",)
    assert read(two_sheets(tmp_path / "b.xlsx", first=["学号"]), sheet="甲表").notes == ()


def test_an_empty_first_sheet_is_told_from_an_empty_workbook(tmp_path: Path) -> None:
    (problem,) = read(two_sheets(tmp_path / "a.xlsx", first=[])).problems
    assert problem.reason == "工作表“甲表”是空的，而“乙表”有内容"
    (problem,) = read(workbook_with(tmp_path / "b.xlsx", [])).problems
    assert problem.reason == "工作表是空的"


def test_a_truth_value_is_no_code(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", ("学号", "订单培养"), [(True, True), ("1", False)])
    staged = read(path, codes=("学号",))
    assert [(p.row, p.column, p.value) for p in staged.problems] == [(2, "学号", "TRUE")]
    assert [row["订单培养"] for row in cells(staged)] == ["true", "false"]


@pytest.mark.parametrize("ending", ["", "\n", "\r", "\r\n"])
def test_a_csv_of_headers_alone_has_no_rows_however_it_ends(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"学号,姓名{ending}".encode())
    staged = read(path, known=("学号", "姓名"))
    assert (staged.problems, staged.rows, staged.columns) == ((), 0, ("学号", "姓名"))


def test_lines_may_end_with_carriage_returns_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("学号,姓名\r1,甲\r2,乙".encode("gb18030"))
    assert [(row["__row"], row["姓名"]) for row in cells(read(path, known=("学号", "姓名")))] == [(2, "甲"), (3, "乙")]


@pytest.mark.parametrize(
    ("name", "inside", "reason"),
    [
        ("a.xlsx", b"Workbook", "旧版 .xls 不支持"),
        ("a.csv", b"Workbook", "旧版 .xls 不支持"),
        ("a.xlsx", "EncryptedPackage".encode("utf-16-le"), "工作簿已加密"),
    ],
)
def test_old_and_encrypted_workbooks_are_named_as_such(tmp_path: Path, name: str, inside: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(range(256)) * 8 + inside)
    (problem,) = read(tmp_path / name).problems
    assert (problem.reason, ".xlsx" in problem.remedy) == (reason, True)


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 80 * 2**20)
    return path


def garbage(name: str, content: bytes) -> object:
    def make(directory: Path) -> Path:
        (directory / name).write_bytes(content)
        return directory / name

    return make


def truncated(directory: Path) -> Path:
    path = write_xlsx(directory / "a.xlsx", STUDENT_HEADER, students(50))
    path.write_bytes(path.read_bytes()[:2000])
    return path


@pytest.mark.parametrize(
    "make",
    [
        garbage("a.csv", b""),
        garbage("a.csv", "学号\n1\0\n".encode()),
        garbage("a.xlsx", b"\xd0\xcf\x11\xe0 an old workbook"),
        garbage("a.parquet", b"PAR1 not really"),
        lambda directory: bomb(directory / "a.xlsx"),
        truncated,
    ],
    ids=["empty", "binary", "xls renamed", "bad parquet", "bomb", "truncated"],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_remedy(tmp_path: Path, make: object) -> None:
    staged = read(make(tmp_path))  # type: ignore[operator]
    assert staged.blocked
    assert staged.out is None
    assert staged.problems[0].reason
    assert staged.problems[0].remedy


@pytest.mark.parametrize("limits", [Limits(cells=100), Limits(columns=3), Limits(inflated_bytes=1000)])
def test_a_workbook_beyond_a_limit_is_refused(tmp_path: Path, limits: Limits) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", STUDENT_HEADER, students(50))
    assert read(path, limits=limits).blocked
    assert not read(path).blocked


def test_parquet_is_staged_under_its_own_types(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2], "score": [0.1, None]}), tmp_path / "a.parquet")
    assert cells(read(tmp_path / "a.parquet")) == [
        {"__row": 1, "id": 1, "score": 0.1}, {"__row": 2, "id": 2, "score": None},
    ]  # fmt: skip


# -- raw store and child ------------------------------------------------------------------------


def test_raw_files_are_kept_once_under_their_hash(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "in" / "宿舍检查.csv", ("学号",), [("1",)])
    mapping = mappings()["demo"]
    for _ in range(2):
        (raw,) = keep_raw(tmp_path / "raw", collect(path, mapping), Limits())
    assert raw.path.read_bytes() == path.read_bytes()
    assert [p.name for p in (tmp_path / "raw").rglob("*") if p.is_file()] == [raw.sha256]
    with pytest.raises(IntakeError, match="上限"):
        keep_raw(tmp_path / "raw", collect(path, mapping), Limits(file_bytes=3))


def test_files_the_mapping_does_not_know_are_listed(tmp_path: Path) -> None:
    write_csv(tmp_path / "宿舍检查.csv", ("学号",), [])
    (tmp_path / "说明.md").write_text("ignored by the mapping", encoding="utf-8")
    assert len(collect(tmp_path, mappings()["demo"])) == 1
    (tmp_path / "财务.csv").write_text("x", encoding="utf-8")
    with pytest.raises(IntakeError, match=r"财务\.csv.*宿舍检查\*\.csv"):
        collect(tmp_path, mappings()["demo"])


def test_lock_files_and_directories_are_passed_over_with_a_note(tmp_path: Path) -> None:
    write_csv(tmp_path / "宿舍检查.csv", ("学号",), [])
    (tmp_path / "~$学生名单.xlsx").write_bytes(b"lock")
    (tmp_path / "往年").mkdir()
    assert [path.name for path, _ in collect(tmp_path, mappings()["demo"])] == ["宿舍检查.csv"]
    directories, locks = passed_over(tmp_path)
    assert "往年" in directories
    assert "~$学生名单.xlsx" in locks
    assert passed_over(tmp_path / "宿舍检查.csv") == ()


def test_an_old_workbook_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "学生名单.xls").write_bytes(b"old")
    with pytest.raises(IntakeError, match=r"旧版 \.xls 不支持，请另存为 \.xlsx"):
        collect(tmp_path, mappings()["demo"])


def test_missing_required_files_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"code_module": ["AAA"]}), tmp_path / "courses.parquet")
    with pytest.raises(IntakeError, match=r"studentInfo\.parquet"):
        collect(tmp_path, mappings()["oulad"])


def stage_one(tmp_path: Path, limits: Limits) -> StagedFile:
    path = write_xlsx(tmp_path / "学生名单.xlsx", STUDENT_HEADER, students(3000))
    mapping = mappings()["demo"]
    raw = keep_raw(tmp_path / "raw", collect(path, mapping), limits)
    (staged,) = stage_files(tmp_path / "staging", mapping, raw, limits)
    return staged


def test_the_child_reads_files_and_its_result_survives_in_the_staging_area(tmp_path: Path) -> None:
    staged = stage_one(tmp_path, Limits())
    assert (staged.rows, staged.problems) == (3000, ())
    assert pq.read_table(io.BytesIO(Path(str(staged.out)).read_bytes())).num_rows == 3000


@pytest.mark.parametrize(
    "limits",
    [Limits(wall_seconds=0), Limits(memory_bytes=64 * 2**20), Limits(cpu_seconds=0)],
    ids=["time", "memory", "processor"],
)
def test_a_child_beyond_its_limits_refuses_the_files(tmp_path: Path, limits: Limits) -> None:
    staged = stage_one(tmp_path, limits)
    assert staged.blocked
    assert staged.problems[0].file == "学生名单.xlsx"
