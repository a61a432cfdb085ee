"""诊改报告: the term report of a student and of a class, on the screen and as an A4 sheet to print and sign."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from dashboards.attachments import attach
from dashboards.page import missing
from dashboards.refusals import refuse
from dashboards.routes import Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from data_access.access.audit import AuditKind, Event
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.errors import UnknownNameError
from indicators.growth_card.report import AccountFinding, Finding, TermReport, report_day, term_report
from indicators.growth_card.statements import AccountView
from indicators.growth_card.suggestions import shipped_advice
from indicators.model import Level
from layouts import format as fmt
from layouts.exports import pdf
from layouts.exports.snapshot import UnavailableError
from layouts.theme import tokens

SHADES: Final = {"优": "reached", "良": "reached", "中": "watch", "关注": "watch", "预警": "warning", "警戒": "alert"}
"""Colours of bands; the word stands beside them."""
NOT_POSTED: Final = "还没有入账的采分点。采分数据到齐并入账后，这里会自动生成报告。"
NOTHING_IN: Final = "{}没有入账的采分点，下面是{}的报告。"
BUSY: Final = "正在生成别的 PDF，请过几秒再试。"
_LATER_SHOWN: Final = 200
_press = threading.BoundedSemaphore(2)
"""Setting type takes a second of a core: the others are told to come back."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whose report is asked for, in whose scope.

    Attributes:
        account: asks for the account in a term, as of a day.
        facts: what stands below the title.
        back: address of the page of the subject.
        signs: who signs the sheet.
    """

    holder: Level
    number: int
    scope: Scope
    title: str
    name: str
    facts: Sequence[str]
    back: str
    signs: Sequence[str]
    account: Callable[[str | None, dt.date | None], AccountView | None]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A further table of a report; `empty` is said where it has no rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str


# -- whose ------------------------------------------------------------------------------------


def _student(services: Services, number: int) -> Subject | None:
    scope = services.viewer().scope_for(Permission.STUDENT_VIEW)
    found = services.values.student(number, scope=scope)
    if found is None:
        return None
    return Subject(
        holder=Level.STUDENT,
        number=number,
        scope=scope,
        title=f"学生发展诊改报告 · 学号 {found.student_no}",
        name=found.student_no,
        facts=[
            fact for fact in (f"学号 {found.student_no}", found.class_name, found.major_name, found.dept_name) if fact
        ],
        back=f"/students/{number}",
        signs=("学生", "班主任", "辅导员"),
        account=lambda term, on: services.cards.student(number, term_key=term, on=on, scope=scope),
    )


def _class(services: Services, number: int) -> Subject | None:
    scope = services.viewer().scope_for(Permission.CLASS_VIEW)
    found = services.values.class_info(number, scope=scope)
    if found is None:
        return None
    return Subject(
        holder=Level.CLASS,
        number=number,
        scope=scope,
        title=f"班级发展诊改报告 · {found.name}",
        name=found.name,
        facts=[fact for fact in (found.name, found.dept_name) if fact],
        back=f"/classes/{number}",
        signs=("班主任", "辅导员", "系(部)"),
        account=lambda term, on: services.cards.school_class(number, term_key=term, on=on, scope=scope),
    )


# -- what -------------------------------------------------------------------------------------


def report_of(services: Services, subject: Subject, term_key: str | None) -> TermReport | None:
    """The report on a term, the last one posted to unless named; None where nothing was posted.

    A frozen term is reported on as it stood when it was frozen; what has been corrected since is told apart.

    Raises:
        UnknownNameError: nothing was ever posted to such a term.
    """
    terms = {term.key: term for term in services.cards.terms()}
    view = subject.account(term_key, None)
    if view is None or view.term_key not in terms or not any(line.term_key == view.term_key for line in view.terms):
        return None
    term = terms[view.term_key]
    day = report_day(term, services.today())
    shown = subject.account(term.key, day) if day else view
    if shown is None:
        return None
    keys = [line.term_key for line in view.terms]
    earlier = keys[: keys.index(term.key)]
    before = subject.account(earlier[-1], None) if earlier else None
    later = []
    if day:
        entries = services.cards.entries(
            subject.holder, subject.number, term_key=term.key, page_size=_LATER_SHOWN, scope=subject.scope
        )
        later = [entry for entry in entries if entry.booked_on > day]
    card = services.cards.card
    return term_report(shown, before, term=term, card=card, advice=shipped_advice(), later=later)


def _context(services: Services, subject: Subject, report: TermReport) -> dict[str, Any]:
    """What the template writes: every number in the form in which pages write it."""
    view = report.view
    gain = next((line.gain for line in view.terms if line.term_key == report.term.key), None)
    library, data = services.values.versions()
    notes = []
    if view.withheld_topics:
        notes.append(f"不含涉及{'、'.join(view.withheld_topics)}的采分点，小计与总分只加总所列采分点。")
    pending = [("待抵扣", fmt.points(view.pending))] if view.pending else []
    return {
        "facts": subject.facts,
        "standing": f"{_term_name(services, report.term.key)} · {_standing(report)}",
        "notes": notes,
        "totals": [
            ("账户余额", fmt.points(view.balance)),
            *pending,
            ("本学期得分 / 可得", f"{fmt.points(view.net)} / {fmt.points(view.possible)}"),
            ("达成度", f"{fmt.with_unit(view.attainment, '%')} {view.band}"),
            ("比上学期(增值)", _gap(gain)),
        ],
        "accounts": [_account(row) for row in report.accounts if row.line.possible or row.line.net],
        "warnings": [_finding(row) for row in report.warnings],
        "missed": [_finding(row) for row in report.missed],
        "strengths": [_finding(row) for row in report.strengths],
        "parts": _parts(report),
        "signs": subject.signs,
        "origin": f"指标库 {library} · 数据 {data} · 生成于 {fmt.day(services.today())}",
    }


def _term_name(services: Services, key: str) -> str:
    return next((term.label for term in services.values.terms() if term.key == key), key)


def _standing(report: TermReport) -> str:
    frozen = fmt.day(report.term.freezes_on)
    if report.is_final:
        return f"已于 {frozen} 冻结，数字为冻结时的账户"
    return f"尚未冻结（{frozen} 冻结），数字为目前的账户"


def _account(row: AccountFinding) -> dict[str, Any]:
    line = row.line
    return {
        "name": line.name,
        "points": f"{fmt.points(line.net)} / {fmt.points(line.possible)}",
        "attainment": fmt.with_unit(line.attainment, "%"),
        "band": line.band,
        "shade": SHADES.get(line.band, "no-data"),
        "share": f"{min(max(line.attainment or 0.0, 0.0), 100.0):.1f}",
        "before": fmt.with_unit(row.before, "%"),
        "change": _gap(row.change),
    }


def _finding(row: Finding) -> dict[str, Any]:
    line = row.line
    return {
        "name": line.name,
        "account": line.account,
        "value": row.value or fmt.NO_VALUE,
        "points": f"{fmt.points(line.net)} / {fmt.points(line.possible)}",
        "attainment": fmt.with_unit(line.attainment, "%"),
        "band": row.band,
        "shade": SHADES.get(row.band, "no-data"),
        "change": _gap(row.change),
        "owner": row.owner,
        "action": row.action,
    }


def _gap(change: float | None) -> str:
    return fmt.NO_VALUE if change is None else fmt.gap(change, "个百分点")


def _parts(report: TermReport) -> list[Part]:
    if not report.later:
        return []
    rows = [
        (
            fmt.day(entry.booked_on),
            entry.point_name,
            entry.slot_label,
            entry.kind_label,
            fmt.points(entry.points, signed=True),
        )
        for entry in report.later
    ]
    return [
        Part(
            title="六、冻结后的更正（不在以上数字内）",
            columns=("日期", "采分点", "时段", "类型", "分值"),
            rows=rows,
            empty="没有。",
        )
    ]


# -- answers ----------------------------------------------------------------------------------


def student_page(services: Services, student_id: int) -> ResponseReturnValue:
    """The report of a student on the screen."""
    return _page(services, _student(services, student_id), missing("学生", student_id))


def student_print(services: Services, student_id: int) -> ResponseReturnValue:
    """The report of a student as an A4 sheet."""
    return _print(services, _student(services, student_id), missing("学生", student_id))


def class_page(services: Services, class_id: int) -> ResponseReturnValue:
    """The report of a class on the screen."""
    return _page(services, _class(services, class_id), missing("班级", class_id))


def class_print(services: Services, class_id: int) -> ResponseReturnValue:
    """The report of a class as an A4 sheet."""
    return _print(services, _class(services, class_id), missing("班级", class_id))


def _asked(services: Services, subject: Subject, term_key: str | None) -> TermReport | None:
    try:
        return report_of(services, subject, term_key)
    except UnknownNameError:
        return None


def _page(services: Services, subject: Subject | None, nobody: str) -> ResponseReturnValue:
    if subject is None:
        return refuse(HTTPStatus.NOT_FOUND, nobody)
    term_key = request.args.get("term") or None
    report = _asked(services, subject, term_key)
    address = f"{subject.back}/report"
    frame: dict[str, Any] = {"back": subject.back, "back_label": subject.facts[0], "address": address}
    if report is None and term_key and (report := _asked(services, subject, None)):
        frame["without"] = NOTHING_IN.format(_term_name(services, term_key), _term_name(services, report.term.key))
    if report is None:
        return render("term_report_none.html", title=subject.title, message=NOT_POSTED, **frame)
    return render(
        "term_report.html",
        title=subject.title,
        terms=[(line.term_key, _term_name(services, line.term_key)) for line in reversed(report.view.terms)],
        term_key=report.term.key,
        pdf=f"{address}.pdf?term={report.term.key}",
        **frame,
        **_context(services, subject, report),
    )


def _print(services: Services, subject: Subject | None, nobody: str) -> ResponseReturnValue:
    if subject is None:
        return refuse(HTTPStatus.NOT_FOUND, nobody)
    report = _asked(services, subject, request.args.get("term") or None)
    if report is None:
        return refuse(HTTPStatus.NOT_FOUND, NOT_POSTED)
    if request.method == "HEAD":
        return Response(content_type=pdf.MEDIA_TYPE)  # nothing is given out
    if not _press.acquire(timeout=10):
        return refuse(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)
    try:
        content = pdf.of_template(
            "term_report_print.html", title=subject.title, token=tokens(), **_context(services, subject, report)
        )
    except UnavailableError as error:
        return refuse(HTTPStatus.NOT_IMPLEMENTED, str(error))
    finally:
        _press.release()
    name = f"诊改报告_{subject.name}_{report.term.key}.pdf"
    _record(services, subject, {"file": name, "sha256": hashlib.sha256(content).hexdigest()})
    return attach(Response(content, content_type=pdf.MEDIA_TYPE), name)


def _record(services: Services, subject: Subject, detail: dict[str, str]) -> None:
    viewer = services.viewer()
    services.audit.write(
        Event(
            actor=viewer.username,
            subject=f"{subject.holder.key}:{subject.number}",
            address=request.remote_addr or "",
            kind=AuditKind.EXPORT,
            rows=1,
            scope=subject.scope.reason,
            detail=detail,
        )
    )


ROUTES: Final[tuple[Route, ...]] = (
    Route(path="/students/<number:student_id>/report", view=student_page, permission=Permission.STUDENT_VIEW),
    Route(path="/students/<number:student_id>/report.pdf", view=student_print, permission=Permission.STUDENT_VIEW),
    Route(path="/classes/<number:class_id>/report", view=class_page, permission=Permission.CLASS_VIEW),
    Route(path="/classes/<number:class_id>/report.pdf", view=class_print, permission=Permission.CLASS_VIEW),
)


def blueprint(services: Services) -> Blueprint:
    """The addresses of this module."""
    return blueprint_of("term_report", ROUTES, prefix="", context=services)
