"""What pages of self-tests say, from plain values: what is open, what a result means, what comes next."""

import datetime as dt

import pytest

from dashboards.self_test_overview import MOST_ROWS, WITHHELD, rows_of
from dashboards.self_test_report import Stage, before, mark, offers, report, term_now
from data_access.self_test_results import GroupResult, Norm, Result
from indicators.results import TermInfo
from indicators.self_tests.scales import shipped_scales

AUTUMN = TermInfo(key="2026-2027-1", label="第一学期", start=dt.date(2026, 9, 7), end=dt.date(2027, 1, 17))
SPRING = TermInfo(key="2025-2026-2", label="上学期", start=dt.date(2026, 3, 2), end=dt.date(2026, 7, 5))
NORM = Norm(people=254, mean=74.0, lower=69.5, upper=79.4)
SCALES = {scale.key: scale for scale in shipped_scales()}
LEARNING, WELLBEING = SCALES["self-learning"], SCALES["wellbeing"]


def result(score=65.0, level="正常", term=AUTUMN, scale=LEARNING, **parts):
    return Result(scale=scale.name, term_key=term.key, score=score, level=level, parts=parts)


def told(scale=LEARNING, earlier=None, norm=None, **values):
    return report(scale, result(scale=scale, **values), earlier=earlier, norm=norm, terms=(SPRING, AUTUMN))


def stages(day, *results):
    return {offer.scale.key: (offer.stage, offer.when) for offer in offers(shipped_scales(), AUTUMN, day, results)}


def test_what_can_be_done_today():
    found = stages(dt.date(2026, 11, 20), result(scale=WELLBEING))
    assert found["self-learning"] == (Stage.OPEN, "截止 2027-01-17")
    assert found["wellbeing"] == (Stage.DONE, "已在学校组织的测评中完成")
    assert found["overall"] == (Stage.REST, "第二学期开放")
    early = stages(dt.date(2026, 9, 8))
    assert early["self-learning"] == (Stage.SOON, "2026-11-09 起开放")
    assert stages(dt.date(2027, 1, 18))["wellbeing"][0] is Stage.OVER


def test_results_of_an_earlier_term_close_nothing():
    assert stages(dt.date(2026, 11, 20), result(term=SPRING))["self-learning"][0] is Stage.OPEN


def test_in_vacation_nothing_is_open():
    assert term_now((SPRING, AUTUMN), dt.date(2026, 8, 1)) is None
    assert {offer.stage for offer in offers(shipped_scales(), None, dt.date(2026, 8, 1), ())} == {Stage.REST}


@pytest.mark.parametrize(
    ("score", "words"),
    [(68.0, "这次高了 3.0 分"), (62.0, "这次低了 3.0 分"), (67.9, "这次和上次差不多"), (62.1, "差不多")],
)
def test_a_result_is_held_against_the_own_last_one(score, words):
    earlier = result(65.0, term=SPRING)
    assert told(score=score, earlier=earlier).change.startswith("上次（上学期）65.0 分")
    assert words in told(score=score, earlier=earlier).change
    assert told(score=score).change == ""


def test_the_last_one_is_the_last_before_it():
    first, second, third = (result(n, term=TermInfo(key=k, label=k, start=AUTUMN.start, end=AUTUMN.end))
                            for n, k in ((1.0, "2024-2025-1"), (2.0, "2024-2025-2"), (3.0, "2025-2026-1")))  # fmt: skip
    assert before((third, first, second), third) is second
    assert before((third, first), first) is None


@pytest.mark.parametrize(("score", "words"), [(60, "以下"), (69.5, "你也在其中"), (79.5, "以上")])
def test_a_result_is_held_against_the_middle_half_of_the_grade_and_names_no_rank(score, words):
    standing = told(score=score, norm=NORM).standing
    assert standing.startswith("同年级有一半同学在 69.5–79.4 分之间")
    assert words in standing
    assert "名" not in standing


def test_two_weak_dimensions_lead_to_modules_the_weakest_first():
    found = told(goals=60.0, methods=90.0, discipline=20.0, reflection=50.0)
    assert [(dimension.key, [m.name for m in modules]) for dimension, modules in found.steps] == [
        ("discipline", ["文体活动"]), ("reflection", ["实践实习"]),
    ]  # fmt: skip
    assert [part.is_strong for part in found.parts] == [False, True, False, False]
    assert found.parts[1].advice == LEARNING.dimensions[1].strong


def test_without_dimensions_nothing_is_advised():
    assert (told().parts, told().steps) == ([], [])


@pytest.mark.parametrize(("level", "needs"), [("正常", False), ("关注", True), ("预警", True)])
def test_the_screening_leads_to_the_centre_and_frightens_nobody(level, needs):
    found = told(scale=WELLBEING, level=level)
    assert found.needs_care is needs
    assert "预警" not in found.mark[1]
    assert found.mark[0] not in {"alert", "warning"}
    assert not told(level=level).needs_care
    assert mark(LEARNING, "") == ("no-data", "已完成")


def group(level="class", key=1, **values):
    told = {"on_roll": 40, "done": 20, "mean": 71.25, "levels": {"正常": 15, "关注": 5}, "is_told": True, **values}
    return GroupResult(level=level, entity_id=key, name=f"{level}{key}", dept_id=values.get("dept_id", 1), major_id=1,
                       **{k: v for k, v in told.items() if k != "dept_id"})  # fmt: skip


def cells(found, *, with_scores=True):
    [row] = rows_of([found], dept_id=None)
    return tuple(row.cells(with_scores=with_scores))


def test_a_group_is_told_in_numbers():
    assert cells(group()) == ("40", "20", "50.0%", "71.2", "75.0%", "25.0%", "0.0%")
    assert cells(group(), with_scores=False) == ("40", "20", "50.0%")


def test_what_is_withheld_says_so_and_nothing_done_is_a_dash():
    assert cells(group(mean=None, levels=None)) == ("40", "20", "50.0%", *[WITHHELD] * 4)
    assert cells(group(on_roll=None, done=None, mean=None, levels=None)) == (WITHHELD,) * 7
    assert cells(group(done=0, mean=None, levels=None)) == ("40", "0", "0.0%", *["—"] * 4)


def test_many_groups_are_folded_down_to_majors_and_opened_by_department():
    groups = [group("dept", 1), group("major", 1), *(group("class", n) for n in range(MOST_ROWS))]
    folded = rows_of(groups, dept_id=None)
    assert [(row.level, row.dept_id) for row in folded] == [("dept", 1), ("major", 0)]
    assert len(rows_of(groups, dept_id=1)) == len(groups)
    assert rows_of(groups, dept_id=2) == []
