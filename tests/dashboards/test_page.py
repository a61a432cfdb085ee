import dataclasses

import pytest

from dashboards.courses import PAGE
from dashboards.page import Filter, Kind, NotFoundError
from tests.dashboards.college import TERM, College, services


def view(search="", path="/courses"):
    return PAGE.view(services(College()), path=path, search=search)


def test_filters_have_their_defaults_while_the_address_is_silent():
    seen = view()
    assert {name: seen[name] for name in ("term", "dept", "week", "q", "sort", "view", "state", "page")} == {
        "term": TERM.key, "dept": "all", "week": "latest", "q": "", "sort": "worst", "view": "chart", "state": "", "page": "",
    }  # fmt: skip


def test_filters_are_read_from_the_address():
    seen = view("?dept=3&week=5&q=%E5%88%B6%E5%9B%BE&state=alert&page=2")
    assert [seen[name] for name in ("dept", "week", "q", "state", "page")] == ["3", "5", "制图", "alert", "2"]


@pytest.mark.parametrize(
    ("search", "label"),
    [("?dept=99", "系部"), ("?term=2030", "学期"), ("?week=x", "周次"), ("?page=0", "页码"), ("?state=evil", "状态"),
     ("?sort=drop", "排序"), ("?q=" + "x" * 41, "搜索")],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_left_out_and_named(search, label):
    seen = view(search)
    assert len(seen.rejected) == 1
    assert seen.rejected[0].startswith(label)
    assert {name: seen[name] for name in seen.choices} == {name: view()[name] for name in seen.choices}


def test_unknown_parameters_are_of_no_consequence():
    assert view("?_p=evil&panel=x").rejected == ()


def test_a_link_keeps_the_view_and_changes_what_it_names():
    assert view("?dept=3&page=4").link(state="alert", page="") == "/courses?dept=3&state=alert"


def test_a_link_leaves_defaults_out():
    assert view(f"?term={TERM.key}&dept=all").link() == "/courses"


def test_a_path_of_another_page_is_not_found():
    with pytest.raises(NotFoundError):
        view(path="/offerings/1")


@pytest.mark.parametrize("part", ["filters", "panels"])
def test_two_parts_of_one_name_are_refused(part):
    twice = (getattr(PAGE, part)[0],) * 2
    with pytest.raises(ValueError, match="more than one"):
        dataclasses.replace(PAGE, **{part: twice})


@pytest.mark.parametrize(("asked", "taken"), [("2026-11-20", "2026-11-20"), ("2026-13-01", ""), ("yesterday", "")])
def test_a_filter_of_days_takes_a_day_and_nothing_else(asked, taken):
    day = Filter(name="on", label="截至", kind=Kind.DATE, pattern=r"(20\d\d-(0[1-9]|1[0-2])-[0-3]\d)?")
    page = dataclasses.replace(PAGE, filters=(day,))
    assert page.view(services(College()), path=PAGE.path, search=f"?on={asked}")["on"] == taken
