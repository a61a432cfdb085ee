"""The ladder of teachers: one canonical ladder, and the steps of the four plans on it.

Sources: 泰山 图6 and 五(四), 南京 三(四)4, 广西 五(四), 包头 五(四). 泰山 names five steps, of which the lowest covers
new and qualified teachers alike; the canonical ladder keeps the two apart as 广西 and 包头 do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data_access.errors import UnknownNameError, suggestion

STEPS: Final = ("新进教师", "合格教师", "教学新星", "教坛英才", "教学名师", "功勋教师")
"""The canonical ladder, lowest step first: the values of ``fact_teacher_year.ladder``."""
BACKBONE_FROM: Final = STEPS.index("教学新星")
"""From this step on a teacher counts as 骨干 (TCH-TEAM-06)."""

PLANS: Final[Mapping[str, Mapping[str, str]]] = {
    "泰山": {step: step for step in STEPS if step != "合格教师"},
    "南京": {
        "新教师": "新进教师",
        "青年骨干和学术骨干": "教学新星",
        "专业带头人和学术带头人": "教坛英才",
        "教学名师和技能大师": "教学名师",
    },
    "广西": {"新教师": "新进教师", "合格教师": "合格教师", "骨干教师": "教学新星", "学术带头人": "教坛英才"},
    "包头": {
        "新教师": "新进教师",
        "合格教师": "合格教师",
        "青年骨干": "教学新星",
        "专业带头人": "教坛英才",
        "专业群领军人才": "教学名师",
    },
}
"""The steps of each plan, lowest first, with the canonical step that each of them is."""


def canonical(plan: str, step: str) -> str:
    """The canonical step that a step of a plan is.

    Raises:
        UnknownNameError: there is no such plan, or it has no such step.
    """
    if plan not in PLANS:
        raise UnknownNameError(f"There is no plan {plan!r}{suggestion(plan, PLANS)}")
    if step not in PLANS[plan]:
        raise UnknownNameError(f"The ladder of {plan} has no step {step!r}{suggestion(step, PLANS[plan])}")
    return PLANS[plan][step]


def next_step(step: str) -> str | None:
    """The step above; None on the highest one and for a step that is not on the ladder."""
    above = STEPS.index(step) + 1 if step in STEPS else len(STEPS)
    return STEPS[above] if above < len(STEPS) else None


def climb(before: str, now: str) -> int:
    """How many steps somebody has moved up, negative for down; 0 where either step is not on the ladder."""
    return STEPS.index(now) - STEPS.index(before) if {before, now} <= set(STEPS) else 0
