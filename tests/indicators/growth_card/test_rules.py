"""What values bring: each rule by hand, and the laws that hold for all of them whatever the values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.growth_card.points import Rule, shipped_card
from indicators.growth_card.rules import attainment, effects, has_opening, possible, settled, term_points

CARD = shipped_card()
NAN = float("nan")


def inputs(**values):
    return {
        name: np.array(value if isinstance(value, list) else [value], dtype=float) for name, value in values.items()
    }


def points(code, **values):
    return term_points(CARD.by_code[code], inputs(**values))


# -- each rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "worth"), [(80, 0), (70, 0), (89, 20), (98, 40), (100, 40)])
def test_linear_rises_from_zero_to_full_and_no_further(rate, worth):
    assert points("STU-ACD-02", raw=rate) == worth


@pytest.mark.parametrize(("rate", "worth"), [(20, 0), (25, 0), (12.5, 50), (5, 100), (0, 100)])
def test_linear_falls_where_less_is_better(rate, worth):
    assert points("CLS-ACD-05", raw=rate) == worth


def test_a_level_that_is_not_in_the_table_counts_as_the_step_below_it():
    assert points("STU-PER-14", raw=2.9) == -35
    assert points("STU-PER-14", raw=9) == -100
    assert points("STU-ACD-10", raw=3) == 30, "two certificates are deposited once"


def test_a_plan_that_was_not_handed_in_brings_nothing_though_it_was_due():
    assert points("STU-ACD-01", raw=NAN, on_time=0) == 0
    assert points("STU-ACD-01", goals=0.5) == 2, "in the second term its goals are told alone"


def test_months_beyond_their_cap_do_not_carry_over():
    assert points("STU-ACD-07", raw=[100, 0, 0, 0]) == 6
    assert points("STU-ACD-07", raw=[6, 6, 6, 6, 6]) == 25


def test_too_many_hours_of_work_take_points():
    assert points("STU-CAR-05", raw=200) == 10
    assert points("STU-CAR-05", raw=200.5) == -5


def test_awards_weigh_what_was_reached_and_untold_ones_count_as_none():
    told = {"raw.一等奖": np.array([2.0, NAN]), "raw.参赛": np.array([NAN, NAN])}
    gains, _ = effects(CARD.by_code["STU-CAR-09"], told)
    assert gains[0] == pytest.approx(9)
    assert np.isnan(gains[1]), "nothing is due from whom nothing is told"


def test_participation_is_all_or_nothing():
    assert points("STU-ACD-11", raw=1) == 10
    assert points("STU-ACD-11", raw=0) == 0


def test_what_is_deposited_at_the_start_is_lost_and_more():
    point = CARD.by_code["STU-PER-13"]
    assert has_opening(point)
    brought = settled(point, np.zeros((1, 3)), np.array([[10.0, 30.0, 30.0]]), opening=True)
    assert brought.tolist() == [[2000, -1000, -3000, 0]], "at most 40 in a term"


@pytest.mark.parametrize("value", [0, 5, 100, NAN])
def test_a_neutral_point_never_moves(value):
    point = CARD.by_code["STU-PER-12"]
    gains, losses = effects(point, inputs(raw=value))
    assert np.isnan(gains).all()
    assert np.isnan(losses).all()
    assert points("STU-PER-12", raw=value) == 0


def test_attainment_is_of_what_was_due():
    assert attainment(30, 40) == 75
    assert attainment(-10, 40) == -25
    assert attainment(0, 0) is None


# -- laws -----------------------------------------------------------------------------------------

POINTS = [point for point in CARD.points if point.rule is not Rule.NEUTRAL]
amounts = st.floats(0, 60, allow_nan=False, width=32)
known = st.one_of(amounts, st.just(NAN))


@given(
    point=st.sampled_from(POINTS),
    slots=st.lists(st.tuples(known, known), min_size=1, max_size=20),
    is_opened=st.booleans(),
)
def test_slots_add_up_to_what_the_whole_term_gives_and_keep_its_caps(point, slots, is_opened):
    gains, losses = (np.array([side]) for side in zip(*slots, strict=True))
    opening = is_opened and has_opening(point)
    brought = settled(point, gains, losses, opening=opening)
    gained, lost = np.nansum(gains) + (point.opening if opening else 0), np.nansum(losses)
    whole = min(point.max_deposit, gained) - min(point.max_deduct, lost)
    assert abs(int(brought.sum()) - whole * 100) <= 0.5001
    assert -point.max_deduct * 100 <= brought.sum() <= point.max_deposit * 100


@given(
    point=st.sampled_from(POINTS),
    slots=st.lists(st.tuples(known, known), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_slots_makes_no_difference_to_the_term(point, slots, order):
    other = list(slots)
    order.shuffle(other)
    sums = []
    for each in (slots, other):
        gains, losses = (np.array([side]) for side in zip(*each, strict=True))
        sums.append(int(settled(point, gains, losses).sum()))
    # Adding up reals in another order may tip a sum that lies half-way between two hundredths.
    assert abs(sums[0] - sums[1]) <= 1


@given(point=st.sampled_from(POINTS), slots=st.lists(st.tuples(known, known), min_size=2, max_size=20))
def test_what_was_posted_stays_when_later_slots_become_known(point, slots):
    gains, losses = (np.array([side]) for side in zip(*slots, strict=True))
    earlier = settled(point, gains[:, :-1], losses[:, :-1])
    assert settled(point, gains, losses)[0, :-1].tolist() == earlier[0].tolist()


@given(point=st.sampled_from(POINTS), slots=st.integers(1, 25))
def test_what_slots_could_bring_adds_up_to_the_cap_in_whole_hundredths(point, slots):
    assert possible(point, [1 / slots] * slots).sum() == round(point.max_deposit * 100)


@given(
    point=st.sampled_from([p for p in POINTS if p.rule in {Rule.LINEAR, Rule.LINEAR_DEDUCT}]),
    rates=st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=18),
)
def test_no_slot_of_a_shared_cap_brings_more_than_its_share(point, rates):
    share = 1 / len(rates)
    gains, losses = effects(point, inputs(raw=rates), share=share)
    brought = settled(point, gains[None, :], losses[None, :])[0]
    assert (brought <= possible(point, [share] * len(rates)) + 1).all(), "half a hundredth at either end"


@given(point=st.sampled_from(POINTS), raw=st.one_of(st.floats(-1e6, 1e6, allow_nan=False), st.just(NAN)))
def test_no_single_value_breaks_a_cap_and_nothing_is_due_without_one(point, raw):
    told = inputs(raw=raw, on_time=1, goals=1) if point.rule is Rule.PLAN else inputs(raw=raw)
    gains, losses = effects(point, told)
    assert np.isnan(gains).all() == (np.isnan(raw) and point.rule is not Rule.PLAN)
    if np.isfinite(gains).all() and (gains >= 0).all() and (losses >= 0).all():
        worth = settled(point, gains[None, :], losses[None, :])
        assert -point.max_deduct * 100 <= worth.sum() <= point.max_deposit * 100
