"""How groups have filled in self-tests: completion, mean and levels, as far as few people cannot be told apart.

A page that the server draws. What may be told of which group is decided by the reader; here it is put into words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import request
from flask.typing import ResponseReturnValue

from dashboards.filters import current_term
from dashboards.self_test_report import mark
from dashboards.server_page import render
from data_access.access.permissions import Permission
from data_access.self_test_results import GroupResult, subject_of
from indicators.self_tests.scales import LEVELS, Scale, shipped_scales
from layouts import format as fmt

if TYPE_CHECKING:
    from dashboards.self_tests import Desk

GROUP_LEVELS: Final = ("school", "dept", "major", "class")
MOST_ROWS: Final = 60
"""More groups than that are shown down to majors, the classes of one department when it is asked for."""
WITHHELD: Final = "不显示"


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of a group have a level: state and word of the level, and the percentage."""

    state: str
    word: str
    percent: float

    @property
    def shown(self) -> str:
        """The percentage as it is written."""
        return fmt.number(self.percent)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One group as the table shows it; `dept_id` is that of a department whose classes can be asked for, else 0."""

    level: str
    name: str
    on_roll: str
    done: str
    completion: str
    mean: str
    shares: Sequence[Share]
    is_withheld: bool
    dept_id: int = 0


def rows_of(scale: Scale, groups: Sequence[GroupResult], *, dept_id: int | None) -> list[Row]:
    """The groups to be shown: all where they are few, else down to majors or below one department."""
    if dept_id is not None:
        shown = [group for group in groups if group.dept_id == dept_id]
        return [_row(scale, group, is_folded=False) for group in shown]
    is_folded = len(groups) > MOST_ROWS
    shown = [group for group in groups if not (is_folded and group.level == "class")]
    return [_row(scale, group, is_folded=is_folded) for group in shown]


def _row(scale: Scale, group: GroupResult, *, is_folded: bool) -> Row:
    is_withheld = group.on_roll is None
    levels = group.levels
    return Row(
        level=group.level,
        name=group.name,
        on_roll=WITHHELD if group.on_roll is None else f"{group.on_roll:,}",
        done=WITHHELD if group.done is None else f"{group.done:,}",
        completion=WITHHELD if is_withheld else fmt.with_unit(group.completion, "%"),
        mean=_mean(group),
        shares=[] if levels is None or not group.done else _shares(scale, levels, group.done),
        is_withheld=is_withheld or (group.is_told and levels is None and bool(group.done)),
        dept_id=group.dept_id if is_folded and group.level == "dept" else 0,
    )


def _mean(group: GroupResult) -> str:
    if group.mean is not None:
        return fmt.number(group.mean)
    # Nobody has filled it in: that is no secret, and there is no mean.
    return fmt.NO_VALUE if group.done == 0 else WITHHELD


def _shares(scale: Scale, levels: Mapping[str, int], done: int) -> list[Share]:
    return [
        Share(state=mark(scale, level)[0], word=level, percent=100 * levels.get(level, 0) / done) for level in LEVELS
    ]


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
        rows=[] if scale is None else rows_of(scale, found, dept_id=dept_id),
        department=None if dept_id is None else departments[dept_id],
        has_scores=any(group.is_told for group in found),
        withheld=WITHHELD,
    )
