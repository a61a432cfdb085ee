import dataclasses
import datetime as dt

import pytest

from layouts import shell
from tests.layouts.component_tree import find, text, types

TODAY = dt.date(2026, 11, 21)


def test_the_first_focus_leads_past_the_navigation():
    tree = shell.shell(None)
    assert find(tree, className="skip-link")[0].href == f"#{shell.MAIN}"
    assert types(tree, "Main")[0].id == shell.MAIN


USER = shell.User(name="周明远", posts=["校领导"], has_account_page=True, form_token="t")


def test_the_menu_says_who_is_signed_in_and_leads_out_by_a_form():
    menu = shell.user_menu(USER)
    assert "周明远" in text(menu)
    assert "校领导" in text(menu)
    (form,) = types(menu, "Form")
    assert (form.action, form.method) == ("/sign-out", "POST")
    (button,) = types(form, "Button")
    assert (button.name, button.value, button.type) == ("csrf_token", "t", "submit")


def test_a_screen_has_no_account_to_look_after():
    assert [link.href for link in types(shell.user_menu(USER), "A")] == ["/account"]
    assert types(shell.user_menu(dataclasses.replace(USER, has_account_page=False)), "A") == []


def test_there_is_no_menu_before_somebody_is_signed_in():
    assert find(shell.shell(None), className="user-menu") == []
    assert len(find(shell.shell(USER), className="user-menu")) == 1


def test_pages_that_the_server_draws_are_loaded_whole():
    drawn = shell.Entry(group="管理", label="审计日志", href="/admin/audit", is_server_drawn=True)
    page = shell.Entry(group="五个层面", label="课程", href="/courses")
    assert type(shell.link(drawn)).__name__ == "A"
    assert type(shell.link(page)).__name__ == "Link"


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
