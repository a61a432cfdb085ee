"""From nobody to somebody who sees their own home: an account, a post, a first password; each by whom it belongs to."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

USERNAME = "wangxin"
OWN_PASSWORD = "Quiet.Meadow-77-Lantern"
PEOPLE = "/admin/people"


def signed_in(visit_of, username, **options):
    """A window of one of the administrators, on the list of people."""
    visit = visit_of(**options)
    visit.enter(username)
    visit.page.goto(visit.address + PEOPLE)
    return visit


def test_a_new_member_of_staff_is_given_an_account_a_post_and_finds_their_home(visit_of):
    # The system administrator makes the account and reads out its one-time password.
    system = signed_in(visit_of, "sysadmin").page
    system.get_by_role("link", name="新建账号").click()
    system.get_by_label("用户名").fill(USERNAME)
    system.get_by_label("姓名").fill("王新")
    system.get_by_label("其他").check()
    system.get_by_role("button", name="建立账号").click()
    expect(system.get_by_text("只显示这一次")).to_be_visible()
    password = system.locator(".one-time-password code").inner_text()
    system.get_by_role("link", name="前往该账号").click()
    expect(system.get_by_text("现在没有岗位")).to_be_visible()
    expect(system.get_by_role("link", name="授予岗位")).to_have_count(0)
    assert password not in system.content()

    # Without a post there is nothing to sign in for.
    person = visit_of(java_script_enabled=False)
    attempt(person, USERNAME, password)
    expect(person.page.get_by_role("alert")).to_be_visible()

    # The security administrator finds the person, and the class they look after.
    security = signed_in(visit_of, "secadmin").page
    security.get_by_label("工号、学号或姓名").fill("王新")
    security.get_by_role("button", name="查询").click()
    security.get_by_role("link", name=USERNAME).click()
    expect(security.get_by_role("link", name="重置密码")).to_have_count(0)
    security.get_by_role("link", name="授予岗位").click()
    security.get_by_role("link", name="班主任").click()
    chosen = security.locator(".step tbody tr a").first
    class_name = chosen.inner_text()
    chosen.click()
    expect(security.get_by_role("cell", name="班主任看本班")).to_be_visible()
    security.get_by_role("button", name="授予岗位").click()
    expect(security.get_by_text("已授予班主任")).to_be_visible()

    # The person signs in, must choose a password of their own, and is where they belong.
    attempt(person, USERNAME, password)
    expect(person.page.get_by_role("heading", name="设置新密码")).to_be_visible()
    person.page.goto(f"{person.address}/account")
    expect(person.page.get_by_role("heading", name="设置新密码")).to_be_visible()
    person.page.fill("#new", OWN_PASSWORD)
    person.page.fill("#again", OWN_PASSWORD)
    person.page.get_by_role("button", name="保存并进入平台").click()
    person.page.goto(f"{person.address}/account")
    expect(person.page.get_by_role("main").get_by_text(f"班主任 · {class_name}")).to_be_visible()

    at_home = visit_of()
    attempt(at_home, USERNAME, OWN_PASSWORD)
    expect(at_home.page.locator("#main")).to_contain_text(class_name)
    assert at_home.page.goto(f"{at_home.address}{PEOPLE}").status == 403
    at_home.complaints[:] = [text for text in at_home.complaints if "403" not in text]


def attempt(visit, username, password):
    visit.page.goto(f"{visit.address}/sign-in")
    visit.page.fill("#username", username)
    visit.page.fill("#password", password)
    visit.page.get_by_role("button", name="登录", exact=True).click()
    visit.page.wait_for_load_state()
    # A refused sign-in is answered with 401, which the browser's console mentions.
    visit.complaints[:] = [text for text in visit.complaints if "401" not in text]


@pytest.mark.parametrize("width", [1280, 1440, 1920])
@pytest.mark.parametrize(
    "path", [PEOPLE, f"{PEOPLE}/1", f"{PEOPLE}/new", f"{PEOPLE}/import", "/admin/roles", "/account"]
)
def test_no_page_of_administration_is_wider_than_the_window(visit_of, width, path):
    page = signed_in(visit_of, "sysadmin", viewport={"width": width, "height": 900}).page
    page.goto(re.sub(r"/admin.*", path, page.url))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_own_account_fits_a_telephone(visit_of):
    page = signed_in(visit_of, "sysadmin", viewport={"width": 375, "height": 740}).page
    page.goto(page.url.replace(PEOPLE, "/account"))
    expect(page.get_by_role("heading", name="修改密码")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_a_reason_in_the_matrix_shows_when_the_keyboard_reaches_its_mark(visit_of):
    page = signed_in(visit_of, "secadmin").page
    page.goto(page.url.replace(PEOPLE, "/admin/roles"))
    mark = page.locator(".matrix-mark").first
    reason = mark.locator(".matrix-reason")
    expect(reason).to_be_hidden()
    mark.focus()
    expect(reason).to_be_visible()
