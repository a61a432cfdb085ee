"""Small sign-in providers on loopback: one speaks OpenID Connect, one CAS. Both can be told to misbehave.

They check what a strict provider checks (client, redirect address, PKCE, single use, exact service), so that
the application cannot pass its tests by leaving something out. Each runs in a thread on a port of its own.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
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


# -- OpenID Connect ---------------------------------------------------------------------------


@functools.cache
def key_named(kid: str) -> RSAKey:
    """A private key of this test run."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass(kw_only=True)
class OidcProvider(Provider):
    """An OpenID Connect provider with one client.

    Attributes:
        redirect_uri: the only address to which it sends people back.
        key: name of the key it signs with.
        client_authentication: how its client has to show its secret.
        keeps_details_apart: True where the username is not in the token but asked for with the access token.
    """

    FOR_PEOPLE: ClassVar[str] = "/authorize"

    redirect_uri: str = ""
    key: str = "first"
    client_authentication: str = "client_secret_basic"
    keeps_details_apart: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access_tokens: set[str] = field(default_factory=set)

    def describe(self) -> Response:
        """What discovery says."""
        issuer, base = self.url, self.url
        if self.fault is Fault.OTHER_ISSUER_IN_DISCOVERY:
            issuer = "https://other.example"
        if self.fault is Fault.ENDPOINTS_ELSEWHERE:
            base = ELSEWHERE
        weak = self.fault is Fault.WEAK_ALGORITHMS_ONLY
        described = {
            "issuer": issuer,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "userinfo_endpoint": f"{base}/details",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["HS256", "none"] if weak else ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": [self.client_authentication],
            # Names by which the client's library takes options of its own:
            "verify": False,
            "scope": "everything",
            "client_id": "another",
        }
        if self.fault is Fault.NO_ENDPOINTS:
            described = {"issuer": issuer}
        return jsonify(described)

    def keys(self) -> Response:
        """The public half of the present key."""
        return jsonify(KeySet([key_named(self.key)]).as_dict(private=False))

    def authorize(self) -> Response:
        """Signs the visitor in and sends them back with a code."""
        asked = request.args
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == self.redirect_uri, "The provider knows one redirect address."
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        if self.fault is Fault.DENIES:
            return self.send_back(
                self.redirect_uri, state=asked["state"], error="access_denied", error_description=HOSTILE
            )
        code = secrets.token_urlsafe(16)
        self.codes[code] = {name: asked[name] for name in ("code_challenge", "nonce")}
        return self.send_back(self.redirect_uri, state=asked["state"], code=code)

    def exchange(self) -> tuple[Response, int] | Response:
        """Gives tokens for a code."""
        code = self.codes.get(request.form["code"])
        if self.fault is not Fault.CODES_LAST:
            self.codes.pop(request.form["code"], None)
        verifier = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        proven = code is not None and code["code_challenge"] == _text(verifier)
        if (
            code is None
            or not (proven or self.fault is Fault.IGNORES_PKCE)
            or request.form["grant_type"] != "authorization_code"
            or request.form["redirect_uri"] != self.redirect_uri
            or self.fault is Fault.REFUSES_CODE
        ):
            return jsonify(error="invalid_grant", error_description=HOSTILE), 400
        if self.fault is Fault.REFUSES_ODDLY:
            return jsonify(error=[HOSTILE], error_description={HOSTILE: HOSTILE}), 400
        if not self._client_is_known():
            return jsonify(error="invalid_client"), 401
        access_token = secrets.token_urlsafe(16)
        self.access_tokens.add(access_token)
        answer: dict[str, Any] = {"access_token": access_token, "token_type": "Bearer", "expires_in": 300}
        if self.fault is Fault.TOKEN_IS_A_NUMBER:
            answer["id_token"] = 5
        elif self.fault is not Fault.NO_TOKEN:
            answer["id_token"] = self._signed(self._claims(code["nonce"], access_token))
        return jsonify(answer)

    def details(self) -> tuple[Response, int] | Response:
        """What is known of the person to whom the access token belongs."""
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            return jsonify(error="invalid_token"), 401
        somebody_else = self.fault is Fault.DETAILS_OF_SOMEBODY_ELSE
        return jsonify(sub="subject-2" if somebody_else else "subject-1", preferred_username=self.username)

    def _client_is_known(self) -> bool:
        if self.client_authentication == "client_secret_post":
            given = request.form.get("client_id"), request.form.get("client_secret")
        else:
            authorization = request.authorization
            given = (authorization.username, authorization.password) if authorization else (None, None)
        return given == (CLIENT_ID, CLIENT_SECRET)

    def _claims(self, nonce: str, access_token: str) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": "subject-1",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "at_hash": _text(hashlib.sha256(access_token.encode()).digest()[:16]),
            "preferred_username": self.username,
        }
        changes: dict[Fault, dict[str, Any]] = {
            Fault.WRONG_ISSUER: {"iss": "https://other.example"},
            Fault.WRONG_AUDIENCE: {"aud": "another"},
            Fault.LENT_AUDIENCE: {"aud": "another", "azp": CLIENT_ID},
            Fault.WRONG_NONCE: {"nonce": "another"},
            Fault.NO_NONCE: {"nonce": None},
            Fault.EXPIRED: {"exp": now - 600, "iat": now - 900},
            Fault.NO_EXPIRY: {"exp": None},
            Fault.FROM_THE_FUTURE: {"iat": now + 3600, "exp": now + 7200},
            Fault.OTHER_ACCESS_TOKEN: {"at_hash": _text(b"0" * 16)},
            Fault.NO_USERNAME: {"preferred_username": None},
            Fault.EMPTY_USERNAME: {"preferred_username": " "},
            Fault.NUMERIC_USERNAME: {"preferred_username": 20240101},
            Fault.LONG_USERNAME: {"preferred_username": "卌" * 300},
            Fault.DISGUISED_USERNAME: {"preferred_username": _disguised(self.username)},
        }
        claims |= changes.get(self.fault, {}) if self.fault else {}
        if self.keeps_details_apart:
            del claims["preferred_username"]
        return {name: value for name, value in claims.items() if value is not None}

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "kid": self.key}
        key = key_named(self.key)
        if self.fault is Fault.UNSIGNED:
            return f"{_json({'alg': 'none'})}.{_json(claims)}."
        if self.fault is Fault.SIGNED_WITH_CLIENT_SECRET:
            return _symmetric(claims, CLIENT_SECRET.encode(), self.key)
        if self.fault is Fault.SIGNED_WITH_PUBLIC_KEY:
            return _symmetric(claims, key.as_pem(private=False), self.key)
        if self.fault is Fault.OTHER_KEY:
            key = key_named("other")
        elif self.fault is Fault.UNKNOWN_KEY:
            header, key = {**header, "kid": "other"}, key_named("other")
        token = jwt.encode(header, claims, key)
        if self.fault is Fault.CHANGED_AFTER_SIGNING:
            first, _, last = token.split(".")
            token = f"{first}.{_json({**claims, 'preferred_username': 'admin'})}.{last}"
        return token


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _json(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _symmetric(claims: dict[str, Any], secret: bytes, kid: str) -> str:
    content = f"{_json({'alg': 'HS256', 'kid': kid})}.{_json(claims)}"
    return f"{content}.{_text(hmac.digest(secret, content.encode(), 'sha256'))}"


@contextmanager
def oidc_provider(**changes: Any) -> Iterator[OidcProvider]:
    """A running OpenID Connect provider."""
    provider, app = OidcProvider(**changes), Flask("oidc")
    app.add_url_rule("/.well-known/openid-configuration", view_func=provider.describe)
    app.add_url_rule("/keys", view_func=provider.keys)
    app.add_url_rule("/authorize", view_func=provider.authorize)
    app.add_url_rule("/token", view_func=provider.exchange, methods=["POST"])
    app.add_url_rule("/details", view_func=provider.details)
    with serving(provider, app):
        yield provider


# -- CAS --------------------------------------------------------------------------------------

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
            Fault.DISGUISED_USERNAME: success.replace(username, _disguised(username)),
            Fault.EXTERNAL_ENTITY: outside + entity,
            Fault.NESTED_ENTITIES: f'<!DOCTYPE r [<!ENTITY a0 "{username}">{_BOMB}]>{entity}',
            Fault.WIDE_CHARACTERS: (f'<!DOCTYPE r [<!ENTITY a9 "{username}">]>' + entity).encode("utf-16"),
            Fault.BROKEN_OFF: success[: len(success) // 2],
            Fault.OTHER_ENCODING: f'<?xml version="1.0" encoding="gb18030"?>{success}'.encode("gb18030"),
            Fault.EMPTY_ANSWER: "",
        }
        return answers.get(self.fault, success) if self.fault else success


def _disguised(name: str) -> str:
    """`name` in full-width letters."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in name)


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
