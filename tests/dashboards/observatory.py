"""The invented college as the cockpit looks at it: with a library, a digest, and figures that move.

Every entity holds its rate but for two: number 1 of a level falls to the alert line and number 2 rises for two weeks.
"""

import dataclasses

import numpy as np

from data_access.access.privacy import PLAIN
from indicators.digest import Digest
from indicators.results import Board, Standing
from indicators.shelf import Entry
from tests.dashboards import campus
from tests.dashboards.campus import NAMES, Campus, about, info

LAYERS = {"CRS": "课程", "MAJ": "专业", "SCH": "学校", "TCH": "教师", "STU": "学生", "CLS": "学生"}
LEVELS = ("school", "dept", "major", "class", "course", "offering")


def entry(code):
    return Entry(
        info=info(code), layer=LAYERS[code[:3]], dimension="水平", five_system="质量生成", level="dept",
        department=about(code).owner, levels=LEVELS, kinds=("week",), block={"diag_element": "5.3", "norm_ref": "某文件"},
    )  # fmt: skip


class Library:
    def entries(self):
        return [entry(code) for code in NAMES]


class Observed(Campus):
    """A campus whose values are also told by their last periods."""

    def periods(self, kind):
        return super().periods(kind) if kind == "week" else ()

    def readings(self, codes, level, entity_id, *, until, scope):
        found = super().readings(codes, level, entity_id, until=until, scope=scope)
        return [dataclasses.replace(reading, level=level, entity_id=entity_id) for reading in found]

    def history(self, codes, level, *, until, last, below=None, entity_ids=None, scope):
        wanted = range(1, 7) if entity_ids is None else sorted(entity_ids)
        entities = tuple(self._named(level, n) for n in wanted) if scope.admits(level, PLAIN) else ()
        standings = {}
        for code in [code for code in codes if code in NAMES]:
            frame = self._frame(code, entities, level, is_admitted=scope.admits(level, about(code)))
            kept = [n for n, period in enumerate(frame.periods) if period.start <= until][-last:]
            value = np.full((len(entities), len(frame.periods)), 92.0)
            for row, entity in enumerate(entities):
                if entity.entity_id == 1:
                    value[row, -1] = 70.0
                if entity.entity_id == 2:
                    value[row, -3:] = (88.0, 90.0, 94.0)
            value[np.isnan(frame.denominator)] = np.nan
            parts = {"numerator": frame.numerator, "denominator": frame.denominator, "rows": frame.rows * 10,
                     "is_suppressed": frame.is_suppressed, "value": value}  # fmt: skip
            cut = dataclasses.replace(
                frame, periods=tuple(frame.periods[n] for n in kept), **{k: part[:, kept] for k, part in parts.items()}
            )
            standings[code] = Standing(info=info(code), frame=cut)
        return Board(entities=entities, standings=standings)

    def _named(self, level, n):
        if level == "course":
            return dataclasses.replace(super()._named("major", n), name=f"课程{n}")
        return super()._named(level, n)


def services_of(who, place=None):
    values = place or Observed()
    library = Library()
    return dataclasses.replace(campus.services_of(who, values), library=library, digest=Digest(values, library))
