"""Mappings are checked as a whole before any file is read."""

from __future__ import annotations

import pytest
import yaml

from data_access.contracts import contracts
from data_access.errors import MappingError
from data_access.intake.documentation import DOCUMENT, render
from data_access.intake.mapping import MAPPINGS_DIRECTORY, mappings, parse_mapping

SOUND = """
name: small
label: small
sources:
  grades: {pattern: "*.csv", format: csv}
tables:
  - table: fact_grade
    from: grades
    key: [student_id, offering_id]
    columns:
      student_id: {from: 学号, ref: {table: dim_student, by: student_no}}
      offering_id: {from: 教学班号, parser: code_id, ref: {table: dim_offering, by: offering_id}}
      term_id: {from: 学期, parser: term}
      score: {from: 成绩, range: [0, 100]}
"""


def test_what_ships_is_sound_and_named_after_its_file() -> None:
    assert set(mappings()) == {path.stem for path in MAPPINGS_DIRECTORY.glob("*.yaml")} == {"demo", "college", "oulad"}


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == render(dict(mappings())), (
        "run: python -m data_access.intake.documentation"
    )


def test_keys_and_time_keys_may_never_be_empty() -> None:
    (entry,) = parse_mapping(SOUND).entries
    assert {target.column.name for target in entry.targets if target.required} == {
        "student_id",
        "offering_id",
        "term_id",
    }


def test_students_and_offerings_wait_by_default_and_terms_refuse() -> None:
    entries = {entry.table.name: entry for entry in mappings()["demo"].entries}
    chosen = {t.column.name: t.reference.on_unknown for t in entries["fact_grade"].targets if t.reference is not None}
    assert chosen == {"student_id": "quarantine", "offering_id": "quarantine", "term_id": "refuse"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("fact_grade", "fact_grades"), "no table 'fact_grades'. Did you mean 'fact_grade'"),
        (("score:", "scores:"), "has no column 'scores'"),
        (("parser: term", "parser: terms"), "no parser 'terms'"),
        (("parser: term", "parser: date"), "cannot fill a column of type 'int'"),
        (("by: student_no", "by: student_number"), "no column 'student_number'"),
        (("range: [0, 100]", "range: 100"), "range must be"),
        (("range:", "rnage:"), "unknown entry 'rnage'. Did you mean 'range'"),
        (("key: [student_id, offering_id]", "key: []"), "must list the columns of the natural key"),
        (("key: [student_id, offering_id]", "key: [student_id, grade_id]"), "'grade_id' is not filled"),
        (("      term_id: {from: 学期, parser: term}\n", ""), "must fill its time key 'term_id'"),
        (("from: grades", "from: grade"), "no source 'grade'"),
        (("from: grades", "sql: SELECT * FROM marks"), "no source 'marks'"),
        (("from: grades", "sql: SELEC FROM"), "sql cannot be read"),
        (("format: csv", "format: ods"), "format must be one of"),
        (("{from: 成绩, range: [0, 100]}", "{range: [0, 100]}"), "either 'from' (a header) or 'constant'"),
    ],
)  # fmt: skip
def test_each_mistake_is_named(change: tuple[str, str], complaint: str) -> None:
    assert change[0] in SOUND
    with pytest.raises(MappingError) as refusal:
        parse_mapping(SOUND.replace(*change))
    assert complaint in str(refusal.value)


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        ("{holds: score < 101, column: score}", "needs exactly 'holds', 'column' and 'reason'"),
        ("{holds: points < 101, column: score, reason: 不对}", "cannot work"),
        ("{holds: score + 1, column: score, reason: 不对}", "not true or false"),
        ("{holds: score < 101, column: credit, reason: 不对}", "not filled"),
    ],
)
def test_checks_are_tried_when_the_mapping_is_read(check: str, complaint: str) -> None:
    (entry,) = parse_mapping(f"{SOUND}    checks: [{{holds: score < 101, column: score, reason: 不对}}]\n").entries
    assert [(c.holds, c.column, c.reason) for c in entry.checks] == [("score < 101", "score", "不对")]
    with pytest.raises(MappingError, match=complaint):
        parse_mapping(f"{SOUND}    checks: [{check}]\n")


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(MappingError) as refusal:
        parse_mapping(SOUND.replace("score:", "scores:").replace("parser: term", "parser: terms"))
    assert len(str(refusal.value).splitlines()) == 3


def test_a_parent_whose_key_is_a_reference_cannot_be_referred_to() -> None:
    parent = """
  - table: dim_major
    from: grades
    key: [dept_id]
    columns: {dept_id: {from: 系, ref: {table: dim_department, by: dept_name}}}
  - table: dim_class
    from: grades
    key: [class_name]
    columns: {class_name: 班, major_id: {from: 专业, ref: {table: dim_major, by: major_code}}}
"""
    with pytest.raises(MappingError, match="must not itself be a reference"):
        parse_mapping(SOUND + parent)


def test_codes_may_only_lead_to_values_of_the_contract() -> None:
    text = (
        SOUND
        + "  - {table: dim_student, from: grades, key: [student_no], columns: {student_no: 学号, gender: {from: 性别, codes: {M: 男生}}}}\n"
    )
    with pytest.raises(MappingError, match="男生"):
        parse_mapping(text)


def test_the_college_mapping_reaches_every_dimension_people_enter() -> None:
    filled = {entry.table.name for entry in mappings()["college"].entries}
    dimensions = {table.name for table in contracts().values() if table.kind == "dimension"}
    assert dimensions - filled == {"dim_enterprise", "dim_indicator"}


def test_mapping_files_keep_to_plain_text_values() -> None:
    for path in MAPPINGS_DIRECTORY.glob("*.yaml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["name"] == path.stem
