"""What the system administrator fills in about wall screens."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from dashboards.people_forms import Day, Whole, stripped
from data_access.access.screen_settings import LONGEST, SCENES, SHORTEST, ScreenSettings
from data_access.access.screens import LONGEST_DAYS, LONGEST_NAME
from data_access.errors import UserError

USUAL_DAYS: Final = 365
_HIDDEN: Final = "0"
_NO_PLACE: Final = "请从列表中选择位置。"
_PLACES: Final = (
    SelectChoice(_HIDDEN, "不显示"),
    *(SelectChoice(str(n), f"第 {n} 个") for n in range(1, len(SCENES) + 1)),
)


class NameForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """Where a screen hangs."""

    name = StringField(
        "挂在哪里",
        filters=[stripped],
        validators=[
            DataRequired("请写明大屏挂在哪里。"),
            Length(max=LONGEST_NAME, message=f"最长 {LONGEST_NAME} 个字。"),
        ],
    )


class IssueForm(NameForm):
    """A new screen: where it hangs, and until when its token opens it."""

    expires_on = Day("有效期至", validators=[InputRequired("请填写日期，如 2027-09-01。")])

    def suggest(self, today: dt.date) -> None:
        """Fill in the day that most will want."""
        self.expires_on.data = today + dt.timedelta(days=USUAL_DAYS)

    @property
    def hint(self) -> str:
        """What is said beside the day."""
        return f"最长 {LONGEST_DAYS} 天；过期后须重新发放"


class SettingsForm(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    """Which scenes in which order, how long each, and when a screen loads itself anew."""

    seconds = Whole(
        "每个画面停留（秒）",
        validators=[
            InputRequired("请填写秒数。"),
            NumberRange(SHORTEST, LONGEST, message=f"须在 {SHORTEST} 到 {LONGEST} 秒之间。"),
        ],
    )
    reload_hour = Whole(
        "夜间重新载入（几点）",
        validators=[InputRequired("请填写钟点。"), NumberRange(0, 23, message="须在 0 到 23 点之间。")],
    )
    overview = SelectField(SCENES["overview"], choices=_PLACES, invalid_choice_message=_NO_PLACE)
    classroom = SelectField(SCENES["classroom"], choices=_PLACES, invalid_choice_message=_NO_PLACE)
    majors = SelectField(SCENES["majors"], choices=_PLACES, invalid_choice_message=_NO_PLACE)
    growth = SelectField(SCENES["growth"], choices=_PLACES, invalid_choice_message=_NO_PLACE)
    tasks = SelectField(SCENES["tasks"], choices=_PLACES, invalid_choice_message=_NO_PLACE)

    def show(self, settings: ScreenSettings) -> None:
        """Fill in the settings that count now."""
        self.seconds.data, self.reload_hour.data = settings.seconds, settings.reload_hour
        for key in SCENES:
            place = settings.scenes.index(key) + 1 if key in settings.scenes else 0
            self[key].data = str(place)

    def settings(self) -> ScreenSettings:
        """What was filled in.

        Raises:
            UserError: two scenes in one place, or none at all.
        """
        places = {key: int(self[key].data) for key in SCENES if self[key].data != _HIDDEN}
        if len(set(places.values())) < len(places):
            raise UserError("两个画面不能排在同一个位置。")
        return ScreenSettings(
            scenes=tuple(sorted(places, key=places.__getitem__)),
            seconds=self.seconds.data,
            reload_hour=self.reload_hour.data,
        )
