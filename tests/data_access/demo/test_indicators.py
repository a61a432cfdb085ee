from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from data_access.access.scope import Scope
from data_access.demo import CollegeSpec, build_demo
from data_access.readers.roster import RosterReader
from data_access.readers.second_classroom import SecondClassReader
from data_access.readers.stored import ValueReader
from indicators.engine import compute
from indicators.library import shipped_library
from indicators.results import STATES
from indicators.second_classroom import SecondClassroom, shipped_modules
from indicators.values import StoredValues
from tests.data_access.demo.conftest import TODAY

EVERYTHING = Scope.all("test of the demo college")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def values(
    install: Callable[..., Any], library: list[Mapping[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> StoredValues:
    home = install(tmp_path_factory.mktemp("demo"))
    spec = CollegeSpec(students=1500, as_of=TODAY)
    build_demo(spec, home.settings, home.database, indicators=library)
    compute(home.lake, home.database, shipped_library(), full=True, as_of=TODAY)
    return StoredValues(ValueReader(home.database), RosterReader(home.lake, home.database))


def own_values(values: StoredValues, block: Mapping[str, Any]) -> np.ndarray:
    """All values of an indicator at its own level, over all periods."""
    plan = next(plan for plan in values.reader.plans(block["code"]).values() if not plan.so_far)
    periods = [period.period_id for period in values.reader.periods(plan.kind)]
    found = values.reader.values(plan, block["entity"], period_ids=periods, scope=EVERYTHING)
    return np.array([row.value for row in found if row.value is not None], float)


def test_every_indicator_has_values_at_its_own_level(values: StoredValues, library: list[Mapping[str, Any]]) -> None:
    assert [block["code"] for block in library if not len(own_values(values, block))] == []


def test_every_state_occurs_often_and_most_values_are_sound(
    values: StoredValues, library: list[Mapping[str, Any]]
) -> None:
    states: Counter[str] = Counter()
    indicators_with: Counter[str] = Counter()
    for block in library:
        judged = values.indicator(block["code"]).judge_all(own_values(values, block))
        present = Counter(STATES[number] for number in judged.tolist())
        states.update(present)
        indicators_with.update(present.keys())
    graded = sum(states.values())
    assert states["达标"] + states["关注"] > 0.7 * graded
    for state in ("达标", "关注", "预警", "警戒"):
        assert states[state] > 0.02 * graded
        assert indicators_with[state] > 80


def test_the_share_of_a_class_with_enough_credits_is_the_stored_indicator(values: StoredValues) -> None:
    service = SecondClassroom(SecondClassReader(values.rosters.facts), shipped_modules())
    (plan,) = (plan for plan in values.reader.plans("STU-GRP-07").values() if not plan.so_far)
    compared = 0
    for period in values.reader.periods("term"):
        stored = values.reader.values(plan, "class", period_ids=[period.period_id], scope=EVERYTHING)
        for row in stored:
            found = service.of_class(row.entity_id, term_key=period.key, scope=EVERYTHING).attainment
            assert found == pytest.approx(row.value), (period.key, row.entity_id)
            compared += 1
    assert compared > 100


def test_a_transcript_adds_up_to_what_the_roll_says(values: StoredValues) -> None:
    service = SecondClassroom(SecondClassReader(values.rosters.facts), shipped_modules())
    for period in values.reader.periods("term"):
        for student_id in range(900, 1800, 90):
            found = service.transcript(student_id, term_key=period.key, scope=EVERYTHING)
            assert found.recorded is None or found.credit == found.recorded
    assert found.credit > 0
