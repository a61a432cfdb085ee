"""Panels as PDF for print: charts as drawings, tables as text, and on every page where they come from."""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader

from layouts.exports.picture import WIDTH, DrawChart, written
from layouts.exports.shown import Chart
from layouts.exports.snapshot import Snapshot, UnavailableError
from layouts.theme import TOKENS_FILE, tokens

MEDIA_TYPE: Final = "application/pdf"
NO_PANGO: Final = (
    "服务器缺少 Pango 库，无法生成 PDF。请系统管理员安装（Debian/Ubuntu：apt install libpango-1.0-0 libpangoft2-1.0-0 "
    "libharfbuzz-subset0）后再试；XLSX 和 CSV 不受影响。"
)
WIDE_FROM: Final = 7
"""So many columns need paper that lies on its side."""

_FONT_FAMILY: Final = re.compile(r"font-family: [^;]+")
_TEMPLATES: Final = TOKENS_FILE.parents[1] / "layouts" / "templates"


def content_of(snapshot: Snapshot, draw: DrawChart) -> bytes:
    """The document, A4; it lies on its side where it holds a chart or a wide table.

    Args:
        snapshot: what is shown.
        draw: as for `layouts.exports.picture.compose`; not called where there is no chart.

    Raises:
        UnavailableError: the libraries that set type are not installed.
    """
    content: bytes = document(snapshot, draw).write_pdf()
    return content


def document(snapshot: Snapshot, draw: DrawChart) -> Any:
    """The pages before they are written; see `content_of`."""
    return _rendered(html(snapshot, draw))


def of_template(name: str, **context: Any) -> bytes:
    """The document that a template of its own describes, with everything it needs inside.

    Raises:
        UnavailableError: the libraries that set type are not installed.
    """
    content: bytes = _rendered(_environment().get_template(name).render(**context)).write_pdf()
    return content


def _rendered(source: str) -> Any:
    try:
        # A second long, and impossible without libraries of the system: only who wants a PDF pays for it.
        import weasyprint  # noqa: PLC0415
    except OSError as error:
        raise UnavailableError(NO_PANGO) from error

    return weasyprint.HTML(string=source, url_fetcher=_only_inline(weasyprint)).render()


def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)


def html(snapshot: Snapshot, draw: DrawChart) -> str:
    """The document as HTML, with everything it needs inside."""
    parts: list[dict[str, Any]] = []
    for part in snapshot.parts:
        if isinstance(part, Chart):
            width = max(WIDTH, part.least_width)
            drawn = _with_plain_lists(draw(part.figure, width=width, height=part.height))
            parts.append({"chart": f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"})
        else:
            parts.append({"sheet": part})
    is_wide = bool(snapshot.charts) or any(len(sheet.columns) >= WIDE_FROM for sheet in snapshot.sheets)
    return (
        _environment()
        .get_template("snapshot.html")
        .render(snapshot=snapshot, parts=parts, is_wide=is_wide, written=written, token=tokens())
    )


def _with_plain_lists(svg: str) -> str:
    """WeasyPrint takes no name of a list of fonts but the first where spaces stand between them."""
    return _FONT_FAMILY.sub(lambda found: found[0].replace(", ", ","), svg)


def _only_inline(weasyprint: Any) -> Any:
    """Fetches what stands in the document itself, and nothing else."""
    return weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)
