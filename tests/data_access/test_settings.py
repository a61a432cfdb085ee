import re
from pathlib import Path

import pytest

from data_access.errors import ConfigurationError
from data_access.settings import Mode, Settings

PRODUCTION = {"LUOXUAN_MODE": "production", "LUOXUAN_PUBLIC_URL": "https://quality.example.edu.cn"}
OIDC = {
    "LUOXUAN_OIDC_ISSUER": "https://id.example.edu.cn/realms/college",
    "LUOXUAN_OIDC_CLIENT_ID": "luoxuan",
    "LUOXUAN_OIDC_CLIENT_SECRET_FILE": "/etc/luoxuan/oidc",
}


def refusals(environment):
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment(environment)
    return str(refused.value).splitlines()


def test_without_variables_an_installation_is_a_demo_on_this_machine():
    settings = Settings.from_environment({})
    assert (settings.mode, settings.is_production, settings.host) == (Mode.DEMO, False, "127.0.0.1")
    assert (settings.public_url, settings.trusted_proxies, settings.cas_url, settings.oidc) == ("", 0, "", None)
    assert (settings.secret_file, settings.secret_key) == (None, "")
    assert settings.database_url == f"sqlite:///{settings.home / 'luoxuan.sqlite'}"


def test_a_production_installation_is_read_whole():
    settings = Settings.from_environment(
        {
            **PRODUCTION,
            **OIDC,
            "LUOXUAN_HOST": "0.0.0.0",
            "LUOXUAN_TRUSTED_PROXIES": "2",
            "LUOXUAN_SECRET_FILE": "/etc/luoxuan/secret",
        }
    )
    assert settings.is_production
    assert settings.public_url == "https://quality.example.edu.cn"
    assert (settings.host, settings.trusted_proxies) == ("0.0.0.0", 2)
    assert settings.secret_file == Path("/etc/luoxuan/secret")
    assert (settings.oidc.issuer, settings.oidc.client_id) == (OIDC["LUOXUAN_OIDC_ISSUER"], "luoxuan")
    assert settings.oidc.username_claim == "preferred_username"


def test_a_variable_set_to_nothing_is_not_set():
    names = {*PRODUCTION, *OIDC, "LUOXUAN_HOME", "LUOXUAN_PORT", "LUOXUAN_SECRET_KEY", "LUOXUAN_TRUSTED_PROXIES"}
    assert Settings.from_environment(dict.fromkeys(names, " ")) == Settings.from_environment({})


def test_every_mistake_is_named_at_once_in_a_sentence_of_its_own():
    found = refusals(
        {
            "LUOXUAN_MODE": "debug",
            "LUOXUAN_PORT": "0",
            "LUOXUAN_HOST": "0.0.0.0",
            "LUOXUAN_TRUSTED_PROXIES": "6",
            "LUOXUAN_MEMORY_LIMIT": "lots",
            "LUOXUAN_CAS_URL": "cas.example.edu.cn",
            "LUOXUAN_OIDC_ISSUER": "http://id.example.edu.cn",
            "LUOXUAN_SECRET_FILE": "/a",
            "LUOXUAN_SECRET_KEY": "b",
        }
    )
    named = [re.match(r"LUOXUAN_\w+", sentence).group() for sentence in found]
    assert sorted(named) == [
        "LUOXUAN_CAS_URL",
        "LUOXUAN_HOST",
        "LUOXUAN_MEMORY_LIMIT",
        "LUOXUAN_MODE",
        "LUOXUAN_OIDC_CLIENT_ID",
        "LUOXUAN_OIDC_CLIENT_SECRET_FILE",
        "LUOXUAN_OIDC_ISSUER",
        "LUOXUAN_PORT",
        "LUOXUAN_SECRET_FILE",
        "LUOXUAN_TRUSTED_PROXIES",
    ]
    assert all(sentence.endswith((".", "'")) or ". Got " in sentence for sentence in found)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "quality.example.edu.cn", "::"])
def test_a_demo_is_reached_from_this_machine_only(host):
    [sentence] = refusals({"LUOXUAN_HOST": host})
    assert "demo mode may only listen on this machine" in sentence
    assert Settings.from_environment({**PRODUCTION, "LUOXUAN_HOST": host}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_every_name_of_this_machine_will_do(host):
    assert Settings.from_environment({"LUOXUAN_HOST": host}).host == host


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "is not set, but production mode needs it"),
        ("http://quality.example.edu.cn", "must be an address such as https://"),
        ("http://127.0.0.1:8050", "must begin with https://"),
        ("https://", "must be an address such as"),
        ("https://a b", "must be an address such as"),
        ("https://user:word@quality.example.edu.cn", "must be an address such as"),
        ("https://quality.example.edu.cn?x=1", "must be an address such as"),
        ("https://quality.example.edu.cn/luoxuan", "without a path"),
        ("https://quality.example.edu.cn:port", "must be an address such as"),
        ("https://[quality", "must be an address such as"),
        ("ftp://quality.example.edu.cn", "must be an address such as"),
    ],
)
def test_production_needs_the_https_address_under_which_browsers_find_it(url, message):
    assert any(message in sentence for sentence in refusals({**PRODUCTION, "LUOXUAN_PUBLIC_URL": url}))


def test_a_slash_at_the_end_of_an_address_means_nothing():
    given = {**PRODUCTION, "LUOXUAN_PUBLIC_URL": "https://quality.example.edu.cn:8443/"}
    assert Settings.from_environment(given).public_url == "https://quality.example.edu.cn:8443"
    assert Settings.from_environment({"LUOXUAN_CAS_URL": "https://cas.example.edu.cn/cas/"}).cas_url.endswith("/cas")


def test_a_provider_on_this_machine_may_speak_http():
    assert Settings.from_environment({"LUOXUAN_CAS_URL": "http://127.0.0.1:9000"}).cas_url == "http://127.0.0.1:9000"


@pytest.mark.parametrize("left_out", OIDC)
def test_single_sign_on_is_configured_whole_or_not_at_all(left_out):
    given = {name: value for name, value in OIDC.items() if name != left_out}
    assert refusals(given) == [f"{left_out} is not set, but single sign-on by OpenID Connect needs it."]


def test_one_single_sign_on_is_enough():
    [sentence] = refusals({**OIDC, "LUOXUAN_CAS_URL": "https://cas.example.edu.cn"})
    assert "both set" in sentence


@pytest.mark.parametrize("number", ["-1", "6", "two", "1.0", "²", "٣"])
def test_trusted_proxies_are_counted_from_none_to_five(number):
    assert "whole number from 0 to 5" in refusals({"LUOXUAN_TRUSTED_PROXIES": number})[0]


def test_the_secret_is_not_printed_with_the_settings():
    settings = Settings.from_environment({"LUOXUAN_SECRET_KEY": "quite-a-confidential-text"})
    assert settings.secret_key == "quite-a-confidential-text"
    assert "confidential" not in repr(settings)
