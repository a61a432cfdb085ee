"""Norms of a grade, worked out by hand; what counts of the lake and a response; what a group says of itself."""

import datetime as dt

import pytest

from data_access.access.privacy import Topic
from data_access.self_test_results import GroupResult, norm_of, result_of, subject_of

WHEN = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
RESPONSE = {"score": 64.6, "level": "正常", "parts": {"goals": 64.6}, "scale_version": "1"}


def fact(**values):
    return {"is_done": True, "score": 64.6, "result_level": "正常", **values}


def test_a_norm_is_mean_and_middle_half():
    norm = norm_of([50, 60, 70, 80, 90])
    assert (norm.people, norm.mean, norm.lower, norm.upper) == (5, 70.0, 60.0, 80.0)
    assert [norm.place(score) for score in (59.9, 60, 80, 80.1)] == ["below", "within", "within", "above"]


def test_four_are_no_norm():
    assert norm_of([50, 60, 70, 80]) is None


def test_only_the_screening_is_a_sensitive_matter():
    assert subject_of("心理健康普查").topics == {Topic.SCREENING}
    assert not subject_of("自学能力").topics


def test_what_is_not_finished_is_no_result():
    assert result_of("自学能力", "t", None, None, None) is None
    assert result_of("自学能力", "t", fact(is_done=False, score=None), None, None) is None


@pytest.mark.parametrize(("score", "parts"), [(64.6, {"goals": 64.6}), (64.62, {"goals": 64.6}), (71.0, {})])
def test_dimensions_stand_beside_the_score_that_they_add_up_to_alone(score, parts):
    found = result_of("自学能力", "t", fact(score=score), RESPONSE, WHEN)
    assert found.score == pytest.approx(score, abs=0.05)
    assert found.parts == parts


def test_completion_is_a_share_of_the_roll():
    told = {"level": "class", "entity_id": 1, "name": "班", "dept_id": 1, "major_id": 1, "mean": None, "levels": None,
            "is_told": True}  # fmt: skip
    assert GroupResult(on_roll=40, done=30, **told).completion == 75.0
    assert GroupResult(on_roll=None, done=None, **told).completion is None
