"""Every indicator of the library can be reached from its page and opens its card, with versions and data date."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from app import create_app
from dashboards import indicator, indicators
from indicators.library import shipped_library
from layouts import shell
from tests.dashboards.web import Browser
from tests.security.visitor import ROUTER, body_of, fillers

pytestmark = [pytest.mark.slow]

LIBRARY = shipped_library()
LONGEST = 60.0
"""Seconds of computing that the walk through all cards may take, whatever else the machine does meanwhile."""
DATE = re.compile(r"20\d\d-\d\d-\d\d")
LAYERS = ("学校", "专业", "课程", "教师", "学生")


class Walker:
    """The quality office, asking for pages as the browser does."""

    def __init__(self, settings):
        self.browser = Browser(create_app(settings).test_client())
        token = self.browser.form_token("/sign-in")
        answer = self.browser.client.post("/sign-in", data={"demo": "quality", "csrf_token": token})
        assert answer.status_code == 302

    def panels(self, page, path, search=""):
        """What a page's data callback answers, by panel, as JSON text."""
        address = {"path": path, "search": search, "defaults": {}}
        found = {}
        for callback in fillers(page):
            asked = {(item["id"], item["property"]): address for item in callback["inputs"]}
            answer = self.browser.ask(body_of(callback, asked))
            assert answer.status_code == 200, (path, answer.text[:200])
            for key, value in answer.json["response"].items():
                name = json.loads(key)
                if name.get("role") == "panel":
                    found[name["name"]] = json.dumps(value["children"], ensure_ascii=False)
        return found

    def title(self, path):
        """The title under which the router shows an address."""
        body = body_of(ROUTER, {("url", "pathname"): path, ("url", "search"): ""})
        answer = self.browser.ask(body)
        assert answer.status_code == 200, (path, answer.text[:200])
        return answer.json["response"][shell.TITLE]["data"]


@pytest.fixture(scope="module")
def walker(college):
    return Walker(college.settings)


def cards_listed(walker):
    """The address of every card that the pages of the list lead to, by code."""
    found = {}
    for number in range(1, 40):
        shown = walker.panels(indicators.PAGE, "/indicators", f"?page={number}")["list"]
        links = dict(re.findall(r'"(/indicators/([A-Z0-9-]+)[^"]*)"', shown))
        new = {code: href for href, code in links.items() if code not in found}
        if not new:
            break
        found |= new
    return found


def test_every_card_is_reached_and_carries_versions_and_date(walker):
    started = time.process_time()
    cards = cards_listed(walker)
    assert set(cards) == set(LIBRARY.indicators)
    times, with_value = [], 0
    for code, href in cards.items():
        path, _, search = href.partition("?")
        asked = time.process_time()
        panels = walker.panels(indicator.PAGE, path, f"?{search}" if search else "")
        times.append(time.process_time() - asked)
        everything = "".join(panels.values())
        assert "没有算出来" not in everything, code
        assert "没有找到" not in everything, code
        assert LIBRARY.version in panels["number"] or "没有数据" in panels["number"], code
        assert LIBRARY[code].name_zh in panels["row"], code
        assert DATE.search(panels["number"]), code
        with_value += LIBRARY.version in panels["number"]
    took = time.process_time() - started
    times.sort()
    print(  # noqa: T201 (the figures of the walk, shown with -s)
        f"\n{len(cards)} cards, {with_value} with a computed number; "
        f"median {1000 * times[len(times) // 2]:.0f} ms, p95 {1000 * times[int(len(times) * 0.95)]:.0f} ms, "
        f"{took:.1f} s in all"
    )
    assert with_value == len(cards)
    assert took < LONGEST


@pytest.mark.parametrize("code", ["SCH-LVL-01", "MAJ-QUA-04", "CRS-ATT-01", "TCH-TEA-04", "STU-PER-13"])
def test_the_router_shows_a_card_under_the_name_of_its_indicator(walker, code):
    assert walker.title(f"/indicators/{code}") == LIBRARY[code].name_zh


@pytest.mark.browser
@pytest.mark.parametrize("layer", LAYERS)
def test_a_click_in_the_list_opens_the_card_and_a_click_below_goes_down(visit_of, layer):
    visit = visit_of()
    visit.enter("quality")
    page = visit.open(f"/indicators?layer={layer}")
    page.wait_for_selector("[id*='\"list\"'] .data-table tbody tr")
    link = page.locator("[id*='\"list\"'] .data-table tbody tr td a").nth(3)
    name = link.inner_text()
    link.click()
    page.wait_for_url(re.compile(r"/indicators/[A-Z]{3}-"))
    expect(page.locator("h1")).to_have_text(name)
    page.wait_for_selector(".table-5")
    assert page.locator(".message-failed").count() == 0
    expect(page.locator(".number-facts")).to_contain_text("指标库")
    assert page.locator(".table-5 td").count() == 9
    below = page.locator("[id*='\"below\"'] .data-table tbody th a")
    if below.count():
        child = below.first.inner_text()
        below.first.click()
        expect(page.locator(".drill-path li").last).to_have_text(child)
        page.locator(".drill-path a").first.click()
        expect(page.locator(".drill-path li")).to_have_count(1)


@pytest.mark.browser
def test_from_the_school_to_the_missed_meetings_behind_a_rate(visit):
    page = visit.open("/indicators/CRS-ATT-01")
    page.get_by_role("link", name="教学班", exact=True).click()
    expect(page.locator(".panel-title", has_text="往下一级：教学班")).to_be_visible()
    row = page.locator("[id*='\"below\"'] .data-table tbody tr").first
    row.get_by_role("link", name="打开").click()
    page.wait_for_url(re.compile(r"/offerings/\d+\?week=\d+"))
    page.wait_for_selector("[id*='\"roster\"'] .data-table tbody tr")


@pytest.mark.browser
def test_the_card_prints_as_one_row(visit):
    page = visit.open("/indicators/CRS-ATT-01")
    page.wait_for_selector(".table-5")
    page.emulate_media(media="print")
    assert page.locator(".table-5").is_visible()
    assert not page.locator(".sidebar").is_visible()
    assert [item.is_visible() for item in page.locator(".panel").all()].count(True) == 1
    page.emulate_media(media="screen")
    assert page.locator(".sidebar").is_visible()
