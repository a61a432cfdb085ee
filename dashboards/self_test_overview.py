"""How groups have filled in self-tests: completion, mean and levels, as far as few people cannot be told apart.

A page that the server draws. What may be told of which group is decided by the reader; here it is put into words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import request
from flask.typing import ResponseReturnValue

from dashboards.filters import current_term
from dashboards.self_test_report import mark
from dashboards.server_page import render
from data_access.access.audit import AuditKind, Event
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.self_test_results import GroupResult, subject_of
from indicators.self_tests.scales import LEVELS, NORMAL, shipped_scales
from layouts import format as fmt

if TYPE_CHECKING:
    from dashboards.self_tests import Desk

GROUP_LEVELS: Final = ("school", "dept", "major", "class")
MOST_ROWS: Final = 60
"""More groups than that are shown down to majors, the classes of one department when it is asked for."""
WITHHELD: Final = "不显示"
PATH: Final = "/self-tests/overview"
_NOTED_ONCE_IN: Final = dt.timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One group as the table shows it; `dept_id` is that of a department whose classes can be asked for, else 0."""

    level: str
    name: str
    on_roll: str
    done: str
    completion: str
    mean: str
    shares: Sequence[str]
    dept_id: int = 0

    def cells(self, *, with_scores: bool) -> Sequence[str]:
        """What stands behind the name, column by column."""
        counts = (self.on_roll, self.done, self.completion)
        return (*counts, self.mean, *self.shares) if with_scores else counts


def rows_of(groups: Sequence[GroupResult], *, dept_id: int | None) -> list[Row]:
    """The groups to be shown: all where they are few, else down to majors or below one department."""
    if dept_id is not None:
        shown = [group for group in groups if group.dept_id == dept_id]
        return [_row(group, is_folded=False) for group in shown]
    is_folded = len(groups) > MOST_ROWS
    shown = [group for group in groups if not (is_folded and group.level == "class")]
    return [_row(group, is_folded=is_folded) for group in shown]


def _row(group: GroupResult, *, is_folded: bool) -> Row:
    mean, shares = _scores(group)
    return Row(
        level=group.level,
        name=group.name,
        on_roll=_count(group.on_roll),
        done=_count(group.done),
        completion=WITHHELD if group.done is None else fmt.with_unit(group.completion, "%"),
        mean=mean,
        shares=shares,
        dept_id=group.dept_id if is_folded and group.level == "dept" else 0,
    )


def _count(people: int | None) -> str:
    return WITHHELD if people is None else f"{people:,}"


def _scores(group: GroupResult) -> tuple[str, Sequence[str]]:
    """The mean, and the share of each level."""
    if group.levels is None or not group.done:
        # Nobody has filled it in: that is no secret, and there is no mean.
        word = fmt.NO_VALUE if group.done == 0 else WITHHELD
        return word, [word] * len(LEVELS)
    return fmt.number(group.mean), [
        fmt.with_unit(100 * group.levels.get(level, 0) / group.done, "%") for level in LEVELS
    ]


def _note_view(desk: Desk, what: str, *, rows: int, scope: Scope) -> None:
    """Record that named results were looked at: by whom and how many, and nothing of what they say."""
    by = desk.actor()
    event = Event(
        kind=AuditKind.VIEW,
        actor=by.name,
        subject=PATH,
        address=by.address,
        rows=rows,
        scope=scope.reason,
        detail={"filter": what},
    )
    desk.services.audit.write_unless_recent(event, within=_NOTED_ONCE_IN)


def overview(desk: Desk) -> ResponseReturnValue:
    """Completion, mean and levels of the groups that the viewer looks after, for one scale and term."""
    services = desk.services
    scope = services.viewer().scope_for(Permission.SELF_TEST_VIEW)
    scales = [s for s in shipped_scales() if any(scope.admits(level, subject_of(s.name)) for level in GROUP_LEVELS)]
    terms = list(reversed(services.values.terms()))
    running = current_term(terms, services.today())
    term = next((item for item in terms if item.key == request.args.get("term")), running)
    scale = next((item for item in scales if item.key == request.args.get("scale")), scales[0] if scales else None)
    found: Sequence[GroupResult] = ()
    if scale is not None and term is not None:
        found = services.self_test_results.overview(scale.name, term.key, scope=scope)
    people = services.self_test_results.in_care(scale.name, term.key, scope=scope) if scale and term else ()
    if people and scale and term:
        _note_view(desk, f"{scale.name} {term.key}", rows=len(people), scope=scope)
    departments = {group.dept_id: group.name for group in found if group.level == "dept"}
    asked = request.args.get("dept", "")
    dept_id = next((key for key in departments if str(key) == asked), None)
    return render(
        "self_test_overview.html",
        title="自测汇总",
        scales=scales,
        scale=scale,
        terms=terms,
        term=term,
        rows=rows_of(found, dept_id=dept_id),
        department=None if dept_id is None else departments[dept_id],
        has_scores=any(group.is_told for group in found),
        withheld=WITHHELD,
        in_care=len(people),
        people=[person for person in people if person.level != NORMAL],
        mark=mark,
        number=fmt.number,
    )
