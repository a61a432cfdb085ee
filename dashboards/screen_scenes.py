"""The five scenes of the wall screens: which figures each shows, read within the scope of a wall screen.

A scene is a function of `Moment` and gives a `layouts.screen.Scene`. It reads groups only: the scope has no
level of persons, and what names a person beside a group (a teacher of a section) is not asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from dashboards.desks import ATTENDANCE, COURSE_RATES, HOMEWORK
from dashboards.services import ValueService
from data_access.access.scope import Scope
from data_access.access.screen_settings import SCENES
from indicators import eight_dimensions as model
from indicators.movers import FEWEST_BEHIND, largest, moves
from indicators.results import Board, Reading, Standing, State, TermInfo
from indicators.settled import is_settled, last_settled, settled
from layouts import format as fmt
from layouts import screen
from layouts.screen import Block, Cell, Row, Scene
from layouts.theme import STATE_TOKENS

SCHOOL_ID: Final = 1
WEEKS_SHOWN: Final = 10
"""More columns cannot be read from five metres."""
LISTED: Final = 6
"""Rows of a ranking."""
GROUPS_SHOWN: Final = 12
"""Rows of a grid or of bars."""

LAYERS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "学校": (("SCH-LVL", 12), ("SCH-QLT", 11)),
    "专业": (("MAJ-QUA", 8), ("MAJ-GUA", 8)),
    "课程": (("CRS-CLS", 8), ("CRS-RUN", 6), ("CRS-ATT", 2)),
    "教师": (("TCH-TEAM", 9),),
    "学生": (("STU-GRP", 18),),
}
"""Families of the library by which a layer is judged on the wall, and how many indicators each has."""
OVERVIEW: Final = ("SCH-SCA-01", "SCH-LVL-01", "SCH-QLT-01", "SCH-QLT-05")
SIDE_BY_SIDE: Final = (*COURSE_RATES, "CLS-ACD-02", "STU-GRP-01", "SCH-TSK-01")
WEEKLY: Final = (ATTENDANCE, "CRS-PAR-01", HOMEWORK, "CLS-ACD-02")
GROWTH: Final = ("CLS-ACD-02", "STU-GRP-01", "STU-GRP-07", "STU-GRP-14")
GROWTH_OF_DEPARTMENTS: Final = ("CLS-ACD-02", "STU-GRP-18", "STU-GRP-17", "STU-GRP-01", "STU-GRP-07", "CLS-PER-03")
TASKS: Final = ("SCH-TSK-01", "SCH-TSK-02", "SCH-TSK-03", "SCH-TSK-11")
RESPONSE: Final = ("SCH-OPS-05", "SCH-OPS-06", "SCH-TSK-07", "SCH-OPS-21", "SCH-OPS-23", "SCH-OPS-29")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The college as a wall screen sees it on a day.

    Attributes:
        values: where figures come from.
        scope: that of a wall screen.
        term: the term that the data date lies in, or the last that has begun.
        until: the date of the data.
    """

    values: ValueService
    scope: Scope
    term: TermInfo
    until: dt.date

    def readings(self, codes: Sequence[str]) -> Sequence[Reading]:
        """The college by several indicators, up to their last settled periods."""
        found = self.values.readings(codes, "school", SCHOOL_ID, until=self.until, scope=self.scope)
        return [settled(reading, self.until) for reading in found]

    def board(self, codes: Sequence[str], level: str) -> Board:
        """All entities of a level in the term."""
        return self.values.board(codes, level, term_key=self.term.key, scope=self.scope)

    @cached_property
    def teaching(self) -> frozenset[str]:
        """Names of the departments that teach; others have no classrooms."""
        return frozenset(department.name for department in self.values.departments(scope=self.scope))

    @cached_property
    def layers(self) -> list[tuple[str, list[State]]]:
        """Of each layer, the states of its indicators that have a target."""
        families = {
            layer: [f"{family}-{number:02d}" for family, last in found for number in range(1, last + 1)]
            for layer, found in LAYERS.items()
        }
        codes = [code for layer in families.values() for code in layer]
        judged = {
            reading.info.code: reading.state for reading in self.readings(codes) if reading.info.target is not None
        }
        return [(layer, [judged[code] for code in members if code in judged]) for layer, members in families.items()]

    def begun(self, standing: Standing) -> list[int]:
        """Columns of the last settled periods of a standing."""
        periods = standing.frame.periods
        return [i for i, period in enumerate(periods) if is_settled(period, self.until)][-WEEKS_SHOWN:]


def overview(moment: Moment) -> Scene:
    """全校态势: how the college stands, layer by layer and department by department, and what moved most."""
    departments = moment.board(tuple(dict.fromkeys((*SIDE_BY_SIDE, *WEEKLY))), "dept")
    changed = moves(_part(departments, WEEKLY), "dept", data_date=moment.until)
    note = f"系部，{fmt.SINCE['week']}"
    return _scene(
        "overview",
        (screen.tiles(moment.readings(OVERVIEW)),),
        (
            screen.counts(moment.layers, title="五个层面的指标状态", note="项", missing="还没有算出指标。"),
            _groups(moment, departments, SIDE_BY_SIDE, title="各系部最近一期"),
        ),
        (
            screen.movements(
                largest(changed, rising=False, count=LISTED),
                title="下降最多",
                note=note,
                missing="这一周没有明显的下降。",
            ),
            screen.movements(
                largest(changed, rising=True, count=LISTED),
                title="上升最多",
                note=note,
                missing="这一周没有明显的上升。",
            ),
        ),
    )


def classroom(moment: Moment) -> Scene:
    """今日课堂: attendance by department and week, courses in need and courses that get better."""
    departments = moment.board((ATTENDANCE,), "dept").standings.get(ATTENDANCE)
    courses = moment.board((ATTENDANCE,), "course").standings.get(ATTENDANCE)
    points = moment.values.series(
        ATTENDANCE, "school", SCHOOL_ID, kind="week", term_key=moment.term.key, scope=moment.scope
    )
    begun = [point for point in points if is_settled(point.period, moment.until)]
    info = moment.values.indicator(ATTENDANCE)
    grid = (
        None
        if departments is None
        else screen.weeks(departments, moment.begun(departments), title="到课率：开课系部 × 周")
    )
    return _scene(
        "classroom",
        (screen.tiles(moment.readings((*COURSE_RATES, HOMEWORK))),),
        (
            grid or Block(kind="grid", title="到课率：开课系部 × 周", missing="这个学期还没有到课记录。"),
            screen.curve(begun, info, title="全校到课率", note="逐周，%"),
        ),
        () if courses is None else (_in_need(courses, moment), _getting_better(courses, moment)),
    )


def majors(moment: Moment) -> Scene:
    """专业八维: the mean score of each dimension, departments side by side, the first and the last majors."""
    shipped = model.shipped_model()
    board = moment.board(shipped.codes, "major")
    if not board.entities:
        return _scene("majors", missing="还没有可以评价的专业。")
    blank = np.full(len(board.entities), np.nan)
    items = np.column_stack(
        [
            model.item_scores(board.standings[code].now(), board.standings[code].info)
            if code in board.standings
            else blank
            for code in shipped.codes
        ]
    )
    dimensions = model.dimension_scores(shipped, items)
    totals = model.totals(dimensions, shipped.weights)
    if np.isnan(totals).all():
        return _scene("majors", missing="各专业还没有足够的分项数据算出得分。")
    names = [entity.name for entity in board.entities]
    order = [row for row in np.argsort(-totals, kind="stable") if not np.isnan(totals[row])]
    heads = tuple(dimension.name for dimension in shipped.dimensions)
    return _scene(
        "majors",
        (
            screen.bars(
                [_bar(name, _mean(dimensions[:, column])) for column, name in enumerate(heads)],
                title="全校各维平均",
                note="满分 100",
                missing="还没有得分。",
            ),
        ),
        (_by_department(board, dimensions, totals, heads),),
        (
            screen.ranking(
                [(names[row], *_scored(totals[row])) for row in order[:LISTED]],
                title="得分领先",
                note="八维总分",
                missing="还没有得分。",
            ),
            screen.ranking(
                [(names[row], *_scored(totals[row])) for row in order[::-1][:LISTED]],
                title="需要关注",
                note="八维总分",
                missing="还没有得分。",
            ),
        ),
        note=f"{len(order)} 个专业 · 各分项最近一期 · 达到目标为 100 分",
    )


def growth(moment: Moment) -> Scene:
    """学生成长: what concerns students as groups, by department and by class."""
    classes = moment.board(("CLS-ACD-02",), "class").standings.get("CLS-ACD-02")
    return _scene(
        "growth",
        (screen.tiles(moment.readings(GROWTH)),),
        (
            _groups(
                moment,
                moment.board(GROWTH_OF_DEPARTMENTS, "dept"),
                GROWTH_OF_DEPARTMENTS,
                title="各系部学生最近一期",
            ),
        ),
        () if classes is None else (_in_need(classes, moment), _getting_better(classes, moment)),
    )


def tasks(moment: Moment) -> Scene:
    """任务与预警: how far tasks are, how quickly is answered, and how many indicators are in which state."""
    departments = moment.board(("SCH-TSK-01",), "dept").standings.get("SCH-TSK-01")
    return _scene(
        "tasks",
        (screen.tiles(moment.readings(TASKS)),),
        (() if departments is None else (_completion(departments),)),
        (
            screen.ranking(
                [
                    (
                        fmt.short_name(reading.info.name_zh),
                        fmt.with_unit(reading.latest.value, reading.info.unit),
                        screen.token(reading.info, reading.latest.value),
                    )
                    for reading in moment.readings(RESPONSE)
                    if reading.latest.value is not None
                ],
                title="响应与整改",
                note="全校最近一期",
                missing="还没有响应与整改的记录。",
            ),
            screen.counts(moment.layers, title="指标状态", note="项", missing="还没有算出指标。"),
        ),
    )


BUILDERS: Final[Mapping[str, Callable[[Moment], Scene]]] = {
    "overview": overview, "classroom": classroom, "majors": majors, "growth": growth, "tasks": tasks,
}  # fmt: skip
"""How each scene of `SCENES` is made."""


# -- parts --------------------------------------------------------------------------------------


def _scene(key: str, *columns: tuple[Block, ...], note: str = "", missing: str = "") -> Scene:
    return Scene(key=key, title=SCENES[key], columns=tuple(filter(None, columns)), note=note, missing=missing)


def _part(board: Board, codes: Sequence[str]) -> Board:
    return Board(
        entities=board.entities, standings={code: board.standings[code] for code in codes if code in board.standings}
    )


def _groups(moment: Moment, board: Board, codes: Sequence[str], *, title: str) -> Block:
    standings = [board.standings[code] for code in codes if code in board.standings]
    rows = [row for row, entity in enumerate(board.entities) if entity.name in moment.teaching][:GROUPS_SHOWN]
    return screen.side_by_side(
        standings, rows if standings else [], title=title, missing="各系部还没有可以比较的数值。"
    )


def _in_need(standing: Standing, moment: Moment) -> Block:
    """The entities furthest below their line in the last settled week."""
    info, column = standing.info, last_settled(standing.frame, moment.until)
    rows: list[tuple[str, str, str]] = []
    if column is not None:
        values = standing.frame.value[:, column]
        known = [row for row in np.argsort(values, kind="stable") if _is_told(standing, row, column)]
        behind = [row for row in known if info.judge(values[row]) in {State.WATCH, State.WARNING, State.ALERT}]
        rows = [
            (standing.frame.entities[row].name, fmt.number(values[row]), screen.token(info, values[row]))
            for row in behind[:LISTED]
        ]
    note = f"{fmt.short_name(info.name_zh)}，{_week(standing, column)}"
    return screen.ranking(rows, title="需要关注", note=note, missing="这一周都达到了目标。")


def _getting_better(standing: Standing, moment: Moment) -> Block:
    """The entities that rose two settled weeks in a row, those that gained most first."""
    column = last_settled(standing.frame, moment.until)
    rows: list[tuple[str, str, str]] = []
    if column is not None and column > 1:
        values = standing.frame.value[:, column - 2 : column + 1]
        gained = np.where((np.diff(values, axis=1) > 0).all(axis=1), values[:, 2] - values[:, 0], np.nan)
        order = [row for row in np.argsort(-gained, kind="stable") if not np.isnan(gained[row])]
        told = [row for row in order if all(_is_told(standing, row, c) for c in range(column - 2, column + 1))]
        rows = [
            (standing.frame.entities[row].name, f"↑ {gained[row]:.1f}", screen.token(standing.info, values[row, 2]))
            for row in told[:LISTED]
        ]
    return screen.ranking(rows, title="正在变好", note="连续两周上升", missing="没有连续两周上升的。")


def _is_told(standing: Standing, row: int, column: int) -> bool:
    """Whether a value stands on enough records to be put up on a wall."""
    frame = standing.frame
    behind = np.fmin(frame.rows[row, column], frame.denominator[row, column])
    return bool(
        not np.isnan(frame.value[row, column]) and not frame.is_suppressed[row, column] and behind >= FEWEST_BEHIND
    )


def _week(standing: Standing, column: int | None) -> str:
    return "" if column is None else standing.frame.periods[column].label


def _mean(scores: np.ndarray) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if known.size else np.nan


def _scored(score: float) -> tuple[str, str]:
    """A score of the diagnosis as text and state: its lines are those of every item."""
    if np.isnan(score):
        return fmt.NO_VALUE, STATE_TOKENS[State.NO_DATA]
    state = State.ALERT
    for line, reached in ((85.0, State.REACHED), (75.0, State.WATCH), (65.0, State.WARNING)):
        if score >= line:
            state = reached
            break
    return fmt.number(score), STATE_TOKENS[state]


def _bar(name: str, score: float) -> Row:
    text, state = _scored(score)
    return Row(name=name, cells=(Cell(text=text, state=state),), share=None if np.isnan(score) else score / 100)


def _by_department(board: Board, dimensions: np.ndarray, totals: np.ndarray, heads: tuple[str, ...]) -> Block:
    """The mean of a department's majors in each dimension, best total first."""
    names = sorted({entity.dept_name for entity in board.entities if entity.dept_name})
    rows = {name: [i for i, entity in enumerate(board.entities) if entity.dept_name == name] for name in names}
    means = {name: _mean(totals[members]) for name, members in rows.items()}
    order = sorted((name for name in names if not np.isnan(means[name])), key=lambda name: -means[name])
    return Block(
        kind="grid",
        title="各系部专业得分",
        note="● 85 起 · ◆ 75 起 · ▲ 65 起 · ■ 低于 65",
        columns=(*heads, "总分"),
        rows=tuple(
            Row(
                name=name,
                cells=tuple(
                    Cell(text=text, state=state)
                    for text, state in (
                        *(_scored(_mean(dimensions[rows[name], column])) for column in range(len(heads))),
                        _scored(means[name]),
                    )
                ),
            )
            for name in order[:GROUPS_SHOWN]
        ),
        missing="各系部还没有得分。",
    )


def _completion(standing: Standing) -> Block:
    """How far the departments are with their tasks, furthest behind first, with the target as a mark."""
    info, now = standing.info, standing.now()
    order = [row for row in np.argsort(now, kind="stable") if not np.isnan(now[row])]
    target = info.target if isinstance(info.target, int | float) else None
    return screen.bars(
        [
            Row(
                name=standing.frame.entities[row].name,
                cells=(Cell(text=fmt.with_unit(now[row], info.unit), state=screen.token(info, now[row])),),
                share=min(1.0, float(now[row]) / 100),
                mark=None if target is None else target / 100,
            )
            for row in order[:GROUPS_SHOWN]
        ],
        title=f"各部门{fmt.short_name(info.name_zh)}",
        note="完成最少的在前" + ("" if target is None else f"，竖线为目标 {fmt.line(target)}%"),
        missing="各部门还没有任务记录。",
    )
