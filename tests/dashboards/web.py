"""The real web server over a small installation with real accounts, and a clock that tests move."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select
from werkzeug.test import TestResponse

from app import ROOT
from dashboards import PAGES, identity, server
from dashboards.assembly import open_values
from dashboards.services import Services
from data_access.access.account_files import AccountFile
from data_access.access.accounts import Accounts
from data_access.access.audit import AuditLog
from data_access.access.authentication import Authentication
from data_access.access.nodes import Nodes
from data_access.access.passwords import hash_password
from data_access.access.posts import Posts
from data_access.access.roles import Role
from data_access.access.screen_settings import ScreenSettingStore
from data_access.access.screens import Screens
from data_access.access.sessions import Sessions
from data_access.database import transaction
from data_access.database.access_models import Account, AuditEvent, PostRecord
from data_access.installation import open_home
from data_access.model_weights import ModelWeights
from data_access.readers.majors import MajorReader
from data_access.readers.provenance import ProvenanceReader
from data_access.readers.revisions import RevisionReader
from data_access.readers.self_tests import SelfTestReader
from data_access.readers.student_plans import StudentPlanReader
from data_access.readers.team import TeamReader
from data_access.self_tests import SelfTests
from data_access.settings import Settings
from data_access.student_plans import StudentPlans
from indicators.eight_dimensions import shipped_model
from indicators.major_diagnosis import MajorDiagnosis
from indicators.numbers import Numbers
from indicators.shelf import Shelf

PASSWORD = "Tidal-Harbour-2026"
SECRET = b"a secret for tests: K9!vT2@pQ7#xW4$m"
DATA = "/_dash-update-component"
_HASH = hash_password(PASSWORD)
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
TODAY = dt.date(2026, 11, 21)

PEOPLE: Mapping[str, tuple[tuple[Role, str, int], ...]] = {
    "leader": ((Role.LEADER, "school", 1),),
    "teacher": ((Role.TEACHER, "teacher", 1),),
    "student": ((Role.STUDENT, "student", 1),),
    "system": ((Role.SYSTEM_ADMINISTRATOR, "school", 1),),
    "security": ((Role.SECURITY_ADMINISTRATOR, "school", 1),),
    "audit": ((Role.AUDIT_ADMINISTRATOR, "school", 1),),
    "screen": ((Role.WALL_SCREEN, "school", 1),),
    "nobody": (),
}
"""Usernames and the posts of each; `nobody` holds none."""


@dataclass
class Clock:
    """The current time as the server takes it."""

    time: dt.datetime = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.time

    def pass_by(self, **duration: int) -> None:
        self.time += dt.timedelta(**duration)


@dataclass
class Web:
    """The server of an installation, with what a test may do behind its back."""

    app: Flask
    services: Services
    database: Engine
    clock: Clock
    ids: dict[str, int] = field(default_factory=dict)

    def browser(self) -> Browser:
        """A browser in which nobody is signed in."""
        return Browser(self.app.test_client())

    def signed_in(self, username: str) -> Browser:
        """A browser in which somebody has just signed in."""
        browser = self.browser()
        answer = browser.sign_in(username)
        assert answer.status_code == 302, answer.text
        return browser

    def add(self, username: str, posts: tuple[tuple[Role, str, int], ...], **values: Any) -> int:
        """An account with posts, as rows: how they come about is tested elsewhere."""
        row = {
            "username": username, "name": f"某{username}", "person_kind": "other", "person_id": None,
            "password_hash": _HASH, "password_history": [], "must_change_password": False, "session_version": 1,
            "disabled_because": "", "source": "manual", "created_at": self.clock.now(),
        }  # fmt: skip
        with transaction(self.database) as connection:
            made = connection.execute(insert(Account).values(**{**row, **values})).inserted_primary_key
            self.ids[username] = made[0]
            for role, level, node in posts:
                connection.execute(
                    insert(PostRecord).values(
                        account_id=made[0], role=role.value, node_level=level, node_id=node, source="manual",
                        valid_from=dt.date(2020, 9, 1), granted_at=self.clock.now(),
                    )
                )  # fmt: skip
        return self.ids[username]

    def events(self, kind: str) -> list[Any]:
        """The audit events of a kind, oldest first."""
        query = select(*AuditEvent.__table__.columns).where(AuditEvent.kind == kind).order_by(AuditEvent.sequence)
        with self.database.connect() as connection:
            return list(connection.execute(query).all())


@dataclass
class Browser:
    """A client that does what a browser does with forms and cookies."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def form_token(self, path: str) -> str:
        found = _TOKEN.search(self.client.get(path).text)
        assert found, f"{path} has no form"
        return found.group(1)

    def sign_in(self, username: str, password: str = PASSWORD, *, query: str = "") -> TestResponse:
        token = self.form_token("/sign-in")
        return self.client.post(
            f"/sign-in{query}", data={"username": username, "password": password, "csrf_token": token}
        )

    def sign_out(self) -> TestResponse:
        token = self.client.get_cookie("_csrf_token").value
        return self.client.post("/sign-out", data={"csrf_token": token})

    def ask(self, body: Any, *, token: str | None = None) -> TestResponse:
        """A request for data, with the token that a page would send along."""
        cookie = self.client.get_cookie("_csrf_token")
        given = token if token is not None else (cookie.value if cookie else "")
        return self.client.post(DATA, json=body, headers={"X-CSRFToken": given} if given else {})

    def cookie(self) -> str:
        """The cookie of the session, as somebody may copy it."""
        found = self.client.get_cookie("luoxuan")
        assert found is not None
        return found.value

    def is_signed_in(self) -> bool:
        """Whether the server still knows who this is; asking does not count as activity."""
        return self.client.get("/session").status_code == 200


def with_cookie(web: Web, value: str) -> Browser:
    """Another browser that was given a copied cookie."""
    client = web.app.test_client()
    client.set_cookie("luoxuan", value)
    return Browser(client)


def serve(home: Path, **overrides: Any) -> Web:
    """The server of an empty installation below `home`, with `PEOPLE`."""
    settings = Settings.at(home, **overrides)
    database = open_home(settings)
    clock = Clock()
    audit = AuditLog(database, now=clock.now)
    values = open_values(settings, database)
    model = shipped_model()
    model_weights = ModelWeights(database, audit, model.as_weights(), now=clock.now)
    services = Services(
        values=values,
        majors=MajorDiagnosis(values, MajorReader(values.rosters.facts), model_weights, model),
        model_weights=model_weights,
        team=TeamReader(values.rosters.facts),
        rolls=values.rolls,
        library=Shelf(values.reader, ProvenanceReader(database)),
        numbers=Numbers(values.reader),
        revisions=RevisionReader(values.reader),
        viewer=identity.current_viewer,
        today=lambda: TODAY,
        accounts=Accounts(database, audit, now=clock.now, today=lambda: TODAY),
        posts=Posts(database, audit),
        nodes=Nodes(database),
        account_files=AccountFile(database, audit, today=lambda: TODAY),
        sessions=Sessions(database, audit, now=clock.now, today=lambda: TODAY),
        screens=Screens(database, audit, now=clock.now, today=lambda: TODAY),
        screen_settings=ScreenSettingStore(database, audit, now=clock.now),
        authentication=Authentication(database, audit, SECRET, now=clock.now, today=lambda: TODAY),
        audit=audit,
        settings=settings,
        self_tests=SelfTests(database, audit, now=clock.now),
        self_test_results=SelfTestReader(values.rosters.facts, database),
        student_plans=StudentPlans(database, audit, now=clock.now),
        plan_reader=StudentPlanReader(values.reader),
    )
    made = server.make(PAGES, services, secret=SECRET, assets_folder=ROOT / "assets")
    web = Web(app=made, services=services, database=database, clock=clock)
    for username, posts in PEOPLE.items():
        web.add(username, posts)
    return web
