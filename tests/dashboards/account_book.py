"""Growth cards of the invented college: a few entries, and all that is shown of them added up from these.

Student 101 has entries in two terms, one of them reversed and one about discipline; 102 has none in the running term;
103 owes points. Class 1 has an account, and its students 101 to 140 have cards; class 2 has none.
"""

import dataclasses
import datetime as dt
from collections import defaultdict

from data_access.errors import UnknownNameError
from indicators.growth_card.points import shipped_card
from indicators.growth_card.rules import attainment
from indicators.growth_card.slots import CardTerm, Span, months_between
from indicators.growth_card.statements import (
    KINDS,
    AccountView,
    Band,
    Change,
    Evidence,
    Latest,
    LedgerLine,
    MemberStanding,
    Sums,
    account_lines,
    term_lines,
)
from indicators.growth_card.suggestions import shipped_advice, suggestions
from indicators.growth_card.term_slots import TermSlots
from indicators.model import Level
from tests.dashboards.college import EARLIER, TERM, WEEKS, week

CARD = shipped_card()
FACTS = Evidence(kind="facts", text="业务数据·第11周", code="STU-ACD-02", period_key="2026-2027-1-W11")
RECORDED = dt.datetime(2026, 11, 16, 8, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 21)
TOPICS = {"STU-PER-13": "违纪"}
UNITS = {"STU-ACD-02": "%", "STU-ACD-03": "%", "STU-PER-13": "次", "CLS-ACD-02": "%"}


def _term(info, term_id):
    weeks = tuple(
        Span(key=w.key, label=w.label, start=w.start, end=w.end) for w in (week(n, info) for n in range(1, WEEKS + 1))
    )
    return CardTerm(
        term_id=term_id, key=info.key, acad_start=int(info.key[:4]), number=int(info.key[-1]), start=info.start,
        end=info.end, weeks=weeks, months=months_between(info.start, info.end),
        freezes_on=info.end + dt.timedelta(days=14),
    )  # fmt: skip


TERMS = (_term(EARLIER, 20252), _term(TERM, 20261))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry; `week` of its term says slot and day."""

    entry_id: int
    point: str
    points: int
    possible: int
    week: int = 11
    raw: float | None = None
    term: CardTerm = TERMS[1]
    reversal_of: int | None = None
    evidence: Evidence = FACTS

    @property
    def booked_on(self):
        return self.term.weeks[self.week - 1].end

    @property
    def kind(self):
        if self.reversal_of is not None:
            return "reversal"
        return "opening" if self.week == 1 and self.raw is None else "deduction" if self.points < 0 else "deposit"


BOOKS = {
    (Level.STUDENT, 101): (
        Entry(entry_id=1, point="STU-ACD-09", points=5250, possible=10000, week=18, raw=71.0, term=TERMS[0]),
        Entry(entry_id=2, point="STU-PER-15", points=600, possible=2500, week=18, raw=2.0, term=TERMS[0]),
        Entry(entry_id=3, point="STU-PER-13", points=2000, possible=2000, week=1),
        Entry(entry_id=4, point="STU-ACD-02", points=222, possible=222, week=10, raw=99.0),
        Entry(entry_id=5, point="STU-ACD-02", points=111, possible=222, week=11, raw=89.0),
        Entry(entry_id=6, point="STU-ACD-02", points=-111, possible=-222, week=11, raw=89.0, reversal_of=5),
        Entry(
            entry_id=7, point="STU-ACD-02", points=178, possible=222, week=11, raw=94.4,
            evidence=Evidence(kind="sheet", text="任课教师采分表·第11周，t0101 2026-11-16 16:00 提交"),
        ),
        Entry(entry_id=8, point="STU-ACD-03", points=-500, possible=278, week=11, raw=85.0),
    ),
    (Level.STUDENT, 102): (
        Entry(entry_id=21, point="STU-ACD-09", points=9000, possible=10000, week=18, raw=86.0, term=TERMS[0]),
    ),
    (Level.STUDENT, 103): (Entry(entry_id=31, point="STU-ACD-03", points=-1250, possible=278, week=11, raw=70.0),),
    (Level.CLASS, 1): (
        Entry(entry_id=41, point="CLS-ACD-02", points=400, possible=444, week=11, raw=99.0),
        Entry(entry_id=42, point="CLS-PER-06", points=4000, possible=4000, week=1),
    ),
}  # fmt: skip


class AccountBook:
    """Answers as `GrowthCards` does, from `BOOKS`."""

    card = CARD

    def __init__(self, books=None, terms=TERMS):
        self.books, self._terms = BOOKS if books is None else books, terms

    def terms(self):
        return self._terms

    def student(self, student_id, *, term_key=None, on=None, scope):
        return self._view(Level.STUDENT, student_id, term_key, on, scope)

    def school_class(self, class_id, *, term_key=None, on=None, scope):
        return self._view(Level.CLASS, class_id, term_key, on, scope)

    def entries(self, holder, holder_id, *, page=1, page_size=50, scope, **asked):
        found = self._entries(holder, holder_id, scope=scope, **asked)
        return [_line(entry, found) for entry in found[(page - 1) * page_size : page * page_size]]

    def count(self, holder, holder_id, *, scope, **asked):
        return len(self._entries(holder, holder_id, scope=scope, **asked))

    def history(self, holder, holder_id, codes, *, on=None, scope):
        found = self._entries(holder, holder_id, scope=scope, until=on)
        return [_line(entry, found) for entry in reversed(found) if entry.point in codes]

    def members(self, class_id, *, term_key=None, scope):
        if class_id != 1 or not scope.admits("student"):
            return []
        return [self._member(n) for n in range(101, 141)]

    def bands(self, holder, holder_ids, *, term_key=None, scope):
        views = {number: self._view(holder, number, term_key, None, scope) for number in holder_ids}
        return {
            number: Band(attainment=view.attainment, name=view.band)
            for number, view in views.items()
            if view is not None and view.terms and not view.withheld
        }

    def next_gains(self, holder_id, *, holder=Level.STUDENT, term_key=None, on=None, scope):
        term = self._term(term_key)
        points = [p for p in CARD.of(holder) if scope.admits(holder.key, _about(p.code))]
        if term is None or (on or TODAY) > term.end:
            return []
        return suggestions(
            points,
            TermSlots(CARD, term),
            grade=3,
            on=on or TODAY,
            posted={},
            sums={},
            obtained=(),
            advice=shipped_advice(),
        )

    def _term(self, key):
        known = {term.key: term for term in self._terms}
        if key is not None and key not in known:
            raise UnknownNameError(f"Nothing was posted to a term {key!r}")
        return known.get(key)

    def _entries(self, holder, holder_id, *, scope, term_key=None, code=None, account=None, kind=None, until=None):
        self._term(term_key)
        found = [
            e
            for e in self.books.get((holder, holder_id), ())
            if scope.admits(holder.key, _about(e.point))
            and term_key in {None, e.term.key}
            and code in {None, e.point}
            and account in {None, CARD.by_code[e.point].account}
            and kind in {None, e.kind}
            and (until is None or e.booked_on <= until)
        ]
        return sorted(found, key=lambda e: (e.booked_on, e.entry_id), reverse=True)

    def _view(self, holder, holder_id, term_key, on, scope):
        points = [p for p in CARD.of(holder) if not p.is_neutral]
        readable = [p for p in points if scope.admits(holder.key, _about(p.code))]
        if not readable:
            return None
        found = self._entries(holder, holder_id, scope=scope, until=on)
        by_term = defaultdict(dict)
        for e in found:
            sums = by_term[e.term.term_id]
            sums[e.point] = sums.get(e.point, Sums()) + Sums(net=e.points, possible=e.possible)
        term = self._term(term_key) or next((e.term for e in found), self._terms[-1] if self._terms else None)
        lines = account_lines(
            CARD, readable, by_term.get(term.term_id, {}) if term else {}, term=TermSlots(CARD, term) if term else None,
            grade=3, latest={e.point: Latest(slot_label=f"第{e.week}周", raw=e.raw) for e in reversed(found) if e.term == term},
            units=defaultdict(str, UNITS), quarters={},
        )  # fmt: skip
        net, possible = (sum(getattr(line, name) for line in lines) for name in ("net", "possible"))
        terms = term_lines(CARD, self._terms, by_term)
        day = on or TODAY
        withheld = [p.code for p in points if p not in readable]
        return AccountView(
            holder=holder, holder_id=holder_id, term_key=term.key if term else "", on=on,
            total=sum(e.points for e in found), net=net, possible=possible, cap=sum(line.cap for line in lines),
            band=CARD.band(attainment(net, possible)),
            gain=next((line.gain for line in terms if term and line.term_key == term.key), None),
            accounts=lines,
            week_changes=tuple(
                Change(code=e.point, name=CARD.by_code[e.point].name, account=CARD.by_code[e.point].account,
                       points=e.points, possible=e.possible, reason=f"第{e.week}周 {e.raw:g}%", booked_on=e.booked_on)
                for e in found if e.raw is not None and day - dt.timedelta(days=14) < e.booked_on <= day + dt.timedelta(7)
            ),
            terms=terms, quarter=2, withheld=tuple(withheld),
            withheld_topics=tuple(sorted({TOPICS[code] for code in withheld if code in TOPICS})),
        )  # fmt: skip

    def _member(self, number):
        net = 100 * (number - 100) * 2
        return MemberStanding(
            student_id=number, student_no=f"2024{number:04d}", name=f"2024{number:04d}", net=net, possible=8000,
            band=CARD.band(attainment(net, 8000)), quarter=(number - 101) // 10 + 1,
        )  # fmt: skip


def _about(code):
    from tests.dashboards.campus import about  # noqa: PLC0415 (it makes services with this book)

    return about(code)


def _line(entry, others):
    point = CARD.by_code[entry.point]
    reversed_by = next((other.entry_id for other in others if other.reversal_of == entry.entry_id), None)
    is_live = entry.reversal_of is None and reversed_by is None
    reversal = Evidence(kind="reversal", text=f"冲正流水 {entry.reversal_of}")
    return LedgerLine(
        entry_id=entry.entry_id, term_key=entry.term.key, booked_on=entry.booked_on, point=entry.point,
        point_name=point.name, account=point.account, slot=f"W{entry.week:02d}", slot_label=f"第{entry.week}周",
        kind=entry.kind, kind_label=KINDS[entry.kind], raw=entry.raw, unit=UNITS.get(entry.point, ""),
        points=entry.points, possible=entry.possible, reversal_of=entry.reversal_of, reversed_by=reversed_by,
        is_live=is_live, collector="任课教师", evidence=entry.evidence if entry.reversal_of is None else reversal,
        recorded_at=RECORDED, recorded_by="系统",
        disputable_until=dt.date(2026, 11, 23) if is_live and entry.kind != "opening" and entry.week == 11 else None,
    )  # fmt: skip
