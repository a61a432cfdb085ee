"""What the accounts, sheets, disputes, plans and self-tests of the canary college hold, so that there is something to leak.

Texts name the matter and the student (`secret`), so that a leak shows whose it is and what it tells. Numbers that hardly
anybody may see are ones that nothing else comes to: a count of counsellings, a score of the screening.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.database import transaction
from data_access.database.growth_models import (
    CardCorrection,
    CardDispute,
    CardEntry,
    SelfTestResponse,
    StudentPlan,
    StudentPlanGoal,
)
from data_access.growth_card.cells import STUDENT, CellKey
from data_access.growth_card.sheet_store import SheetStore
from data_access.growth_card.sheet_units import SheetKey
from data_access.lake import Lake
from indicators.growth_card.posting import Poster
from tests.security.canaries import (
    AS_OF,
    EARLIER,
    LEFT,
    NONEXISTENT,
    NOT_YET,
    NOW,
    Key,
    classes,
    number,
    offering,
    roster,
    students,
)

COUNSELLINGS, SCREENING = 582_258, 471_147
"""How often each student was counselled, and the score of the screening of each."""
SCREENING_SCALE, PLAIN_SCALE = "心理健康普查", "自学能力"
LESSON, WEEK = "20261109", "W09"
TAUGHT = "STU-ACD-02"
"""The point under dispute: its collectors are the teachers of the class."""
DISPUTED: dict[Key, str] = {
    (1, 1, 1, 1): "open",
    (1, 1, 1, 2): "answered",
    (1, 1, 2, 1): "upheld",
    (1, 2, 1, 1): "settled",
    (2, 1, 1, 1): "rejected",
    LEFT: "withdrawn",
    (2, 2, 2, 1): "open",
}
"""State of the dispute of each student who has one; its id is `dispute`."""
PLANS: dict[str, tuple[str, str]] = {
    "academic": ("学业计划", "submitted"),
    "personal": ("个人发展规划", "draft"),
    "career": ("职业生涯规划", "approved"),
}
"""Name and state of the plans that each student with a dispute has, by key."""
_FIRST_DISPUTE, _FIRST_PLAN = 8_810_001, 8_910_001
"""Numbers that stand nowhere else on a page, so that an id can be told apart in it."""
_MOMENT = dt.datetime(2026, 11, 19, 4, tzinfo=dt.UTC)
_SECRET = re.compile(r"畾(\w+)D(\d)M(\d)C(\d)S0(\d)")
_NUMBERS = {"counselling": re.compile(r"582,?258"), "screening": re.compile(r"471,?147")}

Secret = tuple[str, Key]
"""A matter and whose it is; of the two numbers, nobody's: everybody has the same."""


def secret(matter: str, student: Key) -> str:
    """A text about a matter of a student: ``academic``, ``personal``, ``career``, ``dispute``, ``activity``."""
    return f"畾{matter}D{student[0]}M{student[1]}C{student[2]}S{student[3]:02d}"


def secrets(text: str) -> set[Secret]:
    """All secrets in a text, also where JSON has escaped them."""
    found = _SECRET.findall(text.replace("\\u757e", "畾"))
    told: set[Secret] = {(matter, tuple(int(part) for part in path)) for matter, *path in found}
    return told | {(name, ()) for name, pattern in _NUMBERS.items() if pattern.search(text)}


def dispute(student: Key) -> int:
    """The id of the dispute of a student."""
    return _FIRST_DISPUTE + list(DISPUTED).index(student)


def plan(student: Key, key: str) -> int:
    """The id of a plan of a student who has a dispute as well."""
    return _FIRST_PLAN + list(DISPUTED).index(student) * len(PLANS) + list(PLANS).index(key)


def sheet(collector: str, group: Key, task: str) -> str:
    """The address of a sheet: teachers have those of lessons, all others those of classes."""
    return f"{collector}-{offering(*group) if collector == 'teacher' else number(*group)}-{NOW}-{task}"


NO_SHEET = f"adviser-{NONEXISTENT}-{NOW}-{WEEK}"
"""The address of a sheet of a class that does not exist."""


def facts() -> dict[str, list[dict[str, Any]]]:
    """Further tables of the lake: what was done in the second classroom, and a screening delivered by another system."""
    return {
        "fact_second_class": [
            {"second_class_id": i, "student_id": number(*s), "date_id": 20261012, "module": "思想成长",
             "activity_name": secret("activity", s), "credit": 1.0, "status": "通过"}
            for i, s in enumerate(students())
        ],
        "fact_self_test": [
            {"test_id": i, "student_id": number(*s), "term_id": EARLIER, "scale": SCREENING_SCALE,
             "is_done": True, "score": float(SCREENING), "result_level": "预警"}
            for i, s in enumerate(students()) if s != NOT_YET
        ],
    }  # fmt: skip


def fill(lake: Lake, database: Engine) -> None:
    """Sheets in use, accounts posted from them, disputes in every state, plans and filled-in self-tests."""
    _sheets(SheetStore(database, AuditLog(database)))
    poster = Poster(lake)
    for term in (EARLIER, NOW):
        poster.post(term, cause="facts", posted_by="nightly", as_of=AS_OF)
    with transaction(database) as connection:
        for student, state in DISPUTED.items():
            _dispute(connection, student, state)
            for key in PLANS:
                _plan(connection, student, key)
        connection.execute(insert(SelfTestResponse), list(_responses()))


def _sheets(store: SheetStore) -> None:
    """Of every class: a week of the adviser and a lesson, handed in; counsellings and a week of 学工办, not handed in."""
    for group in classes():
        own = [s for s in students(*group) if s not in {LEFT, NOT_YET}]
        held = ("adviser", number(*group), WEEK, "STU-ACD-03", 80.0, own, True)
        lesson = ("teacher", offering(*group), LESSON, "status", 0.0, roster(*group), True)
        counselled = ("counsellor", number(*group), "term", "STU-PER-12", float(COUNSELLINGS), own, False)
        affairs = ("affairs", number(*group), WEEK, "STU-PER-09", 70.0, own, False)
        for slug, unit, task, column, value, holders, is_handed_in in (held, lesson, counselled, affairs):
            key = SheetKey.of(f"{slug}-{unit}-{NOW}-{task}")
            assert key is not None
            by = Actor(_who(slug, group), None)
            cells = [(CellKey(STUDENT, number(*s), column), value, 0) for s in holders]
            store.save(key, cells, due_on=AS_OF, by=by)
            if is_handed_in:
                store.submit(key, (), due_on=AS_OF, by=by, detail={})


def _who(name: str, place: Key) -> str:
    """The persona of that name where they look after the place, else somebody of another class."""
    return name if place[:3] == (1, 1, 1) else "somebody"


def _dispute(connection: Connection, student: Key, state: str) -> None:
    holder, told = number(*student), secret("dispute", student)
    own = select(func.max(CardEntry.entry_id)).where(
        CardEntry.holder == STUDENT, CardEntry.holder_id == holder, CardEntry.point == TAUGHT
    )
    entry = connection.execute(own).scalar_one()
    is_answered = state in {"answered", "upheld", "settled", "rejected"}
    is_decided = is_answered and state != "answered"
    connection.execute(
        insert(CardDispute).values(
            dispute_id=dispute(student), entry_id=entry, student_id=holder, class_id=number(*student[:3]),
            status=state, reason=told, opened_by=_who("student", student), opened_at=_MOMENT,
            answer=told if is_answered else "", proposed={"raw": 100.0} if is_answered else None,
            answered_by=_who("teacher", student) if is_answered else "", answered_at=_MOMENT if is_answered else None,
            decision=told if is_decided else "", decided_by=_who("department", student) if is_decided else "",
            decided_at=_MOMENT if is_decided else None,
        )
    )  # fmt: skip
    if state in {"upheld", "settled"}:
        slot = connection.execute(select(CardEntry.slot).where(CardEntry.entry_id == entry)).scalar_one()
        connection.execute(
            insert(CardCorrection).values(
                holder=STUDENT, holder_id=holder, term_id=NOW, point=TAUGHT, slot=slot, inputs={"raw": 100.0},
                dispute_id=dispute(student), reason=told, decided_by=_who("department", student), decided_at=_MOMENT,
            )
        )  # fmt: skip


def _plan(connection: Connection, student: Key, key: str) -> None:
    name, state = PLANS[key]
    told, is_handed_in, is_approved = secret(key, student), state != "draft", state == "approved"
    connection.execute(
        insert(StudentPlan).values(
            plan_id=plan(student, key), student_id=number(*student), kind=name, acad_start=2026, situation=told,
            aim=told, saved_at=_MOMENT, due_on=AS_OF, submitted_at=_MOMENT if is_handed_in else None, status=state,
            quality=80.0 if is_approved else None, review=told if is_approved else "",
            reviewed_by="某major" if is_approved else "", reviewed_at=_MOMENT if is_approved else None,
        )
    )  # fmt: skip
    connection.execute(
        insert(StudentPlanGoal).values(
            plan_id=plan(student, key), part="A", position=1, text=told, measure=told, due_on=AS_OF
        )
    )


def _responses() -> Iterator[dict[str, Any]]:
    for student in students():
        shared = {"student_id": number(*student), "scale_version": "2026.1", "term_id": NOW, "submitted_at": _MOMENT}
        yield {
            **shared, "scale": SCREENING_SCALE, "answers": {"q01": SCREENING}, "score": float(SCREENING),
            "level": "预警", "parts": {},
        }  # fmt: skip
        yield {
            **shared, "scale": PLAIN_SCALE, "answers": {"q01": 3}, "score": 61.5, "level": "正常", "parts": {},
        }  # fmt: skip
