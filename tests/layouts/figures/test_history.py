import dataclasses
import datetime as dt

from indicators.results import IndicatorInfo, PeriodInfo, ValuePoint
from layouts.figures.history import history, least_width, sheet, ticks
from layouts.figures.point_labels import ROOM_FOR_A_PERIOD

RATE = IndicatorInfo(
    code="MAJ-QUA-02", name_zh="课程一次及格率", unit="%", direction="higher", target=90.0, warning=85.0, alert=80.0,
    definition_zh="", period="term",
)  # fmt: skip
PLAIN = dataclasses.replace(RATE, target=None, warning=None, alert=None)


def month(year, number):
    start = dt.date(year, number, 1)
    return PeriodInfo(
        kind="month", key=f"{year}-{number:02d}", label=f"{year}年{number}月", start=start, end=start, ordinal=number
    )


def term(year, number):
    start = dt.date(year if number == 1 else year + 1, 9 if number == 1 else 3, 1)
    key = f"{year}-{year + 1}-{number}"
    return PeriodInfo(kind="term", key=key, label=f"{key}学期", start=start, end=start, ordinal=number)


def points(periods, values=None):
    given = values or [80.0 + n for n in range(len(periods))]
    return [ValuePoint(period=p, value=v, numerator=v, rows=3) for p, v in zip(periods, given, strict=True)]


MONTHS = [month(2025, 11), month(2025, 12), month(2026, 1), month(2026, 2)]
TERMS = [term(2024, 1), term(2024, 2), term(2025, 1)]


def test_months_name_their_year_once_where_it_begins():
    assert ticks(MONTHS, focus="") == ["11月<br>2025", "12月", "1月<br>2026", "2月"]


def test_terms_name_their_school_year_once():
    assert ticks(TERMS, focus="") == ["上学期<br>24–25学年", "下学期", "上学期<br>25–26学年"]


def test_the_period_in_focus_is_set_apart():
    assert "<b>2月</b>" in ticks(MONTHS, focus="2026-02")[-1]


def test_the_figure_is_as_high_as_asked_whatever_stands_below_it():
    for periods in (MONTHS, TERMS, [dataclasses.replace(MONTHS[0], kind="year", key="2025")]):
        assert history("全校", points(periods), RATE, focus="", height=264).layout.height == 264


def test_a_gap_stays_a_gap_and_lines_are_labelled():
    figure = history("全校", points(TERMS, [88.0, None, 91.0]), RATE, focus=TERMS[-1].key)
    assert list(figure.data[0].y) == [88.0, None, 91.0]
    labels = [annotation.text for annotation in figure.layout.annotations]
    assert {"目标 90", "预警 85", "警戒 80"} <= set(labels)


def test_without_a_target_no_point_is_coloured_as_reached():
    figure = history("全校", points(TERMS), PLAIN, focus="")
    assert figure.data[0].marker.symbol == "circle"
    assert isinstance(figure.data[0].marker.color, str)
    assert not figure.layout.shapes or all(shape.type == "rect" for shape in figure.layout.shapes)


def test_weeks_keep_the_headings_of_a_weekly_line():
    week = PeriodInfo(
        kind="week",
        key="2026-2027-1-W03",
        label="第3周",
        start=dt.date(2026, 9, 21),
        end=dt.date(2026, 9, 27),
        ordinal=3,
    )
    assert list(history("全校", points([week]), RATE, focus="").layout.xaxis.ticktext) == ["3周"]
    assert least_width(points([week] * 20)) - least_width(points([week] * 10)) == 10 * ROOM_FOR_A_PERIOD


def test_the_sheet_has_every_period_latest_first_with_the_unit():
    found = sheet("全校", points(TERMS, [88.0, None, 91.0]), RATE)
    assert found.columns[1] == "课程一次及格率(%)"
    assert [row[0] for row in found.rows] == [period.label for period in reversed(TERMS)]
    assert [row[1] for row in found.rows] == [91.0, None, 88.0]
