"""A small invented college in memory that answers as the real value service does.

One school, `departments` departments, sections × 18 weeks; the data ends on the Friday of week 11.
Section 1 has fallen below its lines, section 2 was not taught in week 11, the rest hold around 94 %.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from indicators.results import (
    Absence,
    Board,
    DepartmentInfo,
    EntityInfo,
    IndicatorInfo,
    OfferingInfo,
    PeriodInfo,
    Reading,
    RosterRow,
    Standing,
    TermInfo,
    ValueFrame,
    ValuePoint,
)

TERM = TermInfo(key="2026-2027-1", label="2026–2027 第一学期", start=dt.date(2026, 9, 7), end=dt.date(2027, 1, 10))
EARLIER = TermInfo(key="2025-2026-2", label="2025–2026 第二学期", start=dt.date(2026, 3, 2), end=dt.date(2026, 7, 5))
WEEKS = 18
EVERYBODY = Viewer(
    account_id=1, username="t001", name="王建国", posts=(), permissions=frozenset(Permission), scope=Scope.all("test")
)
DATA_DATE = dt.date(2026, 11, 20)
ATTENDANCE = IndicatorInfo(
    code="CRS-ATT-01", name_zh="到课率", unit="%", direction="higher", target=95.0, warning=90.0, alert=85.0,
    definition_zh="应到人次(不含公假)中实到(准时、迟到、早退)人次的比例。", period="week", source="教务考勤/智慧课堂",
    formula="100 * COUNT(实到) / COUNT(应到)",
)  # fmt: skip
RATES = {"CRS-ATT-01": "到课率", "CRS-PAR-01": "参与率", "CRS-PAS-01": "达标率"}
MONTHLY = {"CRS-PAS-01"}
DEPARTMENTS = ("机电工程系", "信息工程系", "建筑工程系", "经济管理系", "汽车工程系", "护理系")
COURSES = ("高等数学（二）", "机械制图", "电工基础", "汽车发动机构造与维修", "物流信息系统", "市场营销", "护理学基础",
           "数控编程与加工", "大学英语", "计算机应用基础", "思想道德与法治", "建筑施工技术与组织管理实训")  # fmt: skip
CLASSES = ("机电2401", "软件技术2402", "会计2403", "护理2404", "工业机器人技术2405", "建工2406")
TEACHERS = ("王建国", "李秀英", "张敏", "刘洋", "陈静")


def week(ordinal: int, term: TermInfo = TERM) -> PeriodInfo:
    start = term.start + dt.timedelta(weeks=ordinal - 1)
    return PeriodInfo(
        kind="week", key=f"{term.key}-W{ordinal:02d}", label=f"第{ordinal}周", start=start,
        end=start + dt.timedelta(days=6), ordinal=ordinal, term_key=term.key,
    )  # fmt: skip


@dataclass(frozen=True)
class College:
    """The value service of the invented college.

    Args:
        sections: how many sections there are; section n belongs to department 1 + (n − 1) mod 6.
        seed: of the random rates.
        is_empty: True before anything was imported.
        has_values: False where no section has a meeting on record.
    """

    sections: int = 40
    seed: int = 1
    is_empty: bool = False
    has_values: bool = True

    def indicator(self, code):
        return dataclasses.replace(ATTENDANCE, code=code, name_zh=RATES.get(code, code))

    def terms(self):
        return () if self.is_empty else (EARLIER, TERM)

    def latest_term(self, code, level, *, kind, scope):
        assert (code, level, kind, scope) == (ATTENDANCE.code, "offering", "week", EVERYBODY.scope)
        return TERM.key if self.has_values and not self.is_empty else None

    def periods(self, kind):
        assert kind == "week"  # months come with the values of a board
        return () if self.is_empty else tuple(week(n, term) for term in (EARLIER, TERM) for n in range(1, WEEKS + 1))

    def data_date(self):
        return None if self.is_empty else DATA_DATE

    def versions(self):
        return ("2026.2", "1187")

    def departments(self, *, scope):
        assert scope is EVERYBODY.scope
        return tuple(DepartmentInfo(dept_id=n, name=name) for n, name in enumerate(DEPARTMENTS, 1))

    @cached_property
    def counts(self):
        """Numerator and denominator, (sections, weeks), NaN without meetings."""
        random = np.random.default_rng(self.seed)
        rate = np.clip(random.normal(0.955, 0.03, (self.sections, WEEKS)), 0.3, 1.0)
        rate -= random.random((self.sections, 1)) ** 6 * 0.25 * np.linspace(0.3, 1.2, WEEKS)
        due = random.integers(60, 180, (self.sections, WEEKS)).astype(float)
        if self.sections:
            rate[0] = np.linspace(0.97, 0.60, WEEKS)
        due[:, 11:] = np.nan
        due[random.random(due.shape) < 0.03] = np.nan
        if self.sections > 1:
            due[0, :11], due[1, 10] = 100, np.nan
        if not self.has_values:
            due[:] = np.nan
        return np.floor(np.clip(rate, 0, 1) * due), due

    def _entity(self, n):
        return EntityInfo(
            entity_id=n, name=f"{COURSES[n % len(COURSES)]} {CLASSES[n % len(CLASSES)]}",
            dept_name=DEPARTMENTS[(n - 1) % 6], course_name=COURSES[n % len(COURSES)],
            class_name=f"{CLASSES[n % len(CLASSES)]}-{n}班", teacher_name=TEACHERS[n % len(TEACHERS)],
        )  # fmt: skip

    def matrix(self, code, level, *, kind, term_key, dept_id, scope):
        assert (code, level, kind, scope) == (ATTENDANCE.code, "offering", "week", EVERYBODY.scope)
        numbers = [n for n in range(1, self.sections + 1) if dept_id is None or (n - 1) % 6 + 1 == dept_id]
        if term_key != TERM.key:
            numbers = []
        numerator, denominator = (part[[n - 1 for n in numbers]].reshape(-1, WEEKS) for part in self.counts)
        return ValueFrame(
            entities=tuple(map(self._entity, numbers)),
            periods=tuple(week(n) for n in range(1, WEEKS + 1)),
            value=100 * numerator / denominator,
            numerator=numerator,
            denominator=denominator,
            rows=np.nan_to_num(denominator).astype(np.int64),
        )

    def board(self, codes, level, *, term_key, below=None, entity_ids=None, scope):
        dept_id = below[1][0] if below else None
        asked = {"kind": "week", "term_key": term_key, "dept_id": dept_id, "scope": scope}
        sections = self.matrix(ATTENDANCE.code, "offering", **asked)
        frame = self._summed(sections, level, entity_ids)
        frames = {code: _by_month(frame) if code in MONTHLY else frame for code in codes}
        standings = {code: Standing(info=self.indicator(code), frame=found) for code, found in frames.items()}
        return Board(entities=frame.entities, standings=standings)

    def _summed(self, sections, level, entity_ids):
        """The frame of sections, or of what lies above them: counts are added, then divided."""
        groups = {
            "offering": [(e.entity_id, e) for e in sections.entities],
            "course": [(n, EntityInfo(entity_id=n, name=name)) for n, name in enumerate(COURSES)],
            "dept": [(n, EntityInfo(entity_id=n, name=name)) for n, name in enumerate(DEPARTMENTS, 1)],
            "school": [(1, EntityInfo(entity_id=1, name="全校"))],
        }[level]
        lies_in = {
            "offering": lambda n: n, "course": lambda n: n % len(COURSES), "dept": lambda n: (n - 1) % 6 + 1,
            "school": lambda _: 1,
        }[level]  # fmt: skip
        keys = [lies_in(entity.entity_id) for entity in sections.entities]
        kept = [(key, entity) for key, entity in groups if entity_ids is None or key in entity_ids]
        rows = [[row for row, own in enumerate(keys) if own == key] for key, _ in kept]
        top, bottom = (
            np.array([np.nansum(part[found], axis=0) for found in rows], dtype=float).reshape(len(kept), part.shape[1])
            for part in (sections.numerator, sections.denominator)
        )
        return _frame([entity for _, entity in kept], sections.periods, top, bottom)

    def readings(self, codes, level, entity_id, *, until, scope):
        terms = [
            PeriodInfo(kind="term", key=t.key, label=t.label, start=t.start, end=t.end, ordinal=1, term_key=t.key)
            for t in (EARLIER, TERM)
        ]
        points = [ValuePoint(period=terms[0], value=91.0), ValuePoint(period=terms[1], value=None)]
        return [
            Reading(info=self.indicator(code), points=tuple(points), level=level, entity_id=entity_id) for code in codes
        ]

    def series(self, code, level, entity_id, *, kind, term_key, scope):
        frame = self.matrix(
            code, "offering", kind=kind, term_key=term_key, dept_id=entity_id if level == "dept" else None, scope=scope
        )
        rows = [i for i, e in enumerate(frame.entities) if level != "offering" or e.entity_id == entity_id]
        if level == "course":
            rows = [i for i, e in enumerate(frame.entities) if e.entity_id % len(COURSES) == entity_id]
        top, bottom = (np.nansum(part[rows], axis=0) for part in (frame.numerator, frame.denominator))
        return tuple(
            ValuePoint(
                period=period, value=100 * t / b if b else None, numerator=t or None, denominator=b or None, rows=int(b)
            )
            for period, t, b in zip(frame.periods, top.tolist(), bottom.tolist(), strict=True)
        )

    def offering(self, offering_id, *, scope):
        if not 1 <= offering_id <= self.sections:
            return None
        entity = self._entity(offering_id)
        return OfferingInfo(
            offering_id=offering_id, course_id=offering_id % len(COURSES), course_name=entity.course_name,
            class_name=entity.class_name, teacher_name=entity.teacher_name, dept_id=(offering_id - 1) % 6 + 1,
            dept_name=entity.dept_name, term_key=TERM.key, term_label=TERM.label, enrolled=42,
        )  # fmt: skip

    def roster(self, offering_id, *, scope):
        random = np.random.default_rng(offering_id)
        rows = []
        for n in range(1, 43):
            missed = int(random.poisson(6 * (n % 11 == 0) + 0.8))
            days = sorted(random.choice(55, missed, replace=False).tolist())
            statuses = random.choice(["旷课", "请假", "迟到", "早退"], missed, p=[0.4, 0.3, 0.2, 0.1]).tolist()
            gone = sum(status in {"旷课", "请假"} for status in statuses)
            rows.append(
                RosterRow(
                    student_id=offering_id * 100 + n,
                    student_no=f"2024{offering_id:04d}{n:02d}",
                    class_name=CLASSES[offering_id % len(CLASSES)],
                    due=33,
                    present=33 - gone,
                    absent=statuses.count("旷课"),
                    late=statuses.count("迟到") + statuses.count("早退"),
                    leave=statuses.count("请假"),
                    attendance_rate=100 * (33 - gone) / 33,
                    participation_rate=float(random.uniform(55, 98)),
                    homework_rate=None if n == 7 else float(random.uniform(60, 100)),
                    absences=tuple(
                        Absence(day=TERM.start + dt.timedelta(days=d + d // 5 * 2), status=s)
                        for d, s in zip(days, statuses, strict=True)
                    ),
                )
            )
        return tuple(rows)


def month(number: int, term: TermInfo = TERM) -> PeriodInfo:
    start = dt.date(2026, number, 1)
    end = (start + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return PeriodInfo(
        kind="month", key=f"2026-{number:02d}", label=f"2026年{number}月", start=start, end=end, ordinal=number,
    )  # fmt: skip


def _frame(entities, periods, top, bottom):
    top, bottom = np.where(bottom > 0, top, np.nan), np.where(bottom > 0, bottom, np.nan)
    return ValueFrame(
        entities=tuple(entities), periods=tuple(periods), value=100 * top / bottom, numerator=top, denominator=bottom,
        rows=np.nan_to_num(bottom).astype(np.int64),
    )  # fmt: skip


def _by_month(frame):
    """September to November, each of four weeks; December has begun for nobody."""
    top, bottom = (
        np.stack([np.nansum(part[:, 4 * n : 4 * n + 4], axis=1) for n in range(3)], axis=1)
        for part in (frame.numerator, frame.denominator)
    )
    return _frame(frame.entities, [month(n) for n in (9, 10, 11)], top, bottom)


class Untouched:
    """No value was ever found wrong."""

    def of(self, _level, _ids, _codes, *, scope):
        return {}

    def touching(self, _code, _level, _entity_id, _period_key, *, scope):
        return ()


def services(college: College, lessons: object = None) -> Services:
    from tests.dashboards.classroom import Classroom  # noqa: PLC0415 (it takes its names from here)

    return Services(
        lessons=lessons or Classroom(),
        values=college,
        viewer=lambda: EVERYBODY,
        today=lambda: dt.date(2026, 11, 21),
        revisions=Untouched(),
    )
