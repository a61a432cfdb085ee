"""What the navigation offers a viewer: pages and server-drawn pages that they may open, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.entitlements import LEVELS_ZH
from dashboards.page import Page
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.viewer import Post, Viewer
from layouts import shell

_POSTS_NAMED: Final = 3


@dataclass(frozen=True, kw_only=True)
class ServerPage:
    """A page that the server draws and the navigation leads to."""

    group: str
    label: str
    href: str
    requires: Permission


SERVER_PAGES: Final[tuple[ServerPage, ...]] = (
    ServerPage(group="工作台", label="采分录入", href="/entry", requires=Permission.ENTRY_RECORD),
    ServerPage(group="工作台", label="采分及时率", href="/entry/timeliness", requires=Permission.ENTRY_OVERSEE),
    ServerPage(group="工作台", label="申诉", href="/disputes", requires=Permission.DISPUTE_VIEW),
    ServerPage(group="学生成长", label="自测", href="/self-tests", requires=Permission.SELF_TEST_TAKE),
    ServerPage(group="学生成长", label="自测汇总", href="/self-tests/overview", requires=Permission.SELF_TEST_VIEW),
    ServerPage(group="学生成长", label="我的规划", href="/plans", requires=Permission.PLAN_WRITE),
    ServerPage(group="学生成长", label="规划审核", href="/plans/review", requires=Permission.PLAN_REVIEW),
    ServerPage(group="管理", label="账号与岗位", href="/admin/people", requires=Permission.ACCOUNT_VIEW),
    ServerPage(group="管理", label="权限矩阵", href="/admin/roles", requires=Permission.ROLE_VIEW),
    ServerPage(group="管理", label="大屏", href="/admin/screens", requires=Permission.SCREEN_MANAGE),
    ServerPage(group="管理", label="审计日志", href="/admin/audit", requires=Permission.AUDIT_VIEW),
)


def entries(pages: Sequence[Page], viewer: Viewer, *, lit: str = "") -> list[shell.Entry]:
    """The navigation of a viewer.

    Args:
        pages: all Dash pages in their order.
        viewer: whose navigation it is.
        lit: name of the page that is shown, or the address of the server-drawn page or of one below it.
    """
    found = [
        shell.Entry(group=page.nav.group, label=page.nav.label, href=page.path, is_current=page.name == lit)
        for page in pages
        if page.nav is not None and viewer.may(page.requires)
    ]
    above = [item.href for item in SERVER_PAGES if f"{lit}/".startswith(f"{item.href}/") and viewer.may(item.requires)]
    found += [
        shell.Entry(
            group=item.group,
            label=item.label,
            href=item.href,
            is_current=item.href == max(above, key=len, default=None),
            is_server_drawn=True,
        )
        for item in SERVER_PAGES
        if viewer.may(item.requires)
    ]
    return found


def user(viewer: Viewer, *, form_token: str) -> shell.User:
    """What the menu at the top right says of a viewer."""
    posts = [*titles(viewer.posts)]
    if len(posts) > _POSTS_NAMED:
        posts = [*posts[:_POSTS_NAMED], f"等 {len(posts)} 种岗位"]
    return shell.User(
        name=viewer.name,
        posts=posts or ["没有生效的岗位"],
        has_account_page=viewer.may(Permission.ACCOUNT_OWN),
        form_token=form_token,
    )


def titles(posts: Sequence[Post]) -> tuple[str, ...]:
    """Roles with their nodes, each role once: a counsellor's ten classes are one line."""
    by_role: dict[Role, list[Post]] = {}
    for post in posts:
        by_role.setdefault(post.role, []).append(post)
    return tuple(
        held[0].title_zh + (f"等 {len(held)} 个{LEVELS_ZH[held[0].node_level]}" if len(held) > 1 else "")
        for held in by_role.values()
    )
