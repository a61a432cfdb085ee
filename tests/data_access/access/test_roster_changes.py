"""What a sync has to change, as a difference of two states: whose account is whose, and what happens to it."""

import datetime as dt

import pytest

from data_access.access.derivation import refuse_large_losses
from data_access.access.duties import Duty, Person, PersonKey, Roster
from data_access.access.roles import Role
from data_access.access.roster_changes import Held, HeldAccount, HeldPost, PostOf, plan
from data_access.errors import RosterError

DAY = dt.date(2026, 9, 7)
TEACHES = Duty(Role.TEACHER, "teacher", 7)
ADVISES = Duty(Role.CLASS_ADVISER, "class", 3)


def person(key=7, number="T7", kind="teacher", name="王老师"):
    return Person(kind=kind, person_id=key, number=number, name=name)


def account(number=1, username="t7", source="roster", **more):
    return HeldAccount(account_id=number, username=username, name="王老师", source=source, **more)


def post(duty, number=1, since=DAY, to=None):
    return HeldPost(post_id=number, duty=duty, valid_from=since, valid_to=to)


def changes(*people, duties=(TEACHES,), accounts=(), posts=(), taken=(), on=DAY):
    """The changes where each of the people has these duties, and (kind, key, account) are there with these posts."""
    keys = [PersonKey(each.kind, each.person_id) for each in people]
    by_person = {}
    for kind, key, each in accounts:
        by_person.setdefault(PersonKey(kind, key), []).append(each)
    roster = Roster(
        people=dict(zip(keys, people, strict=True)),
        duties=dict.fromkeys(keys, frozenset(duties)),
        referred=frozenset(),
        unknown=(),
    )
    held = Held(
        accounts=by_person,
        numbered={(kind, each.username): each for kind, _, each in accounts if each.source == "roster"},
        usernames=frozenset(each.username for _, _, each in accounts) | frozenset(taken),
        posts={1: posts} if posts else {},
        referred=frozenset(),
    )
    return plan(roster, held, on=on)


def test_somebody_new_gets_an_account_and_the_posts():
    found = changes(person(number="Ｔ7"))
    assert found.create == [person(number="Ｔ7")]
    assert found.begin == [PostOf("t7", TEACHES)]
    assert (found.people, found.posts) == (1, 1)


def test_what_is_in_step_needs_no_change():
    found = changes(person(), accounts=[("teacher", 7, account())], posts=[post(TEACHES)])
    assert found.is_empty
    assert not found.disturbed


def test_posts_begin_and_end_by_the_difference():
    there = [("teacher", 7, account())]
    found = changes(person(), duties=(ADVISES,), accounts=there, posts=[post(TEACHES)])
    assert found.begin == [PostOf("t7", ADVISES)]
    assert found.end == {1: PostOf("t7", TEACHES)}
    assert found.disturbed == {1}


@pytest.mark.parametrize("odd", [post(TEACHES, since=DAY + dt.timedelta(days=1)), post(TEACHES, to=DAY)])
def test_a_post_that_does_not_last_from_today_is_begun_anew(odd):
    found = changes(person(), accounts=[("teacher", 7, account())], posts=[odd])
    assert found.begin == [PostOf("t7", TEACHES)]
    assert set(found.end) == {1}


def test_a_post_that_is_held_twice_is_held_once_afterwards():
    twice = [post(TEACHES, 1), post(TEACHES, 2)]
    found = changes(person(), accounts=[("teacher", 7, account())], posts=twice)
    assert not found.begin
    assert len(found.end) == 1


# -- whose account it is ----------------------------------------------------------------------


def test_two_people_with_one_number_get_no_account_and_are_told():
    found = changes(person(7, "1001"), person(8, "1001", kind="student"))
    assert not found.create
    assert len(found.problems) == 2
    assert all("belongs to 2 people" in problem for problem in found.problems)


def test_somebody_with_an_account_keeps_it_when_another_comes_with_the_same_number():
    found = changes(person(7, "A1"), person(8, "a1"), accounts=[("teacher", 7, account(username="a1"))])
    assert not found.create
    assert not found.disable
    assert found.begin == [PostOf("a1", TEACHES)]
    assert len(found.problems) == 1


def test_a_number_that_two_people_came_to_have_is_neithers():
    found = changes(person(8, "A1"), person(9, "a1"), accounts=[("teacher", 7, account(username="a1"))])
    assert found.disable == [1]
    assert not found.relink
    assert len(found.problems) == 2


def test_a_student_does_not_get_the_account_of_a_member_of_staff_who_is_gone():
    found = changes(person(8, "T7", kind="student"), accounts=[("teacher", 7, account())])
    assert found.disable == [1]
    assert not found.relink
    assert "another account" in found.problems[0]


@pytest.mark.parametrize("number", ["", "a b", "x" * 65, "a\nb", "a\u200bb"])
def test_without_a_usable_number_there_is_no_account(number):
    found = changes(person(number=number))
    assert found.is_empty
    assert len(found.problems) == 1


def test_a_username_that_is_taken_is_never_shared():
    found = changes(person(), taken=["t7"])
    assert found.is_empty
    assert "another account" in found.problems[0]


def test_of_two_accounts_of_a_person_the_one_under_the_number_follows_the_roster():
    own, other = account(2, "t7", source="import"), account(1, "wang", source="manual")
    found = changes(person(), accounts=[("teacher", 7, other), ("teacher", 7, own)], posts=[post(TEACHES)])
    assert found.begin == [PostOf("t7", TEACHES)]
    assert found.end == {1: PostOf("wang", TEACHES)}
    assert not found.disable


def test_an_administrator_gets_no_roster_post():
    there = account(username="chief", source="manual", has_other_posts=True, is_exclusive=True)
    found = changes(person(), accounts=[("teacher", 7, there)], posts=[post(TEACHES)])
    assert not found.begin
    assert set(found.end) == {1}
    assert "chief" in found.problems[0]


# -- names and leavers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "source", "is_renamed"),
    [("teacher", "roster", True), ("teacher", "import", False), ("student", "roster", False)],
)
def test_a_name_follows_the_dimension_where_it_came_from_it(kind, source, is_renamed):
    found = changes(person(kind=kind, name="王教授"), accounts=[(kind, 7, account(source=source))])
    assert found.rename == ({1: "王教授"} if is_renamed else {})


@pytest.mark.parametrize(
    ("state", "disabled", "enabled"),
    [
        ({}, [1], []),
        ({"has_other_posts": True}, [], []),
        ({"is_disabled": True}, [], []),
        ({"is_disabled": True, "has_left": True}, [], []),
        ({"is_disabled": True, "has_left": True, "has_other_posts": True}, [], [1]),
    ],
)
def test_who_is_gone_is_disabled_unless_a_post_remains(state, disabled, enabled):
    found = changes(accounts=[("teacher", 7, account(**state))])
    assert (found.disable, found.enable) == (disabled, enabled)


@pytest.mark.parametrize(("has_left", "enabled"), [(True, [1]), (False, [])])
def test_who_is_back_is_enabled_unless_a_person_disabled_them(has_left, enabled):
    found = changes(person(), accounts=[("teacher", 7, account(is_disabled=True, has_left=has_left))])
    assert found.enable == enabled


# -- large losses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "gone", "is_refused"),
    [
        (20, 7, True),
        (20, 6, False),
        (19, 6, True),
        (19, 5, False),
        (6, 2, False),
        (9, 3, True),
        (3, 3, True),
        (2, 2, False),
    ],
)
def test_a_loss_is_large_above_three_in_ten_and_from_three_posts_on(count, gone, is_refused):
    posts = [post(Duty(Role.CLASS_ADVISER, "class", key), key) for key in range(count)]
    left = [each.duty for each in posts[gone:]]
    there = [("teacher", 7, account())]
    found = changes(person(), duties=left, accounts=there, posts=posts)
    held = Held(accounts={}, numbered={}, usernames=frozenset(), posts={1: posts}, referred=frozenset())
    if is_refused:
        with pytest.raises(RosterError, match=f"{gone} of {count} class_adviser"):
            refuse_large_losses(found, held)
    else:
        refuse_large_losses(found, held)
