"""The growth card in a real browser: on a student's phone, on the desk of the class adviser, and that its numbers add up."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}
LEDGER = "[id*='\"card_ledger\"']"
FACE = "[id*='\"card\"'] .growth-face"


def cents(words):
    """Points as written, in hundredths."""
    return round(float(words.replace("−", "-").replace("+", "").replace(",", "")) * 100)


def told(page):
    """What the face of the card says: the balance, the term, its accounts."""
    words = page.locator(FACE).inner_text()
    return {
        "balance": cents(page.locator(".growth-figure").inner_text()),
        "net": cents(re.search(r"得 (−?[\d.,]+) 分", words)[1]),
        "accounts": [
            cents(found.split(" / ")[0]) for found in page.locator(".growth-account-points").all_inner_texts()
        ],
    }


def is_within_the_screen(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def whole(page):
    """Ask for the whole ledger, of which the page shows the latest lines."""
    page.locator(f"{LEDGER} a", has_text="全部流水").click()
    expect(page.locator(f"{LEDGER} a", has_text="收起")).to_be_visible()


def ledger(page):
    """Every entry of the term, page after page."""
    cells = page.locator(f"{LEDGER} tbody tr td:nth-child(2)")
    found = []
    while True:
        expect(cells.first).to_be_visible()
        found += [cents(words) for words in cells.all_inner_texts()]
        following = page.locator(f"{LEDGER} .pager-links a", has_text="下一页")
        if not following.count():
            return found
        shown = page.locator(f"{LEDGER} .pager > span").inner_text()
        following.click()
        expect(page.locator(f"{LEDGER} .pager > span")).not_to_have_text(shown)


def test_a_student_reads_the_own_card_on_a_phone_and_every_number_adds_up(visit_of):
    visit = visit_of(**PHONE)
    page = visit.sign_in("student")
    expect(page.locator(FACE)).to_be_visible()
    at_home = told(page)
    assert is_within_the_screen(page)
    page.locator(".growth-link").click()
    page.wait_for_url(re.compile(r"/students/\d+$"))
    whole(page)
    assert told(page) == at_home
    assert is_within_the_screen(page)
    assert at_home["net"] == sum(at_home["accounts"]) == sum(ledger(page))
    assert page.locator("main").inner_text().count("心理辅导频次") == 0


def test_the_ledger_is_filtered_where_it_stands_and_the_address_keeps_it(visit_of):
    page = visit_of(**PHONE).sign_in("student")
    page.locator(".growth-link").click()
    whole(page)
    page.locator(f"{LEDGER} .growth-filter a", has_text="期初存入").click()
    page.wait_for_url(re.compile("kind=opening"))
    kinds = page.locator(f"{LEDGER} tbody td:nth-child(5)")
    expect(kinds.first).to_have_text("期初存入")
    assert set(kinds.all_inner_texts()) == {"期初存入"}
    page.reload()
    expect(kinds.first).to_have_text("期初存入")


def test_an_adviser_goes_from_the_bands_of_the_class_to_the_card_of_a_student(visit_of):
    page = visit_of().sign_in("adviser")
    page.wait_for_selector("[id*='\"posts\"'] .panel-body")
    class_id = re.search(r"/classes/(\d+)", page.content())
    assert class_id, "the adviser's home leads to the class"
    page.goto(f"{page.url.rstrip('/')}/classes/{class_id[1]}")
    members = page.locator("[id*='\"card_members\"'] tbody tr")
    expect(members.first).to_be_visible()
    everybody = members.count()
    page.locator("[id*='\"growth-bands\"'] .point path").last.wait_for(state="attached")
    members.first.locator("a").click()
    page.wait_for_url(re.compile(r"/students/\d+$"))
    expect(page.locator(FACE)).to_be_visible()
    assert everybody > 5
