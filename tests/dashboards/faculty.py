"""An invented college of four majors with scores over three years, for the pages of majors.

机电 leads, 物流 has been below the total for three years, 旅游 misses 质量度 this year, 助产 lacks too much for a total.
机电 and 物流 are one group.
"""

import dataclasses

import numpy as np

from dashboards.services import Services
from indicators.eight_dimensions import item_scores, shipped_model
from indicators.major_diagnosis import Diagnosis, MajorInfo, YearScores
from indicators.results import IndicatorInfo
from tests.dashboards.campus import TODAY, Campus

MODEL = shipped_model()
MAJORS = tuple(
    MajorInfo(major_id=n, name=name, dept_id=dept, dept_name=f"系{dept}", group=group, standing="省级", status="在招")
    for n, name, dept, group in (
        (1, "机电一体化技术", 1, "装备专业群"),
        (2, "现代物流管理", 1, "装备专业群"),
        (3, "旅游管理", 2, "旅游专业群"),
        (4, "助产", 2, ""),
    )
)
LEVELS = {2024: (88.0, 50.0, 80.0, 70.0), 2025: (90.0, 52.0, 81.0, 70.0), 2026: (92.0, 55.0, 78.0, 70.0)}
"""Value of every item by year and major; the lines are 85, 60 and 40, so that a value is about its score."""


def info(code):
    return IndicatorInfo(
        code=code, name_zh=f"分项{code[4:]}", unit="%", direction="higher", target=100.0, warning=60.0, alert=40.0,
        definition_zh="", period="year",
    )  # fmt: skip


def year_scores(year):
    values = np.repeat(np.array(LEVELS[year]).reshape(-1, 1), len(MODEL.codes), axis=1)
    if year == 2026:
        values[2, [MODEL.codes.index(code) for code in MODEL.dimensions[MODEL.column("quality")].items]] = 55.0
    values[3, : len(MODEL.codes) // 2] = np.nan
    keys = np.full(values.shape, str(year), dtype=np.object_)
    return YearScores(
        year=year, model=MODEL, values=values, period_keys=keys, items=item_scores(values, info("MAJ-QUA-01"))
    )


@dataclasses.dataclass(frozen=True)
class Faculty:
    """Diagnoses the invented majors as the real service does."""

    is_empty: bool = False
    hides_items: bool = False
    model = MODEL

    def years(self):
        return [] if self.is_empty else sorted(LEVELS)

    def admitted(self, scope):
        for grant in scope.grants:
            if grant.admits("major", info("MAJ-QUA-01").about):
                found = {"dept": "dept_id", "major": "major_id"}.get(grant.node)
                yield from (m.major_id for m in MAJORS if found is None or getattr(m, found) in grant.ids)

    def diagnose(self, year, *, major_id=None, scope):
        seen = set(self.admitted(scope))
        years = tuple(year_scores(each) for each in range(year - 2, year + 1) if each in LEVELS)
        own = np.zeros((0, 0))
        if major_id in seen:
            own = np.vstack([each.values[major_id - 1] for each in years])
            own = np.full(own.shape, np.nan) if self.hides_items else own
        return Diagnosis(
            majors=tuple(m if m.major_id in seen else MajorInfo(major_id=0, name="") for m in MAJORS),
            groups=tuple(m.group for m in MAJORS), infos={code: info(code) for code in MODEL.codes}, years=years,
            own_values=own,
        )  # fmt: skip

    def major(self, major_id, *, scope):
        return next((m for m in MAJORS if m.major_id == major_id and m.major_id in set(self.admitted(scope))), None)

    def size(self, major_id, *, scope):
        return 6, 240

    def leader(self, major, *, scope):
        return "潘欣怡"


def services_of(who, faculty=None):
    return Services(values=Campus(), viewer=lambda: who, today=lambda: TODAY, majors=faculty or Faculty())
