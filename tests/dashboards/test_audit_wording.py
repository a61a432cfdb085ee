"""Events in words: what is known is translated, what a later version wrote is shown as it is."""

import datetime as dt

import pytest

from dashboards.audit_wording import kind_zh, line, state, subject_zh, what_zh, who
from data_access.access.audit import AuditKind, Result
from data_access.access.audit_chain import GENESIS, Entry


def entry(**fields):
    values = {
        "sequence": 7,
        "at": dt.datetime(2026, 11, 20, 16, 0, 59, 999999, tzinfo=dt.UTC),
        "actor": "t0102",
        "kind": "account",
        "subject": "account:t0301",
        "result": "done",
        "rows": None,
        "scope": "",
        "address": "",
        "detail": {},
        "previous_hash": GENESIS,
        "hash": "ab" * 32,
    }
    return Entry(**{**values, **fields})


def test_a_time_is_that_of_the_college():
    assert line(entry()).time == "2026-11-21 00:00:59"


def test_what_is_missing_is_a_dash_or_nothing():
    shown = line(entry())
    assert (shown.rows, shown.address, shown.gist) == ("", "—", "")
    assert shown.facts == (("序号与哈希", f"7 · {'ab' * 32}"),)


def test_details_are_translated_as_far_as_they_are_known():
    shown = line(
        entry(
            detail={
                "permission": "account:view",
                "role": "class_adviser",
                "filter": {"from": "2026-11-01", "kind": "post"},
                "files": ["a.csv", "b.csv"],
                "later": {"unknown": 5},
                "empty": None,
            },
            scope="t0102(任课教师)",
        )
    )
    assert shown.facts[:-2] == (
        ("所需权限", "查看账号与岗位"),
        ("角色", "班主任"),
        ("查询条件", "开始日期 2026-11-01，类型 岗位"),
        ("文件", "a.csv、b.csv"),
        ("later", "unknown 5"),
    )
    assert shown.gist == "所需权限 查看账号与岗位，角色 班主任，查询条件 开始日期 2026-11-01，类型 岗位"
    assert ("数据范围", "t0102(任课教师)") in shown.facts


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("account:t0301", "账号 t0301"),
        ("/admin/people", "页面 /admin/people"),
        ("/_dash-update-component courses.children", "数据请求 courses.children"),
        ("import:17", "导入批次 17"),
        ("audit:log", "审计日志"),
        ("roster", "名册"),
        ("something:else", "something:else"),
        ("", "—"),
    ],
)
def test_a_subject_in_words(subject, words):
    assert subject_zh(subject) == words


@pytest.mark.parametrize(("actor", "words"), [("t0102", "t0102"), ("console:root", "控制台 root"), ("", "未登录者")])
def test_an_actor_in_words(actor, words):
    assert who(actor) == words


def test_a_change_stands_beside_its_kind():
    assert what_zh(entry(detail={"change": "disabled"})) == "账号 · 停用"
    assert what_zh(entry(detail={"change": ["odd"]})) == "账号"


def test_every_kind_and_result_has_a_word_and_unknown_ones_stay():
    assert len({kind.name_zh for kind in AuditKind}) == len(AuditKind)
    assert {state(result.value)[0] for result in Result} == {"reached", "alert", "warning"}
    assert (kind_zh("from-a-later-version"), state("odd")) == ("from-a-later-version", ("no-data", "odd"))
