"""Plans of students are kept, reviewed and confirmed; nobody overwrites another, and nobody reaches beyond the scope."""

import datetime as dt

import pytest
from sqlalchemy import insert, select

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.scope import Scope
from data_access.database import transaction
from data_access.database.access_models import AuditEvent
from data_access.database.models import Entity
from data_access.errors import UserError
from data_access.readers.stored import ValueReader
from data_access.readers.student_plans import PlanFilter, StudentPlanReader
from data_access.student_plan_values import DraftGoal, PlanDraft, first_late_moment
from data_access.student_plans import OvertakenPlanError, StudentPlans
from tests.conftest import DATABASES

DUE = dt.date(2026, 9, 27)
KIND = "学业计划"
STUDENT, ADVISER, OTHER = Actor("s1", 1), Actor("t1", 2), Actor("t2", 3)
OWN, CLASS_1, CLASS_2 = (
    Scope.within("class 1", class_=frozenset({1})), Scope.within("class 1", class_=frozenset({1})),
    Scope.within("class 2", class_=frozenset({2})),
)  # fmt: skip
EVERYBODY = frozenset(range(100))
DRAFT = PlanDraft(
    situation="上学期机械制图成绩不好。",
    aim="把制图学好。",
    goals=(
        DraftGoal(part="A", text="制图达到八十分", measure="期末成绩单", due_on=dt.date(2027, 1, 10)),
        DraftGoal(part="A", text="通过英语B级", measure="证书", due_on=dt.date(2027, 6, 20)),
        DraftGoal(part="B", text="每天锻炼半小时", measure="打卡记录", due_on=dt.date(2027, 6, 1)),
    ),
)


class Desk:
    """The store and the reader over one installation, and a clock that tests set."""

    def __init__(self, database):
        self.database = database
        self.time = dt.datetime(2026, 9, 20, 4, 0, tzinfo=dt.UTC)
        self.store = StudentPlans(database, AuditLog(database), now=lambda: self.time)
        self.reader = StudentPlanReader(ValueReader(database))

    def save(self, student=11, seen=0, *, hand_in=False, draft=DRAFT, scope=OWN, kind=KIND):
        return self.store.save(
            student, kind, 2026, draft, seen=seen, due_on=DUE, hand_in=hand_in, by=STUDENT, scope=scope
        )

    def plan(self, student=11, scope=OWN):
        return next(iter(self.reader.of_student(student, scope=scope, kinds={KIND})), None)

    def review(self, plan_id, seen, quality=None, text="请写具体", by=ADVISER, scope=CLASS_1):
        return self.store.review(plan_id, kind=KIND, quality=quality, text=text, seen=seen, by=by, scope=scope)

    def approved(self):
        self.save(hand_in=True)
        line = self.plan().line
        self.review(line.plan_id, line.version, 80.0)
        return self.plan()

    def queue(self, scope=CLASS_1, size=20, page=1, **where):
        return self.reader.queue(KIND, 2026, scope=scope, where=PlanFilter(**where), page=page, size=size)


@pytest.fixture(params=DATABASES)
def desk(request, install, tmp_path):
    database = install(tmp_path, request.param).database
    rows = [{"level": "class", "entity_id": n, "class_id": n, "code": f"c{n}", "name": f"机电260{n}"} for n in (1, 2)]
    rows += [
        {"level": "student", "entity_id": 10 * c + n, "class_id": c, "code": f"S{c}{n}", "name": f"S{c}{n}"}
        for c in (1, 2)
        for n in (1, 2, 3)
    ]
    with transaction(database) as connection:
        connection.execute(insert(Entity), rows)
    return Desk(database)


def test_a_draft_comes_back_as_it_was_written(desk):
    assert desk.save() == 1
    plan = desk.plan()
    assert plan.draft() == DRAFT
    assert (plan.line.status, plan.line.submitted_at, plan.line.class_name, plan.line.goals) == (
        "draft",
        None,
        "机电2601",
        3,
    )


def test_a_second_window_does_not_overwrite_the_first(desk):
    desk.save()
    desk.save(seen=1, draft=PlanDraft(aim="新的"))
    for seen in (0, 1):
        with pytest.raises(OvertakenPlanError):
            desk.save(seen=seen, draft=PlanDraft(aim="旧的"))
    assert desk.plan().aim == "新的"


def test_what_was_handed_in_cannot_be_changed(desk):
    version = desk.save(hand_in=True)
    with pytest.raises(UserError, match="不能再改"):
        desk.save(seen=version)


def test_the_first_handing_in_counts_though_the_plan_comes_back(desk):
    version = desk.save(hand_in=True)
    first = desk.plan().line.submitted_at
    desk.review(desk.plan().line.plan_id, version)
    assert (desk.plan().line.status, desk.plan().review) == ("returned", "请写具体")
    desk.time += dt.timedelta(days=30)
    desk.save(seen=version + 1, hand_in=True)
    line = desk.plan().line
    assert (line.submitted_at, line.status, line.is_late) == (first, "submitted", False)


@pytest.mark.parametrize(
    ("at", "is_late"),
    [(dt.datetime(2026, 9, 27, 15, 59, tzinfo=dt.UTC), False), (dt.datetime(2026, 9, 27, 16, 0, tzinfo=dt.UTC), True)],
)
def test_a_plan_is_late_from_midnight_of_the_college_on(desk, at, is_late):
    desk.time = at
    desk.save(hand_in=True)
    assert desk.plan().line.is_late is is_late
    assert desk.queue(late_from=first_late_moment(DUE))[1] == int(is_late)


def test_the_first_reviewer_wins_and_the_other_is_told(desk):
    version = desk.save(hand_in=True)
    plan_id = desk.plan().line.plan_id
    assert desk.review(plan_id, version, 88.0, "很好") == 11
    with pytest.raises(OvertakenPlanError, match="已由 t1 审核"):
        desk.review(plan_id, version, None, by=OTHER)
    assert (desk.plan().line.status, desk.plan().line.quality) == ("approved", 88.0)


def test_a_review_of_what_has_changed_since_is_not_made(desk):
    version = desk.save(hand_in=True)
    with pytest.raises(OvertakenPlanError):
        desk.review(desk.plan().line.plan_id, version - 1, 88.0)
    assert desk.plan().line.status == "submitted"


def test_goals_count_once_confirmed_and_confirmed_ones_stay(desk):
    plan = desk.approved()
    ids = [goal.goal_id for goal in plan.goals]
    version = plan.line.version
    desk.store.note_progress(
        plan.line.plan_id, 11, {ids[0]: "考了85分", ids[1]: "已过级", ids[2]: None}, seen=version, by=STUDENT, scope=OWN
    )
    desk.store.confirm(plan.line.plan_id, [ids[0], ids[2]], kind=KIND, seen=version + 1, by=ADVISER, scope=CLASS_1)
    line = desk.plan().line
    assert (line.goals, line.done, line.confirmed) == (3, 2, 1)
    desk.store.note_progress(plan.line.plan_id, 11, {ids[0]: None}, seen=version + 2, by=STUDENT, scope=OWN)
    assert desk.plan().goals[0].is_confirmed
    desk.store.confirm(plan.line.plan_id, [], kind=KIND, seen=version + 3, by=ADVISER, scope=CLASS_1)
    assert desk.plan().line.confirmed == 0


def test_progress_belongs_to_an_approved_plan_of_the_student(desk):
    version = desk.save(hand_in=True)
    plan_id = desk.plan().line.plan_id
    for student, number in ((11, plan_id), (12, plan_id), (11, 999)):
        with pytest.raises(UserError, match="没有这份规划"):
            desk.store.note_progress(number, student, {}, seen=version, by=STUDENT, scope=OWN)


def test_a_plan_out_of_scope_is_like_one_that_does_not_exist(desk):
    version = desk.save(hand_in=True)
    plan_id = desk.plan().line.plan_id
    said = set()
    for number, kind, scope in ((plan_id, KIND, CLASS_2), (999, KIND, CLASS_1), (plan_id, "职业生涯规划", CLASS_1)):
        assert desk.reader.to_review(number, kind=kind, scope=scope) is None
        with pytest.raises(UserError) as refused:
            desk.store.review(number, kind=kind, quality=50.0, text="", seen=version, by=OTHER, scope=scope)
        said.add(str(refused.value))
    assert said == {"没有这份规划。"}
    assert desk.reader.of_student(11, scope=CLASS_2, kinds={KIND}) == []
    with pytest.raises(UserError):
        desk.save(student=21)


def test_a_draft_is_not_for_reviewers(desk):
    desk.save()
    assert desk.reader.to_review(desk.plan().line.plan_id, kind=KIND, scope=CLASS_1) is None
    assert desk.queue() == ([], 0)


def test_the_queue_begins_with_what_waits_longest_and_turns_pages(desk):
    for hours, student in enumerate((12, 11, 13)):
        desk.time += dt.timedelta(hours=hours)
        desk.save(student=student, hand_in=True)
    desk.review(desk.plan(12).line.plan_id, 1, 70.0)
    pages = [desk.queue(size=2, page=page) for page in (1, 2, 9)]
    assert [[line.student_id for line in lines] for lines, _ in pages] == [[11, 13], [12], [12]]
    assert {total for _, total in pages} == {3}
    assert [line.student_id for line in desk.queue(status="approved")[0]] == [12]
    assert desk.reader.counts(KIND, 2026, scope=CLASS_1) == {"submitted": 2, "returned": 0, "approved": 1}
    assert desk.queue(scope=CLASS_2) == ([], 0)
    assert desk.queue(class_id=2)[1] == 0


def test_who_has_handed_in_nothing_is_listed_within_the_scope(desk):
    desk.save(student=11, hand_in=True)
    desk.save(student=12)
    found = desk.reader.missing(KIND, 2026, delivered=(20261, "STU-ACD-01"), scope=CLASS_1, present=EVERYBODY - {13})
    assert [(item.student_no, item.class_name, item.has_draft) for item in found] == [("S12", "机电2601", True)]
    everybody = Scope.within("both", class_=frozenset({1, 2}))
    assert (
        len(desk.reader.missing(KIND, 2026, delivered=(20261, "STU-ACD-01"), scope=everybody, present=EVERYBODY)) == 5
    )
    assert (
        len(
            desk.reader.missing(
                KIND, 2026, delivered=(20261, "STU-ACD-01"), scope=everybody, present=EVERYBODY, class_id=2
            )
        )
        == 3
    )


def test_the_log_tells_what_was_done_and_no_word_of_the_text(desk):
    plan = desk.approved()
    with desk.database.connect() as connection:
        rows = connection.execute(select(AuditEvent.actor, AuditEvent.subject, AuditEvent.detail)).all()
    assert [(row.actor, row.subject, row.detail["change"]) for row in rows] == [
        ("s1", f"plan:{plan.line.plan_id}", "submitted"),
        ("t1", f"plan:{plan.line.plan_id}", "approved"),
    ]
    assert not any(word in str(row) for row in rows for word in ("制图", "请写具体"))
