"""``docs/indicators.md`` from the library: how an indicator is written, and all that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from docs.markdown import cell, code, table
from indicators.formula import Function
from indicators.library import OPTIONAL, REQUIRED, Library
from indicators.model import (
    CHARTS,
    FIVE_SYSTEMS,
    LEVEL_TABLES,
    PERIOD_WORDS,
    Direction,
    Indicator,
    Layer,
    Level,
    Threshold,
    Window,
)


def _listed(values: object) -> str:
    return ", ".join(f"`{value}`" for value in values)  # type: ignore[attr-defined]


_OPENING: Final = f"""\
# Indicators

<!-- Written by `make docs` from indicators/library/*.yaml and docs/indicator_reference.py. Do not edit. -->

An indicator is one block of YAML in `indicators/library/*.yaml`. Nothing else has to be written: the block alone gives
the values at every level its tables reach, their storage, and the card that explains them. `luoxuan library check`
lists every mistake at once with file, code, offending word and what to write instead; a directory of your own can be
checked before it is used, `luoxuan library check my-indicators/`. After an edit the next `luoxuan compute` computes
everything anew.

## Formulas

Arithmetic (`+ - * /`, brackets, numbers, `ABS`) over aggregates in SQL's words:

```
100 * COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status IN ('准时', '迟到', '早退'))
    / COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status <> '公假')
```

- **Functions**: {_listed(Function)}. Each reads one table; several tables meet in the arithmetic only.
- **Columns** always name their table. Tables and columns are those of the [data dictionary](data-dictionary.md).
- **Filters**: `FILTER (WHERE …)` with comparisons, `IN`, `BETWEEN`, `IS NULL`, `AND`, `OR`, `NOT` and arithmetic, over
  columns of the aggregate's table and of tables it reaches over foreign keys, such as `dim_student.gender`. A text
  compared with an `enum` column must be one of its values. No functions, no sub-queries, no nested aggregates.
- **Entities**: a value exists at every level that all tables of the formula reach over rolling-up foreign keys (the
  shortest chain; of two equal ones the one through the earlier column), and always for the school. A rate of a
  department is the sum of its numerators over the sum of its denominators, never a mean of rates.
- **No data**: a denominator of 0, or no rows, gives no value, never 0. Only a plain sum of counts and sums is 0 without
  rows, and only in a period that has rows or a record of loading: see [ADR 0004](adr/0004-rules-of-time.md).
- **Division comes last**: counts, sums, maxima and the three sums behind a deviation are stored and added up; distinct
  counts do not add up and are counted anew at every level ([ADR 0003](adr/0003-stored-values-are-rows-of-parts.md)).
- **Periods**: a row counts for the period of its table's time key. A term indicator over facts dated by day also has
  weekly values of the running term *so far*, which are shown but never judged as the term's.

## Thresholds and states

`target`, `warning` and `alert` are three lines; the first one a value passes gives its state, none gives 警戒.

| direction | lines | 达标 | 关注 | 预警 | 警戒 |
| --- | --- | --- | --- | --- | --- |
| `higher` | target ≥ warning ≥ alert | ≥ target | ≥ warning | ≥ alert | below alert |
| `lower` | target ≤ warning ≤ alert | ≤ target | ≤ warning | ≤ alert | above alert |
| `target` | intervals `[low, high]`, target within warning within alert | in target | in warning | in alert | outside alert |

A value that does not exist is 无数据. The thresholds are proposals to calibrate, unless `value_source` says otherwise.
"""

MEANINGS: Final[Mapping[str, str]] = {
    "code": "identifier, never used again for another indicator",
    "name_zh": "name on screen",
    "name_en": "name in English",
    "layer": f"one of {_listed(Layer)}",
    "entity": f"the level it belongs to, where its target is set; one of {_listed(level.key for level in Level)}",
    "dimension": "group within the layer",
    "five_system": f"one of {_listed(FIVE_SYSTEMS)}",
    "period": f"how long one value covers; one of {_listed(PERIOD_WORDS)}",
    "unit": "unit on screen",
    "direction": f"which way is better; one of {_listed(Direction)}",
    "target": "line for 达标: a number, or `[low, high]` where the direction is `target`",
    "warning": "line for 关注, likewise",
    "alert": "line for 预警, likewise; beyond it is 警戒",
    "value_source": "where each of the three lines comes from: `plan` (a college's plan), `norm` (a national norm) or `proposed`",
    "formula": "see above",
    "definition_zh": "what is measured, in one sentence, for the card behind a number",
    "diag_element": "element of the national guideline on diagnosis and improvement (诊断要素)",
    "main_work": "the work it speaks about (主要工作)",
    "chart": f"how it is best drawn; one of {_listed(CHARTS)}",
    "department": "department responsible",
    "source_system": "system the facts come from",
    "plan_ref": "passage of a plan that asks for it",
    "collection_point": "when the facts are recorded",
    "collector": "who records them",
    "collection_source": "where the two above come from: `plan`, `inferred` or `proposed`",
    "collection_note": "remark on them",
    "applies_grades": "grades (1 = first year) whose rows count, such as `[2, 3]`; absent means all",
    "plan_name": "name in the plan, where another is used here",
    "norm_ref": "the norm a line comes from",
    "norm_check": "how far that norm was checked: `verified`, `partly` or `memory`",
    "note": "remark",
    "is_core": "true for the core indicators",
    "window": f"earlier rows that count as well: `{Window.THREE_YEARS}` (this year and the two before) or `{Window.SINCE_ENROLMENT}` (all rows up to the end of the period)",
    "lag_years": "the value of year Y describes rows of year Y - lag; for yearly indicators",
    "privacy": "class of the figure for a group, where it is higher than what follows from the formula ([data dictionary](data-dictionary.md)); it cannot be lower",
    "topics": "likewise the sensitive matters it tells of, all of them; makes the figure `敏感`",
    "alt_formula": "another formula for the same, checked but not computed",
    "standard_zh": "the standard the value is held to (诊断标准)",
}


def render(library: Library) -> str:
    """The whole page as Markdown."""
    lines = [
        _OPENING,
        *_fields(),
        "## All indicators",
        "",
        f"{len(library)} indicators, library version `{library.version}`.",
        "",
    ]
    for layer in Layer:
        found = [indicator for indicator in library if indicator.layer is layer]
        lines += [f"### {layer} ({len(found)})", "", *_indicators(found)]
    return "\n".join(lines)


def _fields() -> Iterator[str]:
    yield "## Fields of a block"
    yield ""
    rows = [(name, "yes") for name in REQUIRED] + [(name, "") for name in OPTIONAL]
    yield from table(
        ("field", "required", "meaning"), ((code(name), required, MEANINGS[name]) for name, required in rows)
    )
    yield (
        "Dimension table of each level: "
        + ", ".join(
            f"`{level.key}` {code(LEVEL_TABLES[level]) if level in LEVEL_TABLES else 'the whole lake'}"
            for level in Level
        )
        + "."
    )
    yield ""


def _indicators(found: list[Indicator]) -> Iterator[str]:
    yield from table(
        (
            "code",
            "name",
            "layer",
            "entity",
            "period",
            "unit",
            "direction",
            "target / warning / alert",
            "privacy",
            "formula",
            "definition",
        ),
        (
            (
                code(i.code),
                cell(i.name_zh),
                i.layer,
                i.entity.key,
                _period(i),
                cell(i.unit),
                i.direction,
                " / ".join(_line(value) for value in (i.target, i.warning, i.alert)),
                "; ".join([i.privacy.name_zh, *sorted(i.topics)]),
                code(i.formula),
                cell(i.definition_zh),
            )
            for i in found
        ),
    )


def _period(indicator: Indicator) -> str:
    words = [str(indicator.period)]
    words += [str(indicator.window)] if indicator.window else []
    words += [f"lag {indicator.lag_years} years"] if indicator.lag_years else []
    words += [f"grades {', '.join(map(str, indicator.applies_grades))}"] if indicator.applies_grades else []
    return "; ".join(words)


def _line(value: Threshold) -> str:
    return f"[{value[0]:g}, {value[1]:g}]" if isinstance(value, tuple) else f"{value:g}"
