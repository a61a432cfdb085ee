import re
from urllib.parse import unquote

import pytest

from indicators.results import State
from layouts.cells import Course, Door, line_mask
from layouts.table import Column, table


def path_of(mask):
    return re.search(r"<path d='([^']*)'", unquote(mask))[1].split()


def test_a_course_rises_from_left_to_right_and_ends_in_a_dot():
    points = [tuple(map(float, part[1:].split(","))) for part in path_of(line_mask([1.0, 2.0, 4.0]))]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    assert f"cx='{points[-1][0]}' cy='{points[-1][1]}'" in unquote(line_mask([1.0, 2.0, 4.0]))


def test_a_gap_breaks_the_line():
    assert [part[0] for part in path_of(line_mask([1.0, 2.0, None, 3.0, 4.0]))] == ["M", "L", "M", "L"]


def test_a_course_without_change_is_level():
    assert len({part.split(",")[1] for part in path_of(line_mask([5.0, 5.0, 5.0]))}) == 1


@pytest.mark.parametrize("history", [(), (None, None), (None, 3.0)])
def test_too_few_values_make_no_line(history):
    assert Course(text="", history=history).to_json() == {"text": "—", "name": ""}


def test_a_course_is_coloured_by_its_state_and_told_in_words():
    told = Course(text="由 90 到 80", history=(90.0, 80.0), state=State.ALERT).to_json()
    assert told["text"] == "由 90 到 80"
    assert told["name"] == "cell-line state-alert"


def test_a_door_says_in_words_what_it_shows_in_shape_and_place():
    door = Door(text="59%\n22 项", href="/indicators", spoken="学校 决策指挥：达标 59%", state=State.WATCH)
    assert door.to_json() == {
        "text": "59%\n22 项", "href": "/indicators", "spoken": "学校 决策指挥：达标 59%",
        "name": "cell-door state with-shape state-watch",
    }  # fmt: skip


def test_they_stand_in_tables_as_other_cells_do():
    drawn = table(
        [Column(title="走势")], [[Course(text="", history=(1.0, 2.0))]], caption="例", table_id={"role": "table"}
    )
    assert drawn.children[0].data["rows"][0][0]["mask"].startswith("url(")
