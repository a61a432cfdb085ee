"""Names of files that are given out: headers hold ASCII alone, names are Chinese."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Response

_OTHERWISE: Final = "luoxuan"
"""What a client that does not read the coded name calls the file."""


def attach(answer: Response, name: str) -> Response:
    """Let a browser save the answer under `name`, whatever characters it has."""
    ending = name.rpartition(".")[2]
    plain = f"{_OTHERWISE}.{ending}" if ending.isascii() and ending.isalnum() else _OTHERWISE
    answer.headers["Content-Disposition"] = f"attachment; filename={plain}; filename*=UTF-8''{quote(name, safe='')}"
    return answer
