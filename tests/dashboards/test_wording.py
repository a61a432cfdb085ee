"""Facts of accounts, posts and sign-ins in words."""

import datetime as dt

import pytest

from dashboards.wording import BUSY, moment, refusal_zh, state_zh, term_of_post
from data_access.access.accounts import AccountInfo
from data_access.access.roles import Role
from data_access.access.viewer import Post
from data_access.errors import BusyError, UserError

NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


def account(**values):
    plain = {
        "account_id": 1, "username": "t1", "name": "陈一", "person_kind": "teacher", "person_id": 1, "source": "roster",
        "must_change_password": False, "is_disabled": False, "disabled_because": "", "has_password": True,
        "created_at": NOON, "last_sign_in_at": NOON, "roles": (Role.TEACHER,),
    }  # fmt: skip
    return AccountInfo(**{**plain, **values})


def test_times_are_those_of_china_whether_the_database_kept_the_zone_or_not():
    assert moment(NOON) == moment(NOON.replace(tzinfo=None)) == "2026-11-20 20:00"
    assert moment(None) == "—"


@pytest.mark.parametrize(
    ("valid_to", "words"),
    [
        (None, "2026-09-01 起"),
        (dt.date(2027, 1, 31), "2026-09-01 至 2027-01-31"),
        (dt.date(2026, 9, 1), "2026-09-01 至 2026-09-01"),
        (dt.date(2026, 8, 31), "原定 2026-09-01 起，已撤回"),
    ],
)
def test_the_term_of_a_post_tells_one_that_was_taken_back(valid_to, words):
    post = Post(role=Role.TEACHER, node_level="teacher", node_id=1, valid_from=dt.date(2026, 9, 1), valid_to=valid_to)
    assert term_of_post(post) == words


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "正常"),
        ({"must_change_password": True}, "待改密码"),
        ({"last_sign_in_at": None}, "未登录过"),
        ({"roles": ()}, "无岗位"),
        ({"is_disabled": True, "roles": ()}, "停用"),
        ({"awaits_release": True, "must_change_password": True}, "待确认"),
        ({"awaits_release": True, "is_disabled": True}, "停用"),
    ],
)
def test_the_state_of_an_account_names_what_keeps_its_owner_out_first(values, word):
    assert state_zh(account(**values))[1] == word


def test_a_busy_database_is_told_in_chinese_and_all_else_as_the_store_said_it():
    assert refusal_zh(BusyError("Another process is writing to the database.")) == BUSY
    assert refusal_zh(UserError("该账号已停用。")) == "该账号已停用。"
