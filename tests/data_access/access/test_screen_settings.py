import pytest

from data_access.access.screen_settings import SCENES, ScreenSettings, ScreenSettingStore
from data_access.database import transaction
from data_access.database.monitoring_models import ScreenSetting
from data_access.errors import UserError
from tests.data_access.access.people import CONSOLE, NOON, people


@pytest.fixture
def college(installation):
    return people(installation)


@pytest.fixture
def store(college):
    return ScreenSettingStore(college.database, college.audit, now=college.clock.now)


def test_before_anybody_has_set_any_all_scenes_are_shown(store):
    assert store.current() == ScreenSettings()
    assert store.current().scenes == tuple(SCENES)
    assert store.history(last=5) == []


def test_the_last_settings_count_and_those_before_stay(college, store):
    first = ScreenSettings(scenes=("tasks", "overview"), seconds=5, reload_hour=0)
    second = ScreenSettings(scenes=("growth",), seconds=120, reload_hour=23)
    store.save(first, by=CONSOLE)
    college.clock.pass_(hours=1)
    store.save(second, by=CONSOLE)
    assert store.current() == second
    assert [record.settings for record in store.history(last=5)] == [second, first]
    assert [record.settings for record in store.history(last=1)] == [second]
    assert store.history(last=5)[1].set_at == NOON
    (told, _) = reversed(college.events("maintenance"))
    assert told.subject == "screen:settings"
    assert told.detail["scenes"] == ["学生成长"]


def test_a_scene_that_is_no_more_is_left_out(college, store):
    row = {"seconds_per_scene": 20, "reload_hour": 3, "set_by": "x", "set_at": NOON}
    with transaction(college.database) as connection:
        connection.execute(ScreenSetting.__table__.insert().values(scenes=["weather", "tasks"], **row))
    assert store.current().scenes == ("tasks",)
    with transaction(college.database) as connection:
        connection.execute(ScreenSetting.__table__.insert().values(scenes=["weather"], **row))
    assert store.current().scenes == tuple(SCENES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scenes": ()},
        {"scenes": ("tasks", "tasks")},
        {"scenes": ("weather",)},
        {"seconds": 4},
        {"seconds": 121},
        {"reload_hour": -1},
        {"reload_hour": 24},
    ],
)
def test_settings_that_no_screen_could_run_by_are_refused(wrong):
    with pytest.raises(UserError):
        ScreenSettings(**wrong)
