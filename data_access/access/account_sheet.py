"""Files of accounts and posts as people fill them in: one row a person and post, read and checked cell by cell.

What a row means at this college (who is known, which nodes there are) is for `account_plan` to say.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from data_access.access.names import normal_username, one_line
from data_access.access.roles import ROLES, Role
from data_access.errors import did_you_mean
from data_access.intake.problems import Problem
from data_access.intake.reading import ROW
from data_access.intake.uploads import UploadKind, read_upload, refused

NAME_OF_USER: Final = "用户名"
NAME: Final = "姓名"
KIND: Final = "人员类别"
NUMBER: Final = "工号或学号"
ROLE: Final = "岗位"
NODE: Final = "岗位节点"
FROM: Final = "生效日期"
TO: Final = "失效日期"
PASSWORD: Final = "初始密码"  # noqa: S105 (a heading)
COLUMNS: Final = (NAME_OF_USER, NAME, KIND, NUMBER, ROLE, NODE, FROM, TO, PASSWORD)
"""Headings of a file; only the first must be there."""
KINDS: Final[Mapping[str, str]] = {"教职工": "teacher", "学生": "student", "其他": "other"}
MOST_ROWS: Final = 5000
LONGEST_NAME: Final = 64
HIDDEN: Final = "••••••"
"""Stands for a password in whatever is shown."""

_KIND_OF_FILE: Final = UploadKind(
    source="accounts",
    expected=(NAME_OF_USER,),
    known=COLUMNS,
    identities=(NAME_OF_USER, NUMBER),
    codes=COLUMNS,
    most_rows=MOST_ROWS,
    most_columns=40,
    too_large="请拆分后导入",
)
_DATE: Final = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d\d)(\d\d))(?: 00:00(?::00)?)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetRow:
    """One row of a file, its cells understood.

    Attributes:
        row: as a spreadsheet numbers it.
        username: normal form; empty where the number is to serve as one.
        person_kind: ``teacher``, ``student``, ``other``, or empty where nothing is said.
        role: None in a row that is about the account alone.
        node: what the post is held at, as written.
        password: never shown; not in `repr` either.
    """

    row: int
    username: str
    name: str = ""
    person_kind: str = ""
    number: str = ""
    role: Role | None = None
    node: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    password: str = ""

    def __repr__(self) -> str:
        return f"SheetRow(row={self.row}, username={self.username!r})"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A file as read.

    Attributes:
        rows: those that say whom they are about; a cell that could not be understood is as if it were empty.
        problems: everything that could not.
        notes: what was passed over, such as columns that mean nothing here.
    """

    name: str
    rows: tuple[SheetRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def read_sheet(content: bytes, name: str) -> Sheet:
    """The rows of a CSV (UTF-8, GB18030) or XLSX file; workbooks are opened by a child process, under limits.

    Args:
        content: the file.
        name: its name as received; its ending tells what it is.
    """
    found = read_upload(content, name, _KIND_OF_FILE)
    problems = tuple(_without_secrets(problem) for problem in found.problems)
    if found.lines is None:
        return Sheet(name=found.name, problems=problems)
    if not found.lines and not problems:
        return Sheet(name=found.name, problems=refused(found.name, "文件没有数据行", "请核对导出内容").problems)
    read = [_Line(found.name, line) for line in found.lines]
    rows = [line.read() for line in read]
    return Sheet(
        name=found.name,
        rows=tuple(row for row in rows if row.username),
        problems=(*problems, *(problem for line in read for problem in line.problems)),
        notes=found.notes,
    )


def _without_secrets(problem: Problem) -> Problem:
    # A row that could not be split into columns is quoted as a whole, with the password that may stand in it.
    hides = problem.column == PASSWORD or not problem.column
    return replace(problem, value=HIDDEN) if problem.value and hides else problem


class _Line:
    """The cells of one row, and what is wrong with them."""

    def __init__(self, file: str, line: Mapping[str, object]) -> None:
        self.file = file
        self.row = int(str(line[ROW]))
        self.cells = {column: str(line.get(column) or "").strip() for column in COLUMNS}
        self.problems: list[Problem] = []

    def wrong(self, column: str, reason: str, remedy: str) -> None:
        """Notes a problem with a cell."""
        value = self.cells[column]
        self.problems.append(
            Problem(file=self.file, row=self.row, column=column, value=value, reason=reason, remedy=remedy)
        )

    def read(self) -> SheetRow:
        """What could be understood of the row."""
        cells = self.cells
        role = self._role()
        first, last = self._day(FROM), self._day(TO)
        if first is not None and last is not None and last < first:
            self.wrong(TO, "失效日期早于生效日期", "失效日期是任职的最后一天，请改正")
        if cells[KIND] and cells[KIND] not in KINDS:
            self.wrong(KIND, "没有这种人员类别", f"请填写：{'、'.join(KINDS)}")
        if len(cells[NAME]) > LONGEST_NAME:
            self.wrong(NAME, f"姓名超过 {LONGEST_NAME} 个字符", "请填写正确的姓名")
        return SheetRow(
            row=self.row,
            username=self._username(),
            name=one_line(cells[NAME], LONGEST_NAME),
            person_kind=KINDS.get(cells[KIND], ""),
            number=cells[NUMBER],
            role=role,
            node=cells[NODE],
            valid_from=first,
            valid_to=last,
            password=cells[PASSWORD],
        )

    def _username(self) -> str:
        username = normal_username(self.cells[NAME_OF_USER] or self.cells[NUMBER])
        if not username:
            self.wrong(NAME_OF_USER, "用户名与工号或学号都没有填", "请填写其中一项；用户名留空时以工号或学号为用户名")
        elif len(username) > LONGEST_NAME:
            self.wrong(NAME_OF_USER, f"用户名超过 {LONGEST_NAME} 个字符", "请填写正确的用户名")
        return username

    def _role(self) -> Role | None:
        text = self.cells[ROLE]
        role = _ROLES.get(plain(text))
        names = [info.name_zh for info in ROLES.values()]
        if text and role is None:
            nearest = did_you_mean(text, names)
            self.wrong(ROLE, "没有这种岗位", f"是否为“{nearest}”？" if nearest else f"请填写：{'、'.join(names)}")
        for column in (NODE, FROM, TO):
            if self.cells[column] and not text:
                self.wrong(column, f"填了{column}，却没有填岗位", f"请填写岗位，或清空{column}")
        return role

    def _day(self, column: str) -> dt.date | None:
        text = unicodedata.normalize("NFKC", self.cells[column])
        match = _DATE.fullmatch(text)
        try:
            parts = [int(part) for part in match.groups() if part is not None] if match else []
            day = dt.date(*parts) if parts else None
        except ValueError:
            day = None
        if text and day is None:
            self.wrong(column, "不是日期", "请填写年-月-日，如 2026-09-01")
        return day


def plain(text: str) -> str:
    """Text as names are compared: widths and cases of letters do not count, nor spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


_ROLES: Final = {plain(info.name_zh): role for role, info in ROLES.items()}
