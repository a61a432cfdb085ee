"""Files of accounts and posts: uploaded, looked at with all that is wrong with them, then applied once.

What is confirmed is what was looked at: the confirmation names the file's SHA-256, and only the one who
uploaded a file can see or apply it. Each administrator does their own part; the other one's is left out and told.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards.attachments import attach
from dashboards.people import PREFIX, People, page_number
from dashboards.people_forms import ConfirmImportForm, UploadForm
from dashboards.routes import WRITE, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import moment, refusal_zh, term_of_post
from data_access.access.account_sheet import COLUMNS, MOST_ROWS
from data_access.access.account_steps import AccountStep, Staged, State
from data_access.access.audit_events import AuditKind, Event
from data_access.access.permissions import Permission
from data_access.access.staged_files import EXPIRED, KEPT_FOR, StagedFile, StagedFiles
from data_access.clock import now
from data_access.errors import UserError
from data_access.intake.problems import Problem
from data_access.intake.uploads import LARGEST_FILE
from layouts.exports import csv
from layouts.table import Slice

FOLDER: Final = "account-imports"
LONGEST_NAME: Final = 120
PAGE_SIZE: Final = 50
READ_AT_ONCE: Final = 8
"""So many files are kept as read; opening one anew takes seconds."""
INTERRUPTED_AFTER: Final = dt.timedelta(minutes=5)
SECONDS_A_PASSWORD: Final = 0.02
PROBLEM_COLUMNS: Final = ("类别", "行", "列", "值", "原因", "处理办法")
PASSWORD_COLUMNS: Final = ("用户名", "姓名", "一次性密码")
SHOWN_ZH: Final = {"changes": "将要做的", "problems": "问题", "deferred": "由他人办理"}
HINTS: Final = dict(
    zip(
        COLUMNS,
        (
            "登录用的名字；留空时以工号或学号为用户名",
            "新账号须填；教职工与名册核对",
            "教职工、学生、其他；新账号须填",
            "教职工和学生须填，与名册对应",
            "如：质量办、班主任；只建账号时留空。一人多岗写多行，用户名相同",
            "部门、专业、班级或课程的名称；全校性的岗位留空",
            "如 2026-09-01；留空为今天",
            "任职的最后一天；留空为长期",
            "一般留空，由平台生成一次性密码",
        ),
        strict=True,
    )
)
"""What belongs into each column."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that applying a file does."""

    row: int
    username: str
    name: str
    what: str


def changes(staged: Staged) -> list[Change]:
    """Everything that applying the file does, in the order of its rows; what stays as it is is left out."""
    names = {step.username: step.name for step in staged.accounts}
    found = [
        Change(row=step.row, username=step.username, name=step.name, what=what)
        for step in staged.accounts
        for what in _of_account(step)
    ]
    found += [
        Change(
            row=step.row,
            username=step.username,
            name=names.get(step.username, ""),
            what=f"授予 {step.post.title_zh}（{term_of_post(step.post)}）",
        )
        for step in staged.posts
        if step.state is State.NEW
    ]
    return sorted(found, key=lambda change: change.row)


def _of_account(step: AccountStep) -> list[str]:
    if step.state is State.NEW:
        return ["新建账号，并设置文件中的初始密码" if step.password else "新建账号"]
    found = [f"改名为{step.name}"] if step.is_renamed else []
    return [*found, "设置文件中的初始密码"] if step.password else found


def problem_rows(staged: Staged) -> Iterable[tuple[object, ...]]:
    """All problems, and what others have to do, as rows of `PROBLEM_COLUMNS`."""
    for kind, found in (("问题", staged.problems), ("由他人办理", staged.deferred)):
        for item in found:
            yield (kind, item.row, item.column, item.value, item.reason, item.remedy)


def _outcome(staged: Staged, counts: Any, *, deferred: int, passwords: int) -> dict[str, Any]:
    return {
        "at": moment(now()),
        "counts": {kind: dict(numbers) for kind, numbers in counts.items()},
        "is_as_shown": counts == staged.counts,
        "deferred": deferred,
        "passwords": passwords,
    }


class PeopleImport(People):
    """Who imports what they uploaded."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.files = StagedFiles(services.settings.home / FOLDER)
        self.files.sweep()
        self._read: OrderedDict[str, tuple[dt.datetime, Staged]] = OrderedDict()
        self._lock = threading.Lock()

    def may(self) -> frozenset[Permission]:
        """What the viewer may do with a file.

        Raises:
            werkzeug.exceptions.Forbidden: nothing.
        """
        found = self.services.viewer().permissions & {Permission.ACCOUNT_MANAGE, Permission.POST_GRANT}
        return found or abort(HTTPStatus.FORBIDDEN)

    def keep(self, content: bytes, name: str) -> StagedFile:
        """Keep an upload; it goes by itself even where nobody comes back."""
        kept = self.files.keep(content, name=name[-LONGEST_NAME:], account_id=self.services.viewer().account_id)
        timer = threading.Timer(KEPT_FOR.total_seconds() + 1, self.files.sweep)
        timer.daemon = True
        timer.start()
        return kept

    def uploaded(self, token: str) -> StagedFile | None:
        """The viewer's own file of that token, if it still waits or has been applied a short while ago."""
        return self.files.get(token, account_id=self.services.viewer().account_id)

    def read(self, kept: StagedFile) -> Staged:
        """What applying the file would do, as it was when it was first looked at."""
        with self._lock:
            for token in [token for token, (until, _) in self._read.items() if until < now()]:
                del self._read[token]
            held = self._read.get(kept.token)
        if held is not None:
            return held[1]
        found = self.services.account_files.read(kept.content, kept.name, by=self.actor(), may=self.may())
        with self._lock:
            self._read[kept.token] = (kept.until, found)
            while len(self._read) > READ_AT_ONCE:
                self._read.popitem(last=False)
        return found

    def forget(self, kept: StagedFile) -> None:
        """Let go of a file that has been read; it may hold passwords."""
        with self._lock:
            self._read.pop(kept.token, None)


def _expired() -> ResponseReturnValue:
    flash(EXPIRED, "problem")
    return redirect(url_for("people_import.upload"), HTTPStatus.SEE_OTHER)


def _back_to(kept: StagedFile) -> ResponseReturnValue:
    return redirect(url_for("people_import.look", token=kept.token), HTTPStatus.SEE_OTHER)


def upload(desk: PeopleImport) -> ResponseReturnValue:
    """Choosing a file; whoever sends one is led to what it would do."""
    may, form = desk.may(), UploadForm()
    if form.validate_on_submit():
        kept = desk.keep(form.content, form.file.data.filename)
        desk.read(kept)
        return _back_to(kept)
    return render(
        "import.html",
        title="批量导入",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if form.is_submitted() else HTTPStatus.OK,
        form=form,
        hints=HINTS,
        most_rows=MOST_ROWS,
        megabytes=LARGEST_FILE // 2**20,
        does_accounts=Permission.ACCOUNT_MANAGE in may,
        does_posts=Permission.POST_GRANT in may,
    )


def template(desk: PeopleImport) -> ResponseReturnValue:
    """An empty file with the headings."""
    desk.may()
    return _csv(csv.bytes_of(COLUMNS, ()), "人员与岗位模板.csv")


def look(desk: PeopleImport, token: str) -> ResponseReturnValue:
    """What a file would do and what is wrong with it; after it was applied, what it did."""
    desk.may()
    kept = desk.uploaded(token)
    if kept is None:
        return _expired()
    outcome, claimed_at = desk.files.outcome(kept), desk.files.claimed_at(kept)
    if outcome is not None or claimed_at is not None:
        return render(
            "import_result.html",
            title="批量导入",
            kept=kept,
            outcome=outcome,
            is_interrupted=claimed_at is not None and now() - claimed_at > INTERRUPTED_AFTER,
            has_passwords=desk.files.has_attached(kept),
        )
    return _preview(desk, kept, desk.read(kept))


def _preview(
    desk: PeopleImport, kept: StagedFile, staged: Staged, *, refusal: str = "", form: ConfirmImportForm | None = None
) -> Response:
    listed: dict[str, Sequence[Change | Problem]] = {
        "problems": staged.problems,
        "changes": [] if staged.problems else changes(staged),
        "deferred": staged.deferred,
    }
    wanted = request.args.get("show", "")
    shown = wanted if listed.get(wanted) else next((name for name, items in listed.items() if items), "changes")
    part = Slice(total=len(listed[shown]), page=page_number(request.args.get("page", "")), size=PAGE_SIZE)
    form = form or ConfirmImportForm(formdata=None, digest=kept.digest)
    lacking = staged.counts["passwords"]["lacking"] if Permission.ACCOUNT_MANAGE in desk.may() else 0
    return render(
        "import_preview.html",
        title="批量导入",
        status=HTTPStatus.CONFLICT if refusal else HTTPStatus.OK,
        kept=kept,
        until=moment(kept.until),
        staged=staged,
        refusal=refusal,
        form=form,
        lacking=lacking,
        seconds=round(lacking * SECONDS_A_PASSWORD),
        tabs={name: (SHOWN_ZH[name], len(items)) for name, items in listed.items() if items},
        shown=shown,
        items=listed[shown][part.start : part.stop],
        part=part,
        link=lambda page: url_for("people_import.look", token=kept.token, show=shown, page=page),
    )


def problems(desk: PeopleImport, token: str) -> ResponseReturnValue:
    """All that is wrong with a file, as a table to work through."""
    desk.may()
    kept = desk.uploaded(token)
    if kept is None or not kept.content:
        return _expired()
    return _csv(csv.bytes_of(PROBLEM_COLUMNS, problem_rows(desk.read(kept))), "导入问题.csv")


def confirm(desk: PeopleImport, token: str) -> ResponseReturnValue:
    """Applying a file, once, as it was looked at."""
    may, form = desk.may(), ConfirmImportForm()
    kept = desk.uploaded(token)
    if kept is None:
        return _expired()
    if not kept.content:
        return _back_to(kept)
    staged = desk.read(kept)
    if not form.validate_on_submit() or form.digest.data != kept.digest:
        return _preview(desk, kept, staged, refusal="确认的不是这个文件，没有导入。请核对后再确认。")
    if not desk.files.claim(kept):
        return _back_to(kept)
    try:
        applied = desk.services.account_files.apply(
            staged,
            by=desk.actor(),
            may=may,
            make_passwords=form.make_passwords.data and Permission.ACCOUNT_MANAGE in may,
        )
    except UserError as error:
        desk.files.release(kept)
        desk.forget(kept)
        return _preview(desk, kept, desk.read(kept), refusal=refusal_zh(error))
    except BaseException:
        desk.files.release(kept)
        raise
    made = [(one.username, one.name, one.password) for one in applied.passwords]
    desk.files.finish(
        kept,
        _outcome(staged, applied.counts, deferred=len(applied.deferred), passwords=len(made)),
        attached=b"".join(csv.bytes_of(PASSWORD_COLUMNS, made)) if made else b"",
    )
    desk.forget(kept)
    return _back_to(kept)


def passwords(desk: PeopleImport, token: str) -> ResponseReturnValue:
    """The one-time passwords that a file brought about, for the first who asks."""
    desk.may()
    kept = desk.uploaded(token)
    outcome = None if kept is None else desk.files.outcome(kept)
    if kept is None or outcome is None:
        return _expired()
    if not desk.files.has_attached(kept):
        return _taken(kept)
    actor = desk.actor()
    desk.services.audit.write(
        Event(
            kind=AuditKind.EXPORT,
            actor=actor.name,
            subject="passwords:import",
            rows=outcome["passwords"],
            address=actor.address,
            detail={"file": kept.name, "sha256": kept.digest},
        )
    )
    content = desk.files.take(kept)
    return _taken(kept) if content is None else _csv([content], "一次性密码.csv")


def _taken(kept: StagedFile) -> ResponseReturnValue:
    flash("一次性密码已经下载过，不能再次下载。遗失的请逐个重置。", "problem")
    return _back_to(kept)


def _csv(content: Iterable[bytes], name: str) -> Response:
    return attach(Response(content, content_type=csv.MEDIA_TYPE), name)


_VIEW: Final = Permission.ACCOUNT_VIEW
ROUTES: Final = (
    Route(path="", view=upload, permission=_VIEW, methods=("GET", "POST"), megabytes=3),
    Route(path="/template.csv", view=template, permission=_VIEW),
    Route(path="/<token>", view=look, permission=_VIEW),
    Route(path="/<token>/problems.csv", view=problems, permission=_VIEW),
    Route(path="/<token>/confirm", view=confirm, permission=_VIEW, methods=WRITE),
    Route(path="/<token>/passwords", view=passwords, permission=_VIEW, methods=WRITE),
)


def blueprint(services: Services) -> Blueprint:
    """The pages below ``/admin/people/import``."""
    return blueprint_of("people_import", ROUTES, prefix=f"{PREFIX}/import", context=PeopleImport(services))
