"""The roster of an offering as a file, within the same scope as its page; the audit log tells who took how many."""

from __future__ import annotations

import datetime as dt
import hashlib
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from dashboards import query, refusals
from dashboards.attachments import attach
from dashboards.guard import needs
from dashboards.offering_data import NOUN
from dashboards.offering_students import ROSTER_FILE
from dashboards.page import missing
from dashboards.services import Services
from data_access.access.audit import AuditKind, Event, Result
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from indicators.results import OfferingInfo, RosterRow
from layouts.exports.csv import MEDIA_TYPE, bytes_of

COLUMNS: Final = (
    "学号", "行政班", "应到", "实到", "到课率(%)", "旷课", "请假", "迟到早退", "参与率(%)", "作业完成率(%)",
)  # fmt: skip
_WANTED: Final = {"permission": Permission.ROSTER_EXPORT.value}
_REPEATED_WITHIN: Final = dt.timedelta(minutes=1)
"""The same refusal is recorded once in so long a time."""


def file_name(offering: OfferingInfo, today: dt.date) -> str:
    """Name of the file: course, section, day; and that it is not the whole roster, where it is not."""
    part = "" if offering.is_whole else "_本人负责的学生"
    return f"名单_{offering.course_name}_{offering.class_name}{part}_{today.isoformat()}.csv".replace("/", "-")


def columns_of(row: RosterRow) -> tuple[object, ...]:
    """One student as a line of `COLUMNS`; rates to one decimal, empty where nothing was due."""

    def rate(value: float | None) -> float | None:
        return None if value is None else round(value, 1)

    return (
        row.student_no,
        row.class_name,
        row.due,
        row.present,
        rate(row.attendance_rate),
        row.absent,
        row.leave,
        row.late,
        rate(row.participation_rate),
        rate(row.homework_rate),
    )


def export(services: Services) -> ResponseReturnValue:
    """The students of the offering that the address names, as far as they are within the viewer's scope now.

    The file leaves only after it has been recorded. An offering that does not exist and one out of scope are
    answered alike.
    """
    found, viewer = query.match(ROSTER_FILE, request.path), services.viewer()
    scope = viewer.scope_for(Permission.ROSTER_EXPORT)
    number = 0 if found is None else query.numbers(found)["offering_id"]
    offering = services.values.offering(number, scope=scope) if number else None
    if offering is None:
        refused = _event(viewer, number, kind=AuditKind.DENIED, result=Result.DENIED, detail=_WANTED)
        services.audit.write_unless_recent(refused, within=_REPEATED_WITHIN)
        return refusals.refuse(HTTPStatus.NOT_FOUND, missing(NOUN, number))
    if request.method == "HEAD":
        return Response(content_type=MEDIA_TYPE)  # nothing is given out
    rows = services.values.roster(number, scope=scope)
    name = file_name(offering, services.today())
    content = b"".join(bytes_of(COLUMNS, map(columns_of, rows)))
    detail = {"file": name, "sha256": hashlib.sha256(content).hexdigest()}
    services.audit.write(_event(viewer, number, kind=AuditKind.EXPORT, rows=len(rows), detail=detail))
    answer = Response(content, content_type=MEDIA_TYPE)
    return attach(answer, name)


def _event(viewer: Viewer, number: int, **facts: Any) -> Event:
    """An event about the roster of an offering, by the viewer of the current request."""
    address = request.remote_addr or ""
    return Event(
        actor=viewer.username,
        subject=f"offering:{number}",
        scope=viewer.scope_for(Permission.ROSTER_EXPORT).reason,
        address=address,
        **facts,
    )


def blueprint(services: Services) -> Blueprint:
    """The one address of this module."""
    made = Blueprint("roster_export", __name__)

    @made.get(ROSTER_FILE, endpoint="export")
    @needs(Permission.ROSTER_EXPORT)
    def _export(offering_id: str) -> ResponseReturnValue:  # noqa: ARG001 (checked as every id in an address)
        return export(services)

    return made
