"""我的岗位与数据范围: what the posts of a viewer let them see and do, with the reasons of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dash import html
from dash.development.base_component import Component

from dashboards.entitlements import rights_of, sights_of
from dashboards.navigation import SERVER_PAGES
from dashboards.wording import term_of_post
from data_access.access.permissions import Permission
from data_access.access.roles import ROLES
from data_access.access.viewer import Post, Viewer
from layouts import states
from layouts.panel import Content

NO_POST: Final = (
    "你现在没有生效的岗位，所以没有数据可看。岗位由安全管理员授予，或随名册更新；有疑问请联系网络信息中心。"
)
_OWN: Final = {"school": "全校", "teacher": "本人", "student": "本人"}
"""Nodes that need no name: there is one school, and nobody has to be told their own number."""
_PAGES: Final[Mapping[Permission, str]] = {
    Permission.DATA_VIEW: "/data",
    Permission.INDICATOR_VIEW: "/indicators",
    **{page.requires: page.href for page in SERVER_PAGES},
    Permission.ACCOUNT_OWN: "/account",
}
"""Where a permission is used; one without an address is used on the pages of others."""


def draw_posts(viewer: Viewer) -> Content:
    """The posts held today by role, with nodes and days, what they let their holder read and do, and why."""
    if not viewer.posts:
        return Content(body=states.denied(NO_POST))
    kinds = list(dict.fromkeys((post.role, post.node_level) for post in viewer.posts))
    groups = [[post for post in viewer.posts if (post.role, post.node_level) == kind] for kind in kinds]
    return Content(body=html.Div([_group(posts) for posts in groups], className="own-posts"))


def _group(posts: Sequence[Post]) -> Component:
    """Posts in one role: a counsellor of ten classes reads the same of each of them."""
    role = posts[0].role
    names = [_OWN.get(post.node_level, post.node_name) for post in posts]
    sights = [
        html.Li(
            [
                html.Span(f"{sight.where}：{sight.what}"),
                html.Span("；".join([sight.reason, *sight.limits]), className="own-post-reason"),
            ]
        )
        for sight in sights_of(role, node_name="、".join(names))
    ]
    held = [
        html.Li([name, html.Span(term_of_post(post), className="own-post-days")])
        for name, post in zip(names, posts, strict=True)
    ]
    rights = "、".join(right.permission.name_zh for right in rights_of(role))
    return html.Div(
        [
            html.Div(
                [html.H3(ROLES[role].name_zh, className="own-post-title"), html.Ul(held, className="own-post-nodes")]
            ),
            html.Div(
                [
                    html.Ul(sights or [html.Li("这个岗位不看学校的数据。")], className="own-post-sights"),
                    html.P(f"可以：{rights}。", className="own-post-rights"),
                ]
            ),
        ],
        className="own-post",
    )


def draw_rights(viewer: Viewer) -> Content:
    """What somebody without figures of their own may do, with a link to where it is done: the work first, one's own account after it."""
    rights = {right.permission: right.reason for post in viewer.posts for right in rights_of(post.role)}
    items = [
        html.Li(
            [
                html.A(permission.name_zh, href=_PAGES[permission]),
                html.Span(reason, className="own-post-reason"),
            ]
        )
        for permission in _PAGES
        if (reason := rights.get(permission)) is not None
    ]
    return Content(body=html.Ul(items, className="own-rights"))
