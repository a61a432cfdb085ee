from indicators.results import State
from layouts.figures.growth import BandCount, Step, band_counts, gains, growth

BANDS = (("优", 85.0, State.REACHED), ("关注", 60.0, State.WATCH), ("警戒", 0.0, State.ALERT))
STEPS = (
    Step(label="24–25", attainment=58.2, band="预警", state=State.WARNING, told="得 400 分"),
    Step(label="25–26", attainment=None, band="", state=State.NO_DATA),
    Step(label="26–27", attainment=88.0, band="优", state=State.REACHED),
)


def test_a_term_to_which_nothing_was_due_is_a_gap():
    line = growth(STEPS, bands=BANDS).data[0]
    assert list(line.y) == [58.2, None, 88.0]
    assert list(line.text) == ["预警 58.2", "", "优 88.0"]
    assert list(line.marker.symbol) == ["triangle-up", "circle-open", "circle"]


def test_the_edges_of_the_bands_are_drawn_and_named_but_for_the_lowest():
    layout = growth(STEPS, bands=BANDS).layout
    assert [shape.y0 for shape in layout.shapes] == [85.0, 60.0]
    assert [note.text for note in layout.annotations] == ["优 85", "关注 60"]


def test_one_term_stands_in_a_chart_of_its_own_width():
    assert list(growth(STEPS[:1], bands=BANDS).layout.xaxis.range) == [-0.5, 1.5]


def test_a_loss_of_ability_hangs_below_the_line_and_what_is_unknown_has_no_bar():
    figure = gains(("24–25", "25–26"), (("基本能力增值", (2.0, None)), ("职业素养增值", (-1.5, 0.0))))
    first, second = figure.data
    assert (list(first.y), list(first.text)) == ([2.0, None], ["+2.0", ""])
    assert list(second.text) == ["−1.5", "0.0"]
    low, high = figure.layout.yaxis.range
    assert low < -1.5 < 2.0 < high


def test_without_any_gain_the_axis_still_has_a_length():
    low, high = gains(("24–25",), (("基本能力增值", (None,)),)).layout.yaxis.range
    assert low < high


def test_bands_are_bars_as_long_as_the_number_of_those_who_stand_in_them():
    bands = [
        BandCount(name="优", state=State.REACHED, count=12, href="/classes/1?band=1"),
        BandCount(name="警戒", state=State.ALERT, count=0, href="/classes/1?band=2"),
    ]
    figure = band_counts(bands)
    assert list(figure.data[0].x) == [12, 0]
    assert list(figure.data[0].text) == ["12 人", "0 人"]
    assert [words.partition(">")[2].partition("<")[0] for words in figure.layout.yaxis.ticktext] == ["● 优", "■ 警戒"]
    assert figure.layout.meta["rows"] == ["/classes/1?band=1", "/classes/1?band=2"]


def test_bands_of_nobody_still_have_an_axis():
    low, high = band_counts([BandCount(name="优", state=State.REACHED, count=0)]).layout.xaxis.range
    assert low < high


def test_words_stand_where_the_line_does_not_run():
    def sides(*shares):
        steps = [Step(label="", attainment=share, band="中", state=State.WATCH) for share in shares]
        return list(growth(steps, bands=()).data[0].textposition)

    assert sides(60.0, 80.0, 70.0) == ["top left", "top center", "top right"]
    assert sides(80.0, 60.0, 70.0) == ["top center", "bottom center", "top center"]
    assert sides(80.0, None, 60.0) == ["top center", "top center", "top center"]
