"""What a workbook's bytes tell that its cell values do not: errors, formulas without a result, other sheets.

The reader of cells gives an empty text for `#N/A` as for a formula whose result was never stored, so that
either would look like a cell left blank. The parts are scanned as bytes first, since most workbooks have
neither, and parsed only where something was found.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from data_access.intake.problems import RefusedFileError

NO_RESULT: Final = "公式没有缓存结果"
ERROR_VALUE: Final = "公式错误值"
_RATIO_FLOOR: Final = 50 * 2**20
_OLE_MARK: Final = bytes.fromhex("d0cf11e0")
_ENCRYPTED_MARK: Final = "EncryptedPackage".encode("utf-16-le")
_CHUNK: Final = 2**20
_OVERLAP: Final = 64
_SUSPECT: Final = re.compile(rb"""\st=["']e["']|<(?:\w+:)?f[\s/>]""")
_CONTENT: Final = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s>]")
_CELL_NAME: Final = re.compile("([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultyCell:
    """A cell that has no value of its own.

    Attributes:
        row: row as a spreadsheet numbers it.
        column: column counted from 0.
        value: the error (`#N/A`) or the formula.
        reason: which of the two it is, in Chinese.
    """

    row: int
    column: int
    value: str
    reason: str


def check_archive(path: Path, *, inflated_bytes: int, ratio: int) -> None:
    """Look at the outside of a workbook before anything in it is unpacked.

    Raises:
        RefusedFileError: it is no XLSX file, or would unpack to more than allowed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        refuse_old_workbook(path.read_bytes())
        raise RefusedFileError("不是 .xlsx 文件（可能已损坏或改过扩展名）", "请另存为 .xlsx 后导入") from error
    inflated = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if inflated > inflated_bytes or (inflated > _RATIO_FLOOR and inflated / packed > ratio):
        raise RefusedFileError(
            f"工作簿解压后有 {inflated // 2**20} MB，超过上限", "请清除多余的格式与空行，或拆分后导入"
        )


def refuse_old_workbook(content: bytes) -> None:
    """Do nothing, unless the bytes are those of a workbook that cannot be read.

    Raises:
        RefusedFileError: they are a workbook in the format before XLSX, or one with a password.
    """
    if not content.startswith(_OLE_MARK):
        return
    # A workbook with a password is wrapped in the container that the old format used.
    if _ENCRYPTED_MARK in content:
        raise RefusedFileError("工作簿已加密", "请取消密码后另存为 .xlsx")
    raise RefusedFileError("旧版 .xls 不支持", "请在 Excel 中另存为 .xlsx 后导入")


def faulty_cells(path: Path, sheet: int) -> tuple[FaultyCell, ...]:
    """The cells of a worksheet (counted from 0) that hold an error, or a formula without a stored result.

    Raises:
        ValueError: the workbook's XML cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        part = dict(enumerate(_parts(archive).values())).get(sheet)
        if part is None or not _contains(archive, part, _SUSPECT):
            return ()
        cells = _Cells()
        with archive.open(part) as stream:
            _parse(stream, cells.start, cells.end, cells.characters)
    return tuple(cells.found)


def sheets_with_content(path: Path) -> tuple[str, ...]:
    """Names of the worksheets in which any cell is filled, in their order.

    Raises:
        ValueError: the workbook's XML cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        return tuple(name for name, part in _parts(archive).items() if _contains(archive, part, _CONTENT))


def column_letters(column: int) -> str:
    """The letters over a column counted from 0: A, B … Z, AA."""
    letters = ""
    rest = column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Member of the archive for each sheet by name, in their order; sheets whose part is missing are left out."""
    sheets: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "sheet":
            link = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            sheets[attributes.get("name", "")] = link

    def relationship(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "Relationship":
            targets[attributes.get("Id", "")] = posixpath.normpath(
                posixpath.join("/xl", attributes.get("Target", ""))
            ).lstrip("/")

    members = set(archive.namelist())
    for member, handler in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", relationship)):
        if member in members:
            with archive.open(member) as stream:
                _parse(stream, handler)
    return {name: targets[link] for name, link in sheets.items() if targets.get(link) in members}


def _contains(archive: zipfile.ZipFile, part: str, pattern: re.Pattern[bytes]) -> bool:
    with archive.open(part) as stream:
        return any(pattern.search(window) for window in _windows(stream))


def _windows(stream: IO[bytes]) -> Iterator[bytes]:
    # A match may lie across two chunks, so each window starts with the end of the one before.
    tail = b""
    while chunk := stream.read(_CHUNK):
        yield tail + chunk
        tail = chunk[-_OVERLAP:]


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _parse(
    stream: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = _refuse_entities
    try:
        parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise ValueError(f"The workbook's XML cannot be read: {error}") from error


def _refuse_entities(*_declaration: object) -> None:
    # No program that writes workbooks declares entities; those that expand without end are an attack.
    raise ValueError("The workbook's XML declares entities.")


class _Cells:
    """Handlers that keep only the cell being read, however long the sheet."""

    def __init__(self) -> None:
        self.found: list[FaultyCell] = []
        self._type = ""
        self._at = (0, -1)
        self._within = ""
        self._texts = {"v": "", "f": ""}
        self._has_formula = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "row":
            row = attributes.get("r", "")
            self._at = (int(row) if row.isdecimal() else self._at[0] + 1, -1)
        elif name == "c":
            self._at = _position(attributes.get("r", "")) or (self._at[0], self._at[1] + 1)
            self._type = attributes.get("t", "n")
            self._texts = {"v": "", "f": ""}
            self._has_formula = False
        elif name in self._texts:
            self._within = name
            self._has_formula = self._has_formula or name == "f"

    def characters(self, text: str) -> None:
        if self._within:
            self._texts[self._within] += text

    def end(self, tag: str) -> None:
        name = _local(tag)
        if name in self._texts:
            self._within = ""
        elif name == "c":
            if self._type == "e":
                self._add(self._texts["v"], ERROR_VALUE)
            # A formula may well result in an empty text; then the cell says that it is a text.
            elif self._has_formula and not self._texts["v"] and self._type != "str":
                self._add(f"={self._texts['f']}", NO_RESULT)

    def _add(self, value: str, reason: str) -> None:
        row, column = self._at
        self.found.append(FaultyCell(row=row, column=column, value=value[:120], reason=reason))


def _position(name: str) -> tuple[int, int] | None:
    match = _CELL_NAME.fullmatch(name)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column - 1
