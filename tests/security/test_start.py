"""Unsafe settings do not serve a single request: `luoxuan run` says why and opens no port."""

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import insert

from data_access.database import transaction
from data_access.database.access_models import Account
from data_access.installation import open_home
from data_access.settings import Settings

pytestmark = pytest.mark.slow

LUOXUAN = Path(sys.executable).with_name("luoxuan")
PRODUCTION = {
    "LUOXUAN_MODE": "production",
    "LUOXUAN_PUBLIC_URL": "https://quality.example.edu.cn",
    "LUOXUAN_TRUSTED_PROXIES": "1",
}
PATIENCE_SECONDS = 120


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    open_home(Settings.at(path)).dispose()
    return path


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def is_listening(port):
    with socket.socket() as client:
        client.settimeout(0.2)
        return client.connect_ex(("127.0.0.1", port)) == 0


def start(home, port, **variables):
    known = {name: value for name, value in os.environ.items() if not name.startswith(("LUOXUAN_", "FLASK_", "DASH_"))}
    return subprocess.Popen(
        [LUOXUAN, "run"],
        env={**known, "LUOXUAN_HOME": str(home), "LUOXUAN_PORT": str(port), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def refused(home, port, **variables):
    """What a refused start says; fails where it is not refused, or somebody could connect meanwhile."""
    with start(home, port, **variables) as process:
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            while process.poll() is None:
                assert not is_listening(port)
                assert time.monotonic() < until
                time.sleep(0.02)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        out, said = process.communicate()
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "sign in at" not in out
    assert said.startswith("luoxuan: ")
    return said


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"LUOXUAN_MODE": "production"}, "LUOXUAN_PUBLIC_URL"),
        ({**PRODUCTION, "LUOXUAN_PUBLIC_URL": "http://quality.example.edu.cn"}, "https"),
        ({**PRODUCTION, "LUOXUAN_TRUSTED_PROXIES": "0"}, "LUOXUAN_TRUSTED_PROXIES must be 1 to 5"),
        ({"LUOXUAN_MODE": "staging"}, "LUOXUAN_MODE"),
        ({"LUOXUAN_HOST": "0.0.0.0"}, "LUOXUAN_HOST"),
        ({"LUOXUAN_SECRET_KEY": "x" * 64}, "LUOXUAN_SECRET_KEY"),
        ({"LUOXUAN_SECRET_KEY": "short"}, "LUOXUAN_SECRET_KEY"),
        ({"LUOXUAN_SECRET_KEY": "change-me-please-change-me-please-1234567"}, "LUOXUAN_SECRET_KEY"),
        ({"LUOXUAN_SECRET_FILE": "/nonexistent/secret"}, "LUOXUAN_SECRET_FILE"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"DASH_DEBUG": "true"}, "DASH_DEBUG"),
        ({**PRODUCTION, "FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"DASH_HOT_RELOAD": "1"}, "DASH_HOT_RELOAD"),
        ({"LUOXUAN_OIDC_ISSUER": "https://sso.example.edu.cn"}, "LUOXUAN_OIDC_CLIENT_ID"),
    ],
    ids=lambda value: ",".join(f"{k}={v[:20]}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_each_unsafe_setting_is_named_and_nothing_is_served(home, port, variables, named):
    assert named in refused(home, port, **variables)


def test_a_secret_that_others_can_read_is_refused(home, port):
    secret = home / "secret.key"
    secret.write_text("pR7!vK2@qX9#mW4$zT6%bN8^cL3&dF5*", encoding="utf-8")
    secret.chmod(0o644)
    assert "chmod 600" in refused(home, port)


def test_data_that_others_can_read_are_refused(home, port):
    home.chmod(0o755)
    assert "chmod 700" in refused(home, port)


def test_demo_accounts_are_refused_in_production(home, port):
    database = open_home(Settings.at(home))
    with transaction(database) as connection:
        connection.execute(
            insert(Account).values(
                username="leader", name="周明远", person_kind="other", password_history=[], must_change_password=False,
                session_version=1, disabled_because="", source="demo", created_at=dt.datetime.now(dt.UTC),
            )
        )  # fmt: skip
    database.dispose()
    assert "demo accounts" in refused(home, port, **PRODUCTION)


def test_options_for_the_server_in_the_environment_change_nothing(home, port):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        other = free.getsockname()[1]
    with start(home, port, GUNICORN_CMD_ARGS=f"--bind 127.0.0.1:{other} --reload --log-level info") as process:
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while not is_listening(port):
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < until
                time.sleep(0.1)
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert b"GUNICORN_CMD_ARGS" not in environment
    assert "GUNICORN_CMD_ARGS is ignored" in said
    assert "Booting worker" not in said


@pytest.mark.parametrize("variables", [{}, PRODUCTION], ids=["demo", "production"])
def test_safe_settings_serve_the_sign_in_page_and_no_version_of_the_server(home, port, variables):
    with start(home, port, **variables) as process:
        try:
            until = time.monotonic() + PATIENCE_SECONDS
            while not is_listening(port):
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() < until
                time.sleep(0.1)
            host = variables.get("LUOXUAN_PUBLIC_URL", "https://localhost").removeprefix("https://")
            page = urllib.request.Request(f"http://127.0.0.1:{port}/sign-in", headers={"Host": host})
            with urllib.request.urlopen(page, timeout=PATIENCE_SECONDS) as answer:
                assert "登录" in answer.read().decode()
                assert answer.headers["Server"] in {None, "gunicorn"}
            forged = urllib.request.Request(
                f"http://127.0.0.1:{port}/_dash-layout", headers={"SCRIPT_NAME": "/_dash-layout", "Host": host}
            )
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(forged, timeout=PATIENCE_SECONDS)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    expected = variables.get("LUOXUAN_PUBLIC_URL", f"http://127.0.0.1:{port}")
    assert f"sign in at {expected}/sign-in" in out
