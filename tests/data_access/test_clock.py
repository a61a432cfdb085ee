import datetime as dt

import pytest

from data_access import clock
from data_access.clock import SteadyClock, now, utc


def test_the_time_is_that_of_the_wall_clock_when_the_process_began():
    assert abs((now() - dt.datetime.now(dt.UTC)).total_seconds()) < 60
    assert now().tzinfo is dt.UTC


def test_time_passes():
    before = now()
    while now() == before:
        pass
    assert now() > before


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_setting_the_wall_clock_does_not_move_the_time(jump):
    wall, steady = [1_800_000_000.0], [77.0]
    steadfast = SteadyClock(wall=lambda: wall[0], steady=lambda: steady[0])
    began = steadfast.now()
    wall[0] += jump
    steady[0] += 10
    assert steadfast.now() - began == dt.timedelta(seconds=10)


def test_a_stored_time_is_that_moment_on_either_database():
    moment = dt.datetime(2026, 11, 20, 4, 0, tzinfo=dt.UTC)
    assert utc(moment.replace(tzinfo=None)) == moment
    assert utc(moment.astimezone(clock.COLLEGE_ZONE)) == moment
    assert utc(moment.astimezone(clock.COLLEGE_ZONE)).tzinfo is dt.UTC
