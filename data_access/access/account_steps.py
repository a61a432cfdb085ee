"""What a file of accounts and posts comes to: one step an account, one a post, and everything in their way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from data_access.access.account_sheet import Sheet
from data_access.access.viewer import Post
from data_access.intake.problems import Problem


class State(StrEnum):
    """What becomes of an account or a post."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountStep:
    """What becomes of one account.

    Attributes:
        account_id: None for a new one.
        is_renamed: True where it is there under another name.
        password: to be set for the first time; empty for none. Never shown.
        lacks_password: True where none was ever set and the file gives none.
    """

    row: int
    username: str
    name: str
    person_kind: str
    person_id: int | None
    state: State
    account_id: int | None = None
    is_renamed: bool = False
    password: str = field(default="", repr=False)
    lacks_password: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PostStep:
    """What becomes of one post; files begin posts and leave those that are there as they are."""

    row: int
    username: str
    post: Post
    state: State
    account_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What applying a file would do.

    Attributes:
        problems: while there are any, nothing can be applied.
        deferred: what another administrator has to do, by applying the same file.
        trespasses: rules between people that stand in the way of some rows, as ``username: rule``.
        accounts: one a username; what is deferred is left out, as in `posts`.
    """

    sheet: Sheet
    problems: tuple[Problem, ...] = ()
    deferred: tuple[Problem, ...] = ()
    trespasses: tuple[str, ...] = ()
    accounts: tuple[AccountStep, ...] = ()
    posts: tuple[PostStep, ...] = ()

    @property
    def is_noop(self) -> bool:
        """True where applying it changes nothing."""
        return {step.state for step in self.accounts} | {step.state for step in self.posts} <= {State.UNCHANGED}

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many accounts and posts are new, changed or unchanged, and how many passwords are given or lacking."""
        accounts = Counter(step.state for step in self.accounts)
        posts = Counter(step.state for step in self.posts)
        return {
            "accounts": {state.value: accounts[state] for state in State},
            "posts": {state.value: posts[state] for state in State},
            "passwords": {
                "given": sum(bool(step.password) for step in self.accounts),
                "lacking": sum(step.lacks_password for step in self.accounts),
            },
        }
