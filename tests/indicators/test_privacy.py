"""Which indicators are sensitive, and why; a change of this list must be meant."""

import pytest

from data_access.access.privacy import Privacy, Topic
from data_access.contracts import contracts
from indicators.formula import parse_formula
from indicators.library import check_library, shipped_library
from indicators.privacy import Classification, classify, with_declaration
from tests.indicators.test_library import block, write

COUNSELLING, SCREENING, AID, DISCIPLINE, HARDSHIP, INCIDENT = (
    Topic.COUNSELLING, Topic.SCREENING, Topic.AID, Topic.DISCIPLINE, Topic.HARDSHIP, Topic.INCIDENT,
)  # fmt: skip

SENSITIVE = {
    "SCH-OPS-20": {INCIDENT},
    "SCH-OPS-21": {INCIDENT},
    "SCH-OPS-22": {INCIDENT},
    "TCH-ETH-03": {INCIDENT},
    "TCH-TEA-06": {INCIDENT},
    "STU-PER-10": {DISCIPLINE},
    "STU-PER-12": {COUNSELLING},
    "STU-PER-13": {DISCIPLINE},
    "STU-PER-14": {DISCIPLINE},
    "STU-GRP-09": {SCREENING},
    "STU-GRP-10": {AID, COUNSELLING, HARDSHIP},
    "STU-GRP-11": {AID, COUNSELLING, HARDSHIP},
    "STU-GRP-12": {AID},
    "STU-GRP-13": {HARDSHIP},
    "CLS-PER-06": {DISCIPLINE},
    "CLS-PER-07": {DISCIPLINE},
}
"""Every sensitive indicator of the shipped library and what it tells of."""


def test_the_sensitive_indicators_are_these_and_no_others():
    found = {indicator.code: set(indicator.topics) for indicator in shipped_library() if indicator.topics}
    assert found == SENSITIVE


def test_an_indicator_is_sensitive_if_and_only_if_it_has_topics():
    for indicator in shipped_library():
        assert (indicator.privacy is Privacy.SENSITIVE) == bool(indicator.topics)
        # The number of somebody's tests tells nothing of their results; of all else it tells as much as a figure.
        assert indicator.topics <= indicator.row_topics | {SCREENING}


def of(formula: str) -> Classification:
    parsed, faults = parse_formula(formula, contracts())
    assert parsed is not None, faults
    return classify(parsed, contracts())


EVENTS = "fact_student_event"
TESTS = "fact_self_test"
NEEDY = "fact_special_student"
WEEKS = "fact_student_week"


@pytest.mark.parametrize(
    ("formula", "topics"),
    [
        (f"COUNT({EVENTS}.*)", {COUNSELLING, DISCIPLINE}),
        (f"SUM({EVENTS}.duration_hours)", {COUNSELLING, DISCIPLINE}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '表扬')", set()),
        (f"COUNT({EVENTS}.*) FILTER (WHERE '表扬' = {EVENTS}.event_type)", set()),
        (f"COUNT({EVENTS}.*) FILTER (WHERE ({EVENTS}.event_type IN ('表扬', '违纪')))", {DISCIPLINE}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type <> '心理辅导')", {DISCIPLINE}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE NOT ({EVENTS}.event_type = '心理辅导'))", {DISCIPLINE}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type NOT IN ('违纪', '同学纠纷'))", {COUNSELLING}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '表扬' AND {EVENTS}.is_handled)", set()),
        (
            f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '表扬' OR {EVENTS}.is_handled)",
            {COUNSELLING, DISCIPLINE},
        ),
        (
            f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type <> '心理辅导' AND {EVENTS}.event_type <> '违纪')",
            {DISCIPLINE},
        ),
        (f"COUNT({EVENTS}.*) FILTER (WHERE NOT ({EVENTS}.event_type = '表扬' AND {EVENTS}.is_handled))", {COUNSELLING, DISCIPLINE}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type BETWEEN '表扬' AND '表扬')", {COUNSELLING, DISCIPLINE}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type IS NULL)", {COUNSELLING, DISCIPLINE}),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_level = 0)", {COUNSELLING, DISCIPLINE}),
        (
            f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '表扬') / COUNT({EVENTS}.*)",
            {COUNSELLING, DISCIPLINE},
        ),
        (f"COUNT({TESTS}.*) FILTER (WHERE {TESTS}.is_done)", set()),
        (f"COUNT({TESTS}.*) FILTER (WHERE {TESTS}.scale = '心理健康普查' AND {TESTS}.is_done)", set()),
        (f"AVG({TESTS}.score) FILTER (WHERE {TESTS}.scale = '自学能力')", set()),
        (f"AVG({TESTS}.score)", {SCREENING}),
        (f"COUNT({TESTS}.*) FILTER (WHERE {TESTS}.result_level = '预警')", {SCREENING}),
        (f"COUNT({NEEDY}.*) FILTER (WHERE {NEEDY}.group_type = '心理')", {COUNSELLING}),
        (f"COUNT({NEEDY}.*) FILTER (WHERE {NEEDY}.group_type = '学业困难')", {HARDSHIP}),
        (f"COUNT({NEEDY}.*) FILTER (WHERE {NEEDY}.group_type = '学业困难' AND {NEEDY}.is_aided)", {AID, HARDSHIP}),
        (f"SUM({WEEKS}.task_done) / SUM({WEEKS}.task_due)", set()),
        (f"SUM({WEEKS}.late_return_cnt)", {Topic.BEHAVIOUR}),
        (f"SUM({WEEKS}.task_done) FILTER (WHERE {WEEKS}.library_visits > 0)", {Topic.BEHAVIOUR}),
        ("COUNT(fact_incident.*) FILTER (WHERE fact_incident.category = '安全')", {INCIDENT}),
        ("AVG(fact_risk_score.score)", {Topic.RISK}),
        ("COUNT(fact_risk_score.*)", {Topic.RISK}),
    ],
)  # fmt: skip
def test_topics_follow_from_the_rows_and_columns_a_formula_reads(formula, topics):
    found = of(formula)
    assert set(found.topics) == topics
    assert (found.privacy is Privacy.SENSITIVE) == bool(topics)
    assert all(found.topics.values())


@pytest.mark.parametrize(
    ("formula", "privacy"),
    [
        ("COUNT(fact_session.*)", Privacy.PUBLIC),
        ("COUNT(fact_session.*) FILTER (WHERE dim_course.is_ideology)", Privacy.PUBLIC),
        ("COUNT(fact_output.*) FILTER (WHERE dim_teacher.staff_type = '专任教师')", Privacy.INTERNAL),
        ("COUNT(fact_attendance.*)", Privacy.INTERNAL),
        ("COUNT(fact_session.*) / COUNT(fact_attendance.*)", Privacy.INTERNAL),
        (f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '表扬')", Privacy.INTERNAL),
    ],
)
def test_a_figure_about_a_group_is_public_where_all_it_is_made_of_is(formula, privacy):
    assert of(formula).privacy is privacy


def test_the_number_of_rows_tells_what_a_filter_leaves_out():
    praised = of(f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '表扬')")
    assert praised.row_topics == {COUNSELLING, DISCIPLINE}
    assert of(f"COUNT({TESTS}.*) FILTER (WHERE {TESTS}.is_done)").row_topics == frozenset()


PLAIN = of("COUNT(fact_attendance.*)")
DISCIPLINED = of(f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '违纪')")


@pytest.mark.parametrize(
    ("derived", "privacy", "topics", "expected"),
    [
        (PLAIN, None, None, (Privacy.INTERNAL, set())),
        (PLAIN, "内部", None, (Privacy.INTERNAL, set())),
        (PLAIN, "个人", None, (Privacy.PERSONAL, set())),
        (PLAIN, None, ["资助"], (Privacy.SENSITIVE, {AID})),
        (PLAIN, "敏感", ["资助"], (Privacy.SENSITIVE, {AID})),
        (DISCIPLINED, None, None, (Privacy.SENSITIVE, {DISCIPLINE})),
        (DISCIPLINED, "敏感", None, (Privacy.SENSITIVE, {DISCIPLINE})),
        (DISCIPLINED, None, ["违纪", "资助"], (Privacy.SENSITIVE, {DISCIPLINE, AID})),
    ],
)
def test_a_block_may_say_that_it_is_more_confidential(derived, privacy, topics, expected):
    found = with_declaration(derived, privacy, topics)
    assert (found[0], set(found[1])) == expected
    assert found[2] == ()


@pytest.mark.parametrize(
    ("derived", "privacy", "topics", "message"),
    [
        (PLAIN, "公开", None, "privacy 公开 is less than what the indicator tells"),
        (DISCIPLINED, "内部", None, "违纪: rows where fact_student_event.event_type may be 违纪"),
        (PLAIN, "个人", ["资助"], "privacy 个人 is less"),
        (DISCIPLINED, None, ["资助"], "topics leave out what the formula tells (违纪: rows where"),
        (PLAIN, "敏感", None, "called 敏感, but not of what"),
        (PLAIN, None, ["资金"], "There is no topic '资金'"),
        (PLAIN, "秘密", None, "privacy must be one of"),
    ],
)
def test_a_block_may_never_say_that_it_is_less(derived, privacy, topics, message):
    (fault,) = with_declaration(derived, privacy, topics)[2]
    assert message in fault.message
    assert fault.token
    assert fault.suggestion


def test_the_library_check_names_the_indicator_and_why(tmp_path):
    formula = f"COUNT({EVENTS}.*) FILTER (WHERE {EVENTS}.event_type = '违纪')"
    write(
        tmp_path,
        block(code="P-01", formula=formula, entity="student", privacy="内部"),
        block(code="P-02", formula=formula, entity="student", topics=["资助"]),
        block(code="P-03", topics="资助"),
        block(code="P-04", topics=[]),
        block(code="P-05", formula=formula, entity="student", topics=["违纪"]),
    )
    check = check_library(tmp_path)
    found = {problem.code: problem for problem in check.problems}
    assert sorted(found) == ["P-01", "P-02", "P-03", "P-04"]
    assert "event_type may be 违纪" in found["P-01"].message
    assert found["P-02"].suggestion == "Write 'topics: [资助, 违纪]', or leave the field out."
    assert "must be a list" in found["P-03"].message


def test_a_change_of_what_an_indicator_tells_changes_the_version_of_the_library(tmp_path):
    write(tmp_path, block())
    before = check_library(tmp_path).library
    write(tmp_path, block(topics=["资助"]))
    after = check_library(tmp_path).library
    assert before is not None
    assert after is not None
    assert before.version != after.version
