"""Lessons of a term: sessions and attendance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import TEACHING_WEEKS, is_holiday
from data_access.demo.moods import (
    PERIOD_EFFECT,
    WEEKDAY_EFFECT,
    Drift,
    lateness,
    sickness,
    zeal,
)
from data_access.demo.stories import HELD_BACK_DEPARTMENT
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, keys_of
from data_access.demo.timetable import Teaching

FRESHMEN_FIRST_WEEK = 3
"""First-year students have military training in the first two weeks of autumn."""
STATUSES = ("准时", "迟到", "早退", "请假", "公假", "旷课")
ON_TIME, LATE, LEFT_EARLY, ON_LEAVE, OFFICIAL_LEAVE, TRUANT = range(6)
FIRST_KEY_STEP = 10_000_000
"""Primary keys of a term start at term_id times this."""


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """All planned sessions of a term, arrays of shape (meetings, weeks).

    Attributes:
        exists: the day is a teaching day that has passed.
        held: taught as planned.
    """

    exists: Bools
    held: Bools
    adjusted: Bools
    online: Bools
    preview: Bools
    homework: Bools


def build_sessions(teaching: Teaching) -> Sessions:
    """Which sessions take place, and what they ask of the students."""
    term, college = teaching.term, teaching.college
    rng = college.spec.stream("fact_session", term.term_id)
    shape = teaching.meeting_days.shape
    section = teaching.meeting_section
    days = teaching.meeting_days
    exists = (days <= term.last_known_day) & ~is_holiday(days)
    if term.number == 1:
        grade = term.acad_year - college.classes.grade_year[teaching.main_class] + 1
        exists[:, : FRESHMEN_FIRST_WEEK - 1] &= (grade[section] > 1)[:, None]
    # One teacher in six travels a lot; the others hardly ever cancel or move a lesson.
    busy = rng.random(teaching.count) < 0.17
    moved = np.where(busy, 0.05, 0.006)[section][:, None]
    ict = np.where(rng.random(teaching.count) < 0.78, 0.97, rng.uniform(0.2, 0.8, teaching.count))
    asks = rng.uniform(0.35, 0.75, (2, teaching.count))
    return Sessions(
        exists=exists,
        held=rng.random(shape) >= moved * 0.4,
        adjusted=rng.random(shape) < moved,
        online=rng.random(shape) < ict[section][:, None],
        preview=rng.random(shape) < asks[0][section][:, None],
        homework=rng.random(shape) < asks[1][section][:, None],
    )


def session_table(teaching: Teaching, sessions: Sessions) -> pa.Table:
    """fact_session of one term."""
    meeting, week = np.nonzero(sessions.exists.T)[::-1]
    return build(
        "fact_session",
        len(meeting),
        {
            "offering_id": teaching.ids[teaching.meeting_section[meeting]],
            "date_id": keys_of(teaching.meeting_days[meeting, week]),
            "hours": 2,
            "is_held": sessions.held[meeting, week],
            "is_adjusted": sessions.adjusted[meeting, week],
            "used_ict": sessions.online[meeting, week],
        },
        first_key=teaching.term.term_id * FIRST_KEY_STEP,
    )


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """Attendance rows of one week; `meeting` is the position of each row's meeting in the timetable."""

    week: int
    meeting: Ints
    table: pa.Table


def attendance_tables(
    teaching: Teaching, sessions: Sessions, drift: Drift, *, held_back: bool = False
) -> Iterator[pa.Table]:
    """fact_attendance of one term in one table; with `held_back` only the rows that are kept for the source files."""
    weeks = [batch.table for batch in attendance_weeks(teaching, sessions, drift, held_back=held_back)]
    if weeks:
        yield pa.concat_tables(weeks)


def attendance_weeks(
    teaching: Teaching, sessions: Sessions, drift: Drift, *, held_back: bool = False
) -> Iterator[Attendance]:
    """Attendance week by week, sorted by student."""
    term = teaching.term
    base = _base_logit(teaching)
    key = term.term_id * FIRST_KEY_STEP
    held_day, held_rows = held_back_day(teaching, sessions)
    seats = len(teaching.seat_student)
    for week in range(1, min(TEACHING_WEEKS, term.weeks_begun) + 1):
        taught = sessions.exists[:, week - 1] & sessions.held[:, week - 1]
        kept = taught[teaching.seat_meeting]
        last_week = held_day is not None and bool((teaching.meeting_days[:, week - 1] == held_day).any())
        if last_week:
            withheld = (held_rows & (teaching.meeting_days[:, week - 1] == held_day))[teaching.seat_meeting]
            kept &= withheld if held_back else ~withheld
        if kept.any() and (last_week or not held_back):
            chosen = np.flatnonzero(kept)
            # The draw is for all seats, so that the rows held back are the ones the bulk leaves out.
            rng = teaching.college.spec.stream("fact_attendance", term.term_id, week)
            noise = rng.random((8, seats), dtype=np.float32)[:, chosen]
            yield _week_rows(teaching, sessions, drift, base[chosen], chosen, week, noise, key + chosen)
        key += seats


def _week_rows(
    teaching: Teaching,
    sessions: Sessions,
    drift: Drift,
    base: Floats,
    chosen: Ints,
    week: int,
    noise: Floats,
    key: Ints,
) -> Attendance:
    term = teaching.term
    student, meeting = teaching.seat_student[chosen], teaching.seat_meeting[chosen]
    section = teaching.meeting_section[meeting]
    collapse = np.where(
        teaching.collapse_week <= week,
        teaching.collapse_depth * np.clip((week - teaching.collapse_week + 1) / 2, 0, 1),
        0,
    ).astype(np.float32)
    slip = drift.in_week(week)[student]
    will = base + np.float32(zeal(week)) - slip - collapse[section]
    absent = _chance(-3.75 - will)
    diligence = teaching.college.students.diligence[teaching.students].astype(np.float32)[student]
    # Leave is asked for by the diligent; those who slip away just stay at home.
    truant_share = _chance(-2.3 - 0.7 * diligence + 0.5 * slip + 0.7 * collapse[section])
    truant = absent * truant_share
    leave = (absent - truant) * np.float32(sickness(term, week))
    first_hour = (teaching.meeting_period == 0).astype(np.float32)[meeting]
    late = _chance(-4.35 - 0.45 * will + 0.6 * first_hour) * np.float32(lateness(term, week))
    status = np.full(len(chosen), ON_TIME, np.int8)
    edge = truant
    status[noise[0] < edge] = TRUANT
    for code, share in (
        (ON_LEAVE, leave),
        (OFFICIAL_LEAVE, np.float32(0.006)),
        (LATE, late),
        (LEFT_EARLY, late * np.float32(0.2)),
    ):
        inside = noise[0] >= edge
        edge = edge + share
        status[inside & (noise[0] < edge)] = code
    here = status <= LEFT_EARLY
    mood = np.float32(0.55) * will + np.float32(0.3) * teaching.appeal.astype(np.float32)[section]
    preview = sessions.preview[:, week - 1][meeting]
    homework = sessions.homework[:, week - 1][meeting]
    stars = np.clip(
        np.round(4.42 + 0.3 * teaching.appeal.astype(np.float32)[section] + 1.5 * (noise[5] + noise[6] - 1)), 1, 5
    )
    table = build(
        "fact_attendance",
        len(chosen),
        {
            "attendance_id": key,
            "student_id": teaching.college.students.ids[teaching.students][student],
            "offering_id": teaching.ids[section],
            "date_id": keys_of(teaching.meeting_days[:, week - 1])[meeting],
            "status": Coded(codes=status, labels=STATUSES),
            "is_participated": here & (noise[1] < _chance(1.65 + mood)),
            "preview_due": preview,
            "preview_done": preview & (noise[2] < _chance(1.5 + 0.9 * mood)),
            "homework_due": homework,
            "homework_done": homework & (noise[3] < _chance(2.2 + 1.1 * mood)),
            "instant_score": Blank(values=stars, missing=~here | (noise[4] > 0.3)),
        },
    )
    return Attendance(week=week, meeting=meeting, table=table)


def _base_logit(teaching: Teaching) -> Floats:
    """Willingness of each seat before the week's mood, in logits."""
    college = teaching.college
    people = teaching.students
    spirit = college.classes.spirit[college.students.class_[people]]
    student = 0.62 * college.students.diligence[people] + 0.12 * spirit
    meeting = WEEKDAY_EFFECT[teaching.meeting_weekday] + PERIOD_EFFECT[teaching.meeting_period]
    section = 0.28 * teaching.appeal - 0.12 * np.clip(teaching.courses.difficulty[teaching.course], -2, 2)
    meeting = meeting + section[teaching.meeting_section]
    return (student[teaching.seat_student] + meeting[teaching.seat_meeting]).astype(np.float32)


def _chance(logit: Floats) -> Floats:
    return np.float32(1) / (np.float32(1) + np.exp(-logit.astype(np.float32)))


def held_back_day(teaching: Teaching, sessions: Sessions) -> tuple[np.datetime64 | None, Bools]:
    """The last day with lessons of the running term, and which meetings belong to the department held back.

    The day is None in all earlier terms: only the newest attendance waits in a source file.
    """
    organisation = teaching.college.organisation
    rows = teaching.department[teaching.meeting_section] == organisation.department_id(HELD_BACK_DEPARTMENT)
    taught = sessions.exists & sessions.held & rows[:, None]
    if teaching.term is not teaching.college.calendar.current or not taught.any():
        return None, rows
    return teaching.meeting_days[taught].max(), rows
