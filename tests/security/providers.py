"""What small sign-in providers on loopback have in common (`oidc_provider`, `cas_provider`), and how they misbehave.

They check what a strict provider checks (client, redirect address, PKCE, single use, exact service), so that
the application cannot pass its tests by leaving something out. Each runs in a thread on a port of its own.
"""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import ClassVar, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

CLIENT_ID = "luoxuan"
CLIENT_SECRET = "a secret of the test's provider and its client"
HOSTILE = "<script>alert('卌hostile')</script>"
"""What a provider may write into a description; it must reach no page."""
ELSEWHERE = "http://203.0.113.7:9"
"""An address of the range for documentation: nothing may be asked of it."""
LONGEST_HANG = 5.0


class Fault(StrEnum):
    """One way in which a provider goes wrong."""

    # Of either kind
    HANGS = auto()
    FAILS = auto()
    """It answers every question of the application with status 500."""
    ANSWERS_NONSENSE = auto()
    """It answers with a page for people, as a proxy in between may do."""
    REDIRECTS = auto()
    """It sends the application to another address."""
    CODES_LAST = auto()
    """It accepts a code or a ticket again and again."""
    NO_USERNAME = auto()
    EMPTY_USERNAME = auto()
    LONG_USERNAME = auto()
    DISGUISED_USERNAME = auto()
    """In full-width letters: at the provider somebody else than the same name in plain ones."""

    # In what OpenID Connect says of the provider
    OTHER_ISSUER_IN_DISCOVERY = auto()
    ENDPOINTS_ELSEWHERE = auto()
    NO_ENDPOINTS = auto()
    WEAK_ALGORITHMS_ONLY = auto()

    # On the way back from OpenID Connect
    DENIES = auto()
    REFUSES_CODE = auto()
    REFUSES_ODDLY = auto()
    """Its error is no text."""
    IGNORES_PKCE = auto()

    # In the token
    WRONG_ISSUER = auto()
    WRONG_AUDIENCE = auto()
    LENT_AUDIENCE = auto()
    """The token is meant for another client, but names this one as the party it was given to."""
    WRONG_NONCE = auto()
    NO_NONCE = auto()
    EXPIRED = auto()
    NO_EXPIRY = auto()
    FROM_THE_FUTURE = auto()
    OTHER_ACCESS_TOKEN = auto()
    NUMERIC_USERNAME = auto()
    UNSIGNED = auto()
    SIGNED_WITH_CLIENT_SECRET = auto()
    SIGNED_WITH_PUBLIC_KEY = auto()
    OTHER_KEY = auto()
    UNKNOWN_KEY = auto()
    CHANGED_AFTER_SIGNING = auto()
    NO_TOKEN = auto()
    TOKEN_IS_A_NUMBER = auto()

    # In the person's details beside the token
    DETAILS_OF_SOMEBODY_ELSE = auto()

    # In the answer of CAS about a ticket
    EXTERNAL_ENTITY = auto()
    NESTED_ENTITIES = auto()
    WIDE_CHARACTERS = auto()
    """It declares entities in UTF-16, where a search for bytes does not find them."""
    BROKEN_OFF = auto()
    OTHER_ENCODING = auto()
    """It says that it is in another encoding than all CAS servers use, and is."""
    EMPTY_ANSWER = auto()


@dataclass(kw_only=True)
class Provider:
    """What both kinds have in common: an address, who is signed in there, a fault, a memory.

    Attributes:
        name: of the machine, as the provider's addresses give it; to browsers ``localhost`` is another site than
            ``127.0.0.1``.
        username: who the visitor is, according to the provider.
        asks: True for a page on which the visitor agrees; else they are sent back at once.
        seen: path and values of every request, in order.
    """

    FOR_PEOPLE: ClassVar[str]
    """The one path that a browser visits; all others are asked by the application."""

    name: str = "127.0.0.1"
    username: str = ""
    url: str = ""
    fault: Fault | None = None
    asks: bool = False
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def asked(self, path: str) -> list[dict[str, str]]:
        """What was sent to `path`, in order."""
        return [values for to, values in self.seen if to == path]

    def receive(self) -> Response | None:
        """Runs before each request: notes it, and goes wrong where the whole provider does."""
        self.seen.append((request.path, request.values.to_dict()))
        if request.path not in {self.FOR_PEOPLE, "/tripwire"}:
            if self.fault is Fault.HANGS:
                self.is_over.wait(LONGEST_HANG)
            elif self.fault is Fault.FAILS:
                return Response(HOSTILE, status=500)
            elif self.fault is Fault.ANSWERS_NONSENSE:
                return Response(f"<html><body>{HOSTILE}</body></html>", mimetype="text/html")
            elif self.fault is Fault.REDIRECTS:
                return Response(status=307, headers={"Location": f"{self.url}/tripwire"})
        return None

    def send_back(self, address: str, **values: str) -> Response:
        """Sends the visitor back to the application, at once or when they agree."""
        target = f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(values)}"
        if not self.asks:
            return redirect(target)
        link = f'<a href="{html.escape(target)}">以 {self.username} 登录</a>'
        page = f'<!DOCTYPE html><html lang="zh-CN"><link rel="icon" href="data:,"><h1>统一身份认证</h1>{link}</html>'
        return Response(page, mimetype="text/html")


SomeProvider = TypeVar("SomeProvider", bound=Provider)


@contextmanager
def serving(provider: SomeProvider, app: Flask) -> Iterator[SomeProvider]:
    """`provider` behind a server of its own, until the end of the block."""
    app.before_request(provider.receive)
    app.add_url_rule("/tripwire", "tripwire", lambda: "", methods=["GET", "POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    provider.url = f"http://{provider.name}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        provider.is_over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def disguised(name: str) -> str:
    """`name` in full-width letters."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in name)
