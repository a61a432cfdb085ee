import datetime as dt

import pytest

from layouts import shell
from tests.layouts.component_tree import find, text, types

TODAY = dt.date(2026, 11, 21)


def test_the_first_focus_leads_past_the_navigation():
    tree = shell.shell()
    assert find(tree, className="skip-link")[0].href == f"#{shell.MAIN}"
    assert types(tree, "Main")[0].id == shell.MAIN


def test_the_document_is_chinese():
    assert '<html lang="zh-CN"' in shell.INDEX


def test_the_current_page_is_marked_in_the_navigation():
    tree = shell.navigation(
        [
            shell.Entry(group="五个层面", label="课程", href="/courses", is_current=True),
            shell.Entry(group="五个层面", label="专业", href="/majors"),
        ]
    )
    assert [getattr(item, "aria-current", None) for item in types(tree, "Li")] == ["page", None]
    assert text(types(tree, "H2")) == "五个层面"


def test_the_last_step_of_the_breadcrumb_is_no_link():
    tree = shell.breadcrumb([shell.Crumb(label="学校", href="/courses"), shell.Crumb(label="机械制图")])
    assert [text(link) for link in types(tree, "Link")] == ["学校"]
    assert text(tree) == "学校机械制图"


@pytest.mark.parametrize(("age", "is_stale"), [(0, False), (7, False), (8, True)])
def test_data_older_than_a_week_is_called_stale(age, is_stale):
    tree = shell.freshness(TODAY - dt.timedelta(days=age), TODAY)
    assert ("已过时" in text(tree)) is is_stale
    assert (getattr(tree, "className", None) == "is-stale") is is_stale


def test_the_date_of_the_data_says_when_there_is_none():
    assert text(shell.freshness(None, TODAY)) == "尚无指标数据"
