"""How the text of a cell becomes a value: one SQL expression per parser, empty where the text does not fit.

Cells are compared as text throughout, so `NA`, `None` and `null` are ordinary words and a student number
keeps its leading zeros. Every expression yields NULL for text it cannot read; the caller tells that from
an empty cell and makes it a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from data_access.contracts import Table
from data_access.merging import key_expression

SPACES: Final = " \t\r\n\u00a0\u3000\ufeff"
TRUE_WORDS: Final = ("是", "true", "1", "y", "yes", "有", "√", "t")
FALSE_WORDS: Final = ("否", "false", "0", "n", "no", "无", "×", "f")
_WIDE: Final = "０１２３４５６７８９．－／：＋"
_NARROW: Final = "0123456789.-/:+"
_CODE_WIDE: Final = "".join(chr(n) for n in range(0xFF01, 0xFF5F) if chr(n + 0x20 - 0xFF00).isalnum()) + "－．／＿＃"
_CODE_NARROW: Final = "".join(chr(ord(character) + 0x20 - 0xFF00) for character in _CODE_WIDE)
_DATE: Final = "([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?"
_TERM: Final = "([0-9]{4})[-—–]([0-9]{4})(学年)?[-—– ]?(第)?([12一二])(学期)?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parser:
    """One way to read a cell.

    Attributes:
        sql: from SQL for the cleaned text (NULL where empty) to SQL for the value.
        sql_type: DuckDB type of the value.
        types: contract types it can fill.
        expects: what the cell should look like, in Chinese, for messages and documentation.
        is_identity: True where a number in a spreadsheet cell may have lost digits.
    """

    name: str
    sql: Callable[[str], str]
    sql_type: str
    types: frozenset[str]
    expects: str
    is_identity: bool = False


def quoted(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def cleaned(source: str) -> str:
    """SQL for the text of a cell without surrounding white space, NULL where nothing remains."""
    return f"nullif(trim(CAST({source} AS VARCHAR), {quoted(SPACES)}), '')"


def code_text(text: str) -> str:
    """SQL for a number or code with its letters, digits and joining signs in their ordinary width.

    Brackets and the like stay as they are: names such as 软件2501（升本） are commonly written with wide ones.
    """
    return f"translate({text}, {quoted(_CODE_WIDE)}, {quoted(_CODE_NARROW)})"


def _narrow(text: str) -> str:
    return f"translate({text}, {quoted(_WIDE)}, {quoted(_NARROW)})"


def _integer(text: str) -> str:
    narrow = _narrow(text)
    return (
        f"CASE WHEN regexp_full_match({narrow}, '[+-]?[0-9]{{1,18}}([.]0+)?') "
        f"THEN TRY_CAST(regexp_replace({narrow}, '[.]0+$', '') AS BIGINT) END"
    )


def _number(text: str) -> str:
    narrow = _narrow(text)
    pattern = "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"
    return f"CASE WHEN regexp_full_match({narrow}, '{pattern}') THEN TRY_CAST({narrow} AS DOUBLE) END"


def _boolean(text: str) -> str:
    true, false = (", ".join(map(quoted, words)) for words in (TRUE_WORDS, FALSE_WORDS))
    return f"CASE WHEN lower({text}) IN ({true}) THEN true WHEN lower({text}) IN ({false}) THEN false END"


def _date(text: str) -> str:
    narrow = _narrow(text)
    parts = ", ".join(f"CAST(regexp_extract({narrow}, '{_DATE}', {n}) AS INTEGER)" for n in (1, 2, 3))
    return (
        f"CASE WHEN regexp_full_match({narrow}, '{_DATE}') THEN TRY_CAST(printf('%04d-%02d-%02d', {parts}) AS DATE) "
        f"WHEN regexp_full_match({narrow}, '[0-9]{{8}}') THEN TRY_CAST("
        f"{narrow}[1:4] || '-' || {narrow}[5:6] || '-' || {narrow}[7:8] AS DATE) END"
    )


def _date_part(part: str) -> Callable[[str], str]:
    return lambda text: f"CAST({part.format(_date(text))} AS BIGINT)"


def _term(text: str) -> str:
    narrow = _narrow(text)
    first, second, number = (f"regexp_extract({narrow}, '{_TERM}', {n})" for n in (1, 2, 5))
    return (
        f"CASE WHEN regexp_full_match({narrow}, '[0-9]{{4}}[12]') THEN TRY_CAST({narrow} AS BIGINT) "
        f"WHEN regexp_full_match({narrow}, '{_TERM}') AND CAST({second} AS INTEGER) = CAST({first} AS INTEGER) + 1 "
        f"THEN CAST({first} AS BIGINT) * 10 + CASE WHEN {number} IN ('1', '一') THEN 1 ELSE 2 END END"
    )


def _academic_year(text: str) -> str:
    narrow = _narrow(text)
    return (
        f"CASE WHEN regexp_full_match({narrow}, '[0-9]{{4}}-[0-9]{{4}}') "
        f"AND CAST({narrow}[6:9] AS INTEGER) = CAST({narrow}[1:4] AS INTEGER) + 1 THEN {narrow} END"
    )


PARSERS: Final[Mapping[str, Parser]] = {
    parser.name: parser
    for parser in (
        Parser(
            name="text", sql=lambda text: text, sql_type="VARCHAR", types=frozenset({"str", "enum"}), expects="文本",
            is_identity=True,
        ),
        Parser(name="int", sql=_integer, sql_type="BIGINT", types=frozenset({"int", "float"}), expects="整数"),
        Parser(name="float", sql=_number, sql_type="DOUBLE", types=frozenset({"float"}), expects="数字"),
        Parser(
            name="bool", sql=_boolean, sql_type="BOOLEAN", types=frozenset({"bool"}), expects="“是”或“否”"
        ),
        Parser(
            name="date", sql=_date, sql_type="DATE", types=frozenset({"date"}),
            expects="存在的日期，如 2025-09-01、2025/9/1 或 20250901",
        ),
        Parser(
            name="date_id", sql=_date_part("strftime({}, '%Y%m%d')"), sql_type="BIGINT", types=frozenset({"int"}),
            expects="存在的日期，如 2025-09-01、2025/9/1 或 20250901",
        ),
        Parser(
            name="month", sql=_date_part("month({})"), sql_type="BIGINT", types=frozenset({"int"}),
            expects="存在的日期，取其月份",
        ),
        Parser(
            name="year", sql=_date_part("year({})"), sql_type="BIGINT", types=frozenset({"int"}),
            expects="存在的日期，取其年份",
        ),
        Parser(
            name="term", sql=_term, sql_type="BIGINT", types=frozenset({"int"}),
            expects="学期，如 2025-2026-2 或 20252",
        ),
        Parser(
            name="acad_year", sql=_academic_year, sql_type="VARCHAR", types=frozenset({"str"}),
            expects="学年，如 2025-2026",
        ),
        Parser(
            name="code_id", sql=lambda text: text, sql_type="BIGINT", types=frozenset({"int"}),
            expects="编号：纯数字（不超过 15 位）直接使用，其他编号按固定算法换算", is_identity=True,
        ),
    )
}  # fmt: skip
"""All parsers by name. `code_id` is completed by `code_key`, since it depends on the table it names."""


def code_key(table: Table, text: str) -> str:
    """SQL for the key that a code stands for: the code itself where it is a number, else a fixed hash of it."""
    return (
        f"CASE WHEN regexp_full_match({text}, '[1-9][0-9]{{0,14}}') THEN CAST({text} AS BIGINT) "
        f"WHEN {text} IS NOT NULL THEN {key_expression(table, [text])} END"
    )
