"""Filters that many pages share, and what their values mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from dashboards.page import Filter, Kind, View
from dashboards.services import Services
from data_access.access.scope import Scope
from indicators.results import TermInfo
from layouts.controls import Option
from layouts.table import Slice

ALL_DEPARTMENTS: Final = "all"
LATEST_WEEK: Final = "latest"
NO_TERM: Final = Option(value="", label="尚无学期")
_LONGEST_TERM_WEEKS: Final = 53
"""The largest week number that a calendar may hold."""


def term(code: str, level: str, *, kind: str) -> Filter:
    """The term; unless one is asked for, the last in which some entity of `level` has a value of `code` by `kind`.

    Before there is any value, it is the term in which the data ends.
    """

    def options(services: Services, scope: Scope) -> Sequence[Option]:
        default = services.values.latest_term(code, level, kind=kind, scope=scope)
        return _terms(services, default) if default is not None else _terms_of_data(services, scope)

    return Filter(name="term", label="学期", kind=Kind.SELECT, options=options)


def _terms_of_data(services: Services, _scope: Scope) -> Sequence[Option]:
    current = current_term(services.values.terms(), services.values.data_date())
    return _terms(services, None if current is None else current.key)


def _terms(services: Services, default: str | None) -> Sequence[Option]:
    """All terms that have begun, the default one and then the newest first."""
    newest_first = list(reversed(services.values.terms()))
    ordered = sorted(newest_first, key=lambda item: item.key != default)
    return [Option(value=item.key, label=item.label) for item in ordered] or [NO_TERM]


def current_term(terms: Sequence[TermInfo], day: dt.date | None) -> TermInfo | None:
    """The last term that has begun by `day`, which is where the data ends; the first one before that."""
    if not terms:
        return None
    by_start = sorted(terms, key=lambda term: term.start)
    begun = [term for term in by_start if day is not None and term.start <= day]
    return begun[-1] if begun else by_start[0]


def _departments(services: Services, scope: Scope) -> Sequence[Option]:
    found = services.values.departments(scope=scope)
    everything = "全校" if scope.is_unlimited("offering") else "我的数据范围"
    return [
        Option(value=ALL_DEPARTMENTS, label=everything),
        *(Option(value=str(item.dept_id), label=item.name) for item in found),
    ]


def _weeks(services: Services, _scope: Scope) -> Sequence[Option]:
    last = max((period.ordinal for period in services.values.periods("week")), default=0)
    weeks = range(1, min(last, _LONGEST_TERM_WEEKS) + 1)
    return [
        Option(value=LATEST_WEEK, label="最新一周"),
        *(Option(value=str(week), label=f"第{week}周") for week in weeks),
    ]


TERM: Final = Filter(name="term", label="学期", kind=Kind.SELECT, options=_terms_of_data)
"""The term; unless one is asked for, the one in which the data ends."""
DEPARTMENT: Final = Filter(name="dept", label="系部", kind=Kind.SELECT, options=_departments, is_hidden_alone=True)
WEEK: Final = Filter(name="week", label="周次", kind=Kind.SELECT, options=_weeks)
PAGE_NUMBER: Final = Filter(
    name="page", label="页码", kind=Kind.LINK, pattern=r"[1-9][0-9]{0,4}|", default="", is_page=True
)


def department_id(view: View) -> int | None:
    """The department a view is filtered by; None for all."""
    return None if view["dept"] == ALL_DEPARTMENTS else int(view["dept"])


def department_name(view: View) -> str:
    """The name of that department; for all of them 全校, or that it is the viewer's own reach."""
    return _label(view, "dept")


def term_name(view: View) -> str:
    """The name of the term shown; empty where there is none yet."""
    return _label(view, "term")


def _label(view: View, name: str) -> str:
    choice = view.choices[name]
    return next((option.label for option in choice.options if option.value == choice.value), "")


def week_number(view: View) -> int | None:
    """The week asked for; None for the latest."""
    return None if view["week"] == LATEST_WEEK else int(view["week"])


def stretch(view: View, *, size: int, name: str = "page") -> tuple[int, int]:
    """How many rows of a long list are given at once, and the number of that stretch, from 1.

    A browser is shown a page of `size` rows; a file takes as many as it may hold, the first one of that page among them.

    Args:
        view: the look at the page.
        size: rows of a page.
        name: the filter that holds the number of the page.
    """
    page = int(view[name] or 1)
    if view.most_rows is None:
        return size, page
    return view.most_rows, (page - 1) * size // view.most_rows + 1


def slice_of(view: View, total: int, *, size: int, name: str = "page") -> Slice:
    """Which of `total` rows are given; see `stretch`."""
    size, page = stretch(view, size=size, name=name)
    return Slice(total=total, page=page, size=size)
