"""Sends scripts, style sheets and data compressed; pages that carry a token are sent as they are.

Compressing a token beside text that somebody else chose lets its length betray the token (BREACH). The documents
of the server and the shell hold one; scripts and the answers to requests for data, which need a token to be asked at
all, do not.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from flask import Flask, Request, Response, request
from flask_compress import Compress

from dashboards.surface import ASSETS, DATA, SUITES

_FILES: Final = frozenset({ASSETS, SUITES})
_KEPT: Final = 256
_BR_LEVEL: Final = 5
"""As small as gzip gets at its best, in a third of the time."""


class Shelf:
    """Compressed files, those not asked for longest thrown away: they are the same for everybody."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """The compressed file of that key, if it is still there."""
        with self._lock:
            found = self._files.get(key)
            if found is not None:
                self._files.move_to_end(key)
            return found

    def set(self, key: str, value: bytes) -> None:
        """Keeps a compressed file."""
        with self._lock:
            self._files[key] = value
            self._files.move_to_end(key)
            while len(self._files) > _KEPT:
                self._files.popitem(last=False)


def _key(asked: Request) -> str:
    """A file and its version: both are in its address."""
    return f"{asked.path}?{asked.args.get('m', '')}"


def install(server: Flask) -> None:
    """Compress what may be compressed, where the browser takes it."""
    server.config.update(
        COMPRESS_REGISTER=False,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=_BR_LEVEL,
        COMPRESS_CACHE_BACKEND=Shelf,
        COMPRESS_CACHE_KEY=_key,
    )
    files = Compress(server)
    server.config["COMPRESS_CACHE_BACKEND"] = None
    data = Compress(server)

    def squeeze(response: Response) -> Response:
        if request.endpoint == DATA:
            answer: Response = data.after_request(response)
            return answer
        if request.endpoint in _FILES and response.status_code == 200 and request.method == "GET":
            has_version = request.endpoint == SUITES or "m" in request.args
            response.direct_passthrough = False
            response.get_data()  # no longer a stream, which could not be kept
            sent: Response = (files if has_version else data).after_request(response)
            return sent
        return response

    server.after_request(squeeze)
