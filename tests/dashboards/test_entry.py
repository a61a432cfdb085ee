"""The due list of a collector, the lessons of a week, and timeliness for those who oversee it."""

import datetime as dt
import re

import pytest

from dashboards.entry import Search, group_row, summary, when
from dashboards.entry_reminder import tile
from dashboards.entry_timeliness import mark_of
from indicators.growth_card.entry_board import State
from indicators.growth_card.tasks import Reminder, TaskGroup
from indicators.growth_card.timeliness import Rate
from indicators.results import State as Urgency
from tests.dashboards.entry_desk import desk_of
from tests.indicators.growth_card.entry_office import TODAY, lesson, sheet


@pytest.fixture(scope="module")
def desk(install, tmp_path_factory):
    """The adviser was late with week 1 and in time with week 2; two cells of week 3 are filled in."""
    home = tmp_path_factory.mktemp("entry")
    made = desk_of(install(home), home)
    office = made.office
    office.on(dt.date(2026, 9, 8))
    office.submit("adviser", sheet("W01"), blanks_confirmed=True)
    office.on(dt.date(2026, 9, 14))
    office.submit("adviser", sheet("W02"), blanks_confirmed=True)
    office.on(TODAY)
    office.save("adviser", sheet("W03"), (1, "STU-ACD-03", 95, 0), (2, "STU-ACD-03", 90, 0))
    return made


def listed(page):
    """The sheets that a page leads to, in its order."""
    return re.findall(r'<th scope="row"><a href="/entry/([^"]+)">', page.text)


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_list_shows_what_is_to_be_done_and_behind_it_what_is_done(desk):
    assert listed(desk.get("")) == [sheet("W03").slug, sheet("plan").slug]
    assert listed(desk.get("?view=done")) == [sheet("W01").slug, sheet("W02").slug]
    told = words(desk.get(""))
    assert "2 格" in told
    assert "09-21 周一 · 还有 6 天" in told
    assert "09-08 周二 提交（逾期）" in words(desk.get("?view=done"))


def test_the_own_rate_stands_against_the_line(desk):
    assert "50.0%" in words(desk.get(""))
    assert "1 / 2，其中系统采集 0；应达 95%" in words(desk.get(""))


def test_a_section_leads_to_the_lesson_of_today_while_its_week_runs(desk):
    page = desk.get("", who="teacher")
    assert f'href="/entry/{lesson("20260915").slug}"' in page.text
    assert "课表还没有到" in desk.get(f"/{sheet('W03', '任课教师', 501).slug}", who="teacher").text
    assert desk.get(f"/{sheet('W03', '任课教师', 502).slug}", who="teacher").status_code == 404


def test_a_week_without_lessons_is_called_so_where_its_timetable_has_come(desk, monkeypatch):
    monkeypatch.setattr(type(desk.office.rows), "has_timetable", lambda *_args, **_asked: True)
    assert "这一周没有课" in desk.get(f"/{sheet('W03', '任课教师', 501).slug}", who="teacher").text


def test_whoever_has_nothing_to_do_is_told_so_and_what_comes_next(desk):
    page = desk.get("?unit=999")
    assert "没有待录入的采分任务" in page.text
    counsellor = desk.get("", who="counsellor")
    assert "没有待录入的采分任务" in counsellor.text
    assert listed(counsellor) == [sheet("term", "辅导员").slug]


@pytest.mark.parametrize("query", ["view=x", "collector=校长", "page=0", "unit=-1", "unit=9" * 9, f"task={'x' * 99}"])
def test_what_cannot_be_asked_for_counts_as_not_asked_for(desk, query):
    assert listed(desk.get(f"?{query}")) == listed(desk.get(""))


def test_a_page_too_far_leads_to_the_first(desk):
    assert desk.get("?page=7").headers["Location"] == "/entry"


def test_a_search_keeps_itself_in_the_address():
    search = Search.of({"view": "late", "task": "W11", "unit": "12", "page": "3"}, ("班主任",))
    assert search.query() == {"view": "late", "task": "W11", "unit": 12, "page": 3}
    assert search.query(view="", page=1) == {"task": "W11", "unit": 12}


@pytest.mark.parametrize(("days", "told"), [(-2, "已过 2 天"), (0, "今天"), (3, "还有 3 天")])
def test_a_due_date_says_how_far_off_it_is(days, told):
    assert when(TODAY + dt.timedelta(days=days), TODAY).endswith(f"· {told}")


def test_a_time_point_stands_as_its_worst_unit_does(desk):
    group = TaskGroup(
        collector="学工办", term_id=20261, task="W01", label="第1周", time_point="周末", points=("宿舍得分",),
        due_on=TODAY, units=3, states={State.SUBMITTED: 2, State.LATE: 1},
    )  # fmt: skip
    with desk.client.application.test_request_context():
        row = group_row(group, TODAY)
    assert row.mark == ("alert", "逾期")
    assert "task=W01" in row.href


def test_nobody_is_measured_before_anything_was_due():
    found = summary(Reminder(late=0, today=0, open=1, rate=Rate(label="", due=0, in_time=0), floor=95.0))
    assert found.rate == "—"
    assert "还没有到期" in found.rate_of
    assert not found.is_low
    assert summary(None) is None


@pytest.mark.parametrize(
    ("late", "today", "in_time", "state"),
    [(1, 0, 100, Urgency.ALERT), (0, 1, 100, Urgency.WARNING), (0, 0, 94, Urgency.WARNING), (0, 0, 95, None)],
)
def test_the_home_page_reminds_of_what_is_most_urgent(late, today, in_time, state):
    rate = Rate(label="", due=100, in_time=in_time)
    drawn = tile(Reminder(late=late, today=today, open=2, rate=rate, floor=95.0))
    assert drawn.state is state
    assert drawn.value == str(late + today + 2)
    assert drawn.is_form


@pytest.mark.parametrize(("in_time", "kind"), [(94, "warning"), (95, "reached"), (96, "reached")])
def test_a_rate_is_marked_below_the_line_only(in_time, kind):
    assert mark_of(Rate(label="", due=100, in_time=in_time), 95.0)[0] == kind


def test_timeliness_is_told_by_role_department_person_and_week(desk):
    page = words(desk.get("/timeliness", who="quality"))
    assert "班主任" in page
    assert "第1周" in page
    assert "adviser老师（班主任） 50.0% 1 2" in page


def test_a_table_of_timeliness_leaves_as_a_file_and_on_record(desk):
    before = len(desk.exports())
    answer = desk.get("/timeliness/collector.csv", who="quality")
    lines = answer.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert lines[0] == "采分主体,应录入,及时,其中系统采集,及时率(%)"
    assert any(line.startswith("班主任,") for line in lines)
    assert desk.exports()[before:] == ["entry:timeliness:collector"]


@pytest.mark.parametrize("path", ["/timeliness/unit.csv", "/timeliness/x.csv", "/timeliness/collector.csv?term=1999-1"])
def test_a_table_that_there_is_not_is_not_found(desk, path):
    assert desk.get(path, who="quality").status_code == 404
