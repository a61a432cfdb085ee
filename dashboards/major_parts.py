"""What the pages of majors share: the year, scores as cells and figures, the quadrant, the words of the warning."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from dashboards import ids
from dashboards.desks import LINKS
from dashboards.page import Filter, Kind, View
from dashboards.services import Services
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Post
from indicators.eight_dimensions import printed, state_of
from indicators.major_diagnosis import Diagnosis, YearScores
from indicators.results import State
from layouts import format as fmt
from layouts import table, tiles
from layouts.controls import Option
from layouts.figures.quadrant import Axes, Spot, quadrant
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

NO_YEAR: Final = Option(value="", label="尚无年度")
NOTHING_COMPUTED: Final = "专业层面的指标还没有计算。"
DECIDED_BY_PEOPLE: Final = "限招、停招是建议，由学校人工决策"
QUALITY, SUPPORT = "quality", "support"
_NAMED_AT_MOST: Final = 10


def _years(services: Services, _scope: Scope) -> Sequence[Option]:
    found = [Option(value=str(year), label=f"{year} 年") for year in reversed(services.majors.years())]
    return found or [NO_YEAR]


YEAR: Final = Filter(name="year", label="年度", kind=Kind.SELECT, options=_years)
"""The year of the diagnosis, the last one that has begun unless another is asked for."""


def year_of(view: View) -> int | None:
    """The year asked for; None where there is none yet."""
    return int(view["year"]) if view["year"] else None


def year_words(view: View) -> str:
    """The year asked for, and whether it is still in progress."""
    date = view.services.values.data_date()
    is_open = date is not None and str(date.year) == view["year"]
    return f"{view['year']} 年" + ("（进行中，按现有数据预诊）" if is_open else "")


def known(score: float) -> float | None:
    """A score as printed; None for NaN."""
    return None if math.isnan(score) else printed(score)


def score_cell(year: YearScores, score: float, *, limit: float | None = None, grade: str = "") -> table.Cell:
    """A score with the shape of its state; a dash without one."""
    if math.isnan(score):
        return table.Marked(text=fmt.NO_VALUE, name="is-withheld")
    state = state_of(year.model, score) if limit is None else state_of(year.model, score, limit=limit)
    return table.Valued(text=fmt.number(known(score)), state=state, grade=grade)


def total_cell(year: YearScores, row: int) -> table.Cell:
    """Total and grade of a major."""
    return score_cell(year, float(year.totals[row]), limit=year.model.limits.total, grade=year.grade(row))


def total_state(year: YearScores, row: int) -> State:
    """How the total of a major stands."""
    return state_of(year.model, float(year.totals[row]), limit=year.model.limits.total)


def change_words(diagnosis: Diagnosis, row: int) -> str:
    """Change of the total since the year before."""
    if diagnosis.current is None or diagnosis.before is None:
        return fmt.NO_VALUE
    return change_words_of(float(diagnosis.current.totals[row]), float(diagnosis.before.totals[row]))


def change_words_of(now: float, before: float) -> str:
    """Change between two scores as printed, such as ``↓ 0.8``; a dash where either is missing."""
    return fmt.change(known(now), known(before))


def warning_words(diagnosis: Diagnosis, row: int) -> str:
    """For how many years in a row a major is listed, and what is advised; empty where it is not listed."""
    years, advised = diagnosis.listed_in_a_row(row), diagnosis.advice(row)
    if not years:
        return ""
    words = "本年列入" if years == 1 else f"连续 {years} 年"
    return f"{words} · {advised}" if advised else words


def missed_words(year: YearScores, row: int) -> str:
    """Which limits a major misses, such as 质量度 57.2 低于 60."""
    return "；".join(f"{m.name} {fmt.number(m.score)} 低于 {m.limit:g}" for m in year.misses(row))


def quadrant_panel(
    page: str,
    diagnosis: Diagnosis,
    rows: Sequence[int],
    *,
    link: Callable[[int], str] | None,
    subject: int | None = None,
    height: int = 340,
) -> Content | None:
    """保障度 × 质量度 of the given majors, divided at the medians of the whole college; None where none has both.

    Args:
        page: name of the page, for the id of the chart.
        diagnosis: of the year shown.
        rows: majors within the reader's scope.
        link: address of a major.
        subject: row of the major that the page is about.
        height: in px.
    """
    year = diagnosis.current
    if year is None:
        return None
    across, up = year.dimensions[:, year.model.column(QUALITY)], year.dimensions[:, year.model.column(SUPPORT)]
    shown = [row for row in rows if not (np.isnan(across[row]) or np.isnan(up[row]))]
    if not shown:
        return None
    weights = _weights(diagnosis, shown, subject)
    spots = [
        Spot(
            name=diagnosis.majors[row].name,
            x=known(float(across[row])) or 0.0,
            y=known(float(up[row])) or 0.0,
            state=_spot_state(diagnosis, row),
            href=link(diagnosis.majors[row].major_id) if link else "",
            weight=weights.get(row, 0.0),
            is_subject=row == subject,
            words=warning_words(diagnosis, row) or f"总分 {fmt.number(known(float(year.totals[row])))}",
        )
        for row in shown
    ]
    middle = float(np.nanmedian(across)), float(np.nanmedian(up))
    axes = Axes(
        x="质量度",
        y="保障度",
        middle=middle,
        corners=("保障强 · 质量待升", "保障强 · 质量高", "保障弱 · 质量待升", "保障弱 · 质量高"),
    )
    label = f"{len(spots)} 个专业的保障度与质量度"
    return Content(
        body=graph(
            quadrant(spots, axes, height=height),
            label=label,
            graph_id=ids.chart(page, "quadrant"),
            sheet=Sheet(
                title=f"{label}，{year.year} 年",
                columns=("专业", "质量度(分)", "保障度(分)", "总分(分)", "预警"),
                rows=[
                    (spot.name, spot.x, spot.y, known(float(year.totals[row])), warning_words(diagnosis, row))
                    for spot, row in zip(spots, shown, strict=True)
                ],
            ),
        ),
        note=f"{len(spots)} 个专业 · 十字线为全校中位（质量度 {middle[0]:.1f}，保障度 {middle[1]:.1f}）",
    )


def _spot_state(diagnosis: Diagnosis, row: int) -> State:
    years = diagnosis.listed_in_a_row(row)
    return State.ALERT if diagnosis.advice(row) else State.WARNING if years else State.WATCH


def _weights(diagnosis: Diagnosis, rows: Sequence[int], subject: int | None) -> dict[int, float]:
    """Who is named: the subject, whoever is listed, longest first, then the best and the largest movers."""
    found = {row: 10.0 + diagnosis.listed_in_a_row(row) for row in rows if diagnosis.listed_in_a_row(row)}
    year = diagnosis.current
    if year is not None:
        for row in sorted(rows, key=lambda r: year.ranks[r] or len(year.ranks))[:2]:
            found.setdefault(row, 5.0)
        movers = [row for row in rows if not np.isnan(diagnosis.change(row))]
        for row in sorted(movers, key=lambda r: -abs(diagnosis.change(r)))[:2]:
            found.setdefault(row, 4.0)
    kept = dict(sorted(found.items(), key=lambda item: -item[1])[:_NAMED_AT_MOST])
    return {**kept, subject: 100.0} if subject is not None else kept


def entry(post: Post | None) -> Sequence[tiles.Tile]:
    """The way from the home of who leads a major to its eight dimensions; none from other posts."""
    if post is None or post.role is not Role.MAJOR_LEADER or post.node_level != "major":
        return ()
    href = LINKS["major"].address.format(post.node_id)
    return (tiles.Tile(title="本专业八维度", value="查看", change="总分、位次、分项与差距", href=href),)
