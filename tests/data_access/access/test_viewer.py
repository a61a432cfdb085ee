"""What follows from the posts a person holds: today's only, united, at nodes where the role can be held."""

import datetime as dt

import pytest

from data_access.access.permissions import Permission
from data_access.access.roles import ROLES, Role
from data_access.access.viewer import Post, Viewer, held_on, scope_of, viewer_of
from tests.data_access.access.organisations import GONE, TODAY, post_at

DAY = dt.timedelta(1)


def viewer(*posts, on=TODAY) -> Viewer:
    return viewer_of(posts, on=on, account_id=1, username="t1", name="某人")


@pytest.mark.parametrize(
    ("on", "is_held"),
    [
        (dt.date(2026, 8, 31), False),
        (dt.date(2026, 9, 1), True),
        (dt.date(2027, 1, 31), True),
        (dt.date(2027, 2, 1), False),
    ],
)
def test_a_post_holds_from_its_first_day_to_its_last(on, is_held):
    post = post_at(Role.LEADER, since=dt.date(2026, 9, 1), until=dt.date(2027, 1, 31))
    assert post.holds_on(on) is is_held
    assert (Role.LEADER in {held.role for held in viewer(post, on=on).posts}) is is_held
    assert viewer(post, on=on).may(Permission.COURSE_VIEW) is is_held


def test_a_post_without_an_end_holds_on():
    assert post_at(Role.LEADER, since=TODAY).holds_on(TODAY + 40_000 * DAY)


def test_posts_are_named_by_weight_not_by_the_order_they_were_given_in():
    teacher, leader = post_at(Role.TEACHER, "teacher", 7), post_at(Role.LEADER)
    assert held_on([teacher, leader], TODAY) == held_on([leader, teacher], TODAY) == (leader, teacher)


def test_several_posts_unite():
    both = viewer(post_at(Role.TEACHER, "teacher", 7), post_at(Role.CLASS_ADVISER, "class", 3))
    assert both.may(Permission.COURSE_VIEW)
    assert both.may(Permission.CLASS_VIEW)
    assert both.nodes(Role.CLASS_ADVISER) == {3}
    assert both.scope.admits("student")
    assert both.scope.admits("roster")
    assert not viewer(post_at(Role.TEACHER, "teacher", 7)).scope.admits("student")


def test_many_posts_of_one_kind_are_one_condition():
    classes = [post_at(Role.COUNSELLOR, "class", number) for number in range(1, 31)]
    grants = scope_of(classes, who="t1").grants
    assert len(grants) == 2  # their classes, and the college to compare with
    assert {ids for grant in grants if grant.node == "class" for ids in grant.ids} == set(range(1, 31))


def test_the_scope_says_whose_it_is_and_why():
    reason = viewer(*(post_at(Role.COUNSELLOR, "class", n) for n in range(1, 9))).scope.reason
    assert reason == "t1(辅导员 · class1、辅导员 · class2、辅导员 · class3)"
    assert viewer().scope.reason == "t1(无岗位)"


def test_nobody_without_a_post_may_do_or_read_anything():
    nobody = viewer(post_at(Role.LEADER, until=TODAY - DAY), post_at(Role.LEADER, since=TODAY + DAY))
    assert nobody.posts == ()
    assert nobody.permissions == frozenset()
    assert nobody.scope.grants == ()


@pytest.mark.parametrize("role", Role)
def test_a_post_at_a_node_that_is_gone_or_unfit_gives_no_rows(role):
    level = ROLES[role].nodes[0]
    unfit = next(other for other in ("student", "class", "dept") if other not in ROLES[role].nodes)
    for post in (post_at(role, level, GONE, is_there=False), post_at(role, unfit, 1)):
        assert not post.is_sound
        assert viewer(post).scope.grants == ()
    if level == "school":
        assert not post_at(role, "school", 2).is_sound


def test_a_head_of_a_functional_department_owns_indicators_by_any_name_of_it():
    (own,) = {grant.owners for grant in viewer(post_at(Role.FUNCTION_HEAD, "dept", 3)).scope.grants if grant.owners}
    assert own == {"质量办", "教育质量监督评价中心(质量办)"}


def test_a_post_is_called_after_its_node():
    assert post_at(Role.CLASS_ADVISER, "class", 3).title_zh == "班主任 · class3"
    assert post_at(Role.LEADER).title_zh == "校领导"
    assert post_at(Role.CLASS_ADVISER, "class", GONE, is_there=False).title_zh == "班主任"


def test_what_one_post_allows_is_not_done_with_the_rows_of_another():
    leads = Post(role=Role.LEADER, node_level="school", node_id=1, valid_from=TODAY)
    teaches = Post(role=Role.TEACHER, node_level="teacher", node_id=7, node_name="某人", valid_from=TODAY)
    viewer = viewer_of((leads, teaches), on=TODAY, account_id=1, username="x", name="x")
    assert viewer.may(Permission.ROSTER_EXPORT)
    export = viewer.scope_for(Permission.ROSTER_EXPORT)
    assert [grant.ids for grant in export.grants if "roster" in grant.levels] == [frozenset({7})]
    assert viewer.scope_for(Permission.COURSE_VIEW) == viewer.scope
    assert viewer.scope_for(Permission.AUDIT_VIEW).grants == ()


def test_what_needs_two_permissions_is_done_with_the_rows_of_posts_that_give_both():
    leads = Post(role=Role.LEADER, node_level="school", node_id=1, valid_from=TODAY)
    advises = Post(role=Role.CLASS_ADVISER, node_level="class", node_id=3, node_name="某班", valid_from=TODAY)
    teaches = Post(role=Role.TEACHER, node_level="teacher", node_id=7, node_name="某人", valid_from=TODAY)
    both = viewer(advises, teaches, leads)
    acting = both.acting_by(Permission.CLASS_VIEW, Permission.ROSTER_EXPORT)
    assert [post.role for post in acting.posts] == [Role.CLASS_ADVISER]
    assert acting.permissions == viewer(advises).permissions
    assert acting.scope == both.scope_for(Permission.CLASS_VIEW, Permission.ROSTER_EXPORT) == viewer(advises).scope


def test_permissions_of_different_posts_do_not_add_up():
    apart = viewer(post_at(Role.LEADER), post_at(Role.SYSTEM_ADMINISTRATOR))
    assert apart.may(Permission.PANEL_EXPORT)
    assert apart.may(Permission.ACCOUNT_MANAGE)
    acting = apart.acting_by(Permission.PANEL_EXPORT, Permission.ACCOUNT_MANAGE)
    assert acting.posts == ()
    assert not acting.may(Permission.PANEL_EXPORT)
    assert acting.scope.grants == ()
