"""Sheets as files: nothing is written before it was looked at, and then all of it or nothing."""

import io
import re

import pytest
from openpyxl import load_workbook

from tests.dashboards.entry_desk import desk_of
from tests.indicators.growth_card.entry_office import OTHER_CLASS, sheet

MONTH = sheet("2026-09")
READING = "STU-ACD-07"
HEAD = "学号,课外学习频次,与教师沟通频次"


@pytest.fixture
def desk(install, tmp_path):
    return desk_of(install(tmp_path), tmp_path)


def uploaded(desk, *lines, name="九月.csv", who="adviser"):
    """The address below /entry at which an upload is looked at."""
    file = (io.BytesIO("\n".join((HEAD, *lines)).encode()), name)
    answer = desk.send(f"/{MONTH.slug}/upload", who=who, file=file)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removeprefix("/entry")


def seen(page):
    return re.search(r'name="seen"[^>]*value="([^"]*)"', page.text).group(1)


def test_a_template_holds_the_students_and_leaves_on_record(desk):
    desk.save(MONTH, (1, READING, 4, 0))
    answer = desk.get(f"/{MONTH.slug}/template.xlsx")
    rows = list(load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True))
    assert rows[0][0] == "学号"
    assert [row[0] for row in rows[2:]] == ["2025001", "2025002", "2025003", "2025004"]
    assert rows[2][rows[0].index("课外学习频次")] == 4
    assert desk.exports() == [f"sheet:{MONTH.slug}"]


def test_a_file_is_looked_at_confirmed_and_stands_in_the_sheet(desk):
    look = uploaded(desk, "2025001,4,1", "2025002,6,")
    page = desk.get(look)
    assert "确认填入" in page.text
    assert desk.office.values("adviser", MONTH) == {}
    done = desk.send(look, seen=seen(page))
    assert done.headers["Location"] == f"/entry/{MONTH.slug}"
    assert desk.office.values("adviser", MONTH)[2, READING] == 6
    assert desk.send(look, seen=seen(page)).headers["Location"].endswith("/upload")
    assert "没有要改的" in desk.get(uploaded(desk, "2025001,4,1", "2025002,6,")).text


def test_every_mistake_is_listed_and_nothing_is_written(desk):
    page = desk.get(uploaded(desk, "2025001,4,1", "2025002,-6,x", "9999999,1,1"))
    assert "有 3 处问题" in page.text
    assert "本表没有这个学号" in page.text
    assert "确认填入" not in page.text
    assert desk.office.values("adviser", MONTH) == {}


def test_a_file_is_not_written_over_what_somebody_entered_since(desk):
    look = uploaded(desk, "2025001,4,1")
    page = desk.get(look)
    desk.save(MONTH, (1, READING, 9, 0), who="deputy")
    refused = desk.send(look, seen=seen(page))
    assert refused.status_code == 409
    assert "有人改动了本表" in refused.text
    assert desk.office.values("adviser", MONTH)[1, READING] == 9
    assert desk.send(look, seen=seen(refused)).status_code == 303


def test_an_upload_is_its_owners_alone(desk):
    look = uploaded(desk, "2025001,4,1")
    assert desk.get(look, who="deputy").headers["Location"] == f"/entry/{MONTH.slug}/upload"
    for path in ("template.xlsx", "upload", "upload/x"):
        assert desk.get(f"/{sheet(unit=OTHER_CLASS).slug}/{path}").status_code == 404


@pytest.mark.parametrize(("name", "told"), [("九月.xls", "只能导入"), ("", "请选择")])
def test_what_is_no_file_for_a_sheet_is_told_at_the_field(desk, name, told):
    answer = desk.send(f"/{MONTH.slug}/upload", file=(io.BytesIO(b"x"), name))
    assert answer.status_code == 422
    assert told in answer.text
