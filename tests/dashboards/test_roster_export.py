"""The roster of an offering as a file: within the scope at the moment of the download, and recorded."""

import csv
import hashlib
import io
from dataclasses import replace
from urllib.parse import unquote

import pytest
from sqlalchemy import insert

from dashboards import roster_export
from dashboards.roster_export import COLUMNS, file_name
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.rules import permissions_of
from data_access.database import transaction
from data_access.database.models import Entity
from tests.dashboards.college import College
from tests.dashboards.web import TODAY, Web

FILE = "/offerings/1/roster.csv"


class Sections(College):
    """The invented college: teacher 1 has section 1, whoever reads rosters of the college has all of them."""

    def offering(self, offering_id, *, scope):
        reached = any(
            grant.node is None or (grant.node == "teacher" and grant.ids == {offering_id})
            for grant in scope.grants
            if "offering" in grant.levels
        )
        found = super().offering(offering_id, scope=scope)
        return found and replace(found, is_whole=scope.admits("roster")) if reached else None

    def roster(self, offering_id, *, scope):
        rows = super().roster(offering_id, scope=scope)
        return (replace(rows[0], class_name="=1+1"), *rows[1:])


@pytest.fixture
def desk(serve_web, monkeypatch) -> Web:
    """A server whose sections are invented, with an empty log."""
    web = serve_web()
    with transaction(web.database) as connection:  # a post at a node that is not there gives nothing
        connection.execute(insert(Entity).values(level="teacher", entity_id=1, name="王建国", teacher_id=1))
    # The services of a server are frozen; what they read from is what a test may exchange.
    monkeypatch.setattr(web.services.values, "offering", Sections(sections=3).offering)
    monkeypatch.setattr(web.services.values, "roster", Sections(sections=3).roster)
    return web


def lines(answer):
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


def test_a_teacher_gets_the_students_of_the_page_under_one_header(desk):
    answer = desk.signed_in("teacher").get(FILE)
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    header, *rows = lines(answer)
    assert tuple(header) == COLUMNS
    assert len(rows) == 42
    assert rows[0][0] == "2024000101"
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    name = unquote(answer.headers["Content-Disposition"].rpartition("''")[2])
    assert name == "名单_机械制图_软件技术2402-1班_2026-11-21.csv"


def test_what_a_spreadsheet_would_calculate_is_made_harmless(desk):
    assert lines(desk.signed_in("teacher").get(FILE))[1][1] == "'=1+1"


def test_who_took_how_many_rows_is_recorded_with_the_file(desk):
    answer = desk.signed_in("teacher").get(FILE)
    (event,) = desk.events("export")
    assert (event.actor, event.subject, event.rows, event.result) == ("teacher", "offering:1", 42, "done")
    assert event.detail["sha256"] == hashlib.sha256(answer.get_data()).hexdigest()
    assert event.detail["file"].endswith("_2026-11-21.csv")
    assert "任课教师" in event.scope


@pytest.mark.parametrize("number", ["2", "999", "987654321987654321", "9" * 40, "0", "x"])
def test_a_foreign_section_is_like_one_that_does_not_exist(desk, number):
    browser = desk.signed_in("teacher")
    answer = browser.get(f"/offerings/{number}/roster.csv")
    assert answer.status_code == 404
    shown = number if number.isdigit() and len(number) < 19 and number != "0" else "0"
    assert f"没有编号为 {shown} 的教学班。" in answer.text
    assert desk.events("export") == []


def test_a_foreign_and_a_missing_section_are_answered_word_for_word_alike(desk):
    browser = desk.signed_in("teacher")
    foreign, missing = (browser.get(f"/offerings/{number}/roster.csv").text for number in ("2", "7"))
    assert foreign.replace("编号为 2 ", "编号为 N ") == missing.replace("编号为 7 ", "编号为 N ")


def test_an_attempt_on_a_foreign_section_is_recorded_once_a_minute(desk):
    browser = desk.signed_in("teacher")
    for _ in range(3):
        browser.get("/offerings/2/roster.csv")
    (event,) = desk.events("denied")
    assert (event.actor, event.subject, event.result) == ("teacher", "offering:2", "denied")


@pytest.mark.parametrize("username", ["leader", "student", "system", "audit", "screen"])
def test_roles_without_the_right_get_no_file(desk, username):
    answer = desk.signed_in(username).get(FILE)
    assert answer.status_code == 403
    assert "2024000101" not in answer.text
    assert desk.events("export") == []


def test_whoever_is_not_signed_in_is_led_to_sign_in(desk):
    assert desk.browser().get(FILE).status_code == 302


def test_the_right_is_asked_for_at_every_download(desk):
    browser = desk.signed_in("teacher")
    assert browser.get(FILE).status_code == 200
    desk.services.sessions.end_all(desk.ids["teacher"], because="post")
    assert browser.get(FILE).status_code == 302
    assert len(desk.events("export")) == 1


def test_asking_for_the_headers_alone_gives_nothing_out(desk):
    answer = desk.signed_in("teacher").client.head(FILE)
    assert answer.status_code == 200
    assert answer.get_data() == b""
    assert desk.events("export") == []


def test_nothing_leaves_that_could_not_be_recorded(desk, monkeypatch):
    def refuse(_event):
        raise OSError("disk full")

    browser = desk.signed_in("teacher")
    monkeypatch.setattr(desk.services.audit, "write", refuse)
    answer = browser.get(FILE)
    assert answer.status_code == 500
    assert "2024000101" not in answer.text


def test_a_part_of_a_roster_is_named_as_one():
    whole = College().offering(1, scope=None)
    assert file_name(replace(whole, is_whole=False), TODAY).endswith("_本人负责的学生_2026-11-21.csv")
    assert "/" not in file_name(replace(whole, course_name="数控/编程"), TODAY)


def test_a_rate_over_nothing_is_an_empty_cell():
    row = next(row for row in College().roster(1, scope=None) if row.homework_rate is None)
    assert roster_export.columns_of(row)[-1] is None


def test_the_roles_that_may_export_are_those_who_answer_for_a_section_or_class():
    may = {role for role in Role if Permission.ROSTER_EXPORT in permissions_of([role])}
    assert may == {Role.DEPARTMENT_HEAD, Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER}
