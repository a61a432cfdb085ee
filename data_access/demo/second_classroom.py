"""The second classroom of the demo college: what every student took part in, and the credits it adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from data_access.contracts import contracts
from data_access.demo.calendar import Days, Term
from data_access.demo.lessons import FIRST_KEY_STEP
from data_access.demo.people import College
from data_access.demo.tables import Bools, Coded, Ints, build, keys_of
from data_access.demo.timetable import Teaching

TENTHS_A_TERM: Final = 60
"""Credits that a term asks for, in tenths: 6.0."""
ACTIVITIES: Final = (
    ("思想成长", "主题团日", 10), ("思想成长", "红色经典诵读", 10), ("思想成长", "青年大学习", 5),
    ("思想成长", "形势与政策报告会", 10), ("实践实习", "暑期社会实践", 20), ("实践实习", "企业参观", 10),
    ("实践实习", "勤工助学岗位体验", 15), ("志愿公益", "校园环境志愿服务", 10), ("志愿公益", "无偿献血", 15),
    ("志愿公益", "社区敬老服务", 15), ("创新创业", "创新创业训练营", 20), ("创新创业", "创业讲座", 5),
    ("创新创业", "金点子大赛", 15), ("文体活动", "校园歌手大赛", 10), ("文体活动", "秋季运动会", 15),
    ("文体活动", "班级篮球联赛", 10), ("文体活动", "读书分享会", 10), ("工作履历", "班级干部任职", 20),
    ("工作履历", "社团骨干任职", 20), ("工作履历", "学生会干事任职", 20), ("技能特长", "普通话水平训练", 15),
    ("技能特长", "办公软件技能竞赛", 15), ("技能特长", "专业技能展示", 20),
)  # fmt: skip
"""Module, name and tenths of a credit. Their number is a prime, so that any stride through them meets none twice."""
HOURS: Final = ("志愿公益", "志愿服务时长认定")
"""Whatever a term brings beside whole activities: 0.1 for every hour."""
STATUSES: Final = ("通过", "申请", "未通过")
_MOST: Final = 8
_RECENT_DAYS: Final = 14
_PENDING_SHARE: Final = 0.3
_REFUSED_SHARE: Final = 0.05


def credit_tenths(college: College, term: Term, people: Ints) -> Ints:
    """Credits approved by the end of a term, or by today in the running one, in tenths; they never fall.

    Args:
        college: the demo college.
        term: the term.
        people: positions of students enrolled in it.
    """
    begun = _terms_begun(college, term, people)
    gap = round((1 - term.progress) * 20)
    return np.maximum(_after(college, people, begun - 1), _after(college, people, begun) - gap)


def second_class_table(teaching: Teaching) -> pa.Table:
    """fact_second_class of one term; with the college's first term, what its students had done before.

    The approved rows of a student up to a term add up to `credit_tenths` exactly.
    """
    college, term = teaching.college, teaching.term
    rng = college.spec.stream("fact_second_class", term.term_id)
    people = college.present_in(term)
    begun = _terms_begun(college, term, people)
    gained = credit_tenths(college, term, people) - _after(college, people, begun - 1)
    days = np.arange(term.first_day, term.last_known_day + 1)
    parts = [_term_rows(rng, people, gained, days, is_running=not term.is_complete)]
    if term is college.calendar.terms[0]:
        for back in range(1, int(begun.max())):
            here, terms = people[begun > back], begun[begun > back] - back
            gained = _after(college, here, terms) - _after(college, here, terms - 1)
            parts.append(_term_rows(rng, here, gained, _days_of_term(term.ordinal - back), is_running=False))
    return _table(college, term, parts)


def _terms_begun(college: College, term: Term, people: Ints) -> Ints:
    return (college.grade_in(term)[people] - 1) * 2 + term.number


def _after(college: College, people: Ints, terms: Ints) -> Ints:
    """Tenths that students have by the end of so many terms: each has a pace of their own."""
    luck = college.spec.stream("fact_second_class").standard_normal(college.students.count)[people]
    pace = np.clip(1.22 + 0.16 * college.students.diligence[people] + 0.1 * luck, 0.3, None) * TENTHS_A_TERM
    return np.rint(pace * terms).astype(np.int64)


def _days_of_term(ordinal: int) -> Days:
    """Days on which things took place in a term before the first one of the calendar."""
    year, is_spring = divmod(ordinal, 2)
    first = np.datetime64(f"{year + 1}-03-10" if is_spring else f"{year}-09-15", "D")
    return np.arange(first, first + 100)


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Columns of some activities; `item` is a position in `ACTIVITIES`, or their number for `HOURS`."""

    who: Ints
    item: Ints
    tenths: Ints
    status: Ints
    day: Days


def _term_rows(rng: np.random.Generator, people: Ints, gained: Ints, days: Days, *, is_running: bool) -> _Rows:
    """What these students did in a term; what is approved adds up to `gained`, in tenths."""
    count, number = len(people), len(ACTIVITIES)
    first, stride = rng.integers(0, number, count), rng.integers(1, number, count)
    chosen = (first[:, None] + stride[:, None] * np.arange(_MOST + 1)) % number
    worth = np.array([tenths for _, _, tenths in ACTIVITIES])[chosen]
    total = np.cumsum(worth[:, :_MOST], axis=1)
    kept = total <= gained[:, None]
    rest = gained - np.max(np.where(kept, total, 0), axis=1)
    chance = rng.random(count)
    applied: Bools = (chance < _PENDING_SHARE) if is_running else np.zeros(count, bool)
    refused = chance > 1 - _REFUSED_SHARE
    row, column = np.nonzero(kept)
    hours, extra = np.flatnonzero(rest > 0), np.flatnonzero(applied | refused)
    item = np.concatenate([chosen[row, column], np.full(len(hours), number), chosen[extra, _MOST]])
    # Every activity has its day in a term, the same for all; hours are counted on the last one.
    day = np.append(rng.choice(days, number), days[-1])[item]
    late = slice(len(row) + len(hours), None)
    if is_running:
        day[late] = np.maximum(days[0], days[-1] - rng.integers(0, _RECENT_DAYS, len(extra)))
    return _Rows(
        who=np.concatenate([people[row], people[hours], people[extra]]),
        item=item,
        tenths=np.concatenate([worth[row, column], rest[hours], worth[extra, _MOST]]),
        status=np.concatenate([np.zeros(len(row) + len(hours), int), np.where(applied[extra], 1, 2)]),
        day=day,
    )


def _table(college: College, term: Term, parts: list[_Rows]) -> pa.Table:
    who, item, tenths, status, day = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("who", "item", "tenths", "status", "day")
    )
    names = [*((module, name) for module, name, _ in ACTIVITIES), HOURS]
    modules = contracts()["fact_second_class"].column("module").enum
    module_of = np.array([list(modules).index(module) for module, _ in names])
    return build(
        "fact_second_class",
        len(who),
        {
            "student_id": college.students.ids[who],
            "date_id": keys_of(day),
            "module": Coded(codes=module_of[item], labels=tuple(modules)),
            "activity_name": Coded(codes=item, labels=tuple(name for _, name in names)),
            "credit": tenths / 10,
            "status": Coded(codes=status, labels=STATUSES),
        },
        first_key=term.term_id * FIRST_KEY_STEP,
    )
