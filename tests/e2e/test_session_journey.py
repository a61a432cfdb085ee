"""Signing in and out in a real browser: everybody's own home, and nothing left behind."""

import re

import pytest
from playwright.sync_api import expect

from data_access.access.accounts import Accounts
from data_access.access.audit import AuditLog
from data_access.access.scope import Scope
from data_access.access.sessions import Sessions
from data_access.installation import open_home
from tests.e2e.tour import DRAWN

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOMES = {"leader": "校领导", "depthead": "系(部)主任", "teacher": "任课教师", "adviser": "班主任", "student": "学生"}


def end_sessions(college, username):
    """What an administrator does who disables somebody: all sessions are over at once."""
    database = open_home(college.settings)
    audit = AuditLog(database)
    account = Accounts(database, audit).named(username, scope=Scope.all("test"))
    Sessions(database, audit).end_all(account.account_id, because="test")
    database.dispose()


def is_expected(complaint):
    """Chromium writes every refusal of the server into the console."""
    return "status of 401" in complaint or "status of 400" in complaint


def test_everybody_sees_a_home_of_their_own(visit_of):
    seen = {}
    for username, role in HOMES.items():
        page = visit_of().sign_in(username)
        page.wait_for_selector(".panel-body")
        page.locator(".user-menu summary").click()
        expect(page.locator(".user-posts")).to_contain_text(role)
        expect(page.locator("h1")).to_be_visible()
        seen[username] = page.locator("main").inner_text()
    assert len(set(seen.values())) == len(HOMES)


def test_the_page_asked_for_opens_after_signing_in(visit_of):
    visit = visit_of()
    visit.page.goto(f"{visit.address}/courses?view=table")
    visit.page.wait_for_url(re.compile("/sign-in"))
    visit.page.click("button[name=demo][value=leader]")
    visit.page.wait_for_url(f"{visit.address}/courses?view=table")
    expect(visit.page.locator("h1")).to_have_text("课程监测")


def test_a_copied_cookie_is_dead_after_signing_out(visit_of):
    visit, thief = visit_of(), visit_of()
    visit.sign_in("teacher")
    thief.page.context.add_cookies(visit.page.context.cookies())
    thief.page.goto(visit.address)
    for window in (visit.page, thief.page):
        window.wait_for_function(DRAWN)  # what is asked for meanwhile would be refused, and say so in the console
    visit.page.locator(".user-menu summary").click()
    visit.page.get_by_role("button", name="退出").click()
    visit.page.wait_for_url(f"{visit.address}/sign-in")
    thief.page.goto(visit.address)
    assert thief.page.url == f"{visit.address}/sign-in"


def test_the_back_button_shows_nothing_after_signing_out(visit_of):
    visit = visit_of()
    page = visit.sign_in("leader")
    visit.open("/courses?view=table")
    page.wait_for_selector(".data-table tbody tr")
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(f"{visit.address}/sign-in")
    page.go_back()
    page.wait_for_url(re.compile("/sign-in"))
    expect(page.get_by_label("密码")).to_be_visible()
    assert "到课率" not in page.content()


def test_a_page_whose_session_has_ended_leaves_at_the_next_click(visit_of, college):
    visit = visit_of()
    page = visit.sign_in("depthead")
    visit.open("/courses?view=table")
    end_sessions(college, "depthead")
    page.get_by_placeholder("搜索课程、班级或教师").type("机械")
    page.wait_for_url(re.compile("/sign-in"))
    assert "next=%2Fcourses" in page.url
    assert "到课率" not in page.content()
    visit.complaints[:] = [text for text in visit.complaints if not is_expected(text)]


def test_a_page_that_nobody_touches_leaves_by_itself(visit_of, college):
    visit = visit_of(timezone_id="Asia/Shanghai")
    page = visit.page
    page.clock.install()
    visit.sign_in("secadmin")  # a home without charts: their scripts would take the leap of the clock for a failure
    page.wait_for_selector(".panel-body")
    end_sessions(college, "secadmin")
    page.clock.fast_forward(8 * 60 * 1000)
    page.wait_for_url(re.compile("/sign-in"))
    visit.complaints[:] = [text for text in visit.complaints if not is_expected(text)]


def test_a_lost_token_is_said_quietly_and_mended_by_a_reload(visit_of):
    visit = visit_of()
    page = visit.sign_in("leader")
    visit.open("/courses?view=table")
    page.context.clear_cookies(name="_csrf_token")
    page.locator("label.control", has_text="系部").locator("select").select_option(index=2)
    notice = page.locator(".session-notice")
    expect(notice).to_contain_text("页面已过期")
    notice.get_by_role("button", name="重新载入").click()
    page.wait_for_selector(".data-table tbody tr")
    expect(notice).to_have_count(0)
    visit.complaints[:] = [text for text in visit.complaints if not is_expected(text)]


def is_of_the_network(complaint):
    """Chromium writes every request that finds no network into the console."""
    return "net::ERR_INTERNET_DISCONNECTED" in complaint


def test_without_network_a_page_says_so_and_what_was_asked_for_appears_once_it_is_back(visit_of):
    visit = visit_of()
    page = visit.sign_in("leader")
    page.wait_for_selector(".panel-body")
    shown = page.locator("h1").inner_text()
    page.context.set_offline(True)
    page.evaluate("window.stillTheSame = true")
    page.locator(".nav-item", has_text="课程").click()
    bar = page.locator(".cut-off")
    expect(bar).to_contain_text("连不上服务器，正在重试…")
    assert page.url == f"{visit.address}/courses"
    expect(page.locator("h1")).to_have_text(shown)
    assert float(page.locator("main").evaluate("part => getComputedStyle(part).opacity")) < 0.6
    bar.get_by_role("button", name="手动重试").click()
    expect(bar).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("h1")).to_have_text("课程监测")
    page.wait_for_selector(".panel-body")
    expect(bar).to_have_count(0)
    expect(page.locator(".nav-item.is-on")).to_have_text("课程")
    assert page.evaluate("window.stillTheSame")
    visit.complaints[:] = [text for text in visit.complaints if not is_of_the_network(text)]


def test_a_server_that_stands_behind_a_gateway_may_be_away_for_a_moment(visit_of):
    visit = visit_of()
    page = visit.sign_in("leader")
    page.wait_for_selector(".panel-body")
    away = {"status": 502, "content_type": "text/html", "body": "<h1>Bad Gateway</h1>"}
    page.route(re.compile("/_dash-update-component|/healthz"), lambda route: route.fulfill(**away))
    page.locator(".nav-item", has_text="课程").click()
    expect(page.locator(".cut-off")).to_be_visible()
    page.unroute_all()
    expect(page.locator("h1")).to_have_text("课程监测")
    expect(page.locator(".cut-off")).to_have_count(0)
    visit.complaints[:] = [text for text in visit.complaints if "status of 502" not in text]


def test_the_menu_closes_by_a_click_beside_it_and_by_escape(visit):
    page = visit.open("/courses?view=table")
    menu = page.locator(".user-menu .menu")
    page.locator(".user-menu summary").click()
    expect(menu).to_be_visible()
    page.locator("main").click(position={"x": 5, "y": 5})
    expect(menu).to_be_hidden()
    page.locator(".user-menu summary").click()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_signing_in_needs_no_script(visit_of):
    visit = visit_of(java_script_enabled=False)
    page = visit.page
    page.goto(f"{visit.address}/sign-in?next=/account")
    page.click("button[name=demo][value=auditadmin]")
    page.wait_for_url(f"{visit.address}/account")
    expect(page.locator("h1")).to_be_visible()
    page.locator(".user-menu summary").click()
    page.get_by_role("button", name="退出").click()
    page.wait_for_url(f"{visit.address}/sign-in")


@pytest.mark.parametrize(("width", "height"), [(375, 812), (1440, 900)])
def test_nothing_of_the_sign_in_page_is_wider_than_the_window(visit_of, width, height):
    visit = visit_of(viewport={"width": width, "height": height})
    page = visit.page
    page.goto(f"{visit.address}/sign-in")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.activeElement.id") == "username"
    visit.sign_in("teacher")
    page.wait_for_selector(".panel-body")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
