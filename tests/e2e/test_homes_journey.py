"""Everybody's own home in a real browser, and the way down from it."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROWS = ".data-table tbody tr"
SUBJECTS = {
    "leader": ("校领导", "五横×五纵"),
    "depthead": ("系(部)主任 · ", "本系专业"),
    "teacher": ("任课教师", "教学班"),
    "adviser": ("班主任 · ", "下滑最多的学生"),
    "student": ("学生", "本学期课程"),
}
"""Of five people: the post that their home names, and a panel that the others do not have at its place."""


def home_of(visit, username):
    page = visit.sign_in(username)
    page.wait_for_selector("[id*='\"posts\"'] .panel-body")
    return page


def panel(page, title):
    return page.locator(".panel", has=page.locator(".panel-title", has_text=re.compile(f"^{re.escape(title)}$")))


def is_expected(complaint):
    """Chromium writes every refusal of the server into the console."""
    return "status of 40" in complaint


def test_five_people_each_see_their_own_subject_and_a_copied_cookie_dies_with_the_session(visit_of):
    seen = {}
    for username, (post, own) in SUBJECTS.items():
        visit, thief = visit_of(), visit_of()
        page = home_of(visit, username)
        expect(page.locator(".page-facts")).to_contain_text(post)
        expect(panel(page, own)).to_be_visible()
        expect(page.locator(".tile").first).to_be_visible()
        assert page.locator(".message-failed").count() == 0
        seen[username] = [title.inner_text() for title in page.locator(".panel-title").all()]
        thief.page.context.add_cookies(page.context.cookies())
        page.locator(".user-menu summary").click()
        page.get_by_role("button", name="退出").click()
        page.wait_for_url(f"{visit.address}/sign-in")
        thief.page.goto(visit.address)
        assert thief.page.url == f"{visit.address}/sign-in", username
    assert len({tuple(titles) for titles in seen.values()}) == len(SUBJECTS)


def test_a_leader_goes_from_the_school_to_the_sections_one_level_down(visit_of):
    page = home_of(visit_of(), "leader")
    page.locator(".tile-title", has_text="到课率").first.click()
    page.wait_for_url(re.compile(r"/courses$"))
    expect(page.locator(".tile-title").first).to_have_text("全校到课率")


def test_a_cell_of_the_five_by_five_opens_its_indicators_by_keyboard(visit_of):
    page = home_of(visit_of(), "leader")
    cells = panel(page, "五横×五纵").locator("td a")
    expect(cells).to_have_count(25)
    items = int(re.search(r"(\d+)项", cells.nth(10).inner_text())[1])
    cells.nth(10).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/indicators\?layer=.+&system=.+"))
    expect(panel(page, "指标").locator(ROWS)).to_have_count(items)


def test_a_department_head_goes_from_the_department_to_a_student(visit_of):
    page = home_of(visit_of(), "depthead")
    panel(page, "班级").locator(f"{ROWS} a").first.click()
    page.wait_for_url(re.compile(r"/classes/\d+$"))
    student = panel(page, "学生").locator(f"{ROWS} a").first  # by its panel: the home's own rows may still stand there
    number = student.inner_text()
    student.click()
    page.wait_for_url(re.compile(r"/students/\d+$"))
    expect(page.locator("h1")).to_have_text(f"学号 {number}")
    expect(panel(page, "本学期课程")).to_be_visible()
    page.locator(".breadcrumb-line a", has_text="班").click()
    page.wait_for_url(re.compile(r"/classes/\d+$"))


def test_an_adviser_reaches_who_slipped_and_what_they_missed(visit_of):
    page = home_of(visit_of(), "adviser")
    panel(page, "下滑最多的学生").locator(f"{ROWS} a").first.click()
    page.wait_for_url(re.compile(r"/students/\d+$"))
    expect(panel(page, "缺勤记录").locator(ROWS).first).to_be_visible()
    expect(panel(page, "敏感事项")).to_be_visible()


def test_the_post_is_chosen_in_the_address_and_changes_the_subject(visit_of):
    visit = visit_of()
    page = home_of(visit, "adviser")
    page.get_by_label("岗位").select_option(label="任课教师")
    page.wait_for_url(re.compile(r"/\?post=teacher-teacher-\d+"))
    expect(panel(page, "教学班")).to_be_visible()
    expect(panel(page, "下滑最多的学生")).to_have_count(0)
    page.reload()
    expect(panel(page, "教学班")).to_be_visible()
    expect(page.locator(".page-facts")).to_have_text("任课教师")


def test_a_teacher_takes_away_the_roster_that_the_page_shows(visit_of):
    page = home_of(visit_of(), "teacher")
    panel(page, "教学班").locator(f"{ROWS} a").first.click()
    page.wait_for_url(re.compile(r"/offerings/\d+$"))
    page.wait_for_selector(f"[id*='\"roster\"'] {ROWS}")
    shown = page.locator(f"[id*='\"roster\"'] {ROWS} th").all_inner_texts()
    with page.expect_download() as caught:
        page.get_by_role("link", name="导出名单").click()
    name = caught.value.suggested_filename
    assert re.fullmatch(r"名单_.+_\d{4}-\d\d-\d\d\.csv", name), name
    rows = list(csv.reader(io.StringIO(caught.value.path().read_text(encoding="utf-8-sig"))))
    assert rows[0][:2] == ["学号", "行政班"]
    assert sorted(row[0] for row in rows[1:]) == sorted(shown)


def test_a_student_sees_only_themselves_also_on_a_phone(visit_of):
    visit = visit_of(viewport={"width": 375, "height": 812})
    page = home_of(visit, "student")
    expect(panel(page, "本学期课程").locator(ROWS).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    for other in ("/students/1", "/students/999999999"):
        page.goto(visit.address + other)
        expect(page.locator("h1")).to_have_text("没有找到")
        expect(page.locator("main")).to_contain_text(f"没有编号为 {other.rsplit('/', 1)[1]} 的学生。")
    visit.complaints[:] = [text for text in visit.complaints if not is_expected(text)]


def test_who_has_no_figures_is_led_to_the_own_work(visit_of):
    page = home_of(visit_of(), "auditadmin")
    panel(page, "我的工作").get_by_role("link", name="查看审计日志").click()
    page.wait_for_url(re.compile("/admin/audit$"))
    expect(page.locator("h1")).to_have_text("审计日志")
