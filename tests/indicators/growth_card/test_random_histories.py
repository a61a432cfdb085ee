"""Whatever the history, what is shown is the sum of what is entered: facts, late facts, corrections, closed terms.

Histories are drawn by Hypothesis and posted by the real writer of the ledger. Each has students of its own in one
database: nothing can be deleted from a ledger.
"""

import datetime as dt
import itertools
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from data_access.database import transaction
from data_access.database.growth_models import CardEntry
from data_access.database.models import Entity
from data_access.growth_card.ledger_laws import LedgerLaws
from data_access.growth_card.postings import begin
from data_access.growth_card.settlement import Target, settle
from data_access.growth_card.standings import rank
from indicators.growth_card.points import Rule, shipped_card
from indicators.growth_card.rules import effects, possible, settled
from indicators.growth_card.slots import slots_of
from indicators.model import Level
from tests.conftest import DATABASES
from tests.indicators.growth_card.written_ledger import (
    ALL,
    AUTUMN,
    SPRING,
    STARTS,
    TERM_IDS,
    WEEKS,
    WrittenLedger,
    week,
)

CARD = shipped_card()
POINTS = [
    CARD.by_code[code]
    for code in (
        "STU-ACD-02", "STU-ACD-03", "STU-ACD-07", "STU-ACD-09", "STU-PER-13", "STU-PER-14", "STU-PER-15", "STU-CAR-05",
        "STU-CAR-13",
    )
]  # fmt: skip
"""One of each rule that has an effect, with all kinds of slots but those of plans."""
ACCOUNTS = {point.code: point.account for point in CARD.points if not point.is_neutral}
NUMBERS = itertools.count(1000)

values = st.one_of(st.none(), st.floats(min_value=0, max_value=100, width=32))
changes = st.tuples(st.integers(0, 1), st.sampled_from(POINTS), st.integers(0, WEEKS - 1), values, st.booleans())
"""(which student, point, which slot, value, whether it is a correction)"""
histories = st.lists(
    st.tuples(st.sampled_from([SPRING, AUTUMN]), st.integers(1, 22), st.lists(changes, max_size=12)),
    min_size=1,
    max_size=5,
)
"""[(term, week in which it is posted, what has been heard of since)]; after week 20 the term is closed."""


@dataclass
class Model:
    """What is known of two students: values by (student, term, point, slot), and which of them are corrections."""

    ledger: WrittenLedger
    students: tuple[int, int]
    facts: dict = field(default_factory=dict)
    corrections: dict = field(default_factory=dict)
    terms: dict = field(default_factory=dict)

    def hear(self, term, changed):
        """Takes what is new, and gives the students and points that corrections are about."""
        corrected = set()
        for which, point, number, value, is_correction in changed:
            slots = [slot for slot in slots_of(point, self.terms[term]) if slot.kind is not None]
            if not slots:
                continue
            key = (self.students[which], term, point.code, slots[number % len(slots)].key)
            if is_correction:
                self.corrections[key] = value
                corrected.add((self.students[which], point.code))
            else:
                self.facts[key] = value
        return corrected

    def targets(self, student, term, day):
        """What the account of a student is to hold in a term on a day, worked out by the rules alone."""
        found = {}
        for point in POINTS:
            slots = slots_of(point, self.terms[term])
            if not slots:
                continue
            heard = {**self.facts, **self.corrections}
            raws = [heard.get((student, term, point.code, slot.key)) for slot in slots]
            timely = [slot.kind is None or slot.booked_on <= day for slot in slots]
            told = np.array([np.nan if raw is None else scaled(point, raw) for raw in raws])
            told[[not is_timely for is_timely in timely]] = np.nan
            gains, losses = zip(*(each(point, raw, slot) for raw, slot in zip(told, slots, strict=True)), strict=True)
            brought = settled(point, np.array([gains]), np.array([losses]))[0]
            most = possible(point, [slot.share for slot in slots])
            for slot, raw, worth, limit in zip(slots, told, brought, most, strict=True):
                if slot.kind is None or not np.isnan(raw):
                    kind = "opening" if slot.kind is None else "deposit" if worth >= 0 else "deduction"
                    found[point.code, slot.key] = Target(
                        point=point.code, slot=slot.key, kind=kind, booked_on=slot.booked_on,
                        raw=None if np.isnan(raw) else float(raw), points=int(worth), possible=int(limit),
                        sheet_id=None, correction_id=None,
                    )  # fmt: skip
        return found

    def post(self, term, day, corrected):
        """Posts a term as of a day; of a closed one only what corrections are about."""
        closed = day > self.terms[term].freezes_on
        posting = begin(
            self.ledger.database, term_id=TERM_IDS[term], moment=dt.datetime.combine(day, dt.time(4), dt.UTC),
            frozen_on=day if closed else None, cause="facts", as_of=day, data_version=1, rules_version="test",
            posted_by="test",
        )  # fmt: skip
        wanted = {student: self.targets(student, term, day) for student in self.students}
        only = None
        if closed:
            only = {s: {code for whose, code in corrected if whose == s} for s in self.students}
            wanted = {s: {key: t for key, t in wanted[s].items() if t.point in only[s]} for s in self.students}
        done = settle(self.ledger.database, posting, holder=5, targets=wanted, codes=None, only=only, accounts=ACCOUNTS)
        rank(self.ledger.database, TERM_IDS[term], 5, [self.students])
        return done.counts


def scaled(point, value):
    """A number from 0 to 100 as a value that the rule might read."""
    match point.rule:
        case Rule.COUNT_UP | Rule.COUNT_DOWN | Rule.LEVEL if point.code != "STU-CAR-13":
            return float(value // 20)
        case Rule.DELTA:
            return value / 5 - 10
        case Rule.BAND_HOURS:
            return value * 3
        case _:
            return float(value)


def each(point, raw, slot):
    """Gain and loss of one slot."""
    if slot.kind is None:
        return point.opening, 0.0
    told = {"raw": np.array([raw])}
    if point.rule is Rule.LINEAR_DEDUCT:
        told["events"] = np.array([0.0 if np.isnan(raw) else raw // 30])
    gain, loss = effects(point, told, share=slot.share or 1.0)
    return float(gain[0]), float(loss[0])


@pytest.fixture(scope="module", params=DATABASES)
def ledger(request, install, tmp_path_factory):
    return WrittenLedger(install(tmp_path_factory.mktemp("histories"), request.param).database)


@settings(max_examples=10, deadline=None)
@given(history=histories)
def test_what_is_shown_is_the_sum_of_what_is_entered_whatever_has_happened(ledger, history):
    model = enrolled(ledger)
    for term, posted_in, changed in history:
        day = STARTS[term] + dt.timedelta(days=7 * posted_in)
        corrected = model.hear(term, changed)
        model.post(term, day, corrected)
        again = model.post(term, day, corrected)
        assert (again.entries, again.reversals) == (0, 0), "what has not changed is left alone"
    for student in model.students:
        rows = entries_of(ledger, student)
        adds_up(ledger, student, rows)
        one_counts_and_reversals_negate(rows)
    assert laws(ledger).check().problems == ()


def test_the_order_in_which_weeks_become_known_makes_no_difference(ledger):
    heard = [(0, point, number, 37.0 + 11 * number, False) for point in POINTS for number in (0, 1, 2)]
    results = []
    for weeks, changed in (((4,), heard), ((1, 2, 3, 4), heard), ((4, 4), heard[::-1])):
        model = enrolled(ledger)
        parts = np.array_split(np.arange(len(changed)), len(weeks))
        for number, part in zip(weeks, parts, strict=True):
            model.post(AUTUMN, week(AUTUMN, number), model.hear(AUTUMN, [changed[index] for index in part]))
        results.append(ledger.cards.student(model.students[0], scope=ALL).accounts)
    assert [[(line.net, line.possible) for line in lines] for lines in results] == [
        [(line.net, line.possible) for line in results[0]]
    ] * 3


def enrolled(ledger):
    """Two students nobody has posted to."""
    students = (next(NUMBERS), next(NUMBERS))
    with transaction(ledger.database) as connection:
        connection.execute(
            insert(Entity),
            [
                {
                    "level": "student", "entity_id": number, "code": f"s{number}", "name": f"学生{number}",
                    "aliases": "", "dept_id": 1, "major_id": 11, "class_id": 111, "grade_year": 2025,
                }
                for number in students
            ],
        )  # fmt: skip
    return Model(ledger, students, terms={term.key: term for term in ledger.cards.terms()})


def entries_of(ledger, student):
    with ledger.database.connect() as connection:
        query = select(CardEntry.__table__).where(CardEntry.holder == 5, CardEntry.holder_id == student)
        return [dict(row) for row in connection.execute(query).mappings()]


def adds_up(ledger, student, rows):
    """Every subtotal of the account's page is added up anew from the rows of the ledger, on several days."""
    days = sorted({row["booked_on"] for row in rows})
    for day in [*days[:: max(len(days) // 3, 1)], None]:
        until = [row for row in rows if day is None or row["booked_on"] <= day]
        view = ledger.cards.student(student, on=day, scope=ALL)
        assert view.total == view.balance - view.pending == sum(row["points"] for row in until)
        of_term = [row for row in until if row["term_id"] == TERM_IDS[view.term_key]]
        assert view.net == sum(row["points"] for row in of_term)
        assert view.possible == sum(row["possible"] for row in of_term)
        for line in view.accounts:
            codes = {point.code for point in line.points}
            assert line.net == sum(row["points"] for row in of_term if row["point"] in codes)
            for point in line.points:
                assert point.net == sum(row["points"] for row in of_term if row["point"] == point.code)
        for line in view.terms:
            assert line.net == sum(row["points"] for row in until if row["term_id"] == TERM_IDS[line.term_key])
    shown = ledger.cards.entries(Level.STUDENT, student, page_size=10_000, scope=ALL)
    assert sorted(line.entry_id for line in shown) == sorted(row["entry_id"] for row in rows)
    assert [line.is_live for line in shown].count(True) == len(
        {(r["term_id"], r["point"], r["slot"]) for r in live(rows)}
    )


def live(rows):
    reversed_ = {row["reversal_of"] for row in rows}
    return [row for row in rows if row["reversal_of"] is None and row["entry_id"] not in reversed_]


def one_counts_and_reversals_negate(rows):
    keys = [(row["term_id"], row["point"], row["slot"]) for row in live(rows)]
    assert len(keys) == len(set(keys))
    by_id = {row["entry_id"]: row for row in rows}
    named = [row for row in rows if row["reversal_of"] is not None]
    assert len({row["reversal_of"] for row in named}) == len(named)
    for row in named:
        former = by_id[row["reversal_of"]]
        assert former["reversal_of"] is None
        assert (former["points"], former["possible"]) == (-row["points"], -row["possible"])


def laws(ledger):
    return LedgerLaws(
        ledger.database,
        accounts={5: {point.code: point.account for point in CARD.of(Level.STUDENT) if not point.is_neutral}},
        caps={point.code: (point.max_deposit, point.max_deduct) for point in CARD.points},
    )
