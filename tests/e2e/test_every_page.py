"""Every page for every role: it opens, nothing on it fails or is blank, nothing sticks out, nothing goes elsewhere.

That the console stays silent and no other host is asked is seen to by the fixture `visit_of`.
"""

import pytest
from playwright.sync_api import TimeoutError as Timeout

from dashboards import PAGES
from dashboards.navigation import SERVER_PAGES
from data_access.access.roles import ADMINISTRATORS, Role
from data_access.access.rules import permissions_of
from tests.e2e.tour import DRAWN, tour

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PEOPLE = (
    "leader", "quality", "function", "depthead", "majorleader", "courseleader", "teacher", "adviser", "counsellor",
    "studentaffairs", "psychology", "student", "steward", "sysadmin", "secadmin", "auditadmin",
)  # fmt: skip
WIDE, NARROW, PHONE = (1440, 900), (1280, 800), (375, 812)
FOR_PHONES = {
    "student": {"home", "student", "/disputes", "/disputes/N", "/disputes/new", "/plans", "/self-tests"},
    "adviser": {"home", "class", "student", "/entry", "sheet", "/disputes"},
    "counsellor": {"class", "/entry"},
    "teacher": {"/entry", "lessons", "sheet", "/disputes"},
}
"""Pages that people open on a phone, by person."""
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
"""Asked until it is true: a chart is drawn anew a moment after its window has become narrower."""
REDRAWN_MS = 5_000
LAID_OUT_BY = {"leader", "teacher", "adviser", "student", "steward", "sysadmin", "secadmin", "auditadmin"}
"""People who see every kind of page between them; how a page fits a narrower window does not depend on who looks."""
BLANK = """() => [...document.querySelectorAll('main .panel')].filter((panel) => panel.childElementCount > 0
    && !panel.querySelector('.main-svg') && !panel.innerText.trim()).map((panel) => panel.id)"""


def test_there_is_somebody_of_every_role():
    assert len(PEOPLE) == len(Role) - 1  # the wall screen has a page and tests of its own


def test_every_page_is_open_to_somebody_who_sees_it_narrower():
    roles = [Role.LEADER, Role.TEACHER, Role.CLASS_ADVISER, Role.STUDENT, Role.DATA_STEWARD, *ADMINISTRATORS]
    assert len(roles) == len(LAID_OUT_BY)
    asked = {page.requires for page in PAGES} | {page.requires for page in SERVER_PAGES}
    assert asked <= permissions_of(roles)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_of_a_person_opens_whole_and_fits_the_window(person, visit_of, record_property):
    visit = visit_of()
    visit.enter(person)
    window = visit.page
    seen = []
    for stop in tour(window, visit.address):
        where = f"{person} at {stop.address}"
        seen.append(stop.kind)
        assert window.locator(".message-failed").count() == 0, where
        assert window.locator(".not-found").count() == 0, where
        assert window.evaluate(BLANK) == [], where
        sizes = (WIDE, *([NARROW] if person in LAID_OUT_BY else []))
        for size in (*sizes, *([PHONE] if stop.kind in FOR_PHONES.get(person, ()) else [])):
            window.set_viewport_size({"width": size[0], "height": size[1]})
            window.wait_for_function(DRAWN)
            try:
                window.wait_for_function(FITS, timeout=REDRAWN_MS)
            except Timeout:
                pytest.fail(f"{where} is wider than {size[0]} px")
        window.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    record_property("pages", " ".join(seen))
    assert "home" in seen
