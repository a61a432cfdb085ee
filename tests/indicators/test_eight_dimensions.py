"""The model of majors: scores by hand, and laws that hold for all values and weights."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators import eight_dimensions as model_of_majors
from indicators.eight_dimensions import (
    Dimension,
    advice,
    dimension_scores,
    grade,
    in_a_row,
    item_scores,
    misses,
    ranks,
    sensitivity,
    shifted,
    shipped_model,
    totals,
    weighted,
)
from indicators.library import shipped_library
from indicators.results import IndicatorInfo

GAP = math.nan


def info(direction, target, warning, alert):
    return IndicatorInfo(
        code="MAJ-QUA-04", name_zh="毕业去向落实率", unit="%", direction=direction, target=target, warning=warning,
        alert=alert, definition_zh="", period="year",
    )  # fmt: skip


HIGHER, LOWER = info("higher", 92.0, 85.0, 75.0), info("lower", 20.0, 25.0, 30.0)
BETWEEN = info("target", (60.0, 90.0), (45.0, 95.0), (30.0, 100.0))


def scores(values, lines):
    return item_scores(np.array(values, dtype=float), lines).tolist()


# -- by hand ----------------------------------------------------------------------------------


def test_a_score_is_linear_between_the_lines_and_ends_at_0_and_100():
    # 88.5 is half way from warning to target; 80 half way from alert to warning; below, 2 points a percent.
    assert scores([99, 92, 88.5, 85, 80, 75, 65, 55, 10], HIGHER) == [100, 100, 80, 60, 50, 40, 20, 0, 0]


def test_where_lower_is_better_the_scale_is_mirrored():
    assert scores([12, 20, 22.5, 25, 27.5, 30, 35, 40, 90], LOWER) == [100, 100, 80, 60, 50, 40, 20, 0, 0]


def test_an_interval_is_judged_from_the_end_that_is_missed():
    assert scores([60, 75, 90], BETWEEN) == [100, 100, 100]
    assert scores([52.5, 45, 37.5, 30, 15, 0], BETWEEN) == [80, 60, 50, 40, 20, 0]
    assert scores([92.5, 95, 97.5, 100, 105, 110], BETWEEN) == [80, 60, 50, 40, 20, 0]


@pytest.mark.parametrize(
    ("lines", "values", "expected"),
    [
        ((1, 1, 0), [2, 1, 0.5, 0], [100, 100, 50, 40]),  # target is the warning line
        ((4, 2, 2), [4, 3, 2, 1, 0], [100, 80, 60, 20, 0]),  # warning is the alert line: the slope above it
        ((1, 1, 1), [2, 1, 0.99, 0], [100, 100, 0, 0]),  # one line for all: met or not
    ],
)
def test_lines_that_fall_together_give_the_better_score_at_the_line(lines, values, expected):
    assert scores(values, info("higher", *map(float, lines))) == expected


def test_a_missing_value_or_line_gives_no_score():
    assert np.isnan(scores([GAP], HIGHER)).all()
    assert np.isnan(scores([90], dataclasses.replace(HIGHER, warning=None))).all()
    assert scores([0.0], info("higher", 2.0, 1.0, 0.0)) == [40]


def test_the_weight_of_a_missing_item_is_spread_over_the_others():
    weights = np.array([20.0, 30.0, 50.0])
    found = weighted(np.array([[80, 60, 100], [GAP, 60, 100], [80, GAP, 100], [80, 60, GAP]], dtype=float), weights)
    # 0.2*80+0.3*60+0.5*100 = 84; (30*60+50*100)/80 = 85; exactly 30 % missing still counts; 50 % does not.
    assert found[:3].tolist() == pytest.approx([84, 85, (20 * 80 + 50 * 100) / 70])
    assert math.isnan(found[3])


def test_the_total_is_the_weighted_mean_of_the_dimensions():
    model = shipped_model()
    dimensions = np.array([[72, 81, 58, 84, 77, 69, GAP, 66]])
    by_hand = (12 * 72 + 15 * 81 + 10 * 58 + 22 * 84 + 15 * 77 + 11 * 69 + 10 * 66) / 95
    assert totals(dimensions, model.weights).tolist() == pytest.approx([by_hand])
    lacking = dimensions.copy()
    lacking[0, [3, 0]] = GAP  # with 开放度 39 % of the weight
    assert np.isnan(totals(lacking, model.weights)).all()


@pytest.mark.parametrize(
    ("total", "expected"),
    [(85, "A"), (84.96, "A"), (84.94, "B"), (75, "B"), (65, "C"), (64.9, "D"), (0, "D"), (GAP, "")],
)
def test_the_grade_follows_the_printed_total(total, expected):
    assert grade(shipped_model(), total) == expected


def test_equal_totals_share_a_rank_and_none_has_no_rank():
    assert ranks(np.array([70.0, 82.0, GAP, 70.04, 60.0])).tolist() == [2, 1, 0, 2, 4]


def test_a_major_is_listed_for_the_total_the_quality_or_the_adaptability():
    model = shipped_model()
    fine = np.full(8, 70.0)
    assert misses(model, 65.0, fine) == ()
    assert [(m.name, m.limit) for m in misses(model, 64.9, fine)] == [("总分", 65)]
    weak = fine.copy()
    weak[[model.column("quality"), model.column("adaptability")]] = 59.9
    assert [m.name for m in misses(model, 70.0, weak)] == ["质量度", "适应度"]
    assert misses(model, GAP, np.full(8, GAP)) == ()


@pytest.mark.parametrize(
    ("listed", "years", "text"),
    [
        ([True, True, True], 3, "建议停招"),
        ([False, True, True], 2, "建议限招"),
        ([True, False, True], 1, ""),
        ([True, True, False], 0, ""),
    ],
)
def test_years_count_in_a_row_up_to_the_last(listed, years, text):
    assert in_a_row(listed) == years
    assert advice(shipped_model(), years) == text


def test_the_cycle_of_a_year_is_three_years_long():
    cycle = shipped_model().cycle
    assert [cycle.around(year) for year in (2024, 2025, 2027, 2028)] == [
        (2022, 2024), (2025, 2027), (2025, 2027), (2028, 2030),
    ]  # fmt: skip


def test_one_weight_up_scales_the_others_and_keeps_the_sum():
    assert shifted(np.array([50.0, 30.0, 20.0]), 0, 1.2).tolist() == pytest.approx([60, 24, 16])
    assert shifted(np.array([90.0, 10.0]), 0, 1.2).tolist() == [100, 0]


def test_sensitivity_names_every_dimension_up_and_down_and_the_largest_move():
    model = shipped_model()
    two = np.full((2, 8), 70.0)
    two[0, model.column("quality")] = 80  # 22 % of the total
    two[1, model.column("support")] = 86  # 15 % of the total: 2.4 points more, against 2.2
    found = sensitivity(model, two)
    assert found.base.tolist() == [2, 1]
    assert len(found.variants) == 16
    assert found.largest_moves.tolist() == [1, 1]
    up = found.variants.index((model.column("quality"), 1.2))
    assert found.ranks[up].tolist() == [1, 2]


# -- the model and the library ----------------------------------------------------------------


def test_the_model_names_every_indicator_of_majors_once_and_its_weights_are_whole():
    model = shipped_model()
    in_library = [indicator.code for indicator in shipped_library() if indicator.code.startswith("MAJ-")]
    assert sorted(model.codes) == sorted(in_library)
    assert model.weights.sum() == 100
    assert all(sum(dimension.items.values()) == 100 for dimension in model.dimensions)
    assert set(model.limits.dimensions) <= {dimension.key for dimension in model.dimensions}


def test_the_items_of_a_dimension_are_those_that_the_library_puts_there():
    of_library = {indicator.code: indicator.definition["dimension"] for indicator in shipped_library()}
    for dimension in shipped_model().dimensions:
        assert {of_library[code] for code in dimension.items} == {dimension.name}


def test_other_weights_leave_what_they_do_not_name():
    model = shipped_model()
    weights = model.as_weights()
    assert model.weighed(weights) == model
    one = {"quality": dataclasses.replace(weights["quality"], weight=30.0, items={"MAJ-QUA-01": 25.0})}
    changed = model.weighed(one).dimensions[model.column("quality")]
    assert (changed.weight, changed.items["MAJ-QUA-01"], changed.items["MAJ-QUA-02"]) == (30, 25, 15)


# -- laws -------------------------------------------------------------------------------------

numbers = st.floats(-1e6, 1e6)
maybe = st.one_of(st.just(GAP), st.floats(0, 100))
weight = st.floats(0.1, 100)


@st.composite
def lines(draw):
    """Lines of any direction, equal ones among them, in an order that the library allows."""
    direction = draw(st.sampled_from(["higher", "lower", "target"]))
    apart = st.one_of(st.just(0.0), st.floats(0.01, 1e4))
    middle = draw(st.floats(-1e4, 1e4))
    one, two = draw(apart), draw(apart)
    if direction == "higher":
        return info(direction, middle, middle - one, middle - one - two)
    if direction == "lower":
        return info(direction, middle, middle + one, middle + one + two)
    high = middle + draw(apart)
    three, four = draw(apart), draw(apart)
    return info(direction, (middle, high), (middle - one, high + three), (middle - one - two, high + three + four))


@given(lines(), st.lists(numbers, min_size=1, max_size=8))
def test_scores_lie_between_0_and_100(limits, values):
    assert all(0 <= score <= 100 for score in scores(values, limits))


@given(lines(), numbers, numbers)
def test_a_better_value_never_scores_less(limits, one, other):
    low, high = sorted((one, other))
    if limits.direction == "lower":
        low, high = high, low
    if limits.direction == "target":
        start, _ = limits.target
        low, high = sorted((min(one, start), min(other, start)))  # up to the interval, more is better
    worse, better = scores([low, high], limits)
    assert worse <= better


@given(lines())
def test_the_three_lines_score_100_60_and_40_where_they_lie_apart(limits):
    ends = [line[0] if isinstance(line, tuple) else line for line in (limits.target, limits.warning, limits.alert)]
    found = scores(ends, limits)
    assert found[0] == 100
    if ends[0] != ends[1]:
        assert found[1] == pytest.approx(60)
    if len(set(ends)) == 3:
        assert found[2] == pytest.approx(40)


@given(st.lists(st.tuples(maybe, weight), min_size=1, max_size=9), st.floats(0.01, 1000))
def test_scaling_all_weights_changes_nothing(pairs, factor):
    row = np.array([[score for score, _ in pairs]])
    weights = np.array([one for _, one in pairs])
    np.testing.assert_allclose(weighted(row, weights * factor), weighted(row, weights), rtol=1e-9, atol=1e-9)


@given(st.lists(st.tuples(maybe, weight), min_size=1, max_size=9), st.randoms())
def test_the_order_of_items_changes_nothing(pairs, random):
    mixed = list(pairs)
    random.shuffle(mixed)
    one, other = (
        weighted(np.array([[s for s, _ in items]]), np.array([w for _, w in items])) for items in (pairs, mixed)
    )
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@given(st.lists(st.tuples(maybe, weight), min_size=1, max_size=9))
def test_what_is_missing_never_lowers_a_score_below_the_worst_that_is_known(pairs):
    [found] = weighted(np.array([[score for score, _ in pairs]]), np.array([one for _, one in pairs]))
    known = [score for score, _ in pairs if not math.isnan(score)]
    missing = sum(one for score, one in pairs if math.isnan(score))
    if missing > 0.301 * sum(one for _, one in pairs):
        assert math.isnan(found)
    elif not math.isnan(found):
        assert min(known) - 1e-9 <= found <= max(known) + 1e-9


@given(st.lists(st.lists(maybe, min_size=53, max_size=53), min_size=1, max_size=3))
def test_majors_are_scored_each_for_itself(rows):
    model = shipped_model()
    together = dimension_scores(model, np.array(rows))
    alone = np.vstack([dimension_scores(model, np.array([row])) for row in rows])
    np.testing.assert_allclose(together, alone, rtol=1e-9)


def test_a_model_of_one_dimension_has_its_score_as_total():
    model = dataclasses.replace(
        shipped_model(),
        dimensions=(Dimension(key="only", name="唯一", meaning="", weight=7.0, items={"MAJ-QUA-04": 3.0}),),
    )
    found = dimension_scores(model, np.array([[64.0]]))
    assert totals(found, model.weights).tolist() == [64.0]
    assert sensitivity(model, found).totals.tolist() == [[64.0], [64.0]]
    assert model_of_majors.as_judged(found).tolist() == [[64.0]]
