"""Uploaded files wait in private, for one person, for half an hour."""

import datetime as dt
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from data_access.access.staged_files import KEPT_FOR, MOST_A_PERSON, StagedFiles
from data_access.errors import UserError

SECOND = dt.timedelta(seconds=1)
CONTENT = "用户名,初始密码\nx1,Tidal-Harbour-2026\n".encode()


class Clock:
    time = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)

    def now(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def files(tmp_path, clock):
    return StagedFiles(tmp_path / "waiting", now=clock.now)


def everything_below(root):
    return sorted(path for path in root.rglob("*"))


def test_a_file_comes_back_as_it_was_to_the_one_who_uploaded_it(files):
    kept = files.keep(CONTENT, name="人员.csv", account_id=7)
    found = files.get(kept.token, account_id=7)
    assert found == kept
    assert (found.name, found.content, found.until) == ("人员.csv", CONTENT, Clock.time + KEPT_FOR)


@pytest.mark.parametrize("account_id", [8, 0, -7])
def test_for_everybody_else_it_does_not_exist(files, account_id):
    assert files.get(files.keep(CONTENT, name="a.csv", account_id=7).token, account_id=account_id) is None


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "\x00", "a" * 10_000, "人"])
def test_a_token_that_was_never_given_out_leads_nowhere(files, token):
    files.keep(CONTENT, name="a.csv", account_id=7)
    assert files.get(token, account_id=7) is None


def test_nobody_else_on_the_machine_can_read_it_and_the_token_is_not_written_down(files, tmp_path):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    files.claim(kept)
    files.keep(CONTENT, name="b.csv", account_id=7)
    files.finish(kept, {"done": 1}, attached=b"secret")
    paths = everything_below(tmp_path)
    assert len([path for path in paths if path.is_file()]) == 4 + 2
    for path in paths:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
        assert kept.token not in str(path)
        assert path.is_dir() or kept.token.encode() not in path.read_bytes()


def test_it_expires_and_is_removed(files, clock, tmp_path):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    clock.time += KEPT_FOR - SECOND
    files.sweep()
    assert files.get(kept.token, account_id=7) is not None
    clock.time += SECOND
    assert files.get(kept.token, account_id=7) is None
    files.sweep()
    assert everything_below(tmp_path / "waiting") == []


def test_what_was_left_half_written_goes_and_what_is_being_written_stays(files, clock, tmp_path):
    (tmp_path / "waiting" / "half").mkdir(parents=True)
    clock.time = dt.datetime.now(dt.UTC)
    files.sweep()
    assert (tmp_path / "waiting" / "half").exists()
    clock.time += KEPT_FOR + SECOND
    files.sweep()
    assert not (tmp_path / "waiting" / "half").exists()


def test_a_file_whose_content_was_changed_behind_our_back_is_gone(files, tmp_path):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    (content,) = (tmp_path / "waiting").rglob("content")
    content.write_bytes(CONTENT.replace(b"x1", b"x2"))
    assert files.get(kept.token, account_id=7) is None


def test_whoever_uploads_many_loses_the_oldest_and_nobody_elses(files, clock):
    other = files.keep(CONTENT, name="other.csv", account_id=8)
    kept = []
    for _ in range(MOST_A_PERSON + 2):
        clock.time += SECOND
        kept.append(files.keep(CONTENT, name="a.csv", account_id=7))
    assert [files.get(item.token, account_id=7) is not None for item in kept] == [False] * 2 + [True] * MOST_A_PERSON
    assert files.get(other.token, account_id=8) is not None


def test_of_many_who_confirm_at_once_one_claims_it(files):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(files.claim, [kept] * 40)) == [False] * 39 + [True]
    files.release(kept)
    assert files.claim(kept)


def test_what_came_of_it_stays_and_its_content_goes(files, tmp_path):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    assert files.outcome(kept) is None
    assert files.claimed_at(kept) is None
    files.claim(kept)
    assert abs(files.claimed_at(kept) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    files.finish(kept, {"counts": {"new": 2}, "note": "好"})
    found = files.get(kept.token, account_id=7)
    assert found.content == b""
    assert files.outcome(found) == {"counts": {"new": 2}, "note": "好"}
    assert not list((tmp_path / "waiting").rglob("content"))


def test_what_is_attached_can_be_taken_by_one_of_many(files, tmp_path):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    assert files.take(kept) is None
    files.finish(kept, {}, attached=b"secret")
    assert files.has_attached(kept)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(files.take, [kept] * 40))
    assert sorted(taken, key=bool) == [None] * 39 + [b"secret"]
    assert not files.has_attached(kept)
    assert all(b"secret" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_claim_of_what_has_gone_is_refused_and_its_end_is_no_error(files, clock):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    clock.time += KEPT_FOR
    files.sweep()
    with pytest.raises(UserError, match="重新上传"):
        files.claim(kept)
    files.finish(kept, {}, attached=b"secret")
    assert files.outcome(kept) is None
    assert files.take(kept) is None


def test_neither_content_nor_token_shows_where_a_file_is_printed(files):
    kept = files.keep(CONTENT, name="a.csv", account_id=7)
    assert "Harbour" not in repr(kept)
    assert kept.token not in repr(kept)
