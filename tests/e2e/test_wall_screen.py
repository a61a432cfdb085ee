"""The wall screen in Chromium: it shows, it turns, and it outlives servers, tokens and a month."""

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app import ROOT
from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.scope import Scope
from data_access.access.screens import Screens
from data_access.clock import today
from data_access.installation import open_home
from data_access.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MINUTE = 60_000
STARTS_WITHIN = 90
"""Seconds; on a quiet machine it takes two."""
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


@dataclass
class Server:
    """A server in a process of its own, which can be killed."""

    home: Path
    port: int
    process: subprocess.Popen | None = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        environment = {**os.environ, "LUOXUAN_HOME": str(self.home)}
        script = (
            "from werkzeug.serving import run_simple; from app import create_app; "
            f"run_simple('127.0.0.1', {self.port}, create_app(), threaded=True)"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def empty(tmp_path):
    """A server over an installation without data."""
    import socket  # noqa: PLC0415

    settings = Settings.at(tmp_path / "home")
    open_home(settings).dispose()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(home=settings.home, port=port)
    server.start()
    yield server
    server.kill()


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


def test_an_empty_installation_says_why_and_a_killed_server_leaves_the_page_alone(visit_of, empty):
    visit = visit_of(viewport={"width": 1920, "height": 1080})
    home = Settings.at(empty.home)
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        try:
            visit.page.goto(f"{empty.address}/healthz")
            break
        except Exception:  # noqa: BLE001 (not there yet)
            time.sleep(0.2)
    visit.page.clock.install()
    visit.page.goto(f"{empty.address}/screen?token={issue(home)}")
    expect(visit.page.locator(".wall-message").last).to_contain_text("还没有计算过指标")
    empty.kill()
    minutes(visit.page, 2)
    time.sleep(1)
    minutes(visit.page, 2)
    expect(visit.page.locator("#wall-age")).to_have_class("is-lost")
    expect(visit.page.locator("#wall-age")).to_have_text(
        re.compile(r"数据 \d 分钟前 · 连接中断，显示的是 \d\d:\d\d 的数据")
    )
    expect(visit.page.locator(".wall-message").last).to_contain_text("还没有计算过指标")
    empty.start()
    deadline = time.monotonic() + STARTS_WITHIN
    while visit.page.locator("#wall-age.is-lost").count() and time.monotonic() < deadline:
        minutes(visit.page, 1)
        time.sleep(0.3)
    expect(visit.page.locator("#wall-age")).to_have_text("刚刚更新")
    forgive(visit)
    visit.requests[:] = [url for url in visit.requests if not url.startswith(empty.address)]


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


def test_a_revoked_token_closes_the_screen_and_a_new_one_opens_it_again(visit_of, college):
    visit = visit_of(viewport={"width": 1920, "height": 1080})
    visit.page.clock.install()
    page = open_screen(visit, issue(college.settings))
    revoke_all(college.settings)
    minutes(page, 2)
    expect(page.locator(".wall-message").last).to_contain_text("大屏已停止显示")
    minutes(page, 1)  # what has faded out is swept away
    assert page.locator(".wall-columns").count() == 0
    assert page.evaluate("localStorage.length") == 0
    other = page.context.new_page()
    other.goto(f"{visit.address}/screen?token={issue(college.settings)}")
    other.wait_for_selector(".wall-columns")
    other.close()
    minutes(page, 4)
    page.wait_for_selector(".wall-columns")
    expect(page.locator("#wall-age")).to_have_text("刚刚更新")
    forgive(visit)


# -- a month -----------------------------------------------------------------------------------

DAYS = 30
STEP = 120 * MINUTE


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
