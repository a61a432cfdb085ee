"""The five scenes of the wall screens: which figures each shows, read within the scope of a wall screen.

A scene is a function of `Moment` and gives a `layouts.screen_blocks.Scene`. It reads groups only: the scope has no
level of persons, and what names a person beside a group (a teacher of a section) is not asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from dashboards.desks import ATTENDANCE, COURSE_RATES, HOMEWORK
from dashboards.services import ValueService
from data_access.access.scope import Scope
from data_access.access.screen_settings import SCENES
from indicators.eight_dimensions import AT_TARGET, AT_WARNING, Vector, state_of
from indicators.five_by_five import LAYERS, SYSTEMS, matrix
from indicators.major_diagnosis import Diagnosis, MajorDiagnosis, YearScores
from indicators.movers import FEWEST_BEHIND, Move, largest, moves
from indicators.results import Board, Reading, Standing, State, TermInfo
from indicators.settled import is_settled, last_settled
from indicators.shelf import Entry
from layouts import format as fmt
from layouts import screen_blocks as blocks
from layouts.screen_blocks import Block, Cell, Row, Scene
from layouts.theme import STATE_TOKENS

_RANKED_BY: Final = "按距线比例"
"""How changes of several units are ranked (`dashboards.changes`), in as few words as a title has room for."""
SCHOOL_ID: Final = 1
WEEKS_SHOWN: Final = 10
"""More columns cannot be read from five metres."""
WEEKS_COMPARED: Final = 4
"""The week that is not settled yet, and three before it."""
LISTED: Final = 6
"""Rows of a ranking."""
GROUPS_SHOWN: Final = 12
"""Rows of a grid or of bars."""

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
        entries: the indicators of the library.
        majors: the diagnosis of the majors.
        scope: that of a wall screen.
        term: the term that the data date lies in, or the last that has begun.
        until: the date of the data.
    """

    values: ValueService
    entries: Sequence[Entry]
    majors: MajorDiagnosis
    scope: Scope
    term: TermInfo
    until: dt.date

    def readings(self, codes: Sequence[str]) -> Sequence[Reading]:
        """The college by several indicators, up to their last settled periods."""
        return self.values.readings(codes, "school", SCHOOL_ID, until=self.until, scope=self.scope)

    def board(self, codes: Sequence[str], level: str) -> Board:
        """All entities of a level in the term."""
        return self.values.board(codes, level, term_key=self.term.key, scope=self.scope)

    def lately(self, code: str, level: str) -> Standing | None:
        """One weekly indicator of many entities over the last weeks; None where it has no values at that level."""
        found = self.values.history((code,), level, until=self.until, last=WEEKS_COMPARED, scope=self.scope)
        return found.standings.get(code)

    @cached_property
    def teaching(self) -> frozenset[str]:
        """Names of the departments that teach; others have no classrooms."""
        return frozenset(department.name for department in self.values.departments(scope=self.scope))

    @cached_property
    def layers(self) -> list[tuple[str, list[State]]]:
        """Of each layer, the states of its indicators: those of the five by five of the cockpit, within the scope."""
        places = [(entry.code, entry.layer, entry.five_system) for entry in self.entries]
        codes = [entry.code for entry in self.entries if "school" in entry.levels]
        cells = matrix(places, self.readings(codes))
        return [
            (layer, [state for system in SYSTEMS for state in cells[layer, system].states.values()]) for layer in LAYERS
        ]

    def begun(self, standing: Standing) -> list[int]:
        """Columns of the last settled periods of a standing."""
        periods = standing.frame.periods
        return [i for i, period in enumerate(periods) if is_settled(period, self.until)][-WEEKS_SHOWN:]


def overview(moment: Moment) -> Scene:
    """全校态势: how the college stands, layer by layer and department by department, and what moved most."""
    departments = moment.board(tuple(dict.fromkeys((*SIDE_BY_SIDE, *WEEKLY))), "dept")
    changed = moves(_part(departments, WEEKLY), "dept", data_date=moment.until, count=LISTED)
    return _scene(
        "overview",
        (blocks.tiles(moment.readings(OVERVIEW)),),
        (
            blocks.counts(
                moment.layers,
                title="五个层面的指标状态",
                note="全校可评判的指标，项；不含敏感指标",
                missing="还没有算出指标。",
            ),
            _groups(moment, departments, SIDE_BY_SIDE, title="各系部最近一期"),
        ),
        (
            _movements(
                largest(changed, rising=False, count=LISTED),
                title="下降最多",
                missing="这一周没有明显的下降。",
            ),
            _movements(
                largest(changed, rising=True, count=LISTED),
                title="上升最多",
                missing="这一周没有明显的上升。",
            ),
        ),
    )


def classroom(moment: Moment) -> Scene:
    """今日课堂: attendance by department and week, courses in need and courses that get better."""
    departments = moment.board((ATTENDANCE,), "dept").standings.get(ATTENDANCE)
    courses = moment.lately(ATTENDANCE, "course")
    points = moment.values.series(
        ATTENDANCE, "school", SCHOOL_ID, kind="week", term_key=moment.term.key, scope=moment.scope
    )
    begun = [point for point in points if is_settled(point.period, moment.until)]
    info = moment.values.indicator(ATTENDANCE)
    grid = (
        None
        if departments is None
        else blocks.weeks(departments, moment.begun(departments), title="到课率：开课系部 × 周")
    )
    return _scene(
        "classroom",
        (blocks.tiles(moment.readings((*COURSE_RATES, HOMEWORK))),),
        (
            grid or Block(kind="grid", title="到课率：开课系部 × 周", missing="这个学期还没有到课记录。"),
            blocks.curve(begun, info, title="全校到课率", note="逐周，%"),
        ),
        () if courses is None else (_in_need(courses, moment), _getting_better(courses, moment)),
    )


def majors(moment: Moment) -> Scene:
    """专业八维: the mean score of each dimension, departments side by side, the first and the last majors."""
    diagnosis = moment.majors.diagnose(moment.until.year, scope=moment.scope)
    year = diagnosis.current
    rows = [] if year is None else [int(row) for row in diagnosis.visible if not np.isnan(year.totals[row])]
    if year is None or not rows:
        return _scene("majors", missing="各专业还没有足够的分项数据算出得分。")
    order = sorted(rows, key=lambda row: (-year.totals[row], diagnosis.majors[row].name))

    def listed(title: str, chosen: Sequence[int]) -> Block:
        limit = year.model.limits.total
        scored = [(diagnosis.majors[row].name, *_scored(year, year.totals[row], limit=limit)) for row in chosen]
        return blocks.ranking(scored, title=title, note="八维总分", missing="还没有得分。")

    means = [_mean(year.dimensions[rows, column]) for column in range(len(year.model.dimensions))]
    return _scene(
        "majors",
        (
            blocks.bars(
                [_bar(year, d.name, mean) for d, mean in zip(year.model.dimensions, means, strict=True)],
                title="全校各维平均",
                note="满分 100",
                missing="还没有得分。",
            ),
        ),
        (_by_department(diagnosis, year, rows),),
        (listed("得分领先", order[:LISTED]), listed("得分靠后", order[::-1][:LISTED])),
        note=f"{year.year} 年预诊 · {len(rows)} 个专业",
    )


def growth(moment: Moment) -> Scene:
    """学生成长: what concerns students as groups, by department and by class."""
    classes = moment.lately("CLS-ACD-02", "class")
    return _scene(
        "growth",
        (blocks.tiles(moment.readings(GROWTH)),),
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
        (blocks.tiles(moment.readings(TASKS)),),
        (() if departments is None else (_completion(departments, moment),)),
        (
            blocks.ranking(
                [
                    (
                        fmt.short_name(reading.info.name_zh),
                        fmt.with_unit(reading.latest.value, reading.info.unit, lines=reading.info.lines),
                        blocks.token(reading.info, reading.latest.value),
                    )
                    for reading in moment.readings(RESPONSE)
                    if reading.latest.value is not None
                ],
                title="响应与整改",
                note="全校最近一期",
                missing="还没有响应与整改的记录。",
            ),
            blocks.counts(moment.layers, title="指标状态", note="项", missing="还没有算出指标。"),
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
    return blocks.side_by_side(
        standings,
        [settled_column(standing, moment.until) for standing in standings],
        rows if standings else [],
        title=title,
        missing="各系部还没有可以比较的数值。",
    )


def settled_column(standing: Standing, until: dt.date) -> int | None:
    """Column of the last settled period in which anybody has a value; None without any.

    A month of which ten days have passed is not held against its target on a wall.
    """
    frame = standing.frame
    known = [column for column, period in enumerate(frame.periods) if is_settled(period, until)]
    return next((column for column in reversed(known) if not np.isnan(frame.value[:, column]).all()), None)


def _movements(found: Sequence[Move], *, title: str, missing: str) -> Block:
    """Changes since last week as a ranking: entity and indicator, arrow and size, in the state that was reached.

    Which ones are told follows from their lines, as on the cockpit; where they share a unit, they stand by size as a
    passer-by reads it.
    """
    units = {move.info.unit for move in found}
    notes = [_in_steps(fmt.SINCE["week"], units)]
    if len(units) == 1:
        found = sorted(found, key=lambda move: -abs(move.now - move.before))
    else:
        notes.append(_RANKED_BY)
    return blocks.ranking(
        [
            (
                f"{move.entity.name} · {fmt.short_name(move.info.name_zh)}",
                fmt.change(move.now, move.before, digits=fmt.digits_of(move.info.unit)),
                blocks.token(move.info, move.now),
            )
            for move in found
        ],
        title=title,
        note=" · ".join(notes),
        missing=missing,
    )


def _in_steps(note: str, units: Iterable[str]) -> str:
    """A note with the unit of the changes below it, which for rates are points and not per cent."""
    return f"{note}，百分点" if set(units) == {"%"} else note


def _in_need(standing: Standing, moment: Moment) -> Block:
    """The entities furthest below their line in the last settled week."""
    info, column = standing.info, last_settled(standing.frame, moment.until)
    rows: list[tuple[str, str, str]] = []
    if column is not None:
        values = standing.frame.value[:, column]
        known = [row for row in np.argsort(values, kind="stable") if _is_told(standing, row, column)]
        behind = [row for row in known if info.judge(values[row]) in {State.WATCH, State.WARNING, State.ALERT}]
        rows = [
            (
                standing.frame.entities[row].name,
                fmt.with_unit(values[row], info.unit, lines=info.lines),
                blocks.token(info, values[row]),
            )
            for row in behind[:LISTED]
        ]
    note = f"{fmt.short_name(info.name_zh)}，{_week(standing, column)}"
    return blocks.ranking(rows, title="需要关注", note=note, missing="这一周都达到了目标。")


def _getting_better(standing: Standing, moment: Moment) -> Block:
    """The entities that rose two settled weeks in a row, those that gained most first."""
    column = last_settled(standing.frame, moment.until)
    rows: list[tuple[str, str, str]] = []
    if column is not None and column > 1:
        values = standing.frame.value[:, column - 2 : column + 1]
        gained = np.where((np.diff(values, axis=1) > 0).all(axis=1), values[:, 2] - values[:, 0], np.nan)
        order = [row for row in np.argsort(-gained, kind="stable") if not np.isnan(gained[row])]
        told = [row for row in order if all(_is_told(standing, row, c) for c in range(column - 2, column + 1))]
        rows = [(standing.frame.entities[row].name, f"↑ {gained[row]:.1f}", "") for row in told[:LISTED]]
    note = _in_steps("连续两周上升", {standing.info.unit})
    return blocks.ranking(rows, title="正在变好", note=note, missing="没有连续两周上升的。")


def _is_told(standing: Standing, row: int, column: int) -> bool:
    """Whether a value stands on enough records to be put up on a wall."""
    frame = standing.frame
    behind = np.fmin(frame.rows[row, column], frame.denominator[row, column])
    return bool(
        not np.isnan(frame.value[row, column]) and not frame.is_suppressed[row, column] and behind >= FEWEST_BEHIND
    )


def _week(standing: Standing, column: int | None) -> str:
    return "" if column is None else standing.frame.periods[column].label


def _mean(scores: Vector) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if known.size else np.nan


def _scored(year: YearScores, score: float, *, limit: float = AT_WARNING) -> tuple[str, str]:
    """A score of the diagnosis as text and state."""
    return fmt.number(score), STATE_TOKENS[state_of(year.model, score, limit=limit)]


def _bar(year: YearScores, name: str, score: float) -> Row:
    text, state = _scored(year, score)
    return Row(name=name, cells=(Cell(text=text, state=state),), share=None if np.isnan(score) else score / AT_TARGET)


def _by_department(diagnosis: Diagnosis, year: YearScores, rows: Sequence[int]) -> Block:
    """The mean of a department's majors in each dimension, best total first."""
    members: dict[str, list[int]] = {}
    for row in rows:
        members.setdefault(diagnosis.majors[row].dept_name, []).append(row)
    totals = {name: _mean(year.totals[own]) for name, own in members.items()}
    limit = year.model.limits.total
    return Block(
        kind="grid",
        title="各系部专业平均得分",
        note="满分 100",
        columns=(*(dimension.name for dimension in year.model.dimensions), "总分"),
        rows=tuple(
            Row(
                name=name,
                cells=tuple(
                    Cell(text=text, state=state)
                    for text, state in (
                        *(
                            _scored(year, _mean(year.dimensions[members[name], column]))
                            for column in range(len(year.model.dimensions))
                        ),
                        _scored(year, totals[name], limit=limit),
                    )
                ),
            )
            for name in sorted(members, key=lambda name: (-totals[name], name))[:GROUPS_SHOWN]
        ),
        missing="各系部还没有得分。",
    )


def _completion(standing: Standing, moment: Moment) -> Block:
    """How far the departments are with their tasks, furthest behind first, with the target as a mark."""
    info, column = standing.info, settled_column(standing, moment.until)
    now = np.full(len(standing.frame.entities), np.nan) if column is None else standing.frame.value[:, column]
    order = [row for row in np.argsort(now, kind="stable") if not np.isnan(now[row])]
    target = info.target if isinstance(info.target, int | float) else None
    return blocks.bars(
        [
            Row(
                name=standing.frame.entities[row].name,
                cells=(
                    Cell(text=fmt.with_unit(now[row], info.unit, lines=info.lines), state=blocks.token(info, now[row])),
                ),
                share=min(1.0, float(now[row]) / 100),
                mark=None if target is None else target / 100,
            )
            for row in order[:GROUPS_SHOWN]
        ],
        title=f"各部门{fmt.short_name(info.name_zh)}",
        note=f"{_week(standing, column)}，完成最少的在前"
        + ("" if target is None else f"，竖线为目标 {fmt.line(target)}%"),
        missing="各部门还没有任务记录。",
    )
