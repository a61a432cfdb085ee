import dataclasses

import pytest

from dashboards import school
from dashboards.school import PAGE, SECTIONS
from dashboards.school_conditions import conditions_of
from dashboards.school_parts import NOT_SHOWN
from dashboards.wiring import fill
from data_access.access.permissions import Permission
from indicators.benchmarks import Benchmark
from indicators.results import Reading, ValuePoint
from tests.dashboards.campus import LEADER, TEACHER, info, viewer
from tests.dashboards.college import DATA_DATE, week
from tests.dashboards.observatory import Library, Observed, entry, services_of
from tests.layouts.component_tree import find, text, types

RATES = {"SCH-LVL-01": ("生师比", "层次"), "SCH-LVL-02": ("研究生学位专任教师比例", "层次"), "SCH-SCA-01": ("在校生数", "规模"),
         "SCH-QLT-01": ("毕业去向落实率(8月31日)", "水平")}  # fmt: skip


def lined(code):
    if code.startswith("MAJ"):
        return dataclasses.replace(info("CRS-ATT-01"), code=code, name_zh=f"专业指标 {code}")
    if code not in RATES:
        return info(code)
    lines = {
        "SCH-LVL-01": {"unit": "生/师", "direction": "lower", "target": 17.0, "warning": 18.0, "alert": 22.0},
        "SCH-LVL-02": {"target": 60.0, "warning": 45.0, "alert": 15.0},
    }.get(code, {})
    return dataclasses.replace(info("CRS-ATT-01"), code=code, name_zh=RATES[code][0], **lines)


class Shelf(Library):
    def entries(self):
        norms = {
            "SCH-LVL-01": {"warning": "norm", "alert": "norm"},
            "SCH-LVL-02": {"warning": "proposed", "alert": "norm"},
        }
        return [
            *super().entries(),
            *(
                dataclasses.replace(
                    entry("CRS-ATT-01"), info=lined(code), layer="学校", dimension=dimension, level="school",
                    block={"norm_ref": "教发〔2004〕2号", "value_source": norms.get(code, {}), "diag_element": "1"},
                )
                for code, (_, dimension) in RATES.items()
            ),
        ]  # fmt: skip


class School(Observed):
    def readings(self, codes, level, entity_id, *, until, scope):
        if not scope.admits(level):
            return []
        values = {
            "SCH-LVL-01": (18.5, 17.3),
            "SCH-LVL-02": (50.0, 60.8),
            "SCH-SCA-01": (96.0, 97.0),
            "SCH-QLT-01": (90.0, 86.0),
        }
        return [
            Reading(
                info=lined(code), level=level, entity_id=entity_id,
                points=tuple(ValuePoint(period=week(10 + n), value=v, numerator=v, denominator=100.0)
                             for n, v in enumerate(values.get(code, (90.0, 91.0)))),
            )
            for code in codes
        ]  # fmt: skip

    def history(self, codes, level, **asked):
        board = super().history(["CRS-ATT-01"], level, **asked)
        standing = board.standings["CRS-ATT-01"]
        return dataclasses.replace(
            board,
            standings={
                code: dataclasses.replace(standing, info=lined(code)) for code in codes if code[:3] in {"SCH", "MAJ"}
            },
        )


class Peers:
    def of(self, year, *, scope):
        assert year == DATA_DATE.year
        return [
            Benchmark(
                code=code, peers=peers, year=year, low=80.0, median=median, high=95.0, is_core=code != "SCH-SCA-01"
            )
            for code in RATES
            for peers, median in (("同类院校", 88.0), ("国家示范", 70.0))
        ]


def load(*posts, search="", values=None):
    services = dataclasses.replace(
        services_of(viewer(*(posts or (LEADER,))), values or School()), library=Shelf(), benchmarks=Peers()
    )
    digest = type(services.digest)(services.values, Shelf())
    services = dataclasses.replace(services, digest=digest)
    return PAGE.load(PAGE.view(services, path="/school", search=search))


def drawn(data, name):
    return next(panel for panel in PAGE.panels if panel.name == name).draw(data)


def rows(content):
    return types(content.body, "Store")[0].data["rows"]


def test_it_is_for_all_staff():
    assert PAGE.requires is Permission.SCHOOL_VIEW
    assert viewer(TEACHER).may(PAGE.requires)


def test_every_dimension_of_the_school_layer_stands_in_one_section():
    from indicators.library import shipped_library  # noqa: PLC0415 (a second to read)

    wanted = {i.definition["dimension"] for i in shipped_library() if str(i.layer) == "学校"}
    named = [dimension for section in SECTIONS for dimension in section.dimensions]
    assert sorted(named) == sorted(wanted)


def test_each_item_shows_value_state_change_and_target_and_opens_its_card():
    row = next(row for row in rows(drawn(load(), "quality")) if "SCH-QLT-01" in row[0]["href"])
    name, value, change, target, _course = row
    assert name["href"].startswith("/indicators/SCH-QLT-01?of=school%3A1")
    assert value["text"] == "86.0%"
    assert "state-warning" in value["name"]
    assert (change, target) == ("↓ 4.0 较上周", "95")


def test_the_overview_counts_what_is_at_target_and_names_the_worst_state():
    tiles = find(drawn(load(), "sections").body, className="tile")
    told = {text(tile)[:2]: text(tile) for tile in tiles}
    assert len(tiles) == len(SECTIONS)
    assert "1/1" in told["规模"]
    assert "预警" in told["水平"]
    assert "—" in told["任务"]


def test_a_section_without_values_says_why():
    assert "还没有计算" in text(drawn(load(), "tasks").body)


def test_conditions_stand_against_the_lines_that_the_state_has_set():
    by_code = {one.entry.code: one for one in conditions_of(load())}
    assert (by_code["SCH-LVL-01"].passed, by_code["SCH-LVL-01"].restricted) == (18.0, 22.0)
    assert (by_code["SCH-LVL-02"].passed, by_code["SCH-LVL-02"].restricted) == (15.0, None)
    assert by_code["SCH-LVL-01"].place(18.0) == pytest.approx(100)
    assert by_code["SCH-LVL-01"].place(9.0) == pytest.approx(200)


def test_the_source_of_each_line_is_shown_and_in_the_table_of_the_chart():
    content = drawn(load(), "conditions")
    assert "教发〔2004〕2号" in text(content.body)
    assert len(types(content.body, "Graph")) == 1


def test_peers_are_those_chosen():
    assert drawn(load(), "peers").note.startswith("同类院校")
    assert drawn(load(search="?peers=国家示范"), "peers").note.startswith("国家示范")


def test_a_lower_median_turns_exactly_the_core_indicators_above_it():
    def reached(search):
        return drawn(load(search=search), "peers").note.split(" · ")[1]

    assert reached("") == "1/3 项核心指标达到中位数（33%）"
    assert reached("?peers=国家示范") == "2/3 项核心指标达到中位数（67%）"


def test_departments_are_ordered_by_what_they_cost_the_school():
    content = drawn(load(), "parts")
    figure = types(content.body, "Graph")[0].figure
    assert figure.layout.yaxis.ticktext[0] == "机电工程系"
    assert "拉低最多的在上" in content.note
    assert content.number.startswith("/indicators/SCH-QLT-01?of=school%3A1")


def test_the_funnels_count_people_step_by_step():
    figure = types(drawn(load(), "funnels").body, "Graph")[0].figure
    assert list(figure.layout.yaxis.ticktext) == [
        "招生计划", "录取", "报到", "毕业生", "落实去向", "就业", "专业对口",
    ]  # fmt: skip
    words = list(figure.data[-1].text)
    assert words[:3] == ["<b>100 人</b>", "<b>100 人</b>  占上一步 100.0%", "<b>91 人</b>  占上一步 91.0%"]


def test_departments_stand_side_by_side_by_what_becomes_of_students_and_service():
    content = drawn(load(), "outcomes")
    assert [row[0]["text"] for row in rows(content)][:1] == ["机电工程系"]
    assert rows(content)[0][0]["href"] == "/courses?dept=1"
    assert "70.0%" in rows(content)[0][1]["text"]


@pytest.mark.parametrize("name", ["parts", "outcomes"])
def test_who_sees_the_school_alone_is_told_why_departments_are_missing(name):
    assert NOT_SHOWN in text(drawn(load(TEACHER), name).body)


def test_who_sees_the_school_alone_still_sees_its_sections():
    assert rows(drawn(load(TEACHER), "quality"))


def test_before_anything_is_computed_every_panel_says_what_to_do():
    services = services_of(viewer(LEADER), Observed(is_empty=True))
    panels = fill(PAGE, services, {"path": "/school", "search": ""})[1:]
    assert all("运行 luoxuan demo" in text(panel) for panel in panels)


def test_the_heading_names_term_and_date_of_the_data():
    heading = school.heading(load())
    assert heading.facts == ["2026–2027 第一学期 · 数据截至 2026-11-20"]
