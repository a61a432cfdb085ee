"""What the plans ask to be watched of a student (包头 表14), and what in the system answers each of these factors.

The three aspects are those of 表14. 泰山 图7 names four, which are the same factors under other headings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """What answers a factor."""

    INDICATOR = "指标"
    PLAN = "规划"
    REPORT = "报告"


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """One factor of 表14.

    Attributes:
        name: as the table writes it.
        codes: indicators that measure it; of a plan, the score of that plan.
        report: type of the report that tells it, as ``fact_report.report_type`` names it.
    """

    aspect: str
    name: str
    answer: Answer
    codes: tuple[str, ...] = ()
    report: str = ""


_STUDY, _PERSON, _CAREER = "学业发展", "个人发展", "职业发展"
_MEASURED: Final = (
    (_STUDY, "准时率（无迟到）", ("STU-ACD-02", "CLS-ACD-01")),
    (_STUDY, "全勤率（无旷课）", ("STU-ACD-03", "CLS-ACD-02")),
    (_STUDY, "满勤率（无请假）", ("STU-ACD-04", "CLS-ACD-03")),
    (_STUDY, "预习完成率", ("STU-ACD-05",)),
    (_STUDY, "作业完成率", ("STU-ACD-06",)),
    (_STUDY, "课外学习", ("STU-ACD-07",)),
    (_STUDY, "与教师沟通频次", ("STU-ACD-08",)),
    (_STUDY, "考试成绩", ("CRS-EFF-01",)),
    (_STUDY, "学期学分绩", ("STU-ACD-09",)),
    (_STUDY, "获取职业资格证", ("STU-ACD-10", "CLS-CAR-03")),
    (_STUDY, "教学满意度", ("STU-ACD-11",)),
    (_PERSON, "思想政治课程成绩", ("STU-PER-02",)),
    (_PERSON, "思想政治素质得分", ("STU-PER-03",)),
    (_PERSON, "人文素养得分", ("STU-PER-04", "CLS-PER-04")),
    (_PERSON, "社会实践得分", ("STU-PER-05",)),
    (_PERSON, "社会工作素质得分", ("STU-PER-06",)),
    (_PERSON, "综合素质测评", ("STU-PER-07", "CLS-PER-05")),
    (_PERSON, "体能测试", ("STU-PER-08", "STU-GRP-08")),
    (_PERSON, "团学活动出勤频次", ("STU-X14-01",)),
    (_PERSON, "同学间纠纷频次", ("STU-PER-10",)),
    (_PERSON, "同学互评一致度", ("STU-PER-11",)),
    (_PERSON, "心理辅导频次", ("STU-PER-12",)),
    (_PERSON, "违纪频次", ("STU-PER-13", "CLS-PER-06")),
    (_PERSON, "违纪受处罚记录", ("STU-PER-14",)),
    (_PERSON, "基本能力增值", ("STU-PER-15",)),
    (_CAREER, "创新创业课程成绩", ("STU-CAR-02",)),
    (_CAREER, "跟岗实习专业对口水平", ("STU-X14-04", "STU-CAR-03")),
    (_CAREER, "顶岗实习成绩", ("STU-CAR-04",)),
    (_CAREER, "社会兼职", ("STU-CAR-05",)),
    (_CAREER, "职业适应能力（测试）", ("STU-CAR-06",)),
    (_CAREER, "实习受表扬频次", ("STU-CAR-07",)),
    (_CAREER, "实习受批评频次", ("STU-X14-02",)),
    (_CAREER, "典型工作能力自述", ("STU-CAR-08",)),
    (_CAREER, "参加职业技能比赛层次与频次", ("STU-CAR-09", "CLS-CAR-02")),
    (_CAREER, "职业资格证书类别与级别", ("STU-CAR-10",)),
    (_CAREER, "职业素养增值", ("STU-CAR-11",)),
    (_CAREER, "职业成熟度", ("STU-CAR-12",)),
    (_CAREER, "学生入职满意度", ("STU-CAR-14", "CLS-CAR-06")),
    (_CAREER, "毕业生跟踪调查", ("STU-CAR-15",)),
)
FACTORS: Final = (
    Factor(aspect=_STUDY, name="《学业计划》", answer=Answer.PLAN, codes=("STU-ACD-01",)),
    Factor(aspect=_PERSON, name="《个人发展规划》", answer=Answer.PLAN, codes=("STU-PER-01",)),
    Factor(aspect=_CAREER, name="《职业生涯规划》", answer=Answer.PLAN, codes=("STU-CAR-01",)),
    *(Factor(aspect=aspect, name=name, answer=Answer.INDICATOR, codes=codes) for aspect, name, codes in _MEASURED),
    Factor(aspect=_STUDY, name="学生成长报告", answer=Answer.REPORT, report="学生学业情况分析报告"),
    Factor(aspect=_PERSON, name="教学质量改进报告", answer=Answer.REPORT, report="课程质量分析报告"),
    Factor(
        aspect=_CAREER,
        name="用人单位评价报告",
        answer=Answer.REPORT,
        codes=("CLS-CAR-07",),
        report="毕业生就业质量年报",
    ),
)
ASPECTS: Final = (_STUDY, _PERSON, _CAREER)


def of_aspect(aspect: str) -> tuple[Factor, ...]:
    """The factors of one aspect, plans first and reports last."""
    return tuple(factor for factor in FACTORS if factor.aspect == aspect)
