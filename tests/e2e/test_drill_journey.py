"""From the school's 到课率 to the absences behind it: at most four clicks, and the numbers add up."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_CLICKS = 4
ROWS = ".data-table tbody tr"
RECKONING = re.compile(r"应到 ([\d,]+) − 实到 ([\d,]+) = 缺勤 ([\d,]+) 人次：旷课 ([\d,]+)、请假 ([\d,]+)")
COUNTS_AS_ABSENT = {"旷课", "请假"}


class Way:
    """A person's way through the pages, counting real clicks."""

    def __init__(self, page):
        self.page = page
        self.clicks = []

    def click(self, locator, what, *, to):
        locator.click()
        self.page.wait_for_url(re.compile(to))
        self.clicks.append(what)


def panel(page, name):
    return page.locator(f"[id*='\"{name}\"'].panel")


def numbers(text):
    return [int(part.replace(",", "")) for part in text]


def rows_of(page, name):
    return page.locator(f"[id*='\"{name}\"'] {ROWS}")


def open_courses(way):
    """By the tile of 到课率 on the home where it leads to the courses, else by the navigation."""
    page = way.page
    tile = page.locator(".tile a[href^='/courses']", has_text="到课率").first
    entry = page.locator("nav a[href='/courses']").first
    page.wait_for_selector(".tile")
    if tile.count():
        way.click(tile, "到课率 on the home", to="/courses")
    else:
        way.click(entry, "课程 in the navigation", to="/courses")
    rows_of(page, "red").first.wait_for()


def check_absences(page):
    """The list adds up to the rate it stands behind; the counts due and present of the panel are returned."""
    lead = panel(page, "absences").locator(".panel-lead")
    expect(lead).to_contain_text("应到")
    due, present, missed, *parts = numbers(RECKONING.search(lead.inner_text()).groups())
    assert missed == due - present == sum(parts) > 0
    return due, present, missed


def statuses(page):
    return [status.strip() for status in rows_of(page, "absences").locator("td:last-child").all_inner_texts()]


def check_section(page):
    """Tile, list and roster of the week, and of the term, tell the same."""
    week_due, week_present, week_missed = check_absences(page)
    tile = page.locator(".tile").first.inner_text()
    present, due = numbers(re.search(r"实到 ([\d,]+) / 应到 ([\d,]+)", tile).groups())
    assert (due, present) == (week_due, week_present)
    rate = float(re.search(r"([\d.]+)\s*%", tile).group(1))
    assert rate == pytest.approx(100 * present / due, abs=0.05)
    assert sum(status in COUNTS_AS_ABSENT for status in statuses(page)) == week_missed
    box = panel(page, "absences").bounding_box()
    assert box["y"] < 900, "the absences are below the first screen"
    chip = page.locator(".chip").first
    chip.click()  # the week is let go: the whole term, beside the roster's own counts
    expect(page.locator(".chip")).to_have_count(0)
    due, present, _ = check_absences(page)
    cells = rows_of(page, "roster").locator("td:nth-child(4)").all_inner_texts()
    counts = [numbers(cell.split(" / ")) for cell in cells if "/" in cell]
    assert (sum(own for own, _ in counts), sum(all_ for _, all_ in counts)) == (present, due)


def test_a_leader_reaches_the_absences_behind_the_rate_of_the_school(visit_of, capsys):
    page = visit_of().sign_in("leader")
    way = Way(page)
    open_courses(way)
    lowest = rows_of(page, "dept").first.locator("a").first
    name = lowest.inner_text()
    way.click(lowest, f"department {name}", to=r"dept=\d+")
    expect(page.locator(".tile-title").first).to_have_text(f"{name}到课率")
    section = rows_of(page, "red").first.locator("a").first
    way.click(section, "a section of the red list", to=r"/offerings/\d+\?week=\d+")
    rows_of(page, "absences").first.wait_for()
    assert len(way.clicks) <= MOST_CLICKS
    check_section(page)
    with capsys.disabled():
        print(f"\nleader: {len(way.clicks)} clicks: {' → '.join(way.clicks)}")  # noqa: T201 (how many clicks it takes is what this test is asked for)


def test_a_department_head_reaches_them_and_never_leaves_the_own_department(visit_of, capsys):
    visit = visit_of()
    page = visit.sign_in("depthead")
    own = page.locator(".page-facts").inner_text().partition("系(部)主任 · ")[2].split("\n")[0].split(" · ")[0].strip()
    way = Way(page)
    open_courses(way)
    departments = set(rows_of(page, "dept").locator("th").all_inner_texts())
    assert departments <= {own}
    section = rows_of(page, "red").first.locator("a").first
    way.click(section, "a section of the red list", to=r"/offerings/\d+\?week=\d+")
    rows_of(page, "absences").first.wait_for()
    assert len(way.clicks) <= MOST_CLICKS
    expect(page.locator(".breadcrumb-line li").nth(1)).to_have_text(own)
    check_section(page)
    page.locator(".breadcrumb-line li a").nth(1).click()
    page.wait_for_url(re.compile(r"/courses\?.*dept=\d+"))
    expect(page.locator(".tile-title").first).to_have_text(f"{own}到课率")
    options = page.locator("label.control", has_text="系部").locator("option:not([disabled])").all_inner_texts()
    assert set(options) <= {own, "我的数据范围", ""}
    with capsys.disabled():
        print(f"\ndepartment head: {len(way.clicks)} clicks: {' → '.join(way.clicks)}")  # noqa: T201 (how many clicks it takes is what this test is asked for)
