"""The canary college behind the real application, with an account for every persona."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert

from app import create_app
from data_access.access.passwords import hash_password
from data_access.database import transaction
from data_access.database.access_models import Account, PostRecord, Referral
from data_access.installation import open_home, open_lake
from data_access.lake import load_tables
from data_access.settings import Settings
from indicators.engine import compute
from indicators.library import shipped_library
from tests.security import growth
from tests.security.canaries import AS_OF, REFERRED, number, tables
from tests.security.personas import PERSONAS, Persona
from tests.security.visitor import PASSWORD, Visitor

ANONYMOUS = Persona(name="anonymous", posts=(), can_sign_in=False)


@dataclass(frozen=True)
class Place:
    """The application of the canary college and where it keeps its files."""

    app: Flask
    settings: Settings

    def visitor(self, persona: Persona) -> Visitor:
        """The persona at a browser; signed in if they can be."""
        visitor = Visitor(self.app, persona.name)
        if persona.can_sign_in:
            assert visitor.sign_in().status_code == 302, persona.name
        return visitor


def build(home: Path) -> None:
    settings = Settings.at(home)
    database = open_home(settings)
    lake = open_lake(settings, database)
    load_tables(lake, iter(tables(growth.facts()).items()))
    compute(lake, database, shipped_library(), as_of=AS_OF)
    _people(database)
    growth.fill(lake, database)
    database.dispose()


@pytest.fixture(scope="session")
def place(made_once) -> Place:
    settings = Settings.at(made_once("canary-college", build))
    return Place(create_app(settings), settings)


@pytest.fixture(scope="module")
def own_place(made_once) -> Place:
    """A copy of the college for tests that try to change it."""
    settings = Settings.at(made_once("canary-college", build))
    return Place(create_app(settings), settings)


def _people(database) -> None:
    """Accounts and posts as rows: how they come about is tested elsewhere."""
    now, password = dt.datetime.now(dt.UTC), hash_password(PASSWORD)
    with transaction(database) as connection:
        for student in REFERRED:
            connection.execute(insert(Referral).values(student_id=number(*student), since=AS_OF))
        for persona in PERSONAS:
            (account_id,) = connection.execute(
                insert(Account).values(
                    username=persona.name,
                    name=f"某{persona.name}",
                    person_kind=persona.kind,
                    person_id=persona.person_id,
                    password_hash=password,
                    password_history=[],
                    must_change_password=False,
                    session_version=1,
                    disabled_at=now if persona.is_disabled else None,
                    disabled_because="离校" if persona.is_disabled else "",
                    source="manual",
                    created_at=now,
                )
            ).inserted_primary_key
            for role, level, node, since, until in persona.posts:
                connection.execute(
                    insert(PostRecord).values(
                        account_id=account_id,
                        role=role.value,
                        node_level=level,
                        node_id=node,
                        valid_from=since,
                        valid_to=until,
                        source="manual",
                        granted_at=now,
                    )
                )


@pytest.fixture(scope="session")
def signed_in(place: Place) -> Callable[[Persona], Visitor]:
    """Each persona's browser, signed in once."""
    known: dict[str, Visitor] = {}

    def visitor(persona: Persona) -> Visitor:
        if persona.name not in known:
            known[persona.name] = place.visitor(persona)
        return known[persona.name]

    return visitor


@pytest.fixture(scope="session")
def college_files(place: Place) -> frozenset[Path]:
    """The files that the college had before anybody came."""
    return frozenset(path for path in place.settings.home.rglob("*") if path.is_file())
