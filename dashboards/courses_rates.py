"""到课率, 参与率, 达标率: the three rates of every section that the plans ask for (泰山 五(三)), and their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dashboards.page import Filter, Kind, Place
from indicators.lessons import ATTAINMENT, ATTENDANCE
from layouts.controls import Option

PARTICIPATION: Final = "CRS-PAR-01"


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One of the three.

    Attributes:
        key: its value in an address.
        kind: kind of period that it has values by.
        counted: names of numerator and denominator.
        records: what it is counted from.
        because: why there may be no records.
    """

    key: str
    code: str
    name: str
    kind: str
    counted: tuple[str, str]
    records: str
    because: str

    @property
    def period_word(self) -> str:
        """周 or 月."""
        return PERIOD_WORDS[self.kind]


PERIOD_WORDS: Final = {"week": "周", "month": "月"}
RATES: Final = {
    rate.key: rate
    for rate in (
        Rate(
            key="att", code=ATTENDANCE, name="到课率", kind="week", counted=("实到", "应到"), records="考勤",
            because="未排课，或考勤尚未导入",
        ),
        Rate(
            key="par", code=PARTICIPATION, name="参与率", kind="week", counted=("参与", "实到"), records="课堂活动",
            because="未排课，或课堂活动尚未导入",
        ),
        Rate(
            key="pas", code=ATTAINMENT, name="达标率", kind="month", counted=("达标", "参加考核"), records="单元考核",
            because="没有单元在此期间结束，或考核成绩尚未导入",
        ),
    )
}  # fmt: skip
"""By key, the first being the one shown unless another is asked for. 达标率 has values by month: units end rarely."""

FILTER: Final = Filter(
    name="rate",
    label="比率",
    kind=Kind.TOGGLE,
    place=Place.TOOLS,
    options=lambda _services, _scope: [Option(value=rate.key, label=rate.name) for rate in RATES.values()],
)
