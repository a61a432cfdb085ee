"""The indicator library as it stood when the values were computed, for people to look things up in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_access.contracts import Contracts, contracts
from data_access.readers.catalogue import Catalogue
from data_access.readers.plans import StoredPlan, subject_of
from data_access.readers.provenance import ProvenanceReader, StoredRun, TableLoad
from data_access.readers.stored import ValueReader
from indicators.conversion import indicator_info
from indicators.formula import parse_formula
from indicators.formula_words import in_words, remarks, table_name
from indicators.model import FIVE_SYSTEMS, Layer
from indicators.results import IndicatorInfo

LAYERS: Final = tuple(layer.value for layer in Layer)
_ORDER: Final[Mapping[str, int]] = {layer: number for number, layer in enumerate(LAYERS)}
_ITEMS: Final[Mapping[str, str]] = {
    "1": "体系总体构架", "2": "专业质量保证", "3": "师资质量保证", "4": "学生全面发展保证", "5": "体系运行效果",
}  # fmt: skip
"""诊断项目 of the national guideline (教职成司函〔2017〕56号), by the first digit of its 诊断要素."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One indicator of the library.

    Attributes:
        info: name, unit and lines, as pages judge by them.
        level: level that the indicator belongs to and its lines are set for.
        levels: levels at which it has values, from the school down.
        kinds: kinds of period, its own one first; a further one holds values so far, which are not judged.
        block: its block as the library writes it.
    """

    info: IndicatorInfo
    layer: str
    dimension: str
    five_system: str
    level: str
    department: str
    levels: tuple[str, ...]
    kinds: tuple[str, ...]
    block: Mapping[str, Any]

    @property
    def code(self) -> str:
        """Identifier such as ``CRS-ATT-01``."""
        return self.info.code

    @property
    def item(self) -> str:
        """诊断项目: the item of the national guideline that its element belongs to."""
        digit = str(self.block["diag_element"])[:1]
        return f"{digit} {_ITEMS[digit]}" if digit in _ITEMS else self.layer

    def text(self, field: str) -> str:
        """A field of the block as text; empty where it is absent."""
        value = self.block.get(field)
        return "" if value is None else str(value)

    def matches(self, words: Collection[str]) -> bool:
        """True where every one of `words`, in lower case, stands in code, name, definition or work."""
        fields = ("code", "name_zh", "name_en", "definition_zh", "main_work", "diag_element")
        told = " ".join(self.text(field) for field in fields).lower()
        return all(word in told for word in words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """How a number is made, in words.

    Attributes:
        formula: the formula in words; empty where the library's own text cannot be read any more.
        remarks: what else decides which rows count.
        tables: names of the tables it reads, with their names in the lake.
    """

    formula: str
    remarks: tuple[str, ...]
    tables: Mapping[str, str]


class Shelf:
    """Answers what an indicator means. Definitions are nobody's rows, so nothing here asks for a scope."""

    def __init__(self, values: ValueReader, provenance: ProvenanceReader, tables: Contracts | None = None) -> None:
        self._values = values
        self._provenance = provenance
        self._tables = tables or contracts()
        self._kept: tuple[Catalogue | None, tuple[Entry, ...]] = (None, ())

    def entries(self) -> Sequence[Entry]:
        """All indicators that have been computed, by layer and code; none before the first run."""
        catalogue = self._values.catalogue()
        kept_for, kept = self._kept
        if kept_for is catalogue:
            return kept
        made = [_entry(block, catalogue.plans.get(code, {})) for code, block in catalogue.definitions.items()]
        found = tuple(sorted(made, key=lambda entry: (_ORDER[entry.layer], entry.code)))
        self._kept = (catalogue, found)  # one assignment: requests that run side by side see a whole shelf
        return found

    def entry(self, code: str) -> Entry | None:
        """The indicator of that code; None where none has been computed."""
        return next((entry for entry in self.entries() if entry.code == code), None)

    def wording(self, entry: Entry) -> Wording:
        """How the number of an indicator is made, in words."""
        formula, _ = parse_formula(entry.info.formula, self._tables)
        read = () if formula is None else formula.tables
        return Wording(
            formula="" if formula is None else in_words(formula, self._tables),
            remarks=remarks(
                grades=entry.block.get("applies_grades") or (),
                window=entry.text("window"),
                lag_years=int(entry.block.get("lag_years") or 0),
            ),
            tables={table: table_name(self._tables[table].label_zh) for table in read},
        )

    def run(self, run_id: int | None = None) -> StoredRun | None:
        """A run of the engine, the last one unless one is named; None where there is none."""
        return self._provenance.run(run_id)

    def loads(self, tables: Collection[str]) -> Mapping[str, TableLoad]:
        """When each of these tables last changed; those never loaded are left out."""
        return self._provenance.loads(tables)


def _entry(block: Mapping[str, Any], plans: Mapping[str, StoredPlan]) -> Entry:
    own_first = sorted(plans.values(), key=lambda plan: plan.so_far)
    return Entry(
        info=indicator_info(block, own_first[0].about if own_first else subject_of(block)),
        layer=block["layer"],
        dimension=block["dimension"],
        five_system=block["five_system"],
        level=block["entity"],
        department=block["department"],
        levels=own_first[0].levels if own_first else (),
        kinds=tuple(plan.kind for plan in own_first),
        block=block,
    )


def cells(entries: Sequence[Entry]) -> dict[tuple[str, str], int]:
    """How many indicators stand in each cell of 五横×五纵, in the order of layers and systems."""
    counted = {(layer, system): 0 for layer in LAYERS for system in FIVE_SYSTEMS}
    for entry in entries:
        counted[entry.layer, entry.five_system] += 1
    return counted
