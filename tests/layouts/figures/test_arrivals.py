"""Sources × days."""

import datetime as dt

from indicators.results import State
from layouts.figures.arrivals import Lane, arrivals, told
from layouts.states import SHAPES

DAYS = [dt.date(2026, 11, 13) + dt.timedelta(days=n) for n in range(4)]
STATES = (State.REACHED, State.NO_DATA, State.WARNING, State.ALERT)


def figure(*names):
    lanes = [
        Lane(name=name, href=f"/data?source={name}", states=STATES, told=[str(day) for day in DAYS], note="■ 缺 1 天")
        for name in names
    ]
    return arrivals(lanes, DAYS, suffixes=[f"&day={day}" for day in DAYS])


def test_a_day_without_duty_is_a_gap_and_every_other_state_has_its_shape():
    drawn = figure("教务", "学工")
    ground = drawn.data[0]
    assert [row[1] for row in ground.z] == [None, None]
    assert list(ground.text[0]) == [SHAPES[State.REACHED], "", "", ""]
    shapes = {trace.text: list(zip(trace.x, trace.y, strict=True)) for trace in drawn.data[1:-1]}
    assert shapes[SHAPES[State.ALERT]] == [(3, 0), (3, 1)]
    assert shapes[SHAPES[State.WARNING]] == [(2, 0), (2, 1)]
    assert shapes[SHAPES[State.WATCH]] == []


def test_a_click_leads_to_the_source_and_the_day():
    meta = figure("教务").layout.meta
    assert meta["rows"][0] + meta["columns"][3] == "/data?source=教务&day=2026-11-16"


def test_mondays_are_named_and_names_are_written_as_text():
    drawn = figure("<b>教务")
    assert list(drawn.layout.xaxis.ticktext) == ["11-16<br>周一"]
    assert "&lt;b&gt;教务" in drawn.layout.yaxis.ticktext[0]
    assert "<b>教务" not in told("<b>教务", DAYS[0], "按时", expected=1, loaded=1, errors=0)


def test_what_is_told_of_a_day_without_rows_gives_no_numbers():
    assert told("教务", DAYS[0], "缺", expected=0, loaded=0, errors=0).count("<br>") == 1
