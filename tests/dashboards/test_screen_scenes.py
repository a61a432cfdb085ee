"""The scenes of the wall screens over the invented college: which figures stand where, and which do not."""

import dataclasses
import datetime as dt
import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from dashboards import screen_scenes as scenes
from dashboards.screen_feed import scope_of_screens
from dashboards.screen_scenes import Moment, settled_column
from indicators.five_by_five import matrix
from indicators.results import EntityInfo, Standing, ValueFrame
from layouts.screen_blocks import plain
from tests.dashboards.campus import Campus
from tests.dashboards.college import ATTENDANCE, DATA_DATE, DEPARTMENTS, TEACHERS, TERM, week
from tests.dashboards.observatory import Library


def standing(values, *, info=ATTENDANCE, last=12, rows=100):
    """Entities × weeks, of which the last column is week `last`; the data end on the Friday of week 11."""
    array = np.array(values, dtype=np.float64)
    count, columns = array.shape
    return Standing(
        info=info,
        frame=ValueFrame(
            entities=tuple(EntityInfo(entity_id=n, name=f"{n}号") for n in range(1, count + 1)),
            periods=tuple(week(n) for n in range(last + 1 - columns, last + 1)),
            value=array, numerator=array, denominator=np.full(array.shape, 100.0),
            rows=np.full(array.shape, rows, dtype=np.int64), is_suppressed=np.zeros(array.shape, dtype=np.bool_),
        ),
    )  # fmt: skip


class Hall(Campus):
    """The campus with the last weeks of an indicator, as `lately` gives them, and no diagnosis of majors."""

    def history(self, codes, level, *, until, last, below=None, entity_ids=None, scope):
        board = self.board(codes, level, term_key=TERM.key, below=below, entity_ids=entity_ids, scope=scope)
        return dataclasses.replace(board, standings={c: self._last(s, last) for c, s in board.standings.items()})

    @staticmethod
    def _last(found, last):
        frame = found.frame
        cut = {
            name: getattr(frame, name)[:, -last:]
            for name in ("value", "numerator", "denominator", "rows", "is_suppressed")
        }
        return dataclasses.replace(found, frame=dataclasses.replace(frame, periods=frame.periods[-last:], **cut))


@pytest.fixture
def moment():
    majors = SimpleNamespace(diagnose=lambda *_, **__: SimpleNamespace(current=None, visible=(), majors=()))
    return Moment(
        values=Hall(),
        entries=Library().entries(),
        majors=majors,
        scope=scope_of_screens(DATA_DATE),
        term=TERM,
        until=DATA_DATE,
    )


def block(scene, title):
    (found,) = [part for column in scene.columns for part in column if part.title.startswith(title)]
    return found


def told(ranking):
    return [(row.name, row.cells[0].text, row.cells[0].state) for row in ranking.rows]


def test_every_scene_is_made_and_names_no_person(moment):
    made = [build(moment) for build in scenes.BUILDERS.values()]
    assert [scene.key for scene in made] == ["overview", "classroom", "majors", "growth", "tasks"]
    text = json.dumps([plain(scene) for scene in made], ensure_ascii=False, allow_nan=False)
    assert DEPARTMENTS[0] in text
    assert not [name for name in TEACHERS if name in text]
    assert "entity_id" not in text


def test_a_week_that_is_not_over_is_not_held_against_its_target():
    until = dt.date(2026, 11, 20)
    assert settled_column(standing([[96, 91, 20]]), until) == 1
    assert settled_column(standing([[96, np.nan, 20]]), until) == 0
    assert settled_column(standing([[np.nan, np.nan, 20]]), until) is None


def test_departments_stand_side_by_side_with_their_unit(moment):
    grid = block(scenes.overview(moment), "各系部最近一期")
    assert [row.name for row in grid.rows] == list(DEPARTMENTS)
    assert grid.note == "%"
    assert len(grid.columns) == len(grid.rows[0].cells)
    assert [row.cells[0].text for row in grid.rows] == ["95.0", "90.0", "85.0", "80.0", "100.0", "95.0"]


def test_the_classroom_shows_settled_weeks_only(moment):
    scene = scenes.classroom(moment)
    assert block(scene, "到课率").columns == tuple(f"{n}周" for n in range(2, 12))
    assert len(block(scene, "全校到课率").points) == 11


def test_who_is_in_need_stands_furthest_behind_first_with_unit_and_week(moment):
    found = scenes._in_need(standing([[96, 10], [89, 10], [70, 10], [np.nan, 10], [91, 10]]), moment)
    assert told(found) == [("3号", "70.0%", "alert"), ("2号", "89.0%", "warning"), ("5号", "91.0%", "watch")]
    assert found.note == "到课率，第11周"


def test_values_of_few_people_are_not_put_up_on_a_wall(moment):
    few = standing([[70, 10], [89, 10]], rows=scenes.FEWEST_BEHIND - 1)
    assert told(scenes._in_need(few, moment)) == []
    assert told(scenes._getting_better(standing([[1, 2, 3]], last=11, rows=3), moment)) == []


def test_who_gets_better_rose_twice_and_gained_most(moment):
    found = scenes._getting_better(
        standing([[90, 91, 92], [80, 85, 90], [80, 95, 94], [np.nan, 90, 95]], last=11), moment
    )
    assert told(found) == [("2号", "↑ 10.0", ""), ("1号", "↑ 2.0", "")]
    assert found.note == "连续两周上升，百分点"


def test_changes_of_one_unit_stand_by_size(moment):
    board = moment.board(("CRS-ATT-01",), "dept")
    found = standing([[95, 94], [95, 90], [95, 96]], last=11)
    board = dataclasses.replace(board, entities=found.frame.entities, standings={"CRS-ATT-01": found})
    changed = scenes.moves(board, "dept", data_date=DATA_DATE, count=3)
    falls = scenes._movements(changed[::-1], title="变化", missing="没有")
    assert falls.rows[0].cells[0].text == "↓ 5.0"
    assert falls.note == "较上周，百分点"


def test_tasks_stand_furthest_behind_first_with_their_target_as_a_mark(moment):
    bars = block(scenes.tasks(moment), "各部门重点工作完成率")
    assert [row.cells[0].text for row in bars.rows] == ["80.0%", "85.0%", "90.0%", "95.0%", "95.0%", "100.0%"]
    assert {row.mark for row in bars.rows} == {0.95}
    assert "竖线为目标 95%" in bars.note


def test_majors_without_scores_say_why(moment):
    assert scenes.majors(moment).missing == "各专业还没有足够的分项数据算出得分。"


def test_the_layers_count_what_the_five_by_five_counts(moment):
    """A passer-by and the principal at the cockpit see the same alarms."""
    entries = Library().entries()
    found = moment.values.readings([e.code for e in entries], "school", 1, until=DATA_DATE, scope=moment.scope)
    cells = matrix([(e.code, e.layer, e.five_system) for e in entries], found)
    expected = {
        layer: Counter(s for c in cells.values() if c.layer == layer for s in c.states.values())
        for layer in scenes.LAYERS
    }
    assert {layer: Counter(states) for layer, states in moment.layers} == expected
    assert sum(sum(counted.values()) for counted in expected.values()) > 1


def test_how_changes_of_several_units_are_ranked_is_told(moment):
    note = next(part.note for column in scenes.overview(moment).columns for part in column if part.title == "下降最多")
    assert "按距线比例" in note
