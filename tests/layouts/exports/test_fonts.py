"""A character without a glyph is an error that names it, never a square."""

from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder

from layouts.exports import fonts
from layouts.exports.snapshot import RenderingError, UnavailableError
from tests.layouts.exports.samples import snapshot


def font(path: Path, characters: str) -> Path:
    """A font file with empty glyphs for `characters`."""
    names = [".notdef", *(f"u{ord(character):04X}" for character in characters)]
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({ord(character): f"u{ord(character):04X}" for character in characters})
    made.setupGlyf(dict.fromkeys(names, FontBuilder(1000).font.get("glyf") or _empty()))
    made.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    made.setupHorizontalHeader()
    made.setupPost()
    made.save(path)
    return path


def _empty():
    from fontTools.pens.ttGlyphPen import TTGlyphPen  # noqa: PLC0415 (needed by this function alone)

    return TTGlyphPen(None).glyph()


@pytest.fixture
def two(tmp_path) -> fonts.Fonts:
    return fonts.Fonts([font(tmp_path / "a.ttf", "中文abc"), tmp_path / "missing.ttf", font(tmp_path / "b.ttf", "●▲")])


def test_fonts_complete_one_another(two):
    assert two.missing("中文 ●a\n") == ""
    assert two.missing("a中龘●龘x") == "龘x"


def test_white_space_and_invisible_marks_need_no_glyph(two):
    assert two.missing("a b\t\n\u200b\u3000\u00a0\u0301") == ""


def test_a_missing_glyph_is_named_with_its_place(two):
    with pytest.raises(RenderingError, match=r"表格“名册”第 2 行中的“龘”（U\+9F98 CJK UNIFIED IDEOGRAPH-9F98）"):
        fonts.check([("标题", "中文"), ("表格“名册”第 2 行", "中龘")], two)


def test_without_any_chinese_font_the_remedy_is_named(tmp_path):
    with pytest.raises(UnavailableError, match="fonts-noto-cjk"):
        fonts.check([("标题", "abc")], fonts.Fonts([font(tmp_path / "a.ttf", "abc")]))


def test_a_file_that_is_no_font_is_passed_over(tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "broken.ttc").write_bytes(b"ttcf")
    assert fonts.Fonts([tmp_path / "broken.ttf", tmp_path / "broken.ttc"]).missing("a") == "a"


def test_directories_are_searched_where_fontconfig_cannot_be_asked(tmp_path, monkeypatch):
    wanted = font(tmp_path / "a.ttf", "中")
    monkeypatch.setattr(fonts, "DIRECTORIES", (tmp_path, tmp_path / "nowhere"))
    monkeypatch.setattr(fonts.shutil, "which", lambda _name: None)
    fonts.installed.cache_clear()
    try:
        assert fonts.installed().missing("中文") == "文"
    finally:
        fonts.installed.cache_clear()
    assert wanted.exists()


@pytest.mark.slow
def test_what_the_product_writes_can_be_drawn_by_the_fonts_of_this_machine():
    if fonts.installed().missing("中"):
        pytest.skip("No Chinese fonts here, which the test is about; make browser installs them.")
    assert fonts.installed().missing("●◆▲■○◌↑↓–—−·“”（）：；，。…╌┈①") == ""
    fonts.check(snapshot().texts())
