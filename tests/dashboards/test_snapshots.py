"""The words a file is described by, and what the menu of a panel offers to whom."""

import dataclasses
import datetime as dt

import pytest

from dashboards import snapshots
from dashboards.page import Choice, Filter, Heading, Kind, Page, Panel, Place
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.viewer import Post, viewer_of
from layouts.controls import Option
from layouts.panel import Content, Menu
from layouts.sheet import Sheet
from tests.dashboards.college import ATTENDANCE, DATA_DATE, EVERYBODY, College, services
from tests.layouts.exports.samples import chart_content

DEPARTMENTS = (Option(value="all", label="全校"), Option(value="2", label="信息/工程系"))
WEEKS = (Option(value="latest", label="最新一周"), Option(value="3", label="第3周"))
ITEM = Panel(name="line", title="逐周", draw=lambda _data: Content(body=""), unit="%")
PAGE = Page(
    name="sections",
    path="/sections",
    title="教学班",
    requires=Permission.COURSE_VIEW,
    load=lambda view: view,
    heading=lambda _data: Heading(title="课程监测"),
    panels=(ITEM,),
    filters=(
        Filter(name="dept", label="系部", kind=Kind.SELECT, options=lambda _services, _scope: DEPARTMENTS),
        Filter(name="week", label="周次", kind=Kind.SELECT, place=Place.TOOLS, options=lambda _s, _c: WEEKS),
        Filter(name="q", label="搜索", kind=Kind.SEARCH),
        Filter(name="page", label="页码", kind=Kind.LINK, pattern=r"\d*"),
    ),
)
ADDRESS = {"path": "/sections", "search": "?dept=2&q=a b", "defaults": {}}


def view(search=""):
    return PAGE.view(services(College()), path="/sections", search=search)


def test_filters_are_said_in_words_where_they_narrow_what_is_shown():
    assert [snapshots.in_words(choice) for choice in view().choices.values()] == ["系部 全校", "", "", ""]
    narrowed = view("?dept=2&week=3&q=制图&page=2").choices.values()
    assert [snapshots.in_words(choice) for choice in narrowed] == [
        "系部 信息/工程系",
        "周次 第3周",
        "搜索 制图",
        "页码 2",
    ]


def test_a_choice_of_none_says_nothing():
    empty = Choice(filter=PAGE.filters[0], value="", default="", options=())
    assert snapshots.in_words(empty) == ""


@pytest.mark.parametrize(
    ("title", "search", "name"),
    [
        ("到课率", "", "到课率_全校_2026-11-20.png"),
        ("到课率", "?dept=2", "到课率_信息 工程系_2026-11-20.png"),
        ('a/b\\c:d*e?f"g<h>i|j\n', "", "a b c d e f g h i j_全校_2026-11-20.png"),
        ("..", "", "_全校_2026-11-20.png"),
        ("长" * 200, "", f"{'长' * 60}_全校_2026-11-20.png"),
    ],
)
def test_a_file_is_named_after_panel_department_and_day(title, search, name):
    assert snapshots.file_name(title, Heading(title="课程监测"), view(search), "png") == name


def test_the_origin_tells_title_page_filters_scope_and_versions():
    shown = dataclasses.replace(chart_content(), title="逐周到课率", note="第11周", change="↓ 0.8")
    made_at = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    heading = Heading(title="课程监测", facts=("各教学班",))
    origin = snapshots.origin_of(ITEM, shown, heading, view("?dept=2"), EVERYBODY, made_at=made_at)
    assert (origin.title, origin.page, origin.note) == ("逐周到课率（单位 %）", "课程监测 · 各教学班", "第11周 · ↓ 0.8")
    assert (origin.filters, origin.scope, origin.made_by) == ("系部 信息/工程系", "test", "王建国")
    assert (origin.data_date, origin.library, origin.data_version) == (DATA_DATE, "2026.2", "1187")


def test_a_page_that_greets_has_a_name_for_files():
    greeting = Heading(title="丁慧野，您好", name="首页", facts=("校领导",))
    origin = snapshots.origin_of(ITEM, chart_content(), greeting, view(), EVERYBODY, made_at=dt.datetime.now(dt.UTC))
    assert origin.page == "首页 · 校领导"
    assert snapshots.file_name("到课率", Heading(title="王建国，您好", name="首页"), home_view(), "csv").startswith(
        "到课率_首页_"
    )


def home_view():
    """A look at a page without a choice of departments."""
    return dataclasses.replace(view(), choices={})


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        ([(Role.LEADER, "school", "")], "全校"),
        ([(Role.TEACHER, "teacher", "王建国"), (Role.DEPARTMENT_HEAD, "dept", "机电工程系")], "机电工程系、本人"),
        ([(Role.TEACHER, "teacher", "王建国"), (Role.QUALITY_OFFICE, "school", "")], "全校"),
        ([(Role.COUNSELLOR, "class", f"机电240{n}") for n in range(1, 5)], "机电2401、机电2402、机电2403 等 4 处"),
    ],
)
def test_the_reach_of_a_file_is_told_in_words_without_a_person(posts, words):
    today = dt.date(2026, 11, 21)
    held = [
        Post(role=role, node_level=level, node_id=n, node_name=name, valid_from=today)
        for n, (role, level, name) in enumerate(posts, 1)
    ]
    made = viewer_of(held, on=today, account_id=1, username="u", name="王建国")
    assert snapshots.reach_in_words(made) == words


def test_the_menu_leads_to_the_files_of_the_view_that_is_shown():
    menu = snapshots.menu_of(PAGE, ITEM, chart_content(), EVERYBODY, ADDRESS)
    assert menu.has_chart
    assert list(menu.files) == ["png", "svg", "pdf", "xlsx", "csv"]
    assert menu.files["pdf"] == "/panels/sections/line.pdf?path=%2Fsections&search=%3Fdept%3D2%26q%3Da+b"


def test_a_message_is_no_file_but_numbers_made_for_files_are():
    assert snapshots.menu_of(PAGE, ITEM, Content(body="没有"), EVERYBODY, ADDRESS) == Menu(files={})
    sheet = Sheet(title="a", columns=("b",), rows=[(1,)])
    files = snapshots.menu_of(PAGE, ITEM, Content(body="x", sheets=(sheet,)), EVERYBODY, ADDRESS).files
    assert list(files) == ["png", "svg", "pdf", "xlsx", "csv"]


def viewer(*posts):
    today = dt.date(2026, 11, 21)
    held = [Post(role=role, node_level=level, node_id=1, node_name="x", valid_from=today) for role, level in posts]
    return viewer_of(held, on=today, account_id=1, username="x", name="x")


@pytest.mark.parametrize(
    ("posts", "may"),
    [
        ([(Role.TEACHER, "teacher")], True),
        ([(Role.STUDENT, "student")], False),
        ([(Role.COUNSELLOR, "class")], False),
        ([], False),
    ],
)
def test_files_are_offered_to_who_has_page_and_right_by_the_same_post(posts, may):
    menu = snapshots.menu_of(PAGE, ITEM, chart_content(), viewer(*posts), ADDRESS)
    assert bool(menu.files) is may
    assert menu.has_chart


@pytest.mark.parametrize(("as_of", "days"), [(None, None), (DATA_DATE, None), (dt.date(2026, 11, 1), 20)])
def test_a_panel_is_late_by_the_kind_of_its_indicator_and_the_date_of_the_page(as_of, days):
    content = Content(body="", card=ATTENDANCE, as_of=as_of)
    assert snapshots.days_behind(content, view()) == days
