"""The self-tests of a student: what is open, the questionnaire, and the result at once. The server draws them.

Addresses name scales and terms, never a student: everybody gets their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from dashboards import self_test_overview
from dashboards.refusals import refuse
from dashboards.routes import FORM, Route, blueprint_of
from dashboards.self_test_report import Stage, before, mark, offers, report, term_now, term_word
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import refusal_zh
from data_access.access.actors import Actor
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.errors import UserError
from data_access.self_test_results import Filled, Result
from data_access.self_tests import ALREADY, AlreadyDoneError
from indicators.results import TermInfo
from indicators.self_tests.scales import ANSWERS, Scale, shipped_scales
from indicators.self_tests.scoring import missing, score
from layouts import format as fmt

PREFIX: Final = "/self-tests"
_NO_SCALE: Final = "没有这份自测。"
_NO_RESULT: Final = "这个学期没有这份自测的结果。"
_CHOICES: Final = frozenset(str(number) for number in range(1, ANSWERS + 1))
_TERMS_SHOWN: Final = 6


@dataclass(frozen=True)
class Desk:
    """Somebody at the pages of self-tests; `student_id` is for whoever may take them."""

    services: Services

    @property
    def scope(self) -> Scope:
        """What the post of student lets one read: oneself."""
        return self.services.viewer().scope_for(Permission.SELF_TEST_TAKE)

    @property
    def student_id(self) -> int:
        """The student who is signed in; the rules give the permission to nobody else."""
        return min(self.services.viewer().nodes(Role.STUDENT))

    @property
    def term(self) -> TermInfo | None:
        """The term that runs today."""
        return term_now(self.services.values.terms(), self.services.today())

    def results(self) -> tuple[Result, ...]:
        """All own results."""
        return self.services.self_test_results.results(self.student_id, scope=self.scope)

    def actor(self) -> Actor:
        """The student as the one who fills in."""
        viewer = self.services.viewer()
        return Actor(viewer.username, viewer.account_id, request.remote_addr or "")


def index(desk: Desk) -> ResponseReturnValue:
    """What there is to do, what is done, and the results of all terms."""
    results, term = desk.results(), desk.term
    terms = [item for item in desk.services.values.terms() if item.key in {result.term_key for result in results}]
    by_scale: dict[str, dict[str, Result]] = {}
    for result in results:
        by_scale.setdefault(result.scale, {})[result.term_key] = result
    listed = offers(shipped_scales(), term, desk.services.today(), results)
    return render(
        "self_tests.html",
        title="自测",
        open=[offer for offer in listed if offer.stage is Stage.OPEN],
        done=[offer for offer in listed if offer.stage is Stage.DONE],
        later=[offer for offer in listed if offer.stage not in {Stage.OPEN, Stage.DONE}],
        term_word=term_word(term),
        terms=terms[: -_TERMS_SHOWN - 1 : -1],
        history=[(scale, by_scale[scale.name]) for scale in shipped_scales() if scale.name in by_scale],
        mark=mark,
        number=fmt.number,
    )


def take(desk: Desk, scale: str) -> ResponseReturnValue:
    """The questionnaire; what is sent is scored, kept, and answered with the result."""
    found = _scale(scale)
    if found is None:
        return refuse(HTTPStatus.NOT_FOUND, _NO_SCALE)
    form, term = FlaskForm(), desk.term
    if term is None or not found.is_open(term, desk.services.today()):
        flash(f"《{found.name}》现在没有开放。", "problem")
        return redirect(url_for("self_tests.index"), 303)
    done = next((r for r in desk.results() if (r.scale, r.term_key) == (found.name, term.key)), None)
    if done is not None and (done.submitted_at is None or not form.is_submitted()):
        flash(ALREADY, "done")
        return redirect(url_for("self_tests.result", scale=found.key), 303)
    answers = answers_of(found, request.form) if form.is_submitted() else {}
    lacking = missing(found, answers) if form.is_submitted() else ()
    if not form.is_submitted() or not form.validate() or lacking:
        return render(
            "self_test_form.html",
            title=found.name,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if lacking else HTTPStatus.OK,
            form=form,
            scale=found,
            answers=answers,
            missing=lacking,
            until=_last_day(found, term),
        )
    try:
        desk.services.self_tests.submit(_filled(desk, found, term, answers), by=desk.actor(), scope=desk.scope)
    except AlreadyDoneError as error:
        flash(str(error), "done")
    except UserError as error:
        flash(refusal_zh(error), "problem")
        return redirect(url_for("self_tests.index"), 303)
    return redirect(url_for("self_tests.result", scale=found.key), 303)


def result(desk: Desk, scale: str) -> ResponseReturnValue:
    """A result of one's own, that of the last term in which there is one unless another is asked for."""
    found = _scale(scale)
    if found is None:
        return refuse(HTTPStatus.NOT_FOUND, _NO_SCALE)
    own = [each for each in desk.results() if each.scale == found.name]
    asked = request.args.get("term") or max((each.term_key for each in own), default="")
    shown = next((each for each in own if each.term_key == asked), None)
    if shown is None:
        return refuse(HTTPStatus.NOT_FOUND, _NO_RESULT)
    norm = desk.services.self_test_results.norm(desk.student_id, found.name, shown.term_key, scope=desk.scope)
    terms = desk.services.values.terms()
    return render(
        "self_test_result.html",
        title=f"{found.name} · 结果",
        report=report(found, shown, earlier=before(own, shown), norm=norm, terms=terms),
        student_id=desk.student_id,
        taken_on=None if shown.submitted_at is None else fmt.day(shown.submitted_at.date()),
    )


def answers_of(scale: Scale, given: Mapping[str, str]) -> dict[str, int]:
    """The answers of a form that can count, by item; anything else is as if it were not there."""
    return {item.key: int(given[item.key]) for item in scale.items if given.get(item.key) in _CHOICES}


def _scale(key: str) -> Scale | None:
    return next((scale for scale in shipped_scales() if scale.key == key), None)


def _last_day(scale: Scale, term: TermInfo) -> dt.date | None:
    window = scale.opening(term)
    return None if window is None else window[1]


def _filled(desk: Desk, scale: Scale, term: TermInfo, answers: Mapping[str, int]) -> Filled:
    scored = score(scale, answers)
    return Filled(
        student_id=desk.student_id,
        scale=scale.name,
        scale_version=scale.version,
        term_key=term.key,
        answers=answers,
        score=scored.total,
        level=scored.level,
        parts=scored.parts,
    )


ROUTES: Final = (
    Route(path="", view=index, permission=Permission.SELF_TEST_TAKE),
    Route(path="/overview", view=self_test_overview.overview, permission=Permission.SELF_TEST_VIEW),
    Route(path="/<scale>", view=take, permission=Permission.SELF_TEST_TAKE, methods=FORM),
    Route(path="/<scale>/result", view=result, permission=Permission.SELF_TEST_TAKE),
)


def blueprint(services: Services) -> Blueprint:
    """The self-tests of whoever is signed in, and the overview of groups, at ``/self-tests``."""
    return blueprint_of("self_tests", ROUTES, prefix=PREFIX, context=Desk(services))
