"""The real application with a real provider on loopback (`tests.security.oidc_provider`, `cas_provider`)."""

import contextlib
import dataclasses
import functools
import itertools
import shutil
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from app import create_app
from data_access.database import open_database
from data_access.database.access_models import AuditEvent, SignIn
from data_access.installation import open_home
from data_access.settings import Settings
from tests.dashboards.single_sign_on.place import PUBLIC, SOMEBODY, Place, configured, people
from tests.security.cas_provider import cas_provider
from tests.security.oidc_provider import oidc_provider

ADDRESSES = itertools.count(2)


@pytest.fixture(autouse=True, scope="module")
def without_proxy() -> Iterator[None]:
    """The provider is on this machine, whatever stands between it and the world."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.delenv(name, raising=False)
            patch.delenv(name.upper(), raising=False)
        yield


@pytest.fixture(scope="session")
def new_place(tmp_path_factory) -> Iterator[Callable[..., Place]]:
    """Makes an application of its own for a method, ``oidc`` or ``cas``, with its provider behind it."""
    seed = Settings.at(tmp_path_factory.mktemp("seed"))
    database = open_home(seed)
    people(database)
    database.dispose()
    with contextlib.ExitStack() as stack:

        def make(method: str, **changes) -> Place:
            making = oidc_provider if method == "oidc" else cas_provider
            back = f"{PUBLIC}/sign-in/{method}/callback"
            where = {"redirect_uri": back} if method == "oidc" else {"services": back}
            started = stack.enter_context(making(username=SOMEBODY, **where, **changes))
            settings = configured(tmp_path_factory.mktemp(method), started)
            settings.home.mkdir(mode=0o700)
            shutil.copy(seed.home / "luoxuan.sqlite", settings.home)
            database = open_database(settings.database_url)
            stack.callback(database.dispose)
            return Place(
                settings=settings, database=database, app=create_app(settings), provider=started, method=method
            )

        yield make


@pytest.fixture(scope="session")
def standing(new_place) -> Callable[[str], Place]:
    """One application for each method."""
    return functools.cache(new_place)


@pytest.fixture
def place(standing) -> Callable[[str], Place]:
    """The application of a method as if nothing had happened; its browsers have an address of their own."""

    def make(method: str) -> Place:
        here = standing(method)
        here.provider.username, here.provider.fault = SOMEBODY, None
        here.provider.seen.clear()
        here.set_accounts(must_change_password=False)
        ((sign_in, event),) = here.rows(
            select(
                select(func.coalesce(func.max(SignIn.sign_in_id), 0)).scalar_subquery(),
                select(func.coalesce(func.max(AuditEvent.sequence), 0)).scalar_subquery(),
            )
        )
        return dataclasses.replace(here, address=f"10.0.0.{next(ADDRESSES)}", since=(sign_in, event))

    return make
