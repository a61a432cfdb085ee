"""Nothing can be asked of the server that somebody has not looked at: the surface is frozen."""

import difflib
from pathlib import Path

import pytest

from data_access.access.permissions import Permission
from tests.security.surface import lines

FROZEN = Path(__file__).with_name("surface.txt")
ADVICE = """
The surface of the server has changed. Look at each line: who may reach it, and is that meant?
If it is, accept it with:

    .venv/bin/python -m tests.security.surface > tests/security/surface.txt

and let somebody else read the difference in review."""


@pytest.fixture(scope="module")
def surface():
    return lines()


def test_the_surface_is_the_one_that_was_reviewed(surface):
    frozen = FROZEN.read_text(encoding="utf-8").splitlines()
    changes = list(difflib.unified_diff(frozen, surface, "reviewed", "now", lineterm="", n=0))
    assert not changes, "\n".join([ADVICE, *changes])


def test_every_callback_names_a_permission(surface):
    callbacks = [line for line in surface if line.startswith("callback")]
    assert len(callbacks) >= 3
    assert {line.rsplit("  ", 1)[1] for line in callbacks} <= {permission.value for permission in Permission}


def test_routes_without_access_are_those_of_dash_that_nobody_needs(surface):
    closed = [line.split()[1] for line in surface if line.endswith("  nobody")]
    assert closed == ["/_favicon.ico", "/_reload-hash"]


def test_little_is_open_before_sign_in(surface):
    opened = {line.split()[1] for line in surface if line.startswith("route") and line.endswith("  open")}
    assert opened == {
        "/healthz",
        "/sign-in",
        "/sign-in/cas",
        "/sign-in/cas/callback",
        "/sign-in/oidc",
        "/sign-in/oidc/callback",
    }
