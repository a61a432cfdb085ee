"""Entry sheets as files: a template to be filled in, an upload that is looked at with all its mistakes, then applied."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Final

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField

from dashboards.attachments import attach
from dashboards.entry_sheet import Entry, key_of
from dashboards.people import page_number, status_of
from dashboards.people_forms import UploadForm
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import moment, refusal_zh
from data_access.access.audit_events import AuditKind, Event
from data_access.access.staged_files import EXPIRED, KEPT_FOR, StagedFile, StagedFiles
from data_access.errors import UserError
from data_access.growth_card.sheet_files import MOST_ROWS
from data_access.intake.uploads import LARGEST_FILE
from indicators.growth_card.sheet_frames import NoSheetError
from layouts.table import Slice

FOLDER: Final = "entry-uploads"
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_NAME: Final = 120
PROBLEMS_SHOWN: Final = 50


class ApplyForm(FlaskForm):  # type: ignore[misc]
    """Applying the file that was looked at; `seen` says what the sheet held then."""

    seen = HiddenField()


class EntryFiles(Entry):
    """Who fills in sheets as files."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._staged: StagedFiles | None = None
        self._lock = threading.Lock()

    @property
    def files(self) -> StagedFiles:
        """Where uploads wait to be looked at."""
        with self._lock:
            if self._staged is None:
                self._staged = StagedFiles(self.services.settings.home / FOLDER)
                self._staged.sweep()
            return self._staged

    def keep(self, content: bytes, name: str) -> StagedFile:
        """Keep an upload; it goes by itself even where nobody comes back."""
        kept = self.files.keep(content, name=name[-LONGEST_NAME:], account_id=self.viewer.account_id)
        timer = threading.Timer(KEPT_FOR.total_seconds() + 1, self.files.sweep)
        timer.daemon = True
        timer.start()
        return kept

    def uploaded(self, token: str) -> StagedFile | None:
        """The viewer's own upload of that token, while it waits."""
        found = self.files.get(token, account_id=self.viewer.account_id)
        return found if found is not None and found.content else None


def template(entry: EntryFiles, sheet: str) -> ResponseReturnValue:
    """A sheet as a workbook; it leaves only after it has been recorded."""
    viewer = entry.viewer
    try:
        found, content = entry.services.sheet_uploads.template(key_of(sheet), viewer=viewer)
    except NoSheetError:
        return abort(HTTPStatus.NOT_FOUND)
    entry.services.audit.write(
        Event(
            kind=AuditKind.EXPORT,
            actor=viewer.username,
            subject=f"sheet:{found.key.slug}",
            rows=len(found.form.rows),
            scope=viewer.scope.reason,
            address=request.remote_addr or "",
            detail={"file": f"{found.title}.xlsx"},
        )
    )
    return attach(Response(content, content_type=WORKBOOK), f"采分_{found.title.replace(' · ', '_')}.xlsx")


def upload(entry: EntryFiles, sheet: str) -> ResponseReturnValue:
    """Choosing a file; whoever sends one is led to what it would do."""
    found, form = entry.sheet(sheet), UploadForm()
    if form.validate_on_submit():
        kept = entry.keep(form.content, form.file.data.filename)
        return redirect(url_for("entry.look", sheet=sheet, token=kept.token), HTTPStatus.SEE_OTHER)
    return render(
        "entry_upload.html",
        title=f"上传 {found.title}",
        status=status_of(form),
        form=form,
        sheet=sheet,
        found=found,
        columns=[(column.label, column.allowed) for column in found.form.columns],
        megabytes=LARGEST_FILE // 2**20,
        most_rows=MOST_ROWS,
    )


def look(entry: EntryFiles, sheet: str, token: str) -> ResponseReturnValue:
    """What a file would do to the sheet and what is wrong with it; confirmed, it is applied whole or not at all."""
    entry.sheet(sheet)
    kept = entry.uploaded(token)
    if kept is None:
        return _back_to_upload(sheet, EXPIRED)
    form = ApplyForm()
    if not form.validate_on_submit():
        return _preview(entry, sheet, kept)
    if not entry.files.claim(kept):
        return _back_to_upload(sheet, EXPIRED)
    try:
        result = entry.services.sheet_uploads.apply(
            key_of(sheet), kept.content, kept.name, seen=form.seen.data or "", viewer=entry.viewer, by=entry.actor()
        )
    except UserError as error:
        entry.files.release(kept)
        return _preview(entry, sheet, kept, refusal=refusal_zh(error))
    except BaseException:
        entry.files.release(kept)
        raise
    entry.files.finish(kept, {"saved": len(result.saved)})
    flash(f"文件已填入：{len(result.saved)} 个单元格。核对后请提交。", "done")
    return redirect(url_for("entry.show", sheet=sheet), HTTPStatus.SEE_OTHER)


def _preview(entry: EntryFiles, sheet: str, kept: StagedFile, *, refusal: str = "") -> Response:
    found = entry.services.sheet_uploads.read(key_of(sheet), kept.content, kept.name, viewer=entry.viewer)
    part = Slice(total=len(found.problems), page=page_number(request.args.get("page", "")), size=PROBLEMS_SHOWN)
    return render(
        "entry_upload_preview.html",
        title=f"核对 {found.sheet.title}",
        status=HTTPStatus.CONFLICT if refusal else HTTPStatus.OK,
        form=ApplyForm(formdata=None, seen=found.seen),
        sheet=sheet,
        found=found,
        until=moment(kept.until),
        refusal=refusal,
        problems=found.problems[part.start : part.stop],
        part=part,
        link=lambda page: url_for("entry.look", sheet=sheet, token=kept.token, page=page),
    )


def _back_to_upload(sheet: str, because: str) -> ResponseReturnValue:
    flash(because, "problem")
    return redirect(url_for("entry.upload", sheet=sheet), HTTPStatus.SEE_OTHER)
