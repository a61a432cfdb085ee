import re

import pytest

from data_access.contracts import contracts
from indicators.formula import Function, parse_formula
from indicators.formula_words import COUNTED, in_words, remarks, table_name
from indicators.library import shipped_library

LIBRARY = shipped_library()
COLUMN = re.compile(r"[A-Za-z]+_[A-Za-z_]+")


def words(text):
    formula, faults = parse_formula(text, contracts())
    assert faults == ()
    return in_words(formula, contracts())


SAID = {
    "100 * COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status IN ('准时', '迟到', '早退')) "
    "/ COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status <> '公假')":
        "考勤人次（考勤状态为准时、迟到或早退） ÷ 考勤人次（考勤状态不为公假） × 100",
    "AVG(fact_eval.score) FILTER (WHERE fact_eval.evaluator_type = '学生' AND fact_eval.is_submitted)":
        "评教的评价得分的平均值（评价主体为学生，且已提交）",
    "COUNT(DISTINCT fact_grade.student_id) FILTER (WHERE NOT fact_grade.is_pass_final)":
        "课程成绩中不同的学生数（补考后未及格）",
    "AVG(fact_grade.score) FILTER (WHERE dim_course.is_ideology)": "课程成绩的总评成绩的平均值（课程属思想政治课程）",
    "AVG(fact_grade.score) FILTER (WHERE NOT dim_course.is_ideology)": "课程成绩的总评成绩的平均值（课程不属思想政治课程）",
    "COUNT(fact_student_term.*) FILTER (WHERE dim_student.entry_type IN ('高本衔接'))": "学生人数（学生的入学类型为高本衔接）",
    "100 - 100 * COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status = '旷课') / COUNT(fact_attendance.*)":
        "100 － 考勤人次（考勤状态为旷课） ÷ 考勤人次 × 100",
    "ABS(SUM(fact_task.cost_amt) - SUM(fact_task.budget_amt)) / SUM(fact_task.budget_amt)":
        "〔任务的实际成本之和与任务的预算之和之差的绝对值〕 ÷ 任务的预算之和",
    "COUNT(fact_student_term.*) / (COUNT(fact_teacher_year.*) + 0.5 * COUNT(fact_teacher_year.*))":
        "学生人数 ÷ 〔教师人数 ＋ 教师人数 × 0.5〕",
    "SUM(fact_grade.score * fact_grade.credit) / SUM(fact_grade.credit)":
        "课程成绩的（总评成绩 × 学分）之和 ÷ 课程成绩的学分之和",
    "COUNT(fact_task_month.*) FILTER (WHERE fact_task_month.plan_pct - fact_task_month.actual_pct > 10)":
        "任务月度进度数（计划累计进度 － 实际累计进度大于 10）",
    "COUNT(fact_grade.*) FILTER (WHERE fact_grade.score BETWEEN 60 AND 70)": "课程成绩人次（总评成绩在 60 至 70 之间）",
    "COUNT(fact_eval.*) FILTER (WHERE fact_eval.student_id IS NULL)": "评教份数（评价学生为空）",
    "COUNT(fact_eval.*) FILTER (WHERE fact_eval.student_id IS NOT NULL)": "评教份数（评价学生不为空）",
    "COUNT(fact_grade.*) FILTER (WHERE (fact_grade.score < 60 OR fact_grade.need_retake) AND fact_grade.credit >= 2)":
        "课程成绩人次（〔总评成绩小于 60，或需重修〕，且学分不低于 2）",
    "COUNT(fact_attendance.*) FILTER (WHERE fact_attendance.status NOT IN ('旷课', '请假'))": "考勤人次（考勤状态不为旷课或请假）",
    "MAX(dim_major.level_score)": "专业的等级分的最大值",
    "STDDEV_SAMP(fact_grade.score)": "课程成绩的总评成绩的标准差",
    "COUNT(dim_enterprise.*)": "企业条数",
    "1 - 0 - COUNT(fact_grade.*)": "1 － 0 － 课程成绩人次",
    "COUNT(fact_grade.*) - (COUNT(fact_eval.*) - 2)": "课程成绩人次 － （评教份数 － 2）",
}  # fmt: skip


@pytest.mark.parametrize("formula", SAID)
def test_a_formula_is_said_in_words(formula):
    assert words(formula) == SAID[formula]


@pytest.mark.parametrize("code", LIBRARY.indicators)
def test_every_formula_of_the_library_is_said_without_the_name_of_a_column(code):
    formula = LIBRARY.formulas[code]
    said = in_words(formula, contracts())
    assert not COLUMN.search(said)
    assert said.count("（") == said.count("）")
    assert said.count("〔") == said.count("〕")
    literals = {text for aggregate in formula.aggregates for text in re.findall(r"'([^']+)'", aggregate.condition)}
    assert [text for text in literals if text not in said] == []


def test_whatever_the_library_counts_has_a_noun():
    counted = {
        part.table
        for formula in LIBRARY.formulas.values()
        for part in formula.aggregates
        if part.function is Function.COUNT and not part.argument
    }
    assert counted == set(COUNTED)


def test_grades_windows_and_lags_are_remarked_upon():
    assert remarks(grades=[3], window="在校累计") == ("只计3年级", "自入学起累计")
    assert remarks(window="滚动3年") == ("连同前两年，滚动三年累计",)
    assert remarks(lag_years=3) == ("反映 3 年前的情况（如毕业 3 年的学生）",)
    assert remarks() == ()


def test_names_of_tables_lose_what_only_a_data_model_needs():
    assert [table_name(name) for name in ("教学班维", "课程成绩事实", "储值卡流水(平台产出)", "教师年度快照")] == [
        "教学班", "课程成绩", "储值卡流水", "教师年度",
    ]  # fmt: skip
