"""One's own account: what it shows, a new password, and the ends of sign-ins."""

import datetime as dt
import itertools

import pytest
from sqlalchemy import update

from dashboards.account import devices, held_posts, when_held
from data_access.access.roles import Role
from data_access.access.sessions import SessionInfo
from data_access.access.viewer import Post
from data_access.database.access_models import Account
from tests.dashboards.web import PASSWORD, with_cookie

NEW = "Quiet.Meadow-77-Lantern"
TODAY = dt.date(2026, 11, 20)


def post(first, last=None, *, name="机电2401班"):
    return Post(role=Role.CLASS_ADVISER, node_level="class", node_id=1, valid_from=first, valid_to=last, node_name=name)


def days(number):
    return TODAY + dt.timedelta(days=number)


@pytest.mark.parametrize(
    ("first", "last", "when"),
    [
        (0, None, "current"),
        (-9, 0, "current"),
        (1, None, "future"),
        (-9, -1, "former"),
        (5, 4, "former"),
        (0, -1, "former"),
    ],
)
def test_a_post_is_current_from_its_first_to_its_last_day_and_never_again(first, last, when):
    assert when_held(post(days(first), None if last is None else days(last)), TODAY) == when


def test_posts_stand_in_the_order_in_which_they_matter():
    given = [post(days(-99), days(-9)), post(days(3)), post(days(-5)), post(days(-2))]
    assert [(held.when, held.post.valid_from) for held in held_posts(given, TODAY)] == [
        ("current", days(-2)),
        ("current", days(-5)),
        ("future", days(3)),
        ("former", days(-99)),
    ]


def test_this_browser_stands_first_among_the_devices():
    noon = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
    given = [
        SessionInfo(sign_in_id=n, method="cas", started_at=noon, active_at=noon, address="", browser="") for n in (7, 8)
    ]
    first, second = devices(given, own=8)
    assert (first.sign_in_id, first.is_this_one, second.is_this_one) == (8, True, False)
    assert (first.since, first.method, first.address) == ("2026-11-20 12:00", "统一身份认证", "未知地址")


# -- the page ---------------------------------------------------------------------------------


NUMBERS = itertools.count(1)


@pytest.fixture
def person(web):
    """Username of a person of the test's own."""
    name = f"own{next(NUMBERS)}"
    web.add(name, ((Role.LEADER, "school", 1),))
    return name


def change(browser, *, old=PASSWORD, new=NEW, again=NEW):
    token = browser.form_token("/account")
    return browser.client.post("/account/password", data={"csrf_token": token, "old": old, "new": new, "again": again})


def token_of(browser):
    return {"csrf_token": browser.form_token("/account")}


def test_it_shows_the_posts_with_what_they_give_and_why(web, person):
    page = web.signed_in(person).get("/account").text
    assert "校领导看全校" in page
    assert "2020-09-01 起" in page
    assert "登录后可打开平台首页" in page
    assert "本次" in page


def test_a_new_password_ends_every_other_sign_in_and_keeps_this_one(web, person):
    here, there = web.signed_in(person), web.signed_in(person)
    answer = change(here)
    assert answer.status_code == 303
    assert "其他地方的登录已全部结束" in here.get("/account").text
    assert here.is_signed_in()
    assert not there.is_signed_in()
    assert web.browser().sign_in(person).status_code == 401
    assert web.browser().sign_in(person, NEW).status_code == 302


def test_the_cookie_from_before_the_change_is_dead(web, person):
    here = web.signed_in(person)
    copied = with_cookie(web, here.cookie())
    change(here)
    assert not copied.is_signed_in()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"old": ""}, "请输入现在的密码"),
        ({"new": ""}, "请输入新密码"),
        ({"again": "Another-Lantern-78"}, "两次输入的新密码不一样"),
        ({"new": "short", "again": "short"}, "至少 10 个字符"),
        ({"new": PASSWORD, "again": PASSWORD}, "不能与最近"),
        ({"old": "Wrong-Harbour-2026"}, "密码不正确"),
    ],
)
def test_a_password_that_cannot_be_taken_is_refused_in_chinese_and_nothing_changes(web, person, fields, text):
    here = web.signed_in(person)
    answer = change(here, **fields)
    assert answer.status_code == 422
    assert text in answer.text
    assert NEW not in answer.text
    assert PASSWORD not in answer.text
    assert here.is_signed_in()
    assert web.browser().sign_in(person).status_code == 302


def test_a_request_without_the_token_of_the_form_changes_nothing(web, person):
    here = web.signed_in(person)
    data = {"old": PASSWORD, "new": NEW, "again": NEW, "csrf_token": "forged"}
    assert here.client.post("/account/password", data=data).status_code == 400
    assert web.browser().sign_in(person).status_code == 302


def test_one_other_sign_in_can_be_ended(web, person):
    here, there = web.signed_in(person), web.signed_in(person)
    others = [
        s
        for s in web.services.sessions.of(web.ids[person])
        if f"sign-ins/{s.sign_in_id}/end" in here.get("/account").text
    ]
    assert len(others) == 1
    answer = here.client.post(f"/account/sign-ins/{others[0].sign_in_id}/end", data=token_of(here))
    assert answer.status_code == 303
    assert here.is_signed_in()
    assert not there.is_signed_in()


def test_all_others_can_be_ended_at_once_and_again_without_harm(web, person):
    here, *others = (web.signed_in(person) for _ in range(3))
    for _ in range(2):
        assert here.client.post("/account/sign-ins/end-others", data=token_of(here)).status_code == 303
        assert here.is_signed_in()
        assert not any(other.is_signed_in() for other in others)


def test_somebody_elses_sign_in_is_left_alone_and_answered_like_one_that_never_was(web, person):
    web.add(f"{person}x", ((Role.LEADER, "school", 1),))
    victim, here = web.signed_in(f"{person}x"), web.signed_in(person)
    (session,) = web.services.sessions.of(web.ids[f"{person}x"])
    answers = [
        here.client.post(f"/account/sign-ins/{number}/end", data=token_of(here))
        for number in (session.sign_in_id, 2_000_000_000)
    ]
    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert victim.is_signed_in()


@pytest.mark.parametrize("number", ["0x1", "-1", str(2**31), str(10**30), "1.5"])
def test_a_number_that_is_none_is_no_address(web, person, number):
    here = web.signed_in(person)
    assert here.client.post(f"/account/sign-ins/{number}/end", data=token_of(here)).status_code in {404, 405}


def test_an_account_without_a_password_is_told_where_it_has_one(web, person):
    here = web.signed_in(person)
    with web.database.begin() as connection:
        connection.execute(update(Account).where(Account.username == person).values(password_hash=None))
    page = here.get("/account").text
    assert "统一身份认证" in page
    assert 'type="password"' not in page


def test_a_wall_screen_has_no_account_page(web):
    assert web.signed_in("screen").get("/account").status_code == 403


@pytest.mark.parametrize("path", ["/account", "/account/password"])
def test_before_sign_in_it_leads_to_the_sign_in_page(web, path):
    answer = web.browser().get(path)
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]
