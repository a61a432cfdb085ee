"""The indicator library and cards of numbers for the invented college: the shipped library, with few numbers."""

import datetime as dt
from functools import cache

import numpy as np

from data_access.contracts import contracts
from data_access.readers.catalogue import Catalogue, RunKey
from data_access.readers.plans import stored_plan
from data_access.readers.provenance import StoredRun, TableLoad
from indicators.compile import compile_library
from indicators.library import shipped_library
from indicators.numbers import Course, Place
from indicators.results import EntityInfo, PeriodInfo, ValueFrame, ValuePoint
from indicators.shelf import Shelf
from tests.dashboards.college import DEPARTMENTS, week

FINISHED = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
RUN = StoredRun(
    run_id=7, finished_at=FINISHED, library_version="2026.2", data_version=1187, data_date=dt.date(2026, 11, 20)
)
WEEKS = 11
WITHHELD_DEPT, SILENT_DEPT = 5, 6
"""A department whose figure is withheld, and one without any."""


@cache
def catalogue() -> Catalogue:
    """The shipped library as a run would have written it."""
    library = shipped_library()
    definitions = {
        indicator.code: {
            **indicator.definition,
            "privacy": indicator.privacy.name_zh,
            "topics": sorted(indicator.topics),
            "row_topics": sorted(indicator.row_topics),
        }
        for indicator in library
    }
    plans = {}
    for plan in compile_library(library, contracts()).plans:
        row = {
            "code": plan.code, "kind": str(plan.kind), "so_far": plan.so_far, "family_id": plan.family_id,
            "levels": [level.key for level in plan.levels], "value": plan.value, "numerator": plan.numerator,
            "denominator": plan.denominator,
        }  # fmt: skip
        plans.setdefault(plan.code, {})[str(plan.kind)] = stored_plan(row, definitions[plan.code])
    run = RunKey(run_id=7, finished_at=FINISHED, library_version="2026.2")
    return Catalogue(run=run, definitions=definitions, plans=plans, calendar={})


class Kept:
    """Answers for the stored catalogue, runs and loads."""

    def catalogue(self):
        return catalogue()

    def run(self, run_id):
        return RUN if run_id in {None, RUN.run_id} else None

    def loads(self, tables):
        return {name: TableLoad(committed_at=FINISHED, data_version=1187) for name in tables}


@cache
def library() -> Shelf:
    """The real shelf over it."""
    return Shelf(Kept(), Kept())


class Cards:
    """Numbers of the school and of six departments by week; whatever else is asked for does not exist."""

    def place(self, level, entity_id, *, about, scope):
        if not scope.admits(level, about):
            return None
        if level == "school" and entity_id == 1:
            return Place(level="school", entity_id=1, name="全校")
        if level == "dept" and 1 <= entity_id <= len(DEPARTMENTS):
            above = (("school", 1 if scope.admits("school", about) else 0, "全校"),)
            return Place(level="dept", entity_id=entity_id, name=DEPARTMENTS[entity_id - 1], above=above)
        return None

    def course(self, code, level, entity_id, *, period="", term_id=None, scope):
        info = library().entry(code).info
        points = tuple(self._point(n, level, entity_id) for n in range(1, WEEKS + 1))
        keys = [point.period.key for point in points]
        if period and period not in keys:
            return None
        return Course(info=info, points=points, focus=keys.index(period) if period else WEEKS - 1, run_id=RUN.run_id)

    def _point(self, n, level, entity_id):
        if (level, entity_id) == ("dept", WITHHELD_DEPT):
            return ValuePoint(period=week(n), value=None, is_suppressed=True)
        if (level, entity_id) == ("dept", SILENT_DEPT):
            return ValuePoint(period=week(n), value=None)
        due, present = 1000.0, 1000.0 - 10 * n - 7 * entity_id
        return ValuePoint(period=week(n), value=100 * present / due, numerator=present, denominator=due, rows=int(due))

    def below(self, code, level, *, under, period: PeriodInfo, scope):
        if level != "dept":
            return library().entry(code).info, self._frame((), period)
        shown = [n for n in range(1, len(DEPARTMENTS) + 1) if n != SILENT_DEPT]
        return library().entry(code).info, self._frame(shown, period)

    def _frame(self, shown, period):
        points = [self._point(period.ordinal, "dept", n) for n in shown]

        def column(name):
            values = [getattr(point, name) for point in points]
            return np.array([np.nan if value is None else value for value in values], dtype=float).reshape(-1, 1)

        return ValueFrame(
            entities=tuple(EntityInfo(entity_id=n, name=DEPARTMENTS[n - 1]) for n in shown), periods=(period,),
            value=column("value"), numerator=column("numerator"), denominator=column("denominator"),
            rows=np.array([[point.rows] for point in points], dtype=np.int64).reshape(-1, 1),
            is_suppressed=np.array([[point.is_suppressed] for point in points], dtype=np.bool_).reshape(-1, 1),
        )  # fmt: skip
