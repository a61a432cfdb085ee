"""Who stands in an entry sheet, and what the systems know already of what is asked there.

For whoever has been found to be the sheet's collector: rows are those of one class or section and of no other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from data_access.access.scope import Scope
from data_access.database.growth_models import CardEntry
from data_access.growth_card.cells import CLASS, STUDENT, Cell, CellKey, Row
from data_access.growth_card.sheet_units import CLASS_UNIT, Unit
from data_access.readers.class_roll import ClassRollReader
from data_access.readers.facts import FactReader
from data_access.readers.roster import RosterReader

OWN_CLASS: Final = "本班"
"""The class itself, where students are named by number."""
_ENTITIES_AT_ONCE: Final = 500
_LESSON: Final = """
    SELECT student_id,
           ANY_VALUE(status) AS status,
           BOOL_OR(preview_done) FILTER (WHERE preview_due) AS preview,
           BOOL_OR(homework_done) FILTER (WHERE homework_due) AS homework
    FROM {files} WHERE offering_id = $offering_id AND date_id = $day
    GROUP BY student_id
"""
_DAYS: Final = """
    SELECT DISTINCT date_id FROM {files}
    WHERE offering_id = $offering_id AND date_id BETWEEN $first AND $last ORDER BY date_id
"""
_ANY_LESSON: Final = "SELECT 1 AS found FROM {files} WHERE date_id BETWEEN $first AND $last LIMIT 1"
_MET: Final = """
    SELECT offering_id, LIST(DISTINCT date_id) AS days FROM {files}
    WHERE offering_id IN (SELECT UNNEST($offerings)) AND date_id BETWEEN $first AND $last GROUP BY offering_id
"""
_TRAITS: Final = """
    SELECT course_id, course_name, is_ideology, is_innovation FROM {files}
    WHERE course_id IN (SELECT UNNEST($courses))
"""


class SheetRows:
    """Reads rows and known values of sheets; safe to share between threads."""

    def __init__(self, rosters: RosterReader) -> None:
        self._rosters = rosters
        self._facts: FactReader = rosters.facts
        self._rolls = ClassRollReader(rosters.facts)

    def rows(self, unit: Unit, *, with_class: bool) -> tuple[Row, ...]:
        """The rows of a unit's sheet, by student number; the class itself first, where it has columns of its own."""
        own = [Row(holder=CLASS, holder_id=unit.unit_id, label=OWN_CLASS)] if with_class else []
        students = self._members(unit) if unit.level == CLASS_UNIT else self._section(unit)
        return (*own, *sorted(students, key=lambda row: (row.label, row.holder_id)))

    def _members(self, unit: Unit) -> list[Row]:
        scope = Scope.within("the sheet of a class", class_=frozenset({unit.class_id or unit.unit_id}))
        ids = [unit.class_id or unit.unit_id]
        # Those of a class that has graduated are in no roll any more, and still have a card to be closed.
        found = self._rolls.members(ids, scope=scope) or self._facts.values.entities(
            "student", scope=scope, below=("class", ids)
        )
        return [
            Row(holder=STUDENT, holder_id=s["entity_id"], label=str(s["code"]), class_name=s["class_name"] or "")
            for s in found
        ]

    def _section(self, unit: Unit) -> list[Row]:
        """Those of whom the section has records, and those of its class: a new student has no record yet."""
        scope = Scope.within("the sheet of a section", teacher=frozenset({unit.teacher_id or 0}))
        found = {
            row["student_id"]: Row(
                holder=STUDENT,
                holder_id=row["student_id"],
                label=str(row["student_no"]),
                class_name=row["class_name"],
            )
            for row in self._rosters.roster(unit.unit_id, scope=scope)
        }
        members = self._members(unit) if unit.class_id is not None else []
        return list({**{row.holder_id: row for row in members}, **found}.values())

    def lesson(self, offering_id: int, day: dt.date, *, term_id: int, words: Collection[str]) -> dict[CellKey, Cell]:
        """What the systems have recorded of a lesson, by cell: status, preview, homework.

        Args:
            offering_id: the section.
            day: of the lesson.
            term_id: that of the section.
            words: the statuses in the order of their numbers.
        """
        numbers = {word: float(number) for number, word in enumerate(words)}
        files = self._facts.files("fact_attendance", term_id=term_id)
        found: dict[CellKey, Cell] = {}
        for row in self._facts.query(files, _LESSON, {"offering_id": offering_id, "day": int(f"{day:%Y%m%d}")}):
            values = {"status": numbers.get(row["status"]), "preview": row["preview"], "homework": row["homework"]}
            for column, value in values.items():
                if value is not None:
                    known = Cell(known=float(value), known_from="课堂记录")
                    found[CellKey(STUDENT, row["student_id"], column)] = known
        return found

    def lesson_days(self, offering_id: int, first: dt.date, last: dt.date, *, term_id: int) -> list[dt.date]:
        """Days from `first` to `last` on which the section met, as far as the timetable has been delivered."""
        asked = {"offering_id": offering_id, "first": int(f"{first:%Y%m%d}"), "last": int(f"{last:%Y%m%d}")}
        days: set[int] = set()
        for table in ("fact_session", "fact_attendance"):
            files = self._facts.files(table, term_id=term_id)
            days |= {row["date_id"] for row in self._facts.query(files, _DAYS, asked)}
        return [dt.datetime.strptime(str(day), "%Y%m%d").date() for day in sorted(days)]  # noqa: DTZ007 (a date alone)

    def has_timetable(self, first: dt.date, last: dt.date, *, term_id: int) -> bool:
        """True where any lesson from `first` to `last` has been delivered, of whatever section."""
        asked = {"first": int(f"{first:%Y%m%d}"), "last": int(f"{last:%Y%m%d}")}
        return bool(list(self._facts.query(self._facts.files("fact_session", term_id=term_id), _ANY_LESSON, asked)))

    def met_on(
        self, offering_ids: Collection[int], first: dt.date, last: dt.date, *, term_id: int
    ) -> Mapping[int, frozenset[str]]:
        """The days on which sections met, as tasks of lessons; a section of which no lesson is known is left out."""
        asked = {
            "offerings": sorted(offering_ids), "first": int(f"{first:%Y%m%d}"), "last": int(f"{last:%Y%m%d}"),
        }  # fmt: skip
        rows = self._facts.query(self._facts.files("fact_session", term_id=term_id), _MET, asked)
        return {row["offering_id"]: frozenset(str(day) for day in row["days"]) for row in rows}

    def traits(self, course_ids: Collection[int]) -> Mapping[int, tuple[str, bool, bool]]:
        """Name of each course, and whether it is one of ideology (思政) and of innovation (创新创业)."""
        if not course_ids:
            return {}
        rows = self._facts.query(
            self._facts.files("dim_course", term_id=None), _TRAITS, {"courses": sorted(set(course_ids))}
        )
        return {
            row["course_id"]: (str(row["course_name"]), bool(row["is_ideology"]), bool(row["is_innovation"]))
            for row in rows
        }

    def known(
        self, rows: Collection[Row], *, term_id: int, slot: str, points: Collection[str]
    ) -> Mapping[tuple[int, int, str], float]:
        """What the ledger has taken from the systems for a slot, by holder, id and point."""
        reversal = aliased(CardEntry)
        is_live = and_(CardEntry.reversal_of.is_(None), reversal.entry_id.is_(None))
        found: dict[tuple[int, int, str], float] = {}
        with self._facts.values.snapshot() as connection:
            for holder in {row.holder for row in rows}:
                ids = [row.holder_id for row in rows if row.holder == holder]
                for start in range(0, len(ids), _ENTITIES_AT_ONCE):
                    query = (
                        select(CardEntry.holder_id, CardEntry.point, CardEntry.raw)
                        .outerjoin(reversal, reversal.reversal_of == CardEntry.entry_id)
                        .where(
                            CardEntry.holder == holder,
                            CardEntry.holder_id.in_(ids[start : start + _ENTITIES_AT_ONCE]),
                            CardEntry.term_id == term_id,
                            CardEntry.slot == slot,
                            CardEntry.point.in_(points),
                            CardEntry.sheet_id.is_(None),
                            CardEntry.raw.is_not(None),
                            is_live,
                        )
                    )
                    rows_found = connection.execute(query).all()
                    found |= {(holder, row.holder_id, row.point): row.raw for row in rows_found if row.raw is not None}
        return found
