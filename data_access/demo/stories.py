"""What is going on in the demo college: the known stories, as data that the generators follow.

`docs/demo.md` lists the same stories, so that whoever explores the product knows what there is to find.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Story:
    """One thing that happens in the demo college.

    Attributes:
        what: what happens.
        where: the entity it happens to.
        when: weeks, terms or years.
        indicators: codes of the indicators that show it.
    """

    id: str
    what: str
    where: str
    when: str
    indicators: tuple[str, ...]


MAJOR_STORIES: Final[Mapping[str, Mapping[str, float]]] = {
    "会展策划与管理": {"适应度": -2.6, "品牌度": -2.4},
    "模具设计与制造": {"质量度": -2.4, "保障度": -1.6},
    "现代物流管理": {"产教融合度": -2.6, "贡献度": -2.2},
    "音乐教育": {"开放度": -2.0, "显示度": -2.0},
    "护理": {"质量度": 1.6, "保障度": 1.2, "品牌度": 1.8, "适应度": 1.5, "产教融合度": 1.4},
    "机电一体化技术": {"显示度": 2.0, "品牌度": 2.0, "贡献度": 1.6, "产教融合度": 1.5},
}
"""Strength of some majors in some dimensions, in standard deviations; the others are drawn."""

COLLAPSE_MAJOR: Final = "机电一体化技术"
COLLAPSE_WEEK: Final = 6
LOST_STUDENT_SEAT: Final = 3
LOST_STUDENT_WEEK: Final = 5
WEAK_TEACHER_MAJOR: Final = "市场营销"
HARD_COURSE: Final = "高等数学"
UNRULY_MAJOR: Final = "软件技术"
UNRULY_WEEKS: Final = (7, 12)
FLU_WEEKS: Final = (9, 10)
RAIN_WEEKS: Final = (12, 13)
DORM_GAP_WEEKS: Final = (4, 8)
LATE_CARD_WEEKS: Final = (6, 11)
LATE_TASK_OFFICE: Final = "后勤管理处"
SILENT_DEPARTMENT: Final = "旅游管理系"
HELD_BACK_DEPARTMENT: Final = "机电工程系"

STORIES: Final = (
    Story(
        id="collapse",
        what="Attendance falls from about 96 % to about 70 % and stays there; participation and unit results follow",
        where="The first core course of the first second-year class of 机电一体化技术 (机电…01班)",
        when="Every term, from week 6",
        indicators=("CRS-ATT-01", "CRS-PAR-01", "CRS-PAS-01", "TCH-TEA-04"),
    ),
    Story(
        id="collapses",
        what="Attendance of a section breaks down by 5 to 25 points",
        where="About 3 % of all sections",
        when="Every term, from some week between 5 and 14",
        indicators=("CRS-ATT-01",),
    ),
    Story(
        id="lost-student",
        what="A good student comes less every week, stops handing in homework and fails several courses",
        where="The student in seat 003 of the same class",
        when="Every term, from week 5",
        indicators=("STU-ACD-03", "STU-ACD-06", "STU-ACD-09"),
    ),
    Story(
        id="drift",
        what="Weak students come less, do less homework and use the platform less in the weeks before they fail",
        where="About 5 % of the students on campus",
        when="Every term, beginning in some week between 5 and 13",
        indicators=("STU-ACD-03", "STU-ACD-05", "STU-ACD-06", "STU-GRP-18", "STU-ACD-09", "STU-GRP-01"),
    ),
    Story(
        id="flu",
        what="Influenza: three times as many students on sick leave",
        where="The whole college",
        when="Weeks 9 and 10 of every autumn term",
        indicators=("CLS-ACD-03", "STU-ACD-04", "CRS-ATT-01"),
    ),
    Story(
        id="rain",
        what="The rainy weeks: twice as many students late",
        where="The whole college, most in the first period",
        when="Weeks 12 and 13 of every spring term",
        indicators=("CRS-ATT-02", "CLS-ACD-01", "STU-ACD-02"),
    ),
    Story(
        id="hard-course",
        what="A course that many fail at the first attempt",
        where="高等数学 (公共基础教学部)",
        when="Every term in which it is taught",
        indicators=("CRS-EFF-01", "CRS-EFF-04", "CRS-PAS-01"),
    ),
    Story(
        id="weak-teacher",
        what="A teacher whom students, peers and supervisors rate low in all sections",
        where="The leader (专业带头人) of 市场营销",
        when="Every term",
        indicators=("TCH-TEA-02", "TCH-TEA-03", "TCH-ETH-05", "CRS-EVA-01"),
    ),
    Story(
        id="unruly-class",
        what="Breaches of discipline and late returns pile up",
        where="The first first-year class of 软件技术 (软件…01班)",
        when="Weeks 7 to 12 of every term",
        indicators=("CLS-PER-06", "CLS-PER-07", "CLS-ACD-02"),
    ),
    Story(
        id="lagging-exhibition",
        what="Fewer applicants than places, low entry scores, little demand",
        where="会展策划与管理",
        when="Every year",
        indicators=("MAJ-ADA-01", "MAJ-ADA-03", "MAJ-ADA-04", "MAJ-BRA-01", "MAJ-BRA-02"),
    ),
    Story(
        id="lagging-mould",
        what="Graduates find matching work late; few dual-qualified teachers and workstations",
        where="模具设计与制造",
        when="Every year",
        indicators=("MAJ-QUA-01", "MAJ-QUA-04", "MAJ-QUA-05", "MAJ-GUA-02", "MAJ-GUA-05"),
    ),
    Story(
        id="lagging-logistics",
        what="Hardly any enterprise takes part; no services, little training",
        where="现代物流管理",
        when="Every year",
        indicators=("MAJ-IND-01", "MAJ-IND-04", "MAJ-IND-05", "MAJ-CON-01", "MAJ-CON-03"),
    ),
    Story(
        id="dorm-gap",
        what="The dormitory system delivers nothing: no checks, no scores, and the loads are empty",
        where="Source 学工/后勤, table fact_dorm_check",
        when="Weeks 4 and 8 of every term",
        indicators=("SCH-OPS-15", "SCH-OPS-16", "CLS-PER-03", "STU-PER-09"),
    ),
    Story(
        id="late-card",
        what="The campus card source arrives late and incomplete",
        where="Source 一卡通/图书馆/学习平台/门禁, table fact_student_week",
        when="Weeks 6 to 11 of every term",
        indicators=("SCH-OPS-15", "SCH-OPS-16"),
    ),
    Story(
        id="late-office",
        what="Key tasks slip month after month and rectifications stay open",
        where="后勤管理处",
        when="Every year",
        indicators=("SCH-TSK-01", "SCH-TSK-03", "SCH-TSK-11", "SCH-OPS-23"),
    ),
    Story(
        id="silent-department",
        what="Alerts go unanswered",
        where="旅游管理系",
        when="Every term",
        indicators=("SCH-OPS-05", "SCH-OPS-06"),
    ),
)
