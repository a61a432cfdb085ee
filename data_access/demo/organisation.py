"""Departments, majors, enterprises and staff of the demo college."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from data_access.demo.names import names, person_names
from data_access.demo.spec import CollegeSpec
from data_access.demo.stories import MAJOR_STORIES
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, draw

DIMENSIONS = ("适应度", "保障度", "显示度", "质量度", "产教融合度", "贡献度", "开放度", "品牌度")
FIRST_FUNCTIONAL_ID = 101
LEVELS = ("国家级", "省级", "校级重点", "合格")
STAFF_TYPES = ("专任教师", "校内兼课", "企业兼职", "辅导员", "管理服务", "校领导")
STAFF_SHARES = (0.683, 0.022, 0.15, 0.067, 0.069, 0.009)


@dataclass(frozen=True, kw_only=True)
class Majors:
    """Majors by position.

    Attributes:
        department: position of the teaching department.
        strength: how the major does in each of the eight dimensions, shape (majors, 8), in standard deviations.
        level: position in `LEVELS`.
    """

    name: list[str]
    code: list[str]
    prefix: list[str]
    topics: list[list[str]]
    department: Ints
    strength: Floats
    level: Ints
    first_year: Ints

    @property
    def count(self) -> int:
        """How many."""
        return len(self.name)

    @cached_property
    def ids(self) -> Ints:
        """Keys."""
        return np.arange(1, self.count + 1)

    def dimension(self, name: str) -> Floats:
        """Strength of every major in that dimension."""
        return self.strength[:, DIMENSIONS.index(name)]


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Staff by position.

    Attributes:
        kind: position in `STAFF_TYPES`.
        department: key of the department.
        major: position of the major the person teaches in, -1 for none.
        skill: how well the person teaches, in standard deviations.
        drive: how much the person does beyond teaching, in standard deviations.
        birth_year: year of birth.
    """

    kind: Ints
    department: Ints
    major: Ints
    female: Bools
    hired: Ints
    birth_year: Ints
    skill: Floats
    drive: Floats
    name: list[str]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.name)

    @cached_property
    def ids(self) -> Ints:
        """Keys."""
        return np.arange(1, self.count + 1)

    def of_kind(self, *kinds: str) -> Ints:
        """Positions of the people of these categories."""
        return np.flatnonzero(np.isin(self.kind, [STAFF_TYPES.index(k) for k in kinds]))


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """Departments, majors and staff.

    Attributes:
        department_names: teaching departments (those with majors, then the public ones), then functional ones.
        department_ids: their keys, in the same order.
        specialist_count: how many teaching departments have majors.
        teaching_count: how many departments teach.
        enterprise_count: how many enterprises work with the college.
    """

    department_names: list[str]
    department_ids: Ints
    specialist_count: int
    teaching_count: int
    majors: Majors
    staff: Staff
    enterprise_count: int

    def department_id(self, name: str) -> int:
        """Key of the department of that name."""
        return int(self.department_ids[self.department_names.index(name)])

    @property
    def functional_ids(self) -> Ints:
        """Keys of the departments that do not teach."""
        return self.department_ids[self.teaching_count :]

    @property
    def teaching_ids(self) -> Ints:
        """Keys of the departments that teach."""
        return self.department_ids[: self.teaching_count]


def build_organisation(spec: CollegeSpec, major_count: int, now: int) -> Organisation:
    """The organisation, with that many majors, in the academic year that starts in `now`."""
    rng = spec.stream("organisation")
    majors = _majors(rng, major_count, now)
    specialist = names()["teaching_departments"][: int(majors.department.max()) + 1]
    teaching = [d["name"] for d in specialist] + names()["public_departments"]
    functional = [row[0] for row in names()["functional_departments"]]
    ids = np.concatenate(
        [np.arange(1, len(teaching) + 1), np.arange(FIRST_FUNCTIONAL_ID, FIRST_FUNCTIONAL_ID + len(functional))]
    )
    staff = _staff(spec, majors, len(specialist), ids[len(teaching) :], now)
    return Organisation(
        department_names=teaching + functional,
        department_ids=ids,
        specialist_count=len(specialist),
        teaching_count=len(teaching),
        majors=majors,
        staff=staff,
        enterprise_count=max(30, round(450 * spec.scale)),
    )


def _majors(rng: np.random.Generator, count: int, now: int) -> Majors:
    departments = [d["name"] for d in names()["teaching_departments"]]
    by_department = [names()["majors"][d] for d in departments]
    longest = max(map(len, by_department))
    # A smaller college opens the first major of every department before any second one.
    opened = [(d, m[k]) for k in range(longest) for d, m in enumerate(by_department) if k < len(m)][:count]
    opened.sort(key=lambda item: item[0])
    strength = rng.standard_normal((count, 8)) * 0.8 + rng.standard_normal((count, 1)) * 0.6
    for position, (_, row) in enumerate(opened):
        for dimension, value in MAJOR_STORIES.get(row[0], {}).items():
            strength[position, DIMENSIONS.index(dimension)] = value
    ranked = np.argsort(np.argsort(-strength[:, DIMENSIONS.index("品牌度")])) / max(1, count)
    return Majors(
        name=[row[0] for _, row in opened],
        code=[row[1] for _, row in opened],
        prefix=[row[2] for _, row in opened],
        topics=[row[3] for _, row in opened],
        department=np.array([d for d, _ in opened]),
        strength=strength,
        level=np.searchsorted([0.08, 0.42, 0.72], ranked, side="right"),
        first_year=rng.integers(now - 24, now - 8, count),
    )


def _staff(spec: CollegeSpec, majors: Majors, specialist: int, functional: Ints, now: int) -> Staff:
    rng = spec.stream("staff")
    total = max(60, round(900 * spec.scale), 9 * majors.count)
    share = np.round(np.array(STAFF_SHARES) * total).astype(int)
    share = np.maximum(share, [4, 1, 2 * specialist, specialist, len(functional), 6])
    kind = np.repeat(np.arange(len(share)), share)
    count = len(kind)
    department = np.zeros(count, int)
    major = np.full(count, -1)
    teachers = np.flatnonzero(kind <= STAFF_TYPES.index("企业兼职"))
    # Four of five teachers belong to a major; the rest to the two public departments, which teach one course in five.
    for part in (teachers[kind[teachers] == k] for k in range(3)):
        in_major = part if kind[part[0]] == STAFF_TYPES.index("企业兼职") else part[: round(0.8 * len(part))]
        major[in_major] = np.arange(len(in_major)) % majors.count
        public = part[len(in_major) :]
        department[public] = specialist + 1 + np.arange(len(public)) % 2
    department[major >= 0] = majors.department[major[major >= 0]] + 1
    counsellors = np.flatnonzero(kind == STAFF_TYPES.index("辅导员"))
    department[counsellors] = 1 + np.arange(len(counsellors)) % specialist
    offices = np.flatnonzero(kind >= STAFF_TYPES.index("管理服务"))
    department[offices] = functional[np.arange(len(offices)) % len(functional)]
    age = np.clip(rng.normal(41, 9, count), 24, 58).astype(int)
    hired_year = np.minimum(now - 3, now - age + 24 + rng.integers(0, 8, count))
    quality = np.where(major >= 0, majors.dimension("保障度")[major], 0.0)
    return Staff(
        kind=kind,
        department=department,
        major=major,
        female=rng.random(count) < 0.54,
        hired=hired_year,
        birth_year=now - age,
        skill=rng.standard_normal(count) * 0.9 + 0.25 * quality,
        drive=rng.standard_normal(count) * 0.9 + 0.3 * quality,
        name=person_names(rng, count),
    )


def dimension_tables(spec: CollegeSpec, organisation: Organisation) -> tuple[pa.Table, ...]:
    """dim_department, dim_major, dim_teacher and dim_enterprise."""
    return (
        _department_table(organisation),
        _major_table(organisation),
        _teacher_table(spec, organisation.staff),
        _enterprise_table(spec, organisation),
    )


def _department_table(organisation: Organisation) -> pa.Table:
    functional = names()["functional_departments"]
    teaching = organisation.teaching_count
    staff = organisation.staff
    # The longest-serving member leads a department.
    leaders = [
        int(staff.ids[here[np.argmin(staff.hired[here])]])
        for here in (np.flatnonzero(staff.department == d) for d in organisation.department_ids)
    ]
    return build(
        "dim_department",
        len(organisation.department_names),
        {
            "dept_id": organisation.department_ids,
            "dept_name": organisation.department_names,
            "dept_type": _listed(["教学系部"] * teaching + [row[1] for row in functional]),
            "five_system": _listed(["质量生成"] * teaching + [row[2] for row in functional]),
            "alias_names": [names()["aliases"].get(n, "") for n in organisation.department_names],
            "leader_id": leaders,
        },
    )


def _major_table(organisation: Organisation) -> pa.Table:
    majors, staff = organisation.majors, organisation.staff
    departments = names()["teaching_departments"]
    industries = ("主导产业", "支柱产业", "新兴产业", "其他")
    leaders = [int(staff.ids[np.flatnonzero(staff.major == m)[0]]) for m in range(majors.count)]
    return build(
        "dim_major",
        majors.count,
        {
            "major_id": majors.ids,
            "major_code": majors.code,
            "major_name": majors.name,
            "dept_id": majors.department + 1,
            "major_group": [f"{departments[d]['name'].removesuffix('系')}专业群" for d in majors.department],
            "industry_type": Coded(
                codes=np.array([industries.index(departments[d]["industry"]) for d in majors.department]),
                labels=industries,
            ),
            "level": Coded(codes=majors.level, labels=LEVELS),
            "level_score": 4 - majors.level,
            "first_year": majors.first_year,
            "status": "在招",
            "leader_id": leaders,
        },
    )


def _teacher_table(spec: CollegeSpec, staff: Staff) -> pa.Table:
    rng = spec.stream("dim_teacher")
    hired = (np.datetime64("1970-07-01", "D").astype("datetime64[Y]") + (staff.hired - 1970)).astype(
        "datetime64[D]"
    ) + rng.integers(180, 260, staff.count)
    return build(
        "dim_teacher",
        staff.count,
        {
            "teacher_id": staff.ids,
            "staff_no": [f"{year}{i:04d}" for year, i in zip(staff.hired, staff.ids, strict=True)],
            "teacher_name": staff.name,
            "dept_id": staff.department,
            "major_id": Blank(values=staff.major + 1, missing=staff.major < 0),
            "staff_type": Coded(codes=staff.kind, labels=STAFF_TYPES),
            "gender": Coded(codes=staff.female.astype(np.int8), labels=("男", "女")),
            "hire_date": hired,
        },
    )


def _enterprise_table(spec: CollegeSpec, organisation: Organisation) -> pa.Table:
    rng = spec.stream("dim_enterprise")
    count = organisation.enterprise_count
    places, trades, forms = (names()[f"enterprise_{part}"] for part in ("places", "trades", "forms"))
    titles = [
        f"{places[i % len(places)]}{trades[i // len(places) % len(trades)]}{forms[i // 144 % len(forms)]}"
        for i in range(count)
    ]
    return build(
        "dim_enterprise",
        count,
        {
            "enterprise_id": np.arange(1, count + 1),
            "enterprise_name": titles,
            "scale": draw(rng, count, {"大型": 0.15, "中型": 0.35, "小型": 0.4, "微型": 0.1}),
            "region": draw(rng, count, {"本市": 0.5, "本省": 0.33, "省外": 0.16, "境外": 0.01}),
        },
    )


def _listed(texts: list[str]) -> Coded:
    labels = sorted(set(texts))
    return Coded(codes=np.array([labels.index(t) for t in texts]), labels=labels)
