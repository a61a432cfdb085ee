"""The editor of the model's weights: what is in force, what a change would do, who changed what before, and why.

The server draws it. Nothing is saved that has not been previewed just so, and nothing over somebody else's change.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField

from dashboards.major_parts import change_words_of, known
from dashboards.people import status_of
from dashboards.people_forms import stripped
from dashboards.routes import FORM, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from dashboards.wording import moment, refusal_zh
from data_access.access.actors import Actor
from data_access.access.permissions import Permission
from data_access.errors import UserError
from data_access.model_weights import (
    LONGEST_REASON,
    OVERTAKEN,
    DimensionWeights,
    OvertakenError,
    WeightProblem,
    Weights,
    WeightSet,
    differences,
    in_force,
)
from indicators.eight_dimensions import Model, dimension_scores, grade, ranks, totals
from indicators.major_diagnosis import Diagnosis
from layouts import format as fmt

PREFIX: Final = "/majors/weights"
TITLE: Final = "八维度模型的权重"
_NOT_A_NUMBER: Final = "请填写数字，如 15 或 12.5，最多四位小数。"
_UNSEEN: Final = "权重、年度或理由有改动，请先看预览，再保存。"
_NUMBER: Final = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,4})?")
"""How people write a weight: no signs, powers of ten, underscores or digits of other scripts."""
_YEAR: Final = re.compile(r"[0-9]{4}")


class WeightsForm(FlaskForm):  # type: ignore[misc]
    """What goes with every set; the fields of the weights are added by `form_of`.

    Attributes:
        seen: number of the last set when the page was opened.
        previewed: digest of what was previewed.
    """

    year = StringField("从哪一年起", filters=[stripped])
    reason = TextAreaField("调整的理由", filters=[stripped], render_kw={"maxlength": LONGEST_REASON, "rows": 2})
    seen = HiddenField()
    previewed = HiddenField()


def form_of(model: Model) -> type[WeightsForm]:
    """A form with a field for every weight of the model."""
    fields: dict[str, Any] = {}
    for dimension in model.dimensions:
        fields[field_of(dimension.key)] = StringField(dimension.name, filters=[stripped])
        fields.update({field_of(code): StringField(code, filters=[stripped]) for code in dimension.items})
    return type("ModelWeightsForm", (WeightsForm,), fields)


def field_of(name: str) -> str:
    """The field of a dimension by its key, or of an item by its code."""
    return f"w_{name.replace('-', '_')}"


# -- what was typed ---------------------------------------------------------------------------


def number_of(text: str | None) -> float | None:
    """A weight as typed; None for what is no plain number, or has more than four decimals."""
    plain = (text or "").replace("，", ".").replace("。", ".")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def read(form: WeightsForm, model: Model) -> tuple[Weights, list[WeightProblem]]:
    """The weights typed into a form, and the fields that hold no number."""
    weights: dict[str, DimensionWeights] = {}
    wrong = []
    for dimension in model.dimensions:
        given = {code: number_of(form[field_of(code)].data) for code in dimension.items}
        weight = number_of(form[field_of(dimension.key)].data)
        if weight is None:
            wrong.append(WeightProblem(message=_NOT_A_NUMBER, dimension=dimension.key))
        wrong += [
            WeightProblem(message=_NOT_A_NUMBER, dimension=dimension.key, item=code)
            for code, value in given.items()
            if value is None
        ]
        weights[dimension.key] = DimensionWeights(
            weight=weight or 0.0, items={code: value or 0.0 for code, value in given.items()}
        )
    return weights, wrong


def fill(form: WeightsForm, weights: Weights) -> None:
    """Put weights into a form."""
    for key, dimension in weights.items():
        form[field_of(key)].data = f"{dimension.weight:g}"
        for code, weight in dimension.items.items():
            form[field_of(code)].data = f"{weight:g}"


def digest(weights: Weights, year: int, reason: str) -> str:
    """What was previewed, in a word that changes with any part of it."""
    plain = [[key, d.weight, sorted(d.items.items())] for key, d in sorted(weights.items())]
    return hashlib.sha256(json.dumps([plain, year, reason]).encode()).hexdigest()


# -- what is shown ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What other weights would change for one major."""

    name: str
    total_before: str
    total_after: str
    total_change: str
    grade_before: str
    grade_after: str
    rank_before: int
    rank_after: int

    @property
    def rank_change(self) -> str:
        """Ranks won or lost; empty where none."""
        moved = self.rank_before - self.rank_after
        if not (moved and self.rank_before and self.rank_after):
            return ""
        return f"{'↑' if moved > 0 else '↓'} {abs(moved)} 位"


def effects(diagnosis: Diagnosis, model: Model) -> list[Effect]:
    """Totals and ranks of all majors with the weights in force and with those of `model`, largest moves first."""
    year = diagnosis.current
    if year is None:
        return []
    after = totals(dimension_scores(model, year.items), model.weights)
    places = ranks(after)
    found = [
        Effect(
            name=diagnosis.majors[row].name,
            total_before=fmt.number(known(float(year.totals[row]))),
            total_after=fmt.number(known(float(after[row]))),
            total_change=change_words_of(float(after[row]), float(year.totals[row])),
            grade_before=year.grade(row),
            grade_after=grade(model, float(after[row])),
            rank_before=int(year.ranks[row]),
            rank_after=int(places[row]),
        )
        for row in map(int, diagnosis.visible)
    ]
    size = np.array([abs(effect.rank_before - effect.rank_after) for effect in found])
    return [found[index] for index in np.lexsort((np.array([e.rank_before for e in found]), -size))]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One set in the history: who, when, why, and what differs from what counted before it."""

    set_id: int
    year: int
    when: str
    who: str
    reason: str
    changes: Sequence[str]


def entries(history: Sequence[WeightSet], proposal: Weights, names: Mapping[str, str]) -> list[Entry]:
    """The history, the last set first."""
    found = []
    for index, item in enumerate(history):
        before = in_force(list(history[index + 1 :]), item.valid_from_year, proposal)
        changed = differences(before, item.weights)
        found.append(
            Entry(
                set_id=item.set_id,
                year=item.valid_from_year,
                when=moment(item.set_at),
                who=item.set_by,
                reason=item.reason,
                changes=[f"{names.get(n, n)} {_plain(old)} → {_plain(new)}" for n, (old, new) in changed.items()],
            )
        )
    return found


def _plain(weight: float | None) -> str:
    return fmt.NO_VALUE if weight is None else f"{weight:g}"


# -- the page ---------------------------------------------------------------------------------


class Weighing:
    """Who asks, and the model they weigh."""

    def __init__(self, services: Services) -> None:
        self.services = services

    @property
    def model(self) -> Model:
        """The model of the library; its weights are the proposal."""
        return self.services.majors.model

    def years(self) -> tuple[int, int]:
        """The years for which a set may be entered: this one and the next."""
        return self.services.today().year, self.services.today().year + 1

    def diagnosis(self, year: int) -> Diagnosis:
        """The diagnosis by which a change for `year` is judged: that of the last year there is by then."""
        begun = [each for each in self.services.majors.years() if each <= year]
        scope = self.services.viewer().scope_for(Permission.MODEL_WEIGH)
        return self.services.majors.diagnose(max(begun, default=year), scope=scope)

    def actor(self) -> Actor:
        """The viewer as the one who changes something."""
        viewer = self.services.viewer()
        return Actor(viewer.username, viewer.account_id, request.remote_addr or "")


def edit(weighing: Weighing) -> ResponseReturnValue:
    """The form; filled with what is in force, with an earlier set, or with what was typed."""
    services, model = weighing.services, weighing.model
    history = services.model_weights.history()
    last = str(history[0].set_id if history else 0)
    form = form_of(model)()
    if not form.is_submitted():
        _begin(form, weighing, history)
        form.seen.data = last
        return _page(weighing, form, history)
    if not form.validate():
        return _page(weighing, form, history)
    weights, wrong = read(form, model)
    year = int(form.year.data) if _YEAR.fullmatch(form.year.data or "") else 0
    reason = form.reason.data or ""
    found = [*wrong, *_refused(services, weights, year, reason, known_wrong=wrong)]
    if form.seen.data != last:
        found.append(WeightProblem(message=OVERTAKEN))
        form.seen.data = last
        form.previewed.data = ""
    if found:
        return _page(weighing, form, history, problems=found)
    now = digest(weights, year, reason)
    if request.form.get("step") == "save" and form.previewed.data == now:
        try:
            services.model_weights.set(
                weights, valid_from_year=year, reason=reason, by=weighing.actor(), seen=int(last)
            )
        except OvertakenError as error:  # between the look at the history above and the writing
            history = services.model_weights.history()
            form.seen.data, form.previewed.data = str(history[0].set_id), ""
            return _page(weighing, form, history, problems=[WeightProblem(message=str(error))])
        except UserError as error:
            flash(refusal_zh(error), "problem")
            return _page(weighing, form, history)
        flash(f"新的权重已保存，从 {year} 年起计分；以前年度的结果不变。", "done")
        return redirect(url_for("weights.edit"), 303)
    if request.form.get("step") == "save":
        flash(_UNSEEN, "problem")
    form.previewed.data = now
    diagnosis = weighing.diagnosis(year)
    return _page(weighing, form, history, preview=effects(diagnosis, model.weighed(weights)), diagnosis=diagnosis)


def _begin(form: WeightsForm, weighing: Weighing, history: Sequence[WeightSet]) -> None:
    """Fill a form that nobody has typed into: with the set named in the address, else with what is in force."""
    this_year, _ = weighing.years()
    asked = next((item for item in history if str(item.set_id) == request.args.get("set", "")), None)
    form.year.data = str(this_year)
    if request.args.get("set") == "library":
        fill(form, weighing.model.as_weights())
        form.reason.data = "恢复为指标库建议的权重："
    elif asked is not None:
        fill(form, weighing.model.weighed(asked.weights).as_weights())
        form.reason.data = f"恢复为 {moment(asked.set_at)} 由 {asked.set_by} 保存的权重："
    else:
        newest = max([this_year, *(item.valid_from_year for item in history)])
        fill(form, weighing.services.majors.model_of(newest).as_weights())


def _refused(
    services: Services, weights: Weights, year: int, reason: str, *, known_wrong: Sequence[WeightProblem]
) -> list[WeightProblem]:
    """Why the store would refuse a set, without what is told of a field already."""
    told = {(problem.dimension, problem.item) for problem in known_wrong}
    spoiled = {problem.dimension for problem in known_wrong}
    found = services.model_weights.check(weights, valid_from_year=year, reason=reason)
    return [p for p in found if (p.dimension, p.item) not in told and not (p.item == "*" and p.dimension in spoiled)]


def _page(
    weighing: Weighing,
    form: WeightsForm,
    history: Sequence[WeightSet],
    *,
    problems: Sequence[WeightProblem] = (),
    preview: Sequence[Effect] | None = None,
    diagnosis: Diagnosis | None = None,
) -> ResponseReturnValue:
    model = weighing.model
    told = diagnosis or weighing.diagnosis(weighing.years()[0])
    names = {code: info.name_zh for code, info in told.infos.items()}
    names |= {dimension.key: dimension.name for dimension in model.dimensions}
    typed, _ = read(form, model)
    return render(
        "model_weights.html",
        title=TITLE,
        status=status_of(form) if problems or form.errors else 200,
        form=form,
        model=model,
        field_of=field_of,
        names=names,
        sums={key: f"{math.fsum(d.items.values()):g}" for key, d in typed.items()},
        whole=f"{math.fsum(d.weight for d in typed.values()):g}",
        problems={(p.dimension, p.item): p.message for p in problems},
        years=weighing.years(),
        preview=preview,
        preview_year=told.current.year if told.current else None,
        moved=sum(bool(effect.rank_change) for effect in preview or ()),
        entries=entries(history, weighing.services.model_weights.proposal, names),
    )


ROUTES: Final = (Route(path="", view=edit, permission=Permission.MODEL_WEIGH, methods=FORM),)


def blueprint(services: Services) -> Blueprint:
    """The editor at ``/majors/weights``."""
    return blueprint_of("weights", ROUTES, prefix=PREFIX, context=Weighing(services))
