"""The page of the audit log: what the audit administrator finds, checks and takes away, and what stays of it."""

import csv
import datetime as dt
import hashlib
import io
import json
import re
import sqlite3
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.audit_log import COLUMNS, Search, chain_words, spans
from data_access.access.audit import AuditKind, ChainCheck, Event, EventFilter, Result
from data_access.access.audit_chain import Break, Fault, Head, Verification
from tests.dashboards.web import TODAY, Web

PAGE = "/admin/audit"
FILE = "/admin/audit.csv"
ROW = re.compile(r'<tr>\s*<th scope="row">(.*?)</tr>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")


@pytest.fixture
def desk(serve_web) -> Web:
    """A server of the test's own, with an empty log."""
    return serve_web()


@pytest.fixture
def auditor(desk):
    return desk.signed_in("audit")


def tell(web, actor, kind=AuditKind.EXPORT, **fields):
    web.services.audit.write(Event(kind=kind, actor=actor, **fields))
    web.clock.pass_by(seconds=1)


def rows(answer):
    """The lines of the table as plain words."""
    return [" ".join(TAG.sub(" ", row).split()) for row in ROW.findall(answer.text)]


def actors(answer):
    return [row.split()[2] for row in rows(answer)]


def forge(web, *statements):
    connection = sqlite3.connect(web.database.url.database)
    for name in ("update", "delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS audit_event_no_{name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


# -- who sees it ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAGE, FILE])
@pytest.mark.parametrize("username", ["leader", "teacher", "student", "system", "security", "screen"])
def test_nobody_else_reaches_the_log(web, username, path):
    answer = web.signed_in(username).get(path)
    assert answer.status_code == 403
    assert "account:" not in answer.text


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_whoever_is_not_signed_in_is_led_to_sign_in(web, path):
    answer = web.browser().get(path)
    assert answer.status_code == 302
    assert unquote(answer.location) == f"/sign-in?next={path}"


def test_only_the_audit_administrator_finds_it_in_the_navigation(web):
    assert f'href="{PAGE}"' in web.signed_in("audit").get(PAGE).text
    assert f'href="{PAGE}"' not in web.signed_in("system").get("/admin/people").text


# -- what is seen -----------------------------------------------------------------------------


def test_events_are_shown_in_words_newest_first(desk, auditor):
    tell(desk, "t0102", subject="account:t0301", rows=1234, address="10.0.0.7", scope="t0102(任课教师)")
    tell(desk, "", AuditKind.SIGN_IN, subject="account:t0102", result=Result.FAILED, detail={"because": "wrong"})
    tell(desk, "t0102", AuditKind.DENIED, subject="/admin/people", result=Result.DENIED)
    tell(desk, "console:root", AuditKind.POST, subject="account:t0301", detail={"change": "granted"})
    _, post, denied, failed, export, *_ = rows(auditor.get(PAGE))
    assert "控制台 root 岗位 · 授予 账号 t0301" in post
    assert "t0102 越权访问 页面 /admin/people 拒绝" in denied
    assert "未登录者 登录 账号 t0102 失败" in failed
    assert "原因 密码错误" in failed
    assert export.startswith("2026-11-21 09:00:00 t0102 导出 账号 t0301 成功 1,234 10.0.0.7")
    assert "数据范围 t0102(任课教师)" in export


def test_a_result_has_a_shape_besides_its_colour(desk, auditor):
    tell(desk, "t1", AuditKind.DENIED, result=Result.DENIED)
    assert 'class="state with-shape state-alert">拒绝' in auditor.get(PAGE).text


def test_text_of_an_event_is_never_markup(desk, auditor):
    tell(desk, "<img src=x>", subject="<script>alert(1)</script>", detail={"<b>": "<i>x</i>"})
    text = auditor.get(PAGE).text
    assert "<script>alert" not in text
    assert "<img src=x>" not in text
    assert "<b>" not in text
    assert "&lt;script&gt;" in text


def test_the_last_seven_days_are_shown_unless_others_are_asked_for(desk, auditor):
    now = desk.clock.time
    for days in (0, 6, 7, 40):
        desk.clock.time = now - dt.timedelta(days=days)
        tell(desk, f"day{days}")
    desk.clock.time = now
    own = {"audit"}
    assert set(actors(auditor.get(PAGE))) - own == {"day0", "day6"}
    assert set(actors(auditor.get(f"{PAGE}?from=&to="))) - own == {"day0", "day6", "day7", "day40"}
    assert set(actors(auditor.get(f"{PAGE}?from=2026-10-01&to=2026-11-14"))) == {"day7", "day40"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("actor=T0102", {"t0102"}),
        ("kind=denied", {"t0103"}),
        ("result=failed", {"t0104"}),
        ("q=8.8.8.8", {"t0105"}),
        ("kind=none-such&result=no&page=x&head=y", {"t0102", "t0103", "t0104", "t0105", "audit"}),
    ],
)
def test_a_search_narrows(desk, auditor, query, found):
    tell(desk, "t0102")
    tell(desk, "t0103", AuditKind.DENIED)
    tell(desk, "t0104", result=Result.FAILED)
    tell(desk, "t0105", address="8.8.8.8")
    # What was read is recorded with its words, so the reader's own event may hold them as well.
    assert set(actors(auditor.get(f"{PAGE}?{query}"))) - {"audit"} == found - {"audit"}


def test_a_search_without_result_says_so_and_leads_on(desk, auditor):
    text = auditor.get(f"{PAGE}?actor=nobody-of-that-name").text
    assert "没有符合条件的记录" in text
    assert "不限时间再查一次" in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterday", "开始日期不是有效日期"),
        ("to=2026-13-01", "结束日期不是有效日期"),
        ("to=9999-12-31", "结束日期的年份不可查"),
        ("from=2026-11-20&to=2026-11-01", "已对调"),
    ],
)
def test_days_that_make_no_sense_are_told(auditor, query, words):
    answer = auditor.get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    assert words in answer.text


@pytest.mark.parametrize(
    "query", ["q=%00%1b", "actor=%F0%9F%98%80", "page=99999999999999999999", "head=-1", "q=%25_%5C'\"", "page=1e3"]
)
def test_odd_searches_are_answered(auditor, query):
    assert auditor.get(f"{PAGE}?{query}").status_code == 200


def test_pages_hold_each_event_once_while_events_are_added(desk, auditor):
    for number in range(120):
        tell(desk, f"t{number:03}")
    first = auditor.get(PAGE)
    links = {
        unquote(link).replace("&amp;", "&")
        for link in re.findall(r'href="(/admin/audit\?[^"]*page=\d+[^"]*)"', first.text)
    }
    second, third = sorted(links, key=lambda link: parse_qs(urlsplit(link).query)["page"])
    tell(desk, "added-meanwhile")
    shown = [*actors(first), *actors(auditor.get(second)), *actors(auditor.get(third))]
    assert [actor for actor in shown if actor.startswith("t")] == [f"t{number:03}" for number in range(119, -1, -1)]


def test_a_damaged_event_is_announced_and_hides_no_other(desk, auditor):
    for number in range(3):
        tell(desk, f"t{number}")
    forge(desk, "UPDATE audit_event SET at = 'x' WHERE actor = 't1'")
    answer = auditor.get(f"{PAGE}?from=&to=")
    assert answer.status_code == 200
    assert "本页有 1 条记录被损坏" in answer.text
    assert {"t0", "t2"} <= set(actors(answer))
    assert "无法读取" in auditor.get(f"{FILE}?from=&to=").get_data().decode("utf-8-sig")


# -- what stays of reading --------------------------------------------------------------------


def test_opening_the_log_is_recorded_once_a_minute(desk, auditor):
    for _ in range(3):
        auditor.get(f"{PAGE}?actor=t0102")
    (event,) = desk.events("view")
    assert (event.actor, event.subject, event.result) == ("audit", "audit:log", "done")
    assert event.detail["filter"]["actor"] == "t0102"
    assert "审计管理员" in event.scope
    desk.clock.pass_by(minutes=2)
    auditor.get(PAGE)
    assert len(desk.events("view")) == 2


# -- the chain --------------------------------------------------------------------------------


def press(auditor, query=""):
    token = auditor.form_token(PAGE)
    return auditor.client.post(f"{PAGE}/verify{query}", data={"csrf_token": token})


def test_the_chain_is_checked_at_the_press_of_a_button(desk, auditor):
    tell(desk, "t1")
    assert "尚未核验" in auditor.get(PAGE).text
    answer = press(auditor, "?actor=t1&from=2026-11-01&to=2026-11-21")
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.location).query) == {"actor": ["t1"], "from": ["2026-11-01"], "to": ["2026-11-21"]}
    count = desk.events("maintenance")[-1].rows
    text = auditor.get(PAGE).text
    assert f"核验完成：链完整，共 {count} 条" in text
    assert f"共 {count} 条，最后核验 2026-11-21 09:00，由 audit" in text
    assert str(desk.services.audit.head()) in text


def test_a_broken_chain_is_said_with_the_place(desk, auditor):
    for number in range(3):
        tell(desk, f"t{number}")
    forge(desk, "UPDATE audit_event SET rows = 5 WHERE actor = 't1'")
    press(auditor)
    text = auditor.get(PAGE).text
    assert "链不完整" in text
    assert "内容与哈希不符" in text
    assert desk.events("maintenance")[-1].result == "failed"


def test_a_check_needs_the_button(desk, auditor):
    assert auditor.get(f"{PAGE}/verify").status_code in {404, 405}
    assert auditor.client.post(f"{PAGE}/verify").status_code == 400
    assert desk.events("maintenance") == []


@pytest.mark.parametrize(
    ("broken", "newest", "state", "words"),
    [
        (None, 11, "reached", "共 10 条，最后核验 2026-11-20 12:00，由 控制台 root"),
        (None, 14, "reached", "其后新增 3 条"),
        (Break(sequence=7, fault=Fault.GAP), 14, "alert", "从第 7 条起：之前有记录缺失，之前 10 条完整"),
    ],
)
def test_the_state_of_the_chain_in_words(broken, newest, state, words):
    found = Verification(count=10, head=Head(sequence=10, hash="a" * 64), broken=broken)
    at = dt.datetime(2026, 11, 20, 4, 0, tzinfo=dt.UTC)
    check = ChainCheck(sequence=11, at=at, actor="console:root", found=found)
    (shown, _), sentence = chain_words(check, newest)
    assert shown == state
    assert words in sentence
    assert ("其后" in sentence) == (newest == 14 and broken is None)


# -- the export -------------------------------------------------------------------------------


def table(answer):
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def test_the_export_holds_what_the_search_finds(desk, auditor):
    for number in range(120):
        tell(desk, f"t{number % 2}", rows=number, address="10.0.0.7", detail={"名": "张三"})
    answer = auditor.get(f"{FILE}?actor=t1&from=2026-11-01&to=2026-11-30")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert unquote(answer.headers["Content-Disposition"]).endswith("审计日志_2026-11-01_至_2026-11-30.csv")
    header, *lines = table(answer)
    assert header == list(COLUMNS)
    assert len(lines) == 60
    events = [event for event in desk.events("export") if event.actor == "t1"]
    assert [line[0] for line in lines] == [str(event.sequence) for event in reversed(events)]
    assert [line[6] for line in lines] == [str(event.rows) for event in reversed(events)]
    assert {line[-1] for line in lines} == {event.hash for event in events}
    assert json.loads(lines[0][9]) == {"名": "张三"}


def test_an_export_is_recorded_with_its_rows_and_the_hash_of_the_file(desk, auditor):
    for number in range(7):
        tell(desk, "t1", rows=number)
    answer = auditor.get(f"{FILE}?actor=t1")
    event = desk.events("export")[-1]
    assert (event.actor, event.subject, event.rows) == ("audit", "audit:log", 7)
    assert event.detail["sha256"] == hashlib.sha256(answer.get_data()).hexdigest()
    assert event.detail["filter"] == {"actor": "t1", "from": "2026-11-15", "to": "2026-11-21"}
    assert desk.services.audit.verify().is_sound


def test_a_spreadsheet_calculates_nothing_in_the_export(desk, auditor):
    tell(desk, "=1+1", subject="@SUM(A1)", address="+1", scope="-2")
    (_, line) = table(auditor.get(f"{FILE}?kind=export"))
    assert line[2] == "'=1+1"
    assert line[4] == "'@SUM(A1)"
    assert not [cell for cell in line if cell.startswith(tuple("=+-@\t\r＝＋－＠"))]


def test_asking_for_the_headers_alone_gives_nothing_out(desk, auditor):
    tell(desk, "t1")
    answer = auditor.client.head(FILE)
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert [event.actor for event in desk.events("export")] == ["t1"]


def test_nothing_leaves_that_cannot_be_recorded(desk, auditor):
    tell(desk, "t1", subject="卌0102")
    holder = sqlite3.connect(desk.database.url.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    answer = auditor.get(FILE)
    holder.close()
    assert answer.status_code == 503
    assert "数据库正忙" in answer.text
    assert "attachment" not in str(answer.headers)
    assert "卌0102" not in answer.text


# -- the search -------------------------------------------------------------------------------

DAYS = st.none() | st.dates(dt.date(2000, 1, 1), dt.date(2999, 12, 31))
WORDS = st.text(st.characters(categories=("L", "N", "P")), max_size=20)
FILTERS = st.builds(
    EventFilter,
    first_day=DAYS,
    last_day=DAYS,
    actor=WORDS,
    kind=st.none() | st.sampled_from(AuditKind),
    result=st.none() | st.sampled_from(Result),
    text=WORDS,
    up_to=st.none() | st.integers(1, 10**12),
).map(
    lambda f: (
        replace(f, first_day=f.last_day, last_day=f.first_day)
        if f.first_day and f.last_day and f.first_day > f.last_day
        else f
    )
)


@given(where=FILTERS, page=st.integers(1, 10**6))
def test_an_address_leads_back_to_its_search(where, page):
    search = Search(where=where, page=page)
    assert Search.of({name: str(value) for name, value in search.query().items()}, today=TODAY) == search


@given(where=FILTERS)
def test_other_days_keep_the_rest_of_a_search(where):
    for span in spans(Search(where=where), today=TODAY):
        chosen = Search.of({name: str(value) for name, value in span.query.items()}, today=TODAY).where
        assert replace(chosen, first_day=None, last_day=None) == replace(
            where, first_day=None, last_day=None, up_to=None
        )
        assert span.is_on == ((chosen.first_day, chosen.last_day) == (where.first_day, where.last_day))
