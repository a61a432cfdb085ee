"""What is read of one student's attendance, for whom, in the canary college."""

import pytest

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import viewer_of
from data_access.errors import UnknownNameError
from tests.data_access.access.organisations import TODAY, post_at
from tests.security.canaries import EARLIER, LATER, NOW, course, number, offering, roster, teacher

pytestmark = pytest.mark.slow

ALL = Scope.all("test")
STUDENT = number(1, 1, 1, 2)
TERM_KEYS = {EARLIER: "2025-2026-2", NOW: "2026-2027-1", LATER: "2026-2027-2"}


def scope_of(*posts):
    return viewer_of(posts, on=TODAY, account_id=1, username="t", name="某人").scope


def read(values, student_id=STUDENT, *, term=NOW, scope=ALL):
    return values.attendance_of(student_id, term_key=TERM_KEYS[term], scope=scope)


def test_the_courses_of_a_term_come_with_own_counts(canary_values):
    (row,) = read(canary_values)
    listed = next(r for r in canary_values.roster(offering(1, 1, 1), scope=ALL) if r.student_id == STUDENT)
    for name in ("due", "present", "absent", "late", "leave", "attendance_rate", "participation_rate",
                 "homework_rate", "absences"):  # fmt: skip
        assert getattr(row, name) == getattr(listed, name), name
    assert (row.offering_id, row.course_name, row.due) == (offering(1, 1, 1), "课程11", 11)


def test_rates_agree_with_the_stored_values_of_the_term(canary_values):
    """Two ways to one number: counted from the lake, and summed over stored weeks."""
    codes = ("CRS-ATT-01", "CRS-PAR-01", "CRS-CLS-07")
    board = canary_values.board(codes, "student", term_key=TERM_KEYS[NOW], entity_ids=[STUDENT], scope=ALL)
    (row,) = read(canary_values)
    stored = [float(board.standings[code].so_far()[0]) for code in codes]
    assert stored == pytest.approx([row.attendance_rate, row.participation_rate, row.homework_rate])


def test_another_term_has_its_own_courses(canary_values):
    (row,) = read(canary_values, term=EARLIER)
    assert (row.offering_id, row.due) == (offering(1, 1, 1, term=EARLIER), 3)


def test_a_term_that_has_not_begun_is_unknown(canary_values):
    with pytest.raises(UnknownNameError):
        read(canary_values, term=LATER)


def test_a_student_of_a_merged_section_finds_it_among_their_courses(canary_values):
    assert number(2, 1, 1, 1) in {number(*place) for place in roster(1, 1, 1)}
    assert {row.offering_id for row in read(canary_values, number(2, 1, 1, 1))} == {
        offering(1, 1, 1),
        offering(2, 1, 1),
    }


@pytest.mark.parametrize(
    ("post", "is_read", "is_in_reach"),
    [
        (post_at(Role.LEADER), True, True),
        (post_at(Role.DEPARTMENT_HEAD, "dept", 1), True, True),
        (post_at(Role.CLASS_ADVISER, "class", number(1, 1, 1)), True, True),
        (post_at(Role.COUNSELLOR, "class", number(1, 1, 1)), True, False),
        (post_at(Role.STUDENT, "student", STUDENT), True, False),
        (post_at(Role.DEPARTMENT_HEAD, "dept", 2), False, False),
        (post_at(Role.CLASS_ADVISER, "class", number(1, 1, 2)), False, False),
        (post_at(Role.TEACHER, "teacher", teacher(1, 1, 1)), False, False),
        (post_at(Role.COURSE_LEADER, "course", course(1, 1)), False, False),
        (post_at(Role.PSYCHOLOGY_CENTRE), False, False),
        (post_at(Role.STUDENT, "student", number(1, 1, 1, 1)), False, False),
        (post_at(Role.DATA_STEWARD), False, False),
    ],
    ids=lambda value: getattr(value, "title_zh", None),
)
def test_only_those_who_answer_for_the_student_read_them(canary_values, post, is_read, is_in_reach):
    rows = read(canary_values, scope=scope_of(post))
    assert bool(rows) is is_read
    assert {row.is_in_reach for row in rows} <= {is_in_reach}


def test_the_care_of_the_psychology_centre_opens_no_roster(canary_values):
    """A referred student of another class is known to the centre, and not by their attendance."""
    adviser = post_at(Role.CLASS_ADVISER, "class", number(1, 1, 1))
    alone = canary_values.roster(offering(1, 1, 1), scope=scope_of(adviser))
    with_centre = canary_values.roster(offering(1, 1, 1), scope=scope_of(adviser, post_at(Role.PSYCHOLOGY_CENTRE)))
    assert [row.student_id for row in with_centre] == [row.student_id for row in alone]
    assert number(2, 1, 1, 1) not in {row.student_id for row in alone}


def test_who_can_be_admitted_to_nothing_causes_no_query(canary_values, monkeypatch):
    def refuse(*_args):
        raise AssertionError("The database was asked.")

    nobody = scope_of(post_at(Role.DATA_STEWARD))
    monkeypatch.setattr(type(canary_values.reader.database), "connect", refuse)
    reader = canary_values.reader
    assert reader.entities("student", scope=nobody) == []
    assert reader.named("offering", scope=nobody) == []
    assert reader.exists("class", 1, scope=nobody) is False
    assert reader.teaching_departments(scope=nobody) == []
    assert canary_values.roster(offering(1, 1, 1), scope=nobody) == []
    assert canary_values.members([number(1, 1, 1)], scope=nobody) == []
