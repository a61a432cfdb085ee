"""A small OpenID Connect provider on loopback, as strict as a real one; it can be told to misbehave."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.security.providers import CLIENT_ID, CLIENT_SECRET, ELSEWHERE, HOSTILE, Fault, Provider, disguised, serving


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
            Fault.DISGUISED_USERNAME: {"preferred_username": disguised(self.username)},
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
