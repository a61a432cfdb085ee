"""What the platform writes of its own about students: the growth card and the risk scores."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import week_ends
from data_access.demo.moods import Drift
from data_access.demo.people import STUDY_YEARS
from data_access.demo.tables import Blank, Coded, Floats, Ints, build, empty, keys_of
from data_access.demo.timetable import Teaching

FIRST_KEY_STEP = 10_000_000
WEEKLY_ITEMS = {"STU-ACD-02": 2.1, "STU-ACD-06": 2.6, "STU-PER-09": 1.6}
"""Scoring points that are credited every week, with the most a week can bring."""
CLASS_ITEMS = {"CLS-ACD-01": 3.2, "CLS-ACD-02": 4.2}
TERM_ITEMS = {
    "STU-ACD-09": 100, "STU-ACD-11": 10, "STU-PER-03": 35, "STU-PER-04": 25, "STU-PER-05": 30, "STU-PER-06": 20,
    "STU-PER-07": 60, "STU-PER-11": 10, "STU-PER-15": 25, "STU-CAR-06": 15, "STU-CAR-12": 10,
}  # fmt: skip
OPENING_ITEMS = {"STU-PER-10": 10, "STU-PER-13": 20}
REVERSED_SHARE = 0.001
REASONS = (
    "到课率下降;作业缺交增多;平台学习时长减少",
    "近两周旷课;晚归增多;早餐次数减少",
    "单元考核未达标;预习完成率低;往期学分绩低",
    "迟到增多;参与课堂活动减少;作业缺交增多",
    "往期不及格课程多;线上任务完成率低;到课率下降",
)
SECTION_REASONS = ("近一周到课率走低;周五末节排课;合班人数多", "连续调停课;参与率走低;作业完成率低")


def ledger_table(teaching: Teaching, drift: Drift) -> pa.Table:
    """fact_card_ledger of one term: openings, weekly credits, term credits, and a few reversals."""
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_card_ledger", term.term_id)
    enrolled, campus = college.enrolled_in(term), teaching.students
    diligence = college.students.diligence
    items = (*WEEKLY_ITEMS, *CLASS_ITEMS, *TERM_ITEMS, *OPENING_ITEMS)
    parts: list[tuple[Ints, Ints, int, int, Floats, Floats]] = []

    def credit(students: Ints, classes: Ints, day: np.datetime64, item: str, merit: Floats, most: float) -> None:
        share = np.clip(0.82 + 0.1 * merit + 0.12 * rng.standard_normal(len(merit), dtype=np.float32), -0.3, 1)
        parts.append(
            (
                students,
                classes,
                int(keys_of(np.array([day]))[0]),
                items.index(item),
                np.round(100 * np.clip(share, 0, 1), 1),
                np.round(most * share, 2),
            )
        )

    monday = term.first_day
    for item, points in OPENING_ITEMS.items():
        full = np.ones(len(enrolled))
        parts.append(
            (
                enrolled,
                np.full(len(enrolled), -1),
                int(keys_of(np.array([monday]))[0]),
                items.index(item),
                full * points,
                full * points,
            )
        )
    class_ = np.unique(college.students.class_[campus])
    for week, sunday in enumerate(week_ends(term), start=1):
        merit = diligence[campus] - 0.7 * drift.in_week(week)
        for item, most in WEEKLY_ITEMS.items():
            credit(campus, np.full(len(campus), -1), sunday, item, merit, most)
        for item, most in CLASS_ITEMS.items():
            credit(np.full(len(class_), -1), class_, sunday, item, college.classes.spirit[class_], most)
    if term.is_complete:
        for item, most in TERM_ITEMS.items():
            credit(enrolled, np.full(len(enrolled), -1), np.datetime64(term.end), item, diligence[enrolled], most)
    return _ledger_rows(teaching, rng, items, parts)


def _ledger_rows(
    teaching: Teaching,
    rng: np.random.Generator,
    items: tuple[str, ...],
    parts: list[tuple[Ints, Ints, int, int, Floats, Floats]],
) -> pa.Table:
    college, term = teaching.college, teaching.term
    sizes = [len(p[0]) for p in parts]
    student, class_ = (np.concatenate([p[i] for p in parts]) for i in (0, 1))
    day, item = (np.repeat([p[i] for p in parts], sizes) for i in (2, 3))
    raw, points = (np.concatenate([p[i] for p in parts]) for i in (4, 5))
    opening = item >= len(items) - len(OPENING_ITEMS)
    kind = np.where(opening, 0, np.where(points < 0, 2, 1))
    # A reversal repeats its row with the opposite sign on the last day that is known.
    wrong = np.flatnonzero((rng.random(len(item)) < REVERSED_SHARE) & ~opening)
    first_key = term.term_id * FIRST_KEY_STEP
    last = int(keys_of(np.array([term.last_known_day]))[0])
    everyone = np.concatenate([np.arange(len(item)), wrong])
    reversal = np.arange(len(everyone)) >= len(item)
    of_class = np.where(student >= 0, college.students.class_[student], class_)
    return build(
        "fact_card_ledger",
        len(everyone),
        {
            "student_id": Blank(values=college.students.ids[student[everyone]], missing=student[everyone] < 0),
            "class_id": Blank(values=class_[everyone] + 1, missing=class_[everyone] < 0),
            "date_id": np.where(reversal, last, day[everyone]),
            "item_code": Coded(codes=item[everyone], labels=items),
            "raw_value": raw[everyone],
            "points": np.where(reversal, -points[everyone], points[everyone]),
            "collector_id": college.classes.head_teacher[of_class[everyone]],
            "reversal_of": Blank(values=first_key + everyone, missing=~reversal),
            "entry_type": Coded(
                codes=np.where(reversal, 3, kind[everyone]), labels=("期初存入", "存入", "扣减", "冲正")
            ),
        },
        first_key=first_key,
    )


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
