"""The diagnosis of the majors of a college: the eight-dimension model over stored values, year by year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from data_access.access.scope import Scope
from data_access.model_weights import Weights, WeightSet, in_force
from data_access.readers.majors import MajorReader
from indicators.eight_dimensions import (
    Miss,
    Model,
    Sensitivity,
    Vector,
    advice,
    dimension_scores,
    grade,
    in_a_row,
    item_scores,
    misses,
    printed,
    ranks,
    sensitivity,
    totals,
)
from indicators.results import Board, FloatMatrix, IndicatorInfo, PeriodInfo, Standing

YEARS: Final = 3
"""The year asked for and those before it: a cycle of diagnosis, and the longest run that the warning asks about."""
_MOST_IN_A_YEAR: Final[Mapping[str, int]] = {"week": 53, "month": 12, "term": 3}
"""Periods of a kind that end within a year, at most."""
_LEVEL: Final = "major"


class Values(Protocol):
    """What the diagnosis asks of the stored values."""

    def periods(self, kind: str) -> Sequence[PeriodInfo]:
        """All periods of a kind that have begun, oldest first."""

    def history(
        self,
        codes: Sequence[str],
        level: str,
        *,
        until: dt.date | None,
        last: int,
        entity_ids: Collection[int] | None = None,
        scope: Scope,
    ) -> Board:
        """Entities side by side, each indicator over the last periods of its own kind."""


class WeightSets(Protocol):
    """What the diagnosis asks of the weights."""

    @property
    def proposal(self) -> Weights:
        """What counts before any set."""

    def history(self) -> tuple[WeightSet, ...]:
        """All sets, the one entered last first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MajorInfo:
    """A major; of one outside of the reader's scope nothing is told but that it exists.

    Attributes:
        major_id: 0 for one outside of the scope.
        group: the group of majors (专业群) it belongs to; empty where it belongs to none.
        standing: how far it has been developed, such as 省级.
    """

    major_id: int
    name: str
    dept_id: int = 0
    dept_name: str = ""
    group: str = ""
    standing: str = ""
    status: str = ""
    first_year: int | None = None
    leader_id: int | None = None


_STRANGER: Final = MajorInfo(major_id=0, name="")


@dataclass(frozen=True, kw_only=True, eq=False)
class YearScores:
    """All majors in one year: rows are majors, columns items or dimensions of the model; NaN for what is missing.

    Attributes:
        model: with the weights of that year.
        values: of the items.
        period_keys: which period each value is of; empty where there is none.
        items: scores of the items.
    """

    year: int
    model: Model
    values: FloatMatrix
    period_keys: NDArray[np.object_]
    items: FloatMatrix

    @cached_property
    def dimensions(self) -> FloatMatrix:
        """Scores of the dimensions."""
        return dimension_scores(self.model, self.items)

    @cached_property
    def totals(self) -> Vector:
        """Total of every major."""
        return totals(self.dimensions, self.model.weights)

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """Rank of every major, 0 without total."""
        return ranks(self.totals)

    @property
    def ranked(self) -> int:
        """How many majors have a total."""
        return int((self.ranks > 0).sum())

    @cached_property
    def is_listed(self) -> tuple[bool, ...]:
        """Which majors are listed for early warning."""
        return tuple(bool(self.misses(row)) for row in range(len(self.values)))

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """What other weights would change."""
        return sensitivity(self.model, self.dimensions)

    def grade(self, row: int) -> str:
        """Grade of a major; empty without total."""
        return grade(self.model, float(self.totals[row]))

    def misses(self, row: int) -> tuple[Miss, ...]:
        """Which limits of the early warning a major misses."""
        return misses(self.model, float(self.totals[row]), self.dimensions[row])


@dataclass(frozen=True, kw_only=True, eq=False)
class Diagnosis:
    """The diagnosis of a year with the years before it.

    Attributes:
        majors: all of the college, in the order of rows; those outside of the reader's scope without name and id.
        groups: the group of majors of each row, for the means of groups.
        infos: the items by code.
        years: oldest first; the last is the one asked for. Empty where nothing has been computed.
        own_values: the items of the one major asked for that the reader may read, in the order of `years`, then of
            the items; empty unless one was asked for.
    """

    majors: tuple[MajorInfo, ...]
    groups: tuple[str, ...] = ()
    infos: Mapping[str, IndicatorInfo] = field(default_factory=dict)
    years: tuple[YearScores, ...] = ()
    own_values: FloatMatrix = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def current(self) -> YearScores | None:
        """The year asked for."""
        return self.years[-1] if self.years else None

    @property
    def before(self) -> YearScores | None:
        """The year before it."""
        return self.years[-2] if len(self.years) > 1 else None

    @cached_property
    def visible(self) -> NDArray[np.intp]:
        """Rows of the majors within the reader's scope."""
        return np.array([row for row, major in enumerate(self.majors) if major.major_id], dtype=np.intp)

    def row_of(self, major_id: int) -> int | None:
        """The row of a major; None where there is none within the reader's scope."""
        return next((row for row, major in enumerate(self.majors) if major.major_id == major_id), None)

    def group_mean(self, row: int) -> tuple[Vector, int]:
        """Mean scores of the dimensions over the group of majors of a row, itself included, and of how many."""
        if not self.years or not self.groups[row]:
            return np.full(len(self.years[-1].model.dimensions) if self.years else 0, np.nan), 0
        members = [i for i, group in enumerate(self.groups) if group == self.groups[row]]
        scores = self.years[-1].dimensions[members]
        counts = (~np.isnan(scores)).sum(axis=0)
        means = np.divide(np.nansum(scores, axis=0), counts, out=np.full(len(counts), np.nan), where=counts > 0)
        return means, len(members)

    def change(self, row: int) -> float:
        """Change of the printed total since the year before; NaN where either is missing."""
        if self.current is None or self.before is None:
            return float("nan")
        return printed(float(self.current.totals[row])) - printed(float(self.before.totals[row]))

    def listed_in_a_row(self, row: int) -> int:
        """How many years in a row, up to the one asked for, a major is listed for early warning."""
        return in_a_row([year.is_listed[row] for year in self.years])

    def advice(self, row: int) -> str:
        """What is advised for a major; the decision is made by people."""
        return "" if self.current is None else advice(self.current.model, self.listed_in_a_row(row))


class MajorDiagnosis:
    """Diagnoses the majors of an installation.

    Scores and ranks are computed over all majors, whoever asks: a rank among those that one happens to see would be
    another number for every reader. Names, and values of items, are given within the scope alone.

    Args:
        values: stored values.
        profiles: what is known of the majors.
        weights: the weights by year.
        model: dimensions, items and rules.
    """

    def __init__(self, values: Values, profiles: MajorReader, weights: WeightSets, model: Model) -> None:
        self._values = values
        self._profiles = profiles
        self._weights = weights
        self.model = model

    def years(self) -> Sequence[int]:
        """Years that have begun, oldest first."""
        return [period.start.year for period in self._values.periods("year")]

    def model_of(self, year: int) -> Model:
        """The model with the weights of a year."""
        return self.model.weighed(in_force(self._weights.history(), year, self._weights.proposal))

    def diagnose(self, year: int, *, major_id: int | None = None, scope: Scope) -> Diagnosis:
        """The diagnosis of a year.

        Args:
            year: the last one.
            major_id: of this major the values of the items are read too, as far as the scope admits.
            scope: whose names are told.
        """
        college = Scope.all("the eight-dimension model ranks every major of the college; names stay within the scope")
        board = self._board(year, scope=college)
        rows = {entity.entity_id: row for row, entity in enumerate(board.entities)}
        known = [item for item in self._profiles.profiles(scope=college) if item["entity_id"] in rows]
        order = np.array([rows[item["entity_id"]] for item in known], dtype=np.intp)
        years: tuple[YearScores, ...] = ()
        if board.standings and known:
            sets = self._weights.history()
            models = {
                each: self.model.weighed(in_force(sets, each, self._weights.proposal))
                for each in range(year - YEARS + 1, year + 1)
            }
            years = _scored(board, order, models)
        admitted = self._profiles.ids(scope=scope)
        infos = {code: standing.info for code, standing in board.standings.items()}
        row = next((index for index, item in enumerate(known) if item["entity_id"] == major_id), None)
        own_values = np.zeros((0, 0))
        if years and row is not None and major_id is not None and major_id in admitted:
            own_values = self._own(years, infos, row=row, major_id=major_id, scope=scope)
        return Diagnosis(
            majors=tuple(_major(item) if item["entity_id"] in admitted else _STRANGER for item in known),
            groups=tuple(item["major_group"] for item in known),
            infos=infos,
            years=years,
            own_values=own_values,
        )

    def major(self, major_id: int, *, scope: Scope) -> MajorInfo | None:
        """What is known of a major; None where there is none within the scope."""
        found = (item for item in self._profiles.profiles(scope=scope) if item["entity_id"] == major_id)
        return next((_major(item) for item in found), None)

    def size(self, major_id: int, *, scope: Scope) -> tuple[int, int]:
        """How many classes and students of a major are at the college; nothing of one outside of the scope."""
        return self._profiles.size(major_id, scope=scope)

    def leader(self, major: MajorInfo, *, scope: Scope) -> str:
        """The name of who leads a major; empty where nobody is named."""
        return self._profiles.leader(major.leader_id, scope=scope)

    def _own(
        self,
        years: Sequence[YearScores],
        infos: Mapping[str, IndicatorInfo],
        *,
        row: int,
        major_id: int,
        scope: Scope,
    ) -> FloatMatrix:
        """The items of one major that may be read, (years, items)."""
        if all(scope.is_unlimited(_LEVEL, info.about) for info in infos.values()):
            return np.vstack([each.values[row] for each in years])
        board = self._board(years[-1].year, entity_ids=[major_id], scope=scope)
        codes = years[-1].model.codes
        if not board.entities:
            return np.full((len(years), len(codes)), np.nan)
        return np.vstack([_values(board, np.array([0]), each.year, codes)[0] for each in years])

    def _board(self, year: int, *, entity_ids: Collection[int] | None = None, scope: Scope) -> Board:
        """All items over the years, those of shorter periods over so many of them as the years may hold."""
        until, codes = dt.date(year, 12, 31), self.model.codes
        whole = self._values.history(codes, _LEVEL, until=until, last=YEARS, entity_ids=entity_ids, scope=scope)
        standings = dict(whole.standings)
        shorter = [code for code, standing in whole.standings.items() if standing.info.period != "year"]
        if shorter:
            last = YEARS * max(_MOST_IN_A_YEAR[whole.standings[code].info.period] for code in shorter)
            longer = self._values.history(shorter, _LEVEL, until=until, last=last, entity_ids=entity_ids, scope=scope)
            standings.update(longer.standings)
        return Board(entities=whole.entities, standings=standings)


def _major(row: Mapping[str, Any]) -> MajorInfo:
    return MajorInfo(
        major_id=row["entity_id"],
        name=row["name"],
        dept_id=row["dept_id"] or 0,
        dept_name=row["dept_name"] or "",
        group=row["major_group"],
        standing=row["standing"],
        status=row["status"],
        first_year=row["first_year"],
        leader_id=row["leader_id"],
    )


def _scored(board: Board, order: NDArray[np.intp], models: Mapping[int, Model]) -> tuple[YearScores, ...]:
    """The majors in every year of `models`; rows of the board in the given order."""
    codes = next(iter(models.values())).codes
    found = [_values(board, order, year, codes) for year in models]
    values = np.stack([each for each, _ in found])
    items = np.full(values.shape, np.nan)
    for column, code in enumerate(codes):
        if code in board.standings:
            items[:, :, column] = item_scores(values[:, :, column], board.standings[code].info)
    return tuple(
        YearScores(year=year, model=model, values=values[index], period_keys=found[index][1], items=items[index])
        for index, (year, model) in enumerate(models.items())
    )


def _values(
    board: Board, order: NDArray[np.intp], year: int, codes: Sequence[str]
) -> tuple[FloatMatrix, NDArray[np.object_]]:
    """What counts for a year, (majors, items), and the periods it is of."""
    values = np.full((len(order), len(codes)), np.nan)
    keys = np.full(values.shape, "", dtype=np.object_)
    for column, code in enumerate(codes):
        if code in board.standings:
            found, periods = value_of_year(board.standings[code], year)
            values[:, column], keys[:, column] = found[order], periods[order]
    return values, keys


def value_of_year(standing: Standing, year: int) -> tuple[Vector, NDArray[np.object_]]:
    """The value of each entity that counts for a year, and the key of its period, empty where there is none.

    It is the last value of those periods of the indicator that end within the year: of a yearly indicator the one of
    the year, of others the last month or term with a value. A term that runs into January counts for the year in
    which it ends.
    """
    frame = standing.frame
    values = np.full(len(frame.entities), np.nan)
    keys = np.full(len(frame.entities), "", dtype=np.object_)
    for column, period in enumerate(frame.periods):
        if period.end.year == year:
            known = ~np.isnan(frame.value[:, column])
            values[known], keys[known] = frame.value[known, column], period.key
    return values, keys
