"""申诉: one inbox for those who dispute, answer and decide; the case with what happened, and each one's next step."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards.dispute_forms import OpenForm, VerdictForm, form_of
from dashboards.dispute_words import BOXES, EMPTY, recorded, row_of, timeline, title_of, unit_of, value_pairs
from dashboards.people import status_of
from dashboards.people_forms import ConfirmForm
from dashboards.routes import FORM, WRITE, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import refusal_zh
from data_access.access.permissions import Permission
from data_access.access.viewer import Viewer
from data_access.errors import UserError
from data_access.growth_card.dispute_states import LONGEST, SHORTEST, NoDisputeError, Status
from indicators.growth_card.dispute_rules import TypedValues, read_values
from indicators.growth_card.disputing import PAGE_SIZE, Box, CaseView, Effect
from indicators.growth_card.rule_words import rule_words
from layouts import format as fmt
from layouts.table import Slice

PREFIX: Final = "/disputes"
CASE: Final = "/<number:dispute_id>"
TITLE: Final = "申诉"
ANSWERS: Final = ("同意更正", "维持原记录")
DECISIONS: Final = ("申诉成立", "申诉不成立")
_LONGEST_SEARCH: Final = 20
_MOST_ENTRY: Final = 2**53
_NOT_POSTED: Final = "申诉成立，更正已经记录，但入账没有完成；可在下面重试，也会在下次入账时补上。"


def index(services: Services) -> ResponseReturnValue:
    """The lists of cases, each with its count."""
    viewer = services.viewer()
    boxes = services.disputes.boxes(viewer)
    box = next((box for box in boxes if box == request.args.get("box")), None)
    status = next((status for status in Status if status == request.args.get("status")), None)
    number = request.args.get("q", "").strip()[:_LONGEST_SEARCH]
    page = _whole(request.args.get("page", ""), most=10_000) or 1
    found = services.disputes.inbox(viewer, box or boxes[0], status=status, number=number, page=page)
    if box is None:
        # Whoever has nothing in the first list but something in another is shown that.
        first = next((name for name in boxes if found.counts.get(name)), boxes[0])
        if first is not found.box:
            found = services.disputes.inbox(viewer, first, status=status, number=number, page=page)
    query: dict[str, Any] = {"box": found.box.value, "status": status.value if status else None, "q": number or None}
    if not found.cases and page > 1:
        return redirect(url_for("disputes.index", **query))
    return render(
        "disputes.html",
        title=TITLE,
        box=found.box,
        boxes=[(each, BOXES[each], found.counts.get(each)) for each in boxes],
        rows=[row_of(view, of_others=found.box is not Box.OWN) for view in found.cases],
        part=Slice(total=found.total, page=page, size=PAGE_SIZE),
        link=lambda number: url_for("disputes.index", **query, page=number),
        statuses=list(Status) if found.box in {Box.OWN, Box.ALL} else [],
        chosen=status,
        search=number,
        has_search=found.box is not Box.OWN,
        is_filtered=bool(status or number),
        empty=EMPTY[found.box],
        may_open=viewer.may(Permission.DISPUTE_OPEN),
    )


def new(services: Services) -> ResponseReturnValue:
    """The form of a new dispute beside the entry, its evidence and its rule."""
    viewer, entry_id = services.viewer(), _whole(request.args.get("entry", ""), most=_MOST_ENTRY)
    found = services.disputes.draft(entry_id, viewer) if entry_id else None
    if found is None:
        return abort(HTTPStatus.NOT_FOUND)
    entry, line, refusal = found
    form = OpenForm()
    if not refusal and form.validate_on_submit():
        try:
            made = services.disputes.open(entry_id, reason=form.reason.data, by=viewer, address=_address())
        except UserError as error:
            form.form_errors.append(refusal_zh(error))
        else:
            flash("申诉已提交，采分主体会在期限内答复。", "done")
            return redirect(url_for("disputes.case", dispute_id=made), HTTPStatus.SEE_OTHER)
    point = services.disputes.card.by_code[entry.point]
    return render(
        "dispute_new.html",
        title="提出申诉",
        status=status_of(form),
        form=form,
        line=line,
        rule=rule_words(point, unit=line.unit),
        raw=recorded(entry.raw, line.unit),
        refusal=refusal,
        student_id=entry.student_id,
        days=services.disputes.card.dispute_days,
        lengths=(SHORTEST, LONGEST),
    )


def case(services: Services, dispute_id: int) -> ResponseReturnValue:
    """The case with the forms of whoever looks at it."""
    viewer, view = _case(services, dispute_id)
    return _page(services, viewer, view)


def withdraw(services: Services, dispute_id: int) -> ResponseReturnValue:
    """Take a dispute of one's own back."""
    viewer, _ = _case(services, dispute_id)
    if ConfirmForm().validate_on_submit():
        try:
            services.disputes.withdraw(dispute_id, by=viewer, address=_address())
        except NoDisputeError:
            return abort(HTTPStatus.NOT_FOUND)
        except UserError as error:
            flash(refusal_zh(error), "problem")
        else:
            flash("申诉已撤回。", "done")
    return _to(dispute_id)


def answer(services: Services, dispute_id: int) -> ResponseReturnValue:
    """What the collector says."""
    viewer, view = _case(services, dispute_id)
    if not view.may_answer:
        return _not_any_more(view, dispute_id)
    form = form_of(view.fields, verdicts=ANSWERS, prefix="answer")()
    values = _read(form, view) if form.validate_on_submit() else None
    if values is None or values.problems:
        return _page(services, viewer, view, answering=form)
    try:
        given = values.values if form.is_for_student else None
        services.disputes.answer(dispute_id, text=form.text.data, values=given, by=viewer, address=_address())
    except NoDisputeError:
        return abort(HTTPStatus.NOT_FOUND)
    except UserError as error:
        flash(refusal_zh(error), "problem")
    else:
        flash("答复已记录，由没有录入这条流水的人审核。", "done")
    return _to(dispute_id)


def decide(services: Services, dispute_id: int) -> ResponseReturnValue:
    """The decision, or what it would bring."""
    viewer, view = _case(services, dispute_id)
    if not view.may_decide:
        return _not_any_more(view, dispute_id)
    form = form_of(view.fields, verdicts=DECISIONS, prefix="decide")()
    is_trial = request.form.get("step") == "trial"
    if is_trial:
        tried = _read(form, view)
        effect = None if tried.problems else services.disputes.effect(view, tried.values, viewer)
        return _page(services, viewer, view, deciding=form, effect=effect)
    values = _read(form, view) if form.validate_on_submit() else None
    seen = next((status for status in Status if status == form.seen.data), Status.OPEN)
    if values is None or values.problems:
        return _page(services, viewer, view, deciding=form)
    try:
        given = values.values if form.is_for_student else None
        is_posted = services.disputes.decide(
            dispute_id, text=form.text.data, values=given, seen=seen, by=viewer, address=_address()
        )
    except NoDisputeError:
        return abort(HTTPStatus.NOT_FOUND)
    except UserError as error:
        flash(refusal_zh(error), "problem")
    else:
        done = "审核意见已记录。" if given is None else "申诉成立，更正已入账。"
        flash(*((done, "done") if is_posted else (_NOT_POSTED, "problem")))
    return _to(dispute_id)


def book(services: Services, dispute_id: int) -> ResponseReturnValue:
    """Post an upheld dispute once more."""
    viewer, _ = _case(services, dispute_id)
    if ConfirmForm().validate_on_submit():
        try:
            is_posted = services.disputes.book(dispute_id, by=viewer)
        except NoDisputeError:
            return _to(dispute_id)
        flash(*(("更正已入账。", "done") if is_posted else ("入账仍未完成，请稍后再试。", "problem")))
    return _to(dispute_id)


def _case(services: Services, dispute_id: int) -> tuple[Viewer, CaseView]:
    viewer = services.viewer()
    view = services.disputes.case(dispute_id, viewer)
    return (viewer, view) if view is not None else abort(HTTPStatus.NOT_FOUND)


def _page(
    services: Services,
    viewer: Viewer,
    view: CaseView,
    *,
    answering: VerdictForm | None = None,
    deciding: VerdictForm | None = None,
    effect: Effect | None = None,
) -> ResponseReturnValue:
    sent = answering or deciding
    known = view.case.proposed or {}
    if view.may_answer and answering is None:
        answering = form_of(view.fields, verdicts=ANSWERS, prefix="answer")(formdata=None)
    if view.may_decide and deciding is None:
        deciding = form_of(view.fields, verdicts=DECISIONS, prefix="decide")(formdata=None)
        deciding.fill(view.fields, _by_column(view, known))
    if deciding is not None:
        deciding.seen.data = view.case.status.value
    if effect is None and known and view.case.status.is_pending:
        effect = services.disputes.effect(view, known, viewer)
    line, student_id = view.line, view.case.entry.student_id
    return render(
        "dispute.html",
        title=f"申诉 {view.case.dispute_id} · {title_of(view)}",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if sent is not None and sent.errors else HTTPStatus.OK,
        view=view,
        case=view.case,
        state=row_of(view, of_others=True).state,
        line=line,
        rule=rule_words(view.point, unit=unit_of(view)),
        raw=recorded(view.case.entry.raw, unit_of(view)),
        steps=timeline(view),
        proposed=value_pairs(view, known),
        effect=effect,
        answering=answering if view.may_answer else None,
        deciding=deciding if view.may_decide else None,
        fields=len(view.fields),
        confirm=ConfirmForm(formdata=None),
        student_href=f"/students/{student_id}" if view.in_scope and viewer.may(Permission.STUDENT_VIEW) else "",
    )


def _read(form: VerdictForm, view: CaseView) -> TypedValues:
    """The values typed into a form; none are asked for where the entry is to stand."""
    if not form.is_for_student and request.form.get("step") != "trial":
        return TypedValues(values={}, problems={})
    found = read_values(view.fields, form.typed(view.fields), before=view.case.entry.raw)
    form.tell(view.fields, found.problems)
    return found


def _by_column(view: CaseView, values: Mapping[str, float]) -> dict[str, float]:
    named = {column.key: column.key.partition(".")[2] or "raw" for column in view.fields}
    return {key: values[name] for key, name in named.items() if name in values}


def _not_any_more(view: CaseView, dispute_id: int) -> ResponseReturnValue:
    flash(f"这一步已经不由您办理：{view.case.status.name_zh}。", "problem")
    return _to(dispute_id)


def _to(dispute_id: int) -> ResponseReturnValue:
    return redirect(url_for("disputes.case", dispute_id=dispute_id), HTTPStatus.SEE_OTHER)


def _whole(text: str, *, most: int) -> int:
    """A number from an address; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most else 0


def _address() -> str:
    return request.remote_addr or ""


ROUTES: Final = (
    Route(path="", view=index, permission=Permission.DISPUTE_VIEW),
    Route(path="/new", view=new, permission=Permission.DISPUTE_OPEN, methods=FORM),
    Route(path=CASE, view=case, permission=Permission.DISPUTE_VIEW),
    Route(path=f"{CASE}/withdrawal", view=withdraw, permission=Permission.DISPUTE_OPEN, methods=WRITE),
    Route(path=f"{CASE}/answer", view=answer, permission=Permission.DISPUTE_ANSWER, methods=WRITE),
    Route(path=f"{CASE}/decision", view=decide, permission=Permission.DISPUTE_DECIDE, methods=WRITE),
    Route(path=f"{CASE}/booking", view=book, permission=Permission.DISPUTE_DECIDE, methods=WRITE),
)


def blueprint(services: Services) -> Blueprint:
    """The pages about disputes below ``/disputes``."""
    made = blueprint_of("disputes", ROUTES, prefix=PREFIX, context=services)
    made.add_app_template_filter(fmt.points, "points")
    return made
