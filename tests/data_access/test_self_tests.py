"""Filled-in self-tests: kept once a term, by the student alone, and no word of the answers anywhere else."""

import logging
import threading

import pytest
from sqlalchemy import event, func, select

from data_access.access.actors import Actor
from data_access.access.roles import Role
from data_access.database.access_models import AuditEvent
from data_access.database.growth_models import SelfTestResponse
from data_access.errors import BusyError, InternalError, UserError
from data_access.self_tests import AlreadyDoneError
from tests.data_access.self_test_college import ADAPTING, SCREENING, fill, filled, scope, store_of, take


@pytest.fixture
def college(installation):
    fill(installation)
    return installation


def kept(college):
    with college.database.connect() as connection:
        return connection.execute(select(func.count()).select_from(SelfTestResponse)).scalar_one()


def test_a_test_is_kept_and_recorded(college):
    assert take(college, 101, score=61.5, level="正常")
    with college.database.connect() as connection:
        row = connection.execute(select(SelfTestResponse.__table__)).mappings().one()
        told = connection.execute(select(AuditEvent.actor, AuditEvent.kind, AuditEvent.subject)).one()
    assert (row["student_id"], row["scale"], row["term_id"], row["score"]) == (101, ADAPTING, 20261, 61.5)
    assert row["answers"] == {"q01": 4, "q02": 3}
    assert tuple(told) == ("s101", "growth", f"self-test:{ADAPTING}")


def test_a_double_click_keeps_one_and_tells_no_error(college):
    assert take(college, 101)
    assert not take(college, 101)
    assert kept(college) == 1


def test_other_answers_in_the_same_term_are_refused_and_change_nothing(college):
    take(college, 101, q01=1)
    with pytest.raises(AlreadyDoneError, match="每学期只做一次"):
        take(college, 101, q01=5)
    with college.database.connect() as connection:
        assert connection.execute(select(SelfTestResponse.answers)).scalar_one() == {"q01": 1}


def test_two_clicks_at_once_keep_one(college):
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(take(college, 101))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]
    assert kept(college) == 1


def test_nobody_fills_in_for_somebody_else(college):
    with pytest.raises(UserError, match="不在你的范围内"):
        store_of(college).submit(filled(102), by=Actor("s101", 101), scope=scope(Role.STUDENT, 101))
    with pytest.raises(UserError, match="没有学期"):
        take(college, 101, term="2020-2021-1")
    assert kept(college) == 0


def test_an_adviser_cannot_put_in_a_screening(college):
    with pytest.raises(UserError):
        store_of(college).submit(filled(101, SCREENING), by=Actor("t1", 1), scope=scope(Role.CLASS_ADVISER, 1))


def failing_insert(college, error):
    def fail(_connection, _cursor, statement, *_rest):
        if "self_test_response" in statement and statement.startswith("INSERT"):
            raise error

    event.listen(college.database, "before_cursor_execute", fail)


@pytest.mark.parametrize("problem", ["disk full 4242", "database is locked"])
def test_what_the_database_says_of_a_row_does_not_get_into_a_traceback(college, problem, caplog):
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415

    failing_insert(college, OperationalError("INSERT", {"answers": "canary-4242"}, Exception(problem)))
    with pytest.raises((InternalError, BusyError)) as caught:
        take(college, 101, SCREENING)
    logging.getLogger("test").error("failed", exc_info=caught.value)
    assert "Traceback" in caplog.text
    assert "4242" not in caplog.text


def test_a_questionnaire_shows_no_answer_where_it_is_written_out():
    assert "4" not in repr(filled(101, SCREENING, score=44.4))
