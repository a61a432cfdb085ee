"""Which encoding a text file is in: strictly one, or a refusal that names the lines at fault.

GB18030 decodes nearly any bytes, so it cannot be told from UTF-8 by trying alone. A file of which some
lines are surely UTF-8 and others are not is a mixture, put together from two exports; reading it under
either encoding would change names silently.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

LINES_NAMED: Final = 20
_HAN_OR_WIDE: Final = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The text of a file.

    Attributes:
        text: the text; where lines are `foreign` each line was read in the encoding it fits, so that
            its other problems can be found, but the file must not be taken.
        foreign: numbers of the lines (from 1) that are in another encoding than the rest.
        undecodable: numbers of the lines that fit no supported encoding.
    """

    text: str
    encoding: str
    foreign: tuple[int, ...] = ()
    undecodable: tuple[int, ...] = ()

    @property
    def is_sound(self) -> bool:
        """True where the whole file is in one encoding."""
        return not self.foreign and not self.undecodable


def decode(content: bytes) -> Decoded:
    """The text of `content`, in UTF-8 (with or without mark), UTF-16 with mark, or GB18030."""
    if content.startswith(_UTF16_MARKS):
        try:
            return Decoded(text=content.decode("utf-16"), encoding="utf-16")
        except UnicodeDecodeError:
            return Decoded(text="", encoding="", undecodable=(1,))
    try:
        return Decoded(text=content.decode("utf-8-sig"), encoding="utf-8")
    except UnicodeDecodeError:
        pass
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")
    utf8 = {number for number, line in enumerate(lines, start=1) if _surely_utf8(line)}
    if not utf8 and not content.startswith(codecs.BOM_UTF8):
        try:
            return Decoded(text=content.decode("gb18030"), encoding="gb18030")
        except UnicodeDecodeError:
            pass
    return _line_by_line(lines, utf8)


def _surely_utf8(line: bytes) -> bool:
    # Pairs of GB18030 can look like two-byte UTF-8 by accident, a three-byte Chinese character hardly ever.
    if line.isascii():
        return False
    try:
        return _HAN_OR_WIDE.search(line.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False


def _line_by_line(lines: list[bytes], utf8: set[int]) -> Decoded:
    texts: list[str] = []
    other: set[int] = set()
    broken: list[int] = []
    for number, line in enumerate(lines, start=1):
        if line.isascii() or number in utf8:
            texts.append(line.decode("utf-8"))
            continue
        try:
            texts.append(line.decode("gb18030"))
            other.add(number)
        except UnicodeDecodeError:
            texts.append(line.decode("ascii", errors="ignore"))
            broken.append(number)
    minority, encoding = (other, "utf-8") if len(utf8) >= len(other) else (utf8, "gb18030")
    return Decoded(
        text="\n".join(texts),
        encoding=encoding,
        foreign=tuple(sorted(minority)) if utf8 and other else (),
        undecodable=tuple(broken),
    )
