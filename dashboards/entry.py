"""采分录入: what a collector owes, what is late first; and of a section's week, its lessons."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboards import entry_files, entry_sheet
from dashboards.entry_files import EntryFiles
from dashboards.entry_sheet import Entry
from dashboards.entry_wording import State as Mark
from dashboards.entry_wording import sheet_state
from dashboards.people import page_number
from dashboards.routes import FORM, WRITE, Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.growth_card.sheet_units import SECTION_UNIT, SheetKey, collectors_of
from indicators.growth_card.collection import is_week
from indicators.growth_card.entry_board import State
from indicators.growth_card.sheet_frames import NoSheetError
from indicators.growth_card.tasks import Reminder, Task, TaskGroup, TaskList
from layouts import format as fmt
from layouts.table import Slice

PREFIX: Final = "/entry"
SHEET: Final = "/<sheet>"
PAGE_SIZE: Final = 50
LONGEST_TASK: Final = 24
LONGEST_ID: Final = 18
MANY: Final = 60
"""With more open sheets than that, the list begins with the time points."""
MARKS: Final[Mapping[State, str]] = {
    State.LATE: "alert",
    State.TODAY: "warning",
    State.OPEN: "watch",
    State.COMING: "no-data",
    State.SUBMITTED: "reached",
    State.BY_SYSTEM: "reached",
}
"""Shape and colour of each state."""
TO_DO: Final = (State.LATE, State.TODAY, State.OPEN)
DONE: Final = (State.SUBMITTED, State.BY_SYSTEM)
VIEWS: Final[Mapping[str, tuple[str, tuple[State, ...]]]] = {
    "": ("待办", TO_DO),
    "coming": ("未到时点", (State.COMING,)),
    "done": ("已完成", DONE),
    "late": ("只看逾期", (State.LATE,)),
    "all": ("全部", tuple(State)),
}
"""What the list can be narrowed to, by its name in addresses: how it is called, and the states that it shows."""
NEXT_SHOWN: Final = 5
"""Where nothing is to be done, so many of the sheets to come are named."""


# -- what was asked for -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Search:
    """What the due list is narrowed to; anything unknown counts as not asked for."""

    view: str = ""
    collector: str = ""
    task: str = ""
    unit: int | None = None
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str], collectors: Sequence[str]) -> Search:
        """The search that the query of an address asks for."""
        view, task, unit = (given.get(name, "") for name in ("view", "task", "unit"))
        return cls(
            view=view if view in VIEWS else "",
            collector=given.get("collector", "") if given.get("collector") in collectors else "",
            task=task if len(task) <= LONGEST_TASK else "",
            unit=int(unit) if unit.isascii() and unit.isdigit() and len(unit) <= LONGEST_ID else None,
            page=page_number(given.get("page", "")),
        )

    def query(self, **changes: Any) -> dict[str, Any]:
        """The search as the query of an address, without what is empty."""
        values = {
            "view": self.view,
            "collector": self.collector,
            "task": self.task,
            "unit": self.unit,
            "page": self.page,
        }
        return {name: value for name, value in {**values, **changes}.items() if value and (name, value) != ("page", 1)}


# -- what is shown ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Row:
    """One sheet of the due list in words.

    Attributes:
        mark: CSS class and word of its state.
        when: until when it is due, and how far off that is.
        today: address of the lesson of today, where the sheet is a week of lessons and today lies in it.
    """

    task: Task
    href: str
    mark: Mark
    points: str
    when: str
    done: str
    today: str = ""


def row(task: Task, today: dt.date) -> Row:
    """One sheet in words."""
    is_now = task.is_by_lesson and task.opens_on <= today < task.due_on and not task.state.is_done
    lesson = SheetKey(
        collector=task.key.collector, unit_id=task.key.unit_id, term_id=task.key.term_id, task=f"{today:%Y%m%d}"
    )
    return Row(
        task=task,
        href=url_for("entry.show", sheet=task.key.slug),
        mark=(MARKS[task.state], task.state.name_zh),
        points="、".join(task.points),
        when=when(task.due_on, today),
        done=done(task),
        today=url_for("entry.show", sheet=lesson.slug) if is_now else "",
    )


def when(due_on: dt.date, today: dt.date) -> str:
    """A due date and how far off it is: ``11-23 · 还有 3 天``."""
    days = (due_on - today).days
    if days < 0:
        return f"{fmt.short_day(due_on)} · 已过 {-days} 天"
    return f"{fmt.short_day(due_on)} · {'今天' if days == 0 else f'还有 {days} 天'}"


def done(task: Task) -> str:
    """How far a sheet has come."""
    if task.submitted_on is not None:
        return f"{fmt.short_day(task.submitted_on)} 提交{'' if task.is_in_time else '（逾期）'}"
    if task.state is State.BY_SYSTEM:
        return "无需录入，可更正"
    return f"{task.filled} 格" if task.filled else fmt.NO_VALUE


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """The sheets of one time point over all units, in words."""

    group: TaskGroup
    href: str
    mark: Mark
    points: str
    when: str


def group_row(group: TaskGroup, today: dt.date) -> GroupRow:
    """One time point in words: its state is that of the unit that is worst off."""
    worst = next(state for state in State if group.states.get(state))
    return GroupRow(
        group=group,
        href=url_for("entry.index", task=group.task, collector=group.collector, view="all"),
        mark=(MARKS[worst], worst.name_zh),
        points="、".join(group.points),
        when=when(group.due_on, today),
    )


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Counts and the own rate above the list."""

    late: int
    today: int
    open: int
    rate: str
    rate_of: str
    floor: str
    is_low: bool


def summary(reminder: Reminder | None) -> Summary | None:
    """What a collector is told above the list; None for whoever collects nothing."""
    if reminder is None:
        return None
    rate = reminder.rate
    return Summary(
        late=reminder.late,
        today=reminder.today,
        open=reminder.open,
        rate=fmt.with_unit(rate.value, "%"),
        rate_of=f"{rate.in_time} / {rate.due}，其中系统采集 {rate.by_system}"
        if rate.due
        else "本学期还没有到期的采分任务",
        floor=f"{reminder.floor:g}%",
        is_low=reminder.is_low,
    )


# -- the pages --------------------------------------------------------------------------------


def index(entry: Entry) -> ResponseReturnValue:
    """The due list of the viewer."""
    services, viewer, today = entry.services, entry.viewer, entry.services.today()
    collectors = collectors_of(viewer)
    search = Search.of(request.args, collectors)
    owed = functools.partial(
        services.entry_tasks.of,
        viewer,
        on=today,
        collector=search.collector,
        task=search.task,
        unit_id=search.unit,
    )
    found: TaskList = owed(states=VIEWS[search.view][1], page=search.page, size=PAGE_SIZE)
    if not found.tasks and search.page > 1:
        return redirect(url_for("entry.index", **search.query(page=1)))
    is_long = not search.query() and found.total > MANY
    groups = services.entry_tasks.groups(viewer, on=today) if is_long else ()
    is_idle = not found.tasks and not search.view
    coming = owed(states={State.COMING}, size=NEXT_SHOWN) if is_idle else None
    return render(
        "entry.html",
        title="采分录入",
        summary=summary(services.entry_tasks.reminder(viewer, on=today)),
        search=search,
        views={
            name: (
                label,
                sum(found.counts.get(state, 0) for state in states),
                url_for("entry.index", **search.query(view=name, page=1)),
            )
            for name, (label, states) in VIEWS.items()
        },
        collectors=collectors,
        groups=[group_row(group, today) for group in groups],
        rows=[row(task, today) for task in found.tasks],
        coming=[row(task, today) for task in coming.tasks] if coming else [],
        part=Slice(total=found.total, page=found.page, size=PAGE_SIZE),
        link=lambda page: url_for("entry.index", **search.query(page=page)),
        may_oversee=viewer.may(Permission.ENTRY_OVERSEE),
    )


def show(entry: Entry, sheet: str) -> ResponseReturnValue:
    """A sheet; of a section's week, its lessons."""
    key = SheetKey.of(sheet)
    if key is not None and key.unit_level == SECTION_UNIT and is_week(key.task):
        return lessons(entry, key)
    return entry_sheet.show(entry, sheet)


def lessons(entry: Entry, key: SheetKey) -> ResponseReturnValue:
    """The lessons of a section in a week: each has a sheet of its own."""
    sheets, viewer, today = entry.services.sheets, entry.viewer, entry.services.today()
    try:
        days = sheets.lesson_days(key.unit_id, key.task, term_id=key.term_id, viewer=viewer)
    except NoSheetError:
        return abort(HTTPStatus.NOT_FOUND)
    has_timetable = bool(days) or sheets.has_timetable(key.unit_id, key.task, term_id=key.term_id, viewer=viewer)
    opened = [(day, entry.sheet(_lesson(key, day).slug)) for day in days]
    title = opened[0][1].title.rpartition(" · ")[0] if opened else "本周课次"
    return render(
        "entry_lessons.html",
        title=f"{title} · 第{key.task.removeprefix('W').lstrip('0')}周",
        has_timetable=has_timetable,
        rows=[
            {
                "day": fmt.day(day),
                "href": url_for("entry.show", sheet=found.key.slug),
                "mark": ("no-data", "还没有上") if day > today else sheet_state(found, today),
                "filled": found.filled(),
                "people": len(found.form.rows),
            }
            for day, found in opened
        ],
    )


def _lesson(key: SheetKey, day: dt.date) -> SheetKey:
    return SheetKey(collector=key.collector, unit_id=key.unit_id, term_id=key.term_id, task=f"{day:%Y%m%d}")


_RECORD: Final = Permission.ENTRY_RECORD
ROUTES: Final = (
    Route(path="", view=index, permission=_RECORD),
    Route(path=SHEET, view=show, permission=_RECORD),
    Route(path=f"{SHEET}/save", view=entry_sheet.save, permission=_RECORD, methods=WRITE, megabytes=1, is_page=False),
    Route(path=f"{SHEET}/undo", view=entry_sheet.undo, permission=_RECORD, methods=WRITE, is_page=False),
    Route(path=f"{SHEET}/submit", view=entry_sheet.submit, permission=_RECORD, methods=WRITE, is_page=False),
    Route(path=f"{SHEET}/template.xlsx", view=entry_files.template, permission=_RECORD),
    Route(path=f"{SHEET}/upload", view=entry_files.upload, permission=_RECORD, methods=FORM, megabytes=3),
    Route(path=f"{SHEET}/upload/<token>", view=entry_files.look, permission=_RECORD, methods=FORM),
)


def blueprint(services: Services) -> Blueprint:
    """The pages below ``/entry``."""
    return blueprint_of("entry", ROUTES, prefix=PREFIX, context=EntryFiles(services))
