import dataclasses

import numpy as np
import pytest

from indicators.results import STATES, EntityInfo, IndicatorInfo, State, ValueFrame

HIGHER = IndicatorInfo(
    code="X", name_zh="到课率", unit="%", direction="higher", target=95.0, warning=90.0, alert=85.0,
    definition_zh="", period="week",
)  # fmt: skip
LOWER = dataclasses.replace(HIGHER, direction="lower", target=2.0, warning=5.0, alert=10.0)
INSIDE = dataclasses.replace(HIGHER, direction="target", target=(35.0, 65.0), warning=(25.0, 75.0), alert=(15.0, 85.0))


@pytest.mark.parametrize(
    ("info", "value", "state"),
    [
        (HIGHER, 95.0, State.REACHED), (HIGHER, 94.9, State.WATCH), (HIGHER, 90.0, State.WATCH),
        (HIGHER, 89.9, State.WARNING), (HIGHER, 85.0, State.WARNING), (HIGHER, 84.9, State.ALERT),
        (LOWER, 2.0, State.REACHED), (LOWER, 5.0, State.WATCH), (LOWER, 10.0, State.WARNING), (LOWER, 10.1, State.ALERT),
        (INSIDE, 35.0, State.REACHED), (INSIDE, 70.0, State.WATCH), (INSIDE, 20.0, State.WARNING), (INSIDE, 90.0, State.ALERT),
        (HIGHER, None, State.NO_DATA), (HIGHER, float("nan"), State.NO_DATA),
    ],
)  # fmt: skip
def test_a_value_on_a_line_has_the_better_state(info, value, state):
    assert info.judge(value) is state


def test_a_line_nobody_set_is_passed_by_every_value():
    without = dataclasses.replace(HIGHER, target=None, warning=None, alert=None)
    assert without.judge(0.0) is State.REACHED
    assert without.judge(None) is State.NO_DATA


def test_many_values_are_judged_as_each_alone():
    values = np.array([[96.0, 91.0, 86.0], [10.0, np.nan, 95.0]])
    judged = HIGHER.judge_all(values)
    assert judged.shape == values.shape
    assert [STATES[n] for n in judged.ravel()] == [HIGHER.judge(float(v)) for v in values.ravel()]


def test_arrays_that_do_not_fit_their_entities_are_refused():
    with pytest.raises(ValueError, match=r"value must have shape \(1, 0\)\. Got \(2, 0\)"):
        ValueFrame(
            entities=(EntityInfo(entity_id=1, name="班1"),), periods=(), value=np.zeros((2, 0)),
            numerator=np.zeros((1, 0)), denominator=np.zeros((1, 0)), rows=np.zeros((1, 0), dtype=np.int64),
        )  # fmt: skip
