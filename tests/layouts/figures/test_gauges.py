import pytest

from indicators.results import State
from layouts.figures.gauges import Gauge, Mark, Scale, gauges

PASS = Mark(place=50, symbol="line-ns-open", text="合格线 18")
OWN = Mark(place=60, symbol="diamond-tall", text="目标 17", is_strong=False)
ROWS = (
    Gauge(label="生师比", place=80, text="17.3", state=State.WATCH, marks=(PASS, OWN), href="/indicators/SCH-LVL-01"),
    Gauge(label="生均图书", place=None, text="—"),
    Gauge(label="招生计划", place=40, text="4,347 人"),
)
SCALE = Scale(low=0, high=100, lines=((50, "合格线"),), has_bars=True)


def trace(figure, kind):
    return [item for item in figure.data if item.type == kind]


def test_rows_stand_from_top_to_bottom_under_their_names():
    figure = gauges(ROWS, SCALE)
    assert list(figure.layout.yaxis.ticktext) == ["生师比", "生均图书", "招生计划"]
    low, high = figure.layout.yaxis.range
    assert low > high
    assert figure.layout.height > len(ROWS) * 30


def test_a_row_without_value_has_no_bar():
    (bars,) = trace(gauges(ROWS, SCALE), "bar")
    assert list(bars.y) == [0, 2]
    assert list(bars.x) == [80, 40]


def test_a_value_has_the_shape_of_its_state_and_a_bar_without_state_none():
    values = trace(gauges(ROWS, SCALE), "scatter")[1]
    assert list(values.y) == [0]
    assert list(values.marker.symbol) == ["diamond"]


@pytest.mark.parametrize(("place", "symbol"), [(150, "triangle-right"), (-20, "triangle-left")])
def test_a_value_beyond_the_scale_is_an_arrow_at_its_end(place, symbol):
    scale = Scale(low=0, high=100, band=(20, 80))
    values = trace(gauges([Gauge(label="成果", place=place, text="57", state=State.REACHED)], scale), "scatter")[1]
    assert list(values.marker.symbol) == [symbol]
    assert 0 < values.x[0] < 100


def test_lines_of_others_are_filled_and_own_ones_hollow():
    marks = trace(gauges(ROWS, SCALE), "scatter")[0]
    assert list(marks.x) == [50, 60]
    assert len(set(marks.marker.color)) == 2
    assert "合格线 18" in marks.text[0]


def test_the_band_and_the_lines_are_drawn_below_the_values():
    figure = gauges(ROWS, Scale(low=-1, high=2, lines=((0, "差"), (1, "好")), band=(0, 1)))
    assert [shape.type for shape in figure.layout.shapes] == ["rect", "line", "line"]
    assert {shape.layer for shape in figure.layout.shapes} == {"below"}
    anchors = [note.xanchor for note in figure.layout.annotations if note.text in {"差", "好"}]
    assert anchors == ["right", "left"]


def test_a_click_leads_where_the_row_does():
    assert gauges(ROWS, SCALE).layout.meta["rows"] == {"0": "/indicators/SCH-LVL-01"}


def test_every_row_is_told_in_words_at_its_right():
    words = trace(gauges(ROWS, SCALE), "scatter")[-1]
    assert list(words.text) == ["17.3", "—", "4,347 人"]
    assert set(words.x) == {SCALE.high}
