"""The points as they are shipped, and what of ``points.yaml`` is refused because it contradicts itself."""

import copy

import pytest
import yaml

from indicators.growth_card.points import POINTS_FILE, Collector, PointsError, Rule, card_of, shipped_card
from indicators.library import shipped_library
from indicators.model import Level

CARD = shipped_card()
BLOCK = yaml.safe_load(POINTS_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def block():
    return copy.deepcopy(BLOCK)


def item(block, code):
    return next(item for item in block["points"] if item["code"] == code)


def test_there_are_the_sixty_points_of_the_plan():
    assert len(CARD.of(Level.STUDENT)) == 41
    assert len(CARD.of(Level.CLASS)) == 19
    assert CARD.accounts_of(Level.STUDENT) == ("学业发展", "个人发展", "职业发展")
    assert CARD.accounts_of(Level.CLASS) == ("班级学业发展", "班级个人发展", "班级职业发展")


def test_both_cards_are_of_a_thousand_points():
    for holder in (Level.STUDENT, Level.CLASS):
        assert sum(CARD.accounts[name] for name in CARD.accounts_of(holder)) == 1000


def test_every_point_has_one_collector_and_career_plans_have_two():
    collected = {point.code: point.collectors for point in CARD.points}
    assert {code for code, who in collected.items() if len(who) > 1} == {"STU-CAR-01"}
    assert set(collected["STU-CAR-01"]) == {Collector.TEACHING_SECTION, Collector.STUDENT_AFFAIRS}
    assert collected["STU-PER-02"] == (Collector.TEACHER,), "任课老师 and 任课教师 are the same"


def test_every_point_has_an_indicator_of_its_own_about_its_holder():
    library = {item.code: item for item in shipped_library()}
    for point in CARD.points:
        assert library[point.code].entity is point.holder


def test_counselling_alone_is_neutral():
    assert [point.code for point in CARD.points if point.is_neutral] == ["STU-PER-12"]
    assert (CARD.by_code["STU-PER-12"].max_deposit, CARD.by_code["STU-PER-12"].max_deduct) == (0, 0)


@pytest.mark.parametrize(
    ("reached", "band"),
    [
        (None, ""), (100, "优"), (85, "优"), (84.99, "良"), (75, "良"), (65, "中"), (60, "关注"), (50, "预警"),
        (49.99, "警戒"), (0, "警戒"), (-12, "警戒"),
    ],
)  # fmt: skip
def test_a_band_begins_with_its_lowest_attainment(reached, band):
    assert CARD.band(reached) == band


def test_an_account_that_its_points_do_not_add_up_to_is_refused(block):
    item(block, "STU-ACD-02")["max_deposit"] = 41
    with pytest.raises(PointsError, match="学业发展: its points add up to 401, not 400"):
        card_of(block)


def test_an_unknown_account_is_refused(block):
    item(block, "STU-PER-12")["account"] = "品德"
    with pytest.raises(PointsError, match=r"STU-PER-12: account '品德' is unknown"):
        card_of(block)


def test_a_code_used_twice_is_refused(block):
    block["points"].append(copy.deepcopy(item(block, "STU-PER-12")))
    with pytest.raises(PointsError, match="a code is used twice"):
        card_of(block)


def test_a_point_that_nobody_collects_is_refused(block):
    item(block, "STU-ACD-02")["collectors"] = []
    with pytest.raises(PointsError, match="STU-ACD-02: nobody collects it"):
        card_of(block)


@pytest.mark.parametrize(
    ("field", "value"), [("rule", "guess"), ("schedule", "hourly"), ("collectors", ["门卫"]), ("max_deposit", "many")]
)
def test_a_word_that_means_nothing_is_refused_with_the_point(block, field, value):
    item(block, "STU-ACD-02")[field] = value
    with pytest.raises(PointsError, match="STU-ACD-02"):
        card_of(block)


@pytest.mark.parametrize("field", ["bands", "accounts", "dispute_days", "freeze_days", "timeliness_floor"])
def test_what_is_missing_is_named(block, field):
    del block[field]
    with pytest.raises(PointsError, match=field):
        card_of(block)


def test_bands_out_of_order_are_refused(block):
    block["bands"].reverse()
    with pytest.raises(PointsError, match="best first"):
        card_of(block)


def test_each_rule_of_the_plan_is_used_by_some_point():
    assert {point.rule for point in CARD.points} == set(Rule)
