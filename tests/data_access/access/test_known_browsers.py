"""A browser is known for a name that has signed in in it, by a mark that nobody else can write."""

import pytest
from itsdangerous import URLSafeSerializer

from data_access.access.known_browsers import MOST_NAMES, KnownBrowsers
from tests.data_access.access.people import SECRET, Clock


@pytest.fixture
def browsers():
    return KnownBrowsers(SECRET, now=Clock().now)


def test_a_browser_is_known_for_the_names_that_signed_in_and_for_no_other(browsers):
    first = browsers.with_name("", "a")
    both = browsers.with_name(first, "b")
    assert browsers.known_as(first, "a") == browsers.known_as(both, "a") == browsers.known_as(both, "b") != ""
    assert browsers.known_as(first, "b") == browsers.known_as("", "a") == ""


def test_each_browser_is_another(browsers):
    assert browsers.known_as(browsers.with_name("", "a"), "a") != browsers.known_as(browsers.with_name("", "a"), "a")


def test_the_names_that_signed_in_last_are_kept(browsers):
    mark = ""
    for name in ("a", *"bcde", "a", "f"):
        mark = browsers.with_name(mark, name)
    assert [name for name in "abcdef" if browsers.known_as(mark, name)] == list("acdef")
    assert MOST_NAMES == 5


def test_a_mark_is_forgotten_half_a_year_after_the_last_sign_in():
    clock = Clock()
    browsers = KnownBrowsers(SECRET, now=clock.now)
    mark = browsers.with_name("", "a")
    clock.pass_(days=180)
    renewed = browsers.with_name(mark, "a")
    assert browsers.known_as(mark, "a") == browsers.known_as(renewed, "a") != ""
    clock.pass_(days=1)
    assert browsers.known_as(mark, "a") == ""
    assert browsers.known_as(renewed, "a") != ""


def test_a_mark_that_is_not_ours_is_none(browsers):
    mark = browsers.with_name("", "a")
    body, _, signature = mark.rpartition(".")
    forged = [
        KnownBrowsers(SECRET[::-1]).with_name("", "a"),
        URLSafeSerializer(SECRET).dumps(["x", ["a"], 4_000_000_000]),
        f"{body}x.{signature}", f"{body}.", body, "x", ".", "\ud800", "x" * 5000,
    ]  # fmt: skip
    assert [browsers.known_as(each, "a") for each in forged] == [""] * len(forged)
    assert browsers.known_as(browsers.with_name(forged[0], "b"), "a") == ""
