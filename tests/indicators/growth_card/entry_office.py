"""A few classes and a section, those who enter for them, and no system that delivers anything: real rows in a database.

Department 1 has major 11 with class 111 (students 1 to 4, admitted in 2025), department 2 has major 21 with class 211
(student 9). Teacher 71, who is the adviser of class 111 as well, teaches section 501 to it, teacher 72 section 502 to
class 211.
"""

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import insert

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.roles import Role
from data_access.access.viewer import viewer_of
from data_access.database import transaction
from data_access.database.access_models import Account, PostRecord
from data_access.database.models import Entity
from data_access.errors import UserError
from data_access.growth_card.cells import CellEdit
from data_access.growth_card.entry_state import EntryStates
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_store import SheetStore
from data_access.growth_card.sheet_units import SheetKey
from data_access.readers.roster import RosterReader
from indicators.growth_card.entry_board import EntryBoards
from indicators.growth_card.sheet_frames import SheetFrames
from indicators.growth_card.sheets import Sheets
from indicators.growth_card.tasks import EntryTasks
from indicators.growth_card.timeliness import Timeliness
from tests.data_access.access.organisations import post_at
from tests.indicators.growth_card.test_collection import AUTUMN, CARD, SPRING

TODAY = dt.date(2026, 9, 15)
"""Tuesday of week 3: week 1 was due on 7 September, week 2 yesterday."""
NOON = dt.datetime(2026, 9, 15, 4, tzinfo=dt.UTC)
CLASS, OTHER_CLASS, SECTION, OTHER_SECTION = 111, 211, 501, 502
STUDENTS = (1, 2, 3, 4)
PEOPLE = {
    "adviser": [(Role.CLASS_ADVISER, "class", CLASS)],
    "deputy": [(Role.CLASS_ADVISER, "class", CLASS)],
    "other": [(Role.CLASS_ADVISER, "class", OTHER_CLASS)],
    "counsellor": [(Role.COUNSELLOR, "class", CLASS)],
    "affairs": [(Role.STUDENT_AFFAIRS, "school", 1)],
    "affairs_of_2": [(Role.STUDENT_AFFAIRS, "dept", 2)],
    "leader": [(Role.MAJOR_LEADER, "major", 11)],
    "teacher": [(Role.TEACHER, "teacher", 71)],
    "colleague": [(Role.TEACHER, "teacher", 72)],
    "quality": [(Role.QUALITY_OFFICE, "school", 1)],
    "head_of_1": [(Role.DEPARTMENT_HEAD, "dept", 1)],
    "student": [(Role.STUDENT, "student", 1)],
}
_ENTITIES = [
    ("school", 1, {}),
    ("dept", 1, {"dept_id": 1}),
    ("dept", 2, {"dept_id": 2}),
    ("major", 11, {"dept_id": 1, "major_id": 11}),
    ("major", 21, {"dept_id": 2, "major_id": 21}),
    ("class", CLASS, {"dept_id": 1, "major_id": 11, "class_id": CLASS, "grade_year": 2025}),
    ("class", OTHER_CLASS, {"dept_id": 2, "major_id": 21, "class_id": OTHER_CLASS, "grade_year": 2026}),
    ("teacher", 71, {"dept_id": 1, "teacher_id": 71}),
    ("teacher", 72, {"dept_id": 2, "teacher_id": 72}),
    ("course", 801, {"dept_id": 1, "course_id": 801}),
    *(("student", n, {"dept_id": 1, "major_id": 11, "class_id": CLASS, "grade_year": 2025}) for n in STUDENTS),
    ("student", 9, {"dept_id": 2, "major_id": 21, "class_id": OTHER_CLASS, "grade_year": 2026}),
    (
        "offering", SECTION,
        {"dept_id": 1, "major_id": 11, "class_id": CLASS, "course_id": 801, "teacher_id": 71, "term_id": 20261,
         "grade_year": 2025},
    ),
    (
        "offering", OTHER_SECTION,
        {"dept_id": 2, "major_id": 21, "class_id": OTHER_CLASS, "course_id": 801, "teacher_id": 72, "term_id": 20261,
         "grade_year": 2026},
    ),
]  # fmt: skip
_COLUMNS = ("dept_id", "major_id", "class_id", "course_id", "teacher_id", "term_id", "grade_year")


class TaughtCourses(SheetRows):
    """Rows of sheets where the course list says that course 801 is one of physical education and of ideology."""

    def traits(self, course_ids):
        return {801: ("体育与思政", True, False)} if 801 in course_ids else {}


@dataclass
class Postings:
    """Takes down what is to be posted; refuses while `problem` says why."""

    asked: list = field(default_factory=list)
    problem: str = ""

    def post(self, term_id, **asked):
        if self.problem:
            raise UserError(self.problem)
        self.asked.append((term_id, asked))
        return len(self.asked)


class Office:
    """The services of entry over an installation, on a day that can be set."""

    def __init__(self, installation):
        self.database = installation.database
        self.today, self.now = TODAY, NOON
        with transaction(self.database) as connection:
            connection.execute(insert(Entity), [_entity(*entity) for entity in _ENTITIES])
            connection.execute(insert(Account), [_account(n, who) for n, who in enumerate(PEOPLE, 1)])
            connection.execute(insert(PostRecord), [_post(who) for who in ("adviser", "leader")])
        self.postings = Postings()
        self.store = SheetStore(self.database, AuditLog(self.database), now=self.tick)
        rosters = RosterReader(installation.lake, self.database)
        rows = self.rows = TaughtCourses(rosters)
        self.states = EntryStates(rosters.values)
        terms = (AUTUMN, SPRING)
        boards = EntryBoards(CARD, self.states, rows)
        frames = SheetFrames(CARD, lambda: terms, self.store, rows, today=lambda: self.today)
        self.sheets = Sheets(frames, self.store, rows, self.postings)
        self.tasks = EntryTasks(CARD, lambda: terms, boards, self.states)
        self.timeliness = Timeliness(CARD, lambda: terms, boards, self.states)

    def tick(self):
        """The time; every look at it takes a millisecond, so that saves can be told apart."""
        self.now += dt.timedelta(milliseconds=1)
        return self.now

    def on(self, day):
        """Let it be noon of a day; on the same day time goes on."""
        if self.now.date() != day:
            self.now = dt.datetime.combine(day, dt.time(4), tzinfo=dt.UTC)
        self.today = day

    def viewer(self, who):
        number = list(PEOPLE).index(who) + 1
        posts = [post_at(role, level, node) for role, level, node in PEOPLE[who]]
        return viewer_of(posts, on=TODAY, account_id=number, username=who, name=f"{who}老师")

    def save(self, who, key, *edits):
        """Saves (student, column, value, version seen)."""
        cells = [CellEdit(holder_id=h, column=c, value=v, base_version=b) for h, c, v, b in edits]
        return self.sheets.save(key, cells, viewer=self.viewer(who), by=actor(who))

    def submit(self, who, key, **how):
        return self.sheets.submit(key, viewer=self.viewer(who), by=actor(who), **how)

    def open(self, who, key):
        return self.sheets.open(key, viewer=self.viewer(who))

    def values(self, who, key):
        """What stands in the cells of a sheet, by holder and column."""
        return {(c.holder_id, c.column): cell.value for c, cell in self.open(who, key).cells.items()}


def actor(who):
    return Actor(who, list(PEOPLE).index(who) + 1, "10.0.0.1")


def sheet(task="2026-09", collector="班主任", unit=CLASS, term=20261):
    """A sheet's key; without more said, that of September of the adviser of class 111."""
    return SheetKey(collector=collector, unit_id=unit, term_id=term, task=task)


def lesson(day="20260914", unit=SECTION):
    """The sheet of a lesson."""
    return sheet(task=day, collector="任课教师", unit=unit)


def _entity(level, entity_id, places):
    row = dict.fromkeys(_COLUMNS) | places
    return {
        "level": level,
        "entity_id": entity_id,
        "name": f"{level}{entity_id}",
        "code": f"20250{entity_id:02d}",
        **row,
    }


def _post(who):
    [(role, level, node)] = PEOPLE[who]
    return {
        "account_id": actor(who).account_id, "role": role.value, "node_level": level, "node_id": node,
        "valid_from": dt.date(2026, 9, 1), "source": "roster", "granted_at": NOON,
    }  # fmt: skip


def _account(number, who):
    kind, person = ("teacher", 71) if who == "adviser" else ("other", None)
    return {
        "account_id": number, "username": who, "name": f"{who}老师", "person_kind": kind, "person_id": person,
        "password_history": [],
        "must_change_password": False, "session_version": 1, "disabled_because": "", "source": "manual",
        "created_at": NOON,
    }  # fmt: skip
