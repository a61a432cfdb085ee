"""Reading one source file into a staged Parquet file of text columns. Runs in the child process only.

Cells stay text: what they mean is decided later, under the mapping, where every doubt can be reported.
A staged file has the columns of the source under their headers, and `__row`, the row as a spreadsheet
numbers it.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import python_calamine

from data_access.intake.delimiters import split_header
from data_access.intake.encoding import LINES_NAMED, decode
from data_access.intake.problems import Problem, RefusedFileError
from data_access.intake.workbook import (
    FaultyCell,
    check_archive,
    column_letters,
    faulty_cells,
    refuse_old_workbook,
    sheets_with_content,
)

ROW: Final = "__row"
RESULT_FILE: Final = "result.json"
DIGITS_EXCEL_KEEPS: Final = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much a source file may demand.

    Attributes:
        file_bytes: size as received, checked before the raw file is kept.
        inflated_bytes: size of an XLSX unpacked; also of a decoded Parquet file.
        ratio: unpacked to packed size above which an XLSX larger than 50 MB is taken for a bomb.
        cells: rows times columns.
        memory_bytes: address space of the child process.
        cpu_seconds: processor time of the child process.
        wall_seconds: time after which the child is stopped.
    """

    file_bytes: int = 200 * 2**20
    inflated_bytes: int = 2**30
    ratio: int = 200
    cells: int = 20_000_000
    columns: int = 500
    memory_bytes: int = 8 * 2**30
    cpu_seconds: int = 300
    wall_seconds: int = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class FileJob:
    """One file to read.

    Attributes:
        path: the stored raw file.
        name: its name as received, for messages.
        expected: headers that must be there.
        identities: headers of columns in which a long number has lost digits.
        codes: headers of columns that name or identify a row, where a truth value makes no sense.
        out: where the staged Parquet file goes.
    """

    path: str
    name: str
    source: str
    format: str
    out: str
    sheet: str | None = None
    expected: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedFile:
    """What became of one file.

    Attributes:
        out: the staged Parquet file, None where nothing could be read.
        skipped_rows: rows that could not be split into columns; each is a problem.
        columns: headers found.
        blocked: True where the file as a whole is refused.
    """

    name: str
    source: str
    out: str | None
    rows: int = 0
    skipped_rows: int = 0
    columns: tuple[str, ...] = ()
    encoding: str = ""
    blocked: bool = False
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> StagedFile:
        """The inverse of `to_dict`."""
        problems = tuple(Problem(**problem) for problem in values["problems"])
        return cls(
            **{**values, "problems": problems, "columns": tuple(values["columns"]), "notes": tuple(values["notes"])}
        )


@dataclass(kw_only=True)
class _Grid:
    """Text columns as read, before headers are checked."""

    header: list[str]
    columns: list[pa.Array | pa.ChunkedArray]
    numbers: pa.Array
    encoding: str = ""
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def stage_file(job: FileJob, limits: Limits) -> StagedFile:
    """Read one file and write its staged form; everything wrong with the file as such is in the result."""
    readers: dict[str, Callable[[FileJob, Limits], _Grid]] = {
        "csv": _read_csv,
        "xlsx": _read_xlsx,
        "parquet": _read_parquet,
    }
    try:
        grid = readers[job.format](job, limits)
        _check_extent(len(grid.columns), len(grid.numbers), limits)
    except pa.ArrowInvalid as error:
        return _refused(job, RefusedFileError(f"无法按表格读取：{error}", "请检查文件内容，或重新导出"))
    except RefusedFileError as refused:
        return _refused(job, refused)
    problems = [*grid.problems, *_header_problems(job, grid.header)]
    table = _staged_table(grid)
    pq.write_table(table, job.out, compression="zstd", compression_level=1)
    return StagedFile(
        name=job.name,
        source=job.source,
        out=job.out,
        rows=table.num_rows,
        skipped_rows=grid.skipped,
        columns=tuple(name for name in table.column_names if name != ROW),
        encoding=grid.encoding,
        blocked=any(problem.blocks_file for problem in problems),
        problems=tuple(problems),
        notes=(*grid.notes, *_unused(job, grid.header)),
    )


def _refused(job: FileJob, refused: RefusedFileError) -> StagedFile:
    problem = Problem(file=job.name, row=refused.row, reason=refused.reason, remedy=refused.remedy, blocks_file=True)
    return StagedFile(name=job.name, source=job.source, out=None, blocked=True, problems=(problem,))


def _check_extent(columns: int, rows: int, limits: Limits) -> None:
    if columns > limits.columns:
        raise RefusedFileError(f"文件有 {columns} 列，超过 {limits.columns} 列上限", "请只导出需要的列")
    if columns * rows > limits.cells:
        raise RefusedFileError(f"文件有 {columns * rows} 个单元格，超过 {limits.cells} 上限", "请拆分后导入")


def _header_problems(job: FileJob, header: Sequence[str]) -> list[Problem]:
    counted = Counter(name for name in header if name)
    problems = [
        Problem(
            file=job.name, column=name, row=1, reason="缺少该列", blocks_file=True,
            remedy=f"请核对导出模板；文件现有列：{'、'.join(n for n in header if n) or '无'}",
        )
        for name in job.expected
        if name not in counted
    ]  # fmt: skip
    problems += [
        Problem(file=job.name, column=name, row=1, reason="表头中该列出现多次", remedy="请只保留一列", blocks_file=True)
        for name, count in counted.items()
        if count > 1 and name in job.known
    ]
    return problems


def _unused(job: FileJob, header: Sequence[str]) -> tuple[str, ...]:
    unused = [name for name in header if name and name not in job.known] if job.known else []
    return (f"{job.name}：映射未使用的列 {'、'.join(unused)}",) if unused else ()


def _staged_table(grid: _Grid) -> pa.Table:
    columns: dict[str, Any] = {ROW: grid.numbers}
    for name, values in zip(grid.header, grid.columns, strict=True):
        if name and name not in columns:  # of a repeated header the first counts; the mapped ones are refused
            columns[name] = values
    return pa.table(columns)


# -- CSV --------------------------------------------------------------------------------------


def _read_csv(job: FileJob, limits: Limits) -> _Grid:
    content = Path(job.path).read_bytes()
    if not content.strip():
        raise RefusedFileError("文件是空的", "请重新导出")
    refuse_old_workbook(content)
    decoded = decode(content)
    if "\0" in decoded.text:
        raise RefusedFileError("文件含有空字节，不是文本文件", "请另存为 CSV UTF-8 后导入")
    problems = _encoding_problems(job, decoded.encoding, decoded.foreign, decoded.undecodable)
    if not decoded.text.strip("\ufeff \r\n\t"):
        raise RefusedFileError("文件是空的", "请重新导出")
    text = _with_line_ends(decoded.text)
    delimiter, header = split_header(text, job.known)
    if not header:
        raise RefusedFileError("第一行是空行，应为表头", "请删去表头之前的空行")
    if len(header) > limits.columns:
        _check_extent(len(header), 0, limits)
    before, skipped = len(problems), list[int]()

    def on_ragged(row: Any) -> str:
        skipped.append(row.number)
        if row.text.strip(delimiter + " \r\n\t"):
            problems.append(
                Problem(
                    file=job.name, row=row.number, value=row.text[:120],
                    reason=f"该行有 {row.actual_columns} 列，表头有 {row.expected_columns} 列",
                    remedy="请检查该行是否多出分隔符、缺少引号或被截断",
                )
            )  # fmt: skip
        return "skip"

    # Without threads pyarrow counts rows, so that a skipped one can be named.
    table = pa_csv.read_csv(
        io.BytesIO(text.encode("utf-8")),
        read_options=pa_csv.ReadOptions(autogenerate_column_names=True, use_threads=False),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=on_ragged
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types={f"f{n}": pa.string() for n in range(len(header))}, strings_can_be_null=False
        ),
    )
    numbers = _row_numbers(table.num_rows + len(skipped), skipped)
    ragged = len(problems) - before
    return _without_blank_rows(
        _Grid(
            header=[name.strip().removeprefix("\ufeff") for name in header],
            columns=[column.slice(1) for column in table.columns],
            numbers=numbers.slice(1),
            encoding=decoded.encoding,
            skipped=ragged,
            problems=problems,
        )
    )


def _with_line_ends(text: str) -> str:
    # Old programs end lines with CR alone, and a last line (perhaps the only one) may lack its end.
    lines = text if "\n" in text else text.replace("\r", "\n")
    return lines if lines.endswith("\n") else f"{lines}\n"


def _encoding_problems(
    job: FileJob, encoding: str, foreign: Iterable[int], undecodable: Iterable[int]
) -> list[Problem]:
    other = "GB18030" if encoding == "utf-8" else "UTF-8"
    reasons = [
        (tuple(foreign), f"编码混杂：文件为 {encoding.upper()}，该行却是 {other}"),
        (tuple(undecodable), "该行不是 UTF-8，也不是 GB18030，无法识别"),
    ]
    return [
        Problem(
            file=job.name, row=line, reason=reason, blocks_file=True,
            remedy="请不要拼接不同系统导出的文件；用同一编码（建议 UTF-8）重新导出后导入",
        )
        for lines, reason in reasons
        for line in lines[:LINES_NAMED]
    ]  # fmt: skip


def _row_numbers(count: int, skipped: Sequence[int]) -> pa.Array:
    gone = set(skipped)
    return pa.array([n for n in range(1, count + 1) if n not in gone] if gone else range(1, count + 1), pa.int64())


def _without_blank_rows(grid: _Grid) -> _Grid:
    if not grid.columns:
        return grid
    table = pa.table([*grid.columns, grid.numbers], names=[*(str(n) for n in range(len(grid.columns))), ROW])
    filled: Any = None
    for column in table.columns[:-1]:
        here = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0)
        filled = here if filled is None else pc.or_(filled, here)
    kept = table.filter(filled)
    grid.columns, grid.numbers = kept.columns[:-1], kept.columns[-1]
    return grid


# -- XLSX -------------------------------------------------------------------------------------


def _read_xlsx(job: FileJob, limits: Limits) -> _Grid:
    check_archive(Path(job.path), inflated_bytes=limits.inflated_bytes, ratio=limits.ratio)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(job.path)
    except Exception as error:
        raise RefusedFileError(
            "无法作为 Excel 工作簿打开（可能已加密、损坏或改过扩展名）", "请取消密码后另存为 .xlsx"
        ) from error
    if job.sheet is not None and job.sheet not in workbook.sheet_names:
        raise RefusedFileError(f"没有名为“{job.sheet}”的工作表", f"现有工作表：{'、'.join(workbook.sheet_names)}")
    sheet = workbook.get_sheet_by_name(job.sheet) if job.sheet is not None else workbook.get_sheet_by_index(0)
    end = sheet.end or (0, 0)
    _check_extent(end[1] + 1, end[0] + 1, limits)
    rows = sheet.to_python(skip_empty_area=False)
    try:
        others = [name for name in sheets_with_content(Path(job.path)) if name != sheet.name]
        faulty = faulty_cells(Path(job.path), workbook.sheet_names.index(sheet.name))
    except (ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise RefusedFileError("工作簿内部结构已损坏", "请在 Excel 中打开后另存为 .xlsx") from error
    if not faulty and not any(_cell(value) for row in rows for value in row):
        raise _empty_sheet(sheet.name, others)
    header = [_cell(value) for value in rows[0]] if rows else []
    problems = _faulty_problems(job, header, faulty)
    for cell in faulty:
        if 1 < cell.row <= len(rows) and cell.column < len(header):
            rows[cell.row - 1][cell.column] = cell.value
    columns = []
    for name, values in zip(header, zip(*rows[1:], strict=True) if len(rows) > 1 else [()] * len(header), strict=True):
        if name in job.identities:
            problems += _lost_digits(job, name, values)
        if name in job.codes:
            problems += _truth_values(job, name, values)
        columns.append(pa.array([_cell(value) for value in values], pa.string()))
    return _without_blank_rows(
        _Grid(
            header=header,
            columns=columns,
            numbers=pa.array(range(2, len(rows) + 1), pa.int64()),
            problems=problems,
            notes=(f"{job.name}：只读取工作表“{sheet.name}”，未读取：{'、'.join(others)}",)
            if others and job.sheet is None
            else (),
        )
    )


def _empty_sheet(name: str, others: Sequence[str]) -> RefusedFileError:
    if not others:
        return RefusedFileError("工作表是空的", "请重新导出")
    return RefusedFileError(
        f"工作表“{name}”是空的，而{'、'.join(f'“{other}”' for other in others)}有内容",
        f"请把数据移到“{name}”，或删去空表",
    )


def _faulty_problems(job: FileJob, header: Sequence[str], faulty: Iterable[FaultyCell]) -> list[Problem]:
    named = [(cell, header[cell.column] if cell.column < len(header) else "") for cell in faulty]
    return [
        Problem(
            file=job.name, row=cell.row, column=name or f"{column_letters(cell.column)} 列", value=cell.value,
            reason=cell.reason, remedy="请在 Excel 中打开，改正公式并保存后重新导出，或将该列粘贴为数值",
        )
        for cell, name in named
        if (cell.row == 1 if not name else not job.known or name in job.known)
    ]  # fmt: skip


def _lost_digits(job: FileJob, name: str, values: Sequence[Any]) -> list[Problem]:
    return [
        Problem(
            file=job.name, row=row, column=name, value=_cell(value),
            reason=f"该号码以数字存放且超过 {DIGITS_EXCEL_KEEPS} 位，Excel 已改动其末位",
            remedy="将该列设为文本格式后重新导出",
        )
        for row, value in enumerate(values, start=2)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**DIGITS_EXCEL_KEEPS
    ]  # fmt: skip


def _truth_values(job: FileJob, name: str, values: Sequence[Any]) -> list[Problem]:
    return [
        Problem(
            file=job.name, row=row, column=name, value=str(value).upper(),
            reason="该单元格是逻辑值，不是编号或名称", remedy="请填写正确的编号或名称，并将该列设为文本格式",
        )
        for row, value in enumerate(values, start=2)
        if isinstance(value, bool)
    ]  # fmt: skip


def _cell(value: Any) -> str:
    """A cell as text: whole numbers without a decimal point, dates as ISO."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


# -- Parquet ----------------------------------------------------------------------------------


def _read_parquet(job: FileJob, limits: Limits) -> _Grid:
    try:
        file = pq.ParquetFile(job.path)
        groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > limits.inflated_bytes:
            raise RefusedFileError(f"文件解压后超过 {limits.inflated_bytes // 2**20} MB 上限", "请拆分后导入")
        _check_extent(file.metadata.num_columns, file.metadata.num_rows, limits)
        table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise RefusedFileError("不是可读的 Parquet 文件", "请重新导出") from error
    numbers = pa.array(range(1, table.num_rows + 1), pa.int64())
    return _Grid(header=list(table.column_names), columns=table.columns, numbers=numbers)
