"""One sheet as a page and as what its script asks for: nothing lost, nothing of somebody else's."""

import datetime as dt
from types import SimpleNamespace

import pytest

from dashboards.entry_sheet import MOST_EDITS, edits_of
from data_access.growth_card.cells import STUDENT, Cell, CellKey
from tests.dashboards.entry_desk import desk_of
from tests.indicators.growth_card.entry_office import OTHER_CLASS, STUDENTS, TODAY, lesson, sheet

MONTH = sheet("2026-09")
READING, TALKS = "STU-ACD-07", "STU-ACD-08"


@pytest.fixture(scope="module")
def office_desk(install, tmp_path_factory):
    home = tmp_path_factory.mktemp("sheets")
    return desk_of(install(home), home)


@pytest.fixture
def desk(office_desk):
    """The desk on the usual day; tests take months or columns of their own."""
    office_desk.office.on(TODAY)
    office_desk.office.postings.problem = ""
    return office_desk


def test_the_page_gives_its_script_what_the_sheet_asks(desk):
    told = desk.told(sheet("term"))
    columns = {column["key"]: column for column in told["columns"]}
    assert {"CLS-ACD-04", "STU-ACD-09", "STU-ACD-09.events", "STU-ACD-11"} <= set(columns)
    assert columns["STU-ACD-09.events"]["is_whole"]
    assert columns["STU-ACD-11"]["choices"] == [[1, "已完成"], [0, "未完成"]]
    assert "满分" in columns["STU-ACD-09"]["rule"]
    assert [row["label"] for row in told["rows"]] == ["本班", *(f"20250{number:02d}" for number in STUDENTS)]
    assert not told["is_closed"]
    assert set(told["addresses"]) == {"save", "undo", "submit"}


def test_a_lesson_assumes_that_everybody_is_in_time_and_leads_by_one_tap_to_what_is_frequent(desk):
    told = desk.told(lesson(), who="teacher")
    status = next(column for column in told["columns"] if column["key"] == "status")
    assert status["turn"][:4] == [0, 1, 5, 3]
    assert told["defaults"] == {f"{student}:status": 0 for student in STUDENTS}
    assert told["defaults_label"] == "全部准时"
    assert "准时" in status["origin"]


def test_counselling_is_not_kept_in_the_browser(desk):
    columns = desk.told(sheet("term", "辅导员"), who="counsellor")["columns"]
    assert [column["key"] for column in columns if column["is_private"]] == ["STU-PER-12"]


def test_what_is_saved_stands_in_the_sheet_with_its_version(desk):
    said = desk.save(MONTH, (1, READING, 4, 0), (2, READING, "5", 0)).json
    assert [(cell["id"], cell["value"], cell["version"]) for cell in said["saved"]] == [(1, 4, 1), (2, 5, 1)]
    assert said["conflicts"] == said["problems"] == []
    held = {(cell["id"], cell["column"]): cell["value"] for cell in desk.told(MONTH)["cells"]}
    assert held[1, READING] == 4


def test_a_cell_changed_by_somebody_else_is_told_with_their_value_and_all_others_are_saved(desk):
    desk.save(MONTH, (3, READING, 1, 0), who="deputy")
    said = desk.save(MONTH, (3, READING, 2, 0), (4, READING, 3, 0)).json
    assert [cell["id"] for cell in said["saved"]] == [4]
    [met] = said["conflicts"]
    assert (met["value"], met["version"], met["by"], met["is_mine"]) == (1, 1, "deputy老师", False)


def test_whoever_only_asks_gets_what_others_have_changed(desk):
    desk.save(MONTH, (4, TALKS, 1, 0), who="deputy")
    since = desk.office.tick().timestamp()
    desk.save(MONTH, (1, TALKS, 2, 0), who="deputy")
    others = desk.save(MONTH, since=since).json["others"]
    assert [(cell["id"], cell["column"], cell["value"], cell["by"]) for cell in others] == [(1, TALKS, 2, "deputy老师")]


def test_what_cannot_stand_in_a_cell_is_told_and_the_rest_is_saved(desk):
    said = desk.save(MONTH, (2, TALKS, -1, 0), (3, TALKS, 1, 0), (77, TALKS, 1, 0)).json
    assert [cell["id"] for cell in said["saved"]] == [3]
    assert {cell["id"] for cell in said["problems"]} == {2, 77}
    assert "与教师沟通频次" in next(cell["message"] for cell in said["problems"] if cell["id"] == 2)


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, {"edits": []}, {"edits": [], "since": "x"}, {"edits": [], "since": True},
        {"edits": [[1, READING, 4]], "since": 0}, {"edits": [["1", READING, 4, 0]], "since": 0},
        {"edits": [[True, READING, 4, 0]], "since": 0}, {"edits": [[1, READING, True, 0]], "since": 0},
        {"edits": [[1, READING, [4], 0]], "since": 0}, {"edits": [[1, "x" * 33, 4, 0]], "since": 0},
        {"edits": [[1, READING, "9" * 41, 0]], "since": 0}, {"edits": [[1, READING, 4, -1]], "since": 0},
        {"edits": [[2**70, READING, 4, 0]], "since": 0},
    ],
)  # fmt: skip
def test_a_request_of_another_form_is_refused_whole(desk, body):
    assert edits_of(body) is None
    answer = desk.post(f"/{MONTH.slug}/save", body)
    assert answer.status_code == 400
    assert "没有保存" in answer.json["message"]


def test_too_many_cells_at_once_are_refused(desk):
    answer = desk.save(MONTH, *[(1, READING, 4, 0)] * (MOST_EDITS + 1))
    assert answer.status_code == 413
    assert "分几次" in answer.json["message"]


@pytest.mark.parametrize(
    "slug", [sheet(unit=OTHER_CLASS).slug, sheet(unit=987).slug, sheet(term=19991).slug, "adviser-1", "x" * 200]
)
def test_a_sheet_of_somebody_else_is_answered_as_one_that_there_is_not(desk, slug):
    unknown = sheet(unit=987).slug
    assert desk.get(f"/{slug}").status_code == 404
    assert desk.get(f"/{slug}").data == desk.get(f"/{unknown}").data
    for action, body in (("save", {"edits": [[1, READING, 4, 0]], "since": 0}), ("undo", {}), ("submit", {})):
        answer = desk.post(f"/{slug}/{action}", body)
        assert answer.status_code == 404
        assert answer.data == desk.post(f"/{unknown}/{action}", body).data


def test_the_last_save_is_taken_back_and_nothing_more(desk):
    month = sheet("2026-10")
    desk.office.on(dt.date(2026, 10, 30))
    desk.save(month, (1, READING, 4, 0))
    desk.save(month, (2, READING, 5, 0))
    said = desk.post(f"/{month.slug}/undo", {}).json
    assert [(cell["id"], cell["value"]) for cell in said["saved"]] == [(2, None)]
    assert "已撤销上次保存的 1 个单元格" in said["message"]
    nothing = desk.post(f"/{month.slug}/undo", {}, who="deputy")
    assert nothing.status_code == 409
    assert "没有可以撤销" in nothing.json["message"]


def test_a_sheet_is_handed_in_once_its_blanks_are_confirmed(desk):
    day = lesson("20260911")
    week = sheet("W03")
    refused = desk.post(f"/{week.slug}/submit", {})
    assert refused.status_code == 409
    assert len(refused.json["blanks"]) == len(STUDENTS) + 3
    said = desk.post(f"/{week.slug}/submit", {"blanks_confirmed": True}).json
    assert said["is_posted"]
    assert said["message"] == "已提交，4 人。"
    assert said["state"][0] in {"reached", "warning"}
    assert desk.told(week)["is_submitted"]
    again = desk.post(f"/{week.slug}/submit", {"blanks_confirmed": True}).json
    assert again["message"].startswith("更正已提交")
    assumed = desk.post(f"/{day.slug}/submit", {}, who="teacher").json
    assert {cell["value"] for cell in assumed["others"] if cell["column"] == "status"} == {0}
    assert "逾期" in assumed["message"]


def test_a_lesson_that_no_timetable_has_is_taken_once_it_is_confirmed(desk, monkeypatch):
    monkeypatch.setattr(type(desk.office.rows), "has_timetable", lambda *_args, **_asked: True)
    slug = lesson("20260910").slug
    refused = desk.post(f"/{slug}/submit", {}, who="teacher")
    assert (refused.status_code, refused.json["is_unknown_lesson"]) == (409, True)
    assert desk.post(f"/{slug}/submit", {"lesson_confirmed": True}, who="teacher").json["is_posted"]


def test_a_sheet_too_early_says_from_when_on_it_can_be_handed_in(desk):
    assert desk.told(sheet("W03"))["opens"] == ""
    assert "12-13" in desk.told(sheet("term"))["opens"]
    assert "起可以提交" in desk.get(f"/{sheet('term').slug}").text
    refused = desk.post(f"/{sheet('term').slug}/submit", {"blanks_confirmed": True})
    assert refused.status_code == 409
    assert "2026-12-13 起可以提交" in refused.json["message"]


@pytest.mark.parametrize(("entries", "told"), [(3, "新记流水 3 笔"), (0, "没有新的流水")])
def test_handing_in_says_what_has_changed(desk, monkeypatch, entries, told):
    monkeypatch.setattr(desk.office.postings, "post", lambda *_args, **_asked: SimpleNamespace(entries=entries))
    said = desk.post(f"/{sheet('W02').slug}/submit", {"blanks_confirmed": True}).json
    assert told in said["message"]


def test_grey_values_of_the_systems_are_called_so(desk, monkeypatch):
    known = {CellKey(STUDENT, 1, "status"): Cell(known=1.0, known_from="课堂记录")}
    monkeypatch.setattr(type(desk.office.rows), "lesson", lambda *_args, **_asked: known)
    assert desk.told(lesson(), who="teacher")["defaults_label"] == "采用系统记录"


def test_what_could_not_be_posted_is_said_and_stays_handed_in(desk):
    desk.office.postings.problem = "数据湖正忙"
    said = desk.post(f"/{lesson('20260914').slug}/submit", {}, who="teacher").json
    assert not said["is_posted"]
    assert "数据湖正忙" in said["message"]
    assert "不会重复入账" in said["message"]
    assert desk.told(lesson("20260914"), who="teacher")["is_submitted"]


def test_nothing_is_entered_into_a_frozen_term_or_into_a_lesson_to_come(desk):
    coming = lesson("20260916")
    assert desk.told(coming, who="teacher")["is_closed"]
    assert "还没有上" in desk.get(f"/{coming.slug}", who="teacher").text
    assert desk.save(coming, (1, "status", 1, 0), who="teacher").status_code == 409
    desk.office.on(dt.date(2027, 6, 1))
    assert desk.told(MONTH)["is_closed"]
    assert "申诉" in desk.get(f"/{MONTH.slug}").text
    answer = desk.save(MONTH, (1, READING, 9, 1))
    assert answer.status_code == 409
    assert "冻结" in answer.json["message"]
