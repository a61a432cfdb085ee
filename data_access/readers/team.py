"""The staff of a school, department or major in one year, counted in groups; and the years of one teacher.

A group's composition is a figure of that group: whoever may read figures of the node that 组织人事处 answers for
may read it, also where single teachers are out of reach. The file of one teacher needs the teacher within reach.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from data_access.access.privacy import Privacy, Subject
from data_access.access.scope import Scope
from data_access.readers.facts import FactReader

COMPOSITION: Final = Subject(privacy=Privacy.INTERNAL, owner="组织人事处")
"""What the composition of a team is about, for the question who may read it."""
FILE: Final = Subject(privacy=Privacy.PERSONAL, owner="组织人事处")
"""What the yearly snapshots of one teacher are about."""
UNKNOWN: Final = "未填报"

ENGAGEMENT, AGE, TITLE, DEGREE, DUAL, LADDER, STAY = "专兼", "年龄", "职称", "学位", "双师素质", "发展阶梯", "在岗"
ASPECTS: Final[Mapping[str, tuple[str, ...]]] = {
    ENGAGEMENT: ("专任教师", "企业兼职", "其他"),
    AGE: ("35岁及以下", "36–45岁", "46–55岁", "56岁及以上", UNKNOWN),
    TITLE: ("正高", "副高", "中级", "初级及以下", UNKNOWN),
    DEGREE: ("博士", "硕士", "学士", "其他", UNKNOWN),
    DUAL: ("双师素质", "非双师", UNKNOWN),
    LADDER: ("新进教师", "合格教师", "教学新星", "教坛英才", "教学名师", "功勋教师", UNKNOWN),
    STAY: ("在岗", "本年离校"),
}
"""Groups of each aspect in their order. 专兼 counts all staff of the node, the others its full-time teachers."""

_COUNTED: Final = "($teachers::BIGINT[] IS NULL OR teacher_id IN (SELECT unnest($teachers)))"
_STRUCTURE: Final = f"""
    SELECT part.aspect AS aspect, part.name AS name, COUNT(*) AS people
    FROM (
        SELECT is_fulltime, UNNEST([
            {{'aspect': '{ENGAGEMENT}', 'name': CASE WHEN is_fulltime THEN '专任教师'
                WHEN is_enterprise_part THEN '企业兼职' ELSE '其他' END}},
            {{'aspect': '{AGE}', 'name': CASE WHEN age <= 35 THEN '35岁及以下' WHEN age <= 45 THEN '36–45岁'
                WHEN age <= 55 THEN '46–55岁' WHEN age > 55 THEN '56岁及以上' ELSE '{UNKNOWN}' END}},
            {{'aspect': '{TITLE}', 'name': COALESCE(title_level, '{UNKNOWN}')}},
            {{'aspect': '{DEGREE}', 'name': COALESCE(degree, '{UNKNOWN}')}},
            {{'aspect': '{DUAL}', 'name': CASE WHEN is_dual THEN '双师素质' WHEN NOT is_dual THEN '非双师'
                ELSE '{UNKNOWN}' END}},
            {{'aspect': '{LADDER}', 'name': COALESCE(ladder, '{UNKNOWN}')}},
            {{'aspect': '{STAY}', 'name': CASE WHEN is_left THEN '本年离校' ELSE '在岗' END}}
        ]) AS part
        FROM {{files}} WHERE acad_year = $year AND {_COUNTED}
    )
    WHERE is_fulltime OR part.aspect = '{ENGAGEMENT}'
    GROUP BY ALL
"""
_MOVES: Final = f"""
    SELECT COALESCE(earlier.ladder, '{UNKNOWN}') AS before, COALESCE(later.ladder, '{UNKNOWN}') AS now,
           COUNT(*) AS people
    FROM {{files}} AS later JOIN {{files}} AS earlier USING (teacher_id)
    WHERE later.acad_year = $year AND earlier.acad_year = $before AND later.is_fulltime AND earlier.is_fulltime
      AND {_COUNTED}
    GROUP BY ALL
"""
_PROFILES: Final = """
    SELECT teacher_id, ladder, title_level, degree, is_dual, is_fulltime
    FROM {files} WHERE acad_year = $year AND teacher_id IN (SELECT unnest($teachers))
"""
_CAREER: Final = """
    SELECT acad_year, ladder, title_level, degree, is_dual, is_fulltime, ethics_result, is_promoted
    FROM {files} WHERE teacher_id = $teacher_id ORDER BY acad_year
"""
_HIRED: Final = "SELECT staff_no, staff_type, hire_date FROM {files} WHERE teacher_id = $teacher_id"


@dataclass(frozen=True, kw_only=True)
class Structure:
    """How the staff of a node is composed in one year.

    Attributes:
        headcount: all staff with a snapshot of that year; `fulltime`: the full-time teachers among them.
        groups: people by aspect and group, all groups of `ASPECTS` in their order, of which those of 未填报 only
            where there is somebody in them.
    """

    headcount: int
    fulltime: int
    groups: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """So many full-time teachers stood on `before` a year ago and stand on `now`."""

    before: str
    now: str
    people: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What the snapshot of one year says of a teacher; empty words where nothing was handed in."""

    ladder: str
    title: str
    degree: str
    is_dual: bool
    is_fulltime: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """One academic year of a teacher, named by the year it begins in; `profile` is None without a snapshot."""

    year: int
    profile: Profile | None
    ethics: str = ""
    is_promoted: bool = False


@dataclass(frozen=True, kw_only=True)
class Career:
    """A teacher's file.

    Attributes:
        years: every academic year since the teacher was hired, or since the first snapshot, oldest first.
    """

    teacher_id: int
    name: str
    staff_no: str
    staff_type: str
    dept_id: int
    dept_name: str
    hired: dt.date | None
    years: tuple[Year, ...]


class TeamReader:
    """Reads the yearly snapshots of staff; safe to share between threads."""

    def __init__(self, facts: FactReader) -> None:
        self.facts = facts

    def structure(self, level: str, entity_id: int, *, year: int, scope: Scope) -> Structure | None:
        """How the staff of a school, department or major is composed; None where that is not within the scope.

        Args:
            level: ``school``, ``dept`` or ``major``.
            entity_id: key of the node.
            year: in which the academic year begins.
            scope: what may be read.
        """
        if not self._is_within(level, entity_id, scope=scope):
            return None
        asked = {"year": _acad_year(year), "teachers": self._staff(level, entity_id)}
        rows = self.facts.query(self._snapshots(), _STRUCTURE, asked)
        found = Counter({(row["aspect"], row["name"]): row["people"] for row in rows})
        groups = {
            aspect: {name: found[aspect, name] for name in names if name != UNKNOWN or found[aspect, name]}
            for aspect, names in ASPECTS.items()
        }
        return Structure(
            headcount=sum(groups[ENGAGEMENT].values()), fulltime=groups[ENGAGEMENT]["专任教师"], groups=groups
        )

    def moves(self, level: str, entity_id: int, *, year: int, scope: Scope) -> list[Move]:
        """Where the full-time teachers of a node stood on the ladder the year before and where they stand.

        Only those who have a snapshot of both years; nobody where the node is not within the scope.
        """
        if not self._is_within(level, entity_id, scope=scope):
            return []
        years = {"year": _acad_year(year), "before": _acad_year(year - 1)}
        rows = self.facts.query(self._snapshots(), _MOVES, {**years, "teachers": self._staff(level, entity_id)})
        order = ASPECTS[LADDER].index
        return [Move(**row) for row in sorted(rows, key=lambda row: (order(row["before"]), order(row["now"])))]

    def profiles(self, teacher_ids: Collection[int], *, year: int, scope: Scope) -> Mapping[int, Profile]:
        """The snapshots of these teachers, of those within the scope who have one of that year."""
        within = self.facts.values.named("teacher", scope=scope, about=FILE, entity_ids=teacher_ids)
        asked = {"year": _acad_year(year), "teachers": [teacher.entity_id for teacher in within]}
        rows = self.facts.query(self._snapshots(), _PROFILES, asked) if within else []
        return {row["teacher_id"]: _profile(row) for row in rows}

    def career(self, teacher_id: int, *, until: int, scope: Scope) -> Career | None:
        """A teacher's file up to the academic year that begins in `until`; None where it is not within the scope."""
        found = self.facts.values.entities("teacher", scope=scope, about=FILE, entity_ids=[teacher_id])
        if not found:
            return None
        asked = {"teacher_id": teacher_id}
        rows = {int(row["acad_year"][:4]): row for row in self.facts.query(self._snapshots(), _CAREER, asked)}
        staff: Mapping[str, Any] = next(
            iter(self.facts.query(self.facts.files("dim_teacher", term_id=None), _HIRED, asked)), {}
        )
        hired = staff.get("hire_date")
        first = min([*rows, *([] if hired is None else [_year_of(hired)])], default=until + 1)
        return Career(
            teacher_id=teacher_id,
            name=str(found[0]["name"]),
            staff_no=str(staff.get("staff_no") or found[0]["code"]),
            staff_type=str(staff.get("staff_type") or ""),
            dept_id=found[0]["dept_id"] or 0,
            dept_name=str(found[0]["dept_name"] or ""),
            hired=hired,
            years=tuple(_year(number, rows.get(number)) for number in range(first, until + 1)),
        )

    def _is_within(self, level: str, entity_id: int, *, scope: Scope) -> bool:
        return self.facts.values.exists(level, entity_id, scope=scope, about=COMPOSITION)

    def _staff(self, level: str, entity_id: int) -> list[int] | None:
        """Keys of the staff of a node, who are counted and not named; None for everybody."""
        if level == "school":
            return None
        counted = Scope.all("staff of a node in scope, who are counted and not named")
        return [t.entity_id for t in self.facts.values.named("teacher", scope=counted, below=(level, [entity_id]))]

    def _snapshots(self) -> list[str]:
        return self.facts.files("fact_teacher_year", term_id=None)


_FIRST_MONTH: Final = 8
"""Who is hired in August begins with the academic year that follows."""


def _acad_year(year: int) -> str:
    return f"{year}-{year + 1}"


def _year_of(day: dt.date) -> int:
    """The year in which the academic year of a day begins."""
    return day.year if day.month >= _FIRST_MONTH else day.year - 1


def _profile(row: Mapping[str, Any]) -> Profile:
    return Profile(
        ladder=row["ladder"] or "",
        title=row["title_level"] or "",
        degree=row["degree"] or "",
        is_dual=bool(row["is_dual"]),
        is_fulltime=bool(row["is_fulltime"]),
    )


def _year(number: int, row: Mapping[str, Any] | None) -> Year:
    if row is None:
        return Year(year=number, profile=None)
    return Year(
        year=number, profile=_profile(row), ethics=row["ethics_result"] or "", is_promoted=bool(row["is_promoted"])
    )
