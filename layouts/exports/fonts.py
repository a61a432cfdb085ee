"""Whether the fonts of this server can draw a text: a missing glyph is an error, never a square in a file."""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTCollection, TTFont, TTLibError

from layouts.exports.snapshot import RenderingError, UnavailableError

DIRECTORIES: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
    Path.home() / ".fonts",
)
"""Where fonts are where fontconfig cannot be asked."""
NO_CHINESE: Final = "服务器没有中文字体，无法生成图片和 PDF。请系统管理员安装中文字体（Debian/Ubuntu：apt install fonts-noto-cjk）后再试；XLSX 和 CSV 不受影响。"

_WANTED: Final = "PingFang SC,Microsoft YaHei,Noto Sans CJK SC,Noto Sans SC,sans-serif:lang=zh-cn"
_TYPICAL: Final = "中"
_ENDINGS: Final = frozenset({".ttf", ".otf", ".ttc", ".otc"})
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"})
_SECONDS: Final = 10


class Fonts:
    """The fonts that drawing falls back on, one after the other, each opened when the ones before it do not do.

    Args:
        files: font files, the preferred ones first.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._left = iter(list(files))
        self._drawn: set[int] = set()

    def missing(self, text: str) -> str:
        """The characters of `text` that no font has a glyph for, each once, in order; white space needs none."""
        wanted = dict.fromkeys(character for character in text if unicodedata.category(character) not in _INVISIBLE)
        while any(ord(character) not in self._drawn for character in wanted):
            file = next(self._left, None)
            if file is None:
                break
            self._drawn |= _glyphs(file)
        return "".join(character for character in wanted if ord(character) not in self._drawn)


def check(texts: Iterable[tuple[str, str]], fonts: Fonts | None = None) -> None:
    """Make sure that every text can be drawn.

    Args:
        texts: where each stands, and the text.
        fonts: those of this server by default.

    Raises:
        UnavailableError: there is no Chinese font at all.
        RenderingError: a character has no glyph; the message names it and where it stands.
    """
    chosen = fonts or installed()
    if chosen.missing(_TYPICAL):
        raise UnavailableError(NO_CHINESE)
    for place, text in texts:
        if missing := chosen.missing(text):
            character = missing[0]
            name = unicodedata.name(character, "未命名字符")
            raise RenderingError(
                f"{place}中的“{character}”（U+{ord(character):04X} {name}）在服务器的字体里没有字形，"
                "为免印成方块，没有生成文件。请系统管理员安装含有该字的字体；XLSX 和 CSV 不受影响。"
            )


@cache
def installed() -> Fonts:
    """The fonts of this server; what is installed later is seen after a restart."""
    return Fonts(_by_fontconfig() or sorted(_in_directories()))


def _by_fontconfig() -> list[Path]:
    """Files in the order in which fontconfig falls back on them; none where it is not there."""
    program = shutil.which("fc-match")
    if program is None:
        return []
    asked = subprocess.run(  # noqa: S603 (a fixed program with fixed arguments)
        [program, "--sort", "--format", "%{file}\n", _WANTED],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return [Path(line) for line in dict.fromkeys(asked.stdout.splitlines()) if Path(line).suffix.lower() in _ENDINGS]


def _in_directories() -> Iterator[Path]:
    for directory in DIRECTORIES:
        yield from (path for path in directory.rglob("*") if path.suffix.lower() in _ENDINGS)


def _glyphs(file: Path) -> set[int]:
    """The code points that a font file has glyphs for; none where it cannot be read."""
    try:
        with file.open("rb") as stream:
            is_collection = file.suffix.lower() in {".ttc", ".otc"}
            # the faces of a collection share their glyphs but for a few
            font = TTCollection(stream, lazy=True).fonts[0] if is_collection else TTFont(stream, lazy=True)
            return set(font.getBestCmap() or ())
    except (OSError, TTLibError):
        return set()
