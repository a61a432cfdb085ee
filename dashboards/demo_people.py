"""The people of the demo college whom a visitor may try: listed before sign-in, in demo mode only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.navigation import titles
from dashboards.services import Services
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import held_on
from data_access.settings import Settings

PASSWORD_FILE: Final = "demo-password"  # noqa: S105 (the name of a file)
"""Written by `data_access.demo.cast`."""
_MOST: Final = 40


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    """One account to try.

    Attributes:
        posts: role and node of those held today, in words.
    """

    username: str
    name: str
    posts: tuple[str, ...]


def password(settings: Settings) -> str:
    """The password that all demo accounts share; empty outside of demo mode and where there are none."""
    if settings.is_production:
        return ""
    try:
        return (settings.home / PASSWORD_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def password_of(username: str, services: Services) -> str:
    """The password with which a demo account signs in at a click; empty for every other account."""
    return password(services.settings) if any(person.username == username for person in listed(services)) else ""


def listed(services: Services) -> Sequence[DemoPerson]:
    """The demo accounts with the posts they hold today, weightiest role first; none outside of demo mode."""
    if not password(services.settings):
        return ()
    scope = Scope.all("demo accounts on the sign-in page")
    found = services.accounts.find(scope=scope, state="enabled", source="demo", size=_MOST).accounts
    posts = services.posts.of_all([account.account_id for account in found])
    today = services.today()
    held = {account.account_id: held_on(posts.get(account.account_id, ()), today) for account in found}
    order = list(Role)
    ranked = sorted(found, key=lambda account: [order.index(post.role) for post in held[account.account_id][:1]])
    return [
        DemoPerson(username=account.username, name=account.name, posts=titles(held[account.account_id]))
        for account in ranked
    ]
