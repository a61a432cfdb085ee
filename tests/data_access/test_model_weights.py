"""Weights of the model: refused where they make no sense, kept for ever, never reaching back."""

import dataclasses
import datetime as dt
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.database.access_models import AuditEvent
from data_access.model_weights import (
    DimensionWeights,
    ModelWeights,
    OvertakenError,
    WeightsError,
    WeightSet,
    differences,
    in_force,
    problems,
)

NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
OFFICE = Actor("zlb01", 4, "10.0.0.7")
PROPOSAL = {
    "quality": DimensionWeights(weight=60.0, items={"MAJ-QUA-01": 50.0, "MAJ-QUA-02": 50.0}),
    "support": DimensionWeights(weight=40.0, items={"MAJ-GUA-01": 100.0}),
}


def other(quality=70.0, **items):
    return {
        "quality": DimensionWeights(weight=quality, items=items or {"MAJ-QUA-01": 30.0, "MAJ-QUA-02": 70.0}),
        "support": DimensionWeights(weight=100.0 - quality, items={"MAJ-GUA-01": 100.0}),
    }


@pytest.fixture
def weights(installation):
    audit = AuditLog(installation.database, now=lambda: NOW)
    return ModelWeights(installation.database, audit, PROPOSAL, now=lambda: NOW)


def events(installation):
    with installation.database.connect() as connection:
        return connection.execute(select(*AuditEvent.__table__.columns)).all()


def enter(weights, given=None, *, year=2026, reason="学术委员会审议", by=OFFICE):
    return weights.set(given or other(), valid_from_year=year, reason=reason, by=by)


def test_before_any_set_the_proposal_counts(weights):
    assert weights.current(2026) == PROPOSAL
    assert weights.history() == ()


def test_a_set_counts_from_its_year_on_and_leaves_earlier_years(weights):
    enter(weights, other(70.0), year=2026)
    assert weights.current(2025) == PROPOSAL
    assert weights.current(2026) == weights.current(2030) == other(70.0)


def test_of_two_sets_for_a_year_the_last_entered_counts_and_both_stay(weights):
    first, second = enter(weights, other(70.0)), enter(weights, other(80.0))
    assert weights.current(2026) == other(80.0)
    assert [item.set_id for item in weights.history()] == [second, first]
    assert weights.history()[0] == WeightSet(
        set_id=second, valid_from_year=2026, weights=other(80.0), reason="学术委员会审议", set_by="zlb01", set_at=NOW
    )


def test_a_set_for_this_year_does_not_replace_one_that_was_entered_for_the_next(weights):
    enter(weights, other(80.0), year=2027)
    enter(weights, other(70.0), year=2026)
    assert weights.current(2026) == other(70.0)
    assert weights.current(2027) == other(80.0)


def test_a_change_is_in_the_audit_log_with_its_differences(weights, installation):
    set_id = enter(weights, other(70.0))
    [event] = events(installation)
    assert (event.kind, event.actor, event.subject, event.address) == (
        "target", "zlb01", "model:eight-dimensions", "10.0.0.7",
    )  # fmt: skip
    assert event.detail["set"] == set_id
    assert event.detail["valid_from_year"] == 2026
    assert event.detail["reason"] == "学术委员会审议"
    assert event.detail["changes"] == {
        "quality": [60, 70], "support": [40, 30], "MAJ-QUA-01": [50, 30], "MAJ-QUA-02": [50, 70],
    }  # fmt: skip


BAD = [
    ({"quality": PROPOSAL["quality"]}, ("support", ""), "缺少这个维度"),
    ({**PROPOSAL, "beauty": DimensionWeights(weight=1.0, items={})}, ("beauty", ""), "没有维度"),
    (other(0.0), ("quality", ""), "大于 0"),
    (other(float("nan")), ("quality", ""), "大于 0"),
    (other(True), ("quality", ""), "大于 0"),
    ({**PROPOSAL, "support": dataclasses.replace(PROPOSAL["support"], weight=41.0)}, ("", ""), "现为 101，多 1"),
    (other(60.0, **{"MAJ-QUA-01": 40.0, "MAJ-QUA-02": 50.0}), ("quality", "*"), "现为 90，少 10"),
    (other(60.0, **{"MAJ-QUA-01": 100.0}), ("quality", "MAJ-QUA-02"), "缺少这个分项"),
    (other(60.0, **{"MAJ-QUA-01": 50.0, "MAJ-QUA-02": -1.0}), ("quality", "MAJ-QUA-02"), "大于 0"),
    (other(60.0, **{"MAJ-QUA-01": 50.0, "MAJ-QUA-02": 50.0, "MAJ-X": 1.0}), ("quality", "MAJ-X"), "没有分项"),
]


@pytest.mark.parametrize(("given_weights", "where", "words"), BAD, ids=[words + str(where) for _, where, words in BAD])
def test_a_set_that_makes_no_sense_is_refused_where_it_is_wrong(given_weights, where, words):
    found = problems(given_weights, PROPOSAL)
    assert any((p.dimension, p.item) == where and words in p.message for p in found)


@pytest.mark.parametrize(
    ("change", "item"),
    [
        ({"reason": "  "}, "reason"),
        ({"reason": "长" * 301}, "reason"),
        ({"year": 2025}, "year"),
        ({"year": 2028}, "year"),
    ],
)
def test_a_set_without_reason_or_for_another_time_is_refused_and_leaves_nothing(weights, installation, change, item):
    with pytest.raises(WeightsError) as refused:
        enter(weights, **change)
    assert [problem.item for problem in refused.value.problems] == [item]
    assert weights.history() == ()
    assert events(installation) == []


@pytest.mark.parametrize("reason", ["审\x00议", "审\u202e议", "审\u200b议", "审\ud800议"])
def test_a_reason_that_cannot_be_printed_is_refused(weights, reason):
    with pytest.raises(WeightsError, match="看不见"):
        enter(weights, reason=reason)


def test_a_reason_may_have_lines_and_wide_blanks(weights):
    enter(weights, reason="学术委员会审议\r\n附件\u3000二")
    assert len(weights.history()) == 1


def test_nothing_is_entered_over_a_set_that_one_has_not_seen(weights, installation):
    first = weights.set(other(70.0), valid_from_year=2026, reason="一", by=OFFICE, seen=0)
    with pytest.raises(OvertakenError):
        weights.set(other(80.0), valid_from_year=2026, reason="二", by=OFFICE, seen=0)
    assert len(events(installation)) == 1
    weights.set(other(80.0), valid_from_year=2026, reason="二", by=OFFICE, seen=first)
    assert len(weights.history()) == 2


def test_of_several_who_enter_at_once_what_they_saw_one_succeeds(weights):
    start, told = threading.Barrier(4), []

    def attempt(quality):
        start.wait()
        try:
            weights.set(other(quality), valid_from_year=2026, reason="同时", by=OFFICE, seen=0)
        except OvertakenError as error:
            told.append(error)

    threads = [threading.Thread(target=attempt, args=(50.0 + n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 3
    assert len(weights.history()) == 1


def test_all_that_is_wrong_is_told_at_once(weights):
    with pytest.raises(WeightsError) as refused:
        enter(weights, other(70.0, **{"MAJ-QUA-01": 40.0, "MAJ-QUA-02": 50.0}), year=1999, reason="")
    assert len(refused.value.problems) == 3


def test_thirds_are_a_whole_within_the_tolerance():
    thirds = {
        "quality": DimensionWeights(weight=60.0, items={"MAJ-QUA-01": 33.33, "MAJ-QUA-02": 66.67}),
        "support": DimensionWeights(weight=39.995, items={"MAJ-GUA-01": 100.0}),
    }
    assert problems(thirds, PROPOSAL) == ()


def test_a_set_that_is_not_written_is_not_in_the_log_either(weights, installation, monkeypatch):
    def fail(*_given):
        raise RuntimeError("the log is full")

    monkeypatch.setattr(AuditLog, "write_in", fail)
    with pytest.raises(RuntimeError):
        enter(weights)
    assert weights.history() == ()


years = st.integers(2020, 2030)


@given(st.lists(years, max_size=6), years)
def test_whatever_is_added_for_later_years_leaves_a_year_alone(entered, year):
    sets = [
        WeightSet(set_id=n, valid_from_year=y, weights=other(50.0 + n), reason="", set_by="", set_at=NOW)
        for n, y in enumerate(entered, 1)
    ][::-1]
    reaching = [item for item in sets if item.valid_from_year <= year]
    assert in_force(sets, year, PROPOSAL) == in_force(reaching, year, PROPOSAL)


def test_differences_name_what_changed_and_what_is_new():
    assert differences(PROPOSAL, PROPOSAL) == {}
    assert differences(PROPOSAL, {"quality": PROPOSAL["quality"]}) == {"support": (40, None), "MAJ-GUA-01": (100, None)}
