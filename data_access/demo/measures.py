"""Indicators as the platform keeps them: the dimension, stored values, targets and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from data_access.demo.calendar import Days
from data_access.demo.curriculum import Courses
from data_access.demo.organisation import STAFF_TYPES
from data_access.demo.people import College
from data_access.demo.tables import Blank, Bools, Coded, Floats, Ints, build, empty, keys_of
from data_access.demo.timetable import Teaching

ENTITY_COLUMNS = {
    "dept": "dept_id",
    "major": "major_id",
    "course": "course_id",
    "offering": "offering_id",
    "teacher": "teacher_id",
    "class": "class_id",
}
STATES = ("达标", "关注", "预警", "警戒", "无数据")
STATE_EDGES = (-1.5, -1.0, -0.35)
"""Standing below which a value is at alert, warning, attention; above the last it meets its target."""
PEER_GROUPS = ("全国高职", "本省高职", "同类院校", "国家示范")


@dataclass(frozen=True, kw_only=True)
class Measures:
    """The indicators of the library, by position; intervals keep their far end as threshold."""

    code: list[str]
    entity: list[str]
    frequent: Bools
    core: Bools
    interval: Bools
    target: Floats
    warning: Floats
    alert: Floats


def read_measures(indicators: Sequence[Mapping[str, Any]]) -> Measures:
    """The parts of the library's blocks that the demo college needs."""

    def limit(name: str) -> Floats:
        found = [item[name] for item in indicators]
        return np.array([float(v[1] if isinstance(v, list) else v) for v in found])

    return Measures(
        code=[str(item["code"]) for item in indicators],
        entity=[str(item["entity"]) for item in indicators],
        frequent=np.array([item["period"] in {"weekly", "monthly"} for item in indicators], bool),
        core=np.array([bool(item.get("is_core")) for item in indicators], bool),
        interval=np.array([isinstance(item["target"], list) for item in indicators], bool),
        target=limit("target"),
        warning=limit("warning"),
        alert=limit("alert"),
    )


def indicator_table(indicators: Sequence[Mapping[str, Any]]) -> pa.Table:
    """dim_indicator, in the order of the library."""
    if not indicators:
        return empty("dim_indicator")
    return build(
        "dim_indicator",
        len(indicators),
        {
            name: [str(item[name]) for item in indicators]
            for name in ("code", "name_zh", "layer", "dimension", "five_system", "direction")
        }
        | {"is_core": [bool(item.get("is_core")) for item in indicators]},
    )


def value_tables(
    college: College, courses: Courses, teachings: list[Teaching], indicators: Sequence[Mapping[str, Any]]
) -> list[pa.Table]:
    """fact_indicator_value, one table per term: month ends, for all but single students."""
    if not indicators:
        return [empty("fact_indicator_value")]
    measures = read_measures(indicators)
    ends = college.calendar.month_ends(college.calendar.terms[0].start)
    limits = [t.term.first_day for t in teachings] + [college.calendar.today + 1]
    found = []
    for teaching, upper in zip(teachings, limits[1:], strict=True):
        days = ends[(ends >= teaching.term.first_day) & (ends < upper)]
        if len(days):
            found.append(_values_of_term(college, courses, teaching, measures, days))
    return found or [empty("fact_indicator_value")]


def _values_of_term(college: College, courses: Courses, teaching: Teaching, measures: Measures, days: Days) -> pa.Table:
    members = _entities(college, courses, teaching)
    blocks: list[tuple[Ints, Ints, Ints, int]] = []
    kinds = ["school", *ENTITY_COLUMNS]
    for day in range(len(days)):
        # The college as a whole has a value of everything at every month end, so that each is a full snapshot.
        everything = np.arange(len(measures.code))
        blocks.append((everything, np.full(len(everything), day), np.zeros(len(everything), int), 0))
        for level, keys in members.items():
            own = np.array([e == level for e in measures.entity])
            due = np.flatnonzero(own & (measures.frequent | (day == len(days) - 1)))
            pairs = [grid.ravel() for grid in np.meshgrid(due, keys, indexing="ij")]
            blocks.append((pairs[0], np.full(len(pairs[0]), day), pairs[1], kinds.index(level)))
    indicator, when, entity = (np.concatenate([b[i] for b in blocks]) for i in range(3))
    kind = np.repeat([b[3] for b in blocks], [len(b[0]) for b in blocks])
    rng = college.spec.stream("fact_indicator_value", teaching.term.term_id)
    count = len(indicator)
    # An entity is good or bad at an indicator for long; months only add a little to that.
    habit = np.sin((entity * 12.9898 + indicator * 78.233 + kind * 37.719) % 6.283) * 1.1 + 0.35
    standing = habit + 0.5 * rng.standard_normal(count)
    state = 3 - np.searchsorted(STATE_EDGES, standing)
    value = _value_at(standing, measures.target[indicator], measures.warning[indicator], measures.alert[indicator])
    subjects = {
        column: Blank(values=entity, missing=kind != kinds.index(name)) for name, column in ENTITY_COLUMNS.items()
    }
    return build(
        "fact_indicator_value",
        count,
        {
            "indicator_id": indicator + 1,
            "date_id": keys_of(days)[when],
            **subjects,
            "student_id": None,
            "value": np.round(value, 2),
            "target": measures.target[indicator],
            "warning": measures.warning[indicator],
            "alert": measures.alert[indicator],
            "peer_median": _peer_median(measures)[indicator],
            "meets_peer": standing > -0.55,
            "state": Coded(codes=state, labels=STATES),
        },
        first_key=teaching.term.term_id * 10_000_000,
    )


def _value_at(standing: Floats, target: Floats, warning: Floats, alert: Floats) -> Floats:
    """A value on the side of the thresholds where that standing belongs, whichever direction is good."""
    worse, bad, fair = STATE_EDGES
    span = np.where(alert != target, (target - alert) / 3, np.maximum(np.abs(target) * 0.05, 0.5))
    inside = target + (standing - fair) * np.abs(span) * 0.2 * np.sign(span)
    attention = warning + (standing - bad) / (fair - bad) * (target - warning)
    warned = alert + (standing - worse) / (bad - worse) * (warning - alert)
    beyond = alert + (standing - worse) * span
    return np.select([standing > fair, standing > bad, standing > worse], [inside, attention, warned], beyond)


def _peer_median(measures: Measures) -> Floats:
    return np.round(0.6 * measures.target + 0.4 * measures.warning, 2)


def _entities(college: College, courses: Courses, teaching: Teaching) -> dict[str, Ints]:
    staff = college.organisation.staff
    return {
        "dept": college.organisation.department_ids,
        "major": college.organisation.majors.ids,
        "course": courses.ids,
        "offering": teaching.ids,
        "teacher": staff.ids[staff.kind == STAFF_TYPES.index("专任教师")],
        "class": college.classes.ids[np.unique(college.students.class_[college.enrolled_in(teaching.term)])],
    }


def target_table(college: College, indicators: Sequence[Mapping[str, Any]]) -> pa.Table:
    """ref_target: what the college, its departments and its majors set themselves for each year."""
    if not indicators:
        return empty("ref_target")
    measures = read_measures(indicators)
    members = {
        "school": np.array([1]),
        "dept": college.organisation.department_ids,
        "major": college.organisation.majors.ids,
    }
    plain = np.flatnonzero(~measures.interval)
    rows = [
        (i, kind, key)
        for kind, keys in members.items()
        for i in plain.tolist()
        if measures.entity[i] == kind
        for key in keys.tolist()
    ]
    indicator = np.array([r[0] for r in rows])
    kinds = tuple(members)
    parts = [
        build(
            "ref_target",
            len(rows),
            {
                "indicator_id": indicator + 1,
                "target_year": year,
                "entity_type": Coded(codes=np.array([kinds.index(r[1]) for r in rows]), labels=kinds),
                "entity_id": np.array([r[2] for r in rows]),
                "target": measures.target[indicator],
                "warning": measures.warning[indicator],
                "alert": measures.alert[indicator],
                "set_by": "质量办",
            },
            first_key=year * 100_000,
        )
        for year in college.calendar.years
    ]
    return pa.concat_tables(parts)


def benchmark_table(college: College, indicators: Sequence[Mapping[str, Any]]) -> pa.Table:
    """ref_benchmark: quartiles of four peer groups, for every indicator of college, majors and teachers."""
    chosen = [
        i
        for i, item in enumerate(indicators)
        if item["layer"] in {"学校", "专业", "教师"} and not isinstance(item["target"], list)
    ]
    if not chosen:
        return empty("ref_benchmark")
    measures = read_measures(indicators)
    indicator = np.repeat(chosen, len(PEER_GROUPS))
    group = np.tile(np.arange(len(PEER_GROUPS)), len(chosen))
    good, fair = measures.target[indicator], measures.warning[indicator]
    # The model colleges stand nearer to the targets than the country as a whole.
    middle = good + (fair - good) * np.array([0.8, 0.6, 0.5, 0.1])[group]
    spread = 0.5 * (good - fair)
    parts = [
        build(
            "ref_benchmark",
            len(indicator),
            {
                "indicator_id": indicator + 1,
                "bench_year": year,
                "peer_group": Coded(codes=group, labels=PEER_GROUPS),
                "p25": np.round(middle - spread, 2),
                "median": np.round(middle, 2),
                "p75": np.round(middle + spread, 2),
            },
            first_key=year * 100_000,
        )
        for year in college.calendar.years
    ]
    return pa.concat_tables(parts)
