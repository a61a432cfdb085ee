"""From a lesson to the report: what a teacher enters on a telephone, a student disputes, and an adviser puts right."""

import re

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from app import cli
from indicators.growth_card.sheet_layout import STATUSES
from tests.e2e.test_entry_journey import entering, open_sheet, settled

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}
LEDGER = "[id*='\"card_ledger\"'] tbody tr"


@pytest.fixture(scope="module")
def posted(college):
    """The college with its accounts posted."""
    done = CliRunner().invoke(cli, ["card", "post"], env={"LUOXUAN_HOME": str(college.settings.home)})
    assert done.exit_code == 0, done.output


def cents(words):
    """Points as written, in hundredths."""
    return round(float(re.sub(r"[^\d.−-]", "", words).replace("−", "-")) * 100)


def window(visit_of, username, **options):
    visit = visit_of(**options)
    visit.enter(username)
    return visit


def card_of(visit):
    """Opens the student's own page; gives the student's key and the balance."""
    visit.page.goto(visit.address)
    visit.page.locator(".growth-link").click()
    visit.page.wait_for_url(re.compile(r"/students/\d+"))
    visit.page.wait_for_selector(LEDGER)
    return int(re.search(r"/students/(\d+)", visit.page.url).group(1)), balance(visit)


def balance(visit):
    return cents(visit.page.locator(".growth-figure").inner_text())


def lesson_of(visit, student_id):
    """Opens the latest lesson of the teacher's in which the student is."""
    weeks = [slug for slug in re.findall(r'href="/entry/(teacher-[^"/]+)"', visit.page.content()) if "-W" in slug]
    for week in sorted(set(weeks), key=lambda slug: slug.rpartition("-W")[2], reverse=True):
        visit.page.goto(f"{visit.address}/entry/{week}")
        for day in reversed(re.findall(r'href="/entry/(teacher-\d+-\d+-\d{8})"', visit.page.content())):
            page = open_sheet(visit, day)
            if page.locator(f'[data-key="{student_id}:status"]').count():
                return page
    raise AssertionError("the student is in no lesson of the teacher")


def choose(cell, word):
    """Taps a mark of a lesson until it says the word; where it starts depends on what the systems know."""
    for _ in STATUSES:
        if cell.inner_text().split()[-1] != word:
            cell.tap()
    expect(cell).to_have_text(re.compile(f"{word}$"))


def is_within_the_screen(page):
    return page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.usefixtures("posted")
def test_a_wrong_mark_goes_from_the_lesson_over_the_dispute_into_balance_and_report(visit_of):
    student = window(visit_of, "student", **PHONE)
    number, before = card_of(student)

    # A teacher enters a lesson on a telephone: the student was there after all, prepared, and, by mistake, without homework.
    teacher = entering(visit_of, "teacher", **PHONE)
    page = lesson_of(teacher, number)
    for column, word in (("status", "准时"), ("preview", "完成"), ("homework", "未完成")):
        choose(page.locator(f'[data-key="{number}:{column}"]'), word)
    settled(page)
    page.locator("#entry-submit").tap()
    page.get_by_role("button", name=re.compile("提交并入账|提交更正")).last.tap()
    expect(page.locator("#entry-result")).to_contain_text("已提交")

    # The student sees what the lesson brought, and disputes what is wrong.
    _, after_lesson = card_of(student)
    assert after_lesson >= before, "what she now has for the lesson may still lie below the floor of its week"
    page = student.page
    row = (
        page.locator(LEDGER, has_text="作业完成率").filter(has=page.get_by_role("link", name=re.compile("申诉"))).first
    )
    row.get_by_role("link", name=re.compile("申诉")).click()
    expect(page.get_by_role("heading", name="提出申诉")).to_be_visible()
    assert is_within_the_screen(page)
    page.get_by_label("申诉理由").fill("这次课的作业我当天交了，平台上有提交记录。")
    page.get_by_role("button", name="提交申诉").tap()
    expect(page.get_by_text("等待采分主体答复")).to_be_visible()
    assert is_within_the_screen(page)
    case = page.url

    # The collector agrees, on the telephone as well; the adviser of the class weighs it and upholds it.
    page = teacher.page
    page.goto(f"{teacher.address}/disputes")
    page.locator(f'a[href="{case.removeprefix(teacher.address)}"]').tap()
    page.get_by_label("同意更正").check()
    page.locator("#answer-value_0").fill("100")
    page.get_by_label("理由", exact=True).fill("漏看了平台上的提交，作业是完成的。")
    page.get_by_role("button", name="提交答复").tap()
    expect(page.get_by_text("采分主体答复：同意更正")).to_be_visible()
    assert is_within_the_screen(page)

    page = window(visit_of, "adviser").page
    page.goto(case)
    expected = cents(page.locator(".trial dd strong").last.inner_text())
    page.get_by_label("申诉成立", exact=True).check()
    page.get_by_label("理由", exact=True).fill("任课教师同意，情况属实。")
    page.get_by_role("button", name="提交审核意见").click()
    expect(page.get_by_text("更正已入账")).to_be_visible()

    # Card, case and report agree, and whoever opens the number is told.
    _, at_last = card_of(student)
    assert at_last > after_lesson
    assert abs(at_last - expected) <= 1, "the trial rounds one slot by itself"
    page = student.page
    page.goto(case)
    expect(page.get_by_text("申诉成立，已更正").first).to_be_visible()
    assert is_within_the_screen(page)
    page.goto(f"{student.address}/students/{number}/report")
    assert cents(page.locator(".report-totals div", has_text="账户余额").locator("dd").inner_text()) == at_last
