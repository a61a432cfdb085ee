"""Markdown as the generated pages write it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def cell(value: object) -> str:
    """`value` as the content of one cell of a table: on one line, its bars escaped."""
    return " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    """`value` in the font of code, empty where it is empty."""
    text = cell(value)
    return f"`{text}`" if text else ""


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a table, its cells already written as Markdown, with an empty line after it."""
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(str(value) for value in row)} |"
    yield ""
