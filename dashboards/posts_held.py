"""我的岗位与数据范围: what each post of a viewer lets them see and do, with the reasons of the rules."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboards.entitlements import rights_of, sights_of_post
from dashboards.wording import term_of_post
from data_access.access.viewer import Post, Viewer
from layouts import states
from layouts.panel import Content

NO_POST = "你现在没有生效的岗位，所以没有数据可看。岗位由安全管理员授予，或随名册更新；有疑问请联系网络信息中心。"


def draw_posts(viewer: Viewer) -> Content:
    """Every post held today with its node and days, what it lets its holder read and do, and why."""
    if not viewer.posts:
        return Content(body=states.denied(NO_POST))
    return Content(body=html.Div([_post(post) for post in viewer.posts], className="posts"))


def _post(post: Post) -> Component:
    sights = [
        html.Li(
            [
                f"{sight.where}：{sight.what}",
                html.Span("；".join([sight.reason, *sight.limits]), className="post-reason"),
            ]
        )
        for sight in sights_of_post(post)
    ]
    rights = "、".join(right.permission.name_zh for right in rights_of(post.role))
    return html.Div(
        [
            html.H3([post.title_zh, html.Span(term_of_post(post), className="post-days")], className="post-title"),
            html.Ul(sights or [html.Li("这个岗位不看学校的数据。")], className="post-sights"),
            html.P(f"可以：{rights}。", className="post-rights"),
        ],
        className="post",
    )
