"""The feed of the wall screens: one for all, made when the data change, whole even where a scene fails."""

import datetime as dt
import json
import re
from pathlib import Path

from dashboards.screen_feed import SECONDS, Feed, content_of, scope_of_screens, term_line
from data_access.access.privacy import Privacy, Subject, Topic
from data_access.access.screen_settings import ScreenSettings
from tests.dashboards.college import DATA_DATE, TERM, College, week
from tests.dashboards.observatory import Library

TODAY = dt.date(2026, 11, 20)


class Counted(College):
    """A college that counts how often it is asked for its terms, and breaks whatever scene asks for values."""

    asked = 0

    def terms(self):
        type(self).asked += 1
        return super().terms()

    def board(self, *_, **__):
        raise RuntimeError("broken")


def test_screens_read_groups_and_nothing_of_persons_or_sensitive_matters():
    scope = scope_of_screens(TODAY)
    assert all(scope.admits(level) for level in ("school", "dept", "major", "class", "course"))
    assert not any(scope.admits(level) for level in ("offering", "teacher", "student", "roster", "account", "audit"))
    sensitive = Subject(privacy=Privacy.SENSITIVE, topics=frozenset({Topic.SCREENING}), owner="学生工作处")
    assert not any(scope.admits(level, sensitive) for level in ("school", "dept", "class"))


def test_scenes_that_fail_carry_a_number_and_the_feed_is_whole(caplog):
    content = content_of(Counted(), Library(), None, TODAY)
    assert [scene["key"] for scene in content["scenes"]] == ["overview", "classroom", "majors", "growth", "tasks"]
    assert all(scene["problem"].startswith("E-") for scene in content["scenes"])
    assert len(caplog.records) == 5


def test_a_feed_is_made_once_for_all_screens_and_anew_after_a_while():
    clock, college = [0.0], Counted()
    Counted.asked = 0
    feed = Feed(college, Library(), None, lambda: TODAY, clock=lambda: clock[0])
    first, again = feed.answer(ScreenSettings()), feed.answer(ScreenSettings())
    assert first == again
    assert Counted.asked == 1
    clock[0] += SECONDS
    feed.answer(ScreenSettings())
    assert Counted.asked == 2


def test_new_weights_hang_within_five_minutes():
    """They do not change the data version: a feed must go by itself before a screen asks the next time."""
    script = Path(__file__).parents[2].joinpath("assets/js/screen-feed.js").read_text(encoding="utf-8")
    asks_every = int(re.search(r"EVERY = ([\d_]+);", script).group(1)) / 1000
    assert "wait * (0.75 + Math.random() / 2)" in script
    assert SECONDS + 1.25 * asks_every < 5 * 60


def test_settings_choose_and_order_the_scenes():
    feed = Feed(Counted(), Library(), None, lambda: TODAY)
    answer = feed.answer(ScreenSettings(scenes=("tasks", "overview"), seconds=9))
    assert [scene["key"] for scene in json.loads(answer.body)["scenes"]] == ["tasks", "overview"]
    assert answer.tag != feed.answer(ScreenSettings()).tag


def test_an_empty_college_says_why_there_is_nothing():
    content = content_of(College(is_empty=True), Library(), None, TODAY)
    assert content["scenes"] == []
    assert "luoxuan compute" in content["missing"]


def test_the_head_names_term_week_and_day_and_between_terms_only_the_day():
    weeks = [week(number) for number in range(1, 19)]
    assert term_line((TERM,), weeks, DATA_DATE) == "2026–2027 第一学期 · 第11周 · 周五"
    assert term_line((TERM,), weeks, dt.date(2027, 2, 1)) == "周一"
