"""The pages about wall screens, for the system administrator alone."""

import datetime as dt
import re

import pytest

from data_access.access.actors import Actor
from data_access.access.scope import Scope
from tests.dashboards.test_people import submit
from tests.dashboards.web import TODAY

ALL = Scope.all("test")
NEW = {"name": "行政楼大厅", "expires_on": (TODAY + dt.timedelta(days=100)).isoformat()}
PATHS = ("", "/new", "/settings")
LINK = re.compile(r"<code>(http[^<]+)</code>")


def newest(web):
    return max(web.services.screens.all(scope=ALL), key=lambda info: info.screen_id, default=None)


@pytest.mark.parametrize("path", PATHS)
def test_only_the_system_administrator_gets_there(web, path):
    assert web.signed_in("system").get(f"/admin/screens{path}").status_code == 200
    for username in ("leader", "security", "audit", "teacher"):
        assert web.signed_in(username).get(f"/admin/screens{path}").status_code == 403


def test_the_link_of_a_new_screen_is_shown_once_and_opens_it(web):
    browser = web.signed_in("system")
    page = submit(browser, "/admin/screens/new", **NEW)
    link = LINK.search(page.text).group(1)
    assert link.startswith("http://localhost/screen?token=")
    assert page.headers["Cache-Control"] == "no-store"
    listed = browser.get("/admin/screens").text
    assert "行政楼大厅" in listed
    assert "还没有打开过" in listed
    assert link.partition("=")[2] not in listed
    assert web.browser().get(link.removeprefix("http://localhost")).status_code == 302
    assert 'href="/admin/screens"' in listed


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": " "}, "请写明"),
        ({"name": "长" * 65}, "最长 64 个字"),
        ({"expires_on": ""}, "请填写日期"),
        ({"expires_on": (TODAY - dt.timedelta(days=1)).isoformat()}, "最长 400 天"),
        ({"expires_on": (TODAY + dt.timedelta(days=401)).isoformat()}, "最长 400 天"),
    ],
)
def test_what_cannot_be_taken_is_told_at_its_field(web, wrong, told):
    before = newest(web)
    page = submit(web.signed_in("system"), "/admin/screens/new", **{**NEW, **wrong})
    assert page.status_code == 422
    assert told in page.text
    assert newest(web) == before


def test_a_screen_is_renamed_and_revoked_after_a_confirmation(web):
    browser = web.signed_in("system")
    submit(browser, "/admin/screens/new", **NEW)
    number = newest(web).screen_id
    assert submit(browser, f"/admin/screens/{number}/name", name="报告厅").status_code == 303
    assert newest(web).name == "报告厅"
    assert newest(web).revoked_at is None
    assert "不能恢复" in browser.get(f"/admin/screens/{number}/revoke").text
    assert newest(web).revoked_at is None
    assert submit(browser, f"/admin/screens/{number}/revoke").status_code == 303
    assert newest(web).revoked_at is not None
    assert "已撤销" in browser.get("/admin/screens").text
    for unknown in ("/admin/screens/999/revoke", "/admin/screens/999/name"):
        assert browser.get(unknown).status_code == 404


def test_the_list_tells_which_screens_live(web):
    browser = web.signed_in("system")
    token = web.services.screens.issue("大厅", TODAY, by=Actor.console())
    web.services.screens.resume(token)
    page = browser.get("/admin/screens").text
    assert "离线，自 2026-11-21 09:00" in page or "在线" in page


def test_settings_are_shown_changed_and_kept_with_their_history(serve_web):
    web = serve_web()
    browser = web.signed_in("system")
    before = browser.get("/admin/screens/settings").text
    assert re.search(r'id="seconds"[^>]*value="20"', before)
    given = {"overview": "2", "classroom": "1", "majors": "0", "growth": "0", "tasks": "0"}
    sent = submit(browser, "/admin/screens/settings", seconds="30", reload_hour="4", **given)
    assert sent.status_code == 303
    current = web.services.screen_settings.current()
    assert (current.scenes, current.seconds, current.reload_hour) == (("classroom", "overview"), 30, 4)
    page = browser.get("/admin/screens").text
    assert "今日课堂、全校态势" in page
    assert "30 秒" in page
    assert "system" in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"seconds": "4"}, "5 到 120"),
        ({"seconds": "x"}, "请填写整数"),
        ({"seconds": "3_0"}, "请填写整数"),
        ({"seconds": "٣٠"}, "请填写整数"),
        ({"seconds": "9" * 5000}, "请填写整数"),
        ({"seconds": ""}, "请填写秒数"),
        ({"reload_hour": "24"}, "0 到 23"),
        ({"overview": "2"}, "同一个位置"),
        ({"overview": "0", "classroom": "0"}, "至少选择一个"),
        ({"overview": "9"}, "请从列表中选择"),
    ],
)
def test_settings_that_cannot_be_taken_change_nothing(web, wrong, told):
    given = {"overview": "1", "classroom": "2", "majors": "0", "growth": "0", "tasks": "0"}
    sent = {"seconds": "30", "reload_hour": "4", **given, **wrong}
    before = web.services.screen_settings.history(last=1)
    page = submit(web.signed_in("system"), "/admin/screens/settings", **sent)
    assert page.status_code == 422
    assert re.search(told, page.text)
    assert "Not a valid" not in page.text
    assert web.services.screen_settings.history(last=1) == before
