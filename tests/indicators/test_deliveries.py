"""When a source counts as on time, late, flawed or missing."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.readers.loads import Load, Loads, Silence
from indicators.deliveries import Lines, sources, state_of, tables_of
from indicators.library import shipped_library
from indicators.results import State

FRIDAY = dt.date(2026, 11, 20)
LINES = Lines(completeness=98.0, errors=1.0)
DAYS = 28


def load(day=FRIDAY, *, source="教务", table="fact_grade", expected=100, loaded=100, errors=0, is_on_time=True):
    return Load(
        day=day, source=source, table=table, department="教务处", expected=expected, loaded=loaded, errors=errors,
        is_on_time=is_on_time,
    )  # fmt: skip


def days_back(*back):
    return [FRIDAY - dt.timedelta(days=n) for n in back]


def weekdays():
    return [day for day in days_back(*range(DAYS)) if day.weekday() < 5]


def found(loads, *, is_term=lambda _day: True):
    return sources(Loads(last=FRIDAY, found=list(loads)), days=DAYS, is_term=is_term, lines=LINES)


def on(source, day):
    return source.deliveries[source.days.index(day)]


@pytest.mark.parametrize(
    ("given_", "state"),
    [
        ({}, State.REACHED),
        ({"is_on_time": False}, State.WARNING),
        ({"loaded": 0}, State.ALERT),
        ({"loaded": 0, "is_on_time": False}, State.ALERT),
        ({"expected": 0, "loaded": 0}, State.REACHED),
        ({"expected": None}, State.REACHED),
        ({"loaded": 98}, State.REACHED),
        ({"loaded": 97}, State.WATCH),
        ({"errors": 1}, State.REACHED),
        ({"errors": 2}, State.WATCH),
        ({"errors": 2, "is_on_time": False}, State.WARNING),
        ({"loaded": None, "errors": None}, State.ALERT),
    ],
)
def test_a_table_counts_by_the_worst_that_is_wrong_with_it(given_, state):
    assert state_of(load(**given_), LINES) is state


def test_a_dropped_day_is_missing_and_a_weekend_without_duty_is_not():
    dropped = FRIDAY - dt.timedelta(days=2)
    (source,) = found([load(day) for day in weekdays() if day != dropped])
    assert on(source, dropped).state is State.ALERT
    assert (source.state, source.days_in_state, source.last) == (State.ALERT, 1, FRIDAY)
    assert {on(source, day).state for day in source.days if day.weekday() >= 5} == {State.NO_DATA}
    assert sum(one.state is State.ALERT for one in source.deliveries) == 1


def test_a_source_that_has_stopped_is_missing_on_every_day_since():
    last = FRIDAY - dt.timedelta(days=3)
    (source,) = found([load(day) for day in weekdays() if day <= last])
    assert (source.state, source.days_in_state, source.last) == (State.ALERT, 3, last)


def test_nothing_is_due_out_of_term_nor_before_the_first_delivery():
    began = FRIDAY - dt.timedelta(days=16)
    holiday = {FRIDAY - dt.timedelta(days=9), FRIDAY - dt.timedelta(days=8)}
    came = [load(day) for day in weekdays() if day >= began and day not in holiday]
    (source,) = found(came, is_term=lambda day: day not in holiday)
    assert not any(one.state is State.ALERT for one in source.deliveries)
    assert {on(source, day).state for day in holiday} == {State.NO_DATA}


def test_a_table_that_comes_on_mondays_is_due_on_mondays_alone():
    mondays = [day for day in days_back(*range(DAYS)) if day.weekday() == 0]
    (source,) = found([load(day) for day in mondays[1:]])
    assert on(source, mondays[0]).state is State.ALERT
    assert sum(one.state is not State.NO_DATA for one in source.deliveries) == len(mondays)


def test_of_several_tables_the_worst_decides_and_rows_add_up():
    both = [load(table="fact_grade", loaded=90), load(table="fact_session", is_on_time=False, errors=3)]
    (source,) = found(both)
    today = on(source, FRIDAY)
    assert source.tables == ("fact_grade", "fact_session")
    assert (today.state, today.tables, today.late, today.missing) == (State.WARNING, 2, 1, 0)
    assert (today.expected, today.loaded, today.errors) == (200, 190, 3)
    assert today.completeness == 95.0


def test_who_needs_help_most_comes_first():
    good, late, gone = load(source="好"), load(source="迟", is_on_time=False), load(source="缺", loaded=0)
    old = load(FRIDAY - dt.timedelta(days=20), source="旧", is_on_time=False)
    order = found([good, old, late, gone])
    assert [source.name for source in order] == ["缺", "迟", "好", "旧"]
    assert order[-1].state is State.NO_DATA


def test_a_source_of_which_nothing_came_is_listed_with_the_day_on_which_something_did():
    day = FRIDAY - dt.timedelta(days=90)
    silent = [Silence(source="旧系统", department="", last=day)]
    told = sources(Loads(last=FRIDAY, found=[load()], silent=silent), days=DAYS, is_term=lambda _day: True, lines=LINES)
    assert [(source.name, source.last) for source in told] == [("教务", FRIDAY), ("旧系统", day)]
    assert told[1].state is State.NO_DATA
    assert told[1].total().loaded == 0


@given(st.lists(st.tuples(st.integers(0, DAYS - 1), st.integers(0, 3), st.integers(0, 50), st.booleans())))
def test_rows_are_neither_lost_nor_counted_twice(drawn):
    by_key = {
        (day, table): load(FRIDAY - dt.timedelta(days=day), table=f"fact_{table}", loaded=rows, is_on_time=is_on_time)
        for day, table, rows, is_on_time in drawn
    }
    total = sum(source.total().loaded for source in found(by_key.values()))
    assert total == sum(one.loaded for one in by_key.values())


def test_the_tables_of_a_formula_are_those_that_the_library_reads():
    from data_access.contracts import contracts  # noqa: PLC0415
    from indicators.formula import parse_formula  # noqa: PLC0415

    for indicator in shipped_library():
        formula, _ = parse_formula(indicator.formula, contracts())
        facts = {table for table in formula.tables if table.startswith("fact_")}
        assert tables_of(indicator.formula) == facts, indicator.code
