"""An application with a provider on loopback, which can be told to misbehave, as one test sees it."""

import dataclasses
import datetime as dt
import functools
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, Select, insert, select, update
from werkzeug.test import TestResponse

from data_access.database import transaction
from data_access.database.access_models import Account, AuditEvent, PostRecord, SignIn
from data_access.settings import OpenIdConnect, Settings
from tests.security.providers import CLIENT_ID, CLIENT_SECRET, Provider

SOMEBODY = "t0102"
DISABLED = "t0199"
FORMER = "t0150"
PUBLIC = "http://127.0.0.1:8050"


@dataclasses.dataclass(kw_only=True)
class Place:
    """The application with the provider it was set to, as one test sees it.

    Attributes:
        address: network address of the test's browsers.
        since: numbers of the last sign-in and the last audited event before the test.
    """

    settings: Settings
    database: Engine
    app: Flask
    provider: Provider
    method: str
    address: str = "10.0.0.1"
    since: tuple[int, int] = (0, 0)

    @functools.cached_property
    def client(self) -> FlaskClient:
        return self.another_browser()

    def another_browser(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = self.address
        return client

    @property
    def callback(self) -> str:
        return f"/sign-in/{self.method}/callback"

    def begin(self, path: str = "", client: FlaskClient | None = None) -> TestResponse:
        return (client or self.client).get(f"/sign-in/{self.method}{path}")

    def visit_provider(self, begun: TestResponse) -> str:
        """The address of the application to which the provider sends the browser."""
        assert begun.status_code == 302, begun.get_data(as_text=True)
        return local(requests.get(begun.location, allow_redirects=False, timeout=5).headers["Location"])

    def sign_in(self, path: str = "") -> TestResponse:
        return self.client.get(self.visit_provider(self.begin(path)))

    def is_signed_in(self, client: FlaskClient | None = None) -> bool:
        return (client or self.client).get("/session").status_code == 200

    def rows(self, query: Select) -> list[tuple]:
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def sessions(self) -> list[str]:
        """How people signed in during the test."""
        query = select(SignIn.method).where(SignIn.sign_in_id > self.since[0])
        return [method for (method,) in self.rows(query)]

    def audited(self) -> list[tuple[str, str, str]]:
        """Actor, subject and result of what was recorded during the test."""
        query = select(AuditEvent.actor, AuditEvent.subject, AuditEvent.result)
        return self.rows(query.where(AuditEvent.sequence > self.since[1]).order_by(AuditEvent.sequence))

    def set_accounts(self, **values) -> None:
        with transaction(self.database) as connection:
            connection.execute(update(Account).values(**values))


def local(address: str) -> str:
    """Path and query of an address that must be one of the application's own."""
    assert address.startswith(f"{PUBLIC}/"), address
    return address.removeprefix(PUBLIC)


def configured(directory: Path, started: Provider) -> Settings:
    secret = directory / "client-secret"
    secret.write_text(CLIENT_SECRET + "\n")
    secret.chmod(0o600)
    if "redirect_uri" in vars(started):
        client = OpenIdConnect(issuer=started.url, client_id=CLIENT_ID, client_secret_file=secret)
        return Settings.at(directory / "home", oidc=client)
    return Settings.at(directory / "home", cas_url=f"{started.url}/cas")


def people(database: Engine) -> None:
    now, day = dt.datetime.now(dt.UTC), dt.date(2020, 9, 1)
    with transaction(database) as connection:
        for username in (SOMEBODY, DISABLED, FORMER):
            (account_id,) = connection.execute(
                insert(Account).values(
                    username=username, name="王建国", person_kind="other", password_history=[], source="manual",
                    must_change_password=False, session_version=1, created_at=now,
                    disabled_at=now if username == DISABLED else None, disabled_because="",
                )
            ).inserted_primary_key  # fmt: skip
            connection.execute(
                insert(PostRecord).values(
                    account_id=account_id, role="leader", node_level="school", node_id=1, valid_from=day,
                    valid_to=day if username == FORMER else None, source="manual", granted_at=now,
                )
            )  # fmt: skip


METHODS = pytest.mark.parametrize("method", ["oidc", "cas"])


def refusal(place: Place, answer: TestResponse) -> str:
    """What the sign-in page says after a refusal; nobody may be signed in, and nothing may be repeated."""
    assert answer.status_code == 303
    assert urlsplit(answer.location).path == "/sign-in"
    assert not place.is_signed_in()
    assert place.sessions() == []
    page = place.client.get(answer.location)
    assert page.status_code == 200
    shown = page.get_data(as_text=True)
    assert "hostile" not in shown
    assert 'name="password"' in shown, "The password still works."
    return shown
