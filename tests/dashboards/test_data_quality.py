import dataclasses
import datetime as dt

import pytest

from dashboards import data_imports, data_sources
from dashboards.data_quality import PAGE
from data_access.access.permissions import Permission
from data_access.access.privacy import Privacy, Subject
from data_access.access.roles import Role
from data_access.database.models import ImportBatch
from data_access.errors import UnknownNameError
from data_access.readers.imports import COUNTS, Batch, RefusedCell, Waiting
from data_access.readers.loads import Load, Loads, Silence
from indicators.results import Board, Reading, Standing, State, ValueFrame, ValuePoint
from layouts.states import SHAPES
from tests.dashboards.campus import LEADER, OFFICE_HEAD, STEWARD, Campus, info, post, services_of, viewer, week
from tests.dashboards.college import DATA_DATE
from tests.layouts.component_tree import find, text, types

ABOUT = Subject(privacy=Privacy.PUBLIC, owner="网络信息中心")
BAD_DAY = DATA_DATE - dt.timedelta(days=1)
DOUBLE = post(Role.QUALITY_OFFICE, "school", 1, "全校")


class Observed(Campus):
    """The college with the three indicators of its collection."""

    def indicator(self, code):
        if code not in data_sources.CODES:
            raise UnknownNameError(code)
        lines = {"SCH-OPS-16": (99.5, 98.0, 95.0), "SCH-OPS-17": (0.2, 1.0, 3.0)}.get(code, (99.0, 95.0, 90.0))
        target, warning, alert = lines
        return dataclasses.replace(
            info("CRS-ATT-01"), code=code, name_zh=code, about=ABOUT, target=target, warning=warning, alert=alert
        )

    def readings(self, codes, level, entity_id, *, until, scope):
        point = ValuePoint(period=week(11), value=99.4)
        found = [Reading(info=self.indicator(code), points=(point,), level=level, entity_id=1) for code in codes]
        return found if scope.admits(level, ABOUT) else []

    def history(self, codes, level, *, until, last, below=None, entity_ids=None, scope):
        entities = tuple(self._named("dept", n) for n in (1, 2))
        frame = self._frame("CRS-ATT-01", entities, level, is_admitted=scope.admits(level, ABOUT))
        cut = {name: getattr(frame, name)[:, -last:] for name in ("value", "numerator", "denominator", "rows")}
        frame = ValueFrame(entities=entities, periods=frame.periods[-last:], **cut)
        return Board(entities=entities, standings={c: Standing(info=self.indicator(c), frame=frame) for c in codes})


class Deliveries:
    """教务 delivered every working day but the last but one, 一卡通 late, 督导 with errors."""

    def __init__(self, *, is_empty=False):
        self.is_empty = is_empty

    def loads(self, days, *, about, scope):
        assert about == ABOUT
        if self.is_empty:
            return Loads(last=None)
        if not (scope.is_unlimited("load") or scope.admits("dept", about)):
            return Loads(last=DATA_DATE)
        found = []
        for back in range(days):
            day = DATA_DATE - dt.timedelta(days=back)
            if day.weekday() < 5:
                found += [] if day == BAD_DAY else [load(day, "教务", "fact_grade")]
                found += [load(day, "一卡通/门禁", "fact_student_week", is_on_time=day != DATA_DATE)]
                found += [load(day, "督导", "fact_supervision", errors=3)]
        silent = [Silence(source="旧系统", department="教务处", last=dt.date(2026, 5, 1))]
        return Loads(last=DATA_DATE, found=found, silent=silent)


def load(day, source, table, *, errors=0, is_on_time=True):
    return Load(
        day=day, source=source, table=table, department="教务处", expected=100, loaded=100, errors=errors,
        is_on_time=is_on_time,
    )  # fmt: skip


class Library:
    """Two indicators, one of which reads what was late."""

    def entries(self):
        made = {"STU-GRP-18": "fact_student_week.n", "CRS-PAS-01": "fact_unit_assess.n"}
        return [
            type("Entry", (), {"info": dataclasses.replace(info("CRS-ATT-01"), code=code, formula=f"SUM({formula})")})
            for code, formula in made.items()
        ]


class Record:
    """Two imports; the second was refused for a cell with a name in it."""

    def batches(self, *, size, page, scope):
        if not scope.is_unlimited("import"):
            return 0, ()
        counts = dict.fromkeys(COUNTS, 0) | {"new": 1200}
        made = [
            Batch(
                batch_id=n, files=(f"{n}.csv",), mapping="college", status=status,
                started_at=dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC), data_version=None, counts=counts, problems=n,
            )
            for n, status in ((2, "refused"), (1, "committed"))
        ]  # fmt: skip
        return 2, made if page == 1 else []

    def problems(self, batch_id, *, size, page, scope):
        if not scope.is_unlimited("import") or batch_id != 2:
            return 0, ()
        return 1, [RefusedCell(file="2.csv", row=7, column="姓名", value="张三", reason="不认识", remedy="改正")]

    def waiting(self, *, scope):
        found = [Waiting(table="fact_grade", missing_table="dim_student", rows=1500)]
        return found if scope.is_unlimited("import") else ()


def load_page(*posts, search="", values=None, **parts):
    services = dataclasses.replace(
        services_of(viewer(*posts), values or Observed()),
        **{"loads": Deliveries(), "library": Library(), "imports": Record(), **parts},
    )
    return data_sources.DataQuality(view=PAGE.view(services, path="/data", search=search))


def panel(name):
    return next(item for item in PAGE.panels if item.name == name)


def drawn(data, name):
    return panel(name).draw(data)


def rows(content):
    """The texts of a table's cells."""
    store = next(part for part in types(content.body, "Store") if "rows" in part.data)
    return [[cell if isinstance(cell, str) else cell["text"] for cell in row] for row in store.data["rows"]]


def shown(data):
    return [item.name for item in PAGE.panels if item.belongs(data)]


def test_a_dropped_day_turns_its_cell_red_and_says_so():
    content = drawn(load_page(LEADER), "arrivals")
    (chart,) = types(content.body, "Graph")
    names = [label.partition(">")[2] for label in chart.figure.layout.yaxis.ticktext]
    row = next(n for n, name in enumerate(names) if "教务" in name)
    trace = next(t for t in chart.figure.data if t.type == "scatter" and t.text == SHAPES[State.ALERT])
    assert list(zip(trace.x, trace.y, strict=True)) == [(data_sources.DAYS - 2, row)]
    assert chart.figure.layout.yaxis2.ticktext[row] == f"{SHAPES[State.ALERT]} 缺 1 天"
    told = chart.figure.data[0].customdata[row][data_sources.DAYS - 2]
    assert "缺" in told
    assert "应采" not in told


def test_the_chart_carries_its_numbers_as_words():
    (view,) = types(drawn(load_page(LEADER), "arrivals").body, "Store")
    by_name = {row[0]: row for row in view.data["rows"]}
    assert by_name["教务"][-2:] == ["缺", "按时"]
    assert by_name["一卡通/门禁"][-1] == "迟"
    assert set(by_name["旧系统"][2:]) == {"无须到数"}


def test_every_source_is_listed_with_who_answers_for_it_and_its_age():
    found = {row[0]: row for row in rows(drawn(load_page(LEADER), "sources"))}
    assert found["教务"][1:4] == ["教务处", "缺 1 天", "2026-11-20"]
    assert found["一卡通/门禁"][2] == "迟 1 天"
    assert found["督导"][2] == "差错 5 天"
    assert found["旧系统"][2:5] == ["停 6 周以上", "2026-05-01", "204 天"]


def test_without_a_choice_the_batches_that_are_not_in_order_are_listed():
    found = rows(drawn(load_page(LEADER), "loads"))
    assert {row[1] for row in found} == {"一卡通/门禁", "督导"}
    assert [row[-1] for row in found if row[1] == "一卡通/门禁"] == ["迟"]


def test_a_click_on_a_cell_lists_the_batches_of_that_source_and_day():
    data = load_page(LEADER, search=f"source=督导&day={DATA_DATE}")
    content = drawn(data, "loads")
    assert [(row[0], row[1]) for row in rows(content)] == [("2026-11-20", "督导")]
    assert content.title == "采集批次：督导 · 11-20 周五"
    missing = load_page(LEADER, search=f"source=教务&day={BAD_DAY}")
    assert "应到未到" in text(drawn(missing, "loads").body)


def test_a_day_that_is_none_and_a_source_that_is_not_there_are_left_aside():
    data = load_page(LEADER, search="source=没有&day=2026-02-31")
    assert (data.chosen, data.day) == (None, None)
    assert "近 7 天有问题的批次" in drawn(data, "loads").title


def test_indicators_that_read_what_is_late_are_named_and_lead_to_their_cards():
    content = drawn(load_page(LEADER), "affected")
    assert [row[1] for row in rows(content)] == ["STU-GRP-18"]
    (store,) = types(content.body, "Store")
    assert store.data["rows"][0][0]["href"] == "/indicators/STU-GRP-18"
    of_one = load_page(LEADER, search="source=督导")
    assert "没有指标读取这个来源的表" in text(drawn(of_one, "affected").body)


def test_whose_deliveries_are_out_of_reach_is_told_that_there_are_none_in_it():
    everything = load_page(post(Role.DATA_STEWARD, "school", 1, "全校"), values=Observed())
    assert everything.sources
    outside = dataclasses.replace(everything.view, scope=viewer(LEADER).scope_for(Permission.IMPORT_VIEW))
    found = data_sources.DataQuality(view=outside)
    assert "不负责任何数据来源" in text(drawn(found, "summary").body)
    assert shown(found)[0] == "summary"
    assert not {"arrivals", "loads", "sources", "affected", "quality"} & set(shown(found))


def test_where_the_lake_cannot_be_read_every_panel_says_so_itself():
    class Broken:
        def loads(self, days, *, about, scope):
            raise OSError

    data = load_page(LEADER, loads=Broken())
    assert PAGE.heading(data).title == "数据与采集"
    assert "arrivals" in shown(data)


def test_before_anything_was_delivered_or_computed_the_panels_say_so():
    class Uncomputed(Observed):
        def indicator(self, code):
            raise UnknownNameError(code)

    data = load_page(LEADER, values=Uncomputed(is_empty=True), loads=Deliveries(is_empty=True))
    for name in ("summary", "arrivals", "loads", "sources", "affected"):
        assert "还没有采集批次的记录" in text(drawn(data, name).body)
    assert "quality" not in shown(data)
    assert PAGE.shows_values is False


def test_the_quality_of_deliveries_is_shown_to_who_may_read_the_indicators():
    assert {"quality", "departments"} <= set(shown(load_page(LEADER)))
    assert not {"quality", "departments"} & set(shown(load_page(STEWARD)))
    assert len(find(drawn(load_page(LEADER), "quality").body, className="tile-value")) == len(data_sources.CODES)


def test_a_new_installation_is_without_data_not_out_of_reach():
    class New(Observed):
        def readings(self, codes, level, entity_id, *, until, scope):
            return []

        def history(self, codes, level, *, until, last, below=None, entity_ids=None, scope):
            return Board(entities=(), standings={})

    new = load_page(LEADER, values=New(is_empty=True), loads=Deliveries(is_empty=True))
    for name in ("quality", "departments"):
        words = text(drawn(new, name).body)
        assert "还没有数据" in words
        assert "luoxuan compute" in words
    later = text(drawn(load_page(LEADER, values=New()), "quality").body)
    assert "还没有数值" in later
    assert "luoxuan compute" in later
    assert "不含全校的采集质量指标" in text(drawn(load_page(OFFICE_HEAD, values=New()), "quality").body)


@pytest.mark.parametrize("who", [LEADER, DOUBLE, OFFICE_HEAD])
def test_refused_cells_are_for_the_steward_alone(who):
    data = load_page(who, search="batch=2")
    assert not {"imports", "problems", "waiting"} & set(shown(data))
    assert data.imports.problems == (0, ())


def test_the_steward_sees_imports_with_what_is_wrong_and_what_waits():
    data = load_page(STEWARD, search="batch=2")
    assert {"imports", "problems", "waiting"} <= set(shown(data))
    first = rows(drawn(data, "imports"))[0]
    assert first[:6] == ["2", "2026-11-20 12:00", "2.csv", "college", "已拒收", "1,200"]
    assert rows(drawn(data, "problems")) == [["2.csv", "7", "姓名", "张三", "不认识", "改正"]]
    assert rows(drawn(data, "waiting"))[0][-1] == "1,500"
    assert "problems" not in shown(load_page(STEWARD))


def test_a_page_of_imports_that_is_not_there_leads_back():
    body = drawn(load_page(STEWARD, search="batches=9"), "imports").body
    assert "没有这一页" in text(body)
    assert "看最新的导入" in text(body)


def test_every_status_of_an_import_has_its_words():
    """The words of the model's own description."""
    from pathlib import Path  # noqa: PLC0415

    source = Path(data_imports.__file__).parents[1] / "data_access" / "database" / "models.py"
    told = source.read_text(encoding="utf-8").partition(
        'status: Mapped[str] = mapped_column(String(16), index=True)\n    """'
    )
    assert ImportBatch.__tablename__ == "import_batch"
    assert set(told[2].partition('"""')[0].split(", ")) == set(data_imports.STATUSES_ZH)
