"""Scores worked out by hand, and what holds for whatever is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.self_tests.scales import shipped_scales
from indicators.self_tests.scoring import AnswersError, level, missing, score, weakest

LEARNING = next(item for item in shipped_scales() if item.key == "self-learning")
SCALES = st.sampled_from(shipped_scales())


def same(scale, answer):
    return {item.key: answer for item in scale.items}


def best(scale, points=5):
    """Every item answered with so many points, 1 to 5, for what is asked about."""
    return {item.key: 6 - points if item.is_reversed else points for item in scale.items}


def test_a_score_worked_out_by_hand():
    # goals: q01 4, q05 (reversed) 2, q09 3, q13 5, q17 4, q21 (reversed) 1 → points 3+3+2+4+3+4 = 19 of 24 → 79.2
    # all else the middle, which is half: 18 × 2 = 36 → (19 + 36) of 96 → 57.3
    found = score(LEARNING, {**same(LEARNING, 3), "q01": 4, "q05": 2, "q13": 5, "q17": 4, "q21": 1})
    assert found.parts == {"goals": 79.2, "methods": 50.0, "discipline": 50.0, "reflection": 50.0}
    assert (found.total, found.level) == (57.3, "关注")


def test_the_best_answers_give_100_and_the_worst_0():
    assert (score(LEARNING, best(LEARNING)).total, score(LEARNING, best(LEARNING)).level) == (100.0, "正常")
    assert (score(LEARNING, best(LEARNING, 1)).total, score(LEARNING, best(LEARNING, 1)).level) == (0.0, "预警")


@pytest.mark.parametrize(
    ("total", "expected"), [(100, "正常"), (60, "正常"), (59.9, "关注"), (52, "关注"), (51.9, "预警"), (0, "预警")]
)
def test_levels_begin_at_their_lines(total, expected):
    assert level(LEARNING, total) == expected


def test_whoever_ticks_the_same_everywhere_scores_neither_high_nor_low_in_anything():
    for scale in shipped_scales():
        for answer in range(1, 6):
            found = score(scale, same(scale, answer))
            assert all(15 <= part <= 85 for part in found.parts.values()), (scale.key, answer)


def test_missing_answers_are_numbered_and_refused():
    answers = same(LEARNING, 3) | {"q02": 0, "q03": 6}
    del answers["q24"]
    assert missing(LEARNING, answers) == (2, 3, 24)
    with pytest.raises(AnswersError, match="3 answers are missing and 0 unknown"):
        score(LEARNING, answers)
    with pytest.raises(AnswersError, match="0 answers are missing and 1 unknown"):
        score(LEARNING, same(LEARNING, 3) | {"q99": 3})
    assert missing(LEARNING, same(LEARNING, True)) == tuple(range(1, 25))


def test_the_weakest_dimension_comes_first_and_strong_ones_not_at_all():
    parts = {"goals": 69.9, "methods": 70.0, "discipline": 12.0, "reflection": 90.0}
    assert [dimension.key for dimension in weakest(LEARNING, parts)] == ["discipline", "goals"]
    assert weakest(LEARNING, {}) == ()


@st.composite
def filled(draw):
    scale = draw(SCALES)
    return scale, {item.key: draw(st.integers(1, 5)) for item in scale.items}


@given(filled())
def test_a_score_lies_between_0_and_100_and_is_the_mean_of_its_dimensions_by_items(case):
    scale, answers = case
    found = score(scale, answers)
    assert 0 <= found.total <= 100
    assert all(0 <= part <= 100 for part in found.parts.values())
    weights = {dimension.key: len(scale.items_of(dimension.key)) for dimension in scale.dimensions}
    mean = sum(found.parts[key] * n for key, n in weights.items()) / len(scale.items)
    assert found.total == pytest.approx(mean, abs=0.1)


@given(filled())
def test_opposite_answers_mirror_the_score(case):
    scale, answers = case
    opposite = score(scale, {key: 6 - answer for key, answer in answers.items()})
    assert opposite.total == pytest.approx(100 - score(scale, answers).total, abs=0.11)


@given(filled(), st.data())
def test_one_answer_better_never_lowers_a_score(case, data):
    scale, answers = case
    item = data.draw(st.sampled_from(scale.items))
    step = -1 if item.is_reversed else 1
    better = answers | {item.key: min(5, max(1, answers[item.key] + step))}
    before, after = score(scale, answers), score(scale, better)
    assert after.total >= before.total
    assert all(after.parts[key] >= before.parts[key] for key in before.parts)
