"""The shipped library is sound, and a broken one tells all its mistakes at once."""

import copy
import json

import pytest
import yaml
from click.testing import CliRunner

from app import cli
from data_access.contracts import contracts
from data_access.errors import LibraryError, UnknownNameError
from indicators.formula import parse_formula
from indicators.library import REQUIRED, check_library, load_library, shipped_library

BASE = dict(shipped_library()["CRS-ATT-01"].definition)


def block(**changes):
    """The block of 到课率 with some fields changed; None removes a field."""
    made = {**copy.deepcopy(BASE), **changes}
    return {field: value for field, value in made.items() if value is not None}


def write(directory, *blocks, name="own.yaml"):
    (directory / name).write_text(yaml.safe_dump(list(blocks), allow_unicode=True), encoding="utf-8")


PLANTED = {
    "unknown column": (block(code="P-01", formula="SUM(fact_grade.scor)"), "scor", "'score'"),
    "unknown table": (block(code="P-02", formula="COUNT(fact_attendence.*)"), "fact_attendence", "'fact_attendance'"),
    "non-aggregate column": (
        block(code="P-03", formula="fact_attendance.instant_score / COUNT(fact_attendance.*)"),
        "fact_attendance.instant_score",
        "AVG(fact_attendance.instant_score)",
    ),
    "wrong threshold order": (
        block(code="P-04", target=80, warning=90, alert=85),
        "target 80",
        "target 90, warning 85",
    ),
    "duplicate code": (block(code="P-05"), "P-05", "P-0"),
    "bad enum literal": (
        block(code="P-06", formula="COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status = '迟到了')"),
        "迟到了",
        "'迟到'",
    ),
    "missing field": (block(code="P-07", unit=None), "unit", "unit:"),
    "bad SQL": (block(code="P-08", formula="100 * COUNT(fact_attendance.* / 3"), "3", "brackets"),
    "aggregate nested in aggregate": (
        block(code="P-09", formula="SUM(AVG(fact_attendance.instant_score))"),
        "AVG(fact_attendance.instant_score)",
        "once",
    ),
    "a function outside the list": (
        block(code="P-10", formula="MEDIAN(fact_attendance.instant_score)"),
        "MEDIAN",
        "AVG",
    ),
}


def test_the_shipped_library_is_sound():
    check = check_library()
    assert check.problems == ()
    assert check.count == 292
    assert {i.layer for i in check.library} == {"学校", "专业", "课程", "教师", "学生"}


def test_ten_planted_mistakes_are_reported_at_once_with_exit_code_1(tmp_path):
    blocks = [planted for planted, _, _ in PLANTED.values()]
    write(tmp_path, *blocks[:5])
    write(tmp_path, *blocks[4:], name="second.yaml")  # the duplicate stands in both files
    result = CliRunner().invoke(cli, ["library", "check", str(tmp_path), "--json"])
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert report["indicators"] == 11
    assert len(report["problems"]) == 10
    found = {problem["code"]: problem for problem in report["problems"]}
    for name, (planted, token, suggestion) in PLANTED.items():
        problem = found[planted["code"]]
        assert token in problem["token"], name
        assert suggestion in problem["suggestion"], name
        assert problem["message"], name
        assert problem["file"] == ("second.yaml" if planted["code"] >= "P-05" else "own.yaml"), name


def test_a_clean_directory_has_exit_code_0(tmp_path):
    write(tmp_path, block(code="OWN-01"))
    result = CliRunner().invoke(cli, ["library", "check", str(tmp_path), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output) == {"indicators": 1, "problems": []}


@pytest.mark.parametrize("field", REQUIRED)
def test_every_required_field_is_missed(tmp_path, field):
    write(tmp_path, block(**{field: None}))
    assert field in {problem.token for problem in check_library(tmp_path).problems}


@pytest.mark.parametrize(
    ("field", "value", "suggestion"),
    [
        ("layer", "课成", "课程"),
        ("entity", "offerings", "offering"),
        ("period", "weekley", "weekly"),
        ("direction", "highr", "higher"),
        ("chart", "heat", "heatmap"),
        ("applies_grades", [0], "[1, 2, 3]"),
        ("lag_years", 3, "3"),
        ("targt", 95, "'target'"),
        ("window", "滚动三年", "'滚动3年'"),
        ("formula", 100, "formula"),
        ("formula", ["COUNT(fact_grade.*)"], "formula"),
        ("formula", "   ", "formula"),
        ("name_zh", 123, "name_zh"),
        ("is_core", "maybe", "is_core"),
        ("value_source", "x", "value_source"),
        ("code", "A-1 ", "CRS-ATT-09"),
        ("target", float("inf"), "95"),
        ("note", [[1]], "note"),
    ],
)
def test_a_field_with_a_wrong_value_is_named_with_what_to_write(tmp_path, field, value, suggestion):
    write(tmp_path, block(**{field: value}))
    problems = check_library(tmp_path).problems
    assert problems
    assert suggestion in problems[0].suggestion


@pytest.mark.parametrize(
    ("direction", "target", "warning", "alert", "sound"),
    [
        ("higher", 95, 90, 85, True),
        ("higher", 95, 95, 95, True),
        ("higher", 85, 90, 95, False),
        ("lower", 2, 5, 10, True),
        ("lower", 10, 5, 2, False),
        ("target", [90, 100], [80, 110], [70, 120], True),
        ("target", [70, 120], [80, 110], [90, 100], False),
        ("target", 90, 80, 70, False),
        ("higher", [90, 100], 80, 70, False),
    ],
)
def test_thresholds_stand_in_the_order_of_the_direction(tmp_path, direction, target, warning, alert, sound):
    write(tmp_path, block(direction=direction, target=target, warning=warning, alert=alert))
    assert (check_library(tmp_path).problems == ()) is sound


def test_a_formula_must_reach_its_entity(tmp_path):
    write(tmp_path, block(entity="student", formula="COUNT(fact_teacher_year.*)"))
    (problem,) = check_library(tmp_path).problems
    assert problem.token == "fact_teacher_year"
    assert "teacher" in problem.suggestion


@pytest.mark.parametrize(
    ("content", "token"),
    [
        ("- code: [", "line"),
        ("code: CRS-ATT-01", "own.yaml"),
        ("- just text", "own.yaml"),
    ],
)
def test_a_file_that_is_no_library_is_named(tmp_path, content, token):
    (tmp_path / "own.yaml").write_text(content, encoding="utf-8")
    (problem,) = check_library(tmp_path).problems
    assert problem.file == "own.yaml"
    assert token in problem.token


def test_a_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / "own.yaml").write_bytes("- name_zh: 到课率".encode("gb18030"))
    (problem,) = check_library(tmp_path).problems
    assert "UTF-8" in problem.message


def test_loading_a_broken_library_raises_with_every_problem(tmp_path):
    write(tmp_path, block(unit=None), block(code="X-2", layer="?"))
    with pytest.raises(LibraryError, match=r"(?s)2 problems.*unit.*layer"):
        load_library(tmp_path)


def test_an_unknown_code_proposes_the_nearest():
    with pytest.raises(UnknownNameError, match="CRS-ATT-01"):
        shipped_library()["CRS-ATT-1"]


def test_the_version_changes_with_any_threshold(tmp_path):
    write(tmp_path, block())
    before = load_library(tmp_path).version
    write(tmp_path, block(target=96))
    assert load_library(tmp_path).version != before


@pytest.mark.parametrize(
    "formula",
    [
        "COUNT(*)",
        "COUNT(fact_grade.*) FILTER (WHERE fact_grade.score)",
        "COUNT(fact_grade.*) FILTER (WHERE fact_attendance.is_participated)",
        "COUNT(fact_grade.*) FILTER (WHERE fact_grade.student_id IN (SELECT student_id FROM dim_student))",
        "COUNT(fact_grade.*); DROP TABLE fact_grade",
        "SELECT 1",
        "SUM(fact_grade.*)",
        "COUNT(DISTINCT fact_grade.student_id, fact_grade.offering_id)",
        "SUM(fact_grade.score) OVER ()",
        "SUM(fact_grade.score + fact_eval.score)",
        "SUM(score)",
        "100",
        "'abc",
        "SUM(fact_grade.score) / ",
        "read_csv('x')",
        "SUM(1)",
        "COUNT(1)",
        "SUM(fact_attendance.status)",
        "MAX(fact_attendance.status)",
        "AVG(fact_attendance.is_participated)",
        "SUM(fact_attendance.status = 'oops')",
        "SUM(fact_grade.score * 'a')",
        "COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status > 5)",
        "COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.preview_due = '是')",
        "COUNT(fact_grade.*) FILTER (WHERE fact_grade.score = '良')",
        "COUNT(fact_grade.*) FILTER (WHERE fact_grade.score IN (60, '良'))",
        "COUNT(fact_grade.*) FILTER (WHERE fact_grade.score BETWEEN '低' AND 60)",
        "COUNT(fact_grade.*) FILTER (WHERE 1)",
        "COUNT(DISTINCT fact_attendance.status = '到了')",
        "MAX(fact_grade.score, 3)",
        "COUNT(fact_grade.*) / 0",
        "1e400 * COUNT(fact_grade.*)",
        "SUM(main.fact_grade.score)",
        "(" * 1500 + "COUNT(fact_grade.*)" + ")" * 1500,
        " + ".join(["COUNT(fact_grade.*)"] * 5000),
    ],
)
def test_a_formula_outside_the_language_is_refused_with_token_and_suggestion(formula):
    parsed, faults = parse_formula(formula, contracts())
    assert parsed is None
    assert faults
    assert all(fault.token and fault.message and fault.suggestion for fault in faults)


def test_a_field_written_twice_is_named_with_its_line(tmp_path):
    write(tmp_path, block())
    text = (tmp_path / "own.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(text + "  target: 96\n", encoding="utf-8")
    (problem,) = check_library(tmp_path).problems
    assert problem.token == "target"
    assert str(len(text.splitlines()) + 1) in problem.message


def test_a_block_that_refers_to_itself_is_refused(tmp_path):
    write(tmp_path, block())
    text = (tmp_path / "own.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        text + "  value_source: &a {target: *a}\n".replace("value_source", "note"), encoding="utf-8"
    )
    assert "*" in {problem.token for problem in check_library(tmp_path).problems}


def test_what_is_no_file_or_has_another_case_is_dealt_with(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    write(tmp_path, block(), name="OWN.YAML")
    check = check_library(tmp_path)
    assert check.count == 1
    assert [problem.file for problem in check.problems] == ["gone.yaml"]


def test_a_byte_order_mark_does_no_harm(tmp_path):
    write(tmp_path, block())
    path = tmp_path / "own.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert check_library(tmp_path).problems == ()


def test_absolute_values_of_rows_are_allowed():
    parsed, faults = parse_formula("SUM(ABS(fact_grade.score - 60)) / COUNT(fact_grade.*)", contracts())
    assert faults == ()
    assert parsed is not None
