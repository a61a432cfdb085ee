"""Nothing harmful or secret gets into the audit log."""

import pytest
from hypothesis import given, settings

from data_access.access.audit import AuditLog
from tests.data_access.access.log_entries import EVENTS, entries, event


def is_invisible(character):
    return ord(character) < 32 or 0x7F <= ord(character) < 0xA0 or character in "\u2028\u2029\u202e\u2066\u200b\ufeff"


@pytest.fixture
def log(install, tmp_path):
    """An empty log; what becomes of text is the same on either database."""
    return AuditLog(install(tmp_path / "home").database)


@given(given_event=EVENTS)
@settings(max_examples=30, deadline=None)
def test_no_text_of_an_event_steers_a_reader_or_exceeds_its_length(forged, given_event):
    log, _ = forged([given_event])
    (found,) = entries(log)

    def texts(value):
        if isinstance(value, dict):
            return [text for pair in value.items() for item in pair for text in texts(item)]
        if isinstance(value, list):
            return [text for item in value for text in texts(item)]
        return [value] if isinstance(value, str) else []

    for written in [found.actor, found.subject, found.scope, found.address, *texts(found.detail)]:
        assert not any(is_invisible(character) for character in written)
        assert len(written) <= 500
    assert len(found.actor) <= 64
    assert len(found.address) <= 64


@pytest.mark.parametrize(
    ("harmful", "written"),
    [
        ("a\nDONE t0001 export", r"a\u000aDONE t0001 export"),
        ("\x1b[2Jx", r"\u001b[2Jx"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("a\u200bb\u2066c\ufeff", r"a\u200bb\u2066c\ufeff"),
        ("a\x00b\x7f\u2028", r"a\u0000b\u007f\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("x" * 1000, "x" * 299 + "…"),
        ("张三 · 𠮷", "张三 · 𠮷"),
    ],
)
def test_harmful_text_is_written_visibly(log, harmful, written):
    log.write(event(subject=harmful))
    log.write(event(subject=written))
    assert {entry.subject for entry in entries(log)} == {written}


@pytest.mark.parametrize(
    "told",
    [
        "440101200501011234",
        "身份证440101200501011234号",
        "id=44010119991231123X,",
        "４４０１０１２００５０１０１１２３４",
        "a440101200501011234b",
    ],
)
def test_an_identity_number_gets_in_nowhere(log, told):
    log.write(event(told, subject=told, scope=told, address=told, detail={told: told, "list": [{"deep": told}]}))
    (found,) = entries(log)
    core = told.strip("身份证号id=,ab")
    assert core[2:16] not in repr(found)
    assert "**************" in found.subject


def test_an_identity_number_given_as_a_number_is_masked_and_keys_are_not(log):
    log.write(event(detail={"id": 440101200501011234, "student": 9007199254740991, "batch": 17}))
    assert entries(log)[0].detail == {"id": "44**************34", "student": 9007199254740991, "batch": 17}


def test_secrets_are_withheld_whatever_their_form(log):
    log.write(
        event(detail={"Password": "hunter2", "new_password_hash": ["hunter2"], "form": {"token": "hunter2"}, "密码": 1})
    )
    (found,) = entries(log)
    assert "hunter2" not in repr(found)
    assert found.detail["密码"] == "[withheld]"


def test_a_large_or_deep_detail_is_bounded(log):
    deep = {}
    for _ in range(100):
        deep = {"in": deep}
    log.write(event(detail={"deep": deep, "long": list(range(10_000)), **{f"k{n}": n for n in range(1000)}}))
    assert len(repr(entries(log)[0].detail)) < 6000
    assert log.verify().is_sound
