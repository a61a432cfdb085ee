import dataclasses

import pytest

from data_access.access.scope import Scope
from data_access.access.viewer import scope_of
from indicators.digest import Digest
from indicators.movers import FEWEST_BEHIND
from indicators.results import State
from indicators.settled import is_settled
from tests.dashboards.campus import ADVISER, DEPARTMENT_HEAD, LEADER
from tests.dashboards.college import DATA_DATE
from tests.dashboards.observatory import Library, Observed

LEADERS = scope_of((LEADER,), who="leader")


class Counting(Observed):
    """Counts how often it is asked, and has a version that a new run changes."""

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "asked", [])
        object.__setattr__(self, "version", "1187")

    def versions(self):
        return ("2026.2", self.version)

    def history(self, codes, level, **named):
        self.asked.append(level)
        return super().history(codes, level, **named)


@pytest.fixture
def values():
    return Counting()


@pytest.fixture
def digest(values):
    return Digest(values, Library())


def test_the_same_question_is_answered_once_a_run(values, digest):
    first = digest.changes(until=DATA_DATE, count=3, scope=LEADERS)
    asked = len(values.asked)
    assert asked > 0
    assert digest.changes(until=DATA_DATE, count=3, scope=scope_of((LEADER,), who="another")) is first
    assert len(values.asked) == asked


def test_a_new_run_is_seen_at_once(values, digest):
    digest.changes(until=DATA_DATE, count=3, scope=LEADERS)
    asked = len(values.asked)
    object.__setattr__(values, "version", "1188")
    digest.changes(until=DATA_DATE, count=3, scope=LEADERS)
    assert len(values.asked) == 2 * asked


def test_what_was_found_for_one_scope_is_not_told_to_another(digest):
    assert digest.changes(until=DATA_DATE, count=3, scope=LEADERS).is_known
    narrow = scope_of((ADVISER,), who="adviser")
    told = digest.changes(until=DATA_DATE, count=3, scope=narrow)
    assert {change.move.level for change in (*told.falls, *told.rises)} <= {"class"}
    assert not digest.changes(until=DATA_DATE, count=3, scope=Scope(reason="nobody")).is_known


def test_below_a_department_the_department_itself_is_not_told_of(values, digest):
    scope = scope_of((DEPARTMENT_HEAD,), who="head")
    digest.changes(until=DATA_DATE, below=("dept", {1}), count=3, scope=scope)
    assert "dept" not in values.asked


def test_every_change_comes_with_the_values_that_led_to_it(digest):
    found = digest.changes(until=DATA_DATE, count=3, scope=LEADERS)
    assert found.falls
    assert found.rises
    for change in (*found.falls, *found.rises):
        assert change.history[-2:] == (change.move.before, change.move.now)
        assert change.move.behind >= FEWEST_BEHIND
        assert is_settled(change.move.period, DATA_DATE)


def test_alarms_are_those_of_the_school_and_then_of_departments(digest):
    alarms = digest.alarms(until=DATA_DATE, scope=LEADERS)
    assert {alarm.level for alarm in alarms} == {"dept"}
    assert all(alarm.info.judge(alarm.value) is State.ALERT for alarm in alarms)
    assert {alarm.entity.entity_id for alarm in alarms} == {1}
    assert all(not alarm.info.about.topics for alarm in alarms)
    assert alarms[0].beyond == pytest.approx(1.5)


def test_an_alarm_of_the_school_stands_first():
    class Burning(Observed):
        def readings(self, codes, level, entity_id, *, until, scope):
            found = super().readings(codes, level, entity_id, until=until, scope=scope)
            return [
                dataclasses.replace(r, points=(*r.points[:-1], dataclasses.replace(r.points[-1], value=50.0)))
                if r.info.code == "CRS-ATT-01"
                else r
                for r in found
            ]

    alarms = Digest(Burning(), Library()).alarms(until=DATA_DATE, scope=LEADERS)
    assert (alarms[0].level, alarms[0].info.code, alarms[0].value) == ("school", "CRS-ATT-01", 50.0)


def test_who_may_read_nothing_has_no_alarms(digest):
    assert not digest.alarms(until=DATA_DATE, scope=Scope(reason="nobody"))
