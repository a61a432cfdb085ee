"""The transcript of the second classroom: exact sums, what is missing, and only for those within reach."""

import datetime as dt

import pytest

from data_access.access.scope import Scope
from data_access.contracts import contracts
from data_access.readers.second_classroom import RecordedCredit, SecondClassReader
from indicators.second_classroom import (
    Activity,
    ClassCredits,
    SecondClassroom,
    modules_of,
    shipped_modules,
    transcript,
)
from tests.random_college import random_tables

ALL = Scope.all("test")


def activity(credit, *, status="通过", module="思想成长", day=1, name="讲座"):
    return Activity(day=dt.date(2026, 11, day), name=name, module=module, credit=credit, status=status)


def transcript_of(*activities, required=6.0, recorded=None):
    return transcript(activities, required=required, recorded=recorded, modules=shipped_modules())


def student(number, credit, required, *, is_on_roll=True):
    return RecordedCredit(
        student_id=number, student_no=f"S{number}", is_on_roll=is_on_roll, credit=credit, required=required, pending=0.0
    )


def test_the_modules_are_those_of_the_contract_in_its_order():
    assert [m.name for m in shipped_modules().modules] == list(contracts()["fact_second_class"].column("module").enum)


def test_every_ordinary_scale_of_the_self_tests_leads_to_modules():
    scales = set(contracts()["fact_self_test"].column("scale").enum) - {"心理健康普查"}
    assert {scale for scale in scales if shipped_modules().for_scale(scale)} == scales
    assert shipped_modules().for_scale("心理健康普查") == ()
    assert shipped_modules().for_scale("职业适应能力")[0].name == "实践实习"


@pytest.mark.parametrize(
    "wrong",
    [
        {"modules": [{"key": "a", "name": "甲", "covers": ""}] * 2, "helps": {}},
        {"modules": [{"key": "a", "name": "甲", "covers": ""}], "helps": {"自学能力": ["b"]}},
    ],
)
def test_modules_that_contradict_themselves_are_refused(wrong):
    with pytest.raises(ValueError, match=r"second_classroom\.yaml"):
        modules_of(wrong)


def test_only_approved_activities_count_and_tenths_add_up_exactly():
    found = transcript_of(*(activity(0.1) for _ in range(3)), activity(5, status="申请"), activity(9, status="未通过"))
    assert (found.credit, found.pending, found.missing) == (0.3, 5.0, 5.7)


def test_the_total_is_the_sum_over_the_modules():
    found = transcript_of(activity(1.5), activity(2.0, module="技能特长"), activity(1.0, module="技能特长"))
    assert [(m.module.name, m.credit, m.count) for m in found.modules if m.count] == [
        ("思想成长", 1.5, 1),
        ("技能特长", 3.0, 2),
    ]
    assert sum(m.credit for m in found.modules) == found.credit
    assert [m.name for m in found.untouched] == ["实践实习", "志愿公益", "创新创业", "文体活动", "工作履历"]


def test_who_has_enough_lacks_nothing_and_without_a_record_nothing_is_said():
    assert transcript_of(activity(9)).missing == 0
    assert transcript_of(activity(9), required=None).missing is None


def test_the_latest_activity_comes_first():
    found = transcript_of(activity(1, day=3), activity(1, day=9), activity(1, day=5))
    assert [item.day.day for item in found.activities] == [9, 5, 3]


def test_the_share_of_a_class_counts_who_reaches_what_is_required():
    of_class = ClassCredits(students=(student(1, 6.0, 6.0), student(2, 5.9, 6.0), student(3, None, 6.0)))
    assert of_class.reached == 1
    assert of_class.attainment == pytest.approx(100 / 3)
    assert ClassCredits(students=()).attainment is None


def test_a_student_outside_the_scope_has_an_empty_transcript(values):
    service = SecondClassroom(SecondClassReader(values.rosters.facts), shipped_modules())
    rows = random_tables(7)["fact_second_class"].to_pylist()
    place = {row["entity_id"]: row["class_id"] for row in values.reader.entities("student", scope=ALL)}
    row = next(row for row in rows if place.get(row["student_id"]) and row["date_id"] < 20240901)
    own = Scope.within("the class", class_=frozenset({place[row["student_id"]]}))
    foreign = Scope.within("another class", class_=frozenset({place[row["student_id"]] + 1}))
    asked = {"term_key": values.terms()[-1].key}
    seen = service.transcript(row["student_id"], scope=own, **asked).activities
    assert row["activity_name"] in {item.name for item in seen}
    assert len(seen) == sum(r["student_id"] == row["student_id"] and r["date_id"] <= 20250117 for r in rows)
    hidden = service.transcript(row["student_id"], scope=foreign, **asked)
    assert (hidden.activities, hidden.required, hidden.recorded) == ((), None, None)
    assert service.of_class(place[row["student_id"]], scope=foreign, **asked).students == ()
