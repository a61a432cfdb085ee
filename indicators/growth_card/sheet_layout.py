"""The columns of an entry sheet: what is entered for a point, in which unit and within which range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from data_access.growth_card.cells import CLASS, STUDENT, Column
from indicators.growth_card.collection import Demand, column_key, inputs_of
from indicators.growth_card.points import RAW, Collector, Point, Rule
from indicators.model import Level

STATUSES: Final = ("准时", "迟到", "早退", "请假", "公假", "旷课")
"""What a student's attendance of a lesson may be, in the order of the numbers that are stored."""
STATUS, PREVIEW, HOMEWORK = "status", "preview", "homework"
LESSON: Final = (
    Column(
        key=STATUS,
        holder=STUDENT,
        label="考勤",
        choices=tuple((float(number), word) for number, word in enumerate(STATUSES)),
        assumed=0.0,
    ),
    Column(key=PREVIEW, holder=STUDENT, label="预习", choices=((1.0, "完成"), (0.0, "未完成")), is_required=False),
    Column(key=HOMEWORK, holder=STUDENT, label="作业", choices=((1.0, "完成"), (0.0, "未完成")), is_required=False),
)
"""Columns of the sheet of a lesson (每次课前). Preview and homework stay empty where none was set."""

_NO, _YES = (0.0, "否"), (1.0, "是")
_WORDS: Final[Mapping[str, tuple[tuple[float, str], ...]]] = {
    "STU-ACD-10": ((0.0, "未取得"), (1.0, "已取得")),
    "STU-PER-14": (
        (0.0, "无"), (1.0, "警告"), (2.0, "严重警告"), (3.0, "记过"), (4.0, "留校察看"), (5.0, "开除学籍"),
    ),
    "STU-CAR-13": ((0.0, "不对口"), (100.0, "对口")),
}  # fmt: skip
"""Words for the levels of a table."""
_MOST_TIMES: Final = 200
_MOST_HOURS: Final = 2000
_MOST_LEVEL_POINTS: Final = 200
_COUNTED: Final = frozenset({Rule.COUNT_UP, Rule.COUNT_DOWN, Rule.NEUTRAL})
_SUMS: Final = frozenset({"STU-CAR-09", "STU-CAR-10"})
"""Sums of weights (层次分, 级别分) rather than numbers of times."""
_EVENTS: Final[Mapping[str, str]] = {"旷课次数": "旷课", "补考后仍不及格课程门数": "补考后仍不及格"}


def columns_of(demand: Demand) -> tuple[Column, ...]:
    """The columns of a sheet of this demand, in the order of the plan; those of the class come first."""
    found = [
        _column(point, name, demand.task, demand.collector, is_owed=point in demand.points)
        for point in (*demand.points, *demand.occasional)
        for name in inputs_of(point, demand.task, demand.collector)
    ]
    named = (replace(c, label=f"班级 · {c.label}") if c.holder == CLASS else c for c in found)
    return tuple(sorted(named, key=lambda column: column.holder != CLASS))


def _column(point: Point, name: str, task: str, collector: Collector, *, is_owed: bool) -> Column:
    key = column_key(point.code, name)
    holder = CLASS if point.holder is Level.CLASS else STUDENT
    leading = inputs_of(point, task, collector)[0]
    is_required = is_owed and name == leading and not point.is_neutral and not name.startswith(f"{RAW}.")
    if name == "on_time":
        label = f"{point.name} · 按时"
        return Column(key=key, holder=holder, label=label, choices=(_YES, _NO), is_required=is_owed)
    if name == "goals":
        return Column(
            key=key, holder=holder, label=f"{point.name} · 目标达成", unit="%", scale=100.0, is_required=is_required
        )
    if name == "events":
        word = _EVENTS.get(str(point.params["deduct_event"]), str(point.params["deduct_event"]))
        unit = "门" if "门数" in str(point.params["deduct_event"]) else "次"
        return Column(
            key=key, holder=holder, label=f"{point.name} · {word}", unit=unit, highest=_MOST_TIMES, is_whole=True,
            is_required=False,
        )  # fmt: skip
    if name.startswith(f"{RAW}."):
        award = name.removeprefix(f"{RAW}.")
        return Column(
            key=key, holder=holder, label=f"{point.name} · {award}", unit="层次分", highest=_MOST_LEVEL_POINTS,
            is_required=False,
        )  # fmt: skip
    return _leading(point, key, holder, is_required=is_required)


def _leading(point: Point, key: str, holder: int, *, is_required: bool) -> Column:
    match point.rule:
        case Rule.LEVEL:
            steps = _WORDS.get(point.code) or tuple((float(step), step) for step in point.params["table"])
            return Column(key=key, holder=holder, label=point.name, choices=steps, is_required=is_required)
        case Rule.PARTICIPATE:
            choices = ((1.0, "已完成"), (0.0, "未完成"))
            return Column(key=key, holder=holder, label=point.name, choices=choices, is_required=is_required)
        case Rule.DELTA:
            return Column(key=key, holder=holder, label=point.name, unit="分", lowest=-100.0, is_required=is_required)
        case Rule.BAND_HOURS:
            return Column(
                key=key, holder=holder, label=point.name, unit="小时", highest=_MOST_HOURS, is_required=is_required
            )
        case Rule.PLAN:
            return Column(key=key, holder=holder, label=f"{point.name} · 质量", unit="分", is_required=is_required)
        case rule if rule in _COUNTED and point.code not in _SUMS:
            return Column(
                key=key, holder=holder, label=point.name, unit="次", highest=_MOST_TIMES, is_whole=True,
                is_required=is_required,
            )  # fmt: skip
        case Rule.COUNT_UP:
            return Column(
                key=key, holder=holder, label=point.name, unit="级别分", highest=_MOST_LEVEL_POINTS,
                is_required=is_required,
            )  # fmt: skip
        case _:
            unit = "%" if "率" in point.name else "分"
            return Column(key=key, holder=holder, label=point.name, unit=unit, is_required=is_required)
