"""Panels on paper: pages, titles and numbers as they come out of the type-setting."""

import re
import zlib

import pytest

from layouts.exports import pdf
from layouts.sheet import Sheet
from tests.layouts.exports.samples import WEEKS, no_chart, of_sheets, plain_chart, snapshot

LONG = Sheet(title="名册", columns=("学号", "到课率(%)"), rows=[(f"2024{n:04d}", 90.5) for n in range(120)])


def words(document):
    """All text of the pages, in the order in which it was set."""
    return [
        "".join(box.text for box in page._page_box.descendants() if hasattr(box, "text")) for page in document.pages
    ]


def inflated(stream):
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.fixture(scope="module")
def long_document():
    return pdf.document(of_sheets(LONG), no_chart)


def test_title_origin_and_numbers_are_text(long_document):
    (said, *_) = words(long_document)
    for part in ("逐周到课率（单位 %）", "机械制图 · 机电2401", "学号", "20240001", "90.5"):
        assert part in said
    assert of_sheets(LONG).sha256 in words(long_document)[-1].replace("\n", "")


def test_every_page_has_its_number_title_and_the_headings(long_document):
    pages = words(long_document)
    assert len(pages) > 1
    for number, said in enumerate(pages, 1):
        assert f"第 {number} 页，共 {len(pages)} 页" in said
        assert "逐周到课率" in said
    assert "学号" in pages[1]


def test_a_narrow_table_stands_and_a_chart_lies_on_its_side(long_document):
    assert long_document.pages[0].height > long_document.pages[0].width
    lying = pdf.document(snapshot(), plain_chart).pages[0]
    assert lying.width > lying.height


def test_the_file_names_title_and_hash():
    made = of_sheets(WEEKS)
    content = pdf.content_of(made, no_chart)
    assert content.startswith(b"%PDF-")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, flags=re.DOTALL)
    told = b"".join(inflated(stream) for stream in streams).lower()
    for text in (made.origin.title, f"内容校验 SHA-256 {made.sha256}"):
        assert text.encode("utf-16-be").hex().encode() in told


def test_what_a_text_holds_cannot_become_part_of_the_page():
    evil = Sheet(title="a", columns=("<b>",), rows=[("<script>alert(1)</script><img src='http://example.invalid/x'>",)])
    page = pdf.html(of_sheets(evil), no_chart)
    assert "<script>" not in page
    assert "<img" not in page


def test_nothing_is_fetched_from_anywhere():
    import weasyprint  # noqa: PLC0415 (costs a second, which other tests of the module should not pay)

    fetcher = pdf._only_inline(weasyprint)
    for address in ("http://127.0.0.1:9/x", "file:///etc/hostname"):
        with pytest.raises(Exception, match=r"(?i)protocol|unsupported|not allowed"):
            fetcher.fetch(address)


def test_without_the_libraries_of_the_system_the_remedy_is_named(monkeypatch):
    import builtins  # noqa: PLC0415 (only here)

    real = builtins.__import__

    def without_pango(name, *arguments, **options):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_pango)
    with pytest.raises(pdf.UnavailableError, match="libpango"):
        pdf.document(of_sheets(WEEKS), no_chart)
