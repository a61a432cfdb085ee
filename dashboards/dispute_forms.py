"""What students, collectors and reviewers fill in about a dispute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from dashboards.people_forms import stripped
from data_access.growth_card.cells import Column
from data_access.growth_card.dispute_states import LONGEST, SHORTEST

FOR_STUDENT: Final = "for"
"""The entry is wrong: the collector agrees, or the reviewer upholds the dispute."""
AGAINST: Final = "against"
_TOLD: Final = f"须为 {SHORTEST}–{LONGEST} 个字。"
_LENGTHS: Final = [DataRequired(f"请写明理由，{_TOLD}"), Length(SHORTEST, LONGEST, message=_TOLD)]
_SIZE: Final = {"rows": 4, "maxlength": LONGEST}
_UNCHANGED: Final = "不改"


class OpenForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """Why a student holds an entry to be wrong."""

    reason = TextAreaField("申诉理由", filters=[stripped], validators=_LENGTHS, render_kw=_SIZE)


class VerdictForm(FlaskForm):  # type: ignore[misc]
    """For or against, why, and in the first case what is right; fields of the values are added by `form_of`.

    Attributes:
        seen: state of the case when the page was opened.
    """

    verdict = RadioField("结论", validate_choice=True)
    text = TextAreaField("理由", filters=[stripped], validators=_LENGTHS, render_kw=_SIZE)
    seen = HiddenField()

    @property
    def is_for_student(self) -> bool:
        """True where the entry is to be corrected."""
        return bool(self.verdict.data == FOR_STUDENT)

    def typed(self, columns: Sequence[Column]) -> Mapping[str, str]:
        """What was typed, by key of the column."""
        return {column.key: self[field_of(number)].data or "" for number, column in enumerate(columns)}

    def fill(self, columns: Sequence[Column], values: Mapping[str, float]) -> None:
        """Put values into the fields, by key of the column as stored."""
        for number, column in enumerate(columns):
            if column.key in values:
                shown = column.shown(values[column.key])
                self[field_of(number)].data = f"{values[column.key] if column.choices else shown:g}"

    def tell(self, columns: Sequence[Column], problems: Mapping[str, str]) -> None:
        """Show problems at their fields; what is about all of them stands above the form."""
        for number, column in enumerate(columns):
            if column.key in problems:
                self[field_of(number)].errors = [problems[column.key]]
        if "" in problems:
            self.form_errors.append(problems[""])


def field_of(number: int) -> str:
    """The field of the column with that place."""
    return f"value_{number}"


def form_of(columns: Sequence[Column], *, verdicts: tuple[str, str], prefix: str) -> type[VerdictForm]:
    """A form with a field for every column.

    Args:
        columns: the inputs that may be corrected.
        verdicts: the words for and against.
        prefix: of the fields' ids, so that two forms may stand on one page.
    """
    fields: dict[str, Any] = {
        field_of(number): _field(column, f"{prefix}-{field_of(number)}") for number, column in enumerate(columns)
    }
    choices = [SelectChoice(value, words) for value, words in zip((FOR_STUDENT, AGAINST), verdicts, strict=True)]
    fields["verdict"] = RadioField("结论", choices=choices, validators=[DataRequired("请选择一种结论。")])
    return type("DisputeVerdictForm", (VerdictForm,), fields)


def _field(column: Column, field_id: str) -> StringField | SelectField:
    if column.choices:
        words = [SelectChoice("", _UNCHANGED), *(SelectChoice(f"{value:g}", word) for value, word in column.choices)]
        return SelectField(column.label, choices=words, id=field_id)
    unit = f"（{column.unit}）" if column.unit else ""
    described = {"inputmode": "decimal", "maxlength": 12}
    return StringField(f"{column.label}{unit}", filters=[stripped], id=field_id, render_kw=described)
