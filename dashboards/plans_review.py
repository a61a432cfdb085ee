"""规划审核: what waits for review, one plan after the other, who has handed in nothing, and which goals are reached.

Nobody reviews beyond their posts of the kind (`plans_reach`); a plan out of reach and none at all are the same 404.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards.people import status_of
from dashboards.plans import KIND, MARKS, NO_YEAR, PREFIX, Desk, said
from dashboards.plans_forms import ReviewForm, SeenForm, review_form
from dashboards.plans_reach import review_kinds, review_scope
from dashboards.routes import FORM, WRITE, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import moment, refusal_zh
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.errors import BusyError, UserError
from data_access.readers.student_plans import PlanFilter
from data_access.student_plan_values import APPROVED, RETURNED, SUBMITTED, Plan, PlanLine, first_late_moment
from data_access.student_plans import OvertakenPlanError
from indicators.growth_card.slots import CardTerm
from indicators.student_plans import PlanKind, due_on, quality_of, review_text, standing_of, year_name
from layouts import format as fmt
from layouts.table import Slice

PAGE_SIZE: Final = 25
MISSING_SIZE: Final = 50
_LAST_PAGE: Final = 100_000
STATES: Final = {SUBMITTED: "待审核", RETURNED: "已退回", APPROVED: "已通过"}


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a queue is narrowed to, as the address says it; whatever it does not understand does not narrow."""

    kind: PlanKind
    state: str
    class_id: int | None
    late: bool
    page: int

    def query(self, **changes: Any) -> str:
        """The query of the same queue with some parts changed; a part of None or empty is left out."""
        parts = {
            "kind": self.kind.key,
            "state": self.state,
            "class": self.class_id,
            "late": "1" if self.late else "",
            "page": self.page if self.page > 1 else "",
        }
        return urlencode({name: value for name, value in (parts | changes).items() if value})


@dataclass(frozen=True, kw_only=True)
class Row:
    """One plan of the queue in words; `mark` is a CSS class and the word for its state."""

    line: PlanLine
    mark: tuple[str, str]
    submitted: str
    quality: str


def index(desk: Desk) -> ResponseReturnValue:
    """The queue of one kind with its counts; what waits longest first."""
    kinds = _kinds(desk)
    search = _search(kinds)
    year = _year(desk)
    if year is None:
        return render("plan_queue.html", title="规划审核", year=None, nothing=NO_YEAR)
    scope, reader = review_scope(desk.services.viewer(), search.kind), desk.services.plan_reader
    due = due_on(search.kind, year)
    where = PlanFilter(
        status=search.state,
        class_id=search.class_id,
        late_from=first_late_moment(due) if search.late else None,
    )
    lines, total = reader.queue(
        search.kind.name, year.acad_start, scope=scope, where=where, page=search.page, size=PAGE_SIZE
    )
    counts = reader.counts(search.kind.name, year.acad_start, scope=scope)
    missing = reader.missing(
        search.kind.name,
        year.acad_start,
        scope=scope,
        present=_present(desk, scope),
        delivered=(year.term_id, search.kind.point),
    )
    return render(
        "plan_queue.html",
        title="规划审核",
        year=year_name(year.acad_start),
        kinds=kinds,
        search=search,
        states=STATES,
        classes=desk.services.rolls.places(scope=scope),
        counts=[(key, name, counts[key]) for key, name in STATES.items()],
        missing=len(missing),
        due=fmt.day(due),
        rows=[_row(line, desk) for line in lines],
        part=Slice(total=total, page=search.page, size=PAGE_SIZE),
        link=lambda number: f"{PREFIX}/review?{search.query(page=number)}",
    )


def missing(desk: Desk, key: str) -> ResponseReturnValue:
    """Who has handed in nothing, by class, with a text to remind them by."""
    kind, year = _kind(desk, key), _year(desk)
    if year is None:
        abort(HTTPStatus.NOT_FOUND)
    scope, search = review_scope(desk.services.viewer(), kind), _search((kind,))
    found = desk.services.plan_reader.missing(
        kind.name,
        year.acad_start,
        scope=scope,
        present=_present(desk, scope),
        delivered=(year.term_id, kind.point),
        class_id=search.class_id,
    )
    part = Slice(total=len(found), page=search.page, size=MISSING_SIZE)
    due = due_on(kind, year)
    return render(
        "plan_missing.html",
        title=f"未提交{kind.name}的学生",
        kind=kind,
        year=year_name(year.acad_start),
        due=fmt.day(due),
        is_over=desk.services.today() > due,
        search=search,
        classes=desk.services.rolls.places(scope=scope),
        rows=found[part.start : part.stop],
        part=part,
        link=lambda number: f"{PREFIX}/review/{key}/missing?{search.query(kind=None, page=number)}",
    )


def review(desk: Desk, key: str, plan_id: int) -> ResponseReturnValue:
    """One plan with the rubric: approve it or return it; then comes the next that waits."""
    kind = _kind(desk, key)
    plan = _plan(desk, kind, plan_id)
    form = review_form(desk.rules)()
    if not form.is_submitted():
        form.seen.data = str(plan.line.version)
        return _page(desk, kind, plan, form)
    if plan.line.status != SUBMITTED:
        flash(f"这份规划已由 {plan.line.reviewed_by} 审核，下面是结果。", "problem")
        return _page(desk, kind, plan, form, status=HTTPStatus.CONFLICT)
    is_approved = request.form.get("step") == "approve"
    # Whoever returns a plan need not mark it; a comment must say why.
    is_sound = form.validate() if is_approved else form.seen.validate(form)
    is_told = form.check_comment(desk.rules, is_required=not is_approved)
    if not (is_sound and is_told):
        return _page(desk, kind, plan, form, status=status_of(form))
    marks, comment = form.marks(desk.rules), form.comment.data or ""
    try:
        student_id = desk.services.student_plans.review(
            plan_id,
            kind=kind.name,
            quality=float(quality_of(marks, desk.rules)) if is_approved else None,
            text=review_text(marks, comment, desk.rules) if is_approved else comment,
            seen=form.version,
            by=desk.actor(),
            scope=review_scope(desk.services.viewer(), kind),
        )
    except OvertakenPlanError as error:
        flash(str(error), "problem")
        return _page(desk, kind, _plan(desk, kind, plan_id), form, status=HTTPStatus.CONFLICT)
    except UserError as error:
        flash(refusal_zh(error), "problem")
        return _page(desk, kind, plan, form, status=status_of(form))
    if is_approved:
        _book(desk, kind, student_id, plan.line.acad_start, number=1)
    flash(f"学号 {plan.line.student_no} 的{kind.name}已{'通过' if is_approved else '退回'}。", "done")
    return redirect(_next(desk, kind, plan.line.acad_start), HTTPStatus.SEE_OTHER)


def confirm(desk: Desk, key: str, plan_id: int) -> ResponseReturnValue:
    """Which of the goals that the student says are reached count as such."""
    kind = _kind(desk, key)
    plan, form = _plan(desk, kind, plan_id), SeenForm()
    there = url_for("plans_review.review", key=key, plan_id=plan_id)
    if not form.validate():
        return redirect(there, HTTPStatus.SEE_OTHER)
    chosen = set(request.form.getlist("confirmed"))
    try:
        student_id = desk.services.student_plans.confirm(
            plan_id,
            [goal.goal_id for goal in plan.goals if str(goal.goal_id) in chosen],
            kind=kind.name,
            seen=form.version,
            by=desk.actor(),
            scope=review_scope(desk.services.viewer(), kind),
        )
    except UserError as error:
        flash(refusal_zh(error), "problem")
    else:
        _book(desk, kind, student_id, plan.line.acad_start, number=2)
        flash("已确认达成的目标；学年末计入储值卡。", "done")
    return redirect(there, HTTPStatus.SEE_OTHER)


def _kinds(desk: Desk) -> tuple[PlanKind, ...]:
    return review_kinds(desk.services.viewer(), desk.rules)


def _kind(desk: Desk, key: str) -> PlanKind:
    """The kind of an address; 404 for one that the viewer does not review."""
    kind = next((kind for kind in _kinds(desk) if kind.key == key), None)
    return abort(HTTPStatus.NOT_FOUND) if kind is None else kind


def _plan(desk: Desk, kind: PlanKind, plan_id: int) -> Plan:
    scope = review_scope(desk.services.viewer(), kind)
    found = desk.services.plan_reader.to_review(plan_id, kind=kind.name, scope=scope)
    return abort(HTTPStatus.NOT_FOUND) if found is None else found


def _year(desk: Desk) -> CardTerm | None:
    return next(iter(desk.years()), None)


def _present(desk: Desk, scope: Scope) -> frozenset[int]:
    return desk.services.rolls.present(scope=scope)


def _search(kinds: Sequence[PlanKind]) -> Search:
    args = request.args
    asked, page = args.get("class", ""), args.get("page", "")
    return Search(
        kind=next((kind for kind in kinds if kind.key == args.get("kind", "")), kinds[0]),
        state=args.get("state", "") if args.get("state", "") in STATES else "",
        class_id=int(asked) if asked.isdecimal() and len(asked) < 10 else None,
        late=args.get("late", "") == "1",
        page=min(int(page), _LAST_PAGE) if page.isdecimal() and len(page) < 10 else 1,
    )


def _row(line: PlanLine, desk: Desk) -> Row:
    standing = standing_of(line.status, due=line.due_on, today=desk.services.today())
    return Row(
        line=line,
        mark=(MARKS[standing], STATES[line.status]),
        submitted=moment(line.submitted_at),
        quality=fmt.number(line.quality, digits=0),
    )


def _next(desk: Desk, kind: PlanKind, acad_start: int) -> str:
    """The address of the plan that waits longest, or of the queue where none does."""
    lines, _ = desk.services.plan_reader.queue(
        kind.name,
        acad_start,
        scope=review_scope(desk.services.viewer(), kind),
        where=PlanFilter(status=SUBMITTED),
        page=1,
        size=1,
    )
    if lines:
        return url_for("plans_review.review", key=kind.key, plan_id=lines[0].plan_id)
    return url_for("plans_review.index", kind=kind.key)


def _book(desk: Desk, kind: PlanKind, student_id: int, acad_start: int, *, number: int) -> None:
    """Post what has been decided to the student's card: the plan in the first term, its goals in the second.

    The review stands in any case; where others keep the database busy, the next posting of the term brings it.
    """
    services = desk.services
    terms = [term for term in services.cards.terms() if (term.acad_start, term.number) == (acad_start, number)]
    with suppress(BusyError):
        for term in terms:
            services.poster.post(
                term.term_id,
                students=frozenset({student_id}),
                codes=frozenset({kind.point}),
                cause="plan",
                posted_by=desk.actor().name,
                as_of=services.today(),
            )


def _page(
    desk: Desk, kind: PlanKind, plan: Plan, form: ReviewForm, *, status: int = HTTPStatus.OK
) -> ResponseReturnValue:
    confirming = SeenForm(formdata=None)
    confirming.seen.data = str(plan.line.version)
    return render(
        "plan_review.html",
        title=f"{kind.name} · 学号 {plan.line.student_no}",
        status=status,
        kind=kind,
        plan=plan,
        facts=[plan.line.class_name, year_name(plan.line.acad_start), *said(plan)],
        form=form,
        confirming=confirming,
        rules=desk.rules,
        mark=_row(plan.line, desk).mark,
        is_waiting=plan.line.status == SUBMITTED,
        is_approved=plan.line.status == APPROVED,
    )


_REVIEW: Final = Permission.PLAN_REVIEW
ROUTES: Final = (
    Route(path="", view=index, permission=_REVIEW),
    Route(path=f"/{KIND}/missing", view=missing, permission=_REVIEW),
    Route(path=f"/{KIND}/<number:plan_id>", view=review, permission=_REVIEW, methods=FORM),
    Route(path=f"/{KIND}/<number:plan_id>/goals", view=confirm, permission=_REVIEW, methods=WRITE),
)


def blueprint(services: Services) -> Blueprint:
    """The review of plans at ``/plans/review``."""
    return blueprint_of("plans_review", ROUTES, prefix=f"{PREFIX}/review", context=Desk(services))
