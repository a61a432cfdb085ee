"""采分录入 in Chromium: as fast as a spreadsheet, by the keyboard alone, and nothing that was typed is lost."""

import datetime as dt
import re

import pytest
from playwright.sync_api import expect

from data_access.access.accounts import Accounts
from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.access.posts import Posts
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.growth_card.sheet_units import SheetKey
from data_access.installation import open_home

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ALL = Scope.all("test")
AWAY = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
"""What Chromium itself writes into the console where the network is away."""
PASTED = (20, 3)


@pytest.fixture(scope="module")
def colleague(college):
    """A second class adviser of the adviser's classes: the demo's teacher, who otherwise looks after none."""
    database = open_home(college.settings)
    audit = AuditLog(database)
    found = {a.username: a for a in Accounts(database, audit).find(scope=ALL, size=1000).accounts}
    posts = Posts(database, audit)
    given = [
        posts.grant(
            found["teacher"].account_id, role=Role.CLASS_ADVISER, node_level="class", node_id=post.node_id,
            valid_from=dt.date(2026, 9, 1), by=Actor.console(),
        )
        for post in posts.of(found["adviser"].account_id)
        if post.role is Role.CLASS_ADVISER
    ]  # fmt: skip
    yield "teacher"
    for post_id in given:
        posts.end(post_id, on=dt.date(2026, 8, 31), by=Actor.console())
    database.dispose()


def entering(visit_of, username, **options):
    """A window of a collector on the list of what is still to come."""
    visit = visit_of(**options)
    visit.enter(username)
    visit.page.goto(f"{visit.address}/entry?view=all")
    return visit


def slugs(page, collector, task):
    """The sheets in the list of a collector for a task."""
    found = re.findall(r'href="/entry/([^"/]+)"', page.content())
    return [slug for slug in found if (key := SheetKey.of(slug)) and (key.collector, key.task) == (collector, task)]


def open_sheet(visit, slug):
    visit.page.goto(f"{visit.address}/entry/{slug}")
    visit.page.wait_for_selector("[data-key]")
    return visit.page


def cells(page, column):
    return page.locator(f'[data-key$=":{column}"]')


def settled(page):
    """Wait until everything that was typed is saved."""
    expect(page.locator("#entry-status")).to_contain_text(re.compile(r"^(已保存 \d\d:\d\d|没有未保存的改动)$"))


@pytest.fixture
def term_sheet(visit_of):
    """The adviser's window on the sheet of the term's end, and its address."""
    visit = entering(visit_of, "adviser")
    slug = slugs(visit.page, "班主任", "term")[0]
    open_sheet(visit, slug)
    return visit, slug


def test_a_class_is_entered_by_the_keyboard_alone_and_stands_there_the_next_time(term_sheet):
    visit, slug = term_sheet
    page = visit.page
    grades = cells(page, "STU-ACD-09")
    count = grades.count()
    grades.first.focus()
    for number in range(count):
        page.keyboard.type(str(60 + number % 40))
        page.keyboard.press("Enter")
    settled(page)
    page.keyboard.press("F2")
    page.keyboard.press("End")
    page.keyboard.type(".5")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).not_to_have_attribute("data-key", re.compile("STU-ACD-09$"))
    settled(page)
    page.keyboard.press("Control+z")
    expect(grades.last).to_have_text(str(60 + (count - 1) % 40))
    page.keyboard.press("Control+y")
    settled(page)
    open_sheet(visit, slug)
    told = cells(page, "STU-ACD-09").all_inner_texts()
    assert told[:-1] == [str(60 + number % 40) for number in range(count - 1)]
    assert told[-1] == f"{60 + (count - 1) % 40}.5"


def test_a_block_of_a_spreadsheet_is_pasted_and_what_does_not_fit_is_told(term_sheet):
    visit, _ = term_sheet
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    rows, columns = PASTED
    block = "\r\n".join("\t".join([str(70 + row), "1", "已完成"]) for row in range(rows))
    page.evaluate("text => navigator.clipboard.writeText(text)", block)
    cells(page, "STU-ACD-09").first.click()
    page.keyboard.press("Control+v")
    expect(page.locator("#entry-said")).to_contain_text(f"已粘贴 {rows} 行 × {columns} 列")
    settled(page)
    assert cells(page, "STU-ACD-09").all_inner_texts()[:rows] == [str(70 + row) for row in range(rows)]
    assert cells(page, "STU-ACD-09.events").all_inner_texts()[:rows] == ["1"] * rows
    assert cells(page, "STU-ACD-11").all_inner_texts()[:rows] == ["已完成"] * rows

    last = cells(page, "STU-ACD-09").last
    last.click()
    page.keyboard.press("Control+v")
    expect(page.locator("#entry-said")).to_contain_text(f"有 {(rows - 1) * columns} 个值超出本表")

    number = page.locator("tbody th").last.inner_text()
    page.evaluate("text => navigator.clipboard.writeText(text)", f"学号\t成绩\n{number}\t99")
    cells(page, "STU-ACD-09").first.click()
    page.keyboard.press("Control+v")
    expect(page.locator("#entry-said")).to_contain_text("按学号对应")
    expect(last).to_have_text("99")
    expect(cells(page, "STU-ACD-09").first).to_have_text("70")
    settled(page)


def test_a_wrong_value_is_told_at_once_and_is_found_from_the_list(term_sheet):
    visit, slug = term_sheet
    page = visit.page
    cell = cells(page, "STU-ACD-11").nth(2)
    cells(page, "STU-ACD-09").nth(2).click()
    page.keyboard.type("181")
    page.keyboard.press("Tab")
    wrong = cells(page, "STU-ACD-09").nth(2)
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#entry-report")).to_contain_text("应在 0 到 100 之间")
    expect(page.locator("#entry-status")).to_contain_text("1 处不合要求")
    page.locator("#entry-submit").click()
    expect(page.get_by_role("button", name=re.compile("提交(并入账|更正)"), exact=False).last).to_be_disabled()
    page.keyboard.press("Escape")
    cell.click()
    page.locator("#entry-report button").first.click()
    expect(wrong).to_be_focused()
    page.keyboard.type("81")
    page.keyboard.press("Enter")
    expect(page.locator("#entry-report")).to_be_hidden()
    settled(page)
    open_sheet(visit, slug)
    expect(cells(page, "STU-ACD-09").nth(2)).to_have_text("81")


def test_two_people_on_one_class_lose_nothing(visit_of, colleague):
    adviser = entering(visit_of, "adviser")
    slug = slugs(adviser.page, "班主任", "term")[0]
    other = visit_of()
    other.enter(colleague)
    one, two = open_sheet(adviser, slug), open_sheet(other, slug)
    for page, value in ((one, "55"), (two, "66")):
        expect(cells(page, "STU-PER-11").nth(0)).not_to_have_text("55")
        cells(page, "STU-PER-11").nth(0).click()
        page.keyboard.type(value)
        page.keyboard.press("ArrowDown")
        expect(page.locator("#entry-status")).to_contain_text(re.compile("已保存|未保存|没有未保存"))
    settled(one)
    two.keyboard.type("77")
    two.keyboard.press("Enter")

    # The second finds both values at the cell, and the rest of what they typed is saved.
    report = two.locator("#entry-report")
    expect(report).to_contain_text("两人改了同一格")
    expect(report).to_contain_text("你填 66")
    expect(report).to_contain_text("填 55")
    one.reload()
    one.wait_for_selector("[data-key]")
    expect(cells(one, "STU-PER-11").nth(0)).to_have_text("55")
    expect(cells(one, "STU-PER-11").nth(1)).to_have_text("77")
    report.get_by_role("button", name="用我的").click()
    settled(two)

    # The first sees it with the next save, without having lost anything either.
    cells(one, "STU-PER-11").nth(2).click()
    one.keyboard.type("88")
    one.keyboard.press("Enter")
    settled(one)
    expect(cells(one, "STU-PER-11").nth(0)).to_have_text("66")
    expect(cells(one, "STU-PER-11").nth(2)).to_have_text("88")


def test_what_is_typed_without_a_network_is_saved_once_it_is_back_also_after_a_reload(term_sheet):
    visit, slug = term_sheet
    page = visit.page
    page.context.set_offline(True)
    cells(page, "STU-PER-11").nth(4).click()
    page.keyboard.type("41")
    page.keyboard.press("Enter")
    page.keyboard.type("42")
    page.keyboard.press("Enter")
    expect(page.locator("#entry-status")).to_contain_text("未保存 2 处 — 网络断开")
    page.context.set_offline(False)
    settled(page)
    page.context.set_offline(True)
    page.keyboard.type("43")
    page.keyboard.press("Enter")
    expect(page.locator("#entry-status")).to_contain_text("未保存 1 处")
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.set_offline(False)
    open_sheet(visit, slug)
    settled(page)
    expect(cells(page, "STU-PER-11").nth(6)).to_have_text("43")
    assert page.evaluate("Object.keys(sessionStorage).filter(name => name.startsWith('luoxuan.entry')).length") == 0
    open_sheet(visit, slug)
    assert cells(page, "STU-PER-11").all_inner_texts()[4:7] == ["41", "42", "43"]
    visit.complaints[:] = [text for text in visit.complaints if not any(word in text for word in AWAY)]


def test_a_teacher_takes_attendance_on_a_telephone(visit_of):
    visit = entering(visit_of, "teacher", viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True)
    page = visit.page
    weeks = [slug for slug in re.findall(r'href="/entry/(teacher-[^"/]+)"', page.content()) if "-W" in slug]
    days: list[str] = []
    for week in weeks:
        page.goto(f"{visit.address}/entry/{week}")
        days = re.findall(r'href="/entry/(teacher-\d+-\d+-\d{8})"', page.content())
        if days:
            break
    open_sheet(visit, days[0])
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    status, homework = cells(page, "status"), cells(page, "homework")
    shown = status.first.locator(".entry-tap-value")
    box = status.first.bounding_box()
    assert min(box["width"], box["height"]) >= 44
    before = shown.inner_text()
    status.first.tap()
    expect(shown).not_to_have_text(before)
    for _ in range(5):
        status.first.tap()
    expect(shown).to_have_text(before)  # six taps lead around
    status.nth(1).tap()
    homework.nth(1).tap()
    settled(page)
    page.locator("#entry-submit").tap()
    page.get_by_role("button", name=re.compile("提交并入账|提交更正")).last.tap()
    expect(page.locator("#entry-result")).to_contain_text("已提交")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("width", [375, 1280, 1440])
def test_no_page_of_entry_is_wider_than_the_window_and_every_field_has_a_name(visit_of, width):
    visit = entering(visit_of, "adviser", viewport={"width": width, "height": 900})
    page = visit.page
    slug = slugs(page, "班主任", "term")[0]
    for path in ("/entry", f"/entry/{slug}"):
        page.goto(f"{visit.address}{path}")
        page.wait_for_selector("[data-key]" if slug in path else ".entry-views")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = page.evaluate(
        "[...document.querySelectorAll('input, select, button, [role=gridcell]')].filter(each => each.type !== 'hidden' &&"
        " !(each.getAttribute('aria-label') || each.labels?.length || each.textContent.trim())).map(each => each.outerHTML)"
    )
    assert nameless == []
