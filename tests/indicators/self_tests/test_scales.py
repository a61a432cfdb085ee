"""Declarations of scales: what the shipped ones promise, and that contradictions are told, all at once."""

import copy
import datetime as dt

import pytest
import yaml

from data_access.contracts import contracts
from indicators.results import TermInfo
from indicators.self_tests.scales import HERE, ScaleError, scales_of, shipped_scales

AUTUMN = TermInfo(key="2026-2027-1", label="秋", start=dt.date(2026, 9, 7), end=dt.date(2027, 1, 17))
SPRING = TermInfo(key="2026-2027-2", label="春", start=dt.date(2027, 3, 1), end=dt.date(2027, 7, 11))
BLOCK = yaml.safe_load((HERE / "self_learning.yaml").read_text(encoding="utf-8"))


def scale(key):
    return next(item for item in shipped_scales() if item.key == key)


def test_every_scale_of_the_contract_has_its_questionnaire():
    assert {s.name for s in shipped_scales()} == set(contracts()["fact_self_test"].column("scale").enum)


def test_the_screening_alone_is_restricted_and_says_whom_to_turn_to():
    [screening] = [s for s in shipped_scales() if s.is_restricted]
    assert screening.name == "心理健康普查"
    assert "12356" in screening.care.contact
    assert "只有你自己和学校心理中心看得到" in screening.frame
    assert "不是诊断" in screening.frame


def test_no_sentence_is_used_by_two_scales():
    texts = [item.text for s in shipped_scales() for item in s.items]
    assert len(texts) == len(set(texts)) == 112


@pytest.mark.parametrize("key", ["self-learning", "career-maturity"])
def test_a_scale_is_open_in_its_weeks(key):
    item = scale(key)
    assert item.opening(AUTUMN) == (dt.date(2026, 11, 9), dt.date(2027, 1, 17))
    assert not item.is_open(AUTUMN, dt.date(2026, 11, 8))
    assert item.is_open(AUTUMN, dt.date(2026, 11, 9))
    assert item.is_open(AUTUMN, dt.date(2027, 1, 17))
    assert not item.is_open(AUTUMN, dt.date(2027, 1, 18))
    assert not item.is_open(None, dt.date(2026, 12, 1))


def test_a_scale_of_the_second_term_is_not_open_in_the_first():
    assert scale("overall").opening(AUTUMN) is None
    assert not scale("overall").is_open(AUTUMN, dt.date(2026, 12, 1))
    assert scale("overall").is_open(SPRING, dt.date(2027, 6, 1))
    assert scale("wellbeing").opening(SPRING) is None


def broken(change):
    block = copy.deepcopy(BLOCK)
    change(block)
    return block


def _set(**values):
    return lambda block: block.update(values)


PROBLEMS = [
    (lambda b: b["items"][0].update(dimension="luck"), "q01: there is no dimension 'luck'"),
    (lambda b: b["items"][1].update(key="q01"), "two items are called 'q01'"),
    (lambda b: b["items"][1].update(text=b["items"][0]["text"]), "two items say"),
    (lambda b: [i.pop("reversed", None) for i in b["items"]], "goals: some of its items must be reversed"),
    (lambda b: [i.update(reversed=True) for i in b["items"]], "reversed, and not all"),
    (lambda b: b["dimensions"][0].update(modules=["juggling"]), "there is no module 'juggling'"),
    (lambda b: b["items"].__delitem__(slice(10, None)), "needs 20 to 30 items, and has 10"),
    (lambda b: b["answers"].pop(), "needs 5 answers, and has 4"),
    (_set(levels={"alert": 60, "watch": 52}), "0 < alert < watch < 100"),
    (_set(open=[{"term": 3, "weeks": [1, 2]}]), "of term 1 or 2"),
    (_set(open=[{"term": 1, "weeks": [5, 2]}]), "the first not after the last"),
    (_set(name="星座"), "fact_self_test knows no scale '星座'"),
    (_set(name="心理健康普查"), "a restricted scale says whom to turn to"),
    (lambda b: b.pop("purpose"), "something is missing or unknown: 'purpose'"),
    (lambda b: b["dimensions"][0].update(colour="red"), "something is missing or unknown"),
]


@pytest.mark.parametrize(("change", "message"), PROBLEMS, ids=[message for _, message in PROBLEMS])
def test_a_contradiction_is_told(change, message):
    assert scales_of([BLOCK])
    with pytest.raises(ScaleError, match=message.replace("(", r"\(")):
        scales_of([broken(change)])


def test_all_problems_are_told_at_once():
    worse = broken(lambda b: (b["answers"].pop(), b["items"][0].update(dimension="luck")))
    with pytest.raises(ScaleError, match=r"answers, and has 4; .*luck"):
        scales_of([worse])
    with pytest.raises(ScaleError, match="the key 'self-learning' is used twice; the name '自学能力' is used twice"):
        scales_of([BLOCK, BLOCK])
