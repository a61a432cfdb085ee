import dataclasses

import pytest

from dashboards import PAGES, desks, home, posts_held
from dashboards.home import PAGE
from dashboards.wiring import fill
from data_access.access.permissions import Permission
from data_access.access.roles import ADMINISTRATORS, Role
from tests.dashboards.campus import (
    ADVISER,
    AUDITOR,
    COUNSELLOR,
    DEPARTMENT_HEAD,
    LEADER,
    OFFICE_HEAD,
    PSYCHOLOGY,
    STEWARD,
    STUDENT,
    TEACHER,
    post,
    viewer,
)
from tests.dashboards.observatory import Observed, services_of
from tests.layouts.component_tree import find, text, types

QUALITY = post(Role.QUALITY_OFFICE, "school", 1, "全校")


def load(*posts, search="", campus=None):
    services = services_of(viewer(*posts), campus)
    return home.Home(view=PAGE.view(services, path="/", search=search))


def shown(data):
    """Names of the panels that belong to the view, in order."""
    return [panel.name for panel in PAGE.panels if panel.belongs(data)]


def drawn(data, name):
    return next(panel for panel in PAGE.panels if panel.name == name).draw(data)


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def titles(content):
    return [text(title) for title in find(content.body, className="tile-title")]


def hrefs(content):
    return [row[0]["href"] if isinstance(row[0], dict) else None for row in rows(content)]


def test_it_is_the_page_at_the_root_and_the_first_of_all():
    assert PAGES[0] is PAGE
    assert PAGE.path == "/"


def test_it_greets_by_name_and_says_which_post_is_shown():
    heading = home.heading(load(DEPARTMENT_HEAD))
    assert heading.title == "王建国，您好"
    assert heading.facts == ["系(部)主任 · 机电工程系"]


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ((LEADER,), ["summary", "five_by_five", "falls", "rises", "alarms", "sources", "posts"]),
        ((QUALITY,), ["summary", "five_by_five", "falls", "rises", "alarms", "sources", "posts"]),
        ((DEPARTMENT_HEAD,), ["summary", "trend", "beside", "falls", "rises", "below", "posts"]),
        ((TEACHER,), ["summary", "trend", "below", "posts"]),
        ((ADVISER,), ["class_card", "summary", "trend", "beside", "posts"]),
        (COUNSELLOR, ["class_card", "summary", "trend", "beside", "below", "posts"]),
        ((OFFICE_HEAD,), ["summary", "duties", "posts"]),
        ((PSYCHOLOGY,), ["summary", "below", "posts"]),
        ((STUDENT,), ["card", "card_next", "card_changes", "summary", "sensitive", "trend", "courses", "absences", "posts"]),
        ((STEWARD,), ["rights", "posts"]),
        ((AUDITOR,), ["rights", "posts"]),
        ((), ["summary", "posts"]),
    ],
    ids=["leader", "quality", "department", "teacher", "adviser", "counsellor", "office", "psychology", "student", "steward",
         "auditor", "nobody"],
)  # fmt: skip
def test_each_post_has_the_panels_of_its_work(posts, expected):
    data = load(*posts)
    assert shown(data) == expected
    for name in expected:
        body = drawn(data, name).body
        assert text(body) or types(body, "Store") or types(body, "Graph")


def test_tiles_show_value_change_target_and_period():
    content = drawn(load(DEPARTMENT_HEAD), "summary")
    assert titles(content) == ["到课率", "参与率", "达标率", "重点工作完成率"]
    tile = text(find(content.body, className="tile")[0])
    assert tile.startswith("到课率▲预警87.0%↓ 1.0 较上周 · 目标 95第11周")


def test_names_are_links_only_for_those_who_may_open_what_is_behind():
    campus = Observed()
    may_not = dataclasses.replace(viewer(DEPARTMENT_HEAD), permissions=frozenset({Permission.APPLICATION_OPEN}))
    data = home.Home(view=PAGE.view(services_of(may_not, campus), path="/", search=""))
    assert set(hrefs(drawn(data, "beside"))) == {None}


def test_a_department_head_sees_own_majors_and_classes():
    data = load(DEPARTMENT_HEAD)
    assert len(rows(drawn(data, "beside"))) == 6
    assert hrefs(drawn(data, "below"))[0] == "/classes/4"


class Large(Observed):
    """A campus with more sections than one page of a list holds."""

    def board(self, codes, level, **asked):
        board = super().board(codes, level, **asked)
        entities = tuple(dataclasses.replace(board.entities[0], entity_id=n) for n in range(1, 131))
        standings = {
            code: dataclasses.replace(standing, frame=self._frame(code, entities, level, is_admitted=True))
            for code, standing in board.standings.items()
        }
        return dataclasses.replace(board, entities=entities, standings=standings)


def test_a_long_list_is_paged_without_loss_or_repetition():
    pages = [drawn(load(TEACHER, search=f"?page={n}", campus=Large()), "below") for n in (1, 2, 3)]
    listed = [href for page in pages for href in hrefs(page)]
    assert [len(rows(page)) for page in pages] == [60, 60, 10]
    assert sorted(listed) == sorted(f"/offerings/{n}" for n in range(1, 131))
    assert "第 61–120 个教学班，共 130" in text(pages[1].body)
    links = [link.href for link in types(pages[0].body, "A") if link.className == "in-place"]
    assert "/?page=2" in links


def test_the_change_within_a_term_of_a_figure_by_term_is_not_shown():
    class Termly(Observed):
        def board(self, codes, level, **asked):
            board = super().board(codes, level, **asked)
            cut = {code: self._first_period(standing) for code, standing in board.standings.items()}
            return dataclasses.replace(board, standings=cut)

        def _first_period(self, standing):
            frame = standing.frame
            parts = {
                name: getattr(frame, name)[:, :1]
                for name in ("value", "numerator", "denominator", "rows", "is_suppressed")
            }
            return dataclasses.replace(standing, frame=dataclasses.replace(frame, periods=frame.periods[:1], **parts))

    columns = types(drawn(load(TEACHER, campus=Termly()), "below").body, "Store")[0].data["columns"]
    assert "较上周" not in [column["title"] for column in columns]


def test_a_teacher_sees_own_sections_without_a_column_for_the_own_name():
    columns = types(drawn(load(TEACHER), "below").body, "Store")[0].data["columns"]
    assert [column["title"] for column in columns][:3] == ["课程", "教学班", "到课率"]


def test_the_term_can_be_chosen_where_there_are_figures():
    assert [option.value for option in PAGE.filters[0].options(services_of(viewer(TEACHER)), viewer(TEACHER).scope)] == [
        "2026-2027-1", "2025-2026-2",
    ]  # fmt: skip
    steward = viewer(STEWARD)
    assert len(PAGE.filters[0].options(services_of(steward), steward.scope)) == 1


def test_an_adviser_is_told_who_slipped_most_and_not_who_has_left():
    content = drawn(load(ADVISER), "beside")
    assert [row[0]["text"] for row in rows(content)] == ["20240101"]
    assert rows(content)[0][0]["href"] == "/students/101"
    assert content.note == "到课率 · 40 人中 1 人下降"


def test_a_counsellor_chooses_among_classes_and_sees_all_of_them_below():
    options = PAGE.filters[1].options(services_of(viewer(*COUNSELLOR)), viewer(*COUNSELLOR).scope)
    assert [option.label for option in options] == [post.title_zh for post in COUNSELLOR]
    data = load(*COUNSELLOR, search=f"?post={options[1].value}")
    assert data.post == COUNSELLOR[1]
    assert drawn(data, "below").title == "我的班级"


def test_a_list_of_classes_reaches_those_of_the_role_and_not_of_other_posts():
    data = load(*COUNSELLOR, DEPARTMENT_HEAD, search="?post=counsellor-class-1")
    scopes = []

    class Listening(Observed):
        def board(self, codes, level, *, scope, **asked):
            scopes.append((level, scope))
            return super().board(codes, level, scope=scope, **asked)

    listened = home.Home(view=dataclasses.replace(data.view, services=services_of(data.viewer, Listening())))
    drawn(listened, "below")
    assert [level for level, _ in scopes] == ["class"]
    assert {frozenset(grant.ids) for _, scope in scopes for grant in scope.grants if "class" in grant.levels} == {
        frozenset({1, 2, 3})
    }


def test_a_class_or_course_comes_before_own_teaching():
    both = viewer(TEACHER, ADVISER)
    options = PAGE.filters[1].options(services_of(both), both.scope)
    assert [option.label for option in options] == [ADVISER.title_zh, TEACHER.title_zh]


def test_a_lone_post_needs_no_control_to_choose_it():
    assert PAGE.filters[1].is_hidden_alone
    assert len(PAGE.filters[1].options(services_of(viewer(LEADER)), viewer(LEADER).scope)) == 1


def test_an_office_sees_the_indicators_it_answers_for_the_worst_first():
    data = load(OFFICE_HEAD)
    assert [row[5] for row in rows(drawn(data, "duties"))] == ["CRS-BLD-01", "CRS-BLD-09"]
    assert titles(drawn(data, "summary")) == ["课程标准覆盖率"]
    assert "教务处 · 2 项" in drawn(data, "duties").note


def test_an_indicator_without_lines_is_in_no_state():
    value = rows(drawn(load(OFFICE_HEAD), "duties"))[1][2]
    assert value == "87 次"


def test_the_psychology_centre_sees_nothing_but_its_matters():
    data = load(PSYCHOLOGY)
    assert titles(drawn(data, "summary")) == ["心理普查完成率", "心理辅导频次"]
    assert [column["title"] for column in types(drawn(data, "below").body, "Store")[0].data["columns"]] == [
        "学号", "班级", "心理辅导频次", "较上周",
    ]  # fmt: skip


def test_a_student_sees_own_figures_courses_and_absences():
    data = load(STUDENT)
    assert "CRS-ATT-01" in {reading.info.code for reading in data.student.readings(["CRS-ATT-01"])}
    assert rows(drawn(data, "courses"))[0][0] == "汽车发动机构造与维修"
    assert "只有你本人和对你负责的人看得到" in drawn(data, "sensitive").note


@pytest.mark.parametrize("role", sorted(set(Role) - ADMINISTRATORS - {Role.DATA_STEWARD}))
def test_every_role_that_reads_figures_has_a_desk(role):
    assert role in desks.DESKS


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS | {Role.DATA_STEWARD}))
def test_who_administers_sees_no_figures(role):
    assert role not in desks.DESKS


def test_every_indicator_of_a_desk_is_in_the_library():
    from indicators.library import shipped_library  # noqa: PLC0415 (a second to read)

    known = {indicator.code for indicator in shipped_library()}
    for role, desk in desks.DESKS.items():
        listed = [code for listing in (desk.beside, desk.below) if listing for code in listing.codes]
        missing = {*desk.codes, *listed, *([desk.trend] if desk.trend else [])} - known
        assert not missing, f"{role}: {missing}"


def test_what_a_post_lets_see_and_do_stands_at_the_end_with_its_reason():
    shown_text = text(drawn(load(ADVISER), "posts").body)
    assert "班主任" in shown_text
    assert "2026-09-01 起" in shown_text
    assert "班主任看本班，心理辅导明细除外" in shown_text
    assert "查看班级" in shown_text


def test_posts_of_one_role_are_told_once():
    body = drawn(load(*COUNSELLOR), "posts").body
    assert len(find(body, className="own-post")) == 1
    assert [text(item) for item in find(body, className="own-post-nodes")[0].children] == [
        f"{post.node_name}2026-09-01 起" for post in COUNSELLOR
    ]


def test_an_administrator_is_led_to_the_own_pages():
    links = types(drawn(load(AUDITOR), "rights").body, "A")
    assert {"/admin/audit", "/account"} <= {link.href for link in links}
    assert not {"/admin/people"} & {link.href for link in links}


def test_somebody_without_a_post_is_told_why():
    data = load()
    assert posts_held.NO_POST in text(drawn(data, "summary").body)
    assert home.heading(data).facts == ["没有生效的岗位"]


def test_before_anything_is_computed_only_the_posts_are_shown():
    services = services_of(viewer(DEPARTMENT_HEAD), Observed(is_empty=True))
    panels = fill(PAGE, services, {"path": "/", "search": ""})[1:]
    filled = [panel.name for panel, body in zip(PAGE.panels, panels, strict=True) if body]
    assert filled == ["summary", "posts"]
    assert "运行 luoxuan demo" in text(next(body for body in panels if body))
