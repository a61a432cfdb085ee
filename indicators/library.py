"""The indicator library: blocks of YAML read into checked indicators, or into a list of all mistakes."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from data_access.access.privacy import Privacy, Topic
from data_access.contracts import Contracts, contracts
from data_access.errors import LibraryError, UnknownNameError, did_you_mean, suggestion
from indicators.formula import Formula, parse_formula
from indicators.library_files import read_blocks
from indicators.model import (
    CHARTS,
    FIVE_SYSTEMS,
    LEVEL_TABLES,
    PERIOD_WORDS,
    Direction,
    Indicator,
    Layer,
    Level,
    PeriodKind,
    Problem,
    Threshold,
    Window,
)
from indicators.privacy import Classification, classify, with_declaration

LIBRARY_DIRECTORY: Final = Path(__file__).with_name("library")

REQUIRED: Final = (
    "code", "name_zh", "name_en", "layer", "entity", "dimension", "five_system", "period", "unit", "direction",
    "target", "warning", "alert", "value_source", "formula", "definition_zh", "diag_element", "main_work", "chart",
    "department", "source_system", "plan_ref",
)  # fmt: skip
OPTIONAL: Final = (
    "collection_point", "collector", "collection_source", "collection_note", "applies_grades", "plan_name", "norm_ref",
    "norm_check", "note", "is_core", "window", "lag_years", "privacy", "topics", "alt_formula", "standard_zh",
)  # fmt: skip
_EXAMPLES: Final[Mapping[str, str]] = {
    "code": "CRS-ATT-09", "unit": "'%'", "direction": "higher", "period": "term", "entity": "course",
    "target": "95", "warning": "90", "alert": "85", "layer": "课程", "five_system": "质量生成", "chart": "line",
    "formula": "100 * SUM(fact_x.a) / SUM(fact_x.b)", "value_source": "{target: proposed, warning: proposed, alert: proposed}",
}  # fmt: skip
_OWN_CHECKS: Final = frozenset({"target", "warning", "alert", "applies_grades", "lag_years", "topics"})
_TYPES: Final[Mapping[str, type]] = {"is_core": bool, "value_source": dict}
"""Fields that are not text; those of `_OWN_CHECKS` are checked where they are read."""
_CODE: Final = re.compile(r"[A-Za-z0-9]+([-_][A-Za-z0-9]+)*")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "layer": tuple(layer.value for layer in Layer),
    "entity": tuple(level.key for level in Level),
    "period": tuple(PERIOD_WORDS),
    "direction": tuple(direction.value for direction in Direction),
    "five_system": FIVE_SYSTEMS,
    "chart": CHARTS,
    "window": (Window.THREE_YEARS.value, Window.SINCE_ENROLMENT.value),
}


@dataclass(frozen=True, kw_only=True)
class Library:
    """A set of sound indicators.

    Attributes:
        indicators: by code, in the order of files and blocks.
        formulas: the checked formula of each.
        version: hash over everything that can change a value or how it is judged.
    """

    indicators: Mapping[str, Indicator]
    formulas: Mapping[str, Formula]
    version: str

    def __getitem__(self, code: str) -> Indicator:
        try:
            return self.indicators[code]
        except KeyError:
            raise UnknownNameError(f"There is no indicator {code!r}{suggestion(code, self.indicators)}") from None

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self.indicators.values())

    def __len__(self) -> int:
        return len(self.indicators)


@dataclass(frozen=True, kw_only=True)
class LibraryCheck:
    """What reading a directory of library files gave.

    Attributes:
        count: how many blocks were read, sound or not.
        problems: everything that is wrong, in the order of files and blocks.
        library: the library, None where there are problems.
    """

    count: int
    problems: tuple[Problem, ...]
    library: Library | None


def check_library(directory: Path = LIBRARY_DIRECTORY, *, tables: Contracts | None = None) -> LibraryCheck:
    """Reads every ``*.yaml`` below `directory` and reports all mistakes at once."""
    known = contracts() if tables is None else tables
    problems: list[Problem] = []
    indicators: dict[str, Indicator] = {}
    formulas: dict[str, Formula] = {}
    homes: dict[str, str] = {}
    count = 0
    files = sorted(p for p in directory.rglob("*") if p.suffix.lower() in {".yaml", ".yml"} and not p.is_dir())
    if not files:
        problems.append(
            Problem(
                file=str(directory),
                code="",
                token=str(directory),
                message="No library files here.",
                suggestion="Name a directory with *.yaml files.",
            )
        )
    for path in files:
        name = str(path.relative_to(directory))
        blocks, faults = read_blocks(path, name)
        problems += faults
        for number, block in enumerate(blocks, start=1):
            count += 1
            reader = _BlockReader(file=name, number=number, block=block, tables=known)
            if reader.code in homes:
                reader.report(
                    reader.code,
                    f"The code {reader.code} is already used in {homes[reader.code]}.",
                    f"Give this indicator a code of its own, for example {_free_code(reader.code, homes)}.",
                )
            homes.setdefault(reader.code, name)
            indicator, formula = reader.read()
            problems += reader.problems
            if indicator is not None and formula is not None and indicator.code not in indicators:
                indicators[indicator.code] = indicator
                formulas[indicator.code] = formula
    library = None if problems else Library(indicators=indicators, formulas=formulas, version=_version(indicators))
    return LibraryCheck(count=count, problems=tuple(problems), library=library)


def load_library(directory: Path = LIBRARY_DIRECTORY) -> Library:
    """The library in `directory`.

    Raises:
        LibraryError: it has problems; the message lists all of them.
    """
    check = check_library(directory)
    if check.library is None:
        lines = [f"  {p.file}: {p.code}: {p.token}: {p.message} {p.suggestion}" for p in check.problems]
        raise LibraryError(f"The indicator library has {len(lines)} problems:\n" + "\n".join(lines))
    return check.library


@cache
def shipped_library() -> Library:
    """The library that ships with the product, read once."""
    return load_library()


class _BlockReader:
    """Reads one block, collecting what is wrong with it."""

    def __init__(self, *, file: str, number: int, block: Mapping[str, Any], tables: Contracts) -> None:
        self.file = file
        self.block = block
        self.tables = tables
        self.code = str(block.get("code") or f"#{number}")
        self.problems: list[Problem] = []

    def report(self, token: str, message: str, advice: str) -> None:
        self.problems.append(Problem(file=self.file, code=self.code, token=token, message=message, suggestion=advice))

    def read(self) -> tuple[Indicator | None, Formula | None]:
        self.check_fields()
        self.check_types()
        self.check_choices()
        grades = self.grades()
        lag = self.lag()
        thresholds = self.thresholds()
        formula = self.formula()
        if formula is None or thresholds is None:
            return None, None
        told = classify(formula, self.tables)
        privacy, topics = self.privacy(told)
        if self.problems:
            return None, None
        block = self.block
        return (
            Indicator(
                code=self.code,
                name_zh=block["name_zh"],
                layer=Layer(block["layer"]),
                entity=Level.of(block["entity"]),
                period=PERIOD_WORDS[block["period"]],
                unit=str(block["unit"]),
                direction=Direction(block["direction"]),
                target=thresholds[0],
                warning=thresholds[1],
                alert=thresholds[2],
                formula=block["formula"].strip(),
                definition_zh=block["definition_zh"],
                five_system=block["five_system"],
                dimension=block["dimension"],
                applies_grades=grades,
                window=Window(block.get("window", "")),
                lag_years=lag,
                is_core=bool(block.get("is_core", False)),
                privacy=privacy,
                topics=topics,
                row_topics=told.row_topics,
                definition=block,
            ),
            formula,
        )

    def check_fields(self) -> None:
        for field in REQUIRED:
            value = self.block.get(field)
            if value is None or (isinstance(value, str) and not value.strip()):
                example = _EXAMPLES.get(field, "…")
                self.report(field, f"The field {field} is missing.", f"Add '{field}: {example}'.")
        for field in self.block:
            if field not in REQUIRED and field not in OPTIONAL:
                nearest = did_you_mean(str(field), (*REQUIRED, *OPTIONAL))
                self.report(
                    str(field),
                    f"There is no field {field!r}.",
                    f"Did you mean {nearest!r}?" if nearest else "Remove it.",
                )

    def check_types(self) -> None:
        for field in (*REQUIRED, *OPTIONAL):
            value = self.block.get(field)
            if value is None or field in _OWN_CHECKS or isinstance(value, _TYPES.get(field, str)):
                continue
            kind = {bool: "true or false", dict: "a mapping"}.get(_TYPES.get(field, str), "text")
            self.report(
                str(value)[:40],
                f"{field} must be {kind}. Got {value!r:.60}.",
                f"Write '{field}: {_EXAMPLES.get(field, '…')}'.",
            )
        if not _CODE.fullmatch(self.code) and not self.code.startswith("#"):
            self.report(
                self.code, "A code holds letters, digits and hyphens only.", f"Write for example {_EXAMPLES['code']}."
            )
        try:
            json.dumps(self.block, default=str)
        except ValueError:
            self.report("*", "The block refers to itself.", "Remove the YAML alias.")

    def check_choices(self) -> None:
        for field, choices in _CHOICES.items():
            value = self.block.get(field)
            if isinstance(value, str) and value.strip() and value not in choices:
                nearest = did_you_mean(str(value), choices, cutoff=0.4)
                self.report(
                    str(value),
                    f"{field} must be one of {', '.join(choices)}. Got {value!r}.",
                    f"Did you mean {nearest!r}?" if nearest else f"Use one of {', '.join(choices)}.",
                )

    def grades(self) -> tuple[int, ...]:
        value = self.block.get("applies_grades", [])
        if not isinstance(value, list) or not all(isinstance(g, int) and 1 <= g <= 6 for g in value):
            self.report(
                str(value), "applies_grades must be a list of grades from 1 to 6.", "Write for example [1, 2, 3]."
            )
            return ()
        return tuple(sorted(set(value)))

    def lag(self) -> int:
        value = self.block.get("lag_years", 0)
        if not isinstance(value, int) or not 0 <= value <= 10 or (value and self.block.get("period") != "year"):
            self.report(
                str(value),
                "lag_years must be a whole number from 0 to 10, for yearly indicators only.",
                "Write for example 3.",
            )
            return 0
        return value

    def thresholds(self) -> tuple[Threshold, Threshold, Threshold] | None:
        direction = str(self.block.get("direction"))
        values: list[Threshold] = []
        for field in ("target", "warning", "alert"):
            value = self.block.get(field)
            if value in (None, ""):
                return None
            if direction == Direction.TARGET:
                if not isinstance(value, list) or len(value) != 2 or not all(_is_number(v) for v in value):
                    self.report(
                        str(value),
                        f"{field} must be an interval, because the direction is target.",
                        "Write for example [80, 100].",
                    )
                    return None
                values.append((float(value[0]), float(value[1])))
            else:
                if not _is_number(value):
                    self.report(str(value), f"{field} must be a number.", f"Write for example {_EXAMPLES[field]}.")
                    return None
                values.append(float(value))
        target, warning, alert = values
        if direction in _ORDERS:
            holds, order, mend = _ORDERS[Direction(direction)]
            if not holds(target, warning, alert):
                given = f"target {self.block['target']}, warning {self.block['warning']}, alert {self.block['alert']}"
                self.report(given, f"Thresholds are out of order: direction {direction} needs {order}.", mend(values))
        return target, warning, alert

    def formula(self) -> Formula | None:
        text = self.block.get("formula")
        if not isinstance(text, str) or not text.strip():
            return None
        formula, faults = parse_formula(text, self.tables)
        for fault in faults:
            self.report(fault.token, fault.message, fault.suggestion)
        alternative = self.block.get("alt_formula")
        if isinstance(alternative, str):
            for fault in parse_formula(alternative, self.tables)[1]:
                self.report(fault.token, f"alt_formula: {fault.message}", fault.suggestion)
        if formula is not None and self.block.get("entity") in _CHOICES["entity"]:
            self.check_reach(formula, Level.of(self.block["entity"]))
        return formula

    def privacy(self, told: Classification) -> tuple[Privacy, frozenset[Topic]]:
        declared, topics = self.block.get("privacy"), self.block.get("topics")
        if topics is not None and (not isinstance(topics, list) or not topics):
            self.report(
                str(topics)[:40], "topics must be a list of sensitive matters.", f"Write 'topics: [{Topic.AID}]'."
            )
            topics = None
        privacy, known, faults = with_declaration(told, declared if isinstance(declared, str) else None, topics)
        for fault in faults:
            self.report(fault.token, fault.message, fault.suggestion)
        return privacy, known

    def check_reach(self, formula: Formula, entity: Level) -> None:
        if entity is Level.SCHOOL:
            return
        for table in formula.tables:
            if LEVEL_TABLES[entity] not in self.tables.paths(table):
                reached = [level.key for level, name in LEVEL_TABLES.items() if name in self.tables.paths(table)]
                self.report(
                    table,
                    f"{table} does not reach the entity {entity.key} over its foreign keys.",
                    f"Choose one of {', '.join(reached)}, school, or another table.",
                )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _nested(target: Any, warning: Any, alert: Any) -> bool:
    return bool(alert[0] <= warning[0] <= target[0] <= target[1] <= warning[1] <= alert[1])


def _sorted_advice(*, descending: bool) -> Callable[[list[Any]], str]:
    def advice(values: list[Any]) -> str:
        target, warning, alert = sorted(values, reverse=descending)
        return f"Write target {target:g}, warning {warning:g}, alert {alert:g}."

    return advice


_ORDERS: Final[Mapping[str, tuple[Callable[[Any, Any, Any], bool], str, Callable[[list[Any]], str]]]] = {
    Direction.HIGHER: (lambda t, w, a: t >= w >= a, "target ≥ warning ≥ alert", _sorted_advice(descending=True)),
    Direction.LOWER: (lambda t, w, a: t <= w <= a, "target ≤ warning ≤ alert", _sorted_advice(descending=False)),
    Direction.TARGET: (
        _nested,
        "target within warning within alert",
        lambda _: "Widen warning around target, and alert around warning.",
    ),
}


def _free_code(code: str, used: Mapping[str, str]) -> str:
    stem, _, digits = code.rpartition("-")
    if not stem or not digits.isdigit():
        return f"{code}-02"
    number = int(digits)
    while f"{stem}-{number:02d}" in used:
        number += 1
    return f"{stem}-{number:02d}"


def _version(indicators: Mapping[str, Indicator]) -> str:
    # Who may see a value follows from the table contracts too: a change there must reach what is stored.
    content = json.dumps(
        [{**i.definition, "privacy": i.privacy, "topics": sorted(i.topics)} for i in indicators.values()],
        ensure_ascii=False,
        sort_keys=True,
        default=str,
    )
    return hashlib.sha256(content.encode()).hexdigest()[:12]


__all__ = ["Library", "LibraryCheck", "PeriodKind", "check_library", "load_library", "shipped_library"]
