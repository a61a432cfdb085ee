"""A class, its people and one lesson's mark in dispute: real rows, for tests of disputes on either database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, insert, select

from data_access.access.audit import AuditLog
from data_access.access.roles import Role
from data_access.access.viewer import Post, Viewer, viewer_of
from data_access.database import transaction
from data_access.database.access_models import Account, AuditEvent, PostRecord
from data_access.database.growth_models import (
    CardCorrection,
    CardDispute,
    CardEntry,
    CardMark,
    CardMarkChange,
    CardPosting,
    CardSheet,
    CardTermRow,
    RevisedFigure,
)
from data_access.database.models import Entity
from data_access.growth_card.dispute_states import Status
from data_access.growth_card.disputes import DisputeStore
from indicators.growth_card.dispute_rules import procedure_of
from indicators.growth_card.points import shipped_card

ZONE = dt.timezone(dt.timedelta(hours=8))
RECORDED = dt.datetime(2026, 11, 16, 9, 30, tzinfo=ZONE)
"""Monday of week 12; the last day of disputing is the 23rd."""
TERM = 20261
STUDENT, CLASSMATE, CLASS, MAJOR, DEPT = 501, 502, 41, 31, 21
OFFERING, PE_OFFERING, OTHER_OFFERING = 601, 602, 603
PROCEDURE = procedure_of(shipped_card())
PEOPLE: dict[str, tuple[str, int | None, tuple[tuple[Role, str, int], ...]]] = {
    "student": ("student", STUDENT, ((Role.STUDENT, "student", STUDENT),)),
    "classmate": ("student", CLASSMATE, ((Role.STUDENT, "student", CLASSMATE),)),
    "teacher": ("teacher", 71, ((Role.TEACHER, "teacher", 71),)),
    "coach": ("teacher", 72, ((Role.TEACHER, "teacher", 72),)),
    "stranger": ("teacher", 73, ((Role.TEACHER, "teacher", 73),)),
    "adviser": ("teacher", 74, ((Role.CLASS_ADVISER, "class", CLASS), (Role.TEACHER, "teacher", 74))),
    "counsellor": ("teacher", 75, ((Role.COUNSELLOR, "class", CLASS),)),
    "affairs": ("teacher", 76, ((Role.STUDENT_AFFAIRS, "dept", DEPT),)),
    "head": ("teacher", 77, ((Role.DEPARTMENT_HEAD, "dept", DEPT),)),
    "elsewhere": ("teacher", 78, ((Role.DEPARTMENT_HEAD, "dept", 22), (Role.CLASS_ADVISER, "class", 42))),
    "leader": ("teacher", 79, ((Role.LEADER, "school", 1),)),
}


@dataclass
class Courtroom:
    """The store of disputes of an installation, and what a test may write and read behind its back."""

    database: Engine
    time: dt.datetime = RECORDED + dt.timedelta(hours=1)
    ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.audit = AuditLog(self.database, now=self.now)
        self.store = DisputeStore(self.database, self.audit, PROCEDURE, now=self.now)

    def now(self) -> dt.datetime:
        return self.time

    def insert(self, model: type, **values: Any) -> int:
        with transaction(self.database) as connection:
            made = connection.execute(insert(model).values(**values)).inserted_primary_key
        return int(made[0]) if isinstance(made[0], int) else 0

    def viewer(self, name: str) -> Viewer:
        kind, person_id, posts = PEOPLE[name]
        held = [
            Post(role=role, node_level=level, node_id=node, node_name=f"{level}{node}", valid_from=dt.date(2020, 9, 1))
            for role, level, node in posts
        ]
        return viewer_of(
            held, on=self.time.date(), account_id=self.ids[name], username=name, name=name, person_kind=kind,
            person_id=person_id,
        )  # fmt: skip

    def entry(self, point: str = "STU-ACD-02", slot: str = "W11", **values: Any) -> int:
        row = {
            "holder": 5, "holder_id": STUDENT, "term_id": TERM, "point": point, "slot": slot, "kind": "deposit",
            "booked_on": dt.date(2026, 11, 15), "raw": 88.0, "points": 94, "possible": 211, "posting_id": 1,
            "recorded_at": RECORDED,
        }  # fmt: skip
        return self.insert(CardEntry, **{**row, **values})

    def sheet(self, collector: str, unit: tuple[str, int], task: str, column: str, *, by: str, editor: str = "") -> int:
        """A submitted sheet with one cell of the student's, edited by somebody perhaps not the one who handed it in."""
        sheet_id = self.insert(
            CardSheet, collector=collector, unit_level=unit[0], unit_id=unit[1], term_id=TERM, task=task,
            opened_at=RECORDED, submitted_at=RECORDED, submitted_by=by,
        )  # fmt: skip
        cell = {"sheet_id": sheet_id, "holder": 5, "holder_id": STUDENT, "column": column, "version": 1}
        cell |= {"edited_by": editor or by, "edited_at": RECORDED}
        self.insert(CardMark, value=1.0, **cell)
        self.insert(CardMarkChange, before=None, after=1.0, **cell)
        return sheet_id

    def dispute(self, entry_id: int | None = None, *, days: int = 0, answered: str = "") -> int:
        """A dispute that the student opened, answered by somebody if one is named."""
        dispute_id = self.store.open(
            self.entry() if entry_id is None else entry_id, reason="那天我准时到了", by=self.viewer("student")
        )
        self.time += dt.timedelta(days=days)
        if answered:
            self.store.answer(dispute_id, text="核对后确属误记", values={"raw": 100.0}, by=self.viewer(answered))
        return dispute_id

    def rows(self, model: type) -> list[Any]:
        with self.database.connect() as connection:
            return list(connection.execute(select(*model.__table__.columns)).all())

    def status(self, dispute_id: int) -> Status:
        with self.database.connect() as connection:
            found = select(CardDispute.status).where(CardDispute.dispute_id == dispute_id)
            return Status(connection.execute(found).scalar_one())

    @property
    def corrections(self) -> list[Any]:
        return self.rows(CardCorrection)

    @property
    def revised(self) -> list[Any]:
        return self.rows(RevisedFigure)

    @property
    def events(self) -> list[tuple[str, str, str]]:
        """(actor, subject, change) of what was done to disputes."""
        return [(e.actor, e.subject, e.detail["change"]) for e in self.rows(AuditEvent) if e.kind == "dispute"]


def furnish(database: Engine) -> Courtroom:
    """Writes class, sections, people, term and a posting; no entry yet."""
    room = Courtroom(database)
    first = dt.date(2026, 8, 31)
    weeks = [
        [f"2026-2027-1-W{n:02}", f"第{n}周", str(first + dt.timedelta(7 * n - 7)), str(first + dt.timedelta(7 * n - 1))]
        for n in range(1, 20)
    ]
    room.insert(
        CardTermRow, term_id=TERM, key="2026-2027-1", acad_start=2026, number=1, start_date=first,
        end_date=dt.date(2027, 1, 17), weeks=weeks, freezes_on=dt.date(2027, 1, 31),
    )  # fmt: skip
    room.insert(
        CardPosting, posting_id=1, cause="facts", term_id=TERM, started_at=RECORDED, as_of=RECORDED.date(),
        data_version=1, rules_version="1", posted_by="system",
    )  # fmt: skip
    place = {"dept_id": DEPT, "major_id": MAJOR, "class_id": CLASS}
    room.insert(Entity, level="class", entity_id=CLASS, name="机电2401", **place)
    for key in (STUDENT, CLASSMATE):
        room.insert(Entity, level="student", entity_id=key, code=f"2024{key}", name=f"2024{key}", **place)
    for key, name, teacher, class_id in (
        (OFFERING, "机械制图 · 机电2401", 71, CLASS),
        (PE_OFFERING, "体育三 · 机电2401", 72, CLASS),
        (OTHER_OFFERING, "选修书法", 73, None),
    ):
        room.insert(
            Entity, level="offering", entity_id=key, name=name, teacher_id=teacher, class_id=class_id, term_id=TERM,
            dept_id=DEPT,
        )  # fmt: skip
    for name, (kind, person_id, posts) in PEOPLE.items():
        room.ids[name] = room.insert(
            Account, username=name, name=name, person_kind=kind, person_id=person_id, password_history=[],
            source="manual", created_at=RECORDED,
        )  # fmt: skip
        for role, level, node in posts:
            room.insert(
                PostRecord, account_id=room.ids[name], role=role.value, node_level=level, node_id=node,
                valid_from=dt.date(2020, 9, 1), source="manual", granted_at=RECORDED,
            )  # fmt: skip
    return room
