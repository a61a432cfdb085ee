import re

import pytest

from data_access.readers.provenance import ProvenanceReader
from data_access.readers.stored import ValueReader
from indicators.library import shipped_library
from indicators.model import FIVE_SYSTEMS
from indicators.shelf import LAYERS, Shelf, cells

LIBRARY = shipped_library()


@pytest.fixture(scope="module")
def shelf(values) -> Shelf:
    return Shelf(values.reader, ProvenanceReader(values.reader.database))


def test_the_shelf_holds_every_indicator_once_layer_by_layer(shelf):
    found = shelf.entries()
    assert sorted(entry.code for entry in found) == sorted(LIBRARY.indicators)
    assert [entry.layer for entry in found] == sorted((entry.layer for entry in found), key=LAYERS.index)
    assert shelf.entries() is found


@pytest.mark.parametrize("code", ["CRS-ATT-01", "STU-PER-12", "SCH-LVL-01"])
def test_an_entry_says_what_the_library_says(shelf, values, code):
    entry, block = shelf.entry(code), LIBRARY[code]
    assert (entry.layer, entry.level, entry.department) == (
        block.layer,
        block.entity.key,
        block.definition["department"],
    )
    assert entry.info == values.indicator(code)
    assert entry.kinds[0] == block.period
    assert entry.levels == next(iter(values.reader.plans(code).values())).levels


def test_there_is_no_entry_for_another_code(shelf):
    assert shelf.entry("CRS-ATT-99") is None


def test_running_values_stand_after_the_own_kind_of_period(shelf):
    both = [entry for entry in shelf.entries() if len(entry.kinds) > 1]
    assert both
    assert {entry.kinds for entry in both} == {("term", "week")}


def test_every_element_of_the_guideline_has_its_item(shelf):
    assert all(re.fullmatch(r"[1-5] \w+", entry.item) for entry in shelf.entries())
    assert shelf.entry("CRS-ATT-01").item == "2 专业质量保证"


def test_words_are_looked_for_in_code_name_definition_and_work(shelf):
    entry = shelf.entry("CRS-ATT-01")
    assert entry.matches(["crs-att"])
    assert entry.matches(["到课率"])
    assert entry.matches(["公假", "考勤"])
    assert not entry.matches(["到课率", "宿舍"])
    assert entry.matches([])


def test_the_wording_names_formula_remarks_and_tables(shelf):
    said = shelf.wording(shelf.entry("CLS-CAR-02"))
    assert said.formula == "竞赛中不同的学生数（竞赛类别为技能大赛） ÷ 学生人数（在籍） × 100"
    assert said.remarks == ("只计3年级", "自入学起累计")
    assert said.tables == {"fact_competition": "竞赛", "fact_student_term": "学生学期"}


def test_a_run_and_the_loads_of_tables_are_known(shelf, values):
    run = shelf.run()
    assert (run.library_version, str(run.data_version)) == values.versions()
    assert run.data_date == values.data_date()
    assert shelf.run(run.run_id) == run
    assert shelf.run(run.run_id + 1) is None
    loads = shelf.loads(["fact_attendance", "fact_unknown"])
    assert loads.keys() == {"fact_attendance"}
    assert loads["fact_attendance"].data_version <= run.data_version


def test_cells_count_every_indicator_in_its_place(shelf):
    counted = cells(shelf.entries())
    assert sum(counted.values()) == len(LIBRARY)
    assert set(counted) == {(layer, system) for layer in LAYERS for system in FIVE_SYSTEMS}
    assert counted["课程", "质量生成"] == sum(i.layer == "课程" and i.five_system == "质量生成" for i in LIBRARY)


def test_an_empty_installation_has_an_empty_shelf(installation):
    shelf = Shelf(ValueReader(installation.database), ProvenanceReader(installation.database))
    assert shelf.entries() == ()
    assert shelf.run() is None
    assert shelf.loads(["fact_attendance"]) == {}
