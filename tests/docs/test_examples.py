import datetime as dt

import pytest

from dashboards.assembly import open_values
from data_access.access.scope import Scope
from data_access.intake import Intake
from docs.generate import DOCS
from indicators.engine import compute
from indicators.library import shipped_library
from tests.conftest import Installation

OWN_DATA = DOCS / "examples" / "own-data"


@pytest.mark.slow
def test_the_example_of_own_data_gives_the_rates_that_can_be_counted_in_its_files(install, tmp_path):
    own: Installation = install(tmp_path / "home")
    intake = Intake(own.settings, own.lake, own.database)
    for directory in ("1-dimensions", "2-records"):
        report = intake.run(OWN_DATA / directory, "college")
        assert report.status == "committed"
        assert not report.problems
        assert not report.waiting
    compute(own.lake, own.database, shipped_library(), as_of=dt.date(2026, 9, 20))
    values = open_values(own.settings, own.database)
    scope = Scope.all("test")

    def rate(entity: str, period: str) -> tuple[float, float]:
        found = values.value("CRS-ATT-01", entity, period, scope=scope)
        return found["numerator"], found["denominator"]

    # Week 1: one late (counts as present), one on leave. Week 2: one truant, one on official leave. Week 3: one truant.
    assert rate("offering:1", "2026-2027-1-W01") == (4, 4)
    assert rate("offering:2", "2026-2027-1-W01") == (3, 4)
    assert rate("offering:1", "2026-2027-1-W02") == (3, 4)
    assert rate("offering:2", "2026-2027-1-W02") == (3, 3)
    assert rate("school", "2026-2027-1-W02") == (6, 7)
    assert rate("school", "2026-2027-1-W03") == (7, 8)
