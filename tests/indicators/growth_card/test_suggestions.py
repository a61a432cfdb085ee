"""What can be done for each point, and how much of it is left in a term."""

import copy
import datetime as dt

import pytest
import yaml

from indicators.growth_card.points import PointsError, shipped_card
from indicators.growth_card.statements import Sums
from indicators.growth_card.suggestions import ADVICE_FILE, advice_of, points_left, shipped_advice, suggestions
from indicators.growth_card.term_slots import TermSlots
from tests.indicators.growth_card.test_slots import AUTUMN, SPRING

CARD = shipped_card()
MIDDLE = AUTUMN.weeks[8].end


def left(code, *, on=MIDDLE, posted=(), term=AUTUMN, **so_far):
    slots = tuple(TermSlots(CARD, term).of(code).values())
    return points_left(CARD.by_code[code], slots, on=on, posted=posted, so_far=Sums(**so_far))


def told(term, on, *, grade=2, sums=None, obtained=()):
    return suggestions(
        CARD.points, TermSlots(CARD, term), grade=grade, on=on, posted={}, sums=sums or {}, obtained=obtained,
        advice=shipped_advice(),
    )  # fmt: skip


def test_every_point_but_the_neutral_one_has_one_piece_of_advice():
    assert set(shipped_advice()) == {point.code for point in CARD.points} - {"STU-PER-12"}
    texts = [advice.text for advice in shipped_advice().values()]
    assert len(set(texts)) == 59
    assert all(10 <= len(text) <= 60 for text in texts)


def test_advice_is_the_students_own_or_of_whoever_collects_the_point_of_a_class():
    for code, advice in shipped_advice().items():
        owners = {"学生"} if code.startswith("STU-") else set(CARD.by_code[code].collectors)
        assert advice.owner in owners, code


@pytest.mark.parametrize("code", ["STU-PER-12", "STU-XXX-01", None])
def test_advice_that_is_missing_neutral_or_of_no_point_is_refused(code):
    block = copy.deepcopy(yaml.safe_load(ADVICE_FILE.read_text(encoding="utf-8")))
    if code is None:
        del block["STU-ACD-02"]
    else:
        block[code] = {"owner": "学生", "text": "去心理中心"}
    with pytest.raises(PointsError, match=code or "STU-ACD-02"):
        advice_of(block, CARD)


def test_half_a_term_leaves_half_of_a_shared_cap():
    assert left("STU-ACD-02") == 2000
    assert left("STU-ACD-02", on=AUTUMN.end) == 0
    assert left("STU-ACD-02", posted={"W18"}) == pytest.approx(2000 - 222, abs=1), "posted early"


def test_counts_of_months_are_left_up_to_their_cap():
    months_to_come = 2  # the ninth week ends on 1 November
    assert left("STU-ACD-08", net=0) == months_to_come * 300
    assert left("STU-ACD-08", net=1200) == 300, "the term brings 15 at most"


def test_what_is_deposited_at_the_start_leaves_nothing_to_gain():
    assert left("STU-PER-13", on=AUTUMN.start - dt.timedelta(days=1)) == 0
    assert left("STU-PER-14") == 0


def test_a_grade_is_told_of_its_own_points_alone():
    assert "STU-CAR-04" not in {item.point for item in told(SPRING, SPRING.start)}
    assert "STU-CAR-04" in {item.point for item in told(SPRING, SPRING.start, grade=3)}


def test_what_was_once_obtained_is_not_suggested_again():
    assert "STU-ACD-10" in {item.point for item in told(SPRING, SPRING.start)}
    assert "STU-ACD-10" not in {item.point for item in told(SPRING, SPRING.start, obtained={"STU-ACD-10"})}


def test_of_two_points_that_can_bring_as_much_the_one_that_was_missed_stands_first():
    sums = {"STU-ACD-02": Sums(net=1900, possible=2000), "STU-ACD-05": Sums(net=100, possible=2000)}
    order = [item.point for item in told(AUTUMN, MIDDLE, sums=sums)]
    assert order.index("STU-ACD-05") < order.index("STU-ACD-02")
