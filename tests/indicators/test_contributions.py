import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.contributions import contributions
from indicators.results import EntityInfo, Standing, ValueFrame
from tests.dashboards.college import ATTENDANCE, week


def standing(top, bottom):
    numerator, denominator = (np.array(part, dtype=float).reshape(-1, 1) for part in (top, bottom))
    frame = ValueFrame(
        entities=tuple(EntityInfo(entity_id=n, name=f"系{n}") for n in range(1, len(numerator) + 1)),
        periods=(week(11),), value=100 * numerator / denominator, numerator=numerator, denominator=denominator,
        rows=np.nan_to_num(denominator).astype(np.int64),
    )  # fmt: skip
    return Standing(info=ATTENDANCE, frame=frame)


def test_a_part_adds_its_weight_times_its_distance_from_the_whole():
    rate, parts = contributions(standing([80, 20], [100, 20]), 0)
    assert rate == pytest.approx(100 * 100 / 120)
    assert [part.weight for part in parts] == pytest.approx([100 / 120, 20 / 120])
    assert parts[0].points == pytest.approx(100 / 120 * (80 - rate))


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 90)), min_size=1, max_size=8))
def test_what_all_parts_add_comes_to_nought_and_their_mean_to_the_whole(counts):
    rate, parts = contributions(standing(*zip(*counts, strict=True)), 0)
    assert sum(part.points for part in parts) == pytest.approx(0, abs=1e-9)
    assert rate == pytest.approx(100 * sum(top for top, _ in counts) / sum(bottom for _, bottom in counts))
    assert sum(part.weight for part in parts) == pytest.approx(1)


def test_a_part_without_counts_is_left_out():
    _, parts = contributions(standing([80, np.nan], [100, np.nan]), 0)
    assert [part.entity.entity_id for part in parts] == [1]


def test_without_any_counts_there_is_no_rate():
    rate, parts = contributions(standing([np.nan], [np.nan]), 0)
    assert np.isnan(rate)
    assert parts == []
