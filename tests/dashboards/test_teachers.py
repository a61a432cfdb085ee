import dataclasses

import pytest

from dashboards import teachers
from dashboards.teachers import PAGE
from data_access.access.roles import Role
from indicators.results import Board, EntityInfo, Reading, ValuePoint
from tests.dashboards.campus import (
    DEPARTMENT_HEAD,
    LEADER,
    OFFICE_HEAD,
    TEACHER,
    Campus,
    info,
    post,
    services_of,
    viewer,
    week,
)
from tests.dashboards.college import DEPARTMENTS, TEACHERS
from tests.dashboards.people import Team
from tests.layouts.component_tree import find, text, types

MAJOR_LEADER = post(Role.MAJOR_LEADER, "major", 7, "机电一体化技术")


class Staff(Campus):
    """The college with teachers by name and figures of teams."""

    def board(self, codes, level, *, term_key, below=None, entity_ids=None, scope):
        if level != "teacher":
            return super().board(codes, level, term_key=term_key, below=below, entity_ids=entity_ids, scope=scope)
        named = [EntityInfo(entity_id=n, name=name, dept_name=DEPARTMENTS[n % 2]) for n, name in enumerate(TEACHERS, 1)]
        return Board(entities=tuple(named) if scope.admits("teacher") else (), standings={})

    def history(self, codes, level, *, until, last, below=None, entity_ids=None, scope):
        self.until = until
        named = tuple(EntityInfo(entity_id=n, name=str(n)) for n in entity_ids)
        return Board(entities=named, standings={})

    def readings(self, codes, level, entity_id, *, until, scope):
        point = ValuePoint(period=week(11), value=61.0)
        found = dataclasses.replace(info("CRS-ATT-01"), name_zh="高级职称比例")
        return [
            Reading(info=dataclasses.replace(found, code=code), points=(point,), level=level, entity_id=entity_id)
            for code in codes
            if code.startswith("TCH-TEAM")
        ]


def load(*posts, search="", team=None):
    services = dataclasses.replace(services_of(viewer(*posts), Staff()), **({"team": team} if team else {}))
    return teachers.Teachers(view=PAGE.view(services, path="/teachers", search=search))


def nodes(*posts):
    return [(option.value, option.label) for option in load(*posts).view.choices["of"].options]


def test_everybody_begins_with_the_node_of_the_own_post():
    assert nodes(LEADER)[:2] == [("school:1", "全校"), ("dept:1", DEPARTMENTS[0])]
    assert nodes(DEPARTMENT_HEAD) == [("dept:1", DEPARTMENTS[0]), ("school:1", "全校")]
    assert nodes(MAJOR_LEADER) == [("major:7", "机电一体化技术"), ("school:1", "全校")]
    assert nodes(TEACHER) == [("school:1", "全校")]


def test_an_office_that_does_not_answer_for_staff_sees_its_own_people_only():
    assert nodes(OFFICE_HEAD) == [("dept:103", "教务处")]


def test_years_are_academic_years_newest_first_and_figures_end_with_the_year_in_which_they_begin():
    data = load(LEADER)
    assert [option.label for option in data.view.choices["year"].options] == ["2026–2027学年", "2025–2026学年"]
    teachers.draw_departments(data)
    assert str(data.view.services.values.until) == "2026-12-31"


def test_the_parts_of_every_bar_reconcile_with_the_headcount():
    content = teachers.draw_structure(load(LEADER))
    assert content.note.startswith("专兼按全体 15 人，其余按专任教师 10 人（在岗 9，本年离校 1）")
    figure = types(content.body, "Graph")[0].figure
    totals = [0.0] * 5
    for trace in figure.data:
        for row, share in zip(trace.y, trace.x, strict=True):
            totals[row] += share
    assert totals == pytest.approx([100.0] * 5)
    assert [note.text for note in figure.layout.annotations] == ["15 人", "10 人", "10 人", "10 人", "10 人"]


def test_the_ladder_compares_two_years_and_counts_the_backbone():
    content = teachers.draw_ladder(load(LEADER))
    assert content.note == "专任教师 10 人，教学新星及以上 30.0%"
    before, now = types(content.body, "Graph")[0].figure.data
    assert list(now.x) == list(before.x) == [1, 6, 2, 1, 0, 0]


def test_moves_are_listed_without_those_who_stayed():
    content = teachers.draw_moves(load(LEADER))
    assert content.note == "上升 1 人 · 未变 8 人"
    assert types(content.body, "Store")[0].data["rows"] == [["新进教师", "→ 教学新星", "1"]]


@pytest.mark.parametrize(("moves", "said"), [((), "没有教师改变阶梯"), (None, "没有连续两个学年")])
def test_no_move_and_no_record_are_told_apart(moves, said):
    assert said in text(teachers.draw_moves(load(LEADER, team=Team(moves=moves))).body)


def test_the_ladders_of_the_plans_stand_beside_each_other():
    rows = types(teachers.draw_plans(load(LEADER)).body, "Store")[0].data["rows"]
    assert rows[0] == ["功勋教师", "功勋教师", "—", "—", "—"]
    assert rows[-1] == ["新进教师", "新进教师", "新教师", "新教师", "新教师"]


def test_without_snapshots_structure_and_ladder_say_so():
    empty = load(LEADER, team=Team(groups={}))
    assert "还没有教师年度快照" in text(teachers.draw_structure(empty).body)
    assert "还没有专任教师的年度快照" in text(teachers.draw_ladder(empty).body)


def test_composition_out_of_scope_is_denied():
    class Closed(Team):
        def structure(self, *asked, **named):
            return None

    data = load(LEADER, team=Closed())
    assert "不含这个部门的师资结构" in text(teachers.draw_structure(data).body)
    assert "不含这个部门的师资结构" in text(teachers.draw_ladder(data).body)


def test_tiles_are_named_in_few_words():
    shown = find(teachers.draw_tiles(load(LEADER)).body, className="tile-title")
    assert [text(title) for title in shown] == ["高级职称", "研究生学位", "企业兼职", "中青年", "流失率"]


def test_people_are_searched_by_name_and_lead_to_their_file():
    rows = types(teachers.draw_people(load(DEPARTMENT_HEAD, search="q=张敏")).body, "Store")[0].data["rows"]
    assert [(row[0]["text"], row[0]["href"], row[2]) for row in rows] == [("张敏", "/teachers/3", "教学新星")]
    assert "没有符合搜索条件" in text(teachers.draw_people(load(DEPARTMENT_HEAD, search="q=nobody")).body)


def test_people_come_by_department_and_name():
    rows = types(teachers.draw_people(load(LEADER)).body, "Store")[0].data["rows"]
    assert [row[1] for row in rows] == [DEPARTMENTS[0]] * 2 + [DEPARTMENTS[1]] * 3


def test_departments_are_compared_only_by_those_who_see_all_of_them():
    panel = next(panel for panel in PAGE.panels if panel.name == "departments")
    assert panel.belongs(load(LEADER))
    assert not panel.belongs(load(DEPARTMENT_HEAD))
    assert not panel.belongs(load(TEACHER))


def test_three_shares_of_one_name_each_say_of_whom_they_are():
    class Dual(Staff):
        def readings(self, codes, level, entity_id, *, until, scope):
            found = super().readings([*codes, "TCH-TEAM"], level, entity_id, until=until, scope=scope)[-1]
            named = {"SCH-LVL-10": "双师素质专任教师比例", "TCH-SOC-04": "双师素质"}
            return [
                dataclasses.replace(found, info=dataclasses.replace(found.info, code=code, name_zh=name))
                for code, name in named.items()
            ]

    services = services_of(viewer(LEADER), Dual())
    data = teachers.Teachers(view=PAGE.view(services, path="/teachers", search=""))
    (tile,) = find(teachers.draw_tiles(data).body, className="tile")
    assert "专任专业课教师" in text(tile)
    assert "双师素质按全体专任" in teachers.draw_structure(data).note
    assert "个人达成率" in teachers.draw_team(data).note
    assert "双师" not in teachers.draw_team(load(LEADER)).note
