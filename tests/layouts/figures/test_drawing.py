import json

import pytest
from dash._utils import to_json

from layouts.figures.drawing import Drawing
from layouts.theme import template

LINE = {"type": "scatter", "x": [1, 2], "y": [97.5, None]}


def test_the_browser_gets_the_values_as_they_are_written():
    drawing = Drawing(data=[LINE], layout={"height": 240, "template": template()})
    assert json.loads(to_json(drawing)) == {"data": [LINE], "layout": {"height": 240, "template": template()}}


def test_whoever_looks_into_a_figure_sees_it_as_plotly_does():
    drawing = Drawing(data=[LINE], layout={"height": 240, "xaxis": {"range": [0, 3]}})
    assert drawing.data[0].y == (97.5, None)
    assert drawing.layout.xaxis.range == (0, 3)


def test_a_property_that_plotly_does_not_know_is_told_when_the_figure_is_looked_into():
    with pytest.raises(ValueError, match="colour"):
        _ = Drawing(data=[{**LINE, "colour": "red"}], layout={}).data


def test_the_height_is_known_without_plotly():
    assert Drawing(data=[], layout={"height": 240}).height == 240
    assert Drawing(data=[], layout={}).height is None


def test_a_layout_set_anew_leaves_the_first_drawing_alone():
    first = Drawing(data=[LINE], layout={"height": 240})
    assert first.with_layout(meta={"rows": ["/a"]}).layout.meta == {"rows": ["/a"]}
    assert first.frame == {"height": 240}
