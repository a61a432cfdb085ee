"""Panels as files, drawn anew within what the viewer may take away at this moment; the audit log tells who took what."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from dashboards import snapshots
from dashboards.attachments import attach
from dashboards.guard import asked_by_pages, needs
from dashboards.page import Heading, NotFoundError, Page, Panel, View
from dashboards.refusals import refuse
from dashboards.services import Services
from dashboards.surface import denial
from dashboards.wiring import view_of
from data_access.access.audit import AuditKind, Event, Result
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from data_access.clock import COLLEGE_ZONE, now
from data_access.errors import BusyError
from layouts.exports import shown
from layouts.exports.files import FORMS, content_of
from layouts.exports.snapshot import RenderingError, Snapshot, UnavailableError
from layouts.panel import Content

MISSING: Final = "没有这个图表，或者它不在你的数据范围内。"
"""Said of what does not exist and of what is out of reach, word for word the same."""
NOTHING: Final = "这个图表现在没有可以放进这种文件的内容。"
_REPEATED_WITHIN: Final = dt.timedelta(minutes=1)
"""The same refusal is recorded once in so long a time."""
_RETRY_AFTER: Final = "10"


def export(services: Services, pages: Sequence[Page], page_name: str, panel_name: str, form: str) -> Response:
    """The panel that the address names, for the view of its page that the query names, as a file.

    It is drawn for somebody who holds only those posts of the viewer that allow both the page and taking things away:
    what one post shows is not taken with another's right. The file leaves only after it has been recorded.
    """
    viewer = services.viewer()
    subject = f"panel:{page_name}.{panel_name}"
    page = next((page for page in pages if page.name == page_name), None)
    item = next((item for item in page.panels if item.name == panel_name), None) if page else None
    if page is None or item is None or form not in FORMS:
        return refuse(HTTPStatus.NOT_FOUND, MISSING)
    acting = viewer.acting_by(page.requires, Permission.PANEL_EXPORT)
    lacking = next((p for p in (page.requires, Permission.PANEL_EXPORT) if not acting.may(p)), None)
    if lacking is not None:
        _record_refusal(services, viewer, subject, lacking)
        return refuse(HTTPStatus.FORBIDDEN, denial(lacking))
    try:
        view = view_of(
            page,
            services.acting(acting),
            pathname=request.args.get("path", page.path),
            search=request.args.get("search", ""),
        )
        view, heading, content = _drawn(page, item, view, form)
    except NotFoundError:
        _record_refusal(services, viewer, subject, Permission.PANEL_EXPORT)
        return refuse(HTTPStatus.NOT_FOUND, MISSING)
    parts = shown.parts_of(item.title, content) if content is not None else ()
    made_at = now().astimezone(COLLEGE_ZONE)
    if content is None or not parts:
        return refuse(HTTPStatus.NOT_FOUND, NOTHING)
    if request.method == "HEAD":
        return Response(content_type=FORMS[form].media_type)  # nothing is given out
    origin = snapshots.origin_of(item, content, heading, view, viewer, made_at=made_at)
    snapshot = Snapshot(origin=origin, parts=parts)
    if form in snapshots.TABLES and not snapshot.sheets:
        return refuse(HTTPStatus.NOT_FOUND, NOTHING)
    name = snapshots.file_name(content.title or item.title, heading, view, form)
    return _given(services, viewer, snapshot, form, name=name, subject=subject, scope=view.scope.reason)


def _drawn(page: Page, item: Panel, view: View, form: str) -> tuple[View, Heading, Content | None]:
    """The panel with all rows that the filters give, as far as a file holds them; None where it has no place.

    A picture of a chart keeps the page that is shown: drawn for ten pages at once nobody could read it.
    """
    most = snapshots.MOST_ROWS[form]
    for rows in (None, most) if form in snapshots.DRAWN else (most,):
        taken = replace(view, most_rows=rows)
        data = page.load(taken)
        heading = page.heading(data)
        is_shown = item.belongs(data) and not (page.shows_values and view.services.values.data_date() is None)
        content = item.draw(data) if is_shown else None
        if content is None or shown.has_chart(content) or not shown.notes_of(content):
            break
    return taken, heading, content


def _given(
    services: Services, viewer: Viewer, snapshot: Snapshot, form: str, *, name: str, subject: str, scope: str
) -> Response:
    """The file, recorded before it leaves; or why it could not be made."""
    try:
        content = content_of(snapshot, form)
    except UnavailableError as error:
        return refuse(HTTPStatus.NOT_IMPLEMENTED, str(error))
    except RenderingError as error:
        return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    except BusyError as error:
        answer = refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        answer.headers["Retry-After"] = _RETRY_AFTER
        return answer
    detail = {
        "file": name,
        "view": request.args.get("path", "") + request.args.get("search", ""),
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": snapshot.sha256,
    }
    services.audit.write(_event(viewer, subject, kind=AuditKind.EXPORT, rows=snapshot.rows, scope=scope, detail=detail))
    return attach(Response(content, content_type=FORMS[form].media_type), name)


def _record_refusal(services: Services, viewer: Viewer, subject: str, lacking: Permission) -> None:
    detail = {"permission": lacking.value, "view": request.args.get("path", "")}
    event = _event(
        viewer, subject, kind=AuditKind.DENIED, result=Result.DENIED, scope=viewer.scope.reason, detail=detail
    )
    services.audit.write_unless_recent(event, within=_REPEATED_WITHIN)


def _event(viewer: Viewer, subject: str, **facts: Any) -> Event:
    return Event(actor=viewer.username, subject=subject, address=request.remote_addr or "", **facts)


def blueprint(services: Services, pages: Sequence[Page]) -> Blueprint:
    """The one address of this module; pages ask for it, and say on the panel why they were refused."""
    made = Blueprint("panel_export", __name__)

    @made.get(snapshots.ADDRESS, endpoint="export")
    @asked_by_pages
    @needs(Permission.PANEL_EXPORT)
    def _export(page_name: str, panel_name: str, form: str) -> ResponseReturnValue:
        return export(services, pages, page_name, panel_name, form)

    return made
