import dataclasses

import pytest

from dashboards import school_class, student
from dashboards.growth_ledger import LATEST, LINES, draw_ledger
from indicators.model import Level
from tests.dashboards.account_book import BOOKS, TERMS, AccountBook, Entry
from tests.dashboards.campus import ADVISER, STUDENT, services_of, viewer
from tests.layouts.component_tree import text, types

NAMES = ("point", "points", "day", "value", "kind", "evidence", "dispute", "number")


def load(*posts, number=101, search="", book=None):
    services = services_of(viewer(*(posts or (STUDENT,))), book=book)
    return student.load(student.PAGE.view(services, path=f"/students/{number}", search=search))


def draw(*posts, **how):
    return draw_ledger(load(*posts, **how).growth)


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def lines(*posts, **how):
    names = NAMES if not posts else tuple(name for name in NAMES if name != "dispute")
    return [dict(zip(names, row, strict=True)) for row in rows(draw(*posts, **how))]


def line(number, *posts, **how):
    return next(found for found in lines(*posts, **how) if found["number"] == str(number))


def test_every_entry_of_the_term_is_listed_the_last_booked_first():
    numbers = [int(found["number"]) for found in lines()]
    assert numbers == [8, 7, 6, 5, 4, 3]


def test_a_reversal_leads_to_what_it_reverses_and_back():
    taken_back, reversal = line(5), line(6)
    assert taken_back["kind"] == {"text": "已冲正", "name": "is-inactive"}
    assert "由流水 6 冲正" in taken_back["evidence"]["text"]
    assert reversal["evidence"]["text"] == "冲正流水 5"
    assert reversal["evidence"]["href"] == taken_back["evidence"]["href"] == "/students/101?point=STU-ACD-02"
    assert reversal["evidence"]["name"] == "in-place"
    assert {found["number"] for found in lines(search="?point=STU-ACD-02")} == {"4", "5", "6", "7"}


def test_evidence_leads_to_the_card_of_the_number_or_names_sheet_and_person():
    assert line(4, ADVISER)["evidence"]["href"] == ("/indicators/STU-ACD-02?of=student%3A101&period=2026-2027-1-W11")
    assert line(7)["evidence"] == "任课教师采分表·第11周，t0101 2026-11-16 16:00 提交"


def test_a_student_is_led_to_dispute_as_long_as_that_is_open():
    assert line(7)["dispute"] == {"text": "申诉（至 11-23）", "href": "/disputes/new?entry=7", "name": "to-form"}
    assert [line(number)["dispute"] for number in (3, 4, 5, 6)] == ["—"] * 4


def test_nobody_disputes_for_a_student():
    titles = [column["title"] for column in types(draw(ADVISER).body, "Store")[0].data["columns"]]
    assert "申诉" not in titles


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("?account=个人发展", ["3"]),
        ("?kind=deduction", ["8"]),
        ("?kind=reversal", ["6"]),
        ("?account=学业发展&kind=deposit", ["7", "5", "4"]),
        ("?term=2025-2026-2", ["2", "1"]),
        ("?on=2026-11-15", ["4", "3"]),
    ],
)
def test_the_list_is_filtered_in_the_address(search, expected):
    assert [found["number"] for found in lines(search=search)] == expected


def test_filters_are_links_that_keep_the_place_and_go_back_to_the_first_page():
    links = {link.children: link for link in types(draw(search="?kind=deposit&page=2").body, "A")}
    assert links["存入"].className == "in-place is-on"
    assert links["个人发展"].href == "/students/101?account=%E4%B8%AA%E4%BA%BA%E5%8F%91%E5%B1%95&kind=deposit"


def test_a_point_is_cleared_where_it_stands():
    links = {link.children: link.href for link in types(draw(search="?point=STU-ACD-02").body, "A")}
    assert links["✕ 准时率（未迟到）"] == "/students/101"


@pytest.mark.parametrize("search", ["?point=STU-PER-12", "?point=XXX-00", "?account=evil", "?kind=drop"])
def test_a_filter_that_names_nothing_is_left_out(search):
    data = load(search=search)
    assert len(data.view.rejected) == 1
    assert len(rows(draw_ledger(data.growth))) == 6


def test_filters_that_leave_nothing_say_so_and_stay():
    shown = draw(search="?account=职业发展")
    assert "没有符合条件的流水" in text(shown.body)
    assert types(shown.body, "A")


def many(count):
    entries = tuple(
        Entry(entry_id=n, point="STU-ACD-02", points=n, possible=222, week=n % 18 + 1, raw=90.0)
        for n in range(1, count + 1)
    )
    return AccountBook(books={(Level.STUDENT, 101): entries})


def test_a_long_ledger_comes_in_pages_and_a_file_holds_all_of_it():
    book = many(2 * LINES + 5)
    pages = [[found["number"] for found in lines(book=book, search=f"?ledger=all&page={page}")] for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [LINES, LINES, 5]
    assert len({number for page in pages for number in page}) == 2 * LINES + 5
    data = load(book=book)
    whole = dataclasses.replace(data.growth, view=dataclasses.replace(data.view, most_rows=1000))
    assert len(rows(draw_ledger(whole))) == 2 * LINES + 5


def test_a_long_ledger_begins_with_what_came_last_and_leads_to_the_rest():
    book = many(LATEST + 4)
    shown = draw(book=book)
    (way,) = types(shown.body, "A")
    assert len(rows(shown)) == LATEST
    assert (way.children, way.href) == (f"全部流水（{LATEST + 4} 笔）", "/students/101?ledger=all")
    whole = draw(book=book, search="?ledger=all")
    assert len(rows(whole)) == LATEST + 4
    assert {link.children: link.href for link in types(whole.body, "A")}["收起"] == "/students/101"


def test_whoever_asks_for_a_part_of_the_ledger_gets_all_of_that_part():
    assert len(rows(draw(book=many(LATEST + 4), search="?point=STU-ACD-02"))) == LATEST + 4


def test_a_class_has_a_ledger_of_its_own():
    view = school_class.PAGE.view(services_of(viewer(ADVISER)), path="/classes/1", search="")
    found = rows(draw_ledger(school_class.SchoolClass(view=view).growth))
    assert [row[-1] for row in found] == [str(e.entry_id) for e in BOOKS[Level.CLASS, 1]]
    assert TERMS[1].key == view["term"]
