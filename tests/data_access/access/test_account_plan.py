"""What a file would do: new, changed and unchanged told apart, and every reason why not, for people and places."""

import dataclasses
import datetime as dt

import pytest

from data_access.access.account_known import Known, KnownAccount, Place, Refusal, find_node
from data_access.access.account_plan import plan
from data_access.access.account_sheet import HIDDEN, Sheet, SheetRow, plain
from data_access.access.account_steps import State
from data_access.access.accounts import Actor
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.viewer import Post

TODAY = dt.date(2026, 11, 20)
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)
BOTH = frozenset({Permission.ACCOUNT_MANAGE, Permission.POST_GRANT})
CONSOLE = Actor("console:test", None)
GOOD = "Qz8-mmPo-77x"


def place(key, name, title=None):
    return Place(node_id=key, name=name, title=title or name)


def named(*places):
    found = {}
    for each in places:
        for text in {each.name, each.title}:
            found.setdefault(plain(text), []).append(each)
    return found


PEOPLE = {
    "teacher": {
        "t7": [place(7, "王老师")],
        "t8": [place(8, "赵老师")],
        "dup": [place(9, "甲"), place(10, "乙")],
        "t11": [place(11, "孙老师")],
    },
    "student": {"s1": [place(1, "s1")], "s2": [place(2, "s2")]},
}
PLACES = {
    "dept": named(place(3, "机电工程系"), place(4, "学生工作处")),
    "major": named(place(5, "软件技术")),
    "class": named(
        place(6, "软件2501班", "信息系/软件技术/软件2501班"), place(66, "软件2501班", "外语系/软件技术/软件2501班")
    ),
    "course": named(place(12, "高等数学", "K012")),
}


def held(role, node=1, level="school", since=YESTERDAY, to=None, source="import"):
    return Post(role=role, node_level=level, node_id=node, valid_from=since, valid_to=to, source=source, post_id=1)


def account(key, username, **more):
    values = {"name": "某人", "person_kind": "other", "person_id": None, "source": "import", **more}
    return KnownAccount(account_id=key, username=username, **values)


def known(*accounts):
    return Known(accounts={each.username: each for each in accounts}, people=PEOPLE, places=PLACES)


def row(username="u1", **cells):
    values = {"row": 2, "name": "张三", "person_kind": "other", **cells}
    return SheetRow(username=username, **values)


def staged(*rows, accounts=(), may=BOTH, by=CONSOLE):
    numbered = tuple(dataclasses.replace(each, row=number) for number, each in enumerate(rows, start=2))
    return plan(Sheet(name="x.csv", rows=numbered), known(*accounts), may=may, by=by, on=TODAY)


def only_problem(*rows, **more):
    """Column and reason of the one thing in the way."""
    found = staged(*rows, **more)
    (problem,) = found.problems
    assert problem.remedy
    return problem.column, problem.reason


# -- accounts ---------------------------------------------------------------------------------


def test_somebody_from_outside_gets_an_account():
    (step,) = staged(row()).accounts
    assert (step.state, step.name, step.person_kind, step.person_id) == (State.NEW, "张三", "other", None)
    assert step.lacks_password


def test_a_member_of_staff_is_found_by_number_and_named_by_the_dimension():
    (step,) = staged(row("t7", name="", person_kind="teacher", number="T7")).accounts
    assert (step.person_id, step.name) == (7, "王老师")


def test_a_student_is_found_by_number_and_named_by_the_file():
    (step,) = staged(row("s1", name="李同学", person_kind="student", number="S1")).accounts
    assert (step.person_id, step.name) == (1, "李同学")


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"person_kind": ""}, "人员类别", "须填"),
        ({"name": ""}, "姓名", "须填"),
        ({"username": "王 五"}, "用户名", "格式"),
        ({"username": "x"}, "用户名", "格式"),
        ({"person_kind": "teacher"}, "工号或学号", "须填"),
        ({"person_kind": "teacher", "number": "T404"}, "工号或学号", "没有这个号码"),
        ({"person_kind": "teacher", "number": "S1"}, "工号或学号", "没有这个号码"),
        ({"person_kind": "teacher", "number": "dup"}, "工号或学号", "2 人"),
        ({"person_kind": "teacher", "number": "T7", "name": "别人"}, "姓名", "王老师"),
        ({"number": "T7"}, "工号或学号", "只有教职工和学生"),
        ({"username": "t8"}, "用户名", "他人的工号"),
        ({"username": "t8", "person_kind": "teacher", "number": "T7", "name": "王老师"}, "用户名", "他人的工号"),
        ({"password": "Zhang1三!!"}, "初始密码", "密码"),
    ],
)  # fmt: skip
def test_why_an_account_cannot_be_made(cells, column, reason):
    found = staged(row(**{"username": "u1", **cells})).problems
    assert (column, True) in {(problem.column, reason in problem.reason) for problem in found}


def test_a_password_is_judged_with_its_owner_in_mind_and_never_shown():
    (problem,) = staged(row("zhangsan", password="zhangsan-2A!")).problems
    assert problem.column == "初始密码"
    assert problem.value == HIDDEN
    assert "zhangsan-2A!" not in repr(staged(row(password=GOOD)).accounts)


def test_one_person_has_one_account():
    other = account(1, "zhang", person_kind="teacher", person_id=7)
    teacher = {"person_kind": "teacher", "number": "T7", "name": ""}
    assert only_problem(row("t7", **teacher), accounts=[other]) == ("用户名", "此人已有账号“zhang”")
    assert only_problem(row("t7", **teacher), row("wang", **teacher))[1] == "与第 2 行是同一个人"
    demo = account(1, "teacher", person_kind="teacher", person_id=7, source="demo")
    assert not staged(row("t7", **teacher), accounts=[demo]).problems


def test_rows_of_one_username_say_the_same():
    found = staged(row(), row(name="李四", person_kind="student"), row(name=""))
    assert {(problem.row, problem.column) for problem in found.problems} == {(3, "姓名"), (3, "人员类别")}


def test_an_account_that_is_there_is_unchanged_or_renamed():
    there = account(1, "u1", name="张三")
    assert staged(row(), accounts=[there]).accounts[0].state is State.UNCHANGED
    assert staged(row(name="", person_kind=""), accounts=[there]).accounts[0].state is State.UNCHANGED
    renamed = staged(row(name="张三丰"), accounts=[there]).accounts[0]
    assert (renamed.state, renamed.name, renamed.account_id) == (State.CHANGED, "张三丰", 1)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"person_kind": "other", "name": ""}, "人员类别", "教职工"),
        ({"number": "T8", "name": ""}, "工号或学号", "另一个人"),
        ({"name": "别人"}, "姓名", "不符"),
    ],
)
def test_an_account_is_never_given_to_somebody_else(cells, column, reason):
    there = account(1, "t7", name="王老师", person_kind="teacher", person_id=7, source="roster")
    found = only_problem(row("t7", **{"person_kind": "", **cells}), accounts=[there])
    assert found[0] == column
    assert reason in found[1]


def test_demo_accounts_are_left_alone():
    assert "演示" in only_problem(row(), accounts=[account(1, "u1", name="张三", source="demo")])[1]


# -- passwords --------------------------------------------------------------------------------


def test_a_first_password_is_only_for_who_never_had_one():
    without, having = account(1, "u1", name="张三"), account(1, "u1", name="张三", has_password=True)
    given = staged(row(password=GOOD), accounts=[without]).accounts[0]
    assert (given.state, given.password) == (State.CHANGED, GOOD)
    ignored = staged(row(password=GOOD), accounts=[having]).accounts[0]
    assert (ignored.state, ignored.password, ignored.lacks_password) == (State.UNCHANGED, "", False)
    assert staged(row(), accounts=[without]).accounts[0].lacks_password


@pytest.mark.parametrize(
    ("there", "may", "by"),
    [
        (account(1, "u1", name="张三", posts=(held(Role.SECURITY_ADMINISTRATOR),)), BOTH, Actor("sysadmin", 9)),
        (account(9, "u1", name="张三"), BOTH, Actor("u1", 9)),
        (account(1, "u1", name="张三", is_disabled=True), BOTH, CONSOLE),
        (account(1, "u1", name="张三"), {Permission.POST_GRANT}, Actor("secadmin", 9)),
    ],
)
def test_no_password_is_made_for_whom_it_may_not_be_given(there, may, by):
    found = staged(row(), accounts=[there, account(8, "other")], may=may, by=by)
    assert not found.problems
    assert not found.accounts[0].lacks_password


def test_an_administrators_account_is_changed_by_the_console_only():
    there = account(1, "u1", posts=(held(Role.AUDIT_ADMINISTRATOR),))
    assert "三员分立" in only_problem(row(password=GOOD), accounts=[there], by=Actor("sysadmin", 9))[1]
    assert not staged(row(password=GOOD), accounts=[there]).problems


def test_nobody_changes_their_own_account():
    assert "本人" in only_problem(row(), accounts=[account(9, "u1")], by=Actor("u1", 9))[1]


# -- posts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "node", "expected"),
    [
        (Role.QUALITY_OFFICE, "", ("school", 1)),
        (Role.QUALITY_OFFICE, "全校", ("school", 1)),
        (Role.STUDENT_AFFAIRS, "学校", ("school", 1)),
        (Role.STUDENT_AFFAIRS, "机电工程系", ("dept", 3)),
        (Role.MAJOR_LEADER, "软件 技术", ("major", 5)),
        (Role.COURSE_LEADER, "k012", ("course", 12)),
        (Role.CLASS_ADVISER, "外语系/软件技术/软件2501班", ("class", 66)),
    ],
)
def test_a_node_is_found_by_name_code_or_path(role, node, expected):
    (step,) = staged(row(role=role, node=node)).posts
    assert (step.post.node_level, step.post.node_id) == expected
    assert (step.state, step.post.valid_from, step.post.source) == (State.NEW, TODAY, "import")


@pytest.mark.parametrize(
    ("role", "node", "reason"),
    [
        (Role.STUDENT_AFFAIRS, "", "须填岗位节点"),
        (Role.CLASS_ADVISER, "软件2501班", "2 处"),
        (Role.DEPARTMENT_HEAD, "软件技术", "没有这个节点"),
        (Role.QUALITY_OFFICE, "机电工程系", "没有这个节点"),
    ],
)
def test_a_node_that_is_not_one_is_told(role, node, reason):
    column, found = only_problem(row(role=role, node=node))
    assert column == "岗位节点"
    assert reason in found


def test_the_nearest_name_is_proposed():
    refusal = find_node(known(), Role.DEPARTMENT_HEAD, "机电系")
    assert isinstance(refusal, Refusal)
    assert "机电工程系" in refusal.remedy
    assert "机电工程系" not in find_node(known(), Role.DEPARTMENT_HEAD, "机电系", suggest=False).remedy


def test_a_post_at_oneself_is_for_oneself():
    teacher = {"person_kind": "teacher", "number": "T7", "name": "", "role": Role.TEACHER}
    (step,) = staged(row("t7", **teacher)).posts
    assert (step.post.node_level, step.post.node_id, step.post.node_name) == ("teacher", 7, "王老师")
    assert not staged(row("t7", **teacher, node="t7")).problems
    assert only_problem(row("t7", **teacher, node="T8"))[1] == "该岗位只能设在本人"
    assert "本人的账号" in only_problem(row(role=Role.STUDENT))[1]


@pytest.mark.parametrize(
    ("there", "cells", "expected"),
    [
        (held(Role.QUALITY_OFFICE), {}, State.UNCHANGED),
        (held(Role.QUALITY_OFFICE), {"valid_from": YESTERDAY}, State.UNCHANGED),
        (held(Role.QUALITY_OFFICE, to=TOMORROW), {"valid_to": TOMORROW}, State.UNCHANGED),
        (held(Role.QUALITY_OFFICE, since=TOMORROW), {}, State.UNCHANGED),
        (held(Role.QUALITY_OFFICE, to=YESTERDAY), {"valid_from": YESTERDAY, "valid_to": YESTERDAY}, State.UNCHANGED),
        (held(Role.QUALITY_OFFICE, to=YESTERDAY), {"valid_from": TODAY}, State.NEW),
        (held(Role.QUALITY_OFFICE, source="roster"), {"valid_from": TOMORROW}, State.UNCHANGED),
        (held(Role.QUALITY_OFFICE, source="roster", to=YESTERDAY), {"valid_from": TODAY}, State.NEW),
        (held(Role.LEADER), {}, State.NEW),
    ],
)
def test_a_post_that_is_there_is_left_as_it_is(there, cells, expected):
    found = staged(row(role=Role.QUALITY_OFFICE, **cells), accounts=[account(1, "u1", name="张三", posts=(there,))])
    assert not found.problems
    assert found.posts[0].state is expected


@pytest.mark.parametrize(
    ("there", "cells", "reason"),
    [
        (held(Role.QUALITY_OFFICE, to=YESTERDAY), {}, "终止"),
        (held(Role.QUALITY_OFFICE, to=YESTERDAY), {"valid_from": YESTERDAY}, "终止"),
        (held(Role.QUALITY_OFFICE), {"valid_to": TOMORROW}, "已有岗位"),
        (held(Role.QUALITY_OFFICE), {"valid_from": TODAY}, "已有岗位"),
        (held(Role.AUDIT_ADMINISTRATOR), {}, "三员分立"),
        (held(Role.WALL_SCREEN, since=TOMORROW), {}, "大屏"),
    ],
)
def test_why_a_post_cannot_be_given(there, cells, reason):
    found = only_problem(
        row(role=Role.QUALITY_OFFICE, **cells), accounts=[account(1, "u1", name="张三", posts=(there,))]
    )
    assert found[0] == "岗位"
    assert reason in found[1]


def test_posts_of_one_file_exclude_each_other_too():
    assert "三员分立" in only_problem(row(role=Role.LEADER), row(role=Role.SYSTEM_ADMINISTRATOR))[1]
    assert "已有岗位" in only_problem(row(role=Role.LEADER), row(role=Role.LEADER))[1]


def test_a_disabled_account_gets_no_post():
    there = account(1, "u1", name="张三", is_disabled=True)
    assert "停用" in only_problem(row(role=Role.LEADER), accounts=[there])[1]


def test_nobody_gives_themselves_a_post_not_even_through_another_account():
    own = account(9, "t7", name="王老师", person_kind="teacher", person_id=7)
    other = account(10, "wang", name="王老师", person_kind="teacher", person_id=7, source="demo")
    by = Actor("t7", 9)
    assert "本人" in only_problem(row("t7", name="", person_kind="", role=Role.LEADER), accounts=[own], by=by)[1]
    assert not staged(row(role=Role.LEADER), accounts=[own, other], by=by).problems


def test_administrators_are_made_by_the_console_only():
    assert "三员分立" in only_problem(row(role=Role.SYSTEM_ADMINISTRATOR), by=Actor("secadmin", 9))[1]
    assert not staged(row(role=Role.SYSTEM_ADMINISTRATOR)).problems


# -- two administrators -----------------------------------------------------------------------


def test_the_system_administrator_makes_accounts_and_leaves_posts_to_the_other():
    by, may = Actor("sysadmin", 9), {Permission.ACCOUNT_MANAGE}
    found = staged(row(role=Role.LEADER), accounts=[account(9, "sysadmin")], by=by, may=may)
    assert not found.problems
    assert [step.state for step in found.accounts] == [State.NEW]
    assert not found.posts
    (left,) = found.deferred
    assert "安全管理员" in left.reason


def test_the_security_administrator_gives_posts_to_accounts_that_are_there():
    by, may = Actor("secadmin", 9), {Permission.POST_GRANT}
    found = staged(row(role=Role.LEADER), accounts=[account(1, "u1", name="张三")], by=by, may=may)
    assert not found.problems
    assert not found.deferred
    assert [step.state for step in found.posts] == [State.NEW]
    early = staged(row(role=Role.LEADER), by=by, may=may)
    assert not early.accounts
    assert not early.posts
    assert len(early.deferred) == 2
    assert all("系统管理员" in left.remedy or "系统管理员" in left.reason for left in early.deferred)


def test_without_any_permission_nothing_is_done():
    found = staged(row(role=Role.LEADER), may=frozenset(), by=Actor("teacher", 9))
    assert not found.accounts
    assert not found.posts
    assert found.deferred


def test_counts_add_up():
    there = account(1, "u2", name="李四", has_password=True, posts=(held(Role.LEADER),))
    found = staged(row(role=Role.LEADER), row("u2", name="李四", role=Role.LEADER), accounts=[there])
    assert found.counts == {
        "accounts": {"new": 1, "changed": 0, "unchanged": 1},
        "posts": {"new": 1, "changed": 0, "unchanged": 1},
        "passwords": {"given": 0, "lacking": 1},
    }
    assert not found.is_noop
