"""Through the college's own provider into the application, in a real browser, on two sites of this machine."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from app import create_app
from data_access.access.accounts import Accounts, Actor
from data_access.access.audit import AuditLog
from data_access.access.posts import Posts
from data_access.access.roles import Role
from data_access.clock import today
from data_access.installation import open_home
from data_access.settings import OpenIdConnect, Settings
from tests.e2e.conftest import PATIENCE_MS
from tests.security.oidc_provider import OidcProvider, oidc_provider
from tests.security.providers import CLIENT_ID, CLIENT_SECRET, Fault

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def college(tmp_path) -> Iterator[tuple[str, OidcProvider]]:
    """The address of an installation without data, and the provider by which people sign in."""
    server = make_server("127.0.0.1", 0, Flask("not yet"), threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    back = f"{address}/sign-in/oidc/callback"
    with oidc_provider(name="localhost", username="T0102", redirect_uri=back, asks=True) as provider:
        secret = tmp_path / "client-secret"
        secret.write_text(CLIENT_SECRET)
        secret.chmod(0o600)
        client = OpenIdConnect(issuer=provider.url, client_id=CLIENT_ID, client_secret_file=secret)
        settings = Settings.at(tmp_path / "home", port=server.server_port, oidc=client)
        _leader(settings)
        server.app = create_app(settings)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield address, provider
        server.shutdown()
        thread.join()
        server.server_close()


def _leader(settings: Settings) -> None:
    """A person without a password here."""
    database = open_home(settings)
    audit, console = AuditLog(database), Actor.console()
    account_id = Accounts(database, audit).create(
        username="t0102", name="王建国", person_kind="other", source="manual", by=console
    )
    Posts(database, audit).grant(
        account_id, role=Role.LEADER, node_level="school", node_id=1, valid_from=today(), by=console
    )
    database.dispose()


@pytest.fixture
def page(chromium, college) -> Iterator[Page]:
    """A window that may talk to the application and to the provider, and has nothing to complain about."""
    address, provider = college
    complaints: list[str] = []
    context = chromium.new_context(locale="zh-CN", base_url=address)
    context.set_default_timeout(PATIENCE_MS)
    window = context.new_page()
    asked: list[str] = []
    window.on("request", lambda request: asked.append(request.url))
    window.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    window.on("pageerror", lambda error: complaints.append(str(error)))
    yield window
    context.close()
    assert [url for url in asked if not url.startswith((address, provider.url, "data:", "blob:"))] == []
    assert complaints == []


def test_somebody_signs_in_at_the_provider_and_comes_back_to_the_page_they_wanted(page, college):
    address, _ = college
    page.goto("/courses?view=table")
    expect(page.locator("h1")).to_have_text("登录")
    page.get_by_role("link", name="统一身份认证登录").click()
    expect(page.locator("h1")).to_have_text("统一身份认证")
    page.get_by_role("link", name="以 T0102 登录").click()
    page.wait_for_selector(".user-menu")
    assert page.url == f"{address}/courses?view=table"
    expect(page.locator(".user-menu summary")).to_contain_text("王建国")


def test_signing_out_ends_the_session_here(page):
    page.goto("/sign-in")
    page.get_by_role("link", name="统一身份认证登录").click()
    page.get_by_role("link", name="以 T0102 登录").click()
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="退出").click()
    expect(page.locator("h1")).to_have_text("登录")
    page.goto("/courses")
    expect(page.locator("h1")).to_have_text("登录")


def test_what_goes_wrong_at_the_provider_is_said_beside_the_password(page, college):
    address, provider = college
    provider.fault = Fault.OTHER_KEY
    page.goto("/sign-in?next=/courses")
    page.get_by_role("link", name="统一身份认证登录").click()
    page.get_by_role("link", name="以 T0102 登录").click()
    expect(page.get_by_role("alert")).to_contain_text("没有通过核验")
    expect(page.get_by_label("密码")).to_be_visible()
    assert urlsplit(page.url).query == "next=%2Fcourses", "The code has left the address."
    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.url.startswith(address)
