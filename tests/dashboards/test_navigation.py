import datetime as dt

import pytest

from dashboards import PAGES, navigation
from dashboards.surface import access_of
from data_access.access.roles import Role
from data_access.access.viewer import Post, viewer_of

TODAY = dt.date(2026, 11, 21)


def post(role, level="school", node=1, name=""):
    return Post(role=role, node_level=level, node_id=node, node_name=name, valid_from=TODAY)


def viewer(*posts):
    return viewer_of(posts, on=TODAY, account_id=1, username="t001", name="王建国")


def hrefs(person):
    return [entry.href for entry in navigation.entries(PAGES, person)]


def test_administrators_are_offered_their_own_part_of_the_administration():
    assert "/admin/people" in hrefs(viewer(post(Role.SYSTEM_ADMINISTRATOR)))
    assert "/admin/audit" not in hrefs(viewer(post(Role.SYSTEM_ADMINISTRATOR)))
    assert "/admin/audit" in hrefs(viewer(post(Role.AUDIT_ADMINISTRATOR)))
    assert "/admin/people" not in hrefs(viewer(post(Role.AUDIT_ADMINISTRATOR)))


def test_administrators_are_offered_no_data():
    for role in (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR):
        assert "/courses" not in hrefs(viewer(post(role)))


def test_students_and_teachers_are_offered_no_administration():
    for person in (viewer(post(Role.STUDENT, "student")), viewer(post(Role.TEACHER, "teacher"))):
        assert not [href for href in hrefs(person) if href.startswith("/admin")]


def test_whoever_holds_no_post_is_offered_nothing():
    assert hrefs(viewer()) == []


@pytest.mark.parametrize("role", Role)
def test_whatever_is_offered_may_be_opened(web, role):
    """An entry that leads to a refusal is worse than none."""
    person = viewer(post(role))
    routes = web.app.url_map.bind("localhost")
    for href in hrefs(person):
        page = next((page for page in PAGES if page.path == href), None)
        needed = page.requires if page else access_of(web.app, routes.match(href)[0]).permission
        assert person.may(needed)


def test_every_server_drawn_page_of_the_navigation_asks_for_what_the_navigation_says(web):
    routes = web.app.url_map.bind("localhost")
    for item in navigation.SERVER_PAGES:
        endpoint, _ = routes.match(item.href)
        assert endpoint != "/<path:path>", item.href
        assert access_of(web.app, endpoint).permission is item.requires


def test_the_page_one_stands_at_is_lit_and_so_is_the_one_above_it():
    person = viewer(post(Role.SYSTEM_ADMINISTRATOR))

    def lit(address):
        return [entry.href for entry in navigation.entries(PAGES, person, lit=address) if entry.is_current]

    assert lit("/admin/people") == lit("/admin/people/12/reset") == ["/admin/people"]
    assert lit("/admin/peoples") == []
    assert lit("home") == ["/"]


def test_the_menu_names_each_role_once():
    classes = [post(Role.COUNSELLOR, "class", n, f"机电240{n}") for n in (1, 2, 3)]
    shown = navigation.user(viewer(*classes, post(Role.TEACHER, "teacher", 5, "王建国")), form_token="t")
    assert shown.posts == ["任课教师", "辅导员 · 机电2401等 3 个班级"]
    assert shown.has_account_page


def test_the_menu_counts_what_it_does_not_name():
    posts = [post(role) for role in (Role.LEADER, Role.QUALITY_OFFICE, Role.DATA_STEWARD, Role.STUDENT_AFFAIRS)]
    assert navigation.user(viewer(*posts), form_token="t").posts[-1] == "等 4 种岗位"


def test_a_wall_screen_has_no_account_page():
    assert not navigation.user(viewer(post(Role.WALL_SCREEN)), form_token="t").has_account_page


def test_of_pages_below_one_another_the_one_that_is_shown_is_lit():
    person = viewer(post(Role.STUDENT_AFFAIRS))
    lit = [entry.href for entry in navigation.entries(PAGES, person, lit="/entry/timeliness") if entry.is_current]
    assert lit == ["/entry/timeliness"]
    lit = [entry.href for entry in navigation.entries(PAGES, person, lit="/entry/class/1/W11") if entry.is_current]
    assert lit == ["/entry"]
