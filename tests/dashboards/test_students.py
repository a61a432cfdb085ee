import dataclasses
from types import SimpleNamespace

import pytest

from dashboards import students, weekly
from dashboards.students import PAGE
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from indicators.results import ValuePoint
from tests.dashboards.campus import ADVISER, COUNSELLOR, DEPARTMENT_HEAD, LEADER, Campus, post, services_of, viewer
from tests.dashboards.college import CLASSES, DEPARTMENTS, TERM, week
from tests.layouts.component_tree import text, types

STUDENT_AFFAIRS = post(Role.STUDENT_AFFAIRS, "school", 1, "全校")


def load(*posts, search="", campus=None):
    return students.Students(view=PAGE.view(services_of(viewer(*posts), campus), path="/students", search=search))


def options(data, name):
    return [(option.value, option.label) for option in data.view.choices[name].options]


@pytest.mark.parametrize(
    ("posts", "search", "node"),
    [
        ((LEADER,), "", ("school", 1, "全校")),
        ((LEADER,), "dept=2", ("dept", 2, DEPARTMENTS[1])),
        ((DEPARTMENT_HEAD,), "", ("dept", 1, DEPARTMENTS[0])),
        (COUNSELLOR, "", ("class", 1, CLASSES[0])),
        ((ADVISER,), "", ("class", 1, CLASSES[0])),
    ],
    ids=["leader", "department chosen", "department head", "counsellor", "adviser"],
)
def test_figures_are_of_what_the_viewer_answers_for_or_has_chosen(posts, search, node):
    assert load(*posts, search=search).node == node


def test_who_looks_after_classes_and_no_courses_finds_the_departments_of_the_classes():
    class Bare(Campus):
        def departments(self, *, scope):
            return ()

    assert options(load(STUDENT_AFFAIRS, campus=Bare()), "dept") == [
        ("all", "全校"),
        ("1", DEPARTMENTS[0]),
        ("2", DEPARTMENTS[1]),
    ]


def test_department_and_grade_narrow_the_classes():
    assert set(load(LEADER).places) == set(range(1, 7))
    assert set(load(LEADER, search="dept=2").places) == {2, 4, 6}
    assert set(load(LEADER, search="grade=2026").places) == set()
    assert ("2024", "2024级") in options(load(LEADER), "grade")


def test_classes_come_lowest_first_and_lead_to_their_page():
    content = students.draw_classes(load(LEADER))
    rows = types(content.body, "Store")[0].data["rows"]
    assert rows[0][0]["href"] == "/classes/4"
    assert rows[0][1:3] == ["", "2024级"]
    assert len(rows) == len(CLASSES)


def test_classes_tell_the_band_of_their_card_where_its_points_may_be_seen():
    store = types(students.draw_classes(load(DEPARTMENT_HEAD)).body, "Store")[0].data
    place = [column["title"] for column in store["columns"]].index("储值卡达成度")
    by_class = {row[0]["href"]: row[place] for row in store["rows"]}
    assert by_class.pop("/classes/1")["grade"] == "优"
    assert set(by_class.values()) == {"—"}


def test_who_may_not_open_classes_is_denied_the_page():
    assert PAGE.requires is Permission.CLASS_VIEW


def test_bands_count_every_class_once_and_lead_to_its_department():
    content = students.draw_bands(load(LEADER))
    figure = types(content.body[1], "Graph")[0].figure
    assert [note.text for note in figure.layout.annotations] == ["3 个班", "3 个班"]
    assert set(figure.layout.meta["rows"]) == {"/students?dept=1", "/students?dept=2"}


def test_of_one_department_bands_are_by_grade():
    content = students.draw_bands(load(LEADER, search="dept=1"))
    assert "按年级" in content.note
    assert types(content.body[1], "Graph")[0].figure.layout.meta["rows"] == ["/students?dept=1&grade=2024"]


def test_classes_without_any_record_in_the_term_are_left_out():
    class Graduated(Campus):
        def _frame(self, code, entities, level, *, is_admitted):
            found = super()._frame(code, entities, level, is_admitted=is_admitted)
            value = found.value.copy()
            value[:3] = float("nan")
            return dataclasses.replace(found, value=value)

    data = load(LEADER, campus=Graduated())
    figure = types(students.draw_bands(data).body[1], "Graph")[0].figure
    assert sum(int(note.text.split()[0]) for note in figure.layout.annotations) == 3
    assert students.draw_classes(data).note.startswith("3 个班级")


def test_the_line_is_held_against_the_same_weeks_of_the_term_before():
    content = students.draw_trend(load(LEADER))
    assert content.note == "与上学期同周比较"
    assert students.draw_trend(load(DEPARTMENT_HEAD)).note == "与上学期同周、全校比较"


def test_weeks_are_matched_by_number_and_not_by_place():
    earlier = [ValuePoint(period=week(n), value=float(n)) for n in (2, 3, 9)]
    now = [week(n, TERM) for n in (1, 2, 3)]
    found = weekly.same_weeks(earlier, now)
    assert [(point.period.ordinal, point.value) for point in found] == [(2, 2.0), (3, 3.0)]
    assert {point.period.term_key for point in found} == {TERM.key}


def test_groups_withhold_sensitive_figures_of_few_people():
    class Few(Campus):
        def readings(self, codes, level, entity_id, *, until, scope):
            found = super().readings(["STU-GRP-09"], level, entity_id, until=until, scope=scope)
            hidden = ValuePoint(period=week(11), value=None, is_suppressed=True)
            return [dataclasses.replace(item, points=(hidden,)) for item in found]

    rows = types(students.draw_groups(load(LEADER, campus=Few())).body, "Store")[0].data["rows"]
    assert rows[0][1]["text"] == "人数过少，不显示"


def test_every_factor_of_the_plan_is_on_the_page():
    content = students.draw_factors(load(LEADER))
    assert sum(len(store.data["rows"]) for store in types(content.body, "Store")) == 45
    assert "45 项要素全部有对应：39 项指标 · 3 项规划 · 3 项报告" in content.note


def test_before_anything_was_imported_the_page_says_so():
    class Nothing(Campus):
        def terms(self):
            return ()

        def data_date(self):
            return None

        def readings(self, *asked, **named):
            return []

    data = load(LEADER, campus=Nothing())
    assert "还没有数据" in text(students.draw_classes(data).body)
    assert "还没有班级的到课率" in text(students.draw_bands(data).body)


def test_the_page_names_its_node():
    assert students.heading(SimpleNamespace(node=("dept", 1, "机电工程系"))).facts == ["机电工程系"]
