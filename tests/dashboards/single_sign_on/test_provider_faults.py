"""What a provider gets wrong signs nobody in, and nothing of it is repeated."""

import pytest
from sqlalchemy import select

from dashboards.single_sign_on import cas, provider
from data_access.database.access_models import AuditEvent
from tests.dashboards.single_sign_on.place import METHODS, refusal
from tests.security.providers import HOSTILE, Fault

IN_TOKEN = {
    Fault.WRONG_ISSUER: "invalid_claim (iss)",
    Fault.WRONG_AUDIENCE: "invalid_claim (aud)",
    Fault.LENT_AUDIENCE: "invalid_claim (aud)",
    Fault.WRONG_NONCE: "invalid_claim (nonce)",
    Fault.NO_NONCE: "missing_claim (nonce)",
    Fault.EXPIRED: "expired_token (exp)",
    Fault.NO_EXPIRY: "missing_claim (exp)",
    Fault.FROM_THE_FUTURE: "invalid_claim (iat)",
    Fault.OTHER_ACCESS_TOKEN: "invalid_claim (at_hash)",
    Fault.UNSIGNED: "unsupported_algorithm",
    Fault.SIGNED_WITH_CLIENT_SECRET: "unsupported_algorithm",
    Fault.SIGNED_WITH_PUBLIC_KEY: "unsupported_algorithm",
    Fault.OTHER_KEY: "bad_signature",
    Fault.UNKNOWN_KEY: "invalid_key_id",
    Fault.CHANGED_AFTER_SIGNING: "bad_signature",
    Fault.NO_TOKEN: "no token about the person",
    Fault.TOKEN_IS_A_NUMBER: "decode_error",
    Fault.EMPTY_USERNAME: "no username",
    Fault.NUMERIC_USERNAME: "no username",
    Fault.LONG_USERNAME: "no username",
    Fault.DISGUISED_USERNAME: "only look like others",
    Fault.REFUSES_CODE: "invalid_grant",
    Fault.REFUSES_ODDLY: "one of its own",
}


@pytest.mark.parametrize("fault", IN_TOKEN)
def test_a_token_that_does_not_prove_this_sign_in_is_refused(place, fault):
    here = place("oidc")
    here.provider.fault = fault
    assert provider.NOT_PROVEN in refusal(here, here.sign_in())
    ((actor, subject, result),) = here.audited()
    assert (actor, result) == ("", "denied")
    assert subject.startswith(f"oidc {here.address}: ")
    assert IN_TOKEN[fault] in subject


IN_TICKET = {
    Fault.NO_USERNAME: "malformed",
    Fault.EMPTY_USERNAME: "refuses the ticket",
    Fault.LONG_USERNAME: "no username",
    Fault.DISGUISED_USERNAME: "only look like others",
    Fault.EXTERNAL_ENTITY: "document type",
    Fault.NESTED_ENTITIES: "document type",
    Fault.WIDE_CHARACTERS: "malformed",
    Fault.OTHER_ENCODING: "malformed",
    Fault.BROKEN_OFF: "malformed",
    Fault.EMPTY_ANSWER: "malformed",
}


@pytest.mark.parametrize("fault", IN_TICKET)
def test_an_answer_that_names_nobody_is_refused_and_nothing_in_it_is_fetched(place, fault):
    here = place("cas")
    here.provider.fault = fault
    assert provider.NOT_PROVEN in refusal(here, here.sign_in())
    assert here.provider.asked("/tripwire") == []
    ((actor, subject, result),) = here.audited()
    assert (actor, result) == ("", "denied")
    assert IN_TICKET[fault] in subject


@pytest.mark.parametrize("content", ["<!DOCTYPE a>", "<?xml version='1.0'?>\n<!doctype a [<!ENTITY b 'c'>]><a/>"])
def test_an_answer_that_declares_a_document_type_is_not_read(content):
    with pytest.raises(provider.RefusedError):
        cas.plain(content.encode())


@METHODS
@pytest.mark.parametrize("fault", [Fault.FAILS, Fault.ANSWERS_NONSENSE, Fault.REDIRECTS])
def test_a_provider_that_breaks_in_the_middle_lets_nobody_in_and_gets_no_secret_elsewhere(place, method, fault):
    here = place(method)
    back = here.visit_provider(here.begin())
    here.provider.fault = fault
    shown = refusal(here, here.client.get(back))
    said = [message for message in (provider.NOT_ANSWERING, provider.NOT_PROVEN) if message in shown]
    assert len(said) == 1
    assert fault is not Fault.FAILS or said == [provider.NOT_ANSWERING]
    assert here.provider.asked("/tripwire") == []
    assert [(actor, result) for actor, _, result in here.audited()] == [("", "denied")]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.FAILS, Fault.ANSWERS_NONSENSE, Fault.REDIRECTS, Fault.OTHER_ISSUER_IN_DISCOVERY, Fault.NO_ENDPOINTS,
        Fault.ENDPOINTS_ELSEWHERE, Fault.WEAK_ALGORITHMS_ONLY,
    ],
)  # fmt: skip
def test_nobody_is_sent_to_a_provider_whose_description_is_not_to_be_trusted(new_place, fault):
    here = new_place("oidc")
    here.provider.fault = fault
    refusal(here, here.begin())
    assert [path for path, _ in here.provider.seen] == ["/.well-known/openid-configuration"]
    here.provider.fault = None
    here.sign_in()
    assert here.is_signed_in()


def test_a_person_who_gives_up_at_the_provider_is_told_so_in_our_words(place):
    here = place("oidc")
    here.provider.fault = Fault.DENIES
    assert provider.NOT_FINISHED in refusal(here, here.sign_in("?next=/courses"))
    assert here.audited()[0][1].endswith("access_denied")


def test_a_refusal_keeps_the_way(place):
    here = place("oidc")
    here.provider.fault = Fault.DENIES
    assert here.sign_in("?next=/courses").location == "/sign-in?next=%2Fcourses"


@METHODS
def test_nothing_of_a_hostile_error_is_shown_logged_or_recorded(place, method, caplog):
    here = place(method)
    here.begin()
    hostile = {"state": HOSTILE, "error": HOSTILE, "error_description": HOSTILE, "code": HOSTILE, "ticket": HOSTILE}
    refusal(here, here.client.get(here.callback, query_string=hostile))
    assert "hostile" not in str(here.rows(select(AuditEvent.subject, AuditEvent.detail)))
    assert "hostile" not in "".join(r.getMessage() for r in caplog.records if r.name.startswith("luoxuan"))
