"""规划: the three plans of a student: what is due, writing and handing in, and what was reached; the server draws them.

A student's addresses name the kind, never a person; whoever looks after a student reads at ``/plans/of/<student>``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards.number import of_reading
from dashboards.people import status_of
from dashboards.plans_forms import PlanForm, SeenForm, filled
from dashboards.plans_reach import reading_scope
from dashboards.routes import FORM, WRITE, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import moment, refusal_zh
from data_access.access.actors import Actor
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.errors import UnknownNameError, UserError
from data_access.student_plan_values import APPROVED, PLAN_SLOT, WRITABLE, Plan
from data_access.student_plans import OvertakenPlanError
from indicators.growth_card.slots import CardTerm
from indicators.model import Level
from indicators.student_plans import (
    PlanKind,
    PlanRules,
    Problem,
    Standing,
    due_on,
    first_terms,
    length_message,
    problems_of,
    shipped_plans,
    standing_of,
    year_name,
)
from layouts import format as fmt

PREFIX: Final = "/plans"
KIND: Final = "<any(academic, personal, career):key>"
MARKS: Final[Mapping[Standing, str]] = {
    Standing.NOT_YET: "no-data",
    Standing.DUE_SOON: "warning",
    Standing.OVERDUE: "alert",
    Standing.DRAFT: "watch",
    Standing.SUBMITTED: "watch",
    Standing.RETURNED: "warning",
    Standing.APPROVED: "reached",
    Standing.COLLECTED: "reached",
}
_YEAR: Final = re.compile(r"20[0-9]{2}")
_SUGGESTIONS: Final = 4
DELIVERED: Final = "学工系统已有你的这份规划并已计入储值卡，不用在这里再写；记得不对可在储值卡流水里申诉。"
NO_YEAR: Final = "还没有可以填写规划的学年：校历导入并首次入账后即可填写。"
ACCOUNTS: Final[Mapping[str, str]] = {"academic": "学业发展", "personal": "个人发展", "career": "职业发展"}
"""The account of the growth card whose gaps are shown beside a plan."""


@dataclass(frozen=True)
class Desk:
    """A student at their plans; `services` are those of the request."""

    services: Services

    @property
    def rules(self) -> PlanRules:
        """What is declared about plans."""
        return shipped_plans()

    @property
    def student_id(self) -> int:
        """The student who is signed in; the rules give the permission to nobody else."""
        return min(self.services.viewer().nodes(Role.STUDENT))

    @property
    def scope(self) -> Scope:
        """What the post of student lets one read: oneself."""
        return self.services.viewer().scope_for(Permission.PLAN_WRITE)

    def actor(self) -> Actor:
        """The viewer as the one who changes something."""
        viewer = self.services.viewer()
        return Actor(viewer.username, viewer.account_id, request.remote_addr or "")

    def years(self) -> list[CardTerm]:
        """First terms of the years of plans, the latest first."""
        return first_terms(self.services.cards.terms(), self.services.today())

    def collected(self, term: CardTerm) -> Mapping[str, float]:
        """Quality of the plans that the growth card counts from elsewhere, by the code of their point."""
        found = self.services.cards.history(
            Level.STUDENT, self.student_id, [kind.point for kind in self.rules.kinds], scope=self.scope
        )
        return {
            entry.point: entry.raw
            for entry in found
            if entry.term_key == term.key and entry.slot == PLAN_SLOT and entry.raw is not None
        }

    def plans(self) -> list[Plan]:
        """All own plans."""
        names = {kind.name for kind in self.rules.kinds}
        return self.services.plan_reader.of_student(self.student_id, scope=self.scope, kinds=names)


@dataclass(frozen=True, kw_only=True)
class Card:
    """One kind of plan in one year; `plan` is None where nothing was written.

    Attributes:
        collected: quality of a plan that another system has delivered; None where none has.
    """

    kind: PlanKind
    year: str
    acad_start: int
    due: dt.date
    standing: Standing
    plan: Plan | None
    collected: float | None = None

    @property
    def mark(self) -> tuple[str, str]:
        """State as a CSS class and a word."""
        return MARKS[self.standing], self.standing.value

    @property
    def facts(self) -> list[str]:
        """What there is to say of it in a line."""
        line = None if self.plan is None else self.plan.line
        found = [f"{fmt.day(self.due)} 截止"]
        if self.standing is Standing.COLLECTED:
            found.append(f"学工系统已有这份规划，质量 {fmt.number(self.collected, digits=0)} 分，已计入储值卡")
        if line is not None and line.submitted_at is not None:
            found.append(f"提交于 {moment(line.submitted_at)}" + ("，逾期" if line.is_late else ""))
        if line is not None and line.status == APPROVED:
            found.append(f"质量 {fmt.number(line.quality, digits=0)} 分")
            found.append(f"目标 {line.confirmed} / {line.goals} 已确认达成")
        return found


def card_of(
    kind: PlanKind, term: CardTerm, plans: Sequence[Plan], today: dt.date, collected: Mapping[str, float]
) -> Card:
    """How a kind of plan stands in the year of a first term; a plan keeps the due date with which it was begun."""
    plan = next((p for p in plans if p.line.kind == kind.name and p.line.acad_start == term.acad_start), None)
    due = due_on(kind, term) if plan is None else plan.line.due_on
    return Card(
        kind=kind,
        year=year_name(term.acad_start),
        acad_start=term.acad_start,
        due=due,
        standing=standing_of(
            None if plan is None else plan.line.status, due=due, today=today, is_collected=kind.point in collected
        ),
        plan=plan,
        collected=collected.get(kind.point),
    )


def index(desk: Desk) -> ResponseReturnValue:
    """The three plans of this year, and those of earlier ones."""
    today, years, plans = desk.services.today(), desk.years(), desk.plans()
    now = desk.collected(years[0]) if years else {}
    cards = [card_of(kind, years[0], plans, today, now) for kind in desk.rules.kinds] if years else []
    earlier = [
        card
        for term in years[1:]
        for card in (card_of(kind, term, plans, today, {}) for kind in desk.rules.kinds)
        if card.plan is not None
    ]
    return render("plans.html", title="我的规划", cards=cards, earlier=earlier, nothing=NO_YEAR)


def edit(desk: Desk, key: str) -> ResponseReturnValue:
    """One plan: a form while it may be written on, otherwise its text, the review and the goals.

    What another system has delivered is not written once more; a draft begun before can be read.
    """
    card = _card(desk, key)
    if card.standing is Standing.COLLECTED:
        if request.method == "POST":
            flash("没有保存。" + DELIVERED, "problem")
        return _shown(desk, card, status=HTTPStatus.CONFLICT if request.method == "POST" else HTTPStatus.OK)
    is_current = card.acad_start == desk.years()[0].acad_start
    if not is_current or (card.plan is not None and card.plan.line.status not in WRITABLE):
        if request.method == "POST":
            flash("这份规划已不能修改，下面是最新的内容。", "problem")
        return _shown(desk, card)
    form = PlanForm() if request.method == "POST" else _begun(card)
    more = request.form.get("more", "")
    if request.method == "GET" or more:
        form.offer_rows(desk.rules, more=more)
        return _form_page(desk, card, form)
    is_sound = form.validate()
    draft, hand_in = form.draft(), request.form.get("step") == "submit"
    found = problems_of(draft, desk.rules)
    told = [problem for problem in found if hand_in or problem.is_excess]
    if told or not is_sound:
        return _form_page(desk, card, form, problems=told)
    try:
        desk.services.student_plans.save(
            desk.student_id, card.kind.name, card.acad_start, draft, seen=form.version, due_on=card.due,
            hand_in=hand_in, by=desk.actor(), scope=desk.scope,
        )  # fmt: skip
    except OvertakenPlanError as error:
        newest = _card(desk, key)
        if newest.plan is not None and newest.plan.line.status not in WRITABLE:
            flash(str(error), "problem")
            return _shown(desk, newest)
        form.seen.data = str(newest.plan.line.version if newest.plan else 0)
        return _form_page(desk, newest, form, overtaken=True)
    except UserError as error:
        flash(refusal_zh(error), "problem")
        return _form_page(desk, card, form)
    if hand_in:
        flash(f"{card.kind.name}已提交，等待{card.kind.reviewer}审核。", "done")
        return redirect(url_for("plans.index"), HTTPStatus.SEE_OTHER)
    flash("草稿已保存，还没有提交。", "done")
    return redirect(url_for("plans.edit", key=key), HTTPStatus.SEE_OTHER)


def progress(desk: Desk, key: str) -> ResponseReturnValue:
    """What the student says of the goals of this year's approved plan."""
    card, form = _card(desk, key), SeenForm()
    if card.plan is None or card.plan.line.status != APPROVED:
        abort(HTTPStatus.NOT_FOUND)
    done = set(request.form.getlist("done"))
    results: dict[int, str | None] = {}
    wrong: dict[int, str] = {}
    for goal in card.plan.goals:
        text = request.form.get(f"result-{goal.goal_id}", "").strip()
        results[goal.goal_id] = text if str(goal.goal_id) in done else None
        told = length_message(text, desk.rules.lengths["result"]) if str(goal.goal_id) in done else ""
        if told and not goal.is_confirmed:
            wrong[goal.goal_id] = told
    if wrong or not form.validate():
        return _shown(desk, card, results=results, wrong=wrong)
    try:
        desk.services.student_plans.note_progress(
            card.plan.line.plan_id, desk.student_id, results, seen=form.version, by=desk.actor(), scope=desk.scope
        )
    except UserError as error:
        flash(refusal_zh(error), "problem")
        return _shown(desk, _card(desk, key), results=results)
    flash("进展已保存；学年末由审核人确认后计入储值卡。", "done")
    return redirect(url_for("plans.edit", key=key, year=card.acad_start), HTTPStatus.SEE_OTHER)


def of_student(desk: Desk, student_id: int) -> ResponseReturnValue:
    """The plans of a student, drafts left out, for who looks after them; a student out of reach is like none."""
    services, viewer = desk.services, desk.services.viewer()
    found: list[Plan] = []
    info = None
    for kind in desk.rules.kinds:
        scope = reading_scope(viewer, kind)
        info = info or services.values.student(student_id, scope=scope)
        found += services.plan_reader.of_student(student_id, scope=scope, kinds={kind.name})
    if info is None:
        abort(HTTPStatus.NOT_FOUND)
    handed_in = [plan for plan in found if plan.line.submitted_at is not None]
    return render(
        "plans_of.html",
        title=f"学号 {info.student_no} 的规划",
        info=info,
        plans=[(plan, said(plan)) for plan in handed_in],
        rules=desk.rules,
        year_name=year_name,
    )


def said(plan: Plan) -> list[str]:
    """What there is to say of a plan that was handed in."""
    line = plan.line
    found = [f"提交于 {moment(line.submitted_at)}" + ("，逾期" if line.is_late else "")]
    if line.reviewed_at is not None:
        found.append(f"{line.reviewed_by} 审核于 {moment(line.reviewed_at)}")
    if line.quality is not None:
        found.append(f"质量 {fmt.number(line.quality, digits=0)} 分")
    return found


def _card(desk: Desk, key: str) -> Card:
    """The plan of a kind in the year that the address names, or in the current one."""
    kind, years = desk.rules.kind(key), desk.years()
    asked = request.args.get("year", "")
    wanted = int(asked) if _YEAR.fullmatch(asked) else None if asked else years[0].acad_start if years else None
    term = next((term for term in years if term.acad_start == wanted), None)
    if kind is None or term is None:
        abort(HTTPStatus.NOT_FOUND)
    return card_of(kind, term, desk.plans(), desk.services.today(), desk.collected(term))


def _begun(card: Card) -> PlanForm:
    form = PlanForm(data={} if card.plan is None else filled(card.plan.draft()))
    form.seen.data = str(0 if card.plan is None else card.plan.line.version)
    return form


def _form_page(
    desk: Desk, card: Card, form: PlanForm, *, problems: Sequence[Problem] = (), overtaken: bool = False
) -> ResponseReturnValue:
    of_parts = form.tell(problems)
    form.offer_rows(desk.rules)
    is_refused = bool(problems or form.errors or overtaken)
    return render(
        "plan_edit.html",
        title=card.kind.name,
        status=status_of(form) if is_refused else HTTPStatus.OK,
        card=card,
        form=form,
        rules=desk.rules,
        of_parts=of_parts,
        problems=len(problems),
        overtaken=overtaken,
        **_help(desk, card),
    )


def _shown(
    desk: Desk,
    card: Card,
    *,
    results: Mapping[int, str | None] | None = None,
    wrong: Mapping[int, str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> ResponseReturnValue:
    form = SeenForm(formdata=None)
    form.seen.data = str(0 if card.plan is None else card.plan.line.version)
    return render(
        "plan_shown.html",
        title=card.kind.name,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else status,
        card=card,
        delivered=DELIVERED if card.standing is Standing.COLLECTED else "",
        form=form,
        rules=desk.rules,
        results=results or {},
        wrong=wrong or {},
    )


def _help(desk: Desk, card: Card) -> dict[str, Any]:
    """Own indicators and the points that can still be gained, shown beside the form."""
    services = desk.services
    readings = services.values.readings(
        card.kind.help, "student", desk.student_id, until=services.today(), scope=desk.scope
    )
    gains: list[Any] = []
    with suppress(UnknownNameError):  # before the first posting there is no term of the card
        gains = services.cards.next_gains(desk.student_id, on=services.today(), scope=desk.scope)
    return {
        "readings": [
            (
                reading.info.name_zh,
                fmt.with_unit(reading.latest.value, reading.info.unit),
                reading.latest.period.label,
                of_reading(reading).href,
            )
            for reading in readings
            if reading.latest.value is not None
        ],
        "gains": [
            (gain.point_name, gain.text, fmt.points(gain.points_left))
            for gain in gains
            if gain.account == ACCOUNTS[card.kind.key]
        ][:_SUGGESTIONS],
    }


_WRITE: Final = Permission.PLAN_WRITE
ROUTES: Final = (
    Route(path="", view=index, permission=_WRITE),
    Route(path=f"/{KIND}", view=edit, permission=_WRITE, methods=FORM),
    Route(path=f"/{KIND}/progress", view=progress, permission=_WRITE, methods=WRITE),
    Route(path="/of/<number:student_id>", view=of_student, permission=Permission.STUDENT_VIEW),
)


def blueprint(services: Services) -> Blueprint:
    """The plans of students at ``/plans``."""
    return blueprint_of("plans", ROUTES, prefix=PREFIX, context=Desk(services))
