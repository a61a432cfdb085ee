"""How a section is taught: units and their attainment, the five degrees of its lessons, rounds of evaluation."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from dash import html

from dashboards import ids
from dashboards.number import Number
from dashboards.offering_data import Offering
from indicators.lessons import ATTAINMENT, Unit, Visits
from indicators.results import Reading, State
from layouts import format as fmt
from layouts import states, table
from layouts.figures.degrees import degrees
from layouts.figures.units import UnitBar, units
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

_ROOM: Final = 420
"""Least width in px of a chart of this page's lower half."""
_ROUNDS_SHOWN: Final = 4
_FEW_FORMS: Final = 3
"""Below so many forms a mean says little, and the panel says so."""


def bars_of(found: Sequence[Unit], offering_id: int, *, with_scores: bool) -> list[UnitBar]:
    """The units of a section beside those with the same number of the other sections.

    Scores are left out where single students could be read from them by somebody who may not see the roster.
    """
    bars = []
    for unit in found:
        if unit.offering_id != offering_id:
            continue
        others = sorted(item.share for item in found if item.number == unit.number and item is not unit)
        bars.append(
            UnitBar(
                number=unit.number,
                share=unit.share,
                reached=unit.reached,
                assessed=unit.assessed,
                others=(others[0], statistics.median(others), others[-1]) if others else None,
                mean=unit.mean if with_scores else None,
                scores=unit.scores if with_scores else None,
            )
        )
    return bars


def draw_units(data: Offering) -> Content:
    """The curve of unit attainment against the other sections of the course, and how scores are spread."""
    item, info = data.offering, data.view.services.values.indicator(ATTAINMENT)
    versions = data.view.services.values.versions()
    if not data.view.scope.admits("offering", info.about):
        return Content(body=states.denied("你的岗位不含教学班的达标率。"), card=info, versions=versions)
    bars = bars_of(data.units, item.offering_id, with_scores=item.is_whole)
    if not bars:
        reason = f"这个教学班在{item.term_label}还没有单元考核记录：没有单元结束，或成绩尚未导入。"
        return Content(body=states.empty(reason), card=info, versions=versions)
    sections = len({unit.offering_id for unit in data.units}) - 1
    label = f"{item.course_name} {item.class_name}各单元达标率"
    return Content(
        body=graph(units(bars, info), label=label, min_width=_ROOM, sheet=_units_sheet(label, bars)),
        note=f"色带为同课程其他 {sections} 个教学班" if sections else "你的数据范围内没有同课程的其他教学班",
        state=info.judge(bars[-1].share),
        card=info,
        versions=versions,
    )


def _units_sheet(title: str, bars: Sequence[UnitBar]) -> Sheet:
    return Sheet(
        title=title,
        columns=[
            "单元", "达标率(%)", "达标(人)", "参加考核(人)", "他班中位(%)", "均分", "最低分", "下四分位", "中位", "上四分位",
            "最高分",
        ],
        rows=[
            [
                bar.number,
                bar.share,
                bar.reached,
                bar.assessed,
                bar.others[1] if bar.others else None,
                bar.mean,
                *(bar.scores or (None,) * 5),
            ]
            for bar in bars
        ],
    )  # fmt: skip


def draw_degrees(data: Offering) -> Content:
    """The five degrees of the lessons visited: mean and spread of the forms, beside course and department.

    Of a section that nobody has visited, its course stands in, and the panel says so.
    """
    infos = data.degrees
    card, versions = infos[0], data.view.services.values.versions()
    if not data.view.scope.admits("offering", card.about):
        return Content(body=states.denied("你的岗位不含听课记录。"), card=card, versions=versions)
    names = {"offering": "本班", "course": "同课程", "dept": "本系"}
    found = {names[level]: visits for level, visits in data.visits.items() if visits.forms}
    subject = next((name for name in ("本班", "同课程") if name in found), None)
    if subject is None:
        reason = f"{data.offering.term_label}到目前为止没有人听过这个教学班的课，同课程也没有听课记录。"
        return Content(body=states.empty(reason), card=card, versions=versions)
    own = found[subject]
    means = {subject: own.means, **{name: item.means for name, item in found.items() if name not in {subject, "本班"}}}
    item = data.offering
    label = f"{item.course_name} {item.class_name}课堂教学五度"
    return Content(
        body=[
            html.P(_forms(subject, own, found), className="panel-lead"),
            graph(
                degrees(infos, means, own.spreads),
                label=label,
                min_width=_ROOM,
                sheet=Sheet(
                    title=label,
                    columns=["维度", *(f"{name}均分" for name in means), f"{subject}标准差"],
                    rows=[
                        [fmt.short_name(info.name_zh), *(row[index] for row in means.values()), own.spreads[index]]
                        for index, info in enumerate(infos)
                    ],
                ),
            ),
        ],
        note="｜ 同课程" * ("同课程" in list(means)[1:]) + (" ◇ 本系" if "本系" in means else ""),
        card=card,
        versions=versions,
    )


def _forms(subject: str, own: Visits, found: dict[str, Visits]) -> str:
    """How many forms the means are of, by whom, and how many lessons were excellent."""
    share = fmt.with_unit(100 * own.excellent / own.forms, "%")
    others = "、".join(f"{name} n={visits.forms}" for name, visits in found.items() if name != subject)
    words = f"{subject} n={own.forms}（{own.roles} 类听课人） · 优品课堂(≥90) {own.excellent} 次，占 {share}"
    if others:
        words += f" · {others}"
    if subject != "本班":
        words += " · 本班本学期没有听课记录，用同课程代替"
    elif own.forms < _FEW_FORMS:
        words += " · 听课次数少，均分仅供参考"
    return words


def draw_rounds(data: Offering) -> Content:
    """Evaluation round by round: scores and participation of students, peers and supervisors over the last terms."""
    readings = [reading for reading in data.rounds if any(point.value is not None for point in reading.points)]
    if not readings:
        reason = "还没有这门课程的评教结果：每学期期末评教，结果冻结后显示；或者课程的历次评教不在你的数据范围内。"
        return Content(body=states.empty(reason))
    periods = {p.period.key: p.period for reading in readings for p in reading.points if p.value is not None}
    shown = sorted(periods.values(), key=lambda period: period.start)[-_ROUNDS_SHOWN:]
    columns = [
        table.Column(title="评价", is_heading=True),
        *(table.Column(title=_short_term(period.key), is_number=True) for period in shown),
        table.Column(title="较上一轮", is_number=True),
        table.Column(title="目标", is_number=True),
    ]
    rows: list[list[table.Cell]] = []
    for reading in readings:
        values = {point.period.key: point.value for point in reading.points}
        known = [value for period in shown if (value := values.get(period.key)) is not None]
        rows.append(
            [
                table.Linked(text=fmt.short_name(reading.info.name_zh), href=_card(reading)),
                *(_value(reading, values.get(period.key)) for period in shown),
                fmt.change(known[-1], known[-2]) if len(known) > 1 else fmt.NO_VALUE,
                fmt.line(reading.info.target, reading.info.unit),
            ]
        )
    whose = "课程" if readings[0].level != "offering" else "本教学班"
    caption = f"{data.offering.course_name}历次评教"
    return Content(
        body=table.table(columns, rows, caption=caption, table_id=ids.table("offering", "rounds")),
        note=f"{whose}按学期 · 未提交的邀请计入参与率的分母",
        sheets=[
            Sheet(
                title=caption,
                columns=["评价", "单位", *(period.label for period in shown)],
                rows=[
                    [
                        reading.info.name_zh,
                        reading.info.unit,
                        *({p.period.key: p.value for p in reading.points}.get(period.key) for period in shown),
                    ]
                    for reading in readings
                ],
            )
        ],
    )


def _value(reading: Reading, value: float | None) -> table.Cell:
    state = reading.info.judge(value) if value is not None else State.NO_DATA
    return table.Valued(text=fmt.with_unit(value, reading.info.unit), state=state)


def _card(reading: Reading) -> str:
    return Number(
        code=reading.info.code, level=reading.level, entity_id=reading.entity_id, period=reading.latest.period.key
    ).href


def _short_term(key: str) -> str:
    """``25–26 ②`` for 2025-2026-2: four terms side by side leave little room."""
    first, second, half = key.split("-")
    return f"{first[2:]}–{second[2:]} {'①②③'[int(half) - 1]}"
