"""What administrators fill in about accounts and posts, and what is said of a wrong field."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, Field, HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, StopValidation, ValidationError

from dashboards.wording import KINDS_ZH
from data_access.intake.uploads import LARGEST_FILE

LONGEST_REASON: Final = 120
EARLIEST: Final = dt.date(2000, 1, 1)
LATEST: Final = dt.date(2100, 12, 31)
_NOT_A_DAY: Final = "请填写日期，如 2026-09-01。"
_NOT_WHOLE: Final = "请填写整数，如 30。"
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")
_PRINTABLE: Final = re.compile(r"[^\x00-\x1f\x7f]*")


def stripped(value: str | None) -> str | None:
    """What was typed without blanks at its ends."""
    return value.strip() if value else value


def within_years(_form: FlaskForm, field: Field) -> None:
    """Refuses days that can only be slips of the hand.

    Raises:
        ValidationError: the day is before `EARLIEST` or after `LATEST`.
    """
    if field.data is not None and not EARLIEST <= field.data <= LATEST:
        raise ValidationError(f"日期须在 {EARLIEST:%Y} 年到 {LATEST:%Y} 年之间。")


class Day(DateField):  # type: ignore[misc]
    """A day; whatever cannot be read as one is told in Chinese."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day as the browser sends it."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(_NOT_A_DAY) from error


class Whole(IntegerField):  # type: ignore[misc]
    """A whole number in plain digits; whatever else is typed is told in Chinese."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number as it was typed.

        Raises:
            ValueError: it is none.
        """
        self.data: Any = None
        text = valuelist[0].strip() if valuelist else ""
        if text and not _WHOLE.fullmatch(text):
            raise ValueError(_NOT_WHOLE)
        self.data = int(text) if text else None


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """A step that only needs confirmation; `seen` is the state in which it was shown."""

    seen = HiddenField()


class AccountForm(FlaskForm):  # type: ignore[misc]
    """A new account."""

    username = StringField("用户名", filters=[stripped], validators=[DataRequired("请填写用户名，一般是工号或学号。")])
    name = StringField(
        "姓名",
        filters=[stripped],
        validators=[
            DataRequired("请填写姓名。"),
            Length(max=64, message="最长 64 个字。"),
            Regexp(_PRINTABLE, message="姓名里不能有控制字符。"),
        ],
    )
    person_kind = RadioField(
        "身份",
        choices=[SelectChoice(value, name) for value, name in KINDS_ZH.items()],
        default="teacher",
        invalid_choice_message="请选择一种身份。",
    )


class DisableForm(ConfirmForm):
    """Why an account is disabled."""

    because = TextAreaField(
        "停用原因",
        filters=[stripped],
        validators=[
            DataRequired("请写明停用的原因，它会记入日志。"),
            Length(max=LONGEST_REASON, message=f"最长 {LONGEST_REASON} 个字。"),
        ],
    )


class GrantForm(FlaskForm):  # type: ignore[misc]
    """From when to when a post is granted; role and node come from the address."""

    valid_from = Day("从", validators=[InputRequired(_NOT_A_DAY), within_years])
    valid_to = Day("到", validators=[Optional(), within_years])

    def validate_valid_to(self, field: Field) -> None:
        """The last day may not lie before the first.

        Raises:
            ValidationError: it does.
        """
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError("结束日期不能早于开始日期。")


def needed_unless_now(form: EndForm, field: Field) -> None:
    """Refuses a missing day where the post is to end on one.

    Raises:
        StopValidation: no day was given; what else is wrong with it need not be said.
    """
    if form.when.data == "day" and not (field.raw_data and field.raw_data[0].strip()):
        raise StopValidation(_NOT_A_DAY)


class EndForm(ConfirmForm):
    """When a post ends."""

    when = RadioField(
        "何时结束",
        choices=[SelectChoice("now", "立即收回，今天起无效"), SelectChoice("day", "到下面这天为止，当天仍有效")],
        default="now",
        invalid_choice_message="请选择何时结束。",
    )
    day = Day("最后一天", validators=[needed_unless_now, Optional(), within_years])

    def last_day(self, today: dt.date) -> dt.date:
        """The last day on which the post is to hold."""
        day: Any = self.day.data
        return day if self.when.data == "day" else today - dt.timedelta(days=1)


class UploadForm(FlaskForm):  # type: ignore[misc]
    """A file of accounts and posts."""

    file = FileField("文件", validators=[FileRequired("请选择一个 CSV 或 XLSX 文件。")])
    content: bytes = b""

    def validate_file(self, field: Field) -> None:
        """Reads the file; what it says is for others to judge.

        Raises:
            ValidationError: it is none that could be read.
        """
        if not field.data.filename.lower().endswith((".csv", ".xlsx")):
            raise ValidationError("只能导入 CSV 或 XLSX 文件；旧的 XLS 文件请先另存为 XLSX。")
        with field.data.stream as stream:
            self.content = stream.read(LARGEST_FILE + 1)
        if len(self.content) > LARGEST_FILE:
            raise ValidationError(f"文件超过 {LARGEST_FILE // 2**20} MB，请拆分后导入。")
        if not self.content:
            raise ValidationError("文件是空的。")


class ConfirmImportForm(FlaskForm):  # type: ignore[misc]
    """Applying the file that was looked at; `digest` says which one it was."""

    digest = HiddenField()
    make_passwords = BooleanField("生成一次性密码", default=True)
