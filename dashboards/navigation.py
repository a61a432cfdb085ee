"""What the navigation offers a viewer: pages and server-drawn pages that they may open, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.page import Page
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from layouts import shell

_POSTS_NAMED: Final = 3


@dataclass(frozen=True, kw_only=True)
class ServerPage:
    """A page that the server draws and the navigation leads to."""

    group: str
    label: str
    href: str
    requires: Permission


SERVER_PAGES: Final[tuple[ServerPage, ...]] = ()


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
    found += [
        shell.Entry(
            group=item.group,
            label=item.label,
            href=item.href,
            is_current=f"{lit}/".startswith(f"{item.href}/"),
            is_server_drawn=True,
        )
        for item in SERVER_PAGES
        if viewer.may(item.requires)
    ]
    return found


def user(viewer: Viewer, *, form_token: str) -> shell.User:
    """What the menu at the top right says of a viewer."""
    titles = [post.title_zh for post in viewer.posts]
    if len(titles) > _POSTS_NAMED:
        titles = [*titles[:_POSTS_NAMED], f"等 {len(titles)} 个岗位"]
    return shell.User(
        name=viewer.name,
        posts=titles or ["没有生效的岗位"],
        has_account_page=viewer.may(Permission.ACCOUNT_OWN),
        form_token=form_token,
    )
