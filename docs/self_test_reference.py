"""``docs/self-tests.md``: the questionnaires that students fill in about themselves, and who learns what of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from docs.markdown import cell, code, table
from indicators.self_tests.scales import Scale
from indicators.self_tests.scoring import NOTABLE, STRONG_FROM

_OPENING: Final = """\
# Self-tests

<!-- Written by `make docs` from indicators/self_tests/*.yaml and docs/self_test_reference.py. Do not edit. -->

Questionnaires that students fill in about themselves (问表式自测; 南京 三(七)5, 图3-13; 包头 五(六)3). All items are the
library's own. They are data: one file a scale in `indicators/self_tests/`, checked when it is read (every item in one
dimension, some items of each dimension reversed and not all, 20 to 30 items, modules that exist).

## From answers to a result

Every item is answered from 1 to 5; a reversed one counts the other way round. The **standard score** is the mean of all
items, stretched to 0–100, to one decimal; a **dimension's** is that of its own items. More is better on every scale.
"""
_REST: Final = """\
A student fills in each scale once a term, within its weeks, at `/self-tests`; the result comes at once: score, level,
dimensions, the own last time, the middle half of the own grade (from 5 people on), and what to do next. Where the lake
(`fact_self_test`) has a score for the same student, scale and term, that one counts, so that every page has the same.

## Who learns what

| who | of 自学能力, 职业适应能力, 职业成熟度, 综合自测 | of 心理健康普查 |
| --- | --- | --- |
| the student | everything of their own, and the middle half of the grade | everything of their own; nobody to compare with |
| 心理中心 | nothing | mean and levels of groups; by name, students in its care who are not 正常 (recorded) |
| 校领导, 质量办, 系(部)主任, 专业带头人, 班主任, 辅导员, 学工办 | completion, mean and levels of groups in their scope | completion of groups in their scope, and no score anywhere |

Groups (`/self-tests/overview`) follow [ADR 0011](adr/0011-privacy-classes-and-small-groups.md): nothing of fewer than 5
people, nor of what would give them away by subtraction; of the screening also not where fewer than 5 have, or have not,
filled it in. The audit log holds that a student filled in a scale, and nothing of what they answered; errors of the
database are not quoted, because they would quote the row.

## What follows from a result

Scores of 自学能力, 职业适应能力 and 职业成熟度 count for CLS-ACD-04, STU-CAR-06 and STU-CAR-12 of the growth card where the
lake has none yet (`data_access/growth_card/self_test_rows.py`). Completion (STU-GRP-06, STU-GRP-09) stays a figure of the
lake alone.
"""


def render(scales: Sequence[Scale]) -> str:
    """The text of the page."""
    lines = [_OPENING.rstrip(), ""]
    lines += [
        f"Differences below {NOTABLE:g} are called none; a dimension from {STRONG_FROM:g} on is called strong.",
        "",
    ]
    lines += _REST.splitlines()
    lines += ["", "## The scales", ""]
    for scale in scales:
        lines += _section(scale)
    return "\n".join(lines).rstrip() + "\n"


def _section(scale: Scale) -> Iterator[str]:
    reversed_items = sum(item.is_reversed for item in scale.items)
    openings = "; ".join(f"term {o.term}, weeks {o.first_week}–{o.last_week}" for o in scale.openings)
    yield f"### {scale.name}"
    yield ""
    yield f"{scale.purpose}"
    yield ""
    yield (
        f"{code(scale.key)} · version {scale.version} · {len(scale.items)} items, {reversed_items} of them reversed · "
        f"open in {openings} · 关注 below {scale.watch:g}, 预警 below {scale.alert:g}"
    )
    yield ""
    yield from table(
        ("dimension", "what it asks about", "items", "modules of the second classroom that help"),
        (
            (
                cell(dimension.name),
                cell(dimension.meaning),
                len(scale.items_of(dimension.key)),
                ", ".join(map(code, dimension.modules)),
            )
            for dimension in scale.dimensions
        ),
    )
