"""The diagnosis over stored values: recomputed by hand, one year at a time, with names within the scope alone."""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest

from data_access.access.scope import Scope
from data_access.model_weights import Weights, WeightSet
from data_access.readers.majors import MajorReader
from indicators.eight_dimensions import shipped_model
from indicators.major_diagnosis import MajorDiagnosis, value_of_year
from indicators.results import EntityInfo, IndicatorInfo, PeriodInfo, Standing, ValueFrame
from tests.random_college import AS_OF

ALL = Scope.all("test")
YEAR = AS_OF.year
NOW = dt.datetime(YEAR, 11, 20, 4, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True)
class Sets:
    """Weights as they were entered, without a database."""

    entered: tuple[WeightSet, ...] = ()
    proposal: Weights = dataclasses.field(default_factory=shipped_model().as_weights)

    def history(self):
        return self.entered


@pytest.fixture(scope="module")
def diagnosing(values):
    """Makes a diagnosis of the computed college by sets of weights."""
    return lambda *entered: MajorDiagnosis(values, MajorReader(values.rosters.facts), Sets(entered), shipped_model())


@pytest.fixture(scope="module")
def service(diagnosing):
    return diagnosing()


# -- recomputed by hand -----------------------------------------------------------------------


def score_by_hand(value, info):
    """A score by the table of lines: another way than the model's."""
    if value is None or None in (info.target, info.warning, info.alert):
        return None
    if info.direction == "target":
        ends = [
            score_by_hand(sign * value, dataclasses.replace(
                info, direction="higher", target=sign * info.target[e], warning=sign * info.warning[e],
                alert=sign * info.alert[e]))
            for e, sign in ((0, 1), (1, -1))
        ]  # fmt: skip
        return min(ends)
    if info.direction == "lower":
        value, target, warning, alert = -value, -info.target, -info.warning, -info.alert
    else:
        target, warning, alert = info.target, info.warning, info.alert
    if value >= target:
        return 100.0
    if value >= warning:
        return 60 + 40 * (value - warning) / (target - warning)
    if warning > alert:
        return max(0.0, 40 + 20 * (value - alert) / (warning - alert))
    return max(0.0, 60 - 40 * (warning - value) / (target - warning)) if target > warning else 0.0


def mean_by_hand(pairs):
    """The weighted mean of (score, weight) with the weight of what is missing spread over the rest."""
    known = [(score, weight) for score, weight in pairs if score is not None]
    have, whole = sum(weight for _, weight in known), sum(weight for _, weight in pairs)
    if whole - have > 0.3 * whole + 1e-9:
        return None
    return sum(score * weight for score, weight in known) / have


def value_by_hand(values, code, major_id, year):
    """The last stored value that ends in the year, asked for one by one."""
    points = values.series(code, "major", major_id, kind=values.indicator(code).period, term_key=None, scope=ALL)
    found = [p.value for p in points if p.period.end.year == year and p.value is not None]
    return found[-1] if found else None


def test_a_major_recomputed_from_its_stored_values_has_the_same_scores_to_one_decimal(service, values):
    model = shipped_model()
    found = service.diagnose(YEAR, scope=ALL)
    compared = 0
    for row, major in list(enumerate(found.majors))[:3]:
        for scores in found.years:
            dimensions = []
            for dimension in model.dimensions:
                items = [
                    (score_by_hand(value_by_hand(values, code, major.major_id, scores.year), values.indicator(code)), w)
                    for code, w in dimension.items.items()
                ]
                dimensions.append((mean_by_hand(items), dimension.weight))
            expected = [math.nan if score is None else score for score, _ in dimensions]
            np.testing.assert_allclose(scores.dimensions[row], expected, atol=0.05)
            total = mean_by_hand(dimensions)
            np.testing.assert_allclose(scores.totals[row], math.nan if total is None else total, atol=0.05)
            compared += sum(score is not None for score, _ in dimensions)
    assert compared > 3


# -- weights by year --------------------------------------------------------------------------


def test_a_change_of_weights_leaves_earlier_years_as_they_were(service, diagnosing):
    model = shipped_model()
    changed = dict(model.as_weights())
    changed["quality"] = dataclasses.replace(changed["quality"], weight=30.0)
    changed["support"] = dataclasses.replace(changed["support"], weight=7.0)
    entered = WeightSet(set_id=1, valid_from_year=YEAR, weights=changed, reason="审议", set_by="zlb", set_at=NOW)
    before, after = (each.diagnose(YEAR, scope=ALL) for each in (service, diagnosing(entered)))
    for earlier, same in zip(before.years[:-1], after.years[:-1], strict=True):
        np.testing.assert_array_equal(earlier.totals, same.totals)
        assert earlier.model == same.model
    assert after.years[-1].model.weights[model.column("quality")] == 30
    assert diagnosing(entered).model_of(YEAR - 1) == model


# -- who is told what -------------------------------------------------------------------------


def test_names_and_items_are_told_within_the_scope_and_scores_of_all_stay_the_same(service):
    own = service.diagnose(YEAR, scope=ALL).majors[0].major_id
    whole = service.diagnose(YEAR, major_id=own, scope=ALL)
    some = service.diagnose(YEAR, major_id=own, scope=Scope.within("test", major=frozenset({own})))
    assert [major.major_id for major in some.majors if major.name] == [own]
    assert [major.name for major in some.majors if not major.major_id] == [""] * (len(whole.majors) - 1)
    assert some.visible.tolist() == [some.row_of(own)]
    np.testing.assert_array_equal(some.years[-1].ranks, whole.years[-1].ranks)
    np.testing.assert_allclose(some.own_values, whole.own_values)


@pytest.mark.parametrize("exists", [True, False])
def test_a_major_out_of_scope_and_one_that_does_not_exist_are_alike(service, exists):
    own, other = (major.major_id for major in service.diagnose(YEAR, scope=ALL).majors[:2])
    number = other if exists else 99_999
    scope = Scope.within("test", major=frozenset({own}))
    found = service.diagnose(YEAR, major_id=number, scope=scope)
    assert found.row_of(number) is None
    assert found.own_values.size == 0
    assert service.major(number, scope=scope) is None
    assert service.size(number, scope=scope) == (0, 0)


def test_nobody_without_a_scope_for_majors_sees_one(service):
    found = service.diagnose(YEAR, major_id=1, scope=Scope(reason="nobody"))
    assert {major.major_id for major in found.majors} == {0}
    assert found.visible.size == 0


# -- which value counts -----------------------------------------------------------------------


def standing(*periods):
    """Two entities over (kind, key, last day, values)."""
    shown = tuple(
        PeriodInfo(kind=kind, key=key, label=key, start=dt.date(2025, 1, 1), end=end, ordinal=1)
        for kind, key, end, _ in periods
    )
    value = np.array([cells for *_, cells in periods]).T
    info = IndicatorInfo(
        code="MAJ-QUA-02", name_zh="课程一次及格率", unit="%", direction="higher", target=92.0, warning=85.0, alert=78.0,
        definition_zh="", period=periods[0][0],
    )  # fmt: skip
    frame = ValueFrame(
        entities=(EntityInfo(entity_id=1, name="甲"), EntityInfo(entity_id=2, name="乙")), periods=shown, value=value,
        numerator=value, denominator=value, rows=np.zeros(value.shape, dtype=np.int64),
    )  # fmt: skip
    return Standing(info=info, frame=frame)


def test_a_year_takes_the_last_term_with_a_value_that_ends_in_it():
    terms = standing(
        ("term", "2024-2025-2", dt.date(2025, 7, 13), [80.0, 81.0]),
        ("term", "2025-2026-1", dt.date(2026, 1, 18), [84.0, 85.0]),
        ("term", "2025-2026-2", dt.date(2026, 7, 19), [88.0, math.nan]),
        ("term", "2026-2027-1", dt.date(2027, 1, 17), [99.0, 99.0]),
    )
    found, keys = value_of_year(terms, 2026)
    assert found.tolist() == [88, 85]
    assert keys.tolist() == ["2025-2026-2", "2025-2026-1"]
    missing, none = value_of_year(terms, 2023)
    assert np.isnan(missing).all()
    assert none.tolist() == ["", ""]
