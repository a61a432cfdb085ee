import datetime as dt

import pytest

from layouts import format as fmt

MONDAY = dt.date(2026, 11, 16)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (92.64, 1, "92.6"),
        (None, 1, "—"),
        (float("nan"), 1, "—"),
        (1234.0, 0, "1,234"),
        (-7.4, 1, "−7.4"),
        (0.0, 1, "0.0"),
    ],
)
def test_a_number_has_fixed_decimals_and_a_missing_one_is_a_dash(value, digits, text):
    assert fmt.number(value, digits=digits) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (92.6, "%", "92.6%"),
        (17.0, "人", "17 人"),
        (75.24, "分", "75.2 分"),
        (None, "%", "—"),
        (3.0, "", "3.0"),
        (9210.6, "元/生", "9,210.6 元/生"),
        (76632.04, "万元", "76,632 万元"),
    ],
)
def test_a_unit_follows_its_value_and_never_a_dash(value, unit, text):
    assert fmt.with_unit(value, unit) == text


@pytest.mark.parametrize(
    ("line", "unit", "text"),
    [
        (90.0, "%", "90%"),
        ((35.0, 65.0), "%", "35–65%"),
        (None, "%", "—"),
        (1.5, "万元", "1.5 万元"),
        (24000.0, "万元", "24,000 万元"),
        (1234567.5, "", "1,234,567.5"),
    ],
)
def test_a_threshold_loses_needless_decimals(line, unit, text):
    assert fmt.line(line, unit) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [(90.0, 92.5, "↓ 2.5"), (92.5, 90.0, "↑ 2.5"), (90.04, 90.0, "持平"), (None, 90.0, "—"), (90.0, float("nan"), "—")],
)
def test_a_change_shows_its_direction_and_a_missing_end_is_no_change(now, before, text):
    assert fmt.change(now, before) == text


@pytest.mark.parametrize(("days", "text"), [(0, "今天"), (1, "昨天"), (12, "12 天前"), (-3, "")])
def test_age_is_told_in_days(days, text):
    assert fmt.age(MONDAY, MONDAY + dt.timedelta(days=days)) == text


def test_days_carry_their_weekday():
    assert fmt.short_day(MONDAY) == "11-16 周一"
    assert fmt.span(MONDAY, dt.date(2026, 11, 22)) == "11-16 至 11-22"
    assert fmt.day(None) == "—"


@pytest.mark.parametrize(
    ("name", "short"),
    [("作业完成率(课后)", "作业完成率"), ("准时率（无迟到）", "准时率"), ("到课率", "到课率"), ("(内部)", "(内部)")],
)
def test_a_short_name_leaves_the_remark_away(name, short):
    assert fmt.short_name(name) == short


def test_a_large_change_has_separators():
    assert fmt.change(18516.0, 9282.0, digits=0) == "↑ 9,234"


@pytest.mark.parametrize(
    ("value", "unit", "lines", "text"),
    [
        (84.97, "分", (85.0, 75.0, 60.0), "84.97 分"),
        (85.02, "%", (85.0,), "85.02%"),
        (84.996, "%", (85.0,), "84.996%"),
        (84.94, "分", (85.0,), "84.9 分"),
        (85.0, "%", (85.0,), "85.0%"),
        (84.9999999, "%", (85.0,), "85.0%"),
        (2.6, "人", (3.0,), "2.6 人"),
        (23999.7, "万元", (24000.0,), "23,999.7 万元"),
        (None, "%", (85.0,), "—"),
        (float("nan"), "%", (85.0,), "—"),
        (92.64, "%", (), "92.6%"),
    ],
)
def test_a_value_never_reads_as_on_the_other_side_of_a_line(value, unit, lines, text):
    """It is judged as it is: what reads as the target and is not at target would look like a mistake."""
    assert fmt.with_unit(value, unit, lines=lines) == text


@pytest.mark.parametrize(("value", "text"), [(0.03, "0.03%"), (0.4, "0.4%"), (0.0, "0.0%"), (12.34, "12.3%")])
def test_a_distance_never_reads_as_nothing(value, text):
    assert fmt.gap(value, "%") == text


@pytest.mark.parametrize(
    ("hundredths", "plain", "signed"),
    [
        (178, "1.78", "+1.78"),
        (4000, "40", "+40"),
        (150, "1.5", "+1.5"),
        (-500, "−5", "−5"),
        (-5, "−0.05", "−0.05"),
        (0, "0", "0"),
        (123_456_7, "12,345.67", "+12,345.67"),
    ],
)
def test_points_are_shown_exactly_with_the_decimals_they_have(hundredths, plain, signed):
    assert fmt.points(hundredths) == plain
    assert fmt.points(hundredths, signed=True) == signed
