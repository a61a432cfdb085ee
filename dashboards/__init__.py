"""Which pages there are, what they show and who may see them.

The first page of `PAGES` is also shown at ``/``; the navigation keeps their order.
"""

from __future__ import annotations

from typing import Final

from dashboards import (
    courses,
    data_quality,
    home,
    indicator,
    indicators,
    major,
    majors,
    offering,
    school,
    school_class,
    student,
    students,
    teacher,
    teachers,
)
from dashboards.page import Page

PAGES: Final[tuple[Page, ...]] = (
    home.PAGE,
    school.PAGE,
    majors.PAGE,
    major.PAGE,
    courses.PAGE,
    offering.PAGE,
    teachers.PAGE,
    teacher.PAGE,
    students.PAGE,
    school_class.PAGE,
    student.PAGE,
    indicators.PAGE,
    indicator.PAGE,
    data_quality.PAGE,
)
