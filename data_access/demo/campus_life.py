"""Life beside the lessons, week by week: behaviour on campus and dormitory checks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import is_holiday, week_ends
from data_access.demo.lessons import FIRST_KEY_STEP
from data_access.demo.moods import Drift
from data_access.demo.stories import DORM_GAP_WEEKS, UNRULY_MAJOR, UNRULY_WEEKS
from data_access.demo.tables import build, empty, keys_of
from data_access.demo.timetable import Teaching, story_class

LATE_DORM_SHARE = 0.08
"""Share of the last week's dormitory checks that have not arrived and wait in a source file."""


def student_week_table(teaching: Teaching, drift: Drift) -> pa.Table:
    """fact_student_week of one term: everybody enrolled; students on internships only use the platform."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_student_week", term.term_id)
    people = college.enrolled_in(term)
    count = len(people)
    seat = np.searchsorted(teaching.students, people)
    campus = college.on_campus(term, people)
    seat[~campus] = 0
    diligence = college.students.diligence[people].astype(np.float32)
    poor = rng.random(count) < 0.1
    unruly = college.students.class_[people] == story_class(college, UNRULY_MAJOR, term, 1)
    parts = []
    for week, sunday in enumerate(week_ends(term), start=1):
        slip = np.where(campus, drift.in_week(week)[seat], 0).astype(np.float32)
        will = 0.45 * diligence - 0.55 * slip
        days = 7 if not is_holiday(np.array([sunday - 3]))[0] else 3
        noise = rng.random((4, count), dtype=np.float32)
        minutes = np.exp(4.9 + 0.5 * will + 1.1 * (noise[0] - 0.5)) * np.where(campus, 1.0, 0.45)
        due = np.where(campus, 4 + week % 3, 2)
        done = np.minimum(due, np.round(due * (1.06 + 0.13 * will - 0.5 * noise[1] ** 2)).astype(int))
        spend = np.where(campus, days * (23 - 7 * poor + 4 * (noise[2] - 0.5)), 0)
        storm = unruly & (UNRULY_WEEKS[0] <= week <= UNRULY_WEEKS[1])
        late_mean = np.exp(-2.3 - 0.7 * diligence + 0.5 * slip) + 0.8 * storm
        breakfast = (days * np.clip(0.62 + 0.14 * will + 0.5 * (noise[3] - 0.5), 0, 1)).astype(int)
        library = rng.poisson(np.exp(0.1 + 0.5 * will).astype(np.float64))
        parts.append(
            (
                np.full(count, keys_of(np.array([sunday]))[0]),
                np.round(minutes),
                due,
                np.maximum(done, 0),
                np.where(campus, library, 0),
                np.where(campus, breakfast, 0),
                np.round(spend, 1),
                np.where(campus, rng.poisson(np.minimum(late_mean, 5).astype(np.float64)), 0),
            )
        )
    if not parts:
        return empty("fact_student_week")
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    names = (
        "date_id",
        "platform_minutes",
        "task_due",
        "task_done",
        "library_visits",
        "breakfast_cnt",
        "consume_amt",
        "late_return_cnt",
    )
    return build(
        "fact_student_week",
        count * len(parts),
        {"student_id": np.tile(college.students.ids[people], len(parts)), **dict(zip(names, columns, strict=True))},
        first_key=term.term_id * FIRST_KEY_STEP,
    )


def dorm_check_table(teaching: Teaching, drift: Drift, *, held_back: bool = False) -> pa.Table:
    """fact_dorm_check of one term, on Thursdays; with `held_back` only the late rows of the last week."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_dorm_check", term.term_id)
    people = teaching.students
    count = len(people)
    # Four share a room; its tidiness belongs to all of them.
    room = np.arange(count) // 4
    tidy = rng.standard_normal(room[-1] + 1 if count else 0)[room] if count else np.zeros(0)
    boarder = rng.random(count) < 0.97
    waits = rng.random(count) < LATE_DORM_SHARE
    thursdays = [d for d in term.first_day + 3 + 7 * np.arange(19) if d <= term.last_known_day]
    parts = []
    for week, day in enumerate(thursdays, start=1):
        score = 89.3 + 2.6 * tidy + 1.8 * college.students.diligence[people] - 1.2 * drift.in_week(week)
        score = np.clip(np.round(score + 3.6 * rng.standard_normal(count)), 30, 100)
        if week in DORM_GAP_WEEKS:
            continue
        newest = week == len(thursdays) and term is college.calendar.current
        kept = boarder & (waits == held_back if newest else not held_back)
        rows = np.flatnonzero(kept)
        key = term.term_id * FIRST_KEY_STEP + week * count + rows
        parts.append(
            (key, college.students.ids[people[rows]], np.full(len(rows), keys_of(np.array([day]))[0]), score[rows])
        )
    columns = [np.concatenate(c) for c in zip(*parts, strict=True)] if parts else [np.zeros(0, np.int64)] * 4
    return build(
        "fact_dorm_check",
        len(columns[0]),
        dict(zip(("dorm_check_id", "student_id", "date_id", "score"), columns, strict=True)),
    )
