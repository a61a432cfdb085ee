"""Without settings there is no single sign-on; half of them, or unsafe ones, stop the start."""

import pytest

from app import create_app
from dashboards.surface import access_of
from data_access.errors import ConfigurationError
from data_access.settings import OpenIdConnect, Settings
from tests.dashboards.single_sign_on.place import METHODS


@METHODS
def test_there_are_two_ways_in_and_both_only_read(place, method):
    here = place(method)
    rules = [rule for rule in here.app.url_map.iter_rules() if rule.endpoint.startswith("single_sign_on.")]
    assert {rule.rule for rule in rules} == {f"/sign-in/{method}", f"/sign-in/{method}/callback"}
    assert {verb for rule in rules for verb in rule.methods} <= {"GET", "HEAD"}
    assert {str(access_of(here.app, rule.endpoint)) for rule in rules} == {"open"}


def test_without_a_provider_there_is_nothing_to_click_on(tmp_path):
    client = create_app(Settings.at(tmp_path)).test_client()
    assert "/sign-in/" not in client.get("/sign-in").get_data(as_text=True)
    for path in ("/sign-in/oidc", "/sign-in/cas", "/sign-in/oidc/callback"):
        assert client.get(path).status_code in {302, 404}


@pytest.mark.parametrize(
    ("content", "mode", "said"), [("x", 0o644, "chmod 600"), ("", 0o600, "empty"), (None, 0, "cannot")]
)
def test_a_client_secret_that_is_not_kept_secret_stops_the_start(tmp_path, content, mode, said):
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    client = OpenIdConnect(issuer="https://id.example.edu.cn", client_id="luoxuan", client_secret_file=file)
    with pytest.raises(ConfigurationError, match=said):
        create_app(Settings.at(tmp_path / "home", oidc=client))


HALVES = {
    "LUOXUAN_OIDC_ISSUER": "https://id.example.edu.cn",
    "LUOXUAN_OIDC_CLIENT_ID": "luoxuan",
    "LUOXUAN_OIDC_CLIENT_SECRET_FILE": "/run/secrets/oidc",
}


@pytest.mark.parametrize("given", HALVES)
def test_half_a_provider_is_refused_with_the_names_of_what_is_missing(given):
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment({given: HALVES[given]})
    assert all(name in str(refused.value) for name in HALVES.keys() - {given})


@pytest.mark.parametrize("name", ["LUOXUAN_OIDC_ISSUER", "LUOXUAN_CAS_URL"])
def test_a_provider_over_plain_http_is_refused_unless_it_is_on_this_machine(name):
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({**HALVES, name: "http://id.example.edu.cn"})


@pytest.mark.parametrize("name", ["LUOXUAN_OIDC_ISSUER", "LUOXUAN_CAS_URL"])
def test_in_production_a_provider_is_reached_over_https_alone(name):
    production = {"LUOXUAN_MODE": "production", "LUOXUAN_PUBLIC_URL": "https://luoxuan.example.edu.cn"}
    provided = HALVES if name == "LUOXUAN_OIDC_ISSUER" else {}
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_environment({**production, **provided, name: "http://127.0.0.1:9"})
