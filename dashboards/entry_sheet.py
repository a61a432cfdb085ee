"""One entry sheet: the page with the grid, and what its script asks for: saving, taking back, handing in.

A sheet that does not exist and one that somebody else fills in are the same 404. Mirrors assets/js/entry.js.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, TypeGuard

from flask import Response, abort, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue

from dashboards import questions, refusals
from dashboards.entry_wording import (
    cells_told,
    changes_told,
    closed_because,
    points_words,
    result_told,
    sheet_state,
    told,
)
from dashboards.server_page import render
from dashboards.services import Services
from data_access import clock
from data_access.access.actors import Actor
from data_access.access.viewer import Viewer
from data_access.errors import BusyError, UserError
from data_access.growth_card.cells import STUDENT, CellEdit
from data_access.growth_card.sheet_units import SheetKey
from indicators.growth_card.sheet_frames import NOT_YOURS, NoSheetError, Sheet
from indicators.growth_card.sheets import BlanksError, SaveResult, Submission, UnknownLessonError
from layouts import format as fmt

MALFORMED: Final = "请求的格式不对，没有保存。请重新打开本页。"
TOO_MANY: Final = "一次最多保存 {} 格，没有保存。请分几次粘贴。"
MOST_EDITS: Final = 3000
LONGEST_VALUE: Final = 40
LONGEST_COLUMN: Final = 32
LARGEST_ID: Final = 2**63 - 1
LOOKED_BACK: Final = 5.0
"""Seconds: so much earlier than the last answer is asked for changes of others. Whoever has a version already skips it."""
CHANGES_KEPT: Final = 200
"""So many changes a history gives at most."""


class Entry:
    """Who fills in, and what they fill in."""

    def __init__(self, services: Services) -> None:
        self.services = services

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        return self.services.viewer()

    def actor(self) -> Actor:
        """The viewer as the one who changes something."""
        return Actor(self.viewer.username, self.viewer.account_id, request.remote_addr or "")

    def sheet(self, slug: str) -> Sheet:
        """The sheet of an address.

        Raises:
            werkzeug.exceptions.NotFound: there is none, or not for this viewer.
        """
        try:
            return self.services.sheets.open(key_of(slug), viewer=self.viewer)
        except NoSheetError:
            return abort(HTTPStatus.NOT_FOUND)

    def changes(self, key: SheetKey, since: float) -> list[dict[str, Any]]:
        """The cells of a sheet that have been changed since then; all of them where there are too many to list."""
        history = self.services.sheets.history(key, viewer=self.viewer)
        found = [change for change in history if change.at.timestamp() >= since]
        if len(found) >= CHANGES_KEPT:
            return cells_told(self.services.sheets.open(key, viewer=self.viewer), viewer=self.viewer)
        return changes_told(found, viewer=self.viewer)


def key_of(slug: str) -> SheetKey:
    """The sheet that an address names.

    Raises:
        NoSheetError: it names none.
    """
    key = SheetKey.of(slug)
    if key is None:
        raise NoSheetError
    return key


# -- what was sent ----------------------------------------------------------------------------


def edits_of(body: Any) -> tuple[list[CellEdit], float] | None:
    """The cells of a request to save, and since when changes are asked for; None where it is of another form."""
    if not isinstance(body, dict) or not isinstance(body.get("edits"), list):
        return None
    since = body.get("since")
    edits = [_edit(item) for item in body["edits"]]
    if not _is_number(since) or None in edits:
        return None
    return [edit for edit in edits if edit is not None], float(since)


def _edit(item: Any) -> CellEdit | None:
    match item:
        case [int(holder_id), str(column), value, int(version)]:
            is_sound = (
                not any(isinstance(part, bool) for part in (holder_id, version))
                and 0 < holder_id <= LARGEST_ID
                and 0 <= version <= LARGEST_ID
                and len(column) <= LONGEST_COLUMN
                and (value is None or _is_number(value) or _is_short(value))
            )
            return CellEdit(holder_id=holder_id, column=column, value=value, base_version=version) if is_sound else None
        case _:
            return None


def _is_number(value: Any) -> TypeGuard[float]:
    # An integer of hundreds of digits is sound JSON, and no float.
    return isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_ID
    )


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_VALUE


# -- what is answered -------------------------------------------------------------------------


def handed_in(submission: Submission, sheet: Sheet) -> str:
    """What handing a sheet in has come to, in a sentence."""
    if submission.posting_problem:
        return f"{submission.posting_problem}。稍后再提交一次即可，不会重复入账。"
    done = "已提交" if submission.is_first else "更正已提交"
    late = "（已过截止日期，计为逾期）" if submission.is_first and submission.record.is_late else ""
    return f"{done}{late}，{_people(sheet)} 人。{_accounts_moved(submission.posting)}"


def _accounts_moved(posting: Any) -> str:
    """What posting has changed, where it says so: most of a sheet repeats what the systems have brought already."""
    entries = getattr(posting, "entries", None)
    if entries is None:
        return ""
    return f"新记流水 {entries} 笔。" if entries else "与已入账的一致，没有新的流水。"


def _people(sheet: Sheet) -> int:
    return sum(row.holder == STUDENT for row in sheet.form.rows)


def _since() -> float:
    return clock.now().timestamp() - LOOKED_BACK


def _refusal(error: UserError) -> Response:
    """Why nothing was done: not theirs, the database is busy, or the sheet does not admit it."""
    if isinstance(error, NoSheetError):
        return refusals.refuse(HTTPStatus.NOT_FOUND, NOT_YOURS)
    if isinstance(error, BusyError):
        raise error
    return refusals.refuse(HTTPStatus.CONFLICT, str(error))


# -- the page and its requests ----------------------------------------------------------------


def show(entry: Entry, sheet: str) -> ResponseReturnValue:
    """The grid of a sheet."""
    found, today = entry.sheet(sheet), entry.services.today()
    since = _since()
    return render(
        "entry_sheet.html",
        title=found.title,
        sheet=sheet,
        facts=f"{found.key.collector} · {found.time_point} · 截止 {fmt.day(found.due_on)}",
        points=points_words(found.points, found.occasional),
        state=sheet_state(found, today),
        closed_because=closed_because(found, today),
        data=told(
            found,
            viewer=entry.viewer,
            today=today,
            since=since,
            addresses={name: url_for(f"entry.{name}", sheet=sheet) for name in ("save", "undo", "submit")},
        ),
    )


def save(entry: Entry, sheet: str) -> ResponseReturnValue:
    """Saves what was typed, each cell for itself, and tells what others have; without any cell it only tells."""
    given = edits_of(questions.body())
    if given is None:
        return refusals.refuse(HTTPStatus.BAD_REQUEST, MALFORMED)
    edits, since = given
    if len(edits) > MOST_EDITS:
        return refusals.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_MANY.format(MOST_EDITS))
    sheets, viewer, asked_at = entry.services.sheets, entry.viewer, _since()
    try:
        key = key_of(sheet)
        # Before the own cells are written: they would fill the history, and whoever sent them knows them.
        others = entry.changes(key, since)
        result = (
            sheets.save(key, edits, viewer=viewer, by=entry.actor())
            if edits
            else SaveResult(saved=(), conflicts=(), problems=(), at=clock.now())
        )
    except UserError as error:
        return _refusal(error)
    return make_response(jsonify({**result_told(result, viewer=viewer), "others": others, "since": asked_at}))


def undo(entry: Entry, sheet: str) -> ResponseReturnValue:
    """Takes back the viewer's last save, but for what somebody has changed since."""
    try:
        result = entry.services.sheets.undo(key_of(sheet), viewer=entry.viewer, by=entry.actor())
    except UserError as error:
        return _refusal(error)
    kept = f"，{len(result.conflicts)} 个已由他人改动，保留" if result.conflicts else ""
    message = f"已撤销上次保存的 {len(result.saved)} 个单元格{kept}"
    return make_response(jsonify({**result_told(result, viewer=entry.viewer), "message": message}))


def submit(entry: Entry, sheet: str) -> ResponseReturnValue:
    """Hands the sheet in and posts it."""
    body = questions.body()
    if not isinstance(body, dict):
        return refusals.refuse(HTTPStatus.BAD_REQUEST, MALFORMED)
    sheets, viewer = entry.services.sheets, entry.viewer
    try:
        key = key_of(sheet)
        submission = sheets.submit(
            key,
            viewer=viewer,
            by=entry.actor(),
            blanks_confirmed=body.get("blanks_confirmed") is True,
            lesson_confirmed=body.get("lesson_confirmed") is True,
        )
        found = sheets.open(key, viewer=viewer)
    except BlanksError as error:
        blanks = [{"id": cell.holder_id, "column": cell.column} for cell in error.blanks]
        return make_response(jsonify({"message": str(error), "blanks": blanks}), HTTPStatus.CONFLICT)
    except UnknownLessonError as error:
        return make_response(jsonify({"message": str(error), "is_unknown_lesson": True}), HTTPStatus.CONFLICT)
    except UserError as error:
        return _refusal(error)
    return make_response(
        jsonify(
            {
                "message": handed_in(submission, found),
                "is_posted": not submission.posting_problem,
                "state": sheet_state(found, entry.services.today()),
                "others": cells_told(found, viewer=viewer),
                "since": _since(),
            }
        )
    )
