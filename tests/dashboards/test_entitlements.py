"""What roles and posts give, in words."""

import datetime as dt

import pytest

from dashboards.entitlements import LEVELS_ZH, rights_of, sights_of, sights_of_post
from data_access.access.privacy import SMALLEST_GROUP
from data_access.access.roles import ROLES, Role
from data_access.access.rules import LEVELS, permissions_of, reaches_of
from data_access.access.viewer import Post

DAY = dt.date(2026, 9, 1)


def test_every_kind_of_rows_has_a_name_of_its_own():
    assert LEVELS_ZH.keys() == LEVELS
    assert len(set(LEVELS_ZH.values())) == len(LEVELS)


@pytest.mark.parametrize("role", Role)
def test_rights_and_sights_are_those_of_the_rules_each_with_its_reason(role):
    assert {right.permission for right in rights_of(role)} == permissions_of([role])
    assert [sight.reason for sight in sights_of(role)] == [reach.reason for reach in reaches_of(role)]
    assert all(right.reason for right in rights_of(role))


@pytest.mark.parametrize("role", Role)
def test_what_is_sensitive_is_named_exactly_where_a_rule_gives_it(role):
    for sight, reach in zip(sights_of(role), reaches_of(role), strict=True):
        assert set(sight.topics.split("、")) - {""} == set(reach.topics)
        assert (f"不足 {SMALLEST_GROUP} 人" in sight.groups) == reach.sensitive_groups
        assert ("只限本部门负责的指标" in sight.limits) == reach.own_duties


def test_a_post_names_its_own_node():
    post = Post(role=Role.CLASS_ADVISER, node_level="class", node_id=7, valid_from=DAY, node_name="机电2401班")
    own, summary = sights_of_post(post)
    assert own.where == "机电2401班"
    assert own.what == "班级、教学班、学生"
    assert summary.where == "全校"


@pytest.mark.parametrize(
    ("role", "level", "where"),
    [
        (Role.LEADER, "school", "全校"),
        (Role.STUDENT, "student", "本人"),
        (Role.PSYCHOLOGY_CENTRE, "school", "在册或接受辅导的学生"),
    ],
)
def test_where_there_is_no_node_to_name_words_say_which_rows(role, level, where):
    post = Post(role=role, node_level=level, node_id=1, valid_from=DAY, node_name="某处")
    assert sights_of_post(post)[0].where == where


def test_a_post_whose_node_is_gone_shows_nothing():
    post = Post(role=Role.CLASS_ADVISER, node_level="class", node_id=7, valid_from=DAY)
    assert sights_of_post(post) == ()


def test_without_a_post_the_levels_stand_for_the_node():
    assert sights_of(Role.STUDENT_AFFAIRS)[0].where == "岗位所在的部门或学校及其下级"
    assert all(sight.where for role in ROLES for sight in sights_of(role))
