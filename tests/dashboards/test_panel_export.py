"""Panels as files: drawn anew within the scope at the moment of the download, and recorded before they leave."""

import csv
import dataclasses
import hashlib
import io
from urllib.parse import quote, unquote

import openpyxl
import pytest
from sqlalchemy import func, insert, select

from app import ROOT
from dashboards import filters, panel_export, server, snapshots
from dashboards.page import Filter, Heading, Kind, NotFoundError, Page, Panel, missing
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.database import transaction
from data_access.database.access_models import AuditEvent
from data_access.database.models import Entity
from data_access.errors import BusyError
from layouts import states, table
from layouts.controls import Option
from layouts.exports import files
from layouts.exports.snapshot import RenderingError, UnavailableError
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet
from tests.dashboards.web import SECRET, Web
from tests.layouts.exports.samples import figure

TEACHERS = {1: "王建国", 2: "李秀英"}


@dataclasses.dataclass(frozen=True)
class Team:
    """The teachers that a scope reaches, of all or of the one that the address names."""

    view: object

    @property
    def reached(self):
        grants = [grant for grant in self.view.scope.grants if "teacher" in grant.levels]
        reached = [n for n in TEACHERS if any(grant.node is None or n in grant.ids for grant in grants)]
        asked = self.view.ids.get("teacher_id")
        if asked is not None and asked not in reached:
            raise NotFoundError(missing("教师", asked))
        return [n for n in reached if asked in {None, n}]


def draw_list(data):
    rows = [[TEACHERS[n], "=1+1", f"{90 + n}.5%"] for n in data.reached]
    columns = [table.Column(title="姓名", is_heading=True), table.Column(title="备注"),
               table.Column(title="到课率", is_number=True)]  # fmt: skip
    place = {"role": "table", "page": "team", "name": "list"}
    return Content(body=table.table(columns, rows, caption="教师名单", table_id=place), note="第11周")


def draw_chart(data):
    sheet = Sheet(title="到课率", columns=("教师", "到课率(%)"), rows=[(TEACHERS[n], 90.5) for n in data.reached])
    return Content(body=graph(figure(), label="到课率", sheet=sheet))


def draw_long(data):
    part = filters.slice_of(data.view, 102, size=30)
    rows = [[f"第{n}行"] for n in range(part.start + 1, part.stop + 1)]
    place = {"role": "table", "page": "team", "name": "long"}
    drawn = table.table([table.Column(title="行", is_heading=True)], rows, caption="长名单", table_id=place)
    return Content(body=[drawn, table.pager(part, noun="行", link=str)])


def draw_long_chart(data):
    return Content(body=[draw_chart(data).body, *draw_long(data).body])


def no_message(_data):
    return Content(body=states.empty("还没有导入"))


def page(name, path, **changes):
    options = (Option(value="all", label="全校"), Option(value="6", label="机电/工程系"))
    made = Page(
        name=name,
        path=path,
        title="教师",
        requires=Permission.TEACHER_VIEW,
        load=Team,
        heading=lambda data: Heading(title="教师队伍", facts=(f"{len(data.reached)} 人",)),
        panels=(
            Panel(name="list", title="名单", draw=draw_list),
            Panel(name="chart", title="图", draw=draw_chart),
            Panel(name="long", title="长名单", draw=draw_long),
            Panel(name="long_chart", title="图与长名单", draw=draw_long_chart),
            Panel(name="message", title="空", draw=no_message),
            Panel(name="hidden", title="无", draw=draw_list, belongs=lambda _data: False),
        ),
        filters=(
            Filter(name="dept", label="系部", kind=Kind.SELECT, options=lambda _services, _scope: options),
            filters.PAGE_NUMBER,
        ),
        shows_values=False,
    )
    return dataclasses.replace(made, **changes)


PAGES = (
    page("team", "/team"),
    page("member", "/team/<teacher_id>"),
    page("school", "/school-only", requires=Permission.CLASS_VIEW),
    page("computed", "/computed", shows_values=True),
)


@dataclasses.dataclass(frozen=True)
class Desk:
    """The server of the pages above, and what its log has gained since the test began."""

    web: Web
    since: int

    def __getattr__(self, name):
        return getattr(self.web, name)

    def events(self, kind):
        return [event for event in self.web.events(kind) if event.sequence > self.since]


@pytest.fixture(scope="module")
def served(serve_web) -> Web:
    web = serve_web()
    with transaction(web.database) as connection:  # a post at a node that is not there gives nothing
        connection.execute(insert(Entity).values(level="teacher", entity_id=1, name="王建国", teacher_id=1))
    web.app = server.make(PAGES, web.services, secret=SECRET, assets_folder=ROOT / "assets")
    web.add("both", ((Role.TEACHER, "teacher", 1), (Role.STUDENT, "student", 1)))
    return web


@pytest.fixture
def desk(served) -> Desk:
    served.clock.pass_by(minutes=2)  # what is recorded once a minute is recorded anew
    with served.database.connect() as connection:
        last = connection.execute(select(func.max(AuditEvent.sequence))).scalar() or 0
    return Desk(web=served, since=last)


def address(name="team", panel="list", form="csv", path="/team", search=""):
    return f"/panels/{name}/{panel}.{form}?path={quote(path)}&search={quote(search)}"


def lines(answer):
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def saved_as(answer):
    return unquote(answer.headers["Content-Disposition"].rpartition("''")[2])


def test_a_panel_leaves_with_its_numbers_and_where_they_come_from(desk):
    answer = desk.signed_in("leader").get(address(search="?dept=6"))
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    header, *rows = lines(answer)
    assert header == ["姓名", "备注", "到课率(%)"]
    assert rows[:2] == [["王建国", "'=1+1", "91.5"], ["李秀英", "'=1+1", "92.5"]]
    told = dict(row for row in rows if len(row) == 2)
    assert (told["标题"], told["页面"], told["筛选条件"]) == ("名单", "教师队伍 · 2 人", "系部 机电/工程系")
    assert (told["数据范围"], told["生成人"]) == ("全校", "某leader")
    assert len(told["内容校验 SHA-256"]) == 64


def test_the_file_is_named_after_panel_department_and_day(desk):
    browser = desk.signed_in("leader")
    assert saved_as(browser.get(address(search="?dept=6"))) == "名单_机电 工程系_—.csv"
    assert saved_as(browser.get(address(form="xlsx"))) == "名单_全校_—.xlsx"
    assert saved_as(browser.get(address("member", path="/team/2"))) == "名单_教师队伍_—.csv"


def listed(answer):
    return [row[0] for row in lines(answer) if row and row[0].startswith("第")]


@pytest.mark.parametrize("search", ["", "?page=2"])
@pytest.mark.parametrize("panel", ["long", "long_chart"])
def test_a_table_leaves_with_the_rows_of_all_its_pages(desk, search, panel):
    answer = desk.signed_in("leader").get(address(panel=panel, search=search))
    assert listed(answer) == [f"第{n}行" for n in range(1, 103)]
    told = dict(row for row in lines(answer) if len(row) == 2)
    assert told["说明"] == "第 1–102 行，共 102"
    assert told["筛选条件"] == "系部 全校"
    assert desk.events("export")[-1].rows >= 102


def test_a_file_that_cannot_hold_all_rows_says_which_it_holds(desk, monkeypatch):
    monkeypatch.setitem(snapshots.MOST_ROWS, "csv", 40)
    answer = desk.signed_in("leader").get(address(panel="long", search="?page=3"))
    assert listed(answer) == [f"第{n}行" for n in range(41, 81)]
    assert "第 41–80 行，共 102" in answer.text


@pytest.mark.parametrize(("panel", "rows"), [("long", 102), ("long_chart", 30)])
def test_a_picture_holds_the_whole_list_but_of_a_chart_the_page_shown(desk, monkeypatch, panel, rows):
    taken = []
    monkeypatch.setattr(panel_export, "content_of", lambda snapshot, _form: taken.append(snapshot) or b"")
    assert desk.signed_in("leader").get(address(panel=panel, form="png", search="?page=2")).status_code == 200
    assert len(taken[0].sheets[-1].rows) == rows
    assert ("页码 2" in taken[0].origin.filters) is (panel == "long_chart")


def test_a_workbook_holds_the_same(desk):
    answer = desk.signed_in("leader").get(address(form="xlsx"))
    sheet, about = openpyxl.load_workbook(io.BytesIO(answer.get_data())).worksheets
    assert [tuple(row) for row in sheet.iter_rows(values_only=True)] == [
        ("姓名", "备注", "到课率(%)"), ("王建国", "=1+1", 91.5), ("李秀英", "=1+1", 92.5),
    ]  # fmt: skip
    assert sheet["B2"].data_type == "s"
    assert dict(about.iter_rows(values_only=True))["说明"] == "第11周"


def test_what_lies_out_of_scope_is_not_in_the_file(desk):
    answer = desk.signed_in("teacher").get(address())
    assert answer.status_code == 200
    assert "王建国" in answer.text
    assert "李秀英" not in answer.text


@pytest.mark.parametrize(
    ("name", "panel", "form", "path"),
    [
        ("member", "list", "csv", "/team/2"),
        ("member", "list", "csv", "/team/7"),
        ("member", "list", "csv", "/team/0"),
        ("member", "list", "csv", "/team"),
        ("member", "list", "csv", "/team/1/../2"),
        ("nothing", "list", "csv", "/team"),
        ("team", "nothing", "csv", "/team"),
        ("team", "list", "exe", "/team"),
        ("team", "list", "csv", "/elsewhere"),
    ],
)
def test_what_is_foreign_is_like_what_does_not_exist(desk, name, panel, form, path):
    answer = desk.signed_in("teacher").get(address(name, panel, form, path))
    assert answer.status_code == 404
    assert answer.get_json() == {"message": panel_export.MISSING}
    assert desk.events("export") == []


def test_an_attempt_on_something_foreign_is_recorded_once_a_minute(desk):
    browser = desk.signed_in("teacher")
    for _ in range(3):
        browser.get(address("member", path="/team/2"))
    (event,) = desk.events("denied")
    assert (event.actor, event.subject, event.result) == ("teacher", "panel:member.list", "denied")
    assert event.detail["view"] == "/team/2"


@pytest.mark.parametrize("username", ["student", "system", "security", "audit", "screen"])
def test_roles_without_the_right_get_no_file(desk, username):
    answer = desk.signed_in(username).get(address())
    assert answer.status_code == 403
    assert desk.events("export") == []


def test_whoever_is_not_signed_in_gets_no_file(desk):
    answer = desk.browser().get(address())
    assert answer.status_code == 401
    assert answer.get_json()["sign_in"] == "/sign-in"


def test_a_page_that_one_may_not_open_gives_no_file(desk):
    answer = desk.signed_in("teacher").get(address("school", path="/school-only"))
    assert answer.status_code == 403
    assert "查看班级" in answer.get_json()["message"]


def test_what_one_post_shows_is_not_taken_with_the_right_of_another(desk):
    """A student sees own matters, a teacher may take things away: together they take only what a teacher sees."""
    answer = desk.signed_in("both").get(address())
    assert dict(row for row in lines(answer) if len(row) == 2)["数据范围"] == "本人"
    foreign = desk.signed_in("both").get(address("school", path="/school-only"))
    assert foreign.status_code == 403


def test_who_took_what_is_recorded_with_the_hash_of_the_file(desk):
    answer = desk.signed_in("teacher").get(address(search="?dept=6"))
    (event,) = desk.events("export")
    assert (event.actor, event.subject, event.rows, event.result) == ("teacher", "panel:team.list", 1, "done")
    assert event.scope == "teacher(任课教师)"
    assert event.detail["sha256"] == hashlib.sha256(answer.get_data()).hexdigest()
    assert event.detail["content"] in answer.text
    assert event.detail["view"] == "/team?dept=6"
    assert event.detail["file"] == saved_as(answer)


def test_nothing_leaves_that_could_not_be_recorded(desk, monkeypatch):
    def refuse(_event):
        raise OSError("disk full")

    browser = desk.signed_in("teacher")
    monkeypatch.setattr(desk.services.audit, "write", refuse)
    answer = browser.get(address())
    assert answer.status_code == 500
    assert "王建国" not in answer.text


def test_asking_for_the_headers_alone_gives_nothing_out(desk):
    answer = desk.signed_in("teacher").client.head(address())
    assert answer.status_code == 200
    assert answer.get_data() == b""
    assert desk.events("export") == []


def test_the_right_is_asked_for_at_every_download(desk):
    browser = desk.signed_in("teacher")
    assert browser.get(address()).status_code == 200
    desk.services.sessions.end_all(desk.ids["teacher"], because="post")
    assert browser.get(address()).status_code == 401


@pytest.mark.parametrize(("name", "panel"), [("team", "message"), ("team", "hidden"), ("computed", "list")])
def test_a_panel_with_nothing_to_show_makes_no_file(desk, name, panel):
    answer = desk.signed_in("leader").get(address(name, panel, path="/computed" if name == "computed" else "/team"))
    assert answer.status_code == 404
    assert answer.get_json() == {"message": panel_export.NOTHING}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnavailableError("服务器没有 Chromium"), 501),
        (RenderingError("“龘”没有字形"), 422),
        (BusyError("请稍后再试"), 503),
    ],
)
def test_why_a_picture_could_not_be_made_is_said_in_plain_words(desk, monkeypatch, error, status):
    def refuse(_snapshot, _renderer):
        raise error

    monkeypatch.setitem(files.FORMS, "png", dataclasses.replace(files.FORMS["png"], make=refuse, is_drawn=False))
    answer = desk.signed_in("leader").get(address(panel="chart", form="png"))
    assert answer.status_code == status
    assert answer.get_json() == {"message": str(error)}
    assert ("Retry-After" in answer.headers) is (status == 503)
    assert desk.events("export") == []


def test_tables_need_neither_chromium_nor_fonts(desk, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert desk.signed_in("leader").get(address(panel="chart", form="xlsx")).status_code == 200


@pytest.mark.parametrize("form", ["png", "svg", "pdf", "xlsx", "csv"])
def test_every_form_has_an_address_in_the_menu(form):
    from dashboards.snapshots import DRAWN, TABLES  # noqa: PLC0415 (a check of names, nothing else)

    assert form in (*DRAWN, *TABLES)
    assert set(files.FORMS) == {*DRAWN, *TABLES}
