"""The first person of a new installation, from the password on a slip of paper to a page that says what to do."""

import logging
import threading

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from app import create_app
from dashboards import courses
from data_access.access.accounts import Accounts, Actor
from data_access.access.audit import AuditLog
from data_access.access.posts import Posts
from data_access.access.roles import Role
from data_access.clock import today
from data_access.installation import open_home
from data_access.settings import Settings
from tests.e2e.conftest import PATIENCE_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def new_installation(tmp_path):
    """The address of a server without any data, with one person."""
    settings = Settings.at(tmp_path / "home")
    database = open_home(settings)
    audit, console = AuditLog(database), Actor.console()
    account_id = Accounts(database, audit).create(
        username="t001", name="周明远", person_kind="other", source="manual", by=console, password="kW7d-3nQp-x9Rt"
    )
    Posts(database, audit).grant(
        account_id, role=Role.LEADER, node_level="school", node_id=1, valid_from=today(), by=console
    )
    database.dispose()
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_new_installation_says_what_to_do_and_logs_no_error(chromium, new_installation, caplog):
    page = chromium.new_page(locale="zh-CN")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{new_installation}/courses")
    page.get_by_label("工号或学号").fill("T001")
    page.get_by_label("密码", exact=True).fill("kW7d-3nQp-x9Rt")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="设置新密码")).to_be_visible()
    page.get_by_label("新密码", exact=True).fill("Quiet-Meadow-4481")
    page.get_by_label("再输入一次").fill("Quiet-Meadow-4481")
    page.get_by_role("button", name="保存并进入平台").click()
    page.wait_for_selector(".user-menu")
    page.goto(f"{new_installation}/courses")
    page.wait_for_selector(".panel-body")
    page.wait_for_function("document.querySelectorAll('main .panel .skeleton').length === 0")
    shown = page.locator(".panel-body").all_inner_texts()
    terms = page.get_by_label("学期").inner_text()
    page.close()
    assert len(shown) == len(courses.PAGE.panels)
    assert all("运行 luoxuan demo，或导入数据后运行 luoxuan compute" in text for text in shown)
    assert terms == "尚无学期"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
