"""A college of a few dozen students with stored figures, written into a database and added up by hand."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert

from data_access.database import transaction
from data_access.database.models import ComputeRun, Entity, IndicatorEntry, IndicatorPlan, Measure, Period
from data_access.readers.plans import LEVEL_NUMBERS
from tests.data_access.access.organisations import GONE, Organisation

TREE = ("school", "dept", "major", "class")
TERM = 20261
RUN = 7
FAMILY = 3


@dataclass(frozen=True)
class Crowd:
    """An organisation whose students have a numerator and a denominator.

    Attributes:
        parts: numerator and denominator of each student.
    """

    place: Organisation
    parts: dict[int, tuple[float, float]]

    def members(self, level: str, key: int) -> set[int]:
        """Students of a group."""
        return {student for student in self.place.students if key == self.group(level, student)}

    def group(self, level: str, student: int) -> int | None:
        """The group of a level that a student belongs to."""
        chain: dict[str, int | None] = {"school": 1, "class": self.place.students[student]}
        chain["major"] = self.place.classes.get(chain["class"])
        chain["dept"] = self.place.majors.get(chain["major"])
        return chain[level] if chain[level] in self.place.ids(level) else None

    def sums(self, level: str, key: int) -> tuple[float, float]:
        """Numerator and denominator of a group."""
        own = [self.parts[student] for student in self.members(level, key)]
        return sum(a for a, _ in own), sum(b for _, b in own)


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    """Two departments with majors and classes of nobody, a few or some; some pointers lead nowhere."""
    majors = {n: draw(st.sampled_from([1, 1, 2, 2, None])) for n in range(1, 4)}
    classes = {n: draw(st.sampled_from([*majors, *majors, None, GONE])) for n in range(1, draw(st.integers(2, 6)))}
    students: dict[int, int | None] = {}
    parts: dict[int, tuple[float, float]] = {}
    sizes = st.sampled_from([0, 0, 1, 3, 5, 6, 8])
    for group in [*classes, None]:
        for numerator, denominator in ((1.0, 1.0), (0.0, 1.0), (1.0, 2.0)):
            for _ in range(draw(sizes)):
                key = len(students) + 1
                students[key], parts[key] = group, (numerator, denominator)
    return Crowd(Organisation(majors, classes, students), parts)


def settle(database: Engine, crowd: Crowd, *, run: int = RUN) -> None:
    """Make the crowd, without any figure, that of the database, as a run leaves it."""
    columns = ("dept_id", "major_id", "class_id", "course_id", "teacher_id")
    rows = [
        {"code": "", "aliases": "", "name": str(e["entity_id"]), **dict.fromkeys(columns), **e}
        for e in crowd.place.entities()
    ]
    with transaction(database) as connection:
        for model in (Measure, IndicatorPlan, IndicatorEntry, Period, Entity, ComputeRun):
            connection.execute(delete(model))
        connection.execute(insert(Entity), rows)
        now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
        connection.execute(
            insert(ComputeRun).values(
                run_id=run, kind="full", started_at=now, finished_at=now, data_version=1, library_version="a",
                as_of=now.date(), rows_written=0,
            )
        )  # fmt: skip


def publish(
    database: Engine,
    code: str,
    *,
    topics: Iterable[str] = ("违纪",),
    value: Any = ("/", ("*", 100.0, "p00"), "p01"),
    numerator: Any = "p00",
    denominator: Any = "p01",
    levels: Iterable[str] = (*TREE, "student"),
    so_far: bool = False,
    **definition: Any,
) -> None:
    """Enter an indicator of family `FAMILY`; sensitive if it has topics."""
    block = {
        "unit": "%",
        "department": "学生工作处",
        "privacy": "敏感" if topics else "内部",
        "topics": [*topics],
        "row_topics": [*topics],
        **definition,
    }
    names = {"name_zh": code, "layer": "学生", "entity": "student", "period": "term", "unit": "%"}
    plan = {"kind": "term", "so_far": so_far, "family_id": FAMILY, "levels": [*levels]}
    with transaction(database) as connection:
        connection.execute(insert(IndicatorEntry).values(code=code, direction="lower", definition=block, **names))
        connection.execute(
            insert(IndicatorPlan).values(code=code, value=value, numerator=numerator, denominator=denominator, **plan)
        )


def store(database: Engine, crowd: Crowd, *, term: int = TERM, levels: Iterable[str] = (*TREE, "student")) -> None:
    """Store the parts of everybody and the sums of every group that has any."""
    rows = []
    for level in levels:
        for key in crowd.place.ids(level):
            is_person = level == "student"
            if not is_person and not crowd.members(level, key):
                continue  # groups without rows are not stored
            sums = crowd.parts[key] if is_person else crowd.sums(level, key)
            rows.append(row(level, key, *sums, term=term))
    put(database, rows, term=term)


def row(level: str, key: int, *parts: float | None, term: int = TERM) -> dict[str, Any]:
    """A stored row."""
    return {
        "family_id": FAMILY, "level": LEVEL_NUMBERS[level], "period_id": term, "entity_id": key, "run_id": RUN,
        "rows": 12, **{f"p{slot:02d}": part for slot, part in enumerate(parts)},
    }  # fmt: skip


def put(database: Engine, rows: list[dict[str, Any]], *, term: int = TERM) -> None:
    """Store rows of a term."""
    day = dt.date(term // 10, 9, 1)
    with transaction(database) as connection:
        if rows:
            connection.execute(insert(Measure), rows)
        connection.execute(
            insert(Period).values(
                kind="term", period_id=term, key=str(term), label_zh=str(term), start_date=day, end_date=day,
                term_id=term,
            )
        )  # fmt: skip
