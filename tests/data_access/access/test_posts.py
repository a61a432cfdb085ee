"""Posts: given only where they make sense and where the giver may, and ended on a day."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.access.accounts import Actor
from data_access.access.posts import conflict_of, overlap
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.viewer import Post
from data_access.errors import UserError
from tests.data_access.access.people import CONSOLE, TODAY, admin, people

DAY = dt.timedelta(days=1)


@pytest.fixture
def college(installation):
    made = people(installation)
    made.entities(
        ("school", 1, "全校"),
        ("dept", 3, "机电工程系", "机电系", "机电学院"),
        ("class", 12, "机电2401"),
        ("teacher", 5, "李四"),
        ("student", 8, "20240008"),
    )
    return made


def test_a_post_is_shown_with_the_names_of_its_node(college):
    account_id = college.make("t1")
    post_id = college.grant(account_id, Role.DEPARTMENT_HEAD, level="dept", node_id=3, until=TODAY + 30 * DAY)
    [post] = college.posts.of(account_id)
    assert post == Post(
        post_id=post_id,
        role=Role.DEPARTMENT_HEAD,
        node_level="dept",
        node_id=3,
        valid_from=TODAY,
        valid_to=TODAY + 30 * DAY,
        node_name="机电工程系",
        node_aliases=frozenset({"机电系", "机电学院"}),
    )


def test_posts_of_several_accounts_come_at_once_newest_first(college):
    one, other, none = (college.make(name) for name in ("t1", "t2", "t3"))
    college.grant(one, Role.LEADER, since=TODAY - 9 * DAY, until=TODAY - 5 * DAY)
    college.grant(one, Role.LEADER, since=TODAY)
    college.grant(other, Role.QUALITY_OFFICE)
    found = college.posts.of_all([one, other, none])
    assert [post.valid_from for post in found[one]] == [TODAY, TODAY - 9 * DAY]
    assert [post.role for post in found[other]] == [Role.QUALITY_OFFICE]
    assert none not in found
    assert college.posts.of(none) == ()


def test_holders_of_a_role_are_counted_once_and_only_while_they_hold_it(college):
    one, other = college.make("t1"), college.make("t2")
    college.grant(one, Role.CLASS_ADVISER, level="class", node_id=12)
    college.grant(one, Role.DEPARTMENT_HEAD, level="dept", node_id=3, until=TODAY + DAY)
    college.grant(other, Role.DEPARTMENT_HEAD, level="dept", node_id=3, since=TODAY - 9 * DAY, until=TODAY)
    college.grant(other, Role.LEADER, since=TODAY + DAY)
    assert college.posts.holders(on=TODAY) == {Role.CLASS_ADVISER: 1, Role.DEPARTMENT_HEAD: 2}
    assert college.posts.holders(on=TODAY + DAY) == {Role.CLASS_ADVISER: 1, Role.DEPARTMENT_HEAD: 1, Role.LEADER: 1}


def test_the_school_exists_before_any_data_and_nothing_else_does(installation):
    bare = people(installation)
    account_id = bare.make("t1")
    bare.grant(account_id, Role.LEADER)
    assert bare.posts.of(account_id)[0].title_zh == "校领导"
    for level, role in (("class", Role.CLASS_ADVISER), ("dept", Role.DEPARTMENT_HEAD), ("teacher", Role.TEACHER)):
        with pytest.raises(UserError, match="没有编号为 1 的"):
            bare.grant(account_id, role, level=level)
    with pytest.raises(UserError, match="没有编号为 2 的学校"):
        bare.grant(account_id, Role.QUALITY_OFFICE, node_id=2)


@pytest.mark.parametrize("role", Role)
def test_a_role_is_held_at_its_own_levels_only(college, role):
    nodes = {"school": 1, "dept": 3, "class": 12, "teacher": 5, "student": 8}
    for level in (*nodes, "offering", "nonsense"):
        account_id = college.make(f"{level}-account")
        if level in ROLES[role].nodes:
            college.grant(account_id, role, level=level, node_id=nodes[level])
        else:
            with pytest.raises(UserError, match="只能设在"):
                college.grant(account_id, role, level=level, node_id=nodes.get(level, 1))


def test_dates_must_make_sense(college):
    account_id = college.make("t1")
    with pytest.raises(UserError, match="早于起始"):
        college.grant(account_id, Role.LEADER, until=TODAY - DAY)
    college.grant(account_id, Role.LEADER, until=TODAY)


def test_the_same_post_cannot_be_held_twice_on_a_day(college):
    account_id = college.make("t1")
    college.grant(account_id, Role.CLASS_ADVISER, level="class", node_id=12, since=TODAY, until=TODAY + 9 * DAY)
    with pytest.raises(UserError, match="已有岗位“班主任 · 机电2401”"):
        college.grant(account_id, Role.CLASS_ADVISER, level="class", node_id=12, since=TODAY + 9 * DAY)
    college.grant(account_id, Role.CLASS_ADVISER, level="class", node_id=12, since=TODAY + 10 * DAY)
    college.grant(account_id, Role.COUNSELLOR, level="class", node_id=12)


@pytest.mark.parametrize("alone", sorted(role for role in Role if ROLES[role].is_exclusive))
def test_some_roles_go_with_no_other_on_the_same_day(college, alone):
    first, second, third = (college.make(name) for name in ("t1", "t2", "t3"))
    college.grant(first, alone)
    college.grant(second, Role.LEADER, until=TODAY + DAY)
    message = "三员分立" if alone in ADMINISTRATORS else "不能与其他岗位"
    for other in (Role.LEADER, *(ADMINISTRATORS - {alone})):
        with pytest.raises(UserError, match=message):
            college.grant(first, other, since=TODAY + 99 * DAY)
    with pytest.raises(UserError, match=message):
        college.grant(second, alone, since=TODAY + DAY)
    college.grant(second, alone, since=TODAY + 2 * DAY)
    college.grant(third, alone, until=TODAY)
    college.grant(third, Role.LEADER, since=TODAY + DAY)


def test_a_forbidden_pair_is_told_with_both_posts_and_recorded(college):
    acting, account_id = admin(college), college.make("sys", Role.SYSTEM_ADMINISTRATOR)
    message = "三员分立：“系(部)主任 · 机电工程系”不能与其他岗位由同一账号担任：该账号在这段时间内已有“系统管理员”。"
    with pytest.raises(UserError) as refused:
        college.grant(account_id, Role.DEPARTMENT_HEAD, level="dept", node_id=3, by=acting)
    assert str(refused.value) == message
    [event] = college.events("denied")
    assert (event.subject, event.detail) == ("account:sys", {"change": "granted", "because": "exclusive"})


def test_the_same_post_again_is_a_slip_and_not_recorded(college):
    acting, account_id = admin(college), college.make("t1", Role.LEADER)
    with pytest.raises(UserError, match="已有岗位"):
        college.grant(account_id, Role.LEADER, by=acting)
    assert college.events("denied") == []


def test_a_disabled_account_gets_no_post(college):
    account_id = college.make("t1")
    college.accounts.disable(account_id, because="", by=CONSOLE)
    with pytest.raises(UserError, match="已停用"):
        college.grant(account_id, Role.LEADER)


def test_an_account_that_is_not_there_gets_no_post(college):
    with pytest.raises(UserError, match="没有这个账号"):
        college.grant(99, Role.LEADER)


def test_a_person_gets_no_post_that_is_another_persons(college):
    student = college.make("s8", person_kind="student", person_id=9)
    with pytest.raises(UserError, match="学生本人"):
        college.grant(student, Role.STUDENT, level="student", node_id=8)
    own = college.make("s9", person_kind="student", person_id=8)
    college.grant(own, Role.STUDENT, level="student", node_id=8)


def test_nobody_gives_or_ends_posts_of_their_own_not_even_of_their_other_account(college):
    acting = Actor("sec", college.make("sec", Role.SECURITY_ADMINISTRATOR, person_kind="teacher", person_id=5))
    other = college.make("t5", person_kind="teacher", person_id=5)
    post_id = college.grant(other, Role.TEACHER, level="teacher", node_id=5)
    for account_id in (acting.account_id, other):
        with pytest.raises(UserError, match="本人的岗位"):
            college.grant(account_id, Role.LEADER, by=acting)
    assert [event.subject for event in college.events("denied")] == ["account:sec", "account:t5"]
    with pytest.raises(UserError, match="本人的岗位"):
        college.posts.end(post_id, on=TODAY, by=acting)
    stranger = college.make("s5", person_kind="student", person_id=5)  # the same number among the students
    college.grant(stranger, Role.LEADER, by=acting)


def test_administrators_posts_are_given_and_ended_on_the_server_only(college):
    acting, account_id = admin(college), college.make("t1")
    for role in sorted(ADMINISTRATORS):
        with pytest.raises(UserError, match="服务器控制台"):
            college.grant(account_id, role, by=acting)
    assert {(e.actor, e.subject, e.result) for e in college.events("denied")} == {("sec", "account:t1", "denied")}
    assert {event.detail["because"] for event in college.events("denied")} == {"administrator"}
    post_id = college.grant(college.make("aud"), Role.AUDIT_ADMINISTRATOR)
    with pytest.raises(UserError, match="服务器控制台"):
        college.posts.end(post_id, on=TODAY, by=acting)
    college.posts.end(post_id, on=TODAY, by=CONSOLE)


def test_a_post_ends_after_its_last_day(college):
    account_id = college.make("t1", Role.QUALITY_OFFICE)
    post_id = college.grant(account_id, Role.LEADER, since=TODAY - 9 * DAY)
    college.posts.end(post_id, on=TODAY, by=CONSOLE)
    college.clock.pass_(hours=11, minutes=59)  # a minute to midnight in the college, afternoon by UTC
    assert college.resume(college.open(account_id)).nodes(Role.LEADER) == {1}
    college.clock.pass_(minutes=1)
    assert college.resume(college.open(account_id)).nodes(Role.LEADER) == frozenset()


def test_a_post_that_has_not_begun_is_taken_back_altogether(college):
    account_id = college.make("t1")
    post_id = college.grant(account_id, Role.LEADER, since=TODAY + 5 * DAY)
    college.posts.end(post_id, on=TODAY, by=CONSOLE)
    [post] = college.posts.of(account_id)
    assert not any(post.holds_on(TODAY + number * DAY) for number in range(30))
    college.grant(account_id, Role.AUDIT_ADMINISTRATOR)


def test_ending_never_prolongs_a_post(college):
    account_id = college.make("t1")
    post_id = college.grant(account_id, Role.LEADER, until=TODAY + 3 * DAY)
    for day in (TODAY + 3 * DAY, TODAY + 9 * DAY):
        with pytest.raises(UserError, match="不能延长"):
            college.posts.end(post_id, on=day, by=CONSOLE)
    college.posts.end(post_id, on=TODAY + DAY, by=CONSOLE)
    with pytest.raises(UserError, match="没有这个岗位"):
        college.posts.end(post_id + 1, on=TODAY, by=CONSOLE)


def test_giving_and_ending_end_the_sessions_and_are_recorded(college):
    account_id = college.make("t1", Role.QUALITY_OFFICE)
    acting = admin(college)
    first = college.open(account_id)
    post_id = college.grant(account_id, Role.LEADER, until=TODAY + 9 * DAY, by=acting)
    assert college.resume(first) is None
    second = college.open(account_id)
    college.posts.end(post_id, on=TODAY, by=acting)
    assert college.resume(second) is None
    granted, ended = college.events("post")[-2:]
    assert (granted.actor, granted.subject, granted.address) == ("sec", "account:t1", "10.9.9.9")
    common = {"post": post_id, "role": "leader", "node": "school:1", "from": "2026-11-20", "source": "manual"}
    assert granted.detail == {**common, "change": "granted", "to": "2026-11-29"}
    assert ended.detail == {**common, "change": "ended", "to": "2026-11-20"}


def test_posts_given_at_the_same_moment_exclude_each_other_too(college):
    account_id = college.make("t1")
    roles = [*sorted(ADMINISTRATORS), Role.WALL_SCREEN, Role.LEADER, Role.LEADER, Role.AUDIT_ADMINISTRATOR, Role.LEADER]
    start = threading.Barrier(len(roles))

    def grant(role):
        start.wait()
        try:
            return college.grant(account_id, role)
        except UserError:
            return None

    with ThreadPoolExecutor(len(roles)) as pool:
        given = [post_id for post_id in pool.map(grant, roles) if post_id]
    assert len(given) == 1
    assert len(college.posts.of(account_id)) == 1


POSTS = st.builds(
    lambda role, level, node, first, days: Post(
        role=role,
        node_level=level,
        node_id=node,
        valid_from=TODAY + first * DAY,
        valid_to=None if days is None else TODAY + (first + days) * DAY,
    ),
    role=st.sampled_from([Role.LEADER, Role.TEACHER, Role.AUDIT_ADMINISTRATOR, Role.WALL_SCREEN]),
    level=st.sampled_from(["school", "dept"]),
    node=st.integers(1, 2),
    first=st.integers(0, 6),
    days=st.none() | st.integers(-1, 6),
)
DAYS = [TODAY + number * DAY for number in range(20)]


@given(POSTS, POSTS)
def test_two_posts_overlap_if_some_day_belongs_to_both(one, other):
    assert overlap(one, other) == any(one.holds_on(day) and other.holds_on(day) for day in DAYS)


@given(st.lists(POSTS, max_size=12))
def test_whatever_is_asked_for_no_day_sees_a_forbidden_pair(asked):
    held = []
    for post in asked:
        if not conflict_of(post, held):
            held.append(post)
    for day in DAYS:
        posts = [post for post in held if post.holds_on(day)]
        roles = {post.role for post in posts}
        assert len(roles) <= 1 or not any(ROLES[role].is_exclusive for role in roles)
        assert len({(post.role, post.node_level, post.node_id) for post in posts}) == len(posts)
