"""Every kind of file that a panel can leave as, and what each needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from layouts.exports import csv, fonts, pdf, picture, xlsx
from layouts.exports.image import RENDERER, Renderer
from layouts.exports.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Form:
    """One kind of file.

    Attributes:
        make: the bytes of a snapshot, with whatever draws its charts.
        is_drawn: True where type is set, so that every character needs a glyph.
    """

    media_type: str
    make: Callable[[Snapshot, Renderer], bytes]
    is_drawn: bool


def content_of(snapshot: Snapshot, form: str, *, renderer: Renderer = RENDERER) -> bytes:
    """The panel as a file of `form`, one of `FORMS`.

    Raises:
        UnavailableError: the server lacks what this kind of file needs.
        RenderingError: a character has no glyph, or the drawing failed.
        BusyError: one draws and another waits already, or the wait was too long.
    """
    chosen = FORMS[form]
    if not chosen.is_drawn:
        return chosen.make(snapshot, renderer)
    fonts.check(snapshot.texts())
    with renderer.turn():  # the whole of it, so that nobody has to queue again for the next chart of a panel
        return chosen.make(snapshot, renderer)


def _png(snapshot: Snapshot, renderer: Renderer) -> bytes:
    drawn = picture.compose(snapshot, renderer.svg)
    return renderer.png(drawn.svg, width=drawn.width, height=drawn.height)


FORMS: Final[Mapping[str, Form]] = {
    "png": Form(media_type="image/png", make=_png, is_drawn=True),
    "svg": Form(
        media_type=picture.MEDIA_TYPE,
        make=lambda snapshot, renderer: picture.compose(snapshot, renderer.svg).svg.encode(),
        is_drawn=True,
    ),
    "pdf": Form(
        media_type=pdf.MEDIA_TYPE,
        make=lambda snapshot, renderer: pdf.content_of(snapshot, renderer.svg),
        is_drawn=True,
    ),
    "xlsx": Form(
        media_type=xlsx.MEDIA_TYPE, make=lambda snapshot, _renderer: xlsx.content_of(snapshot), is_drawn=False
    ),
    "csv": Form(
        media_type=csv.MEDIA_TYPE,
        make=lambda snapshot, _renderer: csv.bytes_of_sheets(snapshot.sheets, snapshot.facts),
        is_drawn=False,
    ),
}
"""By ending."""
