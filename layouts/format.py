"""Numbers, changes and dates in the words of a Chinese reader; "—" stands for no value."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Final

NO_VALUE: Final = "—"
WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
SINCE: Final = {"week": "较上周", "month": "较上月", "term": "较上学期", "year": "较上年"}
"""What a change is measured against, by the kind of period."""
_LARGE: Final = 10_000
_MOST_DIGITS: Final = 4
_WHOLE_UNITS: Final = frozenset({"人", "次", "项", "门", "个", "起", "人次"})


def number(value: float | None, *, digits: int = 1) -> str:
    """A value with thousands separators and fixed `digits`; a dash for None and NaN."""
    if value is None or math.isnan(value):
        return NO_VALUE
    return f"{value:,.{digits}f}".replace("-", "−")


def digits_of(unit: str) -> int:
    """How many decimals values of `unit` carry: counted things none, rates and scores one."""
    return 0 if unit in _WHOLE_UNITS else 1


def digits_beside(value: float | None, lines: Iterable[float], *, digits: int) -> int:
    """How many decimals, from `digits` on, it takes for a value to read as on its side of every line.

    84.97 beside a target of 85 reads 85.0 with one decimal, which would be at target: it takes two. What differs by less
    than the fourth decimal stays as it is.
    """
    if value is None or math.isnan(value):
        return digits
    near = [line for line in lines if value != line and abs(value - line) <= 1]
    for wanted in range(digits, _MOST_DIGITS + 1):
        if all((round(value, wanted) - line) * (value - line) > 0 for line in near):
            return wanted
    return digits


def with_unit(value: float | None, unit: str, *, lines: Iterable[float] = ()) -> str:
    """A value and its unit, such as ``92.6%`` or ``17 个``; a dash without unit where there is none.

    From ten thousand on decimals say nothing: ``76,632 万元``; but see `digits_beside` for a value held against `lines`.
    """
    digits = 0 if value is not None and abs(value) >= _LARGE else digits_of(unit)
    text = number(value, digits=digits_beside(value, lines, digits=digits))
    if text == NO_VALUE or not unit:
        return text
    return f"{text}%" if unit == "%" else f"{text} {unit}"


def gap(value: float, unit: str) -> str:
    """How far a value is from a line, with as many decimals as it takes not to read as nothing."""
    return with_unit(value, unit, lines=(0.0,))


def short_name(name: str) -> str:
    """The name of an indicator without the remark behind it: 作业完成率(课后) is 作业完成率."""
    return name.partition("(")[0].partition("（")[0] or name


def points(hundredths: int, *, signed: bool = False) -> str:
    """Points of the growth card (储值分), kept in hundredths, with the decimals they have: ``1.78``, ``40``, ``−5``.

    Args:
        hundredths: what the ledger holds.
        signed: True for what changes a balance, such as ``+1.78``.
    """
    whole, part = divmod(abs(hundredths), 100)
    digits = f"{whole:,}" + (f".{part:02d}".rstrip("0") if part else "")
    sign = "−" if hundredths < 0 else "+" if signed and hundredths else ""
    return f"{sign}{digits}"


def line(value: float | tuple[float, float] | None, unit: str = "") -> str:
    """A threshold, such as ``90%``, ``35–65%`` or ``24,000 万元``; whole numbers lose their decimals."""
    if value is None:
        return NO_VALUE
    ends = value if isinstance(value, tuple) else (value,)
    text = "–".join(f"{end:,.10g}" for end in ends)
    return f"{text}{unit}" if unit in {"", "%"} else f"{text} {unit}"


def change(now: float | None, before: float | None, *, digits: int = 1) -> str:
    """An arrow and the size of a change, such as ``↓ 0.8``; a dash where either end is missing."""
    if now is None or before is None or math.isnan(now) or math.isnan(before):
        return NO_VALUE
    difference = round(now - before, digits)
    if difference == 0:
        return "持平"
    return f"{'↑' if difference > 0 else '↓'} {abs(difference):,.{digits}f}"


def day(value: dt.date | None) -> str:
    """A date as ``2026-11-20``; a dash for None."""
    return NO_VALUE if value is None else value.isoformat()


def short_day(value: dt.date) -> str:
    """A date within a term, such as ``11-20 周五``."""
    return f"{value:%m-%d} {WEEKDAYS[value.weekday()]}"


def span(start: dt.date, end: dt.date) -> str:
    """A stretch of days within a year, such as ``11-16 至 11-22``."""
    return f"{start:%m-%d} 至 {end:%m-%d}"


def age(value: dt.date, today: dt.date) -> str:
    """How long ago `value` was: ``今天``, ``昨天`` or ``12 天前``; empty for days to come."""
    days = (today - value).days
    if days < 0:
        return ""
    return {0: "今天", 1: "昨天"}.get(days, f"{days} 天前")
