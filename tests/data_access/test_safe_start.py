import dataclasses
import os
import stat
from pathlib import Path

import pytest

from data_access.access import rules
from data_access.errors import ConfigurationError
from data_access.installation import open_home
from data_access.safe_start import check_safe_start, file_system_of
from data_access.settings import Mode, OpenIdConnect, Settings
from tests.conftest import Installation
from tests.data_access.access.people import CONSOLE, people

PUBLIC = "https://quality.example.edu.cn"


@pytest.fixture
def settings(tmp_path):
    return Settings.at(tmp_path / "home")


@pytest.fixture
def database(settings):
    engine = open_home(settings)
    yield engine
    engine.dispose()


def refusals(settings, database, environment=None, **options):
    with pytest.raises(ConfigurationError) as refused:
        check_safe_start(settings, database, environment=environment or {}, **options)
    first, *sentences = str(refused.value).splitlines()
    assert first == "Refusing to serve pages."
    return sentences


def production(settings, **fields):
    return dataclasses.replace(settings, mode=Mode.PRODUCTION, **{"public_url": PUBLIC, "trusted_proxies": 1, **fields})


def test_a_new_installation_is_safe_in_either_mode(settings, database):
    check_safe_start(settings, database)
    check_safe_start(production(settings), database)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    "name", ["FLASK_DEBUG", "DASH_DEBUG", "DASH_HOT_RELOAD", "DASH_MCP_ENABLED", "AUTHLIB_INSECURE_TRANSPORT"]
)
def test_a_switch_for_development_is_refused_in_either_mode(settings, database, mode, name):
    chosen = dataclasses.replace(settings, mode=mode, public_url=PUBLIC, trusted_proxies=1)
    for value in ("1", "true", "yes", "on", "True"):
        [sentence] = refusals(chosen, database, {name: value})
        assert sentence == f"{name} is set, which is for development only. Unset it."
    for value in ("", "0", "false", "Off"):
        check_safe_start(chosen, database, environment={name: value})


def test_the_variables_of_this_process_are_looked_at(settings, database, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(ConfigurationError, match="FLASK_DEBUG is set"):
        check_safe_start(settings, database)


@pytest.mark.parametrize("url", ["", "http://quality.example.edu.cn"])
def test_production_over_http_is_refused(settings, database, url):
    [sentence] = refusals(production(settings, public_url=url), database)
    assert "must begin with https://" in sentence


def test_production_that_takes_everybody_for_its_proxy_is_refused(settings, database):
    [sentence] = refusals(production(settings, trusted_proxies=0), database)
    assert "LUOXUAN_TRUSTED_PROXIES must be 1 to 5" in sentence
    for hops in (1, 5):
        check_safe_start(production(settings, trusted_proxies=hops), database)


def test_a_demo_for_other_machines_is_refused(settings, database):
    [sentence] = refusals(dataclasses.replace(settings, host="0.0.0.0"), database)
    assert "only listen on this machine" in sentence
    check_safe_start(production(settings, host="0.0.0.0"), database)


def test_an_unsafe_secret_is_refused_with_its_remedy(settings, database, tmp_path):
    [sentence] = refusals(dataclasses.replace(settings, secret_key="short"), database)
    assert "needs 32 at least" in sentence
    given = tmp_path / "client-secret"
    given.write_text("of the provider")
    given.chmod(0o644)
    oidc = OpenIdConnect(issuer=PUBLIC, client_id="luoxuan", client_secret_file=given)
    [sentence] = refusals(dataclasses.replace(settings, oidc=oidc), database)
    assert "LUOXUAN_OIDC_CLIENT_SECRET_FILE" in sentence
    assert "chmod 600" in sentence


@pytest.mark.parametrize("mode", [0o705, 0o701, 0o755, 0o777])
def test_a_home_open_to_all_users_is_refused(settings, database, mode):
    settings.home.chmod(mode)
    [sentence] = refusals(settings, database)
    assert sentence.endswith(f"Run: chmod 700 {settings.home}")


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666])
def test_a_database_open_to_all_users_is_refused(settings, database, mode):
    path = settings.home / "luoxuan.sqlite"
    path.chmod(mode)
    [sentence] = refusals(settings, database)
    assert sentence.endswith(f"Run: chmod 600 {path}")


def test_what_an_installation_creates_is_for_its_owner_only_whatever_the_umask(tmp_path):
    former = os.umask(0)
    try:
        settings = Settings.at(tmp_path / "open")
        open_home(settings).dispose()
    finally:
        os.umask(former)
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((settings.home / "luoxuan.sqlite").stat().st_mode) == 0o600


def test_enabled_demo_accounts_are_refused_in_production_only(settings, database):
    college = people(Installation(settings, database, None))
    accounts = [college.make(name, source="demo") for name in ("demo-leader", "demo-teacher")]
    check_safe_start(settings, database)
    [sentence] = refusals(production(settings), database)
    assert sentence.startswith("2 demo accounts are enabled")
    for account_id in accounts:
        college.accounts.disable(account_id, because="", by=CONSOLE)
    check_safe_start(production(settings), database)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_sqlite_on_a_network_file_system_is_refused(settings, database, tmp_path, kind):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/export {settings.home} {kind} rw 0 0\n")
    [sentence] = refusals(settings, database, mounts=mounts)
    assert f"network file system ({kind})" in sentence
    assert "PostgreSQL" in sentence


def test_the_file_system_is_that_of_the_nearest_mount_and_of_the_last_one(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\n"
        "server:/srv /srv nfs rw 0 0\n"
        "/dev/vdb /srv/luoxuan xfs rw 0 0\n"
        r"server:/my\040data /srv/my\040data cifs rw 0 0" + "\n"
        "tmpfs /over tmpfs rw 0 0\nserver:/over /over nfs4 rw 0 0\nbroken\n"
    )
    found = {
        path: file_system_of(Path(path), mounts)
        for path in ("/data/a", "/srv/other", "/srv/luoxuan/luoxuan.sqlite", "/srv/my data/x", "/over/x", "/srvx")
    }
    assert found == {
        "/data/a": "ext4",
        "/srv/other": "nfs",
        "/srv/luoxuan/luoxuan.sqlite": "xfs",
        "/srv/my data/x": "cifs",
        "/over/x": "nfs4",
        "/srvx": "ext4",
    }
    assert file_system_of(tmp_path, tmp_path / "nothing") == ""


def test_rules_that_contradict_themselves_are_refused(settings, database, monkeypatch):
    monkeypatch.setattr(rules, "REACHES", (*rules.REACHES, dataclasses.replace(rules.REACHES[0], reason="")))
    [sentence] = refusals(settings, database)
    assert sentence.startswith("The access rules are unsound: leader: without a reason")


def test_everything_unsafe_is_named_at_once(settings, database):
    settings.home.chmod(0o755)
    chosen = production(settings, public_url="http://x", secret_key="short")
    assert len(refusals(chosen, database, {"FLASK_DEBUG": "1", "DASH_DEBUG": "1"})) == 5
