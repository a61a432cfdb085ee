"""What students write into a plan, and what reviewers say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, HiddenField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, NumberRange, Optional

from dashboards.people_forms import Day, Whole, stripped, within_years
from data_access.student_plan_values import DraftGoal, PlanDraft
from indicators.student_plans import PlanRules, Problem, length_message, shipped_plans

_PARTS: Final = tuple(part.key for part in shipped_plans().parts)
_MOST_ROWS: Final = 40


class GoalForm(Form):  # type: ignore[misc]  # wtforms has no types
    """One row: a goal of a part, or an empty one that does not count."""

    part = HiddenField(validators=[AnyOf(_PARTS)])
    text = StringField("目标", filters=[stripped])
    measure = StringField("怎样算完成", filters=[stripped])
    due_on = Day("完成日期", validators=[Optional(), within_years])

    @property
    def is_blank(self) -> bool:
        """True where nothing was written."""
        return not (self.text.data or self.measure.data or self.due_on.data or self.due_on.errors)


class PlanForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """A whole plan; `seen` is the version that was read."""

    situation = TextAreaField("现状", filters=[stripped], render_kw={"rows": 4})
    aim = TextAreaField("本学年的目标", filters=[stripped], render_kw={"rows": 3})
    goals = FieldList(FormField(GoalForm), max_entries=_MOST_ROWS)
    seen = HiddenField()

    @property
    def version(self) -> int:
        """The version that was read; one that nobody has where it is no number."""
        text = self.seen.data or "0"
        return int(text) if text.isdecimal() and len(text) < 10 else -1

    def rows(self, part: str) -> list[Any]:
        """The rows of a part, in their order."""
        return [entry for entry in self.goals if entry.form.part.data == part]

    def draft(self) -> PlanDraft:
        """What was written, without empty rows."""
        return PlanDraft(
            situation=self.situation.data or "",
            aim=self.aim.data or "",
            goals=tuple(
                DraftGoal(
                    part=entry.form.part.data,
                    text=entry.form.text.data or "",
                    measure=entry.form.measure.data or "",
                    due_on=entry.form.due_on.data,
                )
                for entry in self._written()
            ),
        )

    def tell(self, problems: Sequence[Problem]) -> dict[str, str]:
        """Put problems at their fields; those of a whole part are given back by its key."""
        written = self._written()
        of_parts = {}
        for problem in problems:
            if problem.field.startswith("goals-"):
                _, row, name = problem.field.split("-")
                field = written[int(row)].form[name]
                field.errors = [*field.errors, problem.message]
            elif problem.field in _PARTS:
                of_parts[problem.field] = problem.message
            else:
                self[problem.field].errors = [*self[problem.field].errors, problem.message]
        return of_parts

    def offer_rows(self, rules: PlanRules, *, more: str = "") -> None:
        """Add empty rows: as many as a part needs at least, and one more of the part that is asked for."""
        for part in rules.parts:
            there = len(self.rows(part.key))
            wanted = max(part.least, 1, there + 1 if part.key == more else 0)
            for _ in range(min(wanted, part.most) - there):
                self.goals.append_entry({"part": part.key})

    def _written(self) -> list[Any]:
        return [entry for entry in self.goals if not entry.form.is_blank]


def filled(draft: PlanDraft) -> dict[str, Any]:
    """What a form is filled with to go on writing."""
    return {
        "situation": draft.situation,
        "aim": draft.aim,
        "goals": [
            {"part": goal.part, "text": goal.text, "measure": goal.measure, "due_on": goal.due_on}
            for goal in draft.goals
        ],
    }


class SeenForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """A change to a plan of which `seen` is the version that was read."""

    seen = HiddenField()

    @property
    def version(self) -> int:
        """The version that was read; one that nobody has where it is no number."""
        text = self.seen.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else -1


class ReviewForm(SeenForm):
    """Marks by criterion, added by `review_form`, and a comment."""

    comment = TextAreaField("评语", filters=[stripped], render_kw={"rows": 3})

    def marks(self, rules: PlanRules) -> Mapping[str, int]:
        """The marks as given; criteria without one are left out."""
        given = {item.key: self[f"mark_{item.key}"].data for item in rules.rubric}
        return {key: mark for key, mark in given.items() if mark is not None}

    def check_comment(self, rules: PlanRules, *, is_required: bool) -> bool:
        """Whether the comment will do; what is wrong is put at the field."""
        text = self.comment.data or ""
        told = length_message(text, rules.lengths["comment"]) if text or is_required else ""
        if told:
            self.comment.errors = [*self.comment.errors, told]
        return not told


def review_form(rules: PlanRules) -> type[ReviewForm]:
    """A form with a field for every criterion of the rubric."""
    fields = {
        f"mark_{item.key}": Whole(
            f"{item.name}（{item.most} 分）",
            validators=[
                InputRequired("请打分。"),
                NumberRange(0, item.most, message=f"须在 0 到 {item.most} 分之间。"),
            ],
            description=item.question,
            render_kw={"inputmode": "numeric", "maxlength": 3},
        )
        for item in rules.rubric
    }
    return type("RubricForm", (ReviewForm,), fields)
