"""The college's day: dates are those of China, whatever zone the machine is set to."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

COLLEGE_ZONE: Final = ZoneInfo("Asia/Shanghai")


def today() -> dt.date:
    """The current date in the college's zone."""
    return dt.datetime.now(COLLEGE_ZONE).date()
