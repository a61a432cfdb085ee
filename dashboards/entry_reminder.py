"""What a collector is reminded of on the home page: sheets that wait, and the own 采分及时率 where it is too low."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dashboards.services import Services
from data_access.access.permissions import Permission
from indicators.growth_card.tasks import Reminder
from indicators.results import State
from layouts import format as fmt
from layouts.tiles import Tile

ADDRESS: Final = "/entry"


def entry(services: Services) -> Sequence[Tile]:
    """The way to the own due list, with what waits in it; none for whoever collects nothing."""
    viewer = services.viewer()
    if not viewer.may(Permission.ENTRY_RECORD):
        return ()
    found = services.entry_tasks.reminder(viewer, on=services.today())
    return () if found is None else (tile(found),)


def tile(reminder: Reminder) -> Tile:
    """What waits, what of it is late, and the rate of the term."""
    late, today = reminder.late, reminder.today
    told = [f"逾期 {late}"] if late else []
    told += [f"今天截止 {today}"] if today else []
    rate = reminder.rate.value
    return Tile(
        title="采分录入",
        value=str(late + today + reminder.open),
        unit="张表待录入",
        change=" · ".join(told) or "没有逾期",
        note="" if rate is None else f"及时率 {fmt.with_unit(rate, '%')}",
        state=state_of(reminder),
        href=ADDRESS,
        is_form=True,
    )


def state_of(reminder: Reminder) -> State | None:
    """How urgent it is; None where nothing has to be said."""
    if reminder.late:
        return State.ALERT
    return State.WARNING if reminder.today or reminder.is_low else None
