"""What facts say about the inputs of the points: formulas of ``points.yaml`` run by the engine of the indicators.

Every input of a point becomes a small indicator of its own (``STU-ACD-03.events``), valued over the kind of period that
the slots of the point read. So a card and a chart of the same matter agree, and a class is valued from its facts, never
from the means of its students.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data_access.contracts import contracts
from data_access.engines import QueryEngine
from data_access.errors import InternalError
from data_access.readers.expressions import to_array
from indicators.compile import Compiled, Plan, compile_library
from indicators.engine import Run
from indicators.formula import Formula, parse_formula
from indicators.growth_card.points import RAW, Point, Schedule, shipped_card
from indicators.growth_card.slots import CardTerm, slots_of
from indicators.library import Library, shipped_library
from indicators.model import Indicator, Level, PeriodKind, Window
from indicators.timeline import Timeline

KINDS: Final[Mapping[Schedule, PeriodKind]] = {
    Schedule.WEEKLY: PeriodKind.WEEK,
    Schedule.OCCURRENCE: PeriodKind.WEEK,
    Schedule.SANCTION: PeriodKind.WEEK,
    Schedule.MONTHLY: PeriodKind.MONTH,
    Schedule.TERM: PeriodKind.TERM,
    Schedule.PLAN: PeriodKind.TERM,
    Schedule.YEAR_END: PeriodKind.TERM,
    Schedule.GRADUATION: PeriodKind.YEAR,
    Schedule.FOLLOW_UP: PeriodKind.YEAR,
}
"""Over which kind of period a point's inputs are valued."""

Ids = NDArray[np.int64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class InputValues:
    """The values of one input: shape (holders, periods), NaN where there is none.

    Attributes:
        periods: keys of the periods, such as ``2026-2027-1-W11``.
    """

    periods: tuple[str, ...]
    values: Matrix

    def of(self, keys: Sequence[str]) -> NDArray[np.float64]:
        """What was counted in several periods together, by holder; NaN where in none of them."""
        columns = [self.periods.index(key) for key in keys if key in self.periods]
        found = self.values[:, columns]
        is_known = ~np.isnan(found).all(axis=1) if columns else np.zeros(len(self.values), dtype=bool)
        return np.where(is_known, np.nansum(found, axis=1), np.nan)


Values = Mapping[str, InputValues]
"""By ``code.input``."""


def name_of(point: Point, name: str) -> str:
    """How an input of a point is called among those of all points."""
    return f"{point.code}.{name}"


@cache
def compiled_inputs() -> Compiled:
    """The plan of work for the inputs of all points that can bring something."""
    library = shipped_library()
    indicators: dict[str, Indicator] = {}
    formulas: dict[str, Formula] = {}
    for point in shipped_card().points:
        if point.is_neutral:
            continue
        texts = dict(point.inputs)
        if not any(name.split(".")[0] == RAW for name in texts):
            texts[RAW] = library[point.code].formula
        for name, text in texts.items():
            code = name_of(point, name)
            indicators[code] = _indicator(code, point, library[point.code], is_own=name in point.inputs)
            formulas[code] = _formula(code, text)
    return compile_library(Library(indicators=indicators, formulas=formulas, version=library.version), contracts())


def _indicator(code: str, point: Point, model: Indicator, *, is_own: bool) -> Indicator:
    # Grades are those of the holder in the term (`slots.due_grades`); they are applied to accounts, not to rows.
    kind = KINDS[point.schedule]
    window = model.window if model.period is kind is PeriodKind.YEAR and not is_own else Window.NONE
    return replace(model, code=code, period=kind, window=window, applies_grades=())


def _formula(code: str, text: str) -> Formula:
    formula, faults = parse_formula(text, contracts())
    if formula is None:
        raise InternalError(f"points.yaml: {code}: {'; '.join(fault.message for fault in faults)}")
    return formula


def tables_of(point: Point) -> frozenset[str]:
    """The tables that the inputs of a point are valued from."""
    formulas = compiled_inputs().library.formulas
    return frozenset(
        table for code, formula in formulas.items() if code.startswith(f"{point.code}.") for table in formula.tables
    )


def tables_with_history() -> frozenset[str]:
    """The tables of which rows from before the academic year count as well."""
    library = compiled_inputs().library
    return frozenset(
        table for code, formula in library.formulas.items() if library[code].window for table in formula.tables
    )


def restricted(compiled: Compiled, points: Collection[Point]) -> Compiled:
    """The part of the plan that values these points, at the levels of their holders alone."""
    holders = {point.code: point.holder for point in points}
    plans = [p for p in compiled.plans if not p.so_far and _point_of(p) in holders]
    levels: dict[int, set[Level]] = {}
    for plan in plans:
        levels.setdefault(plan.family_id, set()).add(holders[_point_of(plan)])
    families = [
        replace(family, levels=tuple(sorted(levels[family.family_id])))
        for family in compiled.families
        if family.family_id in levels
    ]
    return replace(compiled, plans=tuple(plans), families=tuple(families))


def _point_of(plan: Plan) -> str:
    return plan.code.partition(".")[0]


def input_values(
    term: CardTerm,
    points: Sequence[Point],
    holders: Mapping[Level, Ids],
    *,
    engine: QueryEngine,
    timeline: Timeline,
    as_of: dt.date,
    threads: int,
) -> Values:
    """The values of all inputs of `points` in the periods that their slots of a term read.

    Args:
        term: the term.
        points: the points.
        holders: keys of the accounts, ascending, by level.
        engine: has the rows of at least these holders.
        timeline: knows for which periods the lake has rows of anybody, so that a count over none of them is 0.
        as_of: slots booked later are not asked for, unless their period has begun.
        threads: how many scans run at once.
    """
    compiled = restricted(compiled_inputs(), points)
    wanted = {point.code: _periods(point, term, as_of) for point in points}
    ids = {kind: {p.key: i for i, p in timeline.calendar.periods(kind).items()} for kind in PeriodKind}
    workload: dict[int, frozenset[int]] = {}
    for plan in compiled.plans:
        known = {ids[plan.kind][key] for key in wanted[_point_of(plan)] if key in ids[plan.kind]}
        workload[plan.family_id] = workload.get(plan.family_id, frozenset()) | known
    run = Run(compiled, timeline, engine, contracts(), threads=threads)
    try:
        results = run.compute(workload, lambda _what, _share: None)
        parts = {family.family_id: len(family.parts) for family in compiled.families}
        rows = {key: run.rollup.arrays(name, parts[key[0]]) for key, name in results.items()}
    finally:
        run.rollup.close()
    found = {}
    by_code = {point.code: point for point in points}
    for plan in compiled.plans:
        point = by_code[_point_of(plan)]
        periods = [key for key in wanted[point.code] if key in ids[plan.kind]]
        found[plan.code] = InputValues(
            periods=tuple(periods),
            values=_matrix(
                plan,
                rows.get((plan.family_id, point.holder), {}),
                holders[point.holder],
                [ids[plan.kind][key] for key in periods],
            ),
        )
    return found


def _periods(point: Point, term: CardTerm, as_of: dt.date) -> tuple[str, ...]:
    """Keys of the periods that a point's slots read, those that cannot have begun left out."""
    spans = {span.key: span.start for span in (*term.weeks, *term.months)}
    keys = dict.fromkeys(key for slot in slots_of(point, term) for key in slot.reads)
    return tuple(key for key in keys if spans.get(key, term.start) <= as_of)


def _matrix(plan: Plan, rows: Mapping[str, NDArray[np.float64]], holders: Ids, periods: Sequence[int]) -> Matrix:
    """Values laid out by holder and period."""
    matrix = np.full((len(holders), len(periods)), np.nan)
    if not rows or not len(holders) or not periods:
        return matrix
    values = to_array(plan.value, rows, len(rows["entity_id"]))
    order = np.argsort(periods)
    ascending = np.asarray(periods)[order]
    entity, period = rows["entity_id"].astype(np.int64), rows["period_id"].astype(np.int64)
    line = np.minimum(np.searchsorted(holders, entity), len(holders) - 1)
    column = np.minimum(np.searchsorted(ascending, period), len(periods) - 1)
    fits = (holders[line] == entity) & (ascending[column] == period)
    matrix[line[fits], order[column[fits]]] = values[fits]
    return matrix
