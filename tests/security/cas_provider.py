"""A small CAS server on loopback, as strict as a real one; it can be told to misbehave."""

from __future__ import annotations

import html
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import Flask, Response, request

from tests.security.providers import HOSTILE, Fault, Provider, disguised, serving

_CAS = "http://www.yale.edu/tp/cas"
_BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))


@dataclass(kw_only=True)
class CasProvider(Provider):
    """A CAS 3 server; a ticket is good once, for the service it was given for.

    Attributes:
        services: beginning of the addresses of the services it knows.
    """

    FOR_PEOPLE: ClassVar[str] = "/cas/login"

    services: str = ""
    tickets: dict[str, str] = field(default_factory=dict)

    def login(self) -> Response:
        """Signs the visitor in and sends them back with a ticket."""
        service = request.args["service"]
        assert service.startswith(self.services), "The server knows one service."
        ticket = f"ST-{secrets.token_urlsafe(16)}"
        self.tickets[ticket] = service
        return self.send_back(service, ticket=ticket)

    def validate(self) -> Response:
        """Says whose ticket it is."""
        ticket = request.args["ticket"]
        service = self.tickets.get(ticket)
        if self.fault is not Fault.CODES_LAST:
            self.tickets.pop(ticket, None)
        if service is None or service != request.args["service"]:
            failure = (
                f'<cas:authenticationFailure code="INVALID_TICKET">{html.escape(HOSTILE)}</cas:authenticationFailure>'
            )
            return _xml(f'<cas:serviceResponse xmlns:cas="{_CAS}">{failure}</cas:serviceResponse>')
        return _xml(self._success())

    def _success(self) -> str | bytes:
        username = html.escape(self.username)
        user = f"<cas:user>{username}</cas:user>"
        success = (
            f'<cas:serviceResponse xmlns:cas="{_CAS}"><cas:authenticationSuccess>{user}'
            "<cas:attributes><cas:department>机电工程系</cas:department></cas:attributes>"
            "</cas:authenticationSuccess></cas:serviceResponse>"
        )
        entity = success.replace(user, "<cas:user>&a9;</cas:user>")
        outside = f'<!DOCTYPE r [<!ENTITY a9 SYSTEM "{self.url}/tripwire">]>'
        answers: dict[Fault, str | bytes] = {
            Fault.NO_USERNAME: success.replace(user, ""),
            Fault.EMPTY_USERNAME: success.replace(user, "<cas:user/>"),
            Fault.LONG_USERNAME: success.replace(username, "卌" * 300),
            Fault.DISGUISED_USERNAME: success.replace(username, disguised(username)),
            Fault.EXTERNAL_ENTITY: outside + entity,
            Fault.NESTED_ENTITIES: f'<!DOCTYPE r [<!ENTITY a0 "{username}">{_BOMB}]>{entity}',
            Fault.WIDE_CHARACTERS: (f'<!DOCTYPE r [<!ENTITY a9 "{username}">]>' + entity).encode("utf-16"),
            Fault.BROKEN_OFF: success[: len(success) // 2],
            Fault.OTHER_ENCODING: f'<?xml version="1.0" encoding="gb18030"?>{success}'.encode("gb18030"),
            Fault.EMPTY_ANSWER: "",
        }
        return answers.get(self.fault, success) if self.fault else success


def _xml(text: str | bytes) -> Response:
    return Response(text, mimetype="application/xml")


@contextmanager
def cas_provider(**changes: Any) -> Iterator[CasProvider]:
    """A running CAS server."""
    provider, app = CasProvider(**changes), Flask("cas")
    app.add_url_rule("/cas/login", view_func=provider.login)
    app.add_url_rule("/cas/serviceValidate", view_func=provider.validate)
    with serving(provider, app):
        yield provider
