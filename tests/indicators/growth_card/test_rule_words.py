import re

import pytest

from indicators.growth_card.points import Rule, Schedule, shipped_card
from indicators.growth_card.rule_words import rule_words

CARD = shipped_card()


def words(code, **how):
    return rule_words(CARD.by_code[code], **how)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("STU-ACD-02", "≥98% 满分，≤80% 得 0 分，其间按比例；按 19 个教学周均分"),
        ("CLS-ACD-05", "≤5% 满分，≥20% 得 0 分，其间按比例"),
        ("STU-PER-10", "期初存入 10 分，每次扣 5 分，最多扣 20 分；只扣认定有责的纠纷"),
        ("STU-ACD-01", "按时提交 8 分、质量 8 分、目标达成 4 分"),
        ("STU-ACD-07", "每次存入 1 分，每月最多 6 分，每学期最多 25 分"),
        ("STU-CAR-09", "层次分×3×等次系数，每学期最多 30 分"),
        ("STU-ACD-10", "达到存入 30 分，未达到不存不扣；毕业要求证书只在此存一次"),
        ("STU-ACD-11", "完成存入 10 分，未完成不存不扣；只看是否完成问卷，不看打分高低"),
        ("STU-PER-15", "每提高 1 分存入 3 分，最多 25 分；下降同样扣减，最多扣 10 分"),
        ("STU-CAR-05", "每 12 小时存入 1 分，最多 10 分；超过 200 小时扣 5 分"),
    ],
)
def test_a_rule_is_told_in_the_words_of_those_who_live_by_it(code, expected):
    assert words(code, unit="%", slots=19) == expected


def test_what_an_occurrence_costs_is_told_by_what_is_counted():
    assert "每次旷课另扣 5 分，最多扣 80 分" in words("STU-ACD-03")
    assert "每门补考后仍不及格课程另扣 10 分，最多扣 40 分" in words("STU-ACD-09")


def test_levels_of_punishment_are_told_once_each():
    assert words("STU-PER-14").startswith("按处分级别扣 20、35、60、100 分，最多扣 100 分")


@pytest.mark.parametrize("point", CARD.points, ids=lambda point: point.code)
def test_every_rule_tells_all_that_a_term_can_bring_and_take(point):
    told = rule_words(point, unit="%", slots=5)
    numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", told)}
    if point.rule in {Rule.COUNT_UP, Rule.DELTA, Rule.BAND_HOURS, Rule.PARTICIPATE} or point.opening:
        assert point.max_deposit in numbers or point.opening in numbers
    if point.rule is not Rule.BAND_HOURS and point.max_deduct:
        assert f"最多扣 {point.max_deduct:g} 分" in told


@pytest.mark.parametrize("point", CARD.points, ids=lambda point: point.code)
def test_only_a_cap_that_is_shared_out_is_said_to_be_shared(point):
    is_shared = point.schedule in {Schedule.WEEKLY, Schedule.MONTHLY} and point.rule is not Rule.COUNT_UP
    assert ("均分" in rule_words(point, slots=5)) == is_shared
    assert "均分" not in rule_words(point)
