"""Entry over a college whose systems deliver: what is known already, what need not be entered, what a sheet changes."""

import dataclasses
import datetime as dt

import pytest
from sqlalchemy import select

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.database.models import Entity
from data_access.growth_card.cells import STUDENT, CellEdit
from data_access.growth_card.entry_state import EntryStates
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_store import SheetStore
from data_access.growth_card.sheet_units import SheetKey
from data_access.readers.roster import RosterReader
from indicators.engine import compute
from indicators.growth_card.entry_board import EntryBoards, State
from indicators.growth_card.posting import Poster
from indicators.growth_card.sheet_frames import SheetFrames
from indicators.growth_card.sheets import Sheets
from indicators.growth_card.tasks import EntryTasks
from indicators.library import shipped_library
from tests.data_access.access.organisations import post_at
from tests.growth_college import AS_OF, RUNNING, copied, facts, live

COMPUTED = ("CRS-RUN-01", "STU-ACD-02", "STU-ACD-03", "CLS-ACD-01", "CLS-ACD-02", "CLS-ACD-03", "STU-PER-09")
BY = Actor("somebody", None)


class Desk:
    """The services of entry over the posted college, with those values computed that tell what has been brought."""

    def __init__(self, place):
        self.place = place
        library = shipped_library()
        kept = {code: library.indicators[code] for code in COMPUTED}
        formulas = {code: library.formulas[code] for code in COMPUTED}
        small = dataclasses.replace(library, indicators=kept, formulas=formulas)
        compute(place.lake, place.database, small, as_of=AS_OF)
        poster, store = Poster(place.lake), SheetStore(place.database, AuditLog(place.database))
        rosters = RosterReader(place.lake, place.database)
        rows, states = SheetRows(rosters), EntryStates(rosters.values)
        frames = SheetFrames(poster.card, poster.terms, store, rows, today=lambda: AS_OF)
        self.sheets = Sheets(frames, store, rows, poster)
        self.tasks = EntryTasks(poster.card, poster.terms, EntryBoards(poster.card, states, rows), states)
        with place.database.connect() as connection:
            query = select(Entity.__table__).where(Entity.level == "offering", Entity.term_id == RUNNING)
            self.section = connection.execute(query.order_by(Entity.entity_id)).mappings().first()

    def teacher(self):
        return self._viewer(Role.TEACHER, "teacher", self.section["teacher_id"])

    def adviser(self):
        return self._viewer(Role.CLASS_ADVISER, "class", self.section["class_id"])

    def _viewer(self, role, level, node):
        posts = [post_at(role, level, node)]
        return viewer_of(posts, on=AS_OF, account_id=1, username="somebody", name="某人")

    def week(self, number):
        """The last lesson of the section in a week, and the sheet of it."""
        task = f"W{number:02d}"
        days = self.sheets.lesson_days(
            self.section["entity_id"], task, term_id=RUNNING, viewer=self.teacher()
        )  # fmt: skip
        return days[-1], SheetKey(
            collector="任课教师", unit_id=self.section["entity_id"], term_id=RUNNING, task=f"{days[-1]:%Y%m%d}"
        )


@pytest.fixture(scope="module")
def desk(growth_college, install, tmp_path_factory):
    return Desk(copied(growth_college, tmp_path_factory.mktemp("desk") / "home", install))


def test_a_sheet_holds_what_the_ledger_has_from_the_systems(desk):
    key = SheetKey(collector="班主任", unit_id=desk.section["class_id"], term_id=RUNNING, task="W10")
    found = desk.sheets.open(key, viewer=desk.adviser())
    ledger = live(desk.place, RUNNING, "STU-ACD-03")
    known = {c.holder_id: cell.known for c, cell in found.cells.items() if c.column == "STU-ACD-03"}
    members = {row.holder_id for row in found.form.rows if row.holder == STUDENT}
    expected = {
        holder_id: pytest.approx(entry["raw"])
        for (_, holder_id, _, slot), entry in ledger.items()
        if slot == "W10" and holder_id in members
    }
    assert expected
    assert known == expected


def test_what_the_systems_have_brought_need_not_be_entered(desk):
    taught = {task.key.task: task for task in desk.tasks.of(desk.teacher(), on=AS_OF, size=500).tasks}
    recorded = facts(
        desk.place, f"SELECT DISTINCT date_id FROM {{fact_attendance}} WHERE offering_id = {desk.section['entity_id']}"
    )
    days = {dt.datetime.strptime(str(day), "%Y%m%d").date() for (day,) in recorded}  # noqa: DTZ007 (a date alone)
    monday = dt.date(2026, 8, 31)
    weeks = {f"W{(day - monday).days // 7 + 1:02d}" for day in days}
    own = {t.key.task for t in taught.values() if t.key.unit_id == desk.section["entity_id"] and t.is_by_lesson}
    assert weeks <= own
    assert {taught[week].state for week in weeks} == {State.BY_SYSTEM}


def test_a_lesson_holds_the_roster_and_what_was_recorded_of_it(desk):
    day, key = desk.week(9)
    found = desk.sheets.open(key, viewer=desk.teacher())
    recorded = dict(
        facts(
            desk.place,
            f"SELECT student_id, ANY_VALUE(status) FROM {{fact_attendance}} WHERE date_id = {day:%Y%m%d} "
            f"AND offering_id = {desk.section['entity_id']} GROUP BY student_id",
        )
    )
    words = dict(found.form.by_key["status"].choices)
    assert recorded
    assert {c.holder_id: words[cell.known] for c, cell in found.cells.items() if c.column == "status"} == recorded
    assert recorded.keys() <= {row.holder_id for row in found.form.rows}


def test_a_lesson_handed_in_moves_the_accounts_of_whom_it_says_something_else(desk):
    """On the way from the phone to the ledger; the same sheet again posts nothing."""
    _, key = desk.week(8)
    before = live(desk.place, RUNNING, "STU-ACD-03")
    found = desk.sheets.open(key, viewer=desk.teacher())
    student = next(c.holder_id for c, cell in found.cells.items() if c.column == "status" and cell.known == 0)
    desk.sheets.save(
        key,
        [CellEdit(holder_id=student, column="status", value="旷课", base_version=0)],
        viewer=desk.teacher(),
        by=BY,
    )
    submission = desk.sheets.submit(key, viewer=desk.teacher(), by=BY)
    assert submission.posting_problem == ""
    after = live(desk.place, RUNNING, "STU-ACD-03")
    slot = (STUDENT, student, "STU-ACD-03", "W08")
    assert after[slot]["points"] < before[slot]["points"]
    others = {key: entry["points"] for key, entry in before.items() if key != slot}
    assert {key: entry["points"] for key, entry in after.items() if key != slot} == others
    again = desk.sheets.submit(key, viewer=desk.teacher(), by=BY)
    assert (again.posting.entries, again.posting.reversals) == (0, 0)


def test_a_classs_sheet_begins_with_the_class_and_holds_nobody_of_another(desk):
    key = SheetKey(collector="班主任", unit_id=desk.section["class_id"], term_id=RUNNING, task="W10")
    rows = desk.sheets.open(key, viewer=desk.adviser()).form.rows
    scope = Scope.within("test", class_=frozenset({desk.section["class_id"]}))
    with desk.place.database.connect() as connection:
        members = connection.execute(select(Entity.entity_id).where(scope.rows("student"))).scalars().all()
    assert (rows[0].label, rows[0].holder_id) == ("本班", desk.section["class_id"])
    students = [row.holder_id for row in rows[1:]]
    assert students
    assert set(students) <= set(members)
