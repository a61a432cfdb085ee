"""Accounts and posts follow the roster: checked day by day against an oracle that knows no SQL."""

import datetime as dt
import random

import pytest
from sqlalchemy import func, insert, select, update

from data_access.access.audit import AuditKind, AuditLog, Result
from data_access.access.derivation import LEFT, sync_roster
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.clock import now
from data_access.database import transaction
from data_access.database.access_models import Account, AuditEvent, PostRecord, Referral, SignIn
from data_access.errors import RosterError
from data_access.installation import open_lake
from tests.data_access.access.dimensions import event, load, on_roll, student, teacher, term

DAY = dt.date(2026, 9, 7)
TERMS = {
    20251: dt.date(2025, 9, 1),
    20252: dt.date(2026, 2, 23),
    20261: dt.date(2026, 8, 31),
    20262: dt.date(2027, 2, 22),
}


class Desk:
    """One installation, and what a test asks of it."""

    def __init__(self, installation):
        self.lake, self.database = installation.lake, installation.database
        self.audit = AuditLog(self.database)

    def sync(self, rows=None, *, on=DAY, force=False):
        if rows is not None:
            load(self.lake, rows)
        return sync_roster(self.lake, self.database, self.audit, on=on, force=force)

    def posts(self, on=DAY, source="roster"):
        """Everything held on a day, as (username, role, level, node)."""
        query = (
            select(Account.username, PostRecord.role, PostRecord.node_level, PostRecord.node_id)
            .join(PostRecord, PostRecord.account_id == Account.account_id)
            .where(PostRecord.source == source, PostRecord.valid_from <= on)
            .where(PostRecord.valid_to.is_(None) | (PostRecord.valid_to >= on))
        )
        with self.database.connect() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        assert len(rows) == len(set(rows)), "a post is held twice"
        return set(rows)

    def account(self, username):
        with self.database.connect() as connection:
            return connection.execute(select(*Account.__table__.c).where(Account.username == username)).one_or_none()

    def accounts(self):
        with self.database.connect() as connection:
            rows = connection.execute(select(Account.username, Account.disabled_at))
            return {username: disabled_at is None for username, disabled_at in rows}

    def referred(self):
        with self.database.connect() as connection:
            return set(connection.execute(select(Referral.student_id)).scalars())

    def state(self):
        """Every row that a sync may touch."""
        with self.database.connect() as connection:
            return [
                connection.execute(select(*model.__table__.c).order_by(*model.__table__.primary_key)).all()
                for model in (Account, PostRecord, Referral, AuditEvent)
            ]

    def events(self):
        page = self.audit.find(scope=Scope.all("test"))
        return [event for event in page.events if event.kind == AuditKind.ROSTER]

    def give(self, username, role, *, level="school", node=1, source="manual", until=None):
        with transaction(self.database) as connection:
            account_id = connection.execute(select(Account.account_id).where(Account.username == username)).scalar_one()
            connection.execute(
                insert(PostRecord).values(
                    account_id=account_id, role=role.value, node_level=level, node_id=node, valid_from=DAY,
                    valid_to=until, source=source, granted_at=now(),
                )
            )  # fmt: skip

    def open_account(self, username, *, kind="other", person=None, source="manual", name="某人"):
        with transaction(self.database) as connection:
            connection.execute(
                insert(Account).values(
                    username=username, name=name, person_kind=kind, person_id=person, password_history=[],
                    source=source, created_at=now(),
                )
            )  # fmt: skip

    def change(self, username, **values):
        with transaction(self.database) as connection:
            connection.execute(update(Account).where(Account.username == username).values(**values))


@pytest.fixture
def desk(installation):
    return Desk(installation)


def classes_of(head, *keys):
    return [{"class_id": key, "head_teacher_id": head} for key in keys]


# -- beginning and ending ---------------------------------------------------------------------


def test_people_get_accounts_under_their_numbers_without_a_password(desk):
    desk.sync({"dim_teacher": [teacher(7)], "dim_student": [student(8)]})
    staff, pupil = desk.account("t7"), desk.account("s8")
    assert (staff.name, staff.person_kind, staff.person_id, staff.source) == ("教师7", "teacher", 7, "roster")
    assert (pupil.name, pupil.person_kind, pupil.person_id, pupil.source) == ("S8", "student", 8, "roster")
    assert staff.password_hash is pupil.password_hash is None
    assert desk.posts() == {("t7", "teacher", "teacher", 7), ("s8", "student", "student", 8)}


def test_a_post_begins_today_and_a_relation_that_is_gone_ends_it_yesterday(desk):
    desk.sync({"dim_teacher": [teacher(7)], "dim_class": classes_of(7, 1)})
    later = DAY + dt.timedelta(days=30)
    desk.sync({"dim_teacher": [teacher(7)]}, on=later)
    adviser = ("t7", "class_adviser", "class", 1)
    assert adviser in desk.posts(DAY)
    assert adviser in desk.posts(later - dt.timedelta(days=1))
    assert adviser not in desk.posts(later)


def test_a_post_that_is_gone_on_the_day_it_began_is_not_held_at_all(desk):
    desk.sync({"dim_teacher": [teacher(7)], "dim_class": classes_of(7, 1)})
    desk.sync({"dim_teacher": [teacher(7)]})
    assert desk.posts() == {("t7", "teacher", "teacher", 7)}


def test_a_changed_post_ends_the_sessions_of_its_holder_and_of_nobody_else(desk):
    staff = [teacher(7), teacher(8), teacher(9)]
    desk.sync({"dim_teacher": staff, "dim_class": classes_of(7, 1)})
    with transaction(desk.database) as connection:
        for key, account_id in enumerate(connection.execute(select(Account.account_id)).scalars().all()):
            connection.execute(
                insert(SignIn).values(
                    token_hash=f"{key}", account_id=account_id, session_version=1, method="password",
                    started_at=now(), active_at=now(),
                )
            )  # fmt: skip
    desk.sync({"dim_teacher": staff, "dim_class": classes_of(8, 1)})
    assert [desk.account(name).session_version for name in ("t7", "t8", "t9")] == [2, 2, 1]
    with desk.database.connect() as connection:
        assert connection.execute(select(func.count()).where(SignIn.ended_at.is_(None))).scalar_one() == 1


def test_who_is_gone_is_disabled_and_who_is_back_enabled(desk):
    desk.sync({"dim_teacher": [teacher(7), teacher(8)]})
    desk.sync({"dim_teacher": [teacher(8)]})
    gone = desk.account("t7")
    assert gone.disabled_at is not None
    assert gone.disabled_because == LEFT
    assert gone.session_version == 2
    desk.sync({"dim_teacher": [teacher(7), teacher(8)]})
    assert desk.accounts() == {"t7": True, "t8": True}
    assert ("t7", "teacher", "teacher", 7) in desk.posts()


def test_a_student_off_the_roll_loses_everything(desk):
    people = [student(1), student(2)]
    desk.sync({"dim_student": people, "fact_student_term": [on_roll(1, 20261), on_roll(2, 20261)]})
    desk.sync({"dim_student": people, "fact_student_term": [on_roll(1, 20261), on_roll(2, 20261, stays=False)]})
    assert desk.posts() == {("s1", "student", "student", 1)}
    assert desk.accounts() == {"s1": True, "s2": False}


def test_somebody_disabled_by_a_person_stays_so(desk):
    desk.sync({"dim_teacher": [teacher(7)]})
    desk.change("t7", disabled_at=now(), disabled_because="长期请假")
    desk.sync({})
    desk.sync({"dim_teacher": [teacher(7)]})
    assert desk.accounts() == {"t7": False}
    assert desk.account("t7").disabled_because == "长期请假"


# -- what others gave -------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["manual", "import", "demo"])
def test_posts_that_others_gave_stay_and_keep_the_account_open(desk, source):
    desk.sync({"dim_teacher": [teacher(7)]})
    desk.give("t7", Role.QUALITY_OFFICE, source=source)
    desk.sync({})
    assert desk.posts() == set()
    assert desk.posts(source=source) == {("t7", "quality_office", "school", 1)}
    assert desk.accounts() == {"t7": True}


def test_when_the_last_post_of_somebody_gone_has_ended_the_account_is_disabled(desk):
    desk.sync({"dim_teacher": [teacher(7)]})
    desk.give("t7", Role.QUALITY_OFFICE, until=DAY + dt.timedelta(days=9))
    desk.sync({}, on=DAY + dt.timedelta(days=9))
    assert desk.accounts() == {"t7": True}
    desk.sync(on=DAY + dt.timedelta(days=10))
    assert desk.accounts() == {"t7": False}


def test_an_account_made_for_a_person_follows_the_roster_under_its_own_name(desk):
    desk.open_account("zhang", kind="teacher", person=7, source="import", name="张老师")
    desk.sync({"dim_teacher": [teacher(7)]})
    assert desk.posts() == {("zhang", "teacher", "teacher", 7)}
    assert desk.account("t7") is None
    assert desk.account("zhang").name == "张老师"


def test_accounts_of_the_demo_are_not_looked_at(desk):
    desk.open_account("teacher", kind="teacher", person=7, source="demo")
    desk.sync({"dim_teacher": [teacher(7)]})
    desk.sync({})
    assert desk.accounts() == {"teacher": True, "t7": False}


def test_a_name_follows_the_dimension_for_staff_and_stays_for_students(desk):
    desk.sync({"dim_teacher": [teacher(7)], "dim_student": [student(8)]})
    desk.change("s8", name="李同学")
    desk.sync({"dim_teacher": [teacher(7, teacher_name="教师柒")], "dim_student": [student(8)]})
    assert (desk.account("t7").name, desk.account("s8").name) == ("教师柒", "李同学")


# -- whose account it is ----------------------------------------------------------------------


def test_a_key_that_became_somebody_elses_is_another_account(desk):
    desk.sync({"dim_teacher": [teacher(7, staff_no="old")]})
    desk.change("old", password_hash="secret")
    desk.sync({"dim_teacher": [teacher(7, staff_no="new")]})
    assert desk.posts() == {("new", "teacher", "teacher", 7)}
    assert desk.accounts() == {"old": False, "new": True}
    assert desk.account("new").password_hash is None


def test_somebody_who_has_another_key_now_is_known_by_the_number(desk):
    desk.sync({"dim_teacher": [teacher(7, staff_no="A1"), teacher(8, staff_no="B1")]})
    desk.change("a1", password_hash="secret")
    desk.sync({"dim_teacher": [teacher(8, staff_no="A1"), teacher(9, staff_no="B1")]})
    assert desk.posts() == {("a1", "teacher", "teacher", 8), ("b1", "teacher", "teacher", 9)}
    assert desk.accounts() == {"a1": True, "b1": True}
    assert (desk.account("a1").person_id, desk.account("a1").password_hash) == (8, "secret")
    assert desk.account("b1").session_version > 1


# -- safety -----------------------------------------------------------------------------------


def test_an_empty_file_does_not_lock_the_college_out(desk):
    desk.sync({"dim_student": [student(key) for key in range(30)], "dim_teacher": [teacher(7)]})
    before = desk.state()
    with pytest.raises(RosterError, match="30 of 30 student"):
        desk.sync({"dim_teacher": [teacher(8)]})
    assert desk.state()[:3] == before[:3]
    assert desk.events()[0].result == Result.FAILED
    assert desk.sync(force=True).ended == {"teacher": 1, "student": 30}
    assert desk.posts() == {("t8", "teacher", "teacher", 8)}


def heads(leaders):
    """Departments that teach, with their heads (None for none), of whom all are teachers."""
    return {
        "dim_teacher": [teacher(key) for key in range(1, 31)],
        "dim_department": [
            {"dept_id": key, "dept_type": "教学系部", "leader_id": head} for key, head in enumerate(leaders, start=1)
        ],
    }


@pytest.mark.parametrize("count", [2, 3, 12])
def test_an_emptied_column_does_not_end_the_posts_of_all_heads(desk, count):
    desk.sync(heads(range(1, count + 1)))
    before = desk.state()
    with pytest.raises(RosterError, match=f"{count} of {count} department_head"):
        desk.sync(heads([None] * count))
    assert desk.state()[:3] == before[:3]
    assert desk.sync(force=True).ended == {"department_head": count}


def test_more_than_three_in_ten_heads_do_not_go_at_once(desk):
    desk.sync(heads(range(1, 13)))
    with pytest.raises(RosterError, match="4 of 12 department_head"):
        desk.sync(heads([*range(1, 9), None, None, None, None]))
    assert desk.sync(heads([*range(1, 10), None, None, None])).ended == {"department_head": 3}


@pytest.mark.parametrize(
    ("former", "present"),
    [
        (range(1, 7), [1, 2, 3, 4, 5, None]),  # one of six leaves
        (range(1, 7), range(2, 8)),  # all change places, and one is new
        ([1, 2], [3, 4]),  # both have a successor
        ([1], [None]),  # the only one
    ],
)
def test_a_usual_change_of_heads_is_made(desk, former, present):
    desk.sync(heads(former))
    desk.sync(heads(present), on=DAY + dt.timedelta(days=1))
    held = {int(name[1:]) for name, role, *_ in desk.posts(DAY + dt.timedelta(days=1)) if role == "department_head"}
    assert held == {head for head in present if head}


def test_one_successor_does_not_make_up_for_all_leaders(desk):
    desk.sync({"dim_teacher": [teacher(key, "校领导") for key in range(1, 7)]})
    with pytest.raises(RosterError, match="6 of 6 leader"):
        desk.sync({"dim_teacher": [*(teacher(key) for key in range(1, 7)), teacher(7, "校领导")]})
    desk.sync({"dim_teacher": [teacher(1), *(teacher(key, "校领导") for key in range(2, 7))]})


def test_an_earlier_day_gives_nothing_back(desk):
    both = {"dim_teacher": [teacher(7), teacher(8)]}
    desk.sync(both)
    desk.sync({"dim_teacher": [teacher(8)]}, on=DAY + dt.timedelta(days=5))
    before = desk.state()
    with pytest.raises(RosterError, match="lies before"):
        desk.sync(both, on=DAY)
    assert desk.state()[:3] == before[:3]


def test_a_clock_that_was_ahead_can_be_put_right(desk):
    desk.sync({"dim_teacher": [teacher(7)]}, on=dt.date(2090, 1, 1))
    with pytest.raises(RosterError, match="2090-01-01"):
        desk.sync()
    desk.sync(force=True)
    assert desk.posts() == {("t7", "teacher", "teacher", 7)}


# -- the record -------------------------------------------------------------------------------


def test_one_event_tells_what_a_sync_did_and_none_that_it_did_nothing(desk):
    desk.sync({"dim_teacher": [teacher(key) for key in range(60)]})
    (event,) = desk.events()
    assert event.detail["started"] == {"teacher": 60}
    assert len(event.detail["holders_started"]["teacher"]) == 50
    before = desk.state()
    desk.sync(on=DAY + dt.timedelta(days=1))
    assert desk.state() == before


def test_a_report_is_plain_and_short(desk):
    report = desk.sync({"dim_teacher": [teacher(7)]})
    assert report.to_dict()["on"] == "2026-09-07"
    assert report.to_dict()["started"] == {"teacher": 1}
    assert "1 teacher" in "\n".join(report.lines())


# -- random colleges over random days ---------------------------------------------------------


class Year:
    """A college that changes at random, and by plain loops what each day must look like."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.owners = {}
        self.rows = {}

    def some(self, keys, share=0.8):
        return [key for key in keys if self.random.random() < share]

    def one(self, keys):
        return self.random.choice([*keys, None])

    def next_day(self):
        pick = self.random
        staff = self.some(range(1, 15))
        everybody = range(1, 16)  # relations may name somebody who is gone, or was never there
        people = self.some(range(1, 25), 0.9)
        types = ("专任教师", "企业兼职", "辅导员", "管理服务", "校领导", None)
        self.rows = {
            "dim_teacher": [
                teacher(k, types[(k + pick.choice((0, 0, 0, 1))) % 6], **({"staff_no": pick.choice(("S3", " ", "t1"))} if k == 14 else {}))
                for k in staff
            ],
            "dim_department": [
                {"dept_id": k, "dept_type": pick.choice(("教学系部", "职能部门", "教辅单位", None)),
                 "leader_id": self.one(everybody)}
                for k in self.some(range(1, 5))
            ],
            "dim_major": [{"major_id": k, "leader_id": self.one(everybody)} for k in self.some(range(1, 5))],
            "dim_course": [{"course_id": k, "lead_teacher_id": self.one(everybody)} for k in self.some(range(1, 5))],
            "dim_class": [
                {"class_id": k, "grade_year": self.one((2024, 2026)), "head_teacher_id": self.one(everybody),
                 "counsellor_id": self.one(everybody)}
                for k in self.some(range(1, 6))
            ],
            "dim_offering": [{"teacher_id": self.one(everybody)} for _ in range(4)],
            "dim_student": [student(k, self.one(range(1, 6)), self.one((2025, 2026))) for k in people],
            "fact_student_term": [
                on_roll(k, term, stays=self.one((True, True, True, False)), status=self.one(("在校", "毕业")))
                for term in self.some((20252, 20261), 0.5)
                for k in self.some(people)
            ],
            "fact_special_student": [
                {"student_id": k, "term_id": pick.choice((20252, 20261)), "group_type": pick.choice(("心理", "经济困难")),
                 "is_registered": self.one((True, False))}
                for k in self.some(people, 0.4)
            ],
            "dim_term": [term(k, self.one((start, start, start))) for k, start in TERMS.items() if pick.random() < 0.8],
            "fact_student_event": [
                event(self.one(people), DAY + dt.timedelta(days=pick.randrange(-500, 30)), pick.choice(("心理辅导", "表扬")))
                for _ in range(12)
            ],
        }  # fmt: skip
        return self.rows

    def on_roll(self):
        snapshots = self.rows["fact_student_term"]
        newest = max((line["term_id"] for line in snapshots), default=None)
        years = {row["class_id"]: row["grade_year"] for row in self.rows["dim_class"]}
        found = set()
        for row in self.rows["dim_student"]:
            lines = [s for s in snapshots if (s["student_id"], s["term_id"]) == (row["student_id"], newest)]
            if lines:
                (line,) = lines
                stays = line["is_on_roll"] if line["is_on_roll"] is not None else line["status"] != "毕业"
            elif newest is None:
                stays = True
            else:
                year = row["admission_year"] or years.get(row["class_id"]) or 9999
                stays = year >= newest // 10
            if stays:
                found.add(row["student_id"])
        return found

    def people(self):
        """Username by person, for those who have an account: the number is the person, unless two have it."""
        here = self.on_roll()
        numbers = {("teacher", row["teacher_id"]): row["staff_no"] for row in self.rows["dim_teacher"]}
        numbers |= {
            ("student", r["student_id"]): r["student_no"] for r in self.rows["dim_student"] if r["student_id"] in here
        }
        claims = {}
        for person, number in numbers.items():
            claims.setdefault(number.strip().lower(), []).append(person)
        for name, people in claims.items():
            owner = self.owners.get(name)
            if name and len(people) == 1 and (owner is None or owner[0] == people[0][0]):
                self.owners[name] = people[0]
        return {owner: name for name, owner in self.owners.items() if owner in claims.get(name, ())}

    def expected(self):
        """Everything that is held, as (username, role, level, node), and the usernames of those who are here."""
        rows, here, held = self.rows, self.on_roll(), []
        held += [("student", key, "student", "student", key) for key in here]
        taught = {row["teacher_id"] for row in rows["dim_offering"]}
        for row in rows["dim_teacher"]:
            key = row["teacher_id"]
            if row["staff_type"] == "校领导":
                held.append(("teacher", key, "leader", "school", 1))
            if row["staff_type"] in {"专任教师", "企业兼职"} or key in taught:
                held.append(("teacher", key, "teacher", "teacher", key))
        for row in rows["dim_department"]:
            if row["dept_type"]:
                role = "department_head" if row["dept_type"] == "教学系部" else "function_head"
                held.append(("teacher", row["leader_id"], role, "dept", row["dept_id"]))
        held += [("teacher", r["leader_id"], "major_leader", "major", r["major_id"]) for r in rows["dim_major"]]
        held += [
            ("teacher", r["lead_teacher_id"], "course_leader", "course", r["course_id"]) for r in rows["dim_course"]
        ]
        for row in rows["dim_class"]:
            members = [r["student_id"] for r in rows["dim_student"] if r["class_id"] == row["class_id"]]
            if not members or any(member in here for member in members):
                held.append(("teacher", row["head_teacher_id"], "class_adviser", "class", row["class_id"]))
                held.append(("teacher", row["counsellor_id"], "counsellor", "class", row["class_id"]))
        names = self.people()
        posts = {(names[kind, key], *rest) for kind, key, *rest in held if (kind, key) in names}
        return posts, set(names.values())

    def referred(self, day):
        lines = self.rows["fact_special_student"]
        newest = max((line["term_id"] for line in lines), default=None)
        found = {
            line["student_id"]
            for line in lines
            if line["term_id"] == newest and line["group_type"] == "心理" and line["is_registered"]
        }
        begun = sorted(
            row["start_date"] for row in self.rows["dim_term"] if row["start_date"] and row["start_date"] <= day
        )
        since = int(f"{begun[-2:][0]:%Y%m%d}") if begun else 99999999
        for row in self.rows["fact_student_event"]:
            if row["event_type"] == "心理辅导" and row["student_id"] and row["date_id"] >= since:
                found.add(row["student_id"])
        return found


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))])
def test_after_each_sync_the_posts_are_those_of_the_roster(desk, seed):
    year, day = Year(seed), DAY
    for step in range(5):
        rows = year.next_day()
        report = desk.sync(rows, on=day, force=True)
        posts, here = year.expected()
        assert desk.posts(day) == posts, f"day {step}"
        assert {name for name, is_open in desk.accounts().items() if is_open} == here
        assert desk.referred() == year.referred(day)
        assert (report.accounts, report.posts) == (len(here), len(posts))
        before = desk.state()
        desk.sync(on=day + dt.timedelta(days=year.random.randrange(2)))
        assert desk.state() == before
        day += dt.timedelta(days=year.random.randrange(4))


def test_a_second_process_sees_the_same_lake(desk, installation):
    desk.sync({"dim_teacher": [teacher(7)]})
    other = open_lake(installation.settings, installation.database)
    report = sync_roster(other, installation.database, desk.audit, on=DAY)
    assert (report.accounts, report.created) == (1, 0)
