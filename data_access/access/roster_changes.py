"""What has to change so that accounts and posts say what the roster says: two states in, one difference out.

Only posts of source ``roster`` are begun and ended; those given by an import or by a person stay as they are.
Accounts of the demo are not looked at.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from data_access.access.duties import Duty, Person, PersonKey, Roster
from data_access.access.names import normal_username
from data_access.access.roles import Role

LONGEST_NAME: Final = 64
"""Characters of a username or a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldAccount:
    """An account that belongs to a person of the dimensions.

    Attributes:
        is_disabled: for whatever reason; `has_left` where the roster did it.
        has_other_posts: True where a post that the roster did not give holds now or later.
        is_exclusive: True where one of these is in a role that goes with no other.
    """

    account_id: int
    username: str
    name: str
    source: str
    is_disabled: bool = False
    has_left: bool = False
    has_other_posts: bool = False
    is_exclusive: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldPost:
    """A roster post that has not ended before the day of the sync."""

    post_id: int
    duty: Duty
    valid_from: dt.date
    valid_to: dt.date | None = None

    def lasts_from(self, day: dt.date) -> bool:
        """True where it holds on that day, and no end of it is known."""
        return self.valid_from <= day and self.valid_to is None


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the database holds when a sync begins.

    Attributes:
        accounts: accounts by person; more than one where an import or an administrator made another.
        numbered: accounts that the roster made, by kind of person and username, which is a number.
        usernames: every username that is taken.
        posts: roster posts by account.
        referred: keys of the students whom the psychology centre cares for.
    """

    accounts: Mapping[PersonKey, Sequence[HeldAccount]]
    numbered: Mapping[tuple[str, str], HeldAccount]
    usernames: frozenset[str]
    posts: Mapping[int, Sequence[HeldPost]]
    referred: frozenset[int]

    def by_role(self) -> Counter[Role]:
        """How many roster posts there are in each role."""
        return Counter(post.duty.role for posts in self.posts.values() for post in posts)

    def holders_by_role(self) -> Counter[Role]:
        """How many accounts hold a roster post in each role."""
        return Counter(role for posts in self.posts.values() for role in {post.duty.role for post in posts})


class PostOf(NamedTuple):
    """A post that begins or ends, with its holder."""

    username: str
    duty: Duty


@dataclass(kw_only=True)
class Changes:
    """What brings the database into step with the roster; accounts and posts by their ids.

    Attributes:
        people: accounts of people on the roster afterwards.
        posts: posts that the roster gives afterwards.
        create: people who get an account.
        rename: new names by account.
        relink: keys of people by account, where the dimension knows them under another key now.
        begin: posts that begin.
        end: posts that end, by id.
        disturbed: accounts whose sessions end.
        refer: students who come into the care of the psychology centre; `release` no longer are.
        problems: people who got no account or no post, and why.
    """

    people: int = 0
    posts: int = 0
    create: list[Person] = field(default_factory=list)
    rename: dict[int, str] = field(default_factory=dict)
    relink: dict[int, int] = field(default_factory=dict)
    disable: list[int] = field(default_factory=list)
    enable: list[int] = field(default_factory=list)
    begin: list[PostOf] = field(default_factory=list)
    end: dict[int, PostOf] = field(default_factory=dict)
    disturbed: set[int] = field(default_factory=set)
    refer: frozenset[int] = frozenset()
    release: frozenset[int] = frozenset()
    problems: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True where everything is in step already."""
        return not any(
            (
                self.create, self.rename, self.relink, self.disable, self.enable, self.begin, self.end, self.refer,
                self.release,
            )
        )  # fmt: skip


def username_of(number: str) -> str:
    """The username that belongs to a staff or student number."""
    return normal_username(number)


def plan(roster: Roster, held: Held, *, on: dt.date) -> Changes:
    """What a sync on a day has to change.

    Two people with the same number, and one whose number is somebody else's username, get no account: whose it is
    cannot be known, so it is reported and left to an administrator.
    """
    changes = Changes(problems=list(roster.unknown))
    wanted = Counter(username_of(person.number) for person in roster.people.values())
    kept = set()
    for key, person in roster.people.items():
        duties = roster.duties.get(key, frozenset())
        account = _account_of(person, held.accounts.get(key, ()))
        if account is None and wanted[username_of(person.number)] == 1:
            account = _moved(changes, person, held)
        if account is not None:
            changes.people += 1
            kept.add(account.account_id)
            _keep(changes, person, account, duties, held, on)
        elif (reason := _objection(person, wanted, held.usernames)) is not None:
            changes.problems.append(f"{person.kind} {person.person_id} has no account: {reason}")
        else:
            changes.people += 1
            changes.posts += len(duties)
            changes.create.append(person)
            changes.begin += [PostOf(username_of(person.number), duty) for duty in sorted(duties)]
    for key, accounts in held.accounts.items():
        for account in accounts:
            if account.account_id not in kept:
                _let_go(changes, account, held, is_gone=not _is_of(roster.people.get(key), account))
    changes.refer = roster.referred - held.referred
    changes.release = held.referred - roster.referred
    return changes


def _is_of(person: Person | None, account: HeldAccount) -> bool:
    # A key may come to be somebody else's, as in another demo college. Who has the number is the person.
    return person is not None and (account.source != "roster" or account.username == username_of(person.number))


def _account_of(person: Person, accounts: Iterable[HeldAccount]) -> HeldAccount | None:
    """The account that follows the roster: the one under the person's number, else another made for the person."""
    own = [account for account in accounts if _is_of(person, account)]
    named = [account for account in own if account.username == username_of(person.number)]
    return next(iter(named or own), None)


def _moved(changes: Changes, person: Person, held: Held) -> HeldAccount | None:
    """The account that the roster made under the person's number while they had another key."""
    account = held.numbered.get((person.kind, username_of(person.number)))
    if account is not None:
        changes.relink[account.account_id] = person.person_id
        changes.disturbed.add(account.account_id)
    return account


def _objection(person: Person, wanted: Mapping[str, int], taken: frozenset[str]) -> str | None:
    username = username_of(person.number)
    if not username:
        return "it has no number"
    if len(username) > LONGEST_NAME or any(c.isspace() or not c.isprintable() for c in person.number):
        return f"its number {person.number!r} cannot be a username"
    if wanted[username] > 1:
        return f"its number {person.number!r} belongs to {wanted[username]} people"
    if username in taken:
        return f"the username {username!r} is another account's"
    return None


def _keep(
    changes: Changes, person: Person, account: HeldAccount, duties: frozenset[Duty], held: Held, on: dt.date
) -> None:
    """An account whose person is there: its posts follow the duties, its name the dimension."""
    if account.is_exclusive and duties:
        changes.problems.append(f"{account.username} gets no roster posts: an administrator holds no other post")
        duties = frozenset()
    if account.has_left:
        changes.enable.append(account.account_id)
    # The dimension has no names of students; theirs come from imports and stay.
    name = person.name[:LONGEST_NAME]
    if account.source == "roster" and person.kind == "teacher" and account.name != name:
        changes.rename[account.account_id] = name
    posts = held.posts.get(account.account_id, ())
    lasting = {post.duty: post for post in posts if post.duty in duties and post.lasts_from(on)}
    changes.posts += len(duties)
    begin = [PostOf(account.username, duty) for duty in sorted(duties - lasting.keys())]
    changes.begin += begin
    if begin:
        changes.disturbed.add(account.account_id)
    _end(changes, account, [post for post in posts if lasting.get(post.duty) is not post])


def _let_go(changes: Changes, account: HeldAccount, held: Held, *, is_gone: bool) -> None:
    """An account that the roster gives no post: its person is gone, or has another account."""
    _end(changes, account, held.posts.get(account.account_id, ()))
    if is_gone and not account.has_other_posts and not account.is_disabled:
        changes.disable.append(account.account_id)
        changes.disturbed.add(account.account_id)
    elif account.has_left and (account.has_other_posts or not is_gone):
        changes.enable.append(account.account_id)


def _end(changes: Changes, account: HeldAccount, posts: Sequence[HeldPost]) -> None:
    changes.end |= {post.post_id: PostOf(account.username, post.duty) for post in posts}
    if posts:
        changes.disturbed.add(account.account_id)
