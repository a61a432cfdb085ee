import dataclasses
import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from data_access.access.secret import derived_key, installation_secret, read_private, write_once
from data_access.errors import ConfigurationError
from data_access.settings import Settings

GOOD = "tq7Vd2-8mXw0aLr5_KzJ1nPb9cYe3GfH6uRo4iBs"


@pytest.fixture
def settings(tmp_path):
    return Settings.at(tmp_path / "home")


def file_with(tmp_path, content, mode=0o600):
    path = tmp_path / "given.key"
    path.write_text(content)
    path.chmod(mode)
    return path


def test_a_secret_is_generated_once_for_the_owners_eyes_only(settings):
    first = installation_secret(settings)
    path = settings.home / "secret.key"
    assert len(first) >= 32
    assert installation_secret(settings) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


def test_it_is_for_the_owner_only_whatever_the_umask(settings):
    former = os.umask(0)
    try:
        installation_secret(settings)
    finally:
        os.umask(former)
    assert stat.S_IMODE((settings.home / "secret.key").stat().st_mode) == 0o600


def test_two_installations_have_different_secrets(tmp_path):
    assert installation_secret(Settings.at(tmp_path / "a")) != installation_secret(Settings.at(tmp_path / "b"))


def test_servers_that_start_together_agree_on_one_secret(settings):
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: installation_secret(settings), range(64)))
    assert len(found) == 1
    assert [path.name for path in settings.home.iterdir()] == ["secret.key"]


def test_a_file_of_ones_own_is_used_without_white_space(tmp_path, settings):
    chosen = dataclasses.replace(settings, secret_file=file_with(tmp_path, f"  {GOOD}\n"))
    assert installation_secret(chosen) == GOOD.encode()
    assert not (settings.home / "secret.key").exists()


def test_a_variable_is_used(settings):
    assert installation_secret(dataclasses.replace(settings, secret_key=GOOD)) == GOOD.encode()


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o601])
def test_a_secret_that_others_can_reach_is_refused(tmp_path, settings, mode):
    chosen = dataclasses.replace(settings, secret_file=file_with(tmp_path, GOOD, mode))
    with pytest.raises(ConfigurationError, match="chmod 600"):
        installation_secret(chosen)


def test_the_generated_file_is_checked_as_any_other(settings):
    installation_secret(settings)
    (settings.home / "secret.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="can be read by other users"):
        installation_secret(settings)


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("short", "has 5 bytes and needs 32"),
        ("q" * 64, "repeats"),
        ("ab" * 32, "repeats"),
        (GOOD[:16] * 4, "repeats"),
        ("please-change-this-key-before-use-9f8e7d", "example"),
        ("django-insecure-9f8e7d6c5b4a39281706f5e4d3", "example"),
        ("my-super-SECRET-key-for-the-college-1", "example"),
        ("0123456789abcdefghijklmnopqrstuvwxyz!", "example"),
    ],
)
def test_a_secret_that_could_be_guessed_is_refused_with_a_remedy(tmp_path, settings, secret, message):
    by_file = dataclasses.replace(settings, secret_file=file_with(tmp_path, secret))
    by_variable = dataclasses.replace(settings, secret_key=secret)
    for chosen in (by_file, by_variable):
        with pytest.raises(ConfigurationError, match=message) as refused:
            installation_secret(chosen)
        assert "token_urlsafe" in str(refused.value)
        assert secret not in str(refused.value)


def test_the_advice_of_the_message_is_accepted(settings):
    for _ in range(200):
        assert installation_secret(dataclasses.replace(settings, secret_key=secrets.token_urlsafe(48)))


def test_a_file_that_is_not_there_is_not_made_up(tmp_path, settings):
    chosen = dataclasses.replace(settings, secret_file=tmp_path / "mistyped.key")
    with pytest.raises(ConfigurationError, match=r"LUOXUAN_SECRET_FILE .*mistyped\.key.* cannot be read: No such file"):
        installation_secret(chosen)


def test_keys_for_different_purposes_tell_nothing_of_each_other():
    keys = {derived_key(GOOD.encode(), purpose) for purpose in ("cookies", "sign-in attempts", "")}
    assert len(keys) == 3
    assert derived_key(GOOD.encode(), "cookies") == derived_key(GOOD.encode(), "cookies")
    assert derived_key(GOOD.encode() + b"x", "cookies") not in keys


def test_what_was_written_once_stays(tmp_path):
    path = tmp_path / "private" / "note"
    write_once(path, "first")
    write_once(path, "second")
    assert read_private(path, "note") == b"first"


def test_a_directory_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_once(tmp_path / "file" / "note", "text")
