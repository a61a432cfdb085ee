"""The term report: every warning with an action, figures that are those of the account."""

import datetime as dt

import pytest

from indicators.growth_card.points import shipped_card
from indicators.growth_card.report import report_day, term_report
from indicators.growth_card.slots import CardTerm, Span, months_between
from indicators.growth_card.statements import AccountView, Sums, account_lines, term_lines
from indicators.growth_card.suggestions import shipped_advice
from indicators.growth_card.term_slots import TermSlots
from indicators.model import Level

CARD = shipped_card()
START, END = dt.date(2026, 8, 31), dt.date(2027, 1, 17)
WEEKS = tuple(
    Span(
        key=f"2026-2027-1-W{n + 1:02d}",
        label=f"第{n + 1}周",
        start=START + dt.timedelta(7 * n),
        end=START + dt.timedelta(7 * n + 6),
    )
    for n in range(19)
)
TERM = CardTerm(
    term_id=20261, key="2026-2027-1", acad_start=2026, number=1, start=START, end=END, weeks=WEEKS,
    months=months_between(START, END), freezes_on=END + dt.timedelta(14),
)  # fmt: skip
SUMS = {
    "STU-ACD-02": Sums(net=900, possible=1000),
    "STU-ACD-05": Sums(net=550, possible=1000),
    "STU-ACD-06": Sums(net=700, possible=1000),
    "STU-PER-09": Sums(net=200, possible=1000),
    "STU-PER-14": Sums(net=-2000, possible=0),
}
BEFORE = {"STU-ACD-02": Sums(net=800, possible=1000), "STU-ACD-06": Sums(net=900, possible=1000)}


def account(sums, on=None):
    lines = account_lines(
        CARD, CARD.of(Level.STUDENT), sums, term=TermSlots(CARD, TERM), grade=1, latest={}, units={}, quarters={}
    )  # fmt: skip
    net, possible = sum(s.net for s in sums.values()), sum(s.possible for s in sums.values())
    return AccountView(
        holder=Level.STUDENT, holder_id=1, term_key=TERM.key, on=on, total=net, net=net, possible=possible,
        cap=sum(line.cap for line in lines), band=CARD.band(100 * net / possible), gain=None, accounts=lines,
        week_changes=(), terms=term_lines(CARD, [TERM], {TERM.term_id: sums}), quarter=None, withheld=(),
        withheld_topics=(),
    )  # fmt: skip


def report(sums=SUMS, before=BEFORE, on=None):
    earlier = account(before) if before else None
    return term_report(account(sums, on), earlier, term=TERM, card=CARD, advice=shipped_advice())


def test_every_point_that_warns_or_took_more_than_it_gave_has_an_action_with_somebody_to_take_it():
    found = report().warnings
    assert [item.line.code for item in found] == ["STU-PER-14", "STU-PER-09", "STU-ACD-05"]  # what was lost most first
    assert all(item.owner and item.action for item in found)


def test_strengths_are_of_the_best_band_and_the_rest_is_what_may_still_be_gained():
    found = report()
    assert [item.line.code for item in found.strengths] == ["STU-ACD-02"]
    assert [item.line.code for item in found.missed] == ["STU-ACD-06"]


def test_no_point_is_told_of_twice_and_none_that_was_due_is_left_out():
    found = report()
    told = [item.line.code for item in (*found.warnings, *found.missed, *found.strengths)]
    assert sorted(told) == sorted(SUMS)


def test_changes_are_percentage_points_against_the_term_before():
    found = report()
    changes = {item.line.code: item.change for item in (*found.warnings, *found.missed, *found.strengths)}
    assert changes["STU-ACD-02"] == pytest.approx(10)
    assert changes["STU-ACD-06"] == pytest.approx(-20)
    assert changes["STU-PER-09"] is None  # the term before had none
    study = next(item for item in found.accounts if item.line.name == "学业发展")
    assert study.change == pytest.approx(100 * 2150 / 3000 - 85)


def test_the_first_term_has_nothing_to_be_held_against():
    assert all(item.change is None for item in report(before=None).accounts)


def test_sums_of_accounts_are_those_of_the_points_told_of():
    found = report()
    told = (*found.warnings, *found.missed, *found.strengths)
    for item in found.accounts:
        assert item.line.net == sum(f.line.net for f in told if f.line.account == item.line.name)


def test_a_frozen_term_is_reported_on_as_of_the_day_it_was_frozen():
    assert report_day(TERM, TERM.freezes_on) is None
    assert report_day(TERM, TERM.freezes_on + dt.timedelta(1)) == TERM.freezes_on
    assert not report().is_final
    assert report(on=TERM.freezes_on).is_final
