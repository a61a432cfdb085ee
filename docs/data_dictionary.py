"""``docs/data-dictionary.md`` from the table contracts: every table and column of the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from data_access.access.privacy import Privacy, Topic
from data_access.contracts import ARROW_TYPES, BATCH_COLUMN, PARTITION_COLUMN, ROW_COLUMN, Column, Contracts, Table
from docs.markdown import cell, code, table

_OPENING: Final = f"""\
# Data dictionary

<!-- Written by `make docs` from data_access/contracts/tables.yaml. Do not edit. -->

What the lake holds: {{count}} tables. Formulas (see [indicators.md](indicators.md)) and mappings
(see [mappings.md](mappings.md)) may name exactly these tables and columns; the contracts in
`data_access/contracts/tables.yaml` are the one place where they are described.

- **Types**: {", ".join(f"`{name}`" for name in ARROW_TYPES)}. An `enum` is text that takes only the values listed.
  `date_id` is a day as a number, 20261120; `term_id` is a term as the year in which its academic year begins
  and its number, 20261.
- **Keys**: *primary* marks a table's own key. *→ table* is a foreign key along which values are summed up to that
  table's entities. *role → table* is a reference that is never summed along, such as a class's head teacher.
- **Time key**: the column that dates a row of a fact. A *snapshot* repeats the state of things at a time, so that only
  the latest one within a period counts. How time keys become periods: [ADR 0004](adr/0004-rules-of-time.md).
- **Privacy** of a table, and of a column where it differs: 公开 public, 内部 internal, 个人 personal, 敏感 sensitive.
  What is sensitive says of which matter: {", ".join(Topic)}. A matter is told by every row of a table, by a column, or by
  the rows in which a column has a certain value; an indicator takes its class from what its formula reads
  ([ADR 0011](adr/0011-privacy-classes-and-small-groups.md)). Who reads what: [access.md](access.md).
- **Rows a year** is an estimate for a college of 12,000 students.
- Every stored row also has `{BATCH_COLUMN}` (the import that brought it) and `{ROW_COLUMN}` (its row in the source
  file); facts dated by day or term are stored by `{PARTITION_COLUMN}`.
"""
_KINDS: Final = {"dimension": "Dimensions", "fact": "Facts", "reference": "References"}


def render(known: Contracts) -> str:
    """The whole page as Markdown."""
    lines = [_OPENING.format(count=len(known)), *_index(known)]
    for kind, title in _KINDS.items():
        lines += [f"## {title}", ""]
        for contract in known.values():
            if contract.kind == kind:
                lines += _table(contract)
    return "\n".join(lines)


def _index(known: Contracts) -> Iterator[str]:
    yield "## All tables"
    yield ""
    yield from table(
        ("table", "中文", "kind", "one row is", "rows a year", "privacy"),
        (
            (
                f"[{code(t.name)}](#{t.name})",
                cell(t.label_zh),
                t.kind,
                cell(t.grain),
                f"{t.rows_per_year:,}",
                t.privacy.name_zh,
            )
            for t in known.values()
        ),
    )


def _table(contract: Table) -> Iterator[str]:
    yield f"### {contract.name}"
    yield ""
    yield f"**{contract.label_zh}**: {contract.grain}."
    yield ""
    facts = [
        f"source {contract.source_system}",
        f"privacy {contract.privacy.name_zh}{f' ({_listed(contract.topics)})' if contract.topics else ''}",
        f"rows a year {contract.rows_per_year:,}",
    ]
    if contract.time_key is not None:
        facts.insert(0, f"time key {code(contract.time_key)}{', snapshot' if contract.is_snapshot else ''}")
    yield f"{'; '.join(facts)}.{f' {contract.note}' if contract.note else ''}"
    yield ""
    yield from table(
        ("column", "中文", "type", "key", "privacy"),
        (
            (code(c.name), cell(c.label_zh), _type(c), _key(c), _privacy(c, own=contract.privacy))
            for c in contract.columns
        ),
    )


def _privacy(column: Column, *, own: Privacy) -> str:
    """Class of a column where it is not the table's, and the matters it tells of."""
    words = [] if column.privacy is own else [column.privacy.name_zh]
    words += [_listed(column.topics)] if column.topics else []
    told = "、".join(f"{value} → {topic}" for value, topic in column.topics_by_value.items())
    if told:
        words.append(f"{told}{f', in {_listed(map(code, column.tells_in))}' if column.tells_in else ''}")
    return "; ".join(words)


def _listed(words: Iterable[str]) -> str:
    return "、".join(sorted(words))


def _type(column: Column) -> str:
    return f"enum: {cell('、'.join(column.enum))}" if column.enum else column.type


def _key(column: Column) -> str:
    if column.is_key:
        return "primary"
    if column.references is None:
        return ""
    return f"{'' if column.rolls_up else 'role '}→ [{code(column.references)}](#{column.references})"
