"""What the platform writes of its own about students: the risk scores."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import week_ends
from data_access.demo.moods import Drift
from data_access.demo.people import STUDY_YEARS
from data_access.demo.tables import Blank, Coded, Floats, Ints, build, empty, keys_of
from data_access.demo.timetable import Teaching

FIRST_KEY_STEP = 10_000_000
REASONS = (
    "到课率下降;作业缺交增多;平台学习时长减少",
    "近两周旷课;晚归增多;早餐次数减少",
    "单元考核未达标;预习完成率低;往期学分绩低",
    "迟到增多;参与课堂活动减少;作业缺交增多",
    "往期不及格课程多;线上任务完成率低;到课率下降",
)
SECTION_REASONS = ("近一周到课率走低;周五末节排课;合班人数多", "连续调停课;参与率走低;作业完成率低")


def risk_table(teaching: Teaching, drift: Drift, failed: Ints) -> pa.Table:
    """fact_risk_score of one term: truancy and failure of students, attendance of sections, placement.

    Args:
        teaching: the term.
        drift: who slips away in it.
        failed: courses that each student of the term fails in the end.
    """
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_risk_score", term.term_id)
    campus = teaching.students
    diligence, ability = college.students.diligence[campus], college.students.ability[campus]
    enrolled = college.enrolled_in(term)
    leavers = enrolled[college.grade_in(term)[enrolled] == STUDY_YEARS]
    sections = np.arange(teaching.count)
    rows: list[tuple[int, int, Ints, Ints, Floats, np.ndarray, bool]] = []
    ends = week_ends(term)
    for week, sunday in enumerate(ends, start=1):
        key = int(keys_of(np.array([sunday]))[0])
        known = week + 2 <= len(ends) or term.is_complete
        none = np.full(len(campus), -1)
        soon = np.clip(
            -1.9 - 1.0 * diligence + 1.6 * drift.in_week(week + 1) + 0.6 * rng.standard_normal(len(campus)), -6, 6
        )
        rows.append((0, key, campus, none, _chance(soon), rng.random(len(campus)) < _chance(soon), known))
        if week >= 4 and week % 4 == 0:
            fails = (
                -2.6
                - 0.9 * ability
                - 0.6 * diligence
                + 1.2 * drift.in_week(week)
                + 0.5 * rng.standard_normal(len(campus))
            )
            rows.append((1, key, campus, none, _chance(fails), failed > 0, term.is_complete))
        down = (
            2.2 * (teaching.collapse_week <= week + 1)
            - 2.0
            - 0.7 * teaching.appeal
            + 0.5 * rng.standard_normal(teaching.count)
        )
        rows.append(
            (
                2,
                key,
                np.full(len(sections), -1),
                sections,
                _chance(down),
                rng.random(len(sections)) < _chance(down),
                known,
            )
        )
        if term.number == 2 and week % 2 == 0:
            hard = -1.9 - 0.6 * college.students.diligence[leavers] + 0.5 * rng.standard_normal(len(leavers))
            rows.append(
                (
                    3,
                    key,
                    leavers,
                    np.full(len(leavers), -1),
                    _chance(hard),
                    rng.random(len(leavers)) < _chance(hard),
                    term.is_complete,
                )
            )
    return _risk_rows(teaching, rng, rows)


def _risk_rows(
    teaching: Teaching, rng: np.random.Generator, rows: list[tuple[int, int, Ints, Ints, Floats, np.ndarray, bool]]
) -> pa.Table:
    if not rows:
        return empty("fact_risk_score")
    college = teaching.college
    sizes = [len(r[2]) for r in rows]
    code, day = (np.repeat([r[i] for r in rows], sizes) for i in (0, 1))
    student, section = (np.concatenate([r[i] for r in rows]) for i in (2, 3))
    known = np.repeat([r[6] for r in rows], sizes)
    count = len(code)
    ranks = np.concatenate([_rank(r[4]) for r in rows])
    reason = np.where(
        code == 2, len(REASONS) + rng.integers(0, len(SECTION_REASONS), count), rng.integers(0, len(REASONS), count)
    )
    return build(
        "fact_risk_score",
        count,
        {
            "risk_code": Coded(codes=code, labels=("RSK-01", "RSK-02", "RSK-03", "RSK-10")),
            "date_id": day,
            "student_id": Blank(values=college.students.ids[student], missing=student < 0),
            "offering_id": Blank(values=teaching.ids[section], missing=section < 0),
            "major_id": None,
            "task_id": None,
            "score": np.round(np.concatenate([r[4] for r in rows]), 4),
            "rank_in_scope": ranks,
            "top_reasons": Coded(codes=reason, labels=REASONS + SECTION_REASONS),
            "label_observed": Blank(values=np.concatenate([r[5] for r in rows]), missing=~known),
        },
        first_key=teaching.term.term_id * FIRST_KEY_STEP,
    )


def _rank(score: Floats) -> Ints:
    """1 for the highest score."""
    rank = np.empty(len(score), np.int64)
    rank[np.argsort(-score, kind="stable")] = np.arange(1, len(score) + 1)
    return rank


def _chance(logit: Floats) -> Floats:
    return 1 / (1 + np.exp(-logit))
