"""Who is on the roster and holds what: each rule on a college of a few rows."""

import datetime as dt

import pytest

from data_access.access.duties import DUTY_RULES, Duty, PersonKey, read_roster
from data_access.access.roles import ROLES, Role
from tests.data_access.access.dimensions import engine, event, on_roll, student, teacher, term

DAY = dt.date(2026, 9, 7)
TERMS = [term(20251, dt.date(2025, 9, 1)), term(20252, dt.date(2026, 2, 23)), term(20261, dt.date(2026, 8, 31))]


def duties(**rows):
    """Everything that is held, as (role, node, person)."""
    with engine(rows) as opened:
        roster = read_roster(opened, on=DAY)
    return {(duty.role, duty.node_id, key.person_id) for key, held in roster.duties.items() for duty in held}


def students_on_roll(**rows):
    return {person for role, _, person in duties(**rows) if role is Role.STUDENT}


def test_every_rule_gives_a_post_that_its_role_may_hold():
    for rule in DUTY_RULES:
        assert rule.node_level in ROLES[rule.role].nodes
        assert not ROLES[rule.role].is_exclusive, "an administrator is never made by a file"
        assert rule.reason


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        ("dim_department", {"dept_id": 3, "dept_type": "教学系部", "leader_id": 7}, (Role.DEPARTMENT_HEAD, 3, 7)),
        ("dim_department", {"dept_id": 4, "dept_type": "职能部门", "leader_id": 7}, (Role.FUNCTION_HEAD, 4, 7)),
        ("dim_department", {"dept_id": 5, "dept_type": "教辅单位", "leader_id": 7}, (Role.FUNCTION_HEAD, 5, 7)),
        ("dim_major", {"major_id": 6, "leader_id": 7}, (Role.MAJOR_LEADER, 6, 7)),
        ("dim_course", {"course_id": 8, "lead_teacher_id": 7}, (Role.COURSE_LEADER, 8, 7)),
        ("dim_class", {"class_id": 9, "head_teacher_id": 7}, (Role.CLASS_ADVISER, 9, 7)),
        ("dim_class", {"class_id": 9, "counsellor_id": 7}, (Role.COUNSELLOR, 9, 7)),
        ("dim_offering", {"offering_id": 1, "teacher_id": 7}, (Role.TEACHER, 7, 7)),
    ],
)
def test_a_relation_of_the_dimensions_is_a_post(table, row, expected):
    office_worker = teacher(7, "管理服务")
    assert duties(dim_teacher=[office_worker], **{table: [row]}) == {expected}


@pytest.mark.parametrize(
    ("staff_type", "expected"),
    [
        ("专任教师", {(Role.TEACHER, 7, 7)}),
        ("校内兼课", {(Role.TEACHER, 7, 7)}),
        ("企业兼职", {(Role.TEACHER, 7, 7)}),
        ("校领导", {(Role.LEADER, 1, 7)}),
        ("辅导员", set()),
        ("管理服务", set()),
        (None, set()),
    ],
)
def test_what_somebody_is_employed_as_gives_a_post(staff_type, expected):
    assert duties(dim_teacher=[teacher(7, staff_type)]) == expected


def test_a_department_of_no_known_type_has_no_head():
    assert not duties(dim_teacher=[teacher(7, "管理服务")], dim_department=[{"dept_id": 3, "leader_id": 7}])


def test_staff_without_any_duty_are_on_the_roster():
    with engine({"dim_teacher": [teacher(7, "管理服务")]}) as opened:
        roster = read_roster(opened, on=DAY)
    assert roster.people[PersonKey("teacher", 7)].name == "教师7"
    assert not roster.duties


def test_a_student_is_called_by_the_number_for_the_dimension_has_no_names():
    with engine({"dim_student": [student(7)]}) as opened:
        person = read_roster(opened, on=DAY).people[PersonKey("student", 7)]
    assert (person.number, person.name) == ("S7", "S7")


def test_a_relation_to_somebody_who_is_not_there_is_told():
    with engine({"dim_major": [{"major_id": 6, "leader_id": 404}]}) as opened:
        roster = read_roster(opened, on=DAY)
    assert not roster.duties
    assert roster.unknown == ("major_leader of major:6: there is no teacher 404",)


# -- the roll ---------------------------------------------------------------------------------


def test_without_any_snapshot_everybody_is_on_the_roll():
    assert students_on_roll(dim_student=[student(1), student(2, year=2001)]) == {1, 2}


def test_the_newest_snapshot_says_who_is_on_the_roll():
    people = [student(1), student(2), student(3)]
    snapshots = [on_roll(k, 20252) for k in (1, 2, 3)] + [on_roll(1, 20261), on_roll(2, 20261, stays=False)]
    assert students_on_roll(dim_student=people, fact_student_term=snapshots) == {1}


def test_new_students_are_on_the_roll_before_their_first_snapshot():
    people = [student(1), student(2, year=2026), student(3, year=2027), student(4, year=2025)]
    assert students_on_roll(dim_student=people, fact_student_term=[on_roll(1, 20261)]) == {1, 2, 3}


def test_without_a_year_of_admission_the_class_tells_it():
    classes = [{"class_id": 1, "grade_year": 2026}, {"class_id": 2, "grade_year": 2022}, {"class_id": 3}]
    people = [student(1), *(student(k + 1, k, None) for k in (1, 2, 3))]
    found = students_on_roll(dim_class=classes, dim_student=people, fact_student_term=[on_roll(1, 20261)])
    assert found == {1, 2, 4}


@pytest.mark.parametrize(("status", "expected"), [("在校", {1}), ("休学", {1}), ("毕业", set()), ("转出", set())])
def test_where_the_snapshot_does_not_say_so_the_status_does(status, expected):
    snapshot = [on_roll(1, 20261, stays=None, status=status)]
    assert students_on_roll(dim_student=[student(1)], fact_student_term=snapshot) == expected


def test_of_two_lines_that_contradict_each_other_the_stricter_one_counts():
    snapshot = [on_roll(1, 20261), on_roll(1, 20261, stays=False)]
    assert not students_on_roll(dim_student=[student(1)], fact_student_term=snapshot)


@pytest.mark.parametrize("column", ["head_teacher_id", "counsellor_id"])
def test_a_class_ends_with_its_last_student_but_not_before_its_first(column):
    classes = [{"class_id": k, column: 7} for k in (1, 2, 3)]
    people = [student(11, 1), student(12, 1), student(21, 2)]
    snapshot = [on_roll(11, 20261), on_roll(12, 20261, stays=False), on_roll(21, 20261, stays=False)]
    found = duties(
        dim_teacher=[teacher(7, "辅导员")], dim_class=classes, dim_student=people, fact_student_term=snapshot
    )
    assert {node for _, node, person in found if person == 7} == {1, 3}


# -- referrals --------------------------------------------------------------------------------


def test_referred_are_those_registered_in_the_latest_term():
    line = {"group_type": "心理", "is_registered": True, "term_id": 20261}
    rows = [
        {**line, "student_id": 1},
        {**line, "student_id": 2, "is_registered": False},
        {**line, "student_id": 3, "group_type": "经济困难"},
        {**line, "student_id": 4, "term_id": 20252},
        {**line, "student_id": 5, "is_registered": None},
        {**line, "student_id": None},
    ]
    with engine({"fact_special_student": rows}) as opened:
        assert read_roster(opened, on=DAY).referred == {1}


def counselled(events, terms=TERMS, on=DAY):
    with engine({"fact_student_event": events, "dim_term": terms}) as opened:
        return read_roster(opened, on=on).referred


def test_referred_are_also_those_counselled_in_the_running_or_the_former_term():
    events = [
        event(1, DAY), event(1, DAY), event(2, dt.date(2026, 2, 23)), event(3, dt.date(2026, 2, 22)),
        event(4, DAY, "师生沟通"), event(None, DAY), event(5, dt.date(2026, 8, 1)),
    ]  # fmt: skip
    assert counselled(events) == {1, 2, 5}


def test_a_term_that_has_not_begun_ends_nobodys_care():
    events = [event(1, dt.date(2025, 9, 1)), event(2, DAY)]
    assert counselled(events, on=dt.date(2026, 8, 30)) == {1, 2}
    assert counselled(events, on=dt.date(2026, 8, 31)) == {2}


def test_the_first_term_of_a_lake_is_enough_and_without_terms_nobody_is_referred_by_an_event():
    assert counselled([event(1, DAY)], TERMS[2:]) == {1}
    assert counselled([event(1, DAY)], [term(20261, None)]) == set()


def test_who_is_registered_and_counselled_is_referred_once():
    line = {"group_type": "心理", "is_registered": True, "term_id": 20261, "student_id": 1}
    rows = {"fact_special_student": [line], "fact_student_event": [event(1, DAY), event(2, DAY)], "dim_term": TERMS}
    with engine(rows) as opened:
        assert read_roster(opened, on=DAY).referred == {1, 2}


def test_an_empty_lake_has_no_roster():
    with engine({}) as opened:
        roster = read_roster(opened, on=DAY)
    assert (roster.people, roster.duties, roster.referred, roster.unknown) == ({}, {}, frozenset(), ())


def test_somebody_may_hold_many_duties():
    with engine(
        {"dim_teacher": [teacher(7)], "dim_class": [{"class_id": k, "head_teacher_id": 7} for k in (1, 2)]}
    ) as opened:
        held = read_roster(opened, on=DAY).duties[PersonKey("teacher", 7)]
    assert held == {
        Duty(Role.TEACHER, "teacher", 7), Duty(Role.CLASS_ADVISER, "class", 1), Duty(Role.CLASS_ADVISER, "class", 2),
    }  # fmt: skip
