import pytest

from dashboards.denials import MOST_A_PERSON, SECONDS, Denials
from data_access.access.permissions import Permission
from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from data_access.errors import BusyError


def viewer(username):
    return Viewer(account_id=1, username=username, name="某人", posts=(), permissions=frozenset(),
                  scope=Scope(reason=f"{username}(无岗位)"))  # fmt: skip


class Log:
    """An audit log that keeps events in a list."""

    def __init__(self):
        self.events = []

    def write(self, event):
        self.events.append(event)


class Locked:
    def write(self, event):
        raise BusyError("locked")


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def time():
    return [0.0]


@pytest.fixture
def denials(log, time):
    return Denials(log, clock=lambda: time[0])


def note(denials, username="a", what="/courses", permission=Permission.COURSE_VIEW):
    denials.note(viewer(username), what, permission=permission, address="10.0.0.1")


def test_a_refusal_says_who_what_for_want_of_what_and_from_where(denials, log):
    note(denials)
    (event,) = log.events
    assert (event.actor, event.subject, event.address, event.scope) == ("a", "/courses", "10.0.0.1", "a(无岗位)")
    assert event.detail == {"permission": "course:view"}
    assert (event.kind, event.result) == ("denied", "denied")


def test_the_same_refusal_is_recorded_once_a_minute(denials, log, time):
    for second in range(2 * SECONDS + 1):
        time[0] = float(second)
        note(denials)
    assert len(log.events) == 3


def test_different_people_pages_and_permissions_are_recorded_each(denials, log):
    note(denials)
    note(denials, username="b")
    note(denials, what="/students/1")
    note(denials, permission=None)
    assert len(log.events) == 4


def test_trying_out_addresses_cannot_fill_the_log(denials, log, time):
    for number in range(10_000):
        note(denials, what=f"/students/{number}")
    assert len(log.events) == MOST_A_PERSON
    note(denials, username="b")
    assert log.events[-1].actor == "b"
    time[0] = SECONDS + 1.0
    note(denials, what="/students/1")
    assert len(log.events) == MOST_A_PERSON + 2


def test_a_refusal_stands_where_the_log_cannot_be_written(caplog):
    note(Denials(Locked()))
    assert "could not be written" in caplog.text
