"""All pages, in one readable list. The first one is also shown at ``/``."""

from __future__ import annotations

from typing import Final

from dashboards import courses, offering
from dashboards.page import Page

PAGES: Final[tuple[Page, ...]] = (courses.PAGE, offering.PAGE)
