"""The three aspects of a student's growth (包头 表14) with the indicators that the library keeps for each of them."""

from __future__ import annotations

from typing import Final

from dashboards.aspects import Aspect

OF_STUDENT: Final = (
    Aspect(
        name="学业发展",
        codes=(
            "STU-ACD-01", "STU-ACD-02", "STU-ACD-03", "STU-ACD-04", "STU-ACD-05", "STU-ACD-06", "STU-ACD-07",
            "STU-ACD-08", "STU-ACD-09", "STU-ACD-10", "STU-ACD-11",
        ),
    ),
    Aspect(
        name="个人发展",
        codes=(
            "STU-PER-01", "STU-PER-02", "STU-PER-03", "STU-PER-04", "STU-PER-05", "STU-PER-06", "STU-PER-07",
            "STU-PER-08", "STU-PER-09", "STU-PER-10", "STU-PER-11", "STU-PER-12", "STU-PER-13", "STU-PER-14",
            "STU-PER-15", "STU-X14-01",
        ),
    ),
    Aspect(
        name="职业发展",
        codes=(
            "STU-CAR-01", "STU-CAR-02", "STU-CAR-03", "STU-CAR-04", "STU-CAR-05", "STU-CAR-06", "STU-CAR-07",
            "STU-CAR-08", "STU-CAR-09", "STU-CAR-10", "STU-CAR-11", "STU-CAR-12", "STU-CAR-13", "STU-CAR-14",
            "STU-CAR-15", "STU-X14-02", "STU-X14-03",
        ),
    ),
)  # fmt: skip
"""What is kept of every single student."""

OF_CLASS: Final = (
    Aspect(
        name="学业发展",
        codes=(
            "CLS-ACD-01", "CLS-ACD-02", "CLS-ACD-03", "CLS-ACD-04", "CLS-ACD-05", "STU-GRP-01", "STU-GRP-02",
            "STU-GRP-18",
        ),
    ),
    Aspect(
        name="个人发展",
        codes=(
            "CLS-PER-01", "CLS-PER-02", "CLS-PER-03", "CLS-PER-04", "CLS-PER-05", "CLS-PER-06", "CLS-PER-07",
            "STU-GRP-03", "STU-GRP-04", "STU-GRP-05", "STU-GRP-06", "STU-GRP-07", "STU-GRP-08", "STU-GRP-09",
            "STU-GRP-10", "STU-GRP-11", "STU-GRP-12", "STU-GRP-14", "STU-GRP-15", "STU-GRP-16", "STU-GRP-17",
        ),
    ),
    Aspect(
        name="职业发展",
        codes=(
            "CLS-CAR-01", "CLS-CAR-02", "CLS-CAR-03", "CLS-CAR-04", "CLS-CAR-05", "CLS-CAR-06", "CLS-CAR-07",
            "STU-X14-04", "STU-GRP-13",
        ),
    ),
)  # fmt: skip
"""What is kept of classes and groups of students."""
