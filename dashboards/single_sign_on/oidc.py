"""Single sign-on by OpenID Connect: the authorization code flow with PKCE, by Authlib.

Authlib checks a token by what the provider says of itself. Less of that is believed here: algorithms, issuer
and audience are held against the settings, and nothing else of the provider's description reaches the client.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import ClaimError, JoseError
from requests import RequestException

from dashboards.single_sign_on.provider import (
    CAUTIOUS,
    NOT_FINISHED,
    Line,
    RefusedError,
    username_in,
)

ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"})
"""With a key of two halves only: whoever can check a signature must not be able to make one."""
KEPT_SECONDS: Final = 3600
"""How long the provider's description of itself and its keys are kept. An unknown key is asked for at once."""
LEEWAY_SECONDS: Final = 60
"""How far the provider's clock may differ from ours."""
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ERRORS: Final = frozenset({
    "access_denied", "invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "invalid_token",
    "login_required", "server_error", "temporarily_unavailable", "unauthorized_client", "unsupported_grant_type",
    "unsupported_response_type",
})  # fmt: skip
"""Errors of the standards, which are safe to repeat; any other text of a provider is not."""


class Oidc:
    """Single sign-on by OpenID Connect.

    Args:
        issuer: the provider, as its tokens name it.
        client_id: name of this application at the provider.
        client_secret: what proves it.
        claim: where the username stands in the token, or else in the person's details.
        redirect_uri: where the browser comes back to; from the settings, never from a request.
    """

    method = "oidc"

    def __init__(self, *, issuer: str, client_id: str, client_secret: str, claim: str, redirect_uri: str) -> None:
        self._claim = claim
        self._redirect_uri = redirect_uri
        self._line = Line()
        self._client_id = client_id
        self._client = _Client(
            FlaskIntegration(self.method),
            self.method,
            issuer=issuer,
            client_id=client_id,
            client_secret=client_secret,
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
        )

    def begin(self) -> tuple[str, dict[str, str]]:
        """The provider's page for signing in; see `Provider.begin`."""
        with self._line.open(), _understood():
            if self._line.is_dead:
                self._client.server_metadata = {}  # asked for again, which shows whether the page is there to be sent to
            made = self._client.create_authorization_url(self._redirect_uri)
        return made["url"], {name: made[name] for name in ("state", "nonce", "code_verifier")}

    def finish(self, answer: Mapping[str, str], kept: Mapping[str, str]) -> str:
        """The username in a token that is meant for this sign-in; see `Provider.finish`."""
        if "code" not in answer:
            raise RefusedError(f"the provider sends an error: {_known(answer.get('error'))}", NOT_FINISHED)
        with self._line.open(), _understood():
            token = self._client.fetch_access_token(
                redirect_uri=self._redirect_uri, code=answer["code"], code_verifier=kept["code_verifier"]
            )
            claims = self._client.parse_id_token(
                token, nonce=kept["nonce"], claims_options=self._expected(), leeway=LEEWAY_SECONDS
            )
            if claims is None:
                raise RefusedError("the provider sends no token about the person")
            if self._claim not in claims and "userinfo_endpoint" in self._client.load_server_metadata():
                # Only the token is signed; the details count if they are those of its subject.
                details = self._client.userinfo(token=token)
                if details["sub"] != claims["sub"]:
                    raise RefusedError("the person's details are those of somebody else")
                claims = details
        return username_in(claims.get(self._claim))

    def _expected(self) -> dict[str, Any]:
        """What a token must say. Left to itself, Authlib takes one that is meant for another client but lent to us."""
        issuer = self._client.load_server_metadata()["issuer"]
        return {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": self._client_id}}


class _Session(OAuth2Session):  # type: ignore[misc]  # Authlib has no types
    def request(self, method: str, url: str, **options: Any) -> Any:
        return super().request(method, url, **{**options, **CAUTIOUS})


class _Client(FlaskOAuth2App):  # type: ignore[misc]  # Authlib has no types
    client_cls = _Session

    def __init__(self, *args: Any, issuer: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._issuer = issuer
        self.server_metadata: dict[str, Any] = {}

    def load_server_metadata(self) -> dict[str, Any]:
        """What is believed of the provider's description of itself, at most an hour old."""
        if time.monotonic() > self.server_metadata.get("_until", -1.0):
            with self._get_session() as session:
                answer = session.get(
                    f"{self._issuer.rstrip('/')}/.well-known/openid-configuration", withhold_token=True
                )
            answer.raise_for_status()
            self.server_metadata = {
                **believed(answer.json(), issuer=self._issuer),
                "_until": time.monotonic() + KEPT_SECONDS,
            }
        return self.server_metadata


def believed(described: Any, *, issuer: str) -> dict[str, Any]:
    """What is used of a provider's description of itself.

    Raises:
        RefusedError: it is that of another provider, lacks an address, or names one that is not safe.
    """
    named = described.get("issuer") if isinstance(described, dict) else None
    if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
        raise RefusedError("the provider describes itself as another issuer")
    endpoints = {name: described.get(name) for name in _ENDPOINTS}
    if "userinfo_endpoint" in described:
        endpoints["userinfo_endpoint"] = described["userinfo_endpoint"]
    unsafe = [name for name, url in endpoints.items() if not _is_safe(url, issuer)]
    if unsafe:
        raise RefusedError(f"the provider describes no safe {', '.join(unsafe)}")
    algorithms = [name for name in described.get("id_token_signing_alg_values_supported", ()) if name in ALGORITHMS]
    if not algorithms:  # to Authlib no algorithm at all would mean its own choice
        raise RefusedError("the provider signs with no algorithm that is accepted here")
    # Every provider understands the first way; a few admit the second alone.
    by_post = described.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]
    return {
        **endpoints,
        "issuer": named,  # tokens must repeat it to the letter, with its slash at the end or without
        "id_token_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_method": "client_secret_post" if by_post else "client_secret_basic",
    }


def _is_safe(url: object, issuer: str) -> bool:
    """Whether an endpoint is encrypted, or on the machine of an issuer that need not be (a demo's, on loopback)."""
    if not isinstance(url, str):
        return False
    here, there = urlsplit(issuer), urlsplit(url)
    return there.scheme == "https" or (there.scheme, there.hostname) == (here.scheme, here.hostname)


@contextmanager
def _understood() -> Iterator[None]:
    """Turns what the libraries raise about a provider's answer into a refusal that repeats nothing of it."""
    try:
        yield
    except RequestException:  # some are also a ValueError; what they mean is for `Line` to say
        raise
    except ClaimError as error:
        claim = (
            error.claim
            if error.claim in {"iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "sub"}
            else "claim"
        )
        raise RefusedError(f"the token is not acceptable: {error.error} ({claim})") from error
    except JoseError as error:
        raise RefusedError(f"the token is not acceptable: {error.error}") from error
    except AuthlibBaseError as error:
        raise RefusedError(f"the provider answers with an error: {_known(error.error)}") from error
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise RefusedError(f"the provider's answer is malformed: {type(error).__name__}") from error


def _known(error: object) -> str:
    return error if isinstance(error, str) and error in _ERRORS else "one of its own"
