"""包头 表14 has no gap: each of its factors is an indicator, a plan or a report of the system."""

import pytest

from data_access.contracts import contracts
from indicators.library import shipped_library
from indicators.student_factors import ASPECTS, FACTORS, Answer, of_aspect

TABLE_14 = {
    "学业发展": """《学业计划》 准时率（无迟到） 全勤率（无旷课） 满勤率（无请假） 预习完成率 作业完成率 课外学习
        与教师沟通频次 考试成绩 学期学分绩 获取职业资格证 学生成长报告 教学满意度""",
    "个人发展": """《个人发展规划》 思想政治课程成绩 思想政治素质得分 人文素养得分 社会实践得分 社会工作素质得分
        综合素质测评 体能测试 团学活动出勤频次 同学间纠纷频次 同学互评一致度 心理辅导频次 违纪频次 违纪受处罚记录
        基本能力增值 教学质量改进报告""",
    "职业发展": """《职业生涯规划》 创新创业课程成绩 跟岗实习专业对口水平 顶岗实习成绩 社会兼职 职业适应能力（测试）
        实习受表扬频次 实习受批评频次 典型工作能力自述 参加职业技能比赛层次与频次 职业资格证书类别与级别
        职业素养增值 职业成熟度 学生入职满意度 毕业生跟踪调查 用人单位评价报告""",
}


@pytest.mark.parametrize("aspect", TABLE_14)
def test_every_factor_of_the_table_is_answered(aspect):
    assert sorted(factor.name for factor in of_aspect(aspect)) == sorted(TABLE_14[aspect].split())


def test_aspects_are_those_of_the_table():
    assert tuple(TABLE_14) == ASPECTS
    assert {factor.aspect for factor in FACTORS} == set(ASPECTS)


def test_indicators_and_plans_are_in_the_library():
    known = set(shipped_library().indicators)
    assert {code for factor in FACTORS for code in factor.codes} <= known
    assert all(factor.codes for factor in FACTORS if factor.answer is not Answer.REPORT)


def test_reports_are_of_a_type_that_the_college_keeps():
    column = next(c for c in contracts()["fact_report"].columns if c.name == "report_type")
    reports = [factor.report for factor in FACTORS if factor.answer is Answer.REPORT]
    assert len(reports) == len(TABLE_14)
    assert set(reports) <= set(column.enum)
