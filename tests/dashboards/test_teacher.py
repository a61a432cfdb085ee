import dataclasses

import pytest

from dashboards import teacher
from dashboards.page import NotFoundError
from dashboards.teacher import PAGE
from data_access.access.permissions import Permission
from indicators.results import EntityInfo, Reading, ValuePoint
from tests.dashboards.campus import ADVISER, DEPARTMENT_HEAD, TEACHER, Campus, info, services_of, viewer, week
from tests.layouts.component_tree import find, text, types

VALUES = {"TCH-ETH-01": 96.0, "TCH-ETH-04": 80.0, "TCH-TEA-02": 88.0, "TCH-RES-01": None}


class Staff(Campus):
    """Four figures of teachers: one at its target, one far below, one a little, one without record."""

    def readings(self, codes, level, entity_id, *, until, scope):
        assert level == "teacher"
        found = info("CRS-ATT-01")
        return [
            Reading(
                info=dataclasses.replace(found, code=code, name_zh=code),
                points=(ValuePoint(period=dataclasses.replace(week(1), key="2026"), value=VALUES[code]),),
                level=level,
                entity_id=entity_id,
            )
            for code in codes
            if code in VALUES
        ]

    def board(self, codes, level, *, term_key, below=None, entity_ids=None, scope):
        self.below = below
        return super().board(codes, level, term_key=term_key, entity_ids=entity_ids, scope=scope)

    def _named(self, level, n):
        return EntityInfo(entity_id=n, name=f"课程{n}", course_name=f"课程{n}", class_name=f"班{n}")


def load(*posts, number=1, search=""):
    services = services_of(viewer(*(posts or (TEACHER,))), Staff())
    return teacher.Teacher(view=PAGE.view(services, path=f"/teachers/{number}", search=search))


def test_teachers_find_their_own_file_and_heads_find_a_name():
    own = teacher.heading(load())
    assert (own.title, own.facts[0]) == ("我的档案", "王建国")
    assert "教学新星" in own.facts
    assert teacher.heading(load(DEPARTMENT_HEAD)).title == "王建国"


@pytest.mark.parametrize(("number", "posts"), [(999, (TEACHER,)), (1, (ADVISER,))])
def test_what_does_not_exist_and_what_is_out_of_scope_are_told_alike(number, posts):
    with pytest.raises(NotFoundError, match=rf"^没有编号为 {number} 的教师。$"):
        teacher.heading(load(*posts, number=number))


def test_a_dimension_tells_how_many_targets_are_reached_and_its_worst_state():
    shown = find(teacher.draw_dimensions(load()).body, className="tile-value")
    assert [text(value) for value in shown] == ["1 / 2", "0 / 1", "—", "—", "—"]
    assert "1 警戒" in text(teacher.draw_dimensions(load()).body)


def test_the_ladder_shows_the_own_step_the_next_one_and_what_is_missing():
    content = teacher.draw_ladder(load())
    assert content.note == "下一阶梯 教坛英才 · 1 / 3 项达标"
    marked = [item for item in types(content.body[0], "Li") if "is-own" in item.className]
    assert [text(item) for item in marked] == ["教学新星本人现在"]
    rows = types(content.body[1], "Store")[0].data["rows"]
    assert [row[0]["text"] for row in rows] == ["TCH-ETH-04", "TCH-TEA-02"]
    assert "没有按阶梯分设数值" in text(content.body[2])


def test_a_teacher_without_snapshot_has_no_step():
    data = load()
    career = dataclasses.replace(data.career, years=data.career.years[:2])
    object.__setattr__(data, "__dict__", {**data.__dict__, "career": career})
    assert "阶梯未知" in text(teacher.draw_ladder(data).body)


def test_every_year_since_hiring_is_listed_newest_first():
    content = teacher.draw_years(load())
    rows = types(content.body, "Store")[0].data["rows"]
    assert [row[0] for row in rows] == ["2026–2027", "2025–2026", "2024–2025", "2023–2024"]
    assert rows[0][1] == "教学新星 ↑"
    assert rows[0][6]["text"] == "96.0%"
    assert rows[-1][1] == {"text": "没有快照", "name": "is-withheld"}
    assert content.note == "入校 2023-08-20 · 4 个学年，其中 2 个学年平台没有数据"


def test_sections_are_those_of_the_teacher_and_links_need_the_permission():
    data = load()
    rows = types(teacher.draw_sections(data).body, "Store")[0].data["rows"]
    assert data.view.services.values.below == ("teacher", {1})
    assert rows[0][0]["href"] == "/offerings/1"
    may_not = dataclasses.replace(viewer(TEACHER), permissions=frozenset({Permission.TEACHER_VIEW}))
    without = teacher.Teacher(view=PAGE.view(services_of(may_not, Staff()), path="/teachers/1", search=""))
    assert types(teacher.draw_sections(without).body, "Store")[0].data["rows"][0][0] == "课程1"


def test_the_home_of_a_teaching_post_leads_to_the_own_file():
    assert [tile.href for tile in teacher.entry(TEACHER)] == ["/teachers/1"]
    assert teacher.entry(ADVISER) == ()
    assert teacher.entry(None) == ()
