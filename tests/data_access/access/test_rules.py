"""The rules are sound, each has its reason, and the checks that say so would notice if they were not."""

import pytest

from data_access.access import rules
from data_access.access.permissions import Permission
from data_access.access.privacy import Privacy, Subject, Topic
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.rules import (
    ALLOWANCES,
    GROUPS,
    REACHES,
    RESTRICTIONS,
    Allowance,
    Reach,
    permissions_of,
    problems,
    reaches_of,
)
from data_access.access.scope import Grant

DATA = GROUPS | {"teacher", "student", "roster"}

COLLECTORS = {Role.TEACHER, Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.MAJOR_LEADER}
MAY = {
    Permission.APPLICATION_OPEN: set(Role),
    Permission.ACCOUNT_OWN: set(Role) - {Role.WALL_SCREEN},
    Permission.SCHOOL_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER,
        Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS,
    },
    Permission.MAJOR_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER,
    },
    Permission.MODEL_WEIGH: {Role.QUALITY_OFFICE},
    Permission.TEACHER_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER, Role.TEACHER,
    },
    Permission.INDICATOR_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER,
        Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS,
        Role.STUDENT, Role.PSYCHOLOGY_CENTRE, Role.DATA_STEWARD,
    },
    Permission.DATA_VIEW: {Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DATA_STEWARD},
    Permission.IMPORT_VIEW: {Role.DATA_STEWARD},
    Permission.PANEL_EXPORT: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER,
        Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS,
    },
    Permission.ENTRY_RECORD: COLLECTORS,
    Permission.ENTRY_OVERSEE: {Role.LEADER, Role.QUALITY_OFFICE, Role.DEPARTMENT_HEAD, Role.STUDENT_AFFAIRS},
    Permission.DISPUTE_VIEW: COLLECTORS | {Role.STUDENT, Role.DEPARTMENT_HEAD},
    Permission.DISPUTE_OPEN: {Role.STUDENT},
    Permission.DISPUTE_ANSWER: COLLECTORS,
    Permission.DISPUTE_DECIDE: {Role.CLASS_ADVISER, Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.DEPARTMENT_HEAD},
    Permission.SELF_TEST_TAKE: {Role.STUDENT},
    Permission.SELF_TEST_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER, Role.CLASS_ADVISER,
        Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.PSYCHOLOGY_CENTRE,
    },
    Permission.PLAN_WRITE: {Role.STUDENT},
    Permission.PLAN_REVIEW: {Role.CLASS_ADVISER, Role.STUDENT_AFFAIRS, Role.MAJOR_LEADER},
    Permission.SCREEN_VIEW: {Role.LEADER, Role.QUALITY_OFFICE, Role.WALL_SCREEN},
    Permission.SCREEN_MANAGE: {Role.SYSTEM_ADMINISTRATOR},
    Permission.COURSE_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.FUNCTION_HEAD, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER,
        Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER,
    },
    Permission.CLASS_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER, Role.CLASS_ADVISER,
        Role.COUNSELLOR, Role.STUDENT_AFFAIRS,
    },
    Permission.STUDENT_VIEW: {
        Role.LEADER, Role.QUALITY_OFFICE, Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER, Role.CLASS_ADVISER,
        Role.COUNSELLOR, Role.STUDENT_AFFAIRS, Role.STUDENT, Role.PSYCHOLOGY_CENTRE,
    },
    Permission.ROSTER_EXPORT: {Role.DEPARTMENT_HEAD, Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER},
    Permission.ACCOUNT_VIEW: {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR},
    Permission.ACCOUNT_MANAGE: {Role.SYSTEM_ADMINISTRATOR},
    Permission.POST_GRANT: {Role.SECURITY_ADMINISTRATOR},
    Permission.ROLE_VIEW: {
        Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR, Role.LEADER,
        Role.QUALITY_OFFICE, Role.DATA_STEWARD,
    },
    Permission.AUDIT_VIEW: {Role.AUDIT_ADMINISTRATOR},
    Permission.AUDIT_EXPORT: {Role.AUDIT_ADMINISTRATOR},
}  # fmt: skip
"""Who may do what, written by hand: a change of the rules must be meant."""


@pytest.mark.parametrize("permission", Permission)
def test_a_permission_is_held_by_the_roles_that_need_it_and_by_no_other(permission):
    assert {role for role in Role if permission in permissions_of([role])} == MAY[permission]


def test_without_a_role_nothing_is_allowed():
    assert permissions_of([]) == frozenset()


def test_permissions_of_several_roles_unite():
    both = permissions_of([Role.TEACHER, Role.CLASS_ADVISER])
    assert both == permissions_of([Role.TEACHER]) | permissions_of([Role.CLASS_ADVISER])


def test_the_rules_are_sound():
    assert problems() == []


@pytest.mark.parametrize("item", [*ALLOWANCES, *REACHES, *RESTRICTIONS], ids=lambda item: type(item).__name__)
def test_every_rule_has_a_reason_in_the_language_of_those_it_concerns(item):
    assert any("\u4e00" <= character <= "\u9fff" for character in item.reason)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_an_administrator_reads_nothing_of_the_college(role):
    assert all(not reach.levels & DATA for reach in reaches_of(role))
    assert ROLES[role].is_exclusive
    assert ROLES[role].idle_minutes < ROLES[Role.LEADER].idle_minutes


def test_counselling_of_named_persons_is_for_the_centre_and_the_own_counsellor():
    readers = {role for role in Role for reach in reaches_of(role) if Topic.COUNSELLING in reach.topics}
    assert readers == {Role.PSYCHOLOGY_CENTRE, Role.COUNSELLOR}
    screened = {role for role in Role for reach in reaches_of(role) if Topic.SCREENING in reach.topics}
    assert screened == {Role.PSYCHOLOGY_CENTRE, Role.STUDENT}
    warned = {role for role in Role for reach in reaches_of(role) if Topic.RISK in reach.topics}
    assert Role.STUDENT not in warned


def test_what_tells_of_counselling_alone_is_not_even_read_of_groups_by_others():
    counselled = Subject(privacy=Privacy.SENSITIVE, topics=frozenset({Topic.COUNSELLING}))
    of_several = Subject(privacy=Privacy.SENSITIVE, topics=frozenset({Topic.COUNSELLING, Topic.AID}))
    readers = {Topic.COUNSELLING: set(), Topic.AID: set()}
    for role in Role:
        for reach in reaches_of(role):
            grant = Grant(
                levels=reach.levels,
                topics=reach.topics,
                sensitive_groups=reach.sensitive_groups,
                only_topics=reach.only_topics,
                reason=reach.reason,
            )
            readers[Topic.COUNSELLING] |= {role for level in GROUPS if grant.admits(level, counselled)}
            readers[Topic.AID] |= {role for level in GROUPS if grant.admits(level, of_several)}
    assert readers[Topic.COUNSELLING] == {Role.PSYCHOLOGY_CENTRE, Role.COUNSELLOR}
    assert {Role.LEADER, Role.CLASS_ADVISER, Role.COUNSELLOR} <= readers[Topic.AID]


def test_nothing_sensitive_is_read_by_those_who_only_teach_lead_a_course_or_pass_by_a_screen():
    for role in (Role.COURSE_LEADER, Role.WALL_SCREEN):
        assert not any(reach.topics or reach.sensitive_groups for reach in reaches_of(role))
    assert {topic for reach in reaches_of(Role.TEACHER) for topic in reach.topics} == {Topic.INCIDENT}
    assert not any(reach.sensitive_groups for reach in reaches_of(Role.TEACHER))


def test_a_restriction_takes_away_what_a_rule_above_it_gives(monkeypatch):
    careless = Reach(
        role=Role.TEACHER,
        levels=frozenset({"student"}),
        topics=frozenset({Topic.COUNSELLING, Topic.DISCIPLINE}),
        reason="误写",
    )
    monkeypatch.setattr(rules, "REACHES", (careless,))
    (reach,) = reaches_of(Role.TEACHER)
    assert reach.topics == {Topic.DISCIPLINE}
    assert any("心理辅导 is restricted" in problem for problem in problems())


UNSOUND = {
    "unknown levels": Reach(role=Role.LEADER, levels=frozenset({"planet"}), reason="误写"),
    "without a reason": Reach(role=Role.LEADER, levels=frozenset({"school"}), reason=""),
    "an administrator reads no data": Reach(
        role=Role.AUDIT_ADMINISTRATOR, levels=frozenset({"student"}), ceiling=Privacy.INTERNAL, reason="误写"
    ),
}


@pytest.mark.parametrize("message", UNSOUND)
def test_an_unsound_reach_is_told(message, monkeypatch):
    monkeypatch.setattr(rules, "REACHES", (*REACHES, UNSOUND[message]))
    assert any(message in problem for problem in problems())


def test_an_allowance_without_a_reason_is_told(monkeypatch):
    bare = Allowance(permission=Permission.AUDIT_VIEW, roles=frozenset({Role.TEACHER}), reason="")
    monkeypatch.setattr(rules, "ALLOWANCES", (*ALLOWANCES, bare))
    assert problems() == ["audit:view: without a reason"]


@pytest.mark.parametrize("role", Role)
def test_every_role_is_named_and_held_somewhere(role):
    assert ROLES[role].name_zh
    assert ROLES[role].nodes
