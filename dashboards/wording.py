"""Facts of accounts, posts and sign-ins in the words of their pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from data_access.access.accounts import AccountInfo
from data_access.access.viewer import Post
from data_access.clock import COLLEGE_ZONE, utc
from data_access.errors import BusyError, UserError
from layouts import format as fmt

KINDS_ZH: Final[Mapping[str, str]] = {"teacher": "教职工", "student": "学生", "other": "其他"}
"""Kinds of persons behind an account."""
SOURCES_ZH: Final[Mapping[str, str]] = {"roster": "名册", "import": "导入", "manual": "手工", "demo": "演示"}
"""Where an account or a post comes from."""
METHODS_ZH: Final[Mapping[str, str]] = {"password": "密码", "oidc": "统一身份认证", "cas": "统一身份认证"}
"""Ways to sign in."""

BUSY: Final = "数据库正忙（可能正在计算指标），没有做任何改动。请一分钟后再试。"
"""What is said where another process holds the database for too long."""


def refusal_zh(error: UserError) -> str:
    """Why something was not done, in Chinese; the stores say it themselves, but for a busy database."""
    return BUSY if isinstance(error, BusyError) else str(error)


def moment(value: dt.datetime | None) -> str:
    """A time to the minute on the college's clock, such as ``2026-11-20 19:47``; a dash for None."""
    return fmt.NO_VALUE if value is None else f"{utc(value).astimezone(COLLEGE_ZONE):%Y-%m-%d %H:%M}"


def term_of_post(post: Post) -> str:
    """From when to when a post is held, such as ``2026-09-01 起`` or ``2026-09-01 至 2027-01-31``."""
    start = fmt.day(post.valid_from)
    if post.valid_to is not None and post.valid_to < post.valid_from:
        return f"原定 {start} 起，已撤回"
    return f"{start} 起" if post.valid_to is None else f"{start} 至 {fmt.day(post.valid_to)}"


def state_zh(account: AccountInfo) -> tuple[str, str]:
    """How usable an account is: a CSS class of `states` and the word for it."""
    if account.is_disabled:
        return "alert", "停用"
    if account.awaits_release:
        return "warning", "待确认"
    if not account.roles:
        return "warning", "无岗位"
    if account.last_sign_in_at is None:
        return "no-data", "未登录过"
    return ("watch", "待改密码") if account.must_change_password else ("reached", "正常")


def origin_zh(source: str) -> str:
    """Where an account or a post comes from, in a word; the key itself where it is not known."""
    return SOURCES_ZH.get(source, source)


def method_zh(method: str) -> str:
    """A way to sign in, in words."""
    return METHODS_ZH.get(method, method)
