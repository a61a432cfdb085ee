import dataclasses

import pytest

from data_access.access.scope import Scope
from data_access.readers.benchmarks import BenchmarkReader
from indicators.benchmarks import Benchmark, Benchmarks
from tests.dashboards.college import ATTENDANCE

ALL = Scope.all("test")
PEERS = Benchmark(code="SCH-LVL-10", peers="本省高职", year=2026, low=50.0, median=57.5, high=65.0, is_core=True)


@pytest.fixture
def benchmarks(values):
    return Benchmarks(BenchmarkReader(values.rosters.facts))


def test_the_last_published_year_counts(benchmarks):
    found = benchmarks.of(2099, scope=ALL)
    assert len({item.year for item in found}) == 1
    earlier = benchmarks.of(found[0].year - 1, scope=ALL)
    assert all(item.year < found[0].year for item in earlier)
    assert all(item.low <= item.high for item in found)


def test_who_may_read_nothing_of_the_school_is_told_of_no_peers(benchmarks):
    assert benchmarks.of(2099, scope=Scope(reason="nobody")) == []


@pytest.mark.parametrize(("value", "place"), [(50.0, 0.0), (65.0, 1.0), (57.5, 0.5), (80.0, 2.0)])
def test_a_value_stands_between_the_quartiles_of_its_peers(value, place):
    assert PEERS.place(value, ATTENDANCE) == pytest.approx(place)


def test_where_lower_is_better_the_scale_is_turned():
    lower = dataclasses.replace(ATTENDANCE, direction="lower")
    assert PEERS.place(50.0, lower) == pytest.approx(1.0)
    assert PEERS.is_reached(57.5, lower)
    assert not PEERS.is_reached(58.0, lower)
    assert PEERS.is_reached(58.0, ATTENDANCE)


def test_peers_without_a_spread_have_no_scale():
    assert dataclasses.replace(PEERS, low=60.0, high=60.0).place(60.0, ATTENDANCE) is None


def test_moving_one_median_turns_exactly_the_indicators_beyond_it():
    values = {"A": 56.0, "B": 58.0, "C": 60.0}
    before = {code for code, value in values.items() if PEERS.is_reached(value, ATTENDANCE)}
    after = {c for c, v in values.items() if dataclasses.replace(PEERS, median=59.0).is_reached(v, ATTENDANCE)}
    assert before - after == {"B"}
