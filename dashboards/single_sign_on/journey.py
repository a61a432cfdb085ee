"""The way from the sign-in page to the provider and back, the same for every protocol.

What must be known on the return is kept in the browser's signed session, so that it does not matter which process
answers. Whoever comes back without it has not been sent by this browser and is refused before anybody is asked.
"""

from __future__ import annotations

import datetime as dt
import hmac
import logging
import threading
from collections import OrderedDict
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, request, session
from flask.typing import ResponseReturnValue

from dashboards import browser_mark, identity
from dashboards.guard import open_to_all
from dashboards.services import Services
from dashboards.sign_in import Alternative, local_address
from dashboards.single_sign_on.cas import Cas
from dashboards.single_sign_on.oidc import Oidc
from dashboards.single_sign_on.provider import TOO_LATE, Provider, RefusedError
from dashboards.surface import FIRST_PASSWORD, SIGN_IN
from data_access import clock
from data_access.access.audit import AuditKind, Event, Result
from data_access.access.secret import read_private
from data_access.errors import LuoxuanError, UserError
from data_access.settings import Settings

LABEL: Final = "统一身份认证登录"
LASTS_SECONDS: Final = 600
"""So long may somebody stay at the provider's page."""
_KEPT: Final = "single_sign_on"
_LONGEST_DESTINATION: Final = 300
"""A cookie of more than four kilobytes is dropped by browsers, and the sign-in with it."""
_ONCE: Final = dt.timedelta(minutes=1)
_LOG: Final = logging.getLogger("luoxuan.web")
_TALKATIVE: Final = ("authlib", "cas", "urllib3.connectionpool")
"""Loggers that write codes and tickets when they are told to write everything."""


def blueprint(services: Services) -> Blueprint:
    """The routes of single sign-on; none where the settings name no provider.

    Raises:
        ConfigurationError: the file of the client's secret cannot be read, or others can read it.
    """
    routes = Blueprint("single_sign_on", __name__, url_prefix=SIGN_IN)
    provider = provider_of(services.settings)
    if provider is not None:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.INFO)
        journey = _Journey(services, provider)
        routes.add_url_rule(f"/{provider.method}", "begin", journey.begin, methods=["GET"])
        routes.add_url_rule(f"/{provider.method}/callback", "finish", journey.finish, methods=["GET"])
    return routes


def alternatives(settings: Settings) -> tuple[Alternative, ...]:
    """What the sign-in page offers beside the password."""
    method = "oidc" if settings.oidc else "cas" if settings.cas_url else ""
    return (Alternative(label=LABEL, href=f"{SIGN_IN}/{method}"),) if method else ()


def provider_of(settings: Settings) -> Provider | None:
    """The provider that the settings name; None without one.

    Raises:
        ConfigurationError: the file of the client's secret cannot be read, or others can read it.
    """
    # The host of a request is written by the client: addresses to come back to are never taken from it.
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    base = settings.public_url or f"http://{host}:{settings.port}"
    if settings.oidc is not None:
        secret = read_private(settings.oidc.client_secret_file, "LUOXUAN_OIDC_CLIENT_SECRET_FILE")
        return Oidc(
            issuer=settings.oidc.issuer,
            client_id=settings.oidc.client_id,
            client_secret=secret.decode(),
            claim=settings.oidc.username_claim,
            redirect_uri=f"{base}{SIGN_IN}/{Oidc.method}/callback",
        )
    if settings.cas_url:
        return Cas(server_url=settings.cas_url, service_url=f"{base}{SIGN_IN}/{Cas.method}/callback")
    return None


class _Journey:
    """The two views of single sign-on."""

    def __init__(self, services: Services, provider: Provider) -> None:
        self._services = services
        self._provider = provider
        self._spent = _Spent()

    @open_to_all
    def begin(self) -> ResponseReturnValue:
        """Sends the browser to the provider."""
        destination = local_address(request.args.get("next"))
        if len(destination) > _LONGEST_DESTINATION:
            destination = "/"
        try:
            address, kept = self._provider.begin()
        except RefusedError as error:
            return self._refuse(error, destination)
        session[_KEPT] = {**kept, "next": destination, "since": clock.now().timestamp()}
        return redirect(address)

    @open_to_all
    def finish(self) -> ResponseReturnValue:
        """Signs in whomever the provider sends back, if they have an account."""
        kept = session.pop(_KEPT, {})
        destination = local_address(kept.get("next"))
        try:
            self._recognise(kept)
            username = self._provider.finish(request.args.to_dict(), kept)
        except RefusedError as error:
            return self._refuse(error, destination)
        outcome = self._services.authentication.by_single_sign_on(
            username,
            method=self._provider.method,
            address=request.remote_addr or "",
            mark=browser_mark.given(),
        )
        if outcome.account_id is None:
            return _back(outcome.message, destination)
        try:
            identity.start_session(outcome.account_id, self._provider.method)
        except UserError as error:
            return _back(str(error), destination)
        browser_mark.keep(outcome.mark)
        return redirect(FIRST_PASSWORD if identity.current_viewer().must_change_password else destination)

    def _recognise(self, kept: dict[str, Any]) -> None:
        """Make sure that this browser was sent to the provider, not long ago, and comes back for the first time."""
        now = clock.now().timestamp()
        state = str(kept.get("state", ""))
        if not state:
            raise RefusedError("the browser was not sent to the provider", TOO_LATE)
        if not hmac.compare_digest(state.encode(), request.args.get("state", "").encode()):
            raise RefusedError("the browser comes back from another sign-in", TOO_LATE)
        if now - kept["since"] > LASTS_SECONDS:
            raise RefusedError("the browser comes back too late", TOO_LATE)
        if not self._spent.add(state, now):
            raise RefusedError("the browser comes back a second time", TOO_LATE)

    def _refuse(self, error: RefusedError, destination: str) -> ResponseReturnValue:
        method, address = self._provider.method, request.remote_addr or ""
        _LOG.warning("Single sign-on by %s refused: %s", method, error.reason)
        event = Event(
            kind=AuditKind.SIGN_IN,
            actor="",
            subject=f"{method} {address}: {error.reason}",
            result=Result.DENIED,
            address=address,
        )
        try:
            self._services.audit.write_unless_recent(event, within=_ONCE)
        except LuoxuanError:
            _LOG.exception("A refusal could not be written into the audit log")
        return _back(error.message, destination)


class _Spent:
    """States that have come back: the provider lets no code be used twice, and neither does this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: OrderedDict[str, float] = OrderedDict()

    def add(self, state: str, now: float) -> bool:
        """Remember that `state` has come back; False where it had before."""
        with self._lock:
            while self._until and next(iter(self._until.values())) < now:
                self._until.popitem(last=False)
            if state in self._until:
                return False
            self._until[state] = now + LASTS_SECONDS
            return True


def _back(message: str, destination: str) -> ResponseReturnValue:
    """To the sign-in page, where the password still works; the address with the code leaves the browser's bar."""
    flash(message, "refused")
    target = SIGN_IN if destination == "/" else f"{SIGN_IN}?{urlencode({'next': destination})}"
    return redirect(target, HTTPStatus.SEE_OTHER)
