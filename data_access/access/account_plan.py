"""What a file of accounts and posts would do at this college, and everything that stands in its way.

A pure comparison of the rows of a file with what is known; nothing is read or written here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from data_access.access.account_known import PEOPLE, Known, KnownAccount, Place, Refusal, find_node
from data_access.access.account_sheet import (
    HIDDEN,
    KIND,
    KINDS,
    NAME,
    NAME_OF_USER,
    NODE,
    NUMBER,
    PASSWORD,
    ROLE,
    Sheet,
    SheetRow,
    plain,
)
from data_access.access.account_steps import AccountStep, PostStep, Staged, State
from data_access.access.actors import Actor
from data_access.access.names import USERNAME, normal_username
from data_access.access.passwords import problems_of
from data_access.access.permissions import Permission
from data_access.access.posts import conflict_of
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.viewer import Post
from data_access.intake.problems import Problem

_KINDS_ZH: Final = {kind: name for name, kind in KINDS.items()}
_OWN: Final = "不能更改本人的账号"
_OWN_POST: Final = "不能授予或终止本人的岗位。"
_ADMINISTRATORS: Final = "三员分立：管理员账号只能由服务器控制台办理"
_ADMINISTRATORS_POST: Final = "三员分立：管理员岗位只能由服务器控制台办理（luoxuan account）。"
_TRESPASSES: Final = {
    _OWN: "own-account",
    _OWN_POST: "own-account",
    _ADMINISTRATORS: "administrator",
    _ADMINISTRATORS_POST: "administrator",
}
"""Reasons against a row that are no slips of the pen, and the names of their rules in the audit log."""
_SUGGESTED: Final = 100
"""Rows beyond this one get no proposal for a name: each takes some milliseconds."""


def plan(sheet: Sheet, known: Known, *, may: Collection[Permission], by: Actor, on: dt.date) -> Staged:
    """What the rows of a file come to, and all problems at once.

    Accounts are made and named by whoever may manage accounts, posts given by whoever may grant them: what `by` may
    not do is left to the other one, who applies the same file.

    Args:
        sheet: the file as read.
        known: what there is.
        may: what `by` is allowed to.
        by: whoever applies the file; the rules between people do not bind the console.
        on: the day on which posts begin where the file names none.
    """
    groups: dict[str, list[SheetRow]] = {}
    for row in sheet.rows:
        groups.setdefault(row.username, []).append(row)
    unread = {(problem.row, problem.column) for problem in sheet.problems}
    problems, deferred, trespasses = list(sheet.problems), list[Problem](), list[str]()
    accounts, posts = list[AccountStep](), list[PostStep]()
    owners: dict[tuple[str, int], SheetRow] = {}
    for rows in groups.values():
        reader = _Group(sheet.name, known, rows, may, by, on)
        step = reader.account()
        if step is None:
            reader.check_places()
        else:
            if step.person_id is not None:
                other = owners.setdefault((step.person_kind, step.person_id), rows[0])
                if other is not rows[0]:
                    reader.wrong(
                        rows[0],
                        NUMBER,
                        rows[0].number,
                        f"与第 {other.row} 行是同一个人",
                        "一人只用一个账号，请改用同一用户名",
                    )
            posts += reader.posts(step)
            accounts += [settled] if (settled := reader.settled(step)) else []
        # What could not be read is told already; that it is missing, too, would tell nothing more.
        problems += [problem for problem in reader.problems if (problem.row, problem.column) not in unread]
        deferred += reader.deferred
        trespasses += [f"{reader.username}: {rule}" for rule in sorted(reader.trespasses)]
    return Staged(
        sheet=sheet,
        problems=tuple(sorted(problems, key=lambda problem: problem.row or 0)),
        deferred=tuple(sorted(deferred, key=lambda problem: problem.row or 0)),
        trespasses=tuple(trespasses),
        accounts=tuple(accounts),
        posts=tuple(posts),
    )


class _Group:
    """The rows of one username."""

    def __init__(
        self, file: str, known: Known, rows: Sequence[SheetRow], may: Collection[Permission], by: Actor, on: dt.date
    ) -> None:
        self.problems: list[Problem] = []
        self.deferred: list[Problem] = []
        self.trespasses: set[str] = set()
        self.username = rows[0].username
        self._file, self._known, self._rows, self._may, self._by, self._on = file, known, rows, may, by, on
        self._held = known.accounts.get(rows[0].username)

    def wrong(self, row: SheetRow, column: str, value: str, reason: str, remedy: str) -> None:
        """Notes a problem."""
        shown = HIDDEN if column == PASSWORD else value
        self.problems.append(
            Problem(file=self._file, row=row.row, column=column, value=shown, reason=reason, remedy=remedy)
        )

    def leave(self, row: SheetRow, column: str, value: str, what: str, whose: str) -> None:
        """Notes what another administrator has to do."""
        self.deferred.append(
            Problem(
                file=self._file, row=row.row, column=column, value=value,
                reason=f"{what}由{whose}办理", remedy=f"请{whose}导入同一文件",
            )
        )  # fmt: skip

    # -- the account ----------------------------------------------------------------------

    def account(self) -> AccountStep | None:
        """The account, as it will be; None where that cannot be said."""
        first, held = self._rows[0], self._held
        name, kind, number, password = (
            self._one(column, value)
            for column, value in (
                (NAME, lambda row: row.name),
                (KIND, lambda row: row.person_kind),
                (NUMBER, lambda row: row.number),
                (PASSWORD, lambda row: row.password),
            )
        )
        is_first = held is None or not held.has_password
        if password and is_first:
            self._check_password(password, name)
        before = len(self.problems)
        person = self._person(kind or (held.person_kind if held else ""), number)
        if held is None:
            self._check_new(kind, name, person)
        else:
            self._check_held(held, kind, name, person)
        if len(self.problems) > before:
            return None
        kind = kind or (held.person_kind if held else "")
        known_as = held.name if held else (person.name if person and kind == "teacher" else "")
        shown = name or known_as
        return AccountStep(
            row=first.row,
            username=first.username,
            name=shown,
            person_kind=kind,
            person_id=held.person_id if held else (person.node_id if person else None),
            state=_state(held, shown, password if is_first else ""),
            account_id=held.account_id if held else None,
            is_renamed=held is not None and shown != held.name,
            password=password if is_first else "",
            lacks_password=is_first and not password,
        )

    def settled(self, step: AccountStep) -> AccountStep | None:
        """The account's part as far as this actor may do it, None where nothing remains; what may not is noted."""
        row = self._rows[0]
        objection = self._objection(step)
        if step.state is State.UNCHANGED:
            # A password must not be made for whom it may not be given.
            may_get_one = step.lacks_password and not objection and Permission.ACCOUNT_MANAGE in self._may
            return replace(step, lacks_password=may_get_one)
        if Permission.ACCOUNT_MANAGE not in self._may:
            what = "新建账号" if step.state is State.NEW else "更改账号"
            self.leave(row, NAME_OF_USER, step.username, what, "系统管理员")
            return None
        if objection:
            self.wrong(row, NAME_OF_USER, step.username, objection, "请删去该行")
            self.trespasses |= {rule for text, rule in _TRESPASSES.items() if text == objection}
        return step

    def _objection(self, step: AccountStep) -> str:
        """Why the actor may not change this account, whatever they are allowed to in general."""
        if self._held is None:
            return ""
        if self._held.is_disabled:
            return "该账号已停用"
        if self._by.account_id is None:
            return ""
        if self._is_own(step):
            return _OWN
        return _ADMINISTRATORS if self._held.is_administrators else ""

    def _one(self, column: str, value: Callable[[SheetRow], str]) -> str:
        """The one value that the rows give; later ones that differ are problems."""
        given = [(row, value(row)) for row in self._rows if value(row)]
        for row, text in given[1:]:
            if text != given[0][1]:
                shown = _KINDS_ZH.get(text, text)
                self.wrong(row, column, shown, f"与第 {given[0][0].row} 行同一用户名的{column}不一致", "请改为一致")
        return given[0][1] if given else ""

    def _person(self, kind: str, number: str) -> Place | None:
        row = self._rows[0]
        if not number:
            return None
        if kind not in {"teacher", "student"}:
            self.wrong(row, NUMBER, number, "只有教职工和学生才填工号或学号", "请填写人员类别，或清空该列")
            return None
        found = self._known.people.get(kind, {}).get(normal_username(number), ())
        if len(found) != 1:
            where = _KINDS_ZH[kind]
            reason = f"{where}中没有这个号码" if not found else f"{where}中有 {len(found)} 人是这个号码"
            self.wrong(
                row, NUMBER, number, reason, f"请核对；新的{where}须先导入名单并计算指标，校外人员的人员类别填“其他”"
            )
            return None
        return found[0]

    def _check_new(self, kind: str, name: str, person: Place | None) -> None:
        row = self._rows[0]
        if not USERNAME.fullmatch(row.username):
            self.wrong(row, NAME_OF_USER, row.username, "用户名不合格式", "须为 2 至 64 个字母、数字和 . _ - @")
        if not kind:
            self.wrong(row, KIND, "", "新账号须填人员类别", f"请填写：{'、'.join(KINDS)}")
        if kind in {"teacher", "student"} and not any(row.number for row in self._rows):
            self.wrong(row, NUMBER, "", "教职工和学生须填工号或学号", "请填写；校外人员的人员类别填“其他”")
        if not name and kind != "teacher":
            self.wrong(row, NAME, "", "新账号须填姓名", "请填写姓名")
        if person is not None:
            self._check_name(kind, name, person)
            other = self._known.accounts_of_people.get((kind, person.node_id))
            if other is not None:
                self.wrong(
                    row,
                    NAME_OF_USER,
                    row.username,
                    f"此人已有账号“{other.username}”",
                    f"请改用用户名“{other.username}”",
                )
        strangers = [p for k, p in self._known.people_with(row.username) if (k, p) != (kind, person)]
        if strangers:
            self.wrong(
                row, NAME_OF_USER, row.username, "用户名是他人的工号或学号", "请换一个用户名，或填写正确的工号或学号"
            )

    def _check_held(self, held: KnownAccount, kind: str, name: str, person: Place | None) -> None:
        row = self._rows[0]
        if held.source == "demo":
            self.wrong(row, NAME_OF_USER, row.username, "演示账号不能由文件更改", "请删去该行")
        if kind and kind != held.person_kind:
            self.wrong(
                row, KIND, _KINDS_ZH[kind], f"账号已存在，人员类别是“{_KINDS_ZH[held.person_kind]}”", "请核对用户名"
            )
        elif person is not None and person.node_id != held.person_id:
            self.wrong(row, NUMBER, row.number, "账号已存在，属于另一个人", "请核对用户名与工号或学号")
        elif held.source == "roster" and held.person_kind == "teacher" and name and name != held.name:
            self.wrong(row, NAME, name, f"与名册中的姓名“{held.name}”不符", "请核对用户名；姓名随教职工名单更新")
        elif person is not None:
            self._check_name(held.person_kind, name, person)

    def _check_name(self, kind: str, name: str, person: Place) -> None:
        # A member of staff under somebody else's number would get that person's posts.
        if kind == "teacher" and name and plain(name) != plain(person.name):
            self.wrong(self._rows[0], NAME, name, f"该工号的姓名是“{person.name}”", "请核对工号与姓名")

    def _check_password(self, password: str, name: str) -> None:
        row = next(row for row in self._rows if row.password)
        for reason in problems_of(password, username=row.username, name=name):
            self.wrong(row, PASSWORD, HIDDEN, reason.rstrip("。"), "请换一个，或留空以便生成一次性密码")

    def _is_own(self, step: AccountStep) -> bool:
        own = self._known.accounts_by_id.get(self._by.account_id or 0)
        if own is None:
            return False
        is_same = step.person_id is not None and (own.person_kind, own.person_id) == (step.person_kind, step.person_id)
        return own.account_id == step.account_id or is_same

    # -- the posts ------------------------------------------------------------------------

    def posts(self, account: AccountStep) -> list[PostStep]:
        """The posts of the account that the rows give, apart from those that are deferred."""
        steps: list[PostStep] = []
        for row in self._rows:
            place = self._place(row, row.role, account) if row.role else None
            if place is None or row.role is None:
                continue
            post = Post(
                role=row.role,
                node_level=place[0],
                node_id=place[1].node_id,
                node_name=place[1].name,
                valid_from=row.valid_from or self._on,
                valid_to=row.valid_to,
                source="import",
            )
            state = self._state(row, post, account, [step.post for step in steps])
            if state is State.NEW and Permission.POST_GRANT not in self._may:
                self.leave(row, ROLE, post.title_zh, "授予岗位", "安全管理员")
            elif state is State.NEW and account.state is State.NEW and Permission.ACCOUNT_MANAGE not in self._may:
                self.leave(row, ROLE, post.title_zh, "账号尚未建立，岗位须在建号之后授予；建号", "系统管理员")
            elif state is not None:
                steps.append(
                    PostStep(
                        row=row.row,
                        username=account.username,
                        post=post,
                        state=state,
                        account_id=account.account_id,
                    )
                )
        return steps

    def check_places(self) -> None:
        """Notes what is wrong with the nodes where nothing else can be said of the posts."""
        for row in self._rows:
            if row.role is not None and ROLES[row.role].nodes[0] not in PEOPLE:
                self._place(row, row.role, None)

    def _state(self, row: SheetRow, post: Post, account: AccountStep, before: Sequence[Post]) -> State | None:
        """Whether the post is new; None where it cannot be given."""
        held = self._held.posts if self._held else ()
        for other in held:
            if (other.role, other.node_level, other.node_id) != (post.role, post.node_level, post.node_id):
                continue
            is_over = other.valid_to is not None and other.valid_to < self._on
            if other.source == "roster" and not is_over:
                return State.UNCHANGED
            is_meant = row.valid_from is None or row.valid_from == other.valid_from
            if is_meant and row.valid_to == other.valid_to and (row.valid_from or not is_over):
                return State.UNCHANGED
            if is_meant and is_over:
                self.wrong(
                    row, ROLE, post.title_zh, f"该岗位已于 {other.valid_to} 终止", "如需重新授予，请填写新的生效日期"
                )
                return None
        reason = conflict_of(post, [*held, *before])
        if not reason and self._held is not None and self._held.is_disabled:
            reason = "该账号已停用，不能授予岗位。"
        if not reason and self._by.account_id is not None:
            if post.role in ADMINISTRATORS:
                reason = _ADMINISTRATORS_POST
            elif Permission.POST_GRANT in self._may and self._is_own(account):
                reason = _OWN_POST
        if reason:
            self.trespasses |= {rule for text, rule in _TRESPASSES.items() if text == reason}
            self.wrong(row, ROLE, post.title_zh, reason.rstrip("。"), "请改正或删去该行")
            return None
        return State.NEW

    def _place(self, row: SheetRow, role: Role, account: AccountStep | None) -> tuple[str, Place] | None:
        """Level and node at which the row's post is held."""
        level = ROLES[role].nodes[0]
        if account is not None and level in PEOPLE:
            found = self._itself(row, account, level)
        else:
            found = find_node(self._known, role, row.node, suggest=row.row <= _SUGGESTED)
        if isinstance(found, Refusal):
            self.wrong(row, NODE, row.node, found.reason, found.remedy)
            return None
        return found

    def _itself(self, row: SheetRow, account: AccountStep, level: str) -> tuple[str, Place] | Refusal:
        """The person of the account, as the node of a post that is held at oneself."""
        own = self._known.people_by_key.get((account.person_kind, account.person_id or 0))
        if account.person_kind != level or own is None:
            return Refusal(f"该岗位只能授予{_KINDS_ZH[level]}本人的账号", "请填写人员类别与工号或学号")
        if row.node and own not in self._known.people[level].get(normal_username(row.node), ()):
            return Refusal("该岗位只能设在本人", "请留空岗位节点，或填写本人的工号或学号")
        return level, own


def _state(held: KnownAccount | None, name: str, password: str) -> State:
    if held is None:
        return State.NEW
    return State.CHANGED if password or name != held.name else State.UNCHANGED
