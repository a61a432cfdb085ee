"""Granting and ending posts: by whom, of what, where, from when to when, and never twice."""

import datetime as dt
import itertools
import re

import pytest
from sqlalchemy import insert

from dashboards.post_grants import offers, own_node
from data_access.access.accounts import Actor
from data_access.access.roles import ADMINISTRATORS, Role
from data_access.access.viewer import Post
from data_access.database.models import Entity
from tests.dashboards.test_people import submit
from tests.dashboards.test_wording import account
from tests.dashboards.web import TODAY

NUMBERS = itertools.count(1)
CONSOLE = Actor("console:test", None)
ANCESTORS = ("dept_id", "major_id", "class_id", "course_id", "teacher_id")
ENTITIES = (
    {"level": "school", "entity_id": 1, "name": "全校"},
    {"level": "dept", "entity_id": 2, "name": "机电工程系", "dept_id": 2},
    {"level": "teacher", "entity_id": 8, "name": "陈一", "code": "T0008", "dept_id": 2, "teacher_id": 8},
    {"level": "teacher", "entity_id": 9, "name": "林二", "code": "T0009", "dept_id": 2, "teacher_id": 9},
    *({"level": "class", "entity_id": n, "name": f"机电24{n}班", "dept_id": 2, "class_id": n} for n in range(10, 45)),
)


@pytest.fixture(scope="module")
def college(web):
    """The server, with some places to hold posts at."""
    with web.database.begin() as connection:
        for row in ENTITIES:
            connection.execute(insert(Entity).values(**{**dict.fromkeys(ANCESTORS), "code": "", "aliases": "", **row}))
    return web


@pytest.fixture
def person(college):
    """Username of a person of the test's own, without posts."""
    name = f"grantee{next(NUMBERS)}"
    college.add(name, ())
    return name


def address(web, person, query=""):
    return f"/admin/people/{web.ids[person]}/posts/new{query}"


def posts_of(web, person):
    return web.services.posts.of(web.ids[person])


def days(number):
    return (TODAY + dt.timedelta(days=number)).isoformat()


# -- what can be offered ----------------------------------------------------------------------


def obstacles(posts=(), **values):
    return {offer.role: offer.obstacle for offer in offers(account(**values), posts, TODAY)}


def held(role, level="school", node=1, first=-9, last=None):
    return Post(
        role=role,
        node_level=level,
        node_id=node,
        valid_from=TODAY + dt.timedelta(days=first),
        valid_to=None if last is None else TODAY + dt.timedelta(days=last),
    )


def test_administrators_are_made_at_the_console_alone():
    assert all(obstacles()[role] for role in ADMINISTRATORS)
    assert not obstacles()[Role.LEADER]


def test_whoever_holds_something_gets_nothing_exclusive_and_the_other_way_round():
    assert obstacles([held(Role.LEADER)])[Role.WALL_SCREEN]
    screen = obstacles([held(Role.WALL_SCREEN)])
    assert screen[Role.LEADER]
    assert not screen[Role.WALL_SCREEN]
    assert not obstacles([held(Role.LEADER, last=-1)])[Role.WALL_SCREEN]
    assert obstacles([held(Role.LEADER, first=9)])[Role.WALL_SCREEN]


def test_a_teachers_post_is_offered_to_the_teacher_alone():
    assert not obstacles(person_kind="teacher", person_id=8)[Role.TEACHER]
    assert obstacles(person_kind="teacher", person_id=None)[Role.TEACHER]
    assert obstacles(person_kind="student", person_id=8)[Role.TEACHER]
    assert own_node(Role.TEACHER, account(person_kind="teacher", person_id=8)).node_id == 8
    assert own_node(Role.TEACHER, account(person_kind="student", person_id=8)) is None
    assert own_node(Role.LEADER, account()).level == "school"
    assert own_node(Role.CLASS_ADVISER, account()) is None


def test_a_disabled_account_is_offered_nothing():
    assert all(obstacles(is_disabled=True).values())


# -- granting ---------------------------------------------------------------------------------


def test_role_place_and_term_are_chosen_one_after_the_other_without_scripts(college, person):
    browser = college.signed_in("security")
    roles = browser.get(address(college, person)).text
    step = re.search(r'href="([^"]*role=class_adviser)"', roles)[1].replace("&amp;", "&")
    places = browser.get(step + "&q=2412").text
    assert "机电工程系" in places
    (found,) = re.findall(r'href="([^"]*node=class:12)"', places)
    chosen = found.replace("&amp;", "&")
    terms = browser.get(chosen).text
    assert "班主任看本班" in terms
    assert "查看班级" in terms
    answer = submit(browser, chosen, valid_from=days(0), valid_to=days(100))
    assert answer.status_code == 303
    (post,) = posts_of(college, person)
    assert (post.role, post.node_level, post.node_id) == (Role.CLASS_ADVISER, "class", 12)
    assert (post.valid_from.isoformat(), post.valid_to.isoformat()) == (days(0), days(100))
    assert "已授予班主任" in browser.get(f"/admin/people/{college.ids[person]}").text
    (event,) = [e for e in college.events("post") if e.subject == f"account:{person}"]
    assert event.actor == "security"


def test_places_are_paged_and_searched(college, person):
    browser = college.signed_in("security")
    first, second = (browser.get(address(college, person, f"?role=counsellor&page={n}")).text for n in (1, 2))
    assert "第 1–20 个班级，共 35" in first
    assert len(re.findall("node=class:", second)) == 15
    assert "没有找到班级" in browser.get(address(college, person, "?role=counsellor&q=没有")).text


def test_a_role_with_two_kinds_of_places_lets_one_choose(college, person):
    browser = college.signed_in("security")
    assert "机电工程系" in browser.get(address(college, person, "?role=student_affairs")).text
    page = browser.get(address(college, person, "?role=student_affairs&level=school")).text
    assert "node=school:1" in page


def test_granting_ends_the_sign_ins_of_the_person(college):
    name = f"grantee{next(NUMBERS)}"
    college.add(name, ((Role.QUALITY_OFFICE, "school", 1),))
    theirs = college.signed_in(name)
    submit(college.signed_in("security"), address(college, name, "?role=leader"), valid_from=days(0))
    assert not theirs.is_signed_in()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"valid_from": ""}, "请填写日期"),
        ({"valid_from": "2026-02-30"}, "请填写日期"),
        ({"valid_from": "1026-02-03"}, "2000 年到 2100 年"),
        ({"valid_from": days(5), "valid_to": days(4)}, "不能早于开始日期"),
        ({"valid_from": days(0), "valid_to": "x"}, "请填写日期"),
    ],
)
def test_a_term_that_is_none_is_told_beside_the_field(college, person, fields, text):
    answer = submit(college.signed_in("security"), address(college, person, "?role=leader"), **fields)
    assert answer.status_code == 422
    assert text in "".join(re.findall(r'class="field-error"[^>]*>([^<]*)<', answer.text))
    assert posts_of(college, person) == ()


def test_the_same_grant_twice_gives_one_post_and_says_so(college, person):
    browser = college.signed_in("security")
    first, second = (
        submit(browser, address(college, person, "?role=class_adviser&node=class:12"), valid_from=days(0))
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (303, 422)
    assert "已有岗位" in second.text
    assert len(posts_of(college, person)) == 1


@pytest.mark.parametrize(
    "query",
    [
        "?role=system_administrator",
        "?role=security_administrator",
        "?role=audit_administrator",
        "?role=emperor",
        "?role=teacher",
        "?role=student&node=student:1",
        "",
    ],
)
def test_a_role_that_cannot_be_given_leads_back_to_the_choice_and_gives_nothing(college, person, query):
    browser = college.signed_in("security")
    token = {"csrf_token": browser.client.get_cookie("_csrf_token").value, "valid_from": days(0)}
    answer = browser.client.post(address(college, person, query), data=token)
    assert answer.status_code == 422
    assert "没有授予" in re.search(r'class="form-problem" role="alert">([^<]*)<', answer.text)[1]
    assert "第 1 步" in answer.text
    assert posts_of(college, person) == ()


def test_a_role_that_has_become_impossible_is_told_and_recorded(college):
    name = f"grantee{next(NUMBERS)}"
    college.add(name, ((Role.WALL_SCREEN, "school", 1),))
    browser = college.signed_in("security")
    token = {"csrf_token": browser.client.get_cookie("_csrf_token").value, "valid_from": days(0)}
    answer = browser.client.post(address(college, name, "?role=leader"), data=token)
    assert answer.status_code == 422
    assert "没有授予。校领导：已是大屏，不能兼任其他岗位。" in answer.text
    [event] = [event for event in college.events("denied") if event.subject == f"account:{name}"]
    assert (event.actor, event.detail) == ("security", {"change": "granted", "because": "exclusive"})
    assert browser.get(address(college, name, "?role=leader")).status_code == 200


@pytest.mark.parametrize(
    "node",
    [
        "class:999",
        "dept:2",
        "school:1",
        "teacher:8",
        "class:-1",
        "class:²",
        "class:1e1",
        "class",
        "",
        ":",
        f"class:{10**30}",
    ],
)
def test_a_place_that_the_role_is_not_held_at_leads_back_to_the_choice_and_gives_nothing(college, person, node):
    browser = college.signed_in("security")
    token = {"csrf_token": browser.client.get_cookie("_csrf_token").value, "valid_from": days(0)}
    answer = browser.client.post(address(college, person, f"?role=class_adviser&node={node}"), data=token)
    assert answer.status_code == 422
    assert "没有授予" in re.search(r'class="form-problem" role="alert">([^<]*)<', answer.text)[1]
    assert "第 2 步" in answer.text
    assert posts_of(college, person) == ()


def test_a_teacher_is_given_their_own_file_whatever_the_address_says(college):
    name = f"grantee{next(NUMBERS)}"
    college.add(name, (), person_kind="teacher", person_id=8)
    browser = college.signed_in("security")
    submit(browser, address(college, name, "?role=teacher&node=teacher:9"), valid_from=days(0))
    (post,) = posts_of(college, name)
    assert (post.node_level, post.node_id) == ("teacher", 8)


# -- ending -----------------------------------------------------------------------------------


@pytest.fixture
def adviser(college, person):
    """Username and post of somebody who is an adviser from some days ago on."""
    post_id = college.services.posts.grant(
        college.ids[person], role=Role.CLASS_ADVISER, node_level="class", node_id=12,
        valid_from=TODAY - dt.timedelta(days=30), by=CONSOLE,
    )  # fmt: skip
    return person, f"/admin/people/{college.ids[person]}/posts/{post_id}/end"


def test_a_post_can_be_taken_away_at_once(college, adviser):
    person, path = adviser
    theirs, browser = college.signed_in(person), college.signed_in("security")
    assert "班主任看本班" in browser.get(path).text
    assert submit(browser, path, when="now").status_code == 303
    assert posts_of(college, person)[0].valid_to == TODAY - dt.timedelta(days=1)
    assert not theirs.is_signed_in()
    page = browser.get(f"/admin/people/{college.ids[person]}").text
    assert "已收回" in page
    assert "现在没有岗位" in page


def test_a_post_can_end_on_a_day_to_come(college, adviser):
    person, path = adviser
    browser = college.signed_in("security")
    submit(browser, path, when="day", day=days(9))
    assert posts_of(college, person)[0].valid_to.isoformat() == days(9)
    assert f"将在 {days(9)} 结束" in browser.get(f"/admin/people/{college.ids[person]}").text


def test_what_was_ended_by_mistake_is_granted_again_with_everything_filled_in(college, adviser):
    person, path = adviser
    browser = college.signed_in("security")
    submit(browser, path, when="now")
    page = browser.get(f"/admin/people/{college.ids[person]}").text
    again = re.search(r'href="([^"]*role=class_adviser&amp;node=class:12)"', page)[1].replace("&amp;", "&")
    assert submit(browser, again, valid_from=days(0)).status_code == 303
    assert [post.holds_on(TODAY) for post in posts_of(college, person)] == [True, False]


def test_a_post_to_come_that_is_taken_back_is_shown_as_such(college, person):
    post_id = college.services.posts.grant(
        college.ids[person], role=Role.LEADER, node_level="school", node_id=1,
        valid_from=TODAY + dt.timedelta(days=30), by=CONSOLE,
    )  # fmt: skip
    browser = college.signed_in("security")
    page = browser.get(f"/admin/people/{college.ids[person]}").text
    assert "将来" in page
    submit(browser, f"/admin/people/{college.ids[person]}/posts/{post_id}/end", when="now")
    page = browser.get(f"/admin/people/{college.ids[person]}").text
    assert "已撤回" in page
    assert "将来" not in page


def test_ending_twice_ends_once_and_says_so(college, adviser):
    person, path = adviser
    browser = college.signed_in("security")
    token = {"csrf_token": browser.form_token(path), "seen": "—", "when": "now"}
    for _ in range(2):
        assert browser.client.post(path, data=token).status_code == 303
    assert "情况已有变化" in browser.get(f"/admin/people/{college.ids[person]}").text
    assert (
        len([e for e in college.events("post") if e.subject == f"account:{person}" and e.detail["change"] == "ended"])
        == 1
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"when": "day", "day": ""}, "请填写日期"),
        ({"when": "day", "day": "x"}, "请填写日期"),
        ({"when": "day", "day": "9999-12-31"}, "2000 年到 2100 年"),
        ({"when": "never"}, "请选择何时结束"),
    ],
)
def test_an_end_that_is_none_is_told_beside_the_field(college, adviser, fields, text):
    person, path = adviser
    answer = submit(college.signed_in("security"), path, **fields)
    assert answer.status_code == 422
    assert text in "".join(re.findall(r'class="field-error"[^>]*>([^<]*)<', answer.text))
    assert posts_of(college, person)[0].valid_to is None


def test_a_post_of_somebody_else_is_not_found_below_this_person(college, adviser):
    _, path = adviser
    browser = college.signed_in("security")
    number = path.split("/")[-2]
    college.add(other := f"grantee{next(NUMBERS)}", ())
    answers = [browser.get(f"/admin/people/{college.ids[other]}/posts/{n}/end") for n in (number, 2_000_000_000)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert browser.get(f"/admin/people/2000000000/posts/{number}/end").status_code == 404


# -- who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["system", "leader", "teacher", "student", "audit", "screen"])
def test_only_the_security_administrator_grants_and_ends(college, adviser, who):
    person, path = adviser
    browser = college.signed_in(who)
    token = {
        "csrf_token": browser.client.get_cookie("_csrf_token").value,
        "seen": "—",
        "when": "now",
        "valid_from": days(0),
    }
    before = posts_of(college, person)
    for place in (path, address(college, person, "?role=leader")):
        assert browser.get(place).status_code == 403
        assert browser.client.post(place, data=token).status_code == 403
    assert posts_of(college, person) == before


@pytest.mark.parametrize("whom", ["security", "system", "audit"])
def test_nobody_grants_to_or_takes_from_themselves_or_another_administrator(college, whom):
    browser = college.signed_in("security")
    (post,) = posts_of(college, whom)
    token = {
        "csrf_token": browser.client.get_cookie("_csrf_token").value,
        "seen": "—",
        "when": "now",
        "valid_from": days(0),
    }
    for path in (address(college, whom, "?role=leader"), f"/admin/people/{college.ids[whom]}/posts/{post.post_id}/end"):
        assert browser.client.post(path, data=token).status_code == 303
    assert posts_of(college, whom) == (post,)
    assert "posts/new" not in browser.get(f"/admin/people/{college.ids[whom]}").text


def test_what_the_store_refuses_is_shown_as_it_says_it(college):
    """The security administrator's other account is theirs too."""
    college.add(
        own := f"grantee{next(NUMBERS)}",
        ((Role.SECURITY_ADMINISTRATOR, "school", 1),),
        person_kind="teacher",
        person_id=9,
    )
    college.add(other := f"grantee{next(NUMBERS)}", (), person_kind="teacher", person_id=9)
    answer = submit(college.signed_in(own), address(college, other, "?role=leader"), valid_from=days(0))
    assert answer.status_code == 422
    assert "不能授予或终止本人的岗位" in answer.text
    assert posts_of(college, other) == ()
