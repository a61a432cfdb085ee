"""The OULAD mapping on the real data: its row counts and pass rates, against pandas alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from data_access.intake import ImportReport
from data_access.lake import load_tables
from tests.data_access.intake.college import College, dimensions, open_college

DATA = Path(__file__).parents[4] / "shared" / "data" / "oulad"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the OULAD data set is not at {DATA}"),
]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[College, ImportReport]]:
    college = open_college(tmp_path_factory.mktemp("oulad"))
    report = college.intake.run(DATA, "oulad")
    yield college, report
    college.database.dispose()


@pytest.fixture(scope="module")
def source() -> dict[str, pd.DataFrame]:
    names = ("courses", "studentInfo", "studentRegistration", "studentAssessment", "assessments")
    return {name: pd.read_parquet(DATA / f"{name}.parquet") for name in names}


def frame(college: College, table: str) -> pd.DataFrame:
    return college.lake.arrow(table).to_pandas()


def test_everything_is_taken_in_and_counts_are_the_data_sets_own(
    imported: tuple[College, ImportReport], source: dict[str, pd.DataFrame]
) -> None:
    college, report = imported
    assert (report.succeeded, report.problems, report.waiting) == (True, (), ())
    rows = {status.table: status.rows for status in college.lake.status()}
    assert rows["fact_grade"] == len(source["studentRegistration"]) == 21_333
    assert rows["fact_unit_assess"] == len(source["studentAssessment"]) == 121_738
    assert rows["dim_offering"] == rows["dim_class"] == len(source["courses"]) == 22
    assert rows["dim_course"] == source["courses"]["code_module"].nunique() == 7
    assert rows["dim_student"] == source["studentInfo"]["id_student"].nunique()
    presentations = source["studentInfo"].groupby(["id_student", "code_presentation"])
    assert rows["fact_student_term"] == presentations.ngroups


def offering_codes(college: College) -> pd.DataFrame:
    """Offering ids by module and presentation, through the class that stands for the same."""
    classes = frame(college, "dim_class").set_index("class_id")["class_name"]
    offerings = frame(college, "dim_offering")
    names = offerings["class_id"].map(classes).str.extract(r"OU-(?P<code_module>\w+)-(?P<code_presentation>\w+)")
    return pd.concat([offerings["offering_id"], names], axis=1)


def test_pass_rates_equal_an_independent_computation(
    imported: tuple[College, ImportReport], source: dict[str, pd.DataFrame]
) -> None:
    college, _ = imported
    grades = frame(college, "fact_grade").merge(offering_codes(college), on="offering_id")
    ours = grades.groupby(["code_module", "code_presentation"])["is_pass_first"].agg(["mean", "size"])
    info = source["studentInfo"]
    passed = info["final_result"].isin(["Pass", "Distinction"])
    theirs = passed.groupby([info["code_module"], info["code_presentation"]]).agg(["mean", "size"])
    assert len(theirs) > 10
    pd.testing.assert_frame_equal(ours.astype(float), theirs.astype(float), check_names=False, check_index_type=False)


def test_scores_and_units_equal_an_independent_computation(
    imported: tuple[College, ImportReport], source: dict[str, pd.DataFrame]
) -> None:
    college, _ = imported
    marks = source["studentAssessment"].merge(source["assessments"], on="id_assessment").dropna(subset="score")
    marks = marks[marks["weight"] > 0]
    total = (marks["score"].astype(float) * marks["weight"]).groupby(
        [marks["code_module"], marks["code_presentation"], marks["id_student"]]
    )
    weight = marks.groupby(["code_module", "code_presentation", "id_student"])["weight"].sum().astype(float)
    grades = frame(college, "fact_grade")
    assert grades["score"].mean() == pytest.approx((total.sum() / weight).mean(), abs=0.01)
    units = frame(college, "fact_unit_assess")
    assert units["score"].isna().sum() == source["studentAssessment"]["score"].isna().sum()
    assert units["is_reached"].sum() == (source["studentAssessment"]["score"] >= 40).sum()


def test_clicks_are_all_there(imported: tuple[College, ImportReport]) -> None:
    college, _ = imported
    (clicks,) = [pd.read_parquet(path) for path in DATA.glob("studentVle_daily_*.parquet")]
    weeks = frame(college, "fact_student_week")
    assert weeks["platform_minutes"].sum() == clicks["sum_click"].sum()
    days = pd.to_datetime(weeks["date_id"].astype(str))
    assert (days.dt.day_of_week == 6).all()


INTERACTIVE = ("forumng", "quiz", "ouelluminate", "oucollaborate")


def expected_weeks(source: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Registered students × full weeks of the presentations with daily clicks, from the files and pandas alone."""
    keys = ["code_module", "code_presentation"]
    (clicks,) = [pd.read_parquet(path) for path in DATA.glob("studentVle_daily_*.parquet")]
    clicks = clicks[clicks["date"] >= 0].assign(week=lambda frame: frame["date"] // 7)
    visits = (
        clicks.assign(joined_in=clicks["activity_type"].isin(INTERACTIVE))
        .groupby([*keys, "id_student", "week"])["joined_in"]
        .any()
    )
    courses = source["courses"].merge(clicks[keys].drop_duplicates(), on=keys)
    rows = source["studentRegistration"].merge(courses, on=keys)
    rows["week"] = [list(range(days // 7)) for days in rows["module_presentation_length"]]
    rows = rows.explode("week").astype({"week": "int64"})
    last_day = rows["week"] * 7 + 6
    joined = ~(rows["date_registration"] > last_day)
    left = rows["date_unregistration"] <= last_day
    rows = rows[joined & ~left].join(visits, on=[*keys, "id_student", "week"])
    rows["present"] = rows["joined_in"].notna()
    rows["joined_in"] = rows["joined_in"].eq(True)
    return rows


def attendance_weeks(college: College) -> pd.DataFrame:
    """The rows of the lake with module, presentation and week (from 0) as the data set counts them."""
    rows = frame(college, "fact_attendance").merge(offering_codes(college), on="offering_id")
    year = rows["code_presentation"].str[:4]
    opens = pd.to_datetime(year + rows["code_presentation"].str[4].map({"B": "0201", "J": "1001"}))
    days = (pd.to_datetime(rows["date_id"].astype(str)) - opens).dt.days
    assert (days % 7 == 6).all()
    return rows.assign(week=days // 7)


def test_attendance_is_every_registered_student_and_week_with_daily_clicks(
    imported: tuple[College, ImportReport], source: dict[str, pd.DataFrame]
) -> None:
    ours, theirs = attendance_weeks(imported[0]), expected_weeks(source)
    assert len(ours) == len(theirs) > 50_000
    keys = ["code_module", "code_presentation", "week"]
    counted = ours.assign(present=ours["status"] == "准时", joined_in=ours["is_participated"]).groupby(keys)
    expected = theirs.groupby(keys)
    assert set(ours["status"]) == {"准时", "旷课"}
    assert len(counted) == 268 // 7 + 240 // 7
    for column in ("present", "joined_in"):
        sums, wanted = counted[column].sum().astype(int), expected[column].sum().astype(int)
        pd.testing.assert_series_equal(sums, wanted, check_names=False, check_index_type=False)
    pd.testing.assert_series_equal(counted.size(), expected.size(), check_index_type=False)


def test_only_an_attended_week_is_taken_part_in_and_the_rest_is_unknown(imported: tuple[College, ImportReport]) -> None:
    rows = frame(imported[0], "fact_attendance")
    assert rows["is_participated"].notna().all()
    assert not rows.loc[rows["status"] == "旷课", "is_participated"].any()
    unknown = ["preview_due", "preview_done", "homework_due", "homework_done", "instant_score"]
    assert rows[unknown].isna().all(axis=None)


def test_attendance_lies_in_the_term_of_its_section(imported: tuple[College, ImportReport]) -> None:
    college, _ = imported
    days = frame(college, "dim_date").set_index("date_id")
    terms = frame(college, "dim_offering").set_index("offering_id")["term_id"]
    rows = attendance_weeks(college)
    assert (rows["date_id"].map(days["term_id"]) == rows["offering_id"].map(terms)).all()
    assert (rows["date_id"].map(days["week_no"]) == rows["week"] + 1).all()


def test_every_reference_leads_somewhere(imported: tuple[College, ImportReport]) -> None:
    college, _ = imported
    checked = 0
    for name in college.lake.tables():
        for column in college.lake.contracts[name].columns:
            if column.references is None:
                continue
            values = frame(college, name)[column.name].dropna().astype("int64")
            keys = frame(college, column.references)[college.lake.contracts[column.references].key]
            assert values.isin(keys).all(), (name, column.name)
            checked += len(values)
    assert checked > 500_000


def test_weeks_count_from_the_start_of_the_running_presentation(imported: tuple[College, ImportReport]) -> None:
    college, _ = imported
    calendar = frame(college, "dim_date").set_index("date_id")
    found = {
        day: (calendar.loc[day, "term_id"], calendar.loc[day, "week_no"]) for day in (20130201, 20130208, 20131001)
    }
    assert found == {20130201: (20122, 1), 20130208: (20122, 2), 20131001: (20131, 1)}


def test_a_day_on_which_two_presentations_run_belongs_to_the_earlier(imported: tuple[College, ImportReport]) -> None:
    calendar = frame(imported[0], "dim_date").set_index("date_id")
    first_of_2014b, day_after_2013j = 20140201, 20140627
    assert (calendar.loc[first_of_2014b, "term_id"], calendar.loc[first_of_2014b, "week_no"]) == (20131, 18)
    assert (calendar.loc[day_after_2013j, "term_id"], calendar.loc[day_after_2013j, "week_no"]) == (20132, 21)


def test_it_imports_twice_without_change_and_beside_another_college(tmp_path: Path) -> None:
    college = open_college(tmp_path)
    load_tables(college.lake, dimensions())
    assert college.intake.run(DATA, "oulad").succeeded
    assert len(college.rows("dim_course")) == 7 + 2
    assert len(college.rows("dim_major")) == 1 + 1
    version = college.lake.data_version()
    assert college.intake.run(DATA, "oulad").status == "unchanged"
    assert college.lake.data_version() == version
    college.database.dispose()
