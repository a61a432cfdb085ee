"""The wall screen in Chromium: it shows, it turns, and it outlives servers, tokens and a month."""

import dataclasses
import datetime as dt
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import update
from werkzeug.serving import make_server

from app import create_app
from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.scope import Scope
from data_access.access.screens import Screens
from data_access.clock import today
from data_access.database import transaction
from data_access.database.monitoring_models import ScreenToken
from data_access.installation import open_home
from data_access.settings import Settings
from tests.e2e.conftest import College

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MINUTE = 60_000
STARTS_WITHIN = 180
"""Seconds; on a quiet machine it takes four."""
LUOXUAN = Path(sys.executable).with_name("luoxuan")
CONSOLE = Actor("console:tests", None)
LOST = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "status of 401", "ERR_FAILED")
"""What Chromium itself writes into the console of a page whose server is gone or refuses."""
SIZES = ((1920, 1080), (3840, 1080))


def screens_of(settings):
    database = open_home(settings)
    return Screens(database, AuditLog(database))


def issue(settings):
    return screens_of(settings).issue("大厅", today() + dt.timedelta(days=300), by=CONSOLE)


def revoke_all(settings):
    screens = screens_of(settings)
    for info in screens.all(scope=Scope.all("test")):
        if info.revoked_at is None:
            screens.revoke(info.screen_id, by=CONSOLE)


def expire_all(settings):
    database = open_home(settings)
    with transaction(database) as connection:
        connection.execute(update(ScreenToken).values(expires_on=today() - dt.timedelta(days=1)))
    database.dispose()


def sign_out(visit):
    """End the session behind the page's back, as another tab would."""
    (token,) = [cookie["value"] for cookie in visit.page.context.cookies() if cookie["name"] == "_csrf_token"]
    answer = visit.page.request.post(f"{visit.address}/sign-out", form={"csrf_token": token}, max_redirects=0)
    assert answer.status == 302


def closed(page, because):
    """Assert that the screen has closed, says why, and has forgotten all it knew."""
    expect(page.locator(".wall-message").last).to_contain_text("大屏已停止显示")
    expect(page.locator(".wall-message").last).to_contain_text(because)
    minutes(page, 1)  # what has faded out is swept away
    assert page.locator(".wall-columns").count() == 0
    assert page.evaluate("localStorage.length") == 0


@dataclass
class Server:
    """The product's own server over a college, in processes of its own that can be killed."""

    home: Path
    port: int
    process: subprocess.Popen | None = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Start it and wait until it answers."""
        known = {name: value for name, value in os.environ.items() if not name.startswith("LUOXUAN_")}
        self.process = subprocess.Popen(
            [LUOXUAN, "run", "--port", str(self.port)], env={**known, "LUOXUAN_HOME": str(self.home)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + STARTS_WITHIN
        while not self.answers():
            assert self.process.poll() is None, "the server has ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.1)

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self):
        """End it as a power cut would, workers included."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def server(college):
    """A second server over the college, which may be killed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Server(home=college.settings.home, port=port)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def empty(tmp_path):
    """An installation without data, served within this process."""
    settings = Settings.at(tmp_path / "home")
    open_home(settings).dispose()
    served = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield College(address=f"http://127.0.0.1:{served.server_port}", settings=settings)
    served.shutdown()
    thread.join()
    served.server_close()


@pytest.fixture
def visit_at(visit_of):
    """Opens a window that may talk to another server than that of the college, and to it alone."""
    made = []

    def open_window(address):
        made.append(dataclasses.replace(visit_of(viewport={"width": 1920, "height": 1080}), address=address))
        return made[-1]

    yield open_window
    for visit in made:
        visit.page.context.close()
        visit.requests[:] = [url for url in visit.requests if not url.startswith(visit.address)]


def open_screen(visit, token, selector=".wall-columns"):
    visit.page.goto(f"{visit.address}/screen?token={token}")
    visit.page.wait_for_selector(selector)
    assert visit.page.url == f"{visit.address}/screen"
    return visit.page


def forgive(visit, *also):
    """Leave out what the browser itself says of requests that were meant to fail."""
    visit.complaints[:] = [text for text in visit.complaints if not any(part in text for part in (*LOST, *also))]


def minutes(page, count):
    """Let the page's clock jump ahead; timers that are due run once."""
    for _ in range(count):
        page.clock.fast_forward(MINUTE)
        page.wait_for_timeout(5)


# -- what it looks like ------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_scene_fits_and_nothing_is_asked_of_others(visit_of, college, size, tmp_path):
    visit = visit_of(viewport={"width": size[0], "height": size[1]})
    page = open_screen(visit, issue(college.settings))
    seen = set()
    for turn in range(5):
        page.wait_for_timeout(1100)  # what has faded out is swept away by the second
        expect(page.locator(".wall-board")).to_have_count(1)
        seen |= set(page.locator(".wall-scene > h2").evaluate_all("all => all.map(h => h.firstChild.textContent)"))
        width, seen_width, height, seen_height = page.evaluate(
            "(() => { const d = document.documentElement;"
            " return [d.scrollWidth, d.clientWidth, d.scrollHeight, d.clientHeight]; })()"
        )
        assert (width, height) == (seen_width, seen_height) == size
        cut = page.locator(
            ".wall-panel, .wall-tile, .wall-ranking, .wall-bars, .wall-grid td, .wall-grid th"
        ).evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 4)"
            ".map(e => e.className + ' ' + e.textContent.slice(0, 40))"
        )
        assert cut == []
        assert page.locator("#wall-problem").inner_text() == ""
        page.screenshot(path=tmp_path / f"{turn}.png")
        page.keyboard.press("ArrowRight")
    assert seen == {"全校态势", "今日课堂", "专业八维", "学生成长", "任务与预警"}
    assert (
        page.locator(".wall-board").last.get_attribute("class").removesuffix(" is-leaving")
        == f"wall-board has-{1 if size[0] == 1920 else 2}"
    )


def test_the_keys_turn_and_pause(visit_of, college):
    visit = visit_of(viewport={"width": 1920, "height": 1080})
    page = open_screen(visit, issue(college.settings))
    on = page.locator(".wall-scenes .is-on")
    expect(on).to_have_text("全校态势")
    page.keyboard.press("ArrowLeft")
    expect(on).to_have_text("任务与预警")
    page.keyboard.press("ArrowRight")
    expect(on).to_have_text("全校态势")
    page.keyboard.press(" ")
    expect(page.locator("#wall-problem")).to_have_text("已暂停")
    page.keyboard.press(" ")
    expect(page.locator("#wall-problem")).to_be_empty()


def test_a_scene_that_cannot_be_drawn_is_left_out_and_named(visit_of, college):
    visit = visit_of(viewport={"width": 1920, "height": 1080})

    def damage(route):
        feed = route.fetch().json()
        feed["scenes"][0]["columns"] = [[{"kind": "weather", "rows": [{}]}]]
        feed["scenes"][1] = {"key": "classroom", "title": "今日课堂", "problem": "E-12345678"}
        route.fulfill(json=feed)

    visit.page.route("**/screen/feed", damage)
    page = open_screen(visit, issue(college.settings))
    expect(page.locator(".wall-scenes .is-on")).to_have_text("专业八维")
    expect(page.locator("#wall-problem")).to_contain_text("“全校态势”没有画出来")
    expect(page.locator("#wall-problem")).to_contain_text("“今日课堂”没有画出来（E-12345678）")
    page.unroute("**/screen/feed")


# -- what it survives --------------------------------------------------------------------------


def test_an_empty_installation_says_why(visit_at, empty):
    visit = visit_at(empty.address)
    page = open_screen(visit, issue(empty.settings), selector=".wall-message-detail")
    expect(page.locator(".wall-message").last).to_contain_text("还没有可以显示的数据")
    expect(page.locator(".wall-message").last).to_contain_text("还没有计算过指标")
    expect(page.locator("#wall-age")).to_have_text("刚刚更新")


def test_a_killed_server_leaves_the_page_alone_and_one_started_again_is_found(visit_at, server):
    visit = visit_at(server.address)
    visit.page.clock.install()
    page = open_screen(visit, issue(Settings.at(server.home)))
    loads = []
    page.on("load", lambda _: loads.append(1))
    server.kill()
    assert not server.answers()
    for _ in range(5):
        minutes(page, 1)
        page.wait_for_timeout(100)  # a refused connection is told a little later
    expect(page.locator("#wall-age")).to_have_class("is-lost")
    expect(page.locator("#wall-age")).to_have_text(re.compile(r"数据 \d 分钟前 · 连接中断，显示的是 \d\d:\d\d 的数据"))
    assert page.locator(".wall-columns").count() >= 1
    server.start()
    deadline = time.monotonic() + STARTS_WITHIN
    while page.locator("#wall-age.is-lost").count() and time.monotonic() < deadline:
        minutes(page, 1)
        page.wait_for_timeout(300)
    expect(page.locator("#wall-age")).to_have_text("刚刚更新")
    assert loads == []
    forgive(visit)


def test_without_a_server_the_last_good_data_stay_with_their_age_even_over_a_restart(visit_of, college):
    visit = visit_of(viewport={"width": 1920, "height": 1080})
    visit.page.clock.install()
    page = open_screen(visit, issue(college.settings))
    kept = page.evaluate("Object.keys(localStorage).sort()")
    assert kept == ["luoxuan.screen.at", "luoxuan.screen.feed"]
    page.route("**/screen/feed", lambda route: route.abort())
    minutes(page, 5)
    expect(page.locator("#wall-age")).to_contain_text("连接中断")
    minutes(page, 2)
    assert page.locator(".wall-columns").count() >= 1
    page.reload()
    page.wait_for_selector(".wall-columns")
    expect(page.locator("#wall-age")).to_contain_text("连接中断")
    page.unroute("**/screen/feed")
    for _ in range(20):
        minutes(page, 1)
    expect(page.locator("#wall-age")).to_have_text("刚刚更新")
    forgive(visit)


@pytest.mark.parametrize("end", [revoke_all, expire_all])
def test_a_token_that_ends_closes_the_screen_and_a_new_one_opens_it_again(visit_of, college, end):
    visit = visit_of(viewport={"width": 1920, "height": 1080})
    visit.page.clock.install()
    page = open_screen(visit, issue(college.settings))
    end(college.settings)
    minutes(page, 2)
    closed(page, "令牌无效、已过期或已撤销")
    other = page.context.new_page()
    other.goto(f"{visit.address}/screen?token={issue(college.settings)}")
    other.wait_for_selector(".wall-columns")
    other.close()
    minutes(page, 4)
    page.wait_for_selector(".wall-columns")
    expect(page.locator("#wall-age")).to_have_text("刚刚更新")
    forgive(visit)


def test_a_preview_closes_with_the_session_it_was_opened_by(visit):
    visit.page.clock.install()
    visit.page.goto(f"{visit.address}/screen")
    visit.page.wait_for_selector(".wall-columns")
    sign_out(visit)
    minutes(visit.page, 2)
    closed(visit.page, "登录已结束，请重新登录")
    visit.enter("leader")
    minutes(visit.page, 4)
    visit.page.wait_for_selector(".wall-columns")
    forgive(visit)


# -- a month -----------------------------------------------------------------------------------

DAYS = 30
STEP = 180 * MINUTE


def measured(session):
    """Nodes, listeners and bytes of the heap after everything that can go has gone."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    found = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    return {name: found[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")}


def test_thirty_days_leave_no_trace(visit_of, college, capsys):
    visit = visit_of(viewport={"width": 960, "height": 540})
    page = visit.page
    page.clock.install()
    page.add_init_script(
        """
        window.timers = 0; window.reloads = [];
        for (const name of ["setInterval", "setTimeout"]) {
          const real = window[name];
          window[name] = (...given) => { window.timers += 1; return real(...given); };
        }
        document.addEventListener("screen-reload", (event) => {
          event.preventDefault(); window.reloads.push(Date.now());
        });
        """
    )
    open_screen(visit, issue(college.settings))
    answers = []
    feed = page.request.get(f"{visit.address}/screen/feed").text()
    page.route(
        "**/screen/feed", lambda route: (answers.append(1), route.fulfill(body=feed, content_type="application/json"))
    )
    page.route("**/screen", lambda route: route.fulfill(body="here", content_type="text/html"))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def pass_by(days):
        scenes = set()
        for _ in range(int(days * 24 * 60 * MINUTE / STEP)):
            page.clock.fast_forward(STEP)
            scenes.add(page.evaluate("document.querySelector('.wall-scenes .is-on').textContent"))
        return scenes

    pass_by(1)
    first = measured(session)
    seen = pass_by(DAYS)
    last = measured(session)
    reloads, timers = page.evaluate("[window.reloads, window.timers]")
    nights = {dt.datetime.fromtimestamp(at / 1000, dt.timezone(dt.timedelta(hours=8))).date() for at in reloads}
    with capsys.disabled():
        print(  # noqa: T201 (the figures are what the test is for)
            f"\n{DAYS} days: {first} -> {last}; {len(answers)} feeds, {len(reloads)} reloads, {timers} timers set"
        )
    assert len(seen) == 5
    assert DAYS <= len(reloads) == len(nights) <= DAYS + 2
    assert timers == 1
    assert last["Nodes"] <= first["Nodes"] * 1.25 + 200
    assert last["JSEventListeners"] <= first["JSEventListeners"] + 2
    assert last["JSHeapUsedSize"] <= first["JSHeapUsedSize"] * 1.2 + 500_000
    assert len(answers) > DAYS * 6


def test_the_page_is_loaded_anew_at_night_but_only_from_a_server_that_answers(visit_of, college):
    visit = visit_of(viewport={"width": 1920, "height": 1080})
    page = visit.page
    page.clock.install()
    loads = []
    page.on("load", lambda _: loads.append(1))
    open_screen(visit, issue(college.settings))
    feed = page.request.get(f"{visit.address}/screen/feed").json()
    feed["settings"]["reload_hour"] = (dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).hour + 1) % 24
    # Without the server's time, that of the page goes on from the first answer, as fast as the test lets it.
    page.route("**/screen/feed", lambda route: route.fulfill(json=feed))
    minutes(page, 2)
    loads.clear()
    page.route("**/screen", lambda route: route.abort())
    for _ in range(8):
        page.clock.fast_forward(10 * MINUTE)
        page.wait_for_timeout(50)
    assert loads == []
    assert page.locator(".wall-columns").count() >= 1
    page.unroute("**/screen")
    with page.expect_event("load"):
        minutes(page, 12)
    page.wait_for_selector(".wall-columns")
    page.unroute("**/screen/feed")
    forgive(visit)
