"""The role matrix: all rules and nothing but them, for those who may look at it."""

import csv
import io
import re
from html.parser import HTMLParser

import pytest

from dashboards.role_matrix import EXPORT_COLUMNS, export_rows, matrix
from data_access.access.permissions import Permission
from data_access.access.privacy import Topic
from data_access.access.roles import ADMINISTRATORS, ROLES, Role
from data_access.access.rules import ALLOWANCES, REACHES, RESTRICTIONS, permissions_of


class Tables(HTMLParser):
    """The tables of a page as rows of texts, those that only a screen reader tells included."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._is_in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, _attributes):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables:
            self.tables[-1][-1].append("")
            self._is_in_cell = True

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self._is_in_cell = False

    def handle_data(self, data):
        if self._is_in_cell:
            self.tables[-1][-1][-1] += data.strip()


def test_the_matrix_holds_every_role_and_permission_as_the_rules_give_them():
    made = matrix()
    assert [line.role for line in made.lines] == list(Role)
    for line in made.lines:
        assert line.reasons.keys() == permissions_of([line.role])


def test_a_topic_names_the_roles_that_read_it_of_persons_and_what_restricts_it():
    topics = {line.topic: line for line in matrix().topics}
    assert topics.keys() == set(Topic)
    for item in RESTRICTIONS:
        assert topics[item.topic].roles <= item.roles
        assert topics[item.topic].restriction == item.reason
    assert topics[Topic.COUNSELLING].roles == {Role.COUNSELLOR, Role.PSYCHOLOGY_CENTRE}


def test_each_administrator_has_something_that_neither_of_the_others_may_do():
    made = matrix().separation
    assert {one.info.name_zh for one in made} == {ROLES[role].name_zh for role in ADMINISTRATORS}
    own = [item.permission for one in made for item in one.own]
    assert len(own) == len(set(own)) >= len(ADMINISTRATORS)
    assert all(one.own for one in made)


def test_the_export_has_a_row_for_every_rule():
    rows = list(export_rows())
    assert {len(row) for row in rows} == {len(EXPORT_COLUMNS)}
    kinds = [row[0] for row in rows]
    assert kinds.count("功能") == sum(len(item.roles) for item in ALLOWANCES)
    assert kinds.count("数据") == len(REACHES)
    assert kinds.count("限制") == len(RESTRICTIONS)
    assert all(row[-1] for row in rows)


# -- the page ---------------------------------------------------------------------------------


def test_the_page_marks_a_cell_exactly_where_a_rule_allows_it_and_says_why(web):
    page = web.signed_in("system").get("/admin/roles").text
    head, *rows = Tables(page).tables[0]
    assert head[3:] == [permission.name_zh for permission in Permission]
    reasons = {(role, item.permission): item.reason for item in ALLOWANCES for role in item.roles}
    assert len(rows) == len(Role)
    for role, row in zip(Role, rows, strict=True):
        assert row[0] == ROLES[role].name_zh
        for permission, cell in zip(Permission, row[3:], strict=True):
            reason = reasons.get((role, permission))
            assert cell == (f"●允许：{reason}" if reason else "不允许")


def test_every_mark_leads_to_its_reason(web):
    page = web.signed_in("system").get("/admin/roles").text
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
    assert {f"why-{item.permission.value.replace(':', '-')}" for item in ALLOWANCES} <= targets


@pytest.mark.parametrize("who", ["system", "security", "audit", "leader"])
def test_administrators_and_leaders_may_look(web, who):
    assert web.signed_in(who).get("/admin/roles").status_code == 200
    assert web.signed_in(who).get("/admin/roles.csv").status_code == 200


@pytest.mark.parametrize("who", ["teacher", "student", "screen"])
@pytest.mark.parametrize("path", ["/admin/roles", "/admin/roles.csv"])
def test_others_may_not(web, who, path):
    answer = web.signed_in(who).get(path)
    assert answer.status_code == 403
    assert "校领导看全校" not in answer.text


def test_holders_are_counted_and_only_those_who_may_see_people_are_led_to_them(serve_web):
    web = serve_web()
    for number in range(3):
        web.add(f"adviser{number}", ((Role.CLASS_ADVISER, "class", number), (Role.CLASS_ADVISER, "class", 50 + number)))
    for who, is_link in (("security", True), ("leader", False)):
        page = web.signed_in(who).get("/admin/roles").text
        row = next(row for row in Tables(page).tables[0] if row[0] == "班主任")
        assert row[2] == "3"
        assert ("/admin/people?role=class_adviser" in page) == is_link
        assert "/admin/people?role=counsellor" not in page


def test_the_export_is_the_same_table_for_a_spreadsheet_and_is_recorded(serve_web):
    web = serve_web()
    answer = web.signed_in("leader").get("/admin/roles.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert read == [list(EXPORT_COLUMNS), *(list(row) for row in export_rows())]
    (event,) = web.events("export")
    assert (event.actor, event.subject, event.rows) == ("leader", "page:/admin/roles", len(read) - 1)
