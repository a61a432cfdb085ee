"""From the list of sections to the students behind a number, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECTIONS = "[id*='\"sections\"']"
"""The panel of all sections: other lists and charts stand above it."""
TABLE = f"{SECTIONS} .data-table tbody tr"
ROSTER = "[id*='\"roster\"'] .data-table tbody tr"
FIRST_DEPARTMENT = 2
"""Of the options: a hidden placeholder and 全校 come before it."""


def open_chart(visit, query=""):
    page = visit.open(f"/courses{query}")
    page.wait_for_selector(f"{SECTIONS} .chart .main-svg .ytick a")
    return page


def department_filter(page):
    """The control, and not the lists of departments that carry the word in their names."""
    return page.locator("label.control", has_text="系部").locator("select")


def open_table(visit, query="?view=table"):
    page = visit.open(f"/courses{query}")
    page.wait_for_selector(TABLE)
    return page


def click_first_label(page):
    """Clicks where the label is: the chart's own layers confuse the check that nothing covers it."""
    page.locator(f"{SECTIONS} .chart").first.scroll_into_view_if_needed()
    box = page.locator(f"{SECTIONS} .chart .ytick a").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def hover_last_cell(page):
    """The middle of the first row's last week; the point is returned."""
    page.locator(f"{SECTIONS} .chart").first.scroll_into_view_if_needed()
    box = page.locator(f"{SECTIONS} .chart .nsewdrag").first.bounding_box()
    point = box["x"] + box["width"] - 30, box["y"] + 10
    page.mouse.move(*point)
    page.wait_for_selector(f"{SECTIONS} .chart .hoverlayer .hovertext")
    return point


def test_the_page_is_chinese_has_a_title_and_shows_every_panel(visit):
    page = open_chart(visit)
    expect(page).to_have_title("课程监测 · 螺旋")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator(".tile").count() == 6
    assert page.locator(".message-failed").count() == 0
    assert len(visit.requests) > 10


def test_a_filter_goes_into_the_address_and_comes_back_from_it(visit):
    page = open_chart(visit)
    department = department_filter(page)
    name = department.locator("option").nth(FIRST_DEPARTMENT).inner_text()
    department.select_option(label=name)
    page.wait_for_url(re.compile(r"/courses\?dept=\d+$"))
    expect(page.locator(".tile-title").first).to_have_text(f"{name}到课率")
    page.reload()
    expect(page.locator(".tile-title").first).to_have_text(f"{name}到课率")
    assert department.locator("option:checked").inner_text() == name


def test_the_back_button_restores_controls_and_panels(visit):
    page = open_chart(visit)
    department_filter(page).select_option(index=FIRST_DEPARTMENT)
    page.wait_for_url(re.compile("dept="))
    page.go_back()
    expect(page.locator(".tile-title").first).to_have_text("全校到课率")
    expect(department_filter(page)).to_have_value("all")


def test_a_search_narrows_the_sections_while_typing(visit):
    page = open_table(visit)
    course = page.locator(f"{TABLE} th a").first.inner_text()
    page.get_by_placeholder("搜索课程、班级或教师").type(course)
    page.wait_for_url(re.compile("q="))
    expect(page.locator(f"{TABLE} th a", has_not_text=course)).to_have_count(0)
    assert page.locator(TABLE).count() >= 1


def test_a_tile_shows_only_the_sections_in_its_state(visit):
    page = open_table(visit)
    tile = page.locator(".tile-link.state-reached")
    count = tile.locator(".tile-value").inner_text()
    tile.click()
    page.wait_for_url(re.compile("state=reached"))
    expect(page.locator(f"{SECTIONS} .pager")).to_contain_text(f"共 {count}")


def test_a_cell_of_the_heatmap_leads_to_the_week_of_its_section(visit):
    page = open_chart(visit)
    page.mouse.click(*hover_last_cell(page))
    page.wait_for_url(re.compile(r"/offerings/\d+\?week=\d+$"))
    page.wait_for_selector(ROSTER)
    expect(page.locator(".panel-title", has_text="名册")).to_be_visible()
    assert page.locator(ROSTER).count() > 5


def test_the_hover_speaks_chinese(visit):
    page = open_chart(visit)
    hover_last_cell(page)
    hover = page.locator(f"{SECTIONS} .chart .hoverlayer .hovertext")
    expect(hover).to_contain_text("到课率")
    expect(hover).to_contain_text("实到")
    expect(hover).to_contain_text("应到")


def test_the_label_of_a_row_leads_to_its_section_without_a_reload(visit):
    page = open_chart(visit)
    page.evaluate("window.isSamePage = true")
    course = page.locator(f"{SECTIONS} .chart .ytick a").first.text_content()
    click_first_label(page)
    page.wait_for_url(re.compile(r"/offerings/\d+$"))
    expect(page.locator("h1")).to_contain_text(course.rstrip("…"))
    assert page.evaluate("window.isSamePage") is True


def test_an_offering_shows_its_line_its_roster_and_who_was_absent(visit):
    page = open_table(visit)
    page.locator(f"{TABLE} th a").first.click()
    page.wait_for_selector(".chart .scatterlayer .point")
    page.wait_for_selector(ROSTER)
    roster = page.locator(ROSTER)
    students = roster.count()
    roster.first.locator("a").click()
    page.wait_for_url(re.compile(r"student=\d+"))
    expect(page.locator(".chip")).to_contain_text("学号")
    assert page.locator(ROSTER).count() == students
    page.locator(".chip").click()
    expect(page.locator(".chip")).to_have_count(0)


def test_the_roster_is_sorted_by_a_click_on_its_head(visit):
    page = open_table(visit)
    page.locator(f"{TABLE} th a").first.click()
    page.get_by_role("link", name="学号", exact=True).first.click()
    page.wait_for_url(re.compile("sort=no"))
    expect(page.locator("[aria-sort=ascending]")).to_contain_text("学号")
    numbers = page.locator(f"{ROSTER} th").all_inner_texts()
    assert numbers == sorted(numbers)


def test_the_breadcrumb_leads_back_to_the_department(visit):
    page = open_chart(visit)
    click_first_label(page)
    page.wait_for_url(re.compile("/offerings/"))
    department = page.locator(".breadcrumb-line li a").nth(1)
    name = department.inner_text()
    department.click()
    page.wait_for_url(re.compile(r"/courses\?.*dept=\d+"))
    expect(page.locator(".tile-title").first).to_have_text(f"{name}到课率")


def test_what_does_not_exist_is_said_in_chinese(visit):
    visit.page.goto(f"{visit.address}/offerings/999999999")
    expect(visit.page.locator("h1")).to_have_text("没有找到")


def test_the_keyboard_alone_reaches_content_filters_and_sections(visit):
    page = open_table(visit)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到正文"
    filters = 0
    section = "document.activeElement.matches('.data-table tbody a[href^=\"/offerings/\"]')"
    for _ in range(80):  # the lists of departments and of what is red come before that of all sections
        page.keyboard.press("Tab")
        filters += page.evaluate("document.activeElement.matches('.control select, .control input')")
        if page.evaluate(section):
            break
    assert filters >= 6
    assert page.evaluate(section)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/offerings/"))


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_nothing_is_wider_than_the_window(visit, width):
    visit.page.set_viewport_size({"width": width, "height": 900})
    page = open_chart(visit)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    click_first_label(page)
    page.wait_for_selector(".chart .scatterlayer")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_labels_of_rows_are_not_cut_off(visit):
    page = open_chart(visit)
    left = page.locator(f"{SECTIONS} .chart").first.bounding_box()["x"]
    for label in page.locator(f"{SECTIONS} .chart .ytick").all():
        assert label.bounding_box()["x"] >= left
