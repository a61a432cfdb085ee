"""The items of a major's dimensions: value, lines, distance to the target, score, and what it costs the total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from dash.development.base_component import Component

from dashboards import ids
from dashboards.major_parts import score_cell
from dashboards.number import Number
from indicators.eight_dimensions import AT_TARGET, losses
from indicators.major_diagnosis import Diagnosis, MajorInfo, YearScores
from indicators.results import IndicatorInfo, Line
from layouts import format as fmt
from layouts import table
from layouts.bullets import TARGET_AT, Bullet
from layouts.cells import Course

HIDDEN: Final = "不在数据范围"
_TENTHS_FROM: Final = 1000.0
_SMALL: Final = 10.0


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of one major in one year.

    Attributes:
        value: None where there is none, or where the reader may not see it (`is_known` False).
        score: 0 to 100, NaN likewise.
        history: values of the years, oldest first.
        loss: points that it costs the total; 0 where it has no score.
        period: key of the period of the value.
    """

    info: IndicatorInfo
    dimension: str
    weight: float
    value: float | None
    score: float
    history: Sequence[float | None]
    loss: float
    period: str
    is_known: bool
    year: YearScores


def items_of(diagnosis: Diagnosis, row: int) -> list[Item]:
    """The items of a major in the order of the model; those that nobody has computed are left out."""
    year = diagnosis.years[-1]
    _, most = losses(year.dimensions[row], year.model.weights)
    found = []
    column = 0
    for index, dimension in enumerate(year.model.dimensions):
        weights = np.array(list(dimension.items.values()))
        scores = year.items[row, column : column + len(weights)]
        present = weights[~np.isnan(scores)].sum() or 1.0
        for code, weight in dimension.items.items():
            score = float(year.items[row, column])
            own = [_number(float(values[column])) for values in diagnosis.own_values]
            is_known = np.isnan(year.values[row, column]) or (bool(own) and own[-1] is not None)
            share = most[index] * weight / present / AT_TARGET
            loss = share * (AT_TARGET - score)
            if code in diagnosis.infos:
                found.append(
                    Item(
                        info=diagnosis.infos[code],
                        dimension=dimension.name,
                        weight=weight,
                        value=own[-1] if own else None,
                        score=score if is_known else float("nan"),
                        history=own,
                        loss=0.0 if np.isnan(loss) or not is_known else float(loss),
                        period=str(year.period_keys[row, column]),
                        is_known=bool(is_known),
                        year=year,
                    )
                )
            column += 1
    return found


def items_table(items: Sequence[Item], major: MajorInfo, years: Sequence[int]) -> Component:
    """The items as a table; the name of each leads to the card of its number."""
    columns = [
        table.Column(title="分项", is_heading=True),
        table.Column(title="维度"),
        table.Column(title="维内权重", is_number=True),
        table.Column(title="本年", is_number=True),
        table.Column(title="目标", is_number=True),
        table.Column(title="预警", is_number=True),
        table.Column(title="离目标", is_number=True),
        table.Column(title=""),
        table.Column(title="得分", is_number=True),
        table.Column(title="使总分少", is_number=True),
        table.Column(title=f"{years[0]}–{years[-1]}"),
    ]
    rows = [_row(item, major) for item in items]
    return table.table(columns, rows, caption="分项与差距", table_id=ids.table("major", "items"))


def _row(item: Item, major: MajorInfo) -> list[table.Cell]:
    info = item.info
    state = info.judge(item.value)
    number = Number(code=info.code, level="major", entity_id=major.major_id, period=item.period)
    value: table.Cell = table.Marked(text=fmt.NO_VALUE if item.is_known else HIDDEN, name="is-withheld")
    if item.value is not None:
        value = table.Valued(text=written(item.value, info.unit), state=state)
    gap = distance(item.value, info)
    return [
        table.Linked(text=info.name_zh, href=number.href),
        item.dimension,
        f"{item.weight:g}",
        value,
        _line(info.target),
        _line(info.warning),
        gap_words(gap, info.unit),
        Bullet(text=f"离目标 {gap_words(gap, info.unit)}", at=place(item.value, item.score, info), state=state),
        score_cell(item.year, item.score),
        f"−{fmt.number(item.loss)}" if item.loss >= 0.05 else fmt.NO_VALUE if np.isnan(item.score) else "0",
        Course(
            text=f"{info.name_zh}三年：" + "，".join(fmt.number(value) for value in item.history),
            history=item.history,
            state=state,
        ),
    ]


def written(value: float, unit: str) -> str:
    """A value and its unit: large numbers without decimals, small ones with up to two."""
    size = abs(value)
    digits = 0 if size >= _TENTHS_FROM else 1 if size >= _SMALL or unit == "%" else 2
    text = fmt.number(value, digits=digits)
    if unit != "%" and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}%" if unit == "%" else f"{text} {unit}"


def distance(value: float | None, info: IndicatorInfo) -> float | None:
    """How far a value is beyond its target in the good direction; negative where it misses it."""
    if value is None or info.target is None:
        return None
    if isinstance(info.target, tuple):
        low, high = info.target
        return min(value - low, high - value, 0.0)
    return info.target - value if info.direction == "lower" else value - info.target


def gap_words(gap: float | None, unit: str) -> str:
    """The distance in words: 差 3.5, 超 1.2, or 达标 where it is none."""
    if gap is None:
        return fmt.NO_VALUE
    if abs(gap) < 0.005:
        return "达标"
    text = written(abs(gap), unit).removesuffix(unit).strip()
    return f"{'差' if gap < 0 else '超'} {text}"


def place(value: float | None, score: float, info: IndicatorInfo) -> float | None:
    """Where a value stands on its track, 0 to 1: by its score up to the target, beyond it by what is more.

    The track ends where a value is beyond the target by as much as the warning line is short of it.
    """
    gap = distance(value, info)
    if gap is None or np.isnan(score):
        return None
    if gap < 0 or isinstance(info.target, tuple):
        return TARGET_AT * score / AT_TARGET
    warning = info.warning if isinstance(info.warning, int | float) else None
    reach = abs((info.target or 0.0) - warning) if warning is not None else 0.0
    return TARGET_AT + (1.0 - TARGET_AT) * min(gap / reach if reach else float(gap > 0), 1.0)


def _line(line: Line | None) -> str:
    """A line without its unit, which stands beside the value."""
    if isinstance(line, int | float):
        return written(float(line), "").strip()
    return fmt.line(line)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
