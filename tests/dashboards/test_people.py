"""Accounts for those who administer them: who may do what to whom, and what a second attempt does."""

import datetime as dt
import itertools
import logging
import re
import time

import pytest
from sqlalchemy import insert, update

from dashboards.people import LAST_PAGE, Search, page_number, printable, row
from data_access.access.accounts import Actor
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Post
from data_access.database.access_models import Account, PostRecord
from data_access.errors import BusyError
from tests.dashboards.test_wording import account

NUMBERS = itertools.count(1)
EVERYTHING = Scope.all("test")
SYSTEM = Actor("other-system-administrator", None)
PASSWORD_SHOWN = re.compile(r'<p class="one-time-password"><code>([^<]+)</code>')
ACTIONS = ("disable", "enable", "password")
REFUSED = ("leader", "teacher", "student", "audit", "screen", "nobody")


@pytest.fixture
def person(web):
    """Username of a person of the test's own."""
    name = f"person{next(NUMBERS)}"
    web.add(name, ((Role.QUALITY_OFFICE, "school", 1),))
    return name


def address(web, person, action=""):
    return f"/admin/people/{web.ids[person]}" + (f"/{action}" if action else "")


def submit(browser, path, **fields):
    """Open a form and send it with all its hidden fields, as a browser would."""
    page = browser.get(path).text
    hidden = dict(re.findall(r'<input id="[^"]*" name="([^"]+)" type="hidden" value="([^"]*)"', page))
    assert "csrf_token" in hidden, page
    return browser.client.post(path, data={**hidden, **fields})


def info(web, person):
    return web.services.accounts.get(web.ids[person], scope=EVERYTHING)


# -- what an address asks for -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "search"),
    [
        ({}, Search()),
        ({"q": " 王\x00建\n国 ", "role": "teacher", "state": "disabled", "page": "3"},
         Search(text="王建国", role=Role.TEACHER, state="disabled", page=3)),
        ({"q": "x" * 999, "role": "emperor", "state": "' OR 1=1", "page": "-1"}, Search(text="x" * 40)),
    ],
)  # fmt: skip
def test_a_search_takes_what_it_knows_and_leaves_out_the_rest(given, search):
    assert Search.of(given) == search


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "²", "９", "", "1e3", "9" * 400, str(LAST_PAGE)])
def test_what_is_no_page_number_is_the_first_page(text):
    assert page_number(text) == 1


def test_a_search_without_anything_is_an_address_without_a_query():
    assert Search().query() == {}
    assert Search(text="王", page=2).query() == {"q": "王", "page": 2}
    assert Search(text="王", page=2).query(page=1) == {"q": "王"}
    assert printable("\u200b\u202e王") == "王"


def test_a_row_names_two_kinds_of_posts_and_how_many_there_are():
    day = dt.date(2026, 9, 1)
    posts = [
        Post(role=Role.DEPARTMENT_HEAD, node_level="dept", node_id=1, valid_from=day, node_name="机电工程系"),
        *(Post(role=Role.CLASS_ADVISER, node_level="class", node_id=n, valid_from=day, node_name=f"{n}班") for n in (1, 2)),
        Post(role=Role.TEACHER, node_level="teacher", node_id=1, valid_from=day, node_name="陈一"),
    ]  # fmt: skip
    made = row(account(), posts)
    assert made.posts[0] == "系(部)主任 · 机电工程系"
    assert made.posts[1].startswith("班主任 · 1班")
    assert (len(made.posts), made.kinds) == (2, 3)


# -- the list ---------------------------------------------------------------------------------


def test_the_list_is_found_by_name_number_role_and_state(web, person):
    browser = web.signed_in("system")
    for query in (
        f"q={person}",
        f"q=某{person}",
        f"q={person.upper()}&role=quality_office",
        f"q={person}&state=enabled",
    ):
        assert address(web, person) in browser.get(f"/admin/people?{query}").text
    for query in (f"q={person}%25", f"q={person}&role=leader", f"q={person}&state=disabled"):
        page = browser.get(f"/admin/people?{query}").text
        assert "没有符合条件的账号" in page
        assert address(web, person) not in page


def test_long_lists_are_paged_and_a_page_too_far_leads_back(serve_web):
    web = serve_web()
    for number in range(60):
        web.add(f"many{number:02d}", ((Role.QUALITY_OFFICE, "school", 1),))
    browser = web.signed_in("security")
    first, second = (browser.get(f"/admin/people?q=many&page={page}").text for page in (1, 2))
    found = [set(re.findall(r"many\d\d", page)) for page in (first, second)]
    assert [len(names) for names in found] == [50, 10]
    assert not found[0] & found[1]
    assert "第 51–60 个账号，共 60" in second
    beyond = browser.get("/admin/people?q=many&page=9")
    assert beyond.status_code == 302
    assert beyond.headers["Location"] == "/admin/people?q=many"


def test_what_people_are_called_cannot_become_part_of_the_page(web):
    web.add("evil", (), name='<img src=x onerror="1">')
    page = web.signed_in("system").get("/admin/people?q=evil").text
    assert "<img" not in page
    assert "&lt;img" in page


# -- who may do what --------------------------------------------------------------------------


@pytest.mark.parametrize("who", REFUSED)
def test_others_reach_nothing_of_it(web, person, who):
    browser = web.signed_in(who) if who != "nobody" else web.browser()
    token = {
        "csrf_token": browser.form_token("/sign-in")
        if who == "nobody"
        else browser.client.get_cookie("_csrf_token").value
    }
    before = info(web, person)
    paths = ["/admin/people", "/admin/people/new", address(web, person)]
    paths += [address(web, person, action) for action in (*ACTIONS, "posts/new")]
    for path in paths:
        for answer in (
            browser.get(path),
            browser.client.post(path, data={**token, "because": "x", "username": "zz", "name": "x"}),
        ):
            assert answer.status_code in {302, 303, 403, 405}, path
            assert f"某{person}" not in answer.text
    assert info(web, person) == before


def test_each_administrator_is_shown_and_given_only_their_own_part(web, person):
    system, security = web.signed_in("system"), web.signed_in("security")
    of_system, of_security = (browser.get(address(web, person)).text for browser in (system, security))
    for action in ("disable", "password"):
        assert address(web, person, action) in of_system
        assert address(web, person, action) not in of_security
        assert security.get(address(web, person, action)).status_code == 403
        token = {"csrf_token": security.client.get_cookie("_csrf_token").value, "because": "x"}
        assert security.client.post(address(web, person, action), data=token).status_code == 403
    assert address(web, person, "posts/new") in of_security
    assert address(web, person, "posts/new") not in of_system
    assert system.get(address(web, person, "posts/new")).status_code == 403
    assert not info(web, person).is_disabled


@pytest.mark.parametrize("number", [2_000_000_000, 2**31 - 1])
@pytest.mark.parametrize("action", ["", *ACTIONS])
def test_an_account_that_does_not_exist_is_not_found_and_told_the_same_everywhere(web, number, action):
    answer = web.signed_in("system").get(f"/admin/people/{number}/{action}".rstrip("/"))
    assert answer.status_code == 404
    assert "没有找到" in answer.text


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_acts_on_their_own_account(web, action):
    browser = web.signed_in("system")
    before = info(web, "system")
    token = {"csrf_token": browser.client.get_cookie("_csrf_token").value, "because": "x", "seen": "enabled"}
    for answer in (
        browser.get(address(web, "system", action)),
        browser.client.post(address(web, "system", action), data=token),
    ):
        assert answer.status_code == 303
        assert answer.headers["Location"] == address(web, "system")
        assert "不能由自己办理" in browser.get(address(web, "system")).text
    after = info(web, "system")
    assert (after.is_disabled, after.must_change_password) == (before.is_disabled, before.must_change_password)
    assert address(web, "system", action) not in browser.get(address(web, "system")).text


@pytest.mark.parametrize("whom", ["security", "audit"])
def test_nobody_acts_on_another_administrator(web, whom):
    browser = web.signed_in("system")
    page = browser.get(address(web, whom)).text
    assert "三员分立" in page
    token = {"csrf_token": browser.client.get_cookie("_csrf_token").value, "because": "x", "seen": "enabled"}
    for action in ACTIONS:
        assert address(web, whom, action) not in page
        before = len(web.events("denied"))
        assert browser.client.post(address(web, whom, action), data=token).status_code == 303
        (event,) = web.events("denied")[before:]
        assert (event.actor, event.subject) == ("system", f"account:{whom}")
        assert event.detail["because"] == "administrator"
    assert not info(web, whom).is_disabled
    assert not info(web, whom).must_change_password


@pytest.mark.parametrize("form", ["0{}", "00{}", "{}.0", "+{}", "-{}", "full width", "arabic"])
def test_an_account_has_one_address(web, person, form):
    scripts = {"full width": 0xFF10, "arabic": 0x0660}
    number = str(web.ids[person])
    shift = scripts.get(form)
    text = form.format(number) if shift is None else "".join(chr(shift + int(digit)) for digit in number)
    browser = web.signed_in("system")
    assert browser.get(f"/admin/people/{text}").status_code == 404
    assert browser.get(f"/admin/people/{text}/password").status_code == 404


# -- a new account ----------------------------------------------------------------------------


def test_a_new_account_gets_a_password_that_one_answer_shows_and_nothing_keeps(web, caplog):
    caplog.set_level(logging.DEBUG)
    browser = web.signed_in("system")
    name = f"new{next(NUMBERS)}"
    answer = submit(browser, "/admin/people/new", username=name.upper(), name="新人", person_kind="other")
    assert answer.status_code == 200
    (password,) = PASSWORD_SHOWN.findall(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    made = next(a for a in web.services.accounts.find(scope=EVERYTHING, search=name).accounts)
    assert (made.username, made.must_change_password, made.source) == (name, True, "manual")
    for path in ("/admin/people", f"/admin/people?q={name}", f"/admin/people/{made.account_id}", "/admin/people/new"):
        assert password not in browser.get(path).text
    assert password not in caplog.text
    assert password not in browser.cookie()
    assert all(password not in str(event) for event in web.events("account"))
    (event,) = [event for event in web.events("account") if event.subject == f"account:{name}"]
    assert event.actor == "system"


def test_the_same_form_sent_twice_makes_one_account(web):
    browser = web.signed_in("system")
    name = f"new{next(NUMBERS)}"
    first, second = (
        submit(browser, "/admin/people/new", username=name, name="新人", person_kind="other") for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (200, 422)
    assert "已被使用" in second.text
    assert not PASSWORD_SHOWN.search(second.text)
    assert web.services.accounts.find(scope=EVERYTHING, search=name).total == 1


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"username": ""}, "请填写用户名"),
        ({"name": "   "}, "请填写姓名"),
        ({"name": "长" * 65}, "最长 64 个字"),
        ({"username": "有 空格"}, "用户名"),
        ({"username": "a'; DROP TABLE account; --"}, "用户名"),
        ({"person_kind": "emperor"}, "请选择一种身份"),
    ],
)
def test_a_field_that_cannot_be_taken_is_told_beside_it_and_what_was_typed_stays(web, fields, text):
    browser = web.signed_in("system")
    total = web.services.accounts.find(scope=EVERYTHING).total
    given = {"username": "fine", "name": "新人", "person_kind": "other", **fields}
    answer = submit(browser, "/admin/people/new", **given)
    assert answer.status_code == 422
    assert text in "".join(re.findall(r'class="field-error"[^>]*>([^<]*)<', answer.text))
    assert web.services.accounts.find(scope=EVERYTHING).total == total
    if "name" not in fields:
        assert 'value="新人"' in answer.text


# -- disabling, enabling, a new password ------------------------------------------------------


def test_disabling_ends_all_sign_ins_and_keeps_out_until_it_is_taken_back(web, person):
    theirs, browser = web.signed_in(person), web.signed_in("system")
    answer = submit(browser, address(web, person, "disable"), because="已离职")
    assert answer.status_code == 303
    page = browser.get(address(web, person)).text
    assert "账号已停用" in page
    assert "已离职" in page
    assert not theirs.is_signed_in()
    assert web.browser().sign_in(person).status_code != 302
    submit(browser, address(web, person, "enable"))
    assert web.browser().sign_in(person).status_code == 302


def test_disabling_needs_a_reason(web, person):
    answer = submit(web.signed_in("system"), address(web, person, "disable"), because="  ")
    assert answer.status_code == 422
    assert "请写明停用的原因" in answer.text
    assert not info(web, person).is_disabled


def test_a_second_submission_of_the_same_form_changes_nothing(web, person):
    browser = web.signed_in("system")
    token = {"csrf_token": browser.form_token(address(web, person, "disable")), "seen": "enabled"}
    for reason in ("第一次", "第二次"):
        assert (
            browser.client.post(address(web, person, "disable"), data={**token, "because": reason}).status_code == 303
        )
    assert info(web, person).disabled_because == "第一次"
    assert "已经停用，原因是：第一次" in browser.get(address(web, person)).text
    assert len([e for e in web.events("account") if e.subject == f"account:{person}"]) == 1


def test_enabling_what_is_not_disabled_says_so(web, person):
    browser = web.signed_in("system")
    assert browser.get(address(web, person, "enable")).status_code == 303
    assert "没有停用" in browser.get(address(web, person)).text


def test_a_confirmation_of_what_has_changed_meanwhile_is_refused(web, person):
    browser = web.signed_in("system")
    accounts, number = web.services.accounts, web.ids[person]
    accounts.disable(number, because="毕业", by=SYSTEM)
    token = {"csrf_token": browser.form_token(address(web, person, "enable")), "seen": info(web, person).seen}
    accounts.enable(number, by=SYSTEM)
    accounts.disable(number, because="账号被盗用", by=SYSTEM)
    assert browser.client.post(address(web, person, "enable"), data=token).status_code == 303
    assert "情况已有变化" in browser.get(address(web, person)).text
    assert info(web, person).is_disabled


def test_a_new_password_is_shown_once_and_must_be_replaced_at_the_first_sign_in(web):
    person = f"person{next(NUMBERS)}"
    web.add(person, ((Role.TEACHER, "teacher", 1),))
    theirs, browser = web.signed_in(person), web.signed_in("system")
    answer = submit(browser, address(web, person, "password"))
    (password,) = PASSWORD_SHOWN.findall(answer.text)
    assert not theirs.is_signed_in()
    assert password not in browser.get(address(web, person)).text
    assert web.browser().sign_in(person).status_code == 401
    again = web.browser()
    assert again.sign_in(person, password).status_code == 302
    assert again.get("/account").headers["Location"].startswith("/account/first-password")


def test_a_password_is_not_reset_for_an_account_disabled_meanwhile(web, person):
    browser = web.signed_in("system")
    token = {"csrf_token": browser.form_token(address(web, person, "password")), "seen": info(web, person).seen}
    web.services.accounts.disable(web.ids[person], because="离职", by=SYSTEM)
    answer = browser.client.post(address(web, person, "password"), data=token)
    assert answer.status_code == 303
    assert not info(web, person).must_change_password


def test_the_same_confirmation_sent_again_makes_no_second_password(web, person):
    browser = web.signed_in("system")
    token = {"csrf_token": browser.form_token(address(web, person, "password")), "seen": info(web, person).seen}
    first, *others = (browser.client.post(address(web, person, "password"), data=token) for _ in range(3))
    assert PASSWORD_SHOWN.search(first.text)
    assert [answer.status_code for answer in others] == [303, 303]
    assert "情况已有变化" in browser.get(address(web, person)).text
    unseen = browser.client.post(address(web, person, "password"), data={**token, "seen": ""})
    assert unseen.status_code == 303


# -- two people for a weighty post ------------------------------------------------------------


def test_a_weighty_account_opens_once_the_security_administrator_has_released_its_password(web, person):
    system, security = web.signed_in("system"), web.signed_in("security")
    shown = submit(system, address(web, person, "password")).text
    (password,) = PASSWORD_SHOWN.findall(shown)
    assert "须由安全管理员" in shown
    refused = web.browser().sign_in(person, password)
    assert refused.status_code == 401
    assert "密码已重置，需由安全管理员确认后才能登录。" in refused.text
    listed = system.get(f"/admin/people?q={person}&state=awaits_release").text
    assert "待确认" in re.sub(r"<select.*?</select>", "", listed, flags=re.DOTALL)
    release = address(web, person, "password/release")
    assert release in security.get(address(web, person)).text
    assert release not in system.get(address(web, person)).text
    assert submit(security, release).status_code == 303
    assert "密码重置已确认" in security.get(address(web, person)).text
    assert release not in security.get(address(web, person)).text
    assert web.browser().sign_in(person, password).status_code == 302


def test_the_system_administrator_cannot_release_what_they_issued(web, person):
    system = web.signed_in("system")
    submit(system, address(web, person, "password"))
    token = {"csrf_token": system.client.get_cookie("_csrf_token").value, "seen": info(web, person).seen}
    assert system.client.post(address(web, person, "password/release"), data=token).status_code == 403
    assert info(web, person).awaits_release


def test_a_release_sent_twice_is_one_and_counts_for_no_later_password(web, person):
    system, security = web.signed_in("system"), web.signed_in("security")
    release = address(web, person, "password/release")
    submit(system, address(web, person, "password"))
    token = {"csrf_token": security.form_token(release), "seen": info(web, person).seen}
    assert [security.client.post(release, data=token).status_code for _ in range(2)] == [303, 303]
    assert len([e for e in web.events("password") if e.subject == f"account:{person}"]) == 2
    web.clock.pass_by(minutes=1)
    submit(system, address(web, person, "password"))
    security.client.post(release, data=token)
    assert info(web, person).awaits_release
    assert "情况已有变化" in security.get(address(web, person)).text


@pytest.mark.parametrize("action", ACTIONS)
def test_without_the_token_of_the_form_nothing_happens(web, person, action):
    browser = web.signed_in("system")
    answer = browser.client.post(
        address(web, person, action), data={"csrf_token": "forged", "because": "x", "seen": "enabled"}
    )
    assert answer.status_code == 400
    assert not info(web, person).must_change_password
    assert not info(web, person).is_disabled


def test_a_busy_database_is_told_and_nothing_is_done(web, person, monkeypatch):
    def busy(*_arguments, **_options):
        raise BusyError("Another process is writing to the database.")

    browser = web.signed_in("system")
    monkeypatch.setattr(web.services.accounts, "disable", busy)
    submit(browser, address(web, person, "disable"), because="离职")
    assert "数据库正忙" in browser.get(address(web, person)).text


# -- one person -------------------------------------------------------------------------------


def test_the_page_of_a_person_shows_posts_and_open_sign_ins(web, person):
    web.signed_in(person)
    page = web.signed_in("security").get(address(web, person)).text
    assert "质量办" in page
    assert "127.0.0.1" in page
    assert "2020-09-01 起" in page


def test_somebody_without_posts_and_sign_ins_has_a_page_that_says_so(web):
    page = web.signed_in("system").get(address(web, "nobody")).text
    assert "现在没有岗位" in page
    assert "现在没有登录" in page


def test_a_disabled_account_tells_why(web, person):
    with web.database.begin() as connection:
        connection.execute(
            update(Account)
            .where(Account.username == person)
            .values(disabled_at=web.clock.now(), disabled_because="名册中已无此人")
        )
    assert "名册中已无此人" in web.signed_in("security").get(address(web, person)).text


@pytest.mark.slow
def test_the_list_of_a_large_college_is_there_at_once(serve_web):
    web = serve_web()
    moment = web.clock.now()
    plain = {
        "person_kind": "student", "password_history": [], "must_change_password": False, "session_version": 1,
        "disabled_because": "", "source": "roster", "created_at": moment,
    }  # fmt: skip
    post = {"role": "student", "node_level": "student", "source": "roster", "valid_from": dt.date(2024, 9, 1)}
    numbers = range(1000, 16_000)
    with web.database.begin() as connection:
        connection.execute(
            insert(Account), [{**plain, "account_id": n, "username": f"2024{n}", "name": f"学{n}"} for n in numbers]
        )
        connection.execute(
            insert(PostRecord), [{**post, "account_id": n, "node_id": n, "granted_at": moment} for n in numbers]
        )
    browser = web.signed_in("system")
    for query in ("", "?page=250", "?q=999", "?role=student&state=never_signed_in&page=100"):
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            assert browser.get(f"/admin/people{query}").status_code == 200
            times.append(time.perf_counter() - begin)
        assert min(times) < 0.15, query
