"""A small college whose ledger is written by hand: what accounts show is added up by whoever reads the test.

Department 1 with major 11 and class 111 (students 1 to 3, who began in 2025), department 2 with major 21 and class 211
(student 9). Two terms of 18 weeks; the second began on 31 August 2026.
"""

import datetime as dt
import itertools

from sqlalchemy import func, insert, select

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.database import transaction
from data_access.database.growth_models import (
    CardCorrection,
    CardEntry,
    CardPosting,
    CardSheet,
    CardStanding,
    CardTermRow,
)
from data_access.database.models import ComputeRun, Entity, IndicatorEntry
from data_access.readers.stored import ValueReader
from indicators.growth_card.accounts import GrowthCards
from indicators.growth_card.points import shipped_card
from indicators.library import shipped_library
from tests.data_access.access.organisations import TODAY, post_at

ALL = Scope.all("test")
SPRING, AUTUMN = "2025-2026-2", "2026-2027-1"
TERM_IDS = {SPRING: 20252, AUTUMN: 20261}
STARTS = {SPRING: dt.date(2026, 3, 2), AUTUMN: dt.date(2026, 8, 31)}
WEEKS = 18
RECORDED = dt.datetime(2026, 11, 16, 2, 0, tzinfo=dt.UTC)
DATA_DATE = dt.date(2026, 11, 15)
STUDENTS = {1: 111, 2: 111, 3: 111, 9: 211}


def scope_of(role, level="school", node_id=1):
    """What the holder of one post reads."""
    return viewer_of([post_at(role, level, node_id)], on=TODAY, account_id=1, username="t", name="某人").scope


def adviser():
    return scope_of(Role.CLASS_ADVISER, "class", 111)


def student(number=1):
    return scope_of(Role.STUDENT, "student", number)


def week(term, number):
    """The last day of a teaching week."""
    return STARTS[term] + dt.timedelta(days=7 * number - 1)


class WrittenLedger:
    """A database with a calendar, a few people and what points tell of; entries are written one by one."""

    def __init__(self, database):
        self.database = database
        self.cards = GrowthCards(ValueReader(database))
        with transaction(database) as connection:
            _prepare(connection)

    def enter(self, point, slot, points, *, possible=None, term=AUTUMN, holder=5, holder_id=1, on=None, **told):
        """Writes one entry in points, not in hundredths, and gives its number."""
        if on is None:
            on = week(term, int(slot[1:])) if slot.startswith("W") else STARTS[term]
        kind = told.pop("kind", "deposit" if points >= 0 else "deduction")
        row = {
            "holder": holder, "holder_id": holder_id, "term_id": TERM_IDS[term], "point": point, "slot": slot,
            "kind": kind, "booked_on": on, "points": round(points * 100),
            "possible": round((max(points, 0) if possible is None else possible) * 100), "posting_id": 1,
            "recorded_at": RECORDED, **told,
        }  # fmt: skip
        with transaction(self.database) as connection:
            return connection.execute(insert(CardEntry).values(row).returning(CardEntry.entry_id)).scalar_one()

    def reverse(self, entry_id, *, on=None):
        """Reverses an entry as the ledger does, points and possible negated."""
        with transaction(self.database) as connection:
            entry = (
                connection.execute(select(CardEntry.__table__).where(CardEntry.entry_id == entry_id)).mappings().one()
            )
            row = {
                **entry, "kind": "reversal", "points": -entry["points"], "possible": -entry["possible"],
                "reversal_of": entry_id, "booked_on": on or entry["booked_on"],
            }  # fmt: skip
            row.pop("entry_id")
            return connection.execute(insert(CardEntry).values(row).returning(CardEntry.entry_id)).scalar_one()

    def stand(self, quarter, *, holder=5, holder_id=1, term=AUTUMN, account=""):
        """Writes the standing of what has been entered until now."""
        codes = [point.code for point in shipped_card().points if account in ("", point.account)]
        sums = select(func.sum(CardEntry.points), func.sum(CardEntry.possible)).where(
            CardEntry.holder == holder, CardEntry.holder_id == holder_id, CardEntry.term_id == TERM_IDS[term],
            CardEntry.point.in_(codes),
        )  # fmt: skip
        with transaction(self.database) as connection:
            net, possible = connection.execute(sums).one()
        row = {
            "holder": holder, "holder_id": holder_id, "term_id": TERM_IDS[term], "account": account, "net": net or 0,
            "possible": possible or 0, "quarter": quarter,
        }  # fmt: skip
        self.add(CardStanding, row)

    def sheet(self, **told):
        """Writes a submitted sheet and gives its number."""
        row = {
            "collector": "班主任", "unit_level": "class", "unit_id": 111, "term_id": TERM_IDS[AUTUMN], "task": "term",
            "opened_at": RECORDED, "submitted_at": RECORDED, "submitted_by": "t1001", **told,
        }  # fmt: skip
        return self.add(CardSheet, row)

    def correction(self, **told):
        """Writes a correction that follows no dispute, and gives its number."""
        row = {
            "holder": 5, "holder_id": 1, "term_id": TERM_IDS[AUTUMN], "point": "STU-ACD-02", "slot": "W01",
            "inputs": {"raw": 100}, "reason": "请假条补交", "decided_by": "t1001", "decided_at": RECORDED, **told,
        }  # fmt: skip
        return self.add(CardCorrection, row)

    def add(self, table, row):
        with transaction(self.database) as connection:
            return connection.execute(insert(table).values(row)).inserted_primary_key[0]


def _prepare(connection):
    points = {point.code for point in shipped_card().points}
    connection.execute(
        insert(ComputeRun).values(
            kind="full", started_at=RECORDED, finished_at=RECORDED, data_version=1, library_version="test",
            as_of=DATA_DATE, data_date=DATA_DATE, rows_written=0,
        )
    )  # fmt: skip
    connection.execute(
        insert(IndicatorEntry),
        [
            {
                "code": item.code, "name_zh": item.name_zh, "layer": str(item.layer), "entity": item.entity.key,
                "period": str(item.period), "unit": item.unit, "direction": str(item.direction),
                "definition": {
                    "department": item.definition["department"], "unit": item.unit, "privacy": item.privacy.name_zh,
                    "topics": sorted(item.topics), "row_topics": sorted(item.row_topics),
                },
            }
            for item in shipped_library()
            if item.code in points
        ],
    )  # fmt: skip
    connection.execute(insert(Entity), [*_organisation()])
    for (key, start), term_id in zip(STARTS.items(), TERM_IDS.values(), strict=True):
        end = week(key, WEEKS)
        connection.execute(
            insert(CardTermRow).values(
                term_id=term_id, key=key, acad_start=int(key[:4]), number=int(key[-1]), start_date=start, end_date=end,
                weeks=[
                    [f"{key}-W{n:02d}", f"第{n}周", str(week(key, n) - dt.timedelta(days=6)), str(week(key, n))]
                    for n in range(1, WEEKS + 1)
                ],
                freezes_on=end + dt.timedelta(days=14),
            )
        )  # fmt: skip
    connection.execute(
        insert(CardPosting).values(
            cause="facts", term_id=TERM_IDS[AUTUMN], started_at=RECORDED, finished_at=RECORDED, as_of=DATA_DATE,
            data_version=1, rules_version="test", posted_by="system",
        )
    )  # fmt: skip


def _organisation():
    everywhere = ("code", "name", "dept_id", "major_id", "class_id", "grade_year")
    rows = [
        ("school", 1, "", "学院"), ("dept", 1, "01", "机电系", 1), ("dept", 2, "02", "会计系", 2),
        ("major", 11, "11", "机电一体化", 1, 11), ("major", 21, "21", "会计", 2, 21),
        ("class", 111, "111", "机电2501", 1, 11, 111, 2025), ("class", 211, "211", "会计2501", 2, 21, 211, 2025),
        *(
            ("student", number, f"2025{number:04d}", f"学生{number}", of // 100 % 10, of // 10, of, 2025)
            for number, of in STUDENTS.items()
        ),
    ]  # fmt: skip
    for level, entity_id, *told in rows:
        columns = dict(itertools.zip_longest(everywhere, told))
        yield {"level": level, "entity_id": entity_id, "aliases": "", **columns}
