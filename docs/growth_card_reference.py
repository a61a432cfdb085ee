"""``docs/growth-card.md``: how accounts of the growth card work, and the 60 points that move them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from docs.markdown import cell, code, table
from indicators.growth_card.points import Card, Point, Rule, Schedule
from indicators.growth_card.rule_words import rule_words
from indicators.growth_card.slots import APPEAL_DAYS, GRACE, SHORTEST_MONTH
from indicators.growth_card.suggestions import Advice
from indicators.library import Library
from indicators.model import Level, PeriodKind

RULES: Final[Mapping[Rule, str]] = {
    Rule.LINEAR: "from 0 points at `zero` to all at `full`, evenly; `zero` above `full` where less is better",
    Rule.LINEAR_DEDUCT: "the same, less `deduct_per` for every event",
    Rule.PLAN: "shares of the cap for handing in on time, for quality (0 to 100) and for goals reached",
    Rule.COUNT_UP: "`per` for every time, at most `period_cap` a slot; kinds may weigh differently",
    Rule.COUNT_DOWN: "the opening, less `per` for every time",
    Rule.LEVEL: "by table; a level between two steps counts as the lower",
    Rule.PARTICIPATE: "the cap for having taken part, whatever was answered",
    Rule.DELTA: "`k` for every point of change, down as well as up",
    Rule.BAND_HOURS: "a point for every `hours_per_point`; above `over` a deduction instead",
    Rule.NEUTRAL: "never anything, and never an entry",
}
"""What each rule gives, before caps."""

SCHEDULES: Final[Mapping[Schedule, str]] = {
    Schedule.WEEKLY: "every teaching week; the cap is shared out among them",
    Schedule.MONTHLY: "every month of the term; of a linear rule the cap is shared out among them",
    Schedule.TERM: "once, when the term ends",
    Schedule.OCCURRENCE: "the opening in week 1, then every week what it takes",
    Schedule.SANCTION: f"every week, {APPEAL_DAYS} days later, when it cannot be appealed against any more",
    Schedule.PLAN: "the plan in the first term of the academic year, its goals at the end of the second",
    Schedule.YEAR_END: "at the end of the academic year, over both terms; not again once obtained",
    Schedule.GRADUATION: "once, at the end of the last term",
    Schedule.FOLLOW_UP: "in the first term after graduation",
}
"""Into which slots a term falls for a point."""

_OPENING: Final = """\
# The growth card

<!-- Written by `make docs` from indicators/growth_card/*.yaml and docs/growth_card_reference.py. Do not edit. -->

Every student and every class has an account of 储值分 (points) in three parts, which fills as a term goes on: 采分录入 →
科目小计 → 总分汇总 → 诊改报告 (包头 五(五)2(3), 表15). Why it is built so: [ADR 0021](adr/0021-the-growth-card-ledger.md).

```
facts of the lake ─┐
submitted sheets  ─┼─ inputs of a slot ─ rules.effects ─ rules.settled (caps of the term) ─ targets
approved plans    ─┤      strongest last                                                     │
corrections       ─┘                                            difference to what counts ───┘
                                                     reversals and new entries ─ card_entry ─ sums on pages
```

## Try it

```
$ luoxuan card score STU-ACD-03 --raw 97 --extra '{"events": 2}'      # what would this bring? nothing is posted
$ luoxuan card score STU-ACD-07 --raw '[4, 9, 2, 5]' --json           # several slots of a term
$ luoxuan card post --term 2026-2027-1                                # from facts and sheets into accounts
$ luoxuan card verify                                                 # does the stored ledger keep its laws?
```

## From a value to an entry

1. A point's **inputs** are formulas of the indicator library; without one, `raw` is the formula of the indicator with the
   point's code. Of a class they are formed over the rows of the class, never as means of its students' rates.
   An approved plan counts where it brings no less than what another system has delivered.
2. `slots.slots_of` says into which **slots** a term falls, which periods each reads, and on which day it is booked.
3. `rules.effects` gives gain and loss of a slot; `rules.settled` gives what it brings within the **caps** of the term. A
   slot without data is not due: it brings nothing and counts in no attainment.
4. The **difference** to what the account holds is entered: unchanged slots are left alone, changed ones reversed and
   entered anew. Posting twice writes nothing the second time.

**Openings** are deposited in the first teaching week and lost by occurrences, which may take more than was deposited.
**Caps** hold over a term: at most `max_deposit` is deposited and at most `max_deduct` taken by a point.
"""

_RULES_OF_LIFE: Final = """\
## A term, and after it

- **In time** is what is collected within {week} day after a week, {month} after a month and {term} after a term or year. A
  month of which a term has fewer than {shortest} days is none of its months. Below {floor:g}% in time (采分及时率) a
  collector is reminded.
- **Closing**: {freeze} days after its end a term is frozen. Late facts and sheets no longer change it; an upheld dispute does,
  booked on the day of the decision.
- **Disputes**: an entry that counts may be disputed until {dispute} days after the day it was recorded, by the college's
  calendar; openings and reversals may not. What is upheld becomes a correction, from which the slot is worked out anew.
- **Balance** of a day: the sum of all entries booked until then, of all terms; below 0 it is shown as 0 and 待抵扣.
- **Attainment** (达成度): what a term has brought, of what its slots could bring so far. **Gain** (增值): the change against the
  last term that has one. **Bands**: {bands}.
- **Peers** are told as quarters of the class, of a class among those of its grade, and not at all below five; no ranks.
- **Withheld**: who may not read what an indicator tells of a student does not see its points either; totals are then sums of
  the rest. Of a class, discipline is shown to those who may know the incidents.
- **A punishment of level 5** closes an account: nothing is booked after it.
"""

_HOW_TO: Final = """\
## How to change something

A point, a cap, a band or a day of grace: edit `indicators/growth_card/points.yaml`; a contradiction (an account that its
points do not add up to, a point nobody collects) stops the start with its name. Open terms follow with the next posting,
closed ones stay. What students are advised to do stands in `suggestions.yaml` beside it. Then `make docs`.

A new rule type: `Rule` in `points.py`, its case in `rules.effects`, its words in `rule_words.py`, its meaning in
`docs/growth_card_reference.py`; `tests/indicators/growth_card/test_rules.py` holds the laws that every rule keeps.
"""


def render(card: Card, library: Library, advice: Mapping[str, Advice]) -> str:
    """The whole page."""
    return "\n".join(_lines(card, {item.code: item.unit for item in library}, advice))


def _lines(card: Card, units: Mapping[str, str], advice: Mapping[str, Advice]) -> Iterator[str]:
    yield _OPENING
    yield from table(
        ("rule", "what a slot brings", "points"),
        ((code(rule), RULES[rule], sum(point.rule is rule for point in card.points)) for rule in Rule),
    )
    yield from table(
        ("schedule", "slots of a term", "points"),
        ((code(s), SCHEDULES[s], sum(point.schedule is s for point in card.points)) for s in Schedule),
    )
    yield _RULES_OF_LIFE.format(
        week=GRACE[PeriodKind.WEEK],
        month=GRACE[PeriodKind.MONTH],
        term=GRACE[PeriodKind.TERM],
        shortest=SHORTEST_MONTH,
        floor=card.timeliness_floor,
        freeze=card.freeze_days,
        dispute=card.dispute_days,
        bands=", ".join(f"{band.name} from {band.lowest:g}%" for band in card.bands),
    )
    yield _HOW_TO
    for holder, title in ((Level.STUDENT, "Points of a student"), (Level.CLASS, "Points of a class")):
        yield f"## {title}"
        yield ""
        for account in card.accounts_of(holder):
            yield f"### {account} ({card.accounts[account]:g})"
            yield ""
            points = [point for point in card.of(holder) if point.account == account]
            yield from table(_HEADER, (_row(point, units, advice) for point in points))


_HEADER: Final = ("code", "point", "when, by whom", "slots", "cap", "rule", "years", "what can be done")


def _row(point: Point, units: Mapping[str, str], advice: Mapping[str, Advice]) -> tuple[object, ...]:
    cap = f"{point.max_deposit:g}" + (f" / −{point.max_deduct:g}" if point.max_deduct else "")
    told = advice.get(point.code)
    return (
        code(point.code),
        cell(point.name),
        cell(f"{point.collection_point}，{'、'.join(point.collectors)}"),
        code(point.schedule),
        cap,
        cell(rule_words(point, unit=units.get(point.code, ""))),
        ", ".join(map(str, point.grades)),
        "—" if told is None else cell(f"{told.owner}：{told.text}"),
    )
