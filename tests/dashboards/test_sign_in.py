"""Signing in: the same answer for whoever is not let in, and no way out of the application through an address."""

import re
import string
from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboards import demo_people
from dashboards.sign_in import local_address
from data_access.access.roles import Role
from data_access.demo import cast
from data_access.settings import Mode
from tests.dashboards.web import PASSWORD, with_cookie

HERE = "http://localhost/sign-in"
HOSTILE = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\\/evil.example", "/\t/evil.example",
    "/\n/evil.example", "\t//evil.example", "http://evil.example", "HTTPS://evil.example", "javascript:alert(1)",
    "data:text/html,x", "evil.example", "/x//evil.example", "/.//evil.example", "/%0d%0aSet-Cookie:x", "//evil.example/sign-in",
    "/\u2028/evil.example", "/\u3000/evil.example", "/\x00", "http:/evil.example", "http:evil.example", "?x", "#x", "", " /",
    "/courses\r\nSet-Cookie: a=b", "//[::1", "/" + "a" * 3000,
]  # fmt: skip
HARMLESS = [
    "/", "/courses", "/courses?dept=3&week=latest", "/offerings/12?sort=no", "/courses?q=%E5%88%B6%E5%9B%BE",
    "/courses?q=制图", "/courses?back=//x", "/courses#main", "/account",
]  # fmt: skip


def as_a_browser_reads(address):
    """Where a browser goes that stands at the sign-in page: tabs and newlines vanish, a backslash is a slash."""
    text = address.strip("".join(map(chr, range(33))))
    text = re.sub(r"[\t\r\n]", "", text)
    path, mark, rest = text.partition("?")
    return urlsplit(urljoin(HERE, path.replace("\\", "/") + mark + rest))


@pytest.mark.parametrize("address", HARMLESS)
def test_an_address_of_the_application_is_led_to(address):
    assert local_address(address) == address


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_elsewhere_is_not(address):
    if address != "/%0d%0aSet-Cookie:x":  # harmless as long as it stays encoded
        assert local_address(address) == "/"


@pytest.mark.parametrize(
    "address", ["/sign-in", "/sign-in/", "/sign-in?next=/x", "/sign-out", "/account/first-password"]
)
def test_signing_in_does_not_lead_to_signing_in_or_out(address):
    assert local_address(address) == "/"


PIECES = st.sampled_from(
    ["/", "//", "\\", ":", "@", "http:", "javascript:", "evil.example", "courses", "..", ".", "%2f", "%5c", "%09", "\t",
     "\n", "\r", "\x00", " ", "?", "#", "\u2028", "\u3000", "／", "＼", "ⓔ", "[", "]", "sign-in", "制图"]
)  # fmt: skip


@given(st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=40), st.text(alphabet=string.printable)))
@example("/\t/evil.example")
@example("/\\evil.example")
def test_whatever_is_led_to_lies_on_this_host(text):
    target = local_address(text)
    assert target in {"/", text}
    assert target.startswith("/")
    parts = as_a_browser_reads(target)
    assert (parts.scheme, parts.netloc) == ("http", "localhost")
    assert parts.path.rstrip("/") not in {"/sign-in", "/sign-out"} or "." in target


# -- the form ---------------------------------------------------------------------------------


def test_signing_in_leads_home(web):
    answer = web.browser().sign_in("leader")
    assert (answer.status_code, answer.location) == (302, "/")


@pytest.mark.parametrize("address", HARMLESS)
def test_signing_in_leads_back_to_the_address_asked_for(web, address):
    answer = web.browser().sign_in("leader", query=f"?next={quote(address)}")
    assert urlsplit(urljoin(HERE, answer.location)).path == urlsplit(address).path
    assert answer.location.startswith("/")


@pytest.mark.parametrize("address", [text for text in HOSTILE if "Set-Cookie" not in text])
def test_signing_in_leads_nowhere_else(web, address):
    answer = web.browser().sign_in("leader", query=f"?next={quote(address)}")
    assert (answer.status_code, answer.location) == (302, "/")


def test_what_could_be_a_header_stays_within_the_address(web):
    answer = web.browser().sign_in("leader", query="?next=/x%250d%250aSet-Cookie:a=b")
    assert "a" not in [line.split("=")[0] for line in answer.headers.getlist("Set-Cookie")]
    assert "\r" not in answer.location


def test_the_way_back_survives_a_wrong_password(web):
    browser = web.browser()
    first = browser.sign_in("leader", "wrong", query="?next=/courses")
    assert first.status_code == 401
    assert browser.sign_in("leader", query="?next=/courses").location == "/courses"
    assert '<form method="POST" class="form">' in first.text  # without an action it goes to the address it stands at


def test_whoever_is_signed_in_is_led_on(web):
    browser = web.signed_in("leader")
    assert browser.get("/sign-in").location == "/"
    assert browser.get("/sign-in?next=/courses").location == "/courses"
    assert browser.get("/sign-in?next=//evil.example").location == "/"


def test_unknown_people_and_wrong_passwords_get_the_same_answer(web):
    def answer(username, password):
        shown = web.browser().sign_in(username, password)
        text = re.sub(r'value="[^"]*"', "", shown.text)
        return shown.status_code, text

    assert answer("leader", "wrong") == answer("nobody-of-that-name", "wrong")
    assert answer("leader", "wrong")[0] == 401
    assert "不正确" in answer("leader", "wrong")[1]


def test_somebody_without_a_post_is_told_why_they_are_not_let_in(web):
    answer = web.browser().sign_in("nobody")
    assert answer.status_code == 401
    assert "岗位" in answer.text


def test_too_many_attempts_say_how_long_to_wait(serve_web):
    web = serve_web()
    browser = web.browser()
    statuses = [browser.sign_in("leader", "wrong").status_code for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    refused = browser.sign_in("leader", PASSWORD)
    assert int(refused.headers["Retry-After"]) > 0
    assert len(re.findall(r"请在 \d+ 分钟后再试", refused.text)) == 1


@pytest.mark.parametrize(
    "username", ["<script>alert(1)</script>", '" autofocus onfocus="alert(1)', "{{ 7*7 }}", "a" * 5000]
)
def test_what_was_typed_is_shown_again_as_text(web, username):
    shown = web.browser().sign_in(username, "wrong").text
    assert "<script>alert" not in shown
    assert 'onfocus="alert' not in shown
    assert "49" not in re.findall(r'name="username"[^>]*value="([^"]*)"', shown)


def test_the_password_is_never_shown_again(web):
    assert "My-Secret-Password" not in web.browser().sign_in("leader", "My-Secret-Password").text


def test_the_form_helps_password_managers_and_needs_no_script(web):
    page = web.browser().get("/sign-in").text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "autofocus" in page
    assert "<script" not in page
    assert '<html lang="zh-CN"' in page
    assert 'content="width=device-width' in page
    for name in re.findall(r'<input id="(\w+)"', page):
        assert f'<label for="{name}">' in page


def test_the_page_gives_nothing_away(web):
    page = web.browser().get("/sign-in?next=/students/1").text
    assert not any(word in page for word in ("sidebar", "/courses", "/people", "_dash", "课程", "指标库", "数据版本"))


# -- demo -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(serve_web):
    web = serve_web()
    (web.services.settings.home / "demo-password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    web.add("d.student", ((Role.STUDENT, "student", 1),), source="demo", name="刘晨")
    web.add("d.leader", ((Role.LEADER, "school", 1),), source="demo", name="周明远")
    web.add("d.counsellor", tuple((Role.COUNSELLOR, "class", n) for n in (1, 2, 3)), source="demo", name="赵雪")
    web.add("d.gone", ((Role.LEADER, "school", 1),), source="demo", name="已停用", disabled_at=web.clock.now())
    return web


def people_of(page):
    return re.findall(r'name="demo" value="([^"]+)"', page)


def test_demo_people_are_listed_by_the_weight_of_their_roles(demo):
    page = demo.browser().get("/sign-in").text
    assert people_of(page) == ["d.leader", "d.counsellor", "d.student"]
    assert "辅导员等 3 个班级" in page
    assert "周明远" in page
    assert PASSWORD in page


def test_the_password_is_read_where_the_demo_writes_it():
    assert demo_people.PASSWORD_FILE == cast.PASSWORD_FILE


def test_one_click_signs_in_as_a_demo_person(demo):
    browser = demo.browser()
    token = browser.form_token("/sign-in")
    answer = browser.client.post("/sign-in?next=/courses", data={"demo": "d.leader", "csrf_token": token})
    assert (answer.status_code, answer.location) == (302, "/courses")
    assert browser.get("/courses").status_code == 200


@pytest.mark.parametrize("username", ["leader", "d.gone", "nobody-of-that-name", "d.leader' OR 1=1"])
def test_one_click_signs_in_as_nobody_who_is_not_listed(demo, username):
    demo.add(f"own.{len(demo.ids)}", ())
    browser = demo.browser()
    token = browser.form_token("/sign-in")
    answer = browser.client.post("/sign-in", data={"demo": username, "csrf_token": token})
    assert answer.status_code == 401
    assert not browser.is_signed_in()


def test_nobody_is_listed_without_demo_accounts(web):
    page = web.browser().get("/sign-in").text
    assert "演示账号" not in page
    assert people_of(page) == []


def test_nobody_is_listed_in_production_even_where_the_files_are_left(serve_web):
    web = serve_web(mode=Mode.PRODUCTION, public_url="https://quality.example.edu.cn", trusted_proxies=1)
    (web.services.settings.home / "demo-password").write_text(f"{PASSWORD}\n", encoding="utf-8")
    web.add("d.leader", ((Role.LEADER, "school", 1),), source="demo")
    client = web.app.test_client()
    there = {"base_url": "https://quality.example.edu.cn", "headers": {"Referer": "https://quality.example.edu.cn/"}}
    page = client.get("/sign-in", **there)
    assert people_of(page.text) == []
    assert PASSWORD not in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
    assert client.post("/sign-in", data={"demo": "d.leader", "csrf_token": token}, **there).status_code == 401


# -- known browsers -----------------------------------------------------------------------------


def test_fifty_wrong_guesses_at_the_same_address_do_not_stop_a_browser_that_has_signed_in_before(web):
    web.add("shared", ((Role.LEADER, "school", 1),))
    owner, stranger = web.signed_in("shared"), web.browser()
    mark = owner.client.get_cookie("luoxuan-browser").value
    owner.sign_out()
    assert owner.client.get_cookie("luoxuan-browser").value == mark
    statuses = [stranger.sign_in("shared", f"guess {number}").status_code for number in range(50)]
    assert statuses == [401] * 5 + [429] * 45
    assert stranger.sign_in("shared").status_code == 429
    assert owner.sign_in("shared", "wrong").status_code == 401
    assert owner.sign_in("shared").status_code == 302
    assert stranger.sign_in("shared").status_code == 429


def test_the_mark_of_a_browser_signs_nobody_in(web):
    mark = web.signed_in("leader").client.get_cookie("luoxuan-browser").value
    copied = web.browser()
    copied.client.set_cookie("luoxuan-browser", mark)
    assert not copied.is_signed_in()
    assert copied.sign_in("leader", "wrong").status_code == 401


def test_a_mark_that_was_made_up_is_ignored_and_replaced(web):
    browser = web.browser()
    browser.client.set_cookie("luoxuan-browser", "W10.forged")
    assert browser.sign_in("leader").status_code == 302
    assert browser.client.get_cookie("luoxuan-browser").value != "W10.forged"


# -- the first password -----------------------------------------------------------------------


@pytest.fixture
def newcomer(web):
    username = f"new{len(web.ids)}"
    web.add(username, ((Role.LEADER, "school", 1),), must_change_password=True)
    browser = web.browser()
    assert browser.sign_in(username).location == "/account/first-password"
    return username, browser


def choose(browser, new, again=None):
    token = browser.form_token("/account/first-password")
    return browser.client.post(
        "/account/first-password", data={"new": new, "again": new if again is None else again, "csrf_token": token}
    )


def test_a_first_password_opens_the_application_and_replaces_the_session(web, newcomer):
    username, browser = newcomer
    copy = with_cookie(web, browser.cookie())
    answer = choose(browser, "Quiet-Meadow-4481")
    assert (answer.status_code, answer.location) == (302, "/")
    assert browser.get("/courses").status_code == 200
    assert not copy.is_signed_in()
    assert web.browser().sign_in(username, PASSWORD).status_code == 401
    assert web.browser().sign_in(username, "Quiet-Meadow-4481").location == "/"


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("short", None, "至少"),
        ("Quiet-Meadow-4481", "Quiet-Meadow-4482", "不一样"),
        ("", "", "请输入"),
        (PASSWORD, None, "最近"),
        ("x" * 500, None, "最"),
    ],
)
def test_a_first_password_that_is_none_is_refused_with_the_reason(newcomer, new, again, said):
    _, browser = newcomer
    answer = choose(browser, new, again)
    assert answer.status_code == 400
    (problem, *_) = re.findall(r'role="alert">([^<]+)<', answer.text)
    assert said in problem
    assert browser.get("/courses").location == "/account/first-password"


def test_the_policy_is_listed_before_anything_is_typed(newcomer):
    _, browser = newcomer
    page = browser.get("/account/first-password").text
    assert "至少 10 个字符" in page
    assert page.count('autocomplete="new-password"') == 2
    assert 'name="old"' not in page


def test_somebody_with_a_password_of_their_own_has_no_business_there(web):
    browser = web.signed_in("leader")
    assert browser.get("/account/first-password").location == "/"
    token = browser.client.get_cookie("_csrf_token").value
    data = {"new": "Quiet-Meadow-4481", "again": "Quiet-Meadow-4481", "csrf_token": token}
    assert browser.client.post("/account/first-password", data=data).location == "/"
    assert web.browser().sign_in("leader", PASSWORD).status_code == 302


def test_one_may_leave_without_setting_a_password(newcomer):
    _, browser = newcomer
    token = browser.form_token("/account/first-password")
    assert browser.client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    assert browser.get("/account/first-password").status_code == 302
