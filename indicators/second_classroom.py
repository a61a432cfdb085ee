"""The second classroom (第二课堂): its modules, what a student's transcript adds up to, and how a class stands.

Source: 南京 三(七)5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from data_access.access.scope import Scope
from data_access.readers.second_classroom import RecordedCredit, SecondClassReader

MODULES_FILE: Final = Path(__file__).with_name("second_classroom.yaml")
APPROVED: Final = "通过"
PENDING: Final = "申请"
_TENTHS: Final = 10
"""Credits are given in tenths; sums are taken in whole tenths, so that they are exact."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module of the second classroom; `name` as the contract of the activities writes it."""

    key: str
    name: str
    covers: str


@dataclass(frozen=True, kw_only=True)
class Modules:
    """All modules, in the order of the transcript.

    Attributes:
        helps: keys of the modules that help whoever scores low on a scale of the self-tests, by the scale's name.
    """

    modules: tuple[Module, ...]
    helps: Mapping[str, tuple[str, ...]]

    def module(self, key: str) -> Module:
        """The module of that key.

        Raises:
            KeyError: there is none.
        """
        return {item.key: item for item in self.modules}[key]

    def for_scale(self, scale: str) -> tuple[Module, ...]:
        """The modules that help with a scale of the self-tests; none for one that is not named."""
        return tuple(self.module(key) for key in self.helps.get(scale, ()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """One activity of one student; `status` is 申请, 通过 or 未通过."""

    day: dt.date
    name: str
    module: str
    credit: float
    status: str


@dataclass(frozen=True, kw_only=True)
class ModuleCredit:
    """What a module has brought so far, and how many activities of it were approved."""

    module: Module
    credit: float
    count: int


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A student's transcript at the end of a term.

    Attributes:
        credit: of the approved activities, up to and with the term.
        required: credits due by then; None where the term has no record of the student.
        recorded: what the league committee's (团委) own record of the term says; None likewise.
        pending: credits that approval of what is applied for would add.
        activities: the latest first.
    """

    modules: tuple[ModuleCredit, ...]
    activities: tuple[Activity, ...]
    credit: float
    pending: float
    required: float | None
    recorded: float | None

    @property
    def missing(self) -> float | None:
        """Credits that are still lacking, 0 where enough; None where nothing is required."""
        return None if self.required is None else max(0.0, round(self.required - self.credit, 1))

    @property
    def untouched(self) -> tuple[Module, ...]:
        """The modules without any approved activity."""
        return tuple(item.module for item in self.modules if not item.count)


@dataclass(frozen=True, kw_only=True)
class ClassCredits:
    """How the students of a class stand in a term, by what the roll of that term says.

    Attributes:
        students: those on the roll, the largest lack first.
    """

    students: tuple[RecordedCredit, ...]

    @property
    def reached(self) -> int:
        """How many have the credits that are required."""
        return sum(has_reached(item) for item in self.students)

    @property
    def attainment(self) -> float | None:
        """第二课堂积分达标率 in %, as STU-GRP-07 defines it; None where nobody is on the roll."""
        return 100.0 * self.reached / len(self.students) if self.students else None


class SecondClassroom:
    """Transcripts and the standing of classes, within a scope."""

    def __init__(self, reader: SecondClassReader, modules: Modules) -> None:
        self._reader = reader
        self.modules = modules

    def transcript(self, student_id: int, *, term_key: str, scope: Scope) -> Transcript:
        """A student's transcript at the end of a term, or so far; an empty one of a student outside the scope."""
        activities = [Activity(**row) for row in self._reader.activities(student_id, term_key=term_key, scope=scope)]
        recorded = next(iter(self._reader.credits(term_key, student_id=student_id, scope=scope)), None)
        return transcript(
            activities,
            required=None if recorded is None else recorded.required,
            recorded=None if recorded is None else recorded.credit,
            modules=self.modules,
        )

    def of_class(self, class_id: int, *, term_key: str, scope: Scope) -> ClassCredits:
        """The students of a class in a term; nobody of a class outside the scope."""
        rows = self._reader.credits(term_key, class_id=class_id, scope=scope)
        on_roll = [row for row in rows if row.is_on_roll]
        return ClassCredits(students=tuple(sorted(on_roll, key=lambda row: (-lack_of(row), row.student_no))))


def has_reached(row: RecordedCredit) -> bool:
    """True where the credits required are there; where either is unknown it cannot be said, and counts as no."""
    return row.credit is not None and row.required is not None and row.credit >= row.required


def lack_of(row: RecordedCredit) -> float:
    """Credits still lacking; 0 where enough, and where nothing is required."""
    return max(0.0, round((row.required or 0.0) - (row.credit or 0.0), 1))


@cache
def shipped_modules() -> Modules:
    """The modules of the library, read once."""
    return modules_of(yaml.safe_load(MODULES_FILE.read_text(encoding="utf-8")))


def modules_of(block: Mapping[str, Any]) -> Modules:
    """The modules that a block of ``second_classroom.yaml`` describes.

    Raises:
        ValueError: a key or a name stands twice, or a scale names a module that is not there.
    """
    found = tuple(Module(key=item["key"], name=item["name"], covers=item["covers"]) for item in block["modules"])
    keys = [item.key for item in found]
    if len(set(keys)) < len(keys) or len({item.name for item in found}) < len(found):
        raise ValueError(f"{MODULES_FILE.name}: a module stands twice.")
    helps = {scale: tuple(named) for scale, named in block["helps"].items()}
    unknown = {key for named in helps.values() for key in named} - set(keys)
    if unknown:
        raise ValueError(f"{MODULES_FILE.name}: unknown modules {', '.join(sorted(unknown))}.")
    return Modules(modules=found, helps=helps)


def total_of(activities: Sequence[Activity], *, status: str = APPROVED) -> float:
    """Credits of the activities in a state, exact to the tenth."""
    return sum(round(item.credit * _TENTHS) for item in activities if item.status == status) / _TENTHS


def transcript(
    activities: Sequence[Activity], *, required: float | None, recorded: float | None, modules: Modules
) -> Transcript:
    """The transcript of one student from all activities up to the end of a term, in any order."""
    latest_first = sorted(activities, key=lambda item: (-item.day.toordinal(), item.name))
    by_module = {
        module.key: [item for item in activities if item.module == module.name and item.status == APPROVED]
        for module in modules.modules
    }
    return Transcript(
        modules=tuple(
            ModuleCredit(module=module, credit=total_of(by_module[module.key]), count=len(by_module[module.key]))
            for module in modules.modules
        ),
        activities=tuple(latest_first),
        credit=total_of(activities),
        pending=total_of(activities, status=PENDING),
        required=required,
        recorded=recorded,
    )
