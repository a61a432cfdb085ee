import re

import pytest

from dashboards import growth_card, student
from dashboards.student import PAGE
from indicators.growth_card.points import shipped_card
from indicators.model import Level
from layouts.exports.shown import parts_of
from tests.dashboards.account_book import BOOKS, AccountBook
from tests.dashboards.campus import ADVISER, DEPARTMENT_HEAD, LEADER, PSYCHOLOGY, STUDENT, services_of, viewer
from tests.layouts.component_tree import find, text, types

CARD_PANELS = {panel.name: panel for panel in PAGE.panels if panel.name.startswith("card")}


def load(*posts, number=101, search="", book=None):
    services = services_of(viewer(*(posts or (STUDENT,))), book=book)
    return student.load(PAGE.view(services, path=f"/students/{number}", search=search))


def draw(panel, *posts, **how):
    return CARD_PANELS[panel].draw(load(*posts, **how))


def rows(content):
    return [row for store in types(content.body, "Store") for row in store.data["rows"]]


def cents(words):
    """Points as written, in hundredths."""
    return round(float(words.replace("−", "-").replace("+", "").replace(",", "")) * 100)


def total_of(holder_key, term=None):
    return sum(entry.points for entry in BOOKS[holder_key] if term is None or entry.term.key == term)


def test_the_page_begins_with_the_card():
    assert [panel.name for panel in PAGE.panels][:3] == ["card", "card_next", "card_changes"]
    assert {panel.wave for panel in PAGE.panels[:3]} == {1}


def test_the_numbers_of_the_page_reconcile():
    """Accounts add up to the term, the ledger's lines add up to it, points to accounts, terms to the balance."""
    data = load()
    ledger = [cents(row[1]["text"]) for row in rows(CARD_PANELS["card_ledger"].draw(data))]
    face = text(CARD_PANELS["card"].draw(data).body)
    accounts = [cents(found) for found in re.findall(r"发展(−?[\d.,]+) / ", face)]
    points = [cents(row[1]["text"]) for row in rows(CARD_PANELS["card_points"].draw(data))]
    whole = total_of((data.growth.holder, 101), "2026-2027-1")
    assert len(accounts) == 3
    assert sum(accounts) == sum(ledger) == sum(points) == cents(re.search(r"得 (−?[\d.,]+) 分", face)[1]) == whole
    assert cents(re.search(r"余额（历年累计）([\d.,]+)分", face)[1]) == total_of((data.growth.holder, 101))


def test_the_face_tells_gain_and_peers_and_no_rank():
    told = text(draw("card").body)
    assert "较上学期" in told
    assert "在本班 25%–50%" in told
    assert "名" not in told


def test_debts_are_told_beside_an_empty_balance():
    told = text(draw("card", ADVISER, number=103).body)
    assert "余额（历年累计）0分" in told
    assert "待抵扣 12.5 分" in told


@pytest.mark.parametrize(
    ("post", "is_withheld"), [(LEADER, True), (DEPARTMENT_HEAD, False), (ADVISER, False), (STUDENT, False)]
)
def test_where_discipline_may_not_be_seen_it_is_in_no_sum_and_that_is_said(post, is_withheld):
    told = text(draw("card", post).body)
    assert ("不含涉及违纪的采分点" in told) == is_withheld
    assert ("违纪频次" in str(rows(draw("card_points", post)))) != is_withheld
    assert ("违纪频次" in str(rows(draw("card_ledger", post)))) != is_withheld
    assert ("在本班" in told) != is_withheld  # it is made from all points


def test_who_may_not_see_the_figures_of_students_sees_no_card():
    data = load(PSYCHOLOGY)
    assert not [panel for panel in CARD_PANELS.values() if panel.belongs(data)]


def test_counselling_is_on_no_panel_of_a_card():
    for panel in CARD_PANELS:
        assert "心理" not in str(draw(panel).body), panel


def test_the_balance_of_a_past_day_counts_what_was_booked_until_then():
    told = text(draw("card", search="?on=2026-11-16").body)
    assert "截至 2026-11-16" in told
    assert "得 22.22 分" in told
    assert "在本班" not in told


def test_a_day_of_an_earlier_term_shows_that_term():
    shown = draw("card", search="?on=2026-07-05")
    assert "25–26第二学期" in shown.note
    assert "所选日期在这个学期" in text(shown.body)
    assert "得 58.5 分" in text(shown.body)


def test_a_day_before_everything_one_to_come_and_one_that_is_none_are_answered():
    for panel in ("card", "card_next"):
        assert "这一天之前没有入账" in text(draw(panel, search="?on=2020-01-01").body)
    for day in ("2026-02-30", "2030-01-01"):
        assert "截至 2026-11-20" in text(draw("card", search=f"?on={day}").body)
        assert "本学期已经采完" not in text(draw("card_next", search=f"?on={day}").body)


def test_who_has_nothing_in_the_running_term_is_shown_the_last_one_with_entries():
    shown = draw("card", ADVISER, number=102)
    assert "最近一个有入账的学期" in text(shown.body)
    assert "得 90 分" in text(shown.body)


def test_a_term_without_entries_leads_to_those_with_some():
    book = AccountBook(books={key: found[2:] for key, found in BOOKS.items()})
    shown = draw("card", book=book, search="?term=2025-2026-2")
    assert "还没有入账" in text(shown.body)
    assert [link.href for link in types(shown.body, "A")] == ["/students/101?term=2026-2027-1"]


@pytest.mark.parametrize("panel", sorted(CARD_PANELS))
def test_before_anything_was_posted_every_panel_says_so(panel):
    book = AccountBook(books={}, terms=())
    assert "还没有入账" in text(draw(panel, book=book).body)


def test_a_frozen_term_says_so():
    told = text(draw("card", search="?term=2025-2026-2").body)
    assert "已于 2026-07-19 冻结" in told


def test_changes_of_the_week_carry_sign_and_reason_and_add_up():
    shown = draw("card_changes")
    found = rows(shown)
    assert {"第11周 94.4%", "第11周 85%"} <= {row[3] for row in found}
    brought, most = (sum(cents(row[place]["text"]) for row in found) / 100 for place in (1, 2))
    assert shown.note == f"近 7 天合计 {brought:+g} 分，可得 {most:g} 分".replace("-", "−")


def test_growth_is_a_point_a_term_and_abilities_stand_apart():
    assert [row[0] for row in parts_of("x", draw("card_growth"))[0].sheet.rows] == ["25–26第二学期", "26–27第一学期"]
    abilities = parts_of("x", draw("card_abilities"))[0].sheet
    assert abilities.rows == [("25–26第二学期", 2.0, None)]


def test_what_to_do_next_is_what_is_worth_most_with_the_points_it_can_bring():
    found = rows(draw("card_next"))
    assert found
    assert all(row[1]["value"] > 0 and len(row[2]) > 10 for row in found)


def test_after_the_term_there_is_nothing_left_to_gain_in_it():
    assert "本学期已经采完" in text(draw("card_next", search="?on=2026-07-05").body)


def test_every_point_has_its_rule_and_those_that_are_not_due_are_named_apart():
    shown = draw("card_points")
    by_name = {row[0]["text"]: row for row in rows(shown)}
    assert by_name["准时率（未迟到）"][6] == "≥98% 满分，≤80% 得 0 分，其间按比例；按 18 个教学周均分"
    assert by_name["学期学分绩"][2] == {"text": "待学期末", "name": "is-inactive"}
    assert by_name["满勤率（无请假缺课）"][2]["text"] == "没有记录，不入分母"
    idle = [text(told).removeprefix("本学期未活跃、不入分母：").split("、") for told in types(shown.body, "P")]
    names = [*by_name, *(name for account in idle for name in account)]
    assert sorted(names) == sorted(p.name for p in shipped_card().of(Level.STUDENT) if not p.is_neutral)


def test_the_points_of_an_account_are_folded_below_its_sums():
    folds = types(draw("card_points").body, "Details")
    heads = [text(fold.children[0]) for fold in folds]
    assert [head[:4] for head in heads] == ["学业发展", "个人发展", "职业发展"]
    assert all("个采分点活跃" in head for head in heads)
    assert not any(getattr(fold, "open", None) for fold in folds)


def test_the_page_of_a_student_leads_to_the_report_of_the_term():
    (link,) = types(draw("card", ADVISER, search="?term=2025-2026-2").body, "A")
    assert (link.children, link.href) == ("学期诊改报告", "/students/101/report?term=2025-2026-2")


def test_points_lead_to_their_numbers():
    assert rows(draw("card_points", ADVISER))[0][0]["href"] == "/indicators/STU-ACD-01?of=student%3A101"


def test_files_hold_points_as_numbers():
    part = parts_of("x", draw("card"))[0]
    assert part.rows[0][0] == "学业发展"
    assert part.rows[3][0] == "学期合计"
    assert not find(draw("card").body, className="chart-view")


def test_a_day_is_none_where_a_page_has_no_such_filter():
    data = load()
    assert growth_card.chosen(data.view, "nothing") == ""
