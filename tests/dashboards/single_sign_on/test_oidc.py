"""What is believed of the description that a provider gives of itself."""

import pytest

from dashboards.single_sign_on import oidc, provider

DESCRIBED = {
    "issuer": "https://id.example.edu.cn",
    "authorization_endpoint": "https://id.example.edu.cn/authorize",
    "token_endpoint": "https://id.example.edu.cn/token",
    "jwks_uri": "https://keys.example.edu.cn/keys",
    "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
}


def test_of_a_description_only_what_is_needed_is_believed():
    believed = oidc.believed({**DESCRIBED, "verify": False, "scope": "all"}, issuer=DESCRIBED["issuer"])
    assert believed == {
        **DESCRIBED,
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_method": "client_secret_basic",
    }


def test_an_issuer_keeps_its_slash_at_the_end():
    believed = oidc.believed({**DESCRIBED, "issuer": "https://id.example.edu.cn/"}, issuer="https://id.example.edu.cn")
    assert believed["issuer"] == "https://id.example.edu.cn/"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": "http://id.example.edu.cn/token"},
        {"jwks_uri": "http://127.0.0.1/keys"},
        {"jwks_uri": 5},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"id_token_signing_alg_values_supported": []},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
    ],
)
def test_a_description_that_is_not_safe_is_refused(change):
    with pytest.raises(provider.RefusedError):
        oidc.believed({**DESCRIBED, **change}, issuer=DESCRIBED["issuer"])


@pytest.mark.parametrize("described", [None, [], "x", 5])
def test_a_description_that_is_none_is_refused(described):
    with pytest.raises(provider.RefusedError):
        oidc.believed(described, issuer=DESCRIBED["issuer"])
