"""Rows of the readers as the plain values that pages are told of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_access.access.privacy import Subject, Topic
from data_access.readers.catalogue import StoredPeriod
from data_access.readers.figures import StoredValue, ValueColumns
from data_access.readers.stored import NamedEntity
from indicators.model import PERIOD_WORDS
from indicators.results import (
    Absence,
    CourseAttendance,
    EntityInfo,
    IndicatorInfo,
    Line,
    PeriodInfo,
    RosterRow,
    ValueFrame,
    ValuePoint,
)


def indicator_info(block: Mapping[str, Any], about: Subject) -> IndicatorInfo:
    """An indicator's block of the library as a page names and judges it; `about` is what its figures tell of.

    How often somebody was counselled is neither good nor bad (包头 表15): the lines of the library only remind
    those who care, and nobody is judged by them.
    """
    is_neutral = about.topics == {Topic.COUNSELLING}
    return IndicatorInfo(
        code=block["code"],
        name_zh=block["name_zh"],
        unit=str(block["unit"]),
        direction=block["direction"],
        target=None if is_neutral else _line(block["target"]),
        warning=None if is_neutral else _line(block["warning"]),
        alert=None if is_neutral else _line(block["alert"]),
        definition_zh=block["definition_zh"],
        period=str(PERIOD_WORDS[block["period"]]),
        formula=block["formula"],
        source=block["source_system"],
        about=about,
    )


def _line(value: Any) -> Line:
    return (float(value[0]), float(value[1])) if isinstance(value, list) else float(value)


def period_info(period: StoredPeriod, terms: Mapping[int, str]) -> PeriodInfo:
    """A period, with its number within its term or year; `terms` gives the keys of terms by id."""
    digits = {"year": 10_000, "term": 10}.get(period.kind, 100)
    return PeriodInfo(
        kind=period.kind,
        key=period.key,
        label=period.label_zh,
        start=period.start_date,
        end=period.end_date,
        ordinal=period.period_id % digits,
        term_key=None if period.term_id is None else terms.get(period.term_id),
    )


def value_point(period: PeriodInfo, row: StoredValue | None) -> ValuePoint:
    """One point of a series; no row is no data."""
    if row is None:
        return ValuePoint(period=period, value=None)
    return ValuePoint(
        period=period,
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        rows=row.rows,
        is_suppressed=row.suppressed,
    )


def value_points(found: ValueColumns, periods: Mapping[int, PeriodInfo]) -> list[ValuePoint]:
    """The series of one entity over `periods` (by id, in order); no row is no data."""
    known = {
        period_id: ValuePoint(
            period=periods[period_id],
            value=value,
            numerator=numerator,
            denominator=denominator,
            rows=rows,
            is_suppressed=is_suppressed,
        )
        for period_id, value, numerator, denominator, rows, is_suppressed in zip(
            found.period_id.tolist(),
            *(_numbers(column) for column in (found.value, found.numerator, found.denominator)),
            found.rows.tolist(),
            found.suppressed.tolist(),
            strict=True,
        )
    }
    return [known.get(key) or ValuePoint(period=period, value=None) for key, period in periods.items()]


def _numbers(column: NDArray[np.float64]) -> list[float | None]:
    return [None if number != number else number for number in column.tolist()]  # noqa: PLR0124 (NaN alone differs from itself)


def entity_info(entity: NamedEntity) -> EntityInfo:
    """An entity with the names of what it belongs to."""
    return EntityInfo(
        entity_id=entity.entity_id,
        name=entity.name,
        dept_name=entity.dept_name or "",
        course_name=entity.course_name or "",
        class_name=entity.class_name or "",
        teacher_name=entity.teacher_name or "",
    )


def value_frame(
    found: ValueColumns, entities: Sequence[EntityInfo], periods: Sequence[StoredPeriod], terms: Mapping[int, str]
) -> ValueFrame:
    """Stored numbers at their places; those of other entities and periods are left out, NaN stands where none is."""
    return framed(found, entities, {period.period_id: period_info(period, terms) for period in periods})


def framed(found: ValueColumns, entities: Sequence[EntityInfo], periods: Mapping[int, PeriodInfo]) -> ValueFrame:
    """The same for periods that are described already, by id in order."""
    row, has_row = _positions(np.array([entity.entity_id for entity in entities], dtype=np.int64), found.entity_id)
    column, has_column = _positions(np.array(list(periods), dtype=np.int64), found.period_id)
    known = has_row & has_column
    at = (row[known], column[known])
    shape = (len(entities), len(periods))
    value, numerator, denominator = (np.full(shape, np.nan) for _ in range(3))
    counts = np.zeros(shape, dtype=np.int64)
    value[at], numerator[at], denominator[at] = found.value[known], found.numerator[known], found.denominator[known]
    counts[at] = found.rows[known]
    is_suppressed = np.zeros(shape, dtype=np.bool_)
    is_suppressed[at] = found.suppressed[known]
    return ValueFrame(
        entities=tuple(entities),
        periods=tuple(periods.values()),
        value=value,
        numerator=numerator,
        denominator=denominator,
        rows=counts,
        is_suppressed=is_suppressed,
    )


def _positions(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each of `wanted` stands in `keys` (distinct, in any order), and whether it is there at all."""
    if not keys.size:
        return np.zeros(wanted.shape, dtype=np.intp), np.zeros(wanted.shape, dtype=np.bool_)
    order = np.argsort(keys)
    place = order[np.searchsorted(keys, wanted, sorter=order).clip(max=keys.size - 1)]
    return place, keys[place] == wanted


def roster_row(row: Mapping[str, Any]) -> RosterRow:
    """One student of an offering."""
    return RosterRow(
        student_id=row["student_id"], student_no=row["student_no"], class_name=row["class_name"], **_counts(row)
    )


def course_attendance(row: Mapping[str, Any]) -> CourseAttendance:
    """One offering of a student."""
    return CourseAttendance(
        offering_id=row["offering_id"],
        course_name=row["course_name"],
        teacher_name=row["teacher_name"],
        is_in_reach=row["is_in_reach"],
        **_counts(row),
    )


def _counts(row: Mapping[str, Any]) -> dict[str, Any]:
    def rate(part: int, whole: int) -> float | None:
        return 100 * part / whole if whole else None

    return {
        **{name: row[name] for name in ("due", "present", "absent", "late", "leave")},
        "attendance_rate": rate(row["present"], row["due"]),
        "participation_rate": rate(row["participated"], row["present"]),
        "homework_rate": rate(row["homework_done"], row["homework_due"]),
        "absences": tuple(Absence(day=_day(a["date_id"]), status=a["status"]) for a in row["absences"] or ()),
    }


def _day(date_id: int) -> dt.date:
    return dt.date(date_id // 10000, date_id // 100 % 100, date_id % 100)
