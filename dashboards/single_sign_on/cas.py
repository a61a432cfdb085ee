"""Single sign-on by CAS, protocol 2 and later, by python-cas.

Only who somebody is is asked for, so the plain ``serviceValidate`` is used, which servers of every version have.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from xml.etree.ElementTree import ParseError

import requests
from cas import CASClientV2

from dashboards.single_sign_on.provider import CAUTIOUS, NOT_FINISHED, Line, RefusedError, username_in


class Cas:
    """Single sign-on by CAS.

    Args:
        server_url: address of the CAS server, below which ``login`` and ``serviceValidate`` lie.
        service_url: where the browser comes back to; from the settings, never from a request.
    """

    method = "cas"

    def __init__(self, *, server_url: str, service_url: str) -> None:
        self._server_url = f"{server_url.rstrip('/')}/"
        self._service_url = service_url
        self._line = Line()

    def begin(self) -> tuple[str, dict[str, str]]:
        """The server's page for signing in; see `Provider.begin`."""
        self._line.check()
        state = secrets.token_urlsafe(24)
        return self._client(state).get_login_url(), {"state": state}

    def finish(self, answer: Mapping[str, str], kept: Mapping[str, str]) -> str:
        """The username to whom a ticket for this sign-in was given; see `Provider.finish`."""
        if "ticket" not in answer:
            raise RefusedError("the server sends no ticket", NOT_FINISHED)
        client = self._client(kept["state"])
        with self._line.open():
            content = client.get_verification_response(answer["ticket"])
        try:
            username, _, _ = client.verify_response(plain(content))
        except (AttributeError, IndexError, ParseError, ValueError) as error:
            raise RefusedError(f"the server's answer is malformed: {type(error).__name__}") from error
        if username is None:
            raise RefusedError("the server refuses the ticket")
        return username_in(username)

    def _client(self, state: str) -> CASClientV2:
        # CAS has no state of its own. As part of the service it is bound to the ticket, so that nobody can be
        # sent here with the ticket of somebody else.
        return CASClientV2(
            server_url=self._server_url, service_url=f"{self._service_url}?state={state}", session=_Session()
        )


class _Session(requests.Session):
    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        answer = super().request(method, url, **{**options, **CAUTIOUS})
        if answer.status_code != HTTPStatus.OK:
            raise requests.HTTPError(response=answer)
        return answer


def plain(content: bytes) -> str:
    """The text of an answer in which nothing is declared: no entity that grows, none that is fetched.

    python-cas reads it with the standard library, which fetches nothing but would expand entities. As text it
    is read as what it says, whatever encoding it declares.

    Raises:
        ValueError: it is not in UTF-8.
        RefusedError: it declares something, which no CAS server does.
    """
    text = content.decode("utf-8-sig")
    if "<!doctype" in text.lower():
        raise RefusedError("the server's answer declares a document type")
    return text
