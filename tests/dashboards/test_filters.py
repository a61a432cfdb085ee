import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from dashboards import filters
from dashboards.courses import PAGE as COURSES
from dashboards.filters import current_term
from tests.dashboards.college import EARLIER, EVERYBODY, TERM, College, services


@pytest.mark.parametrize(
    ("day", "term"),
    [(dt.date(2026, 11, 20), TERM), (dt.date(2026, 8, 1), EARLIER), (dt.date(2020, 1, 1), EARLIER), (None, EARLIER)],
)
def test_the_current_term_is_the_last_that_has_begun_where_the_data_ends(day, term):
    assert current_term([TERM, EARLIER], day) is term


def test_there_is_no_current_term_before_any_import():
    assert current_term([], None) is None


def offered(college):
    item = filters.term("CRS-ATT-01", "offering", kind="week")
    return [option.value for option in item.options(services(college), EVERYBODY.scope)]


class Stale(College):
    """A college whose last term has no values yet."""

    def latest_term(self, code, level, *, kind, scope):
        return EARLIER.key


def test_the_latest_term_with_values_is_offered_first():
    assert offered(College()) == [TERM.key, EARLIER.key]
    assert offered(Stale()) == [EARLIER.key, TERM.key]


def test_without_any_values_the_term_in_which_the_data_ends_is_offered_first():
    assert offered(College(has_values=False)) == [TERM.key, EARLIER.key]
    assert offered(College(is_empty=True)) == [""]


def test_departments_are_those_in_scope_after_the_whole_school():
    options = filters.DEPARTMENT.options(services(College()), EVERYBODY.scope)
    assert [o.label for o in options][:2] == ["全校", "机电工程系"]


def test_weeks_reach_to_the_longest_term():
    assert [o.value for o in filters.WEEK.options(services(College()), EVERYBODY.scope)][-1] == "18"
    assert [o.value for o in filters.WEEK.options(services(College(is_empty=True)), EVERYBODY.scope)] == ["latest"]


@pytest.mark.parametrize(
    ("most_rows", "page", "start", "stop"),
    [(None, 1, 0, 30), (None, 4, 90, 102), (None, 99, 90, 102), (20_000, 1, 0, 102), (20_000, 4, 0, 102),
     (40, 1, 0, 40), (40, 2, 0, 40), (40, 3, 40, 80), (40, 9999, 80, 102)],
)  # fmt: skip
def test_a_browser_is_shown_a_page_and_a_file_takes_what_it_holds(most_rows, page, start, stop):
    view = COURSES.view(services(College()), path="/courses", search=f"?page={page}")
    part = filters.slice_of(dataclasses.replace(view, most_rows=most_rows), 102, size=30)
    assert (part.start, part.stop) == (start, stop)


def test_every_panel_with_a_pager_takes_its_rows_from_the_view():
    """A panel that cut its list by itself would leave with one page of it; lists drawn by the server make no files."""
    pages = [path for path in Path(filters.__file__).parent.glob("*.py") if "table.pager(" in path.read_text()]
    assert len(pages) > 8
    assert [path.name for path in pages if "table.Slice(" in path.read_text().replace(" -> table.Slice", "")] == []
