"""The pages of self-tests over the real server: filled in once, answered at once, and a screening told to nobody else."""

import logging
import re
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert, select

from data_access.access.roles import Role
from data_access.database import transaction
from data_access.database.access_models import AuditEvent, Referral
from data_access.database.growth_models import SelfTestResponse
from indicators.self_tests.scales import shipped_scales
from tests.dashboards.web import TODAY
from tests.data_access.self_test_college import fill, students

SCALES = {scale.key: scale for scale in shipped_scales()}
FORM, RESULT = "/self-tests/career-adaptability", "/self-tests/career-adaptability/result"
OTHERS = {
    "leader": (Role.LEADER, "school", 1),
    "head": (Role.DEPARTMENT_HEAD, "dept", 1),
    "major": (Role.MAJOR_LEADER, "major", 1),
    "adviser": (Role.CLASS_ADVISER, "class", 1),
    "counsellor": (Role.COUNSELLOR, "class", 1),
    "affairs": (Role.STUDENT_AFFAIRS, "school", 1),
    "psychology": (Role.PSYCHOLOGY_CENTRE, "school", 1),
    "audit": (Role.AUDIT_ADMINISTRATOR, "school", 1),
}


@pytest.fixture(scope="module")
def web(serve_web):
    made = serve_web()
    fill(SimpleNamespace(lake=made.services.values.rosters.facts.lake, database=made.database))
    for key in students():
        made.add(f"s{key}", ((Role.STUDENT, "student", key),), person_kind="student", person_id=key)
    for name, post in OTHERS.items():
        made.add(f"x-{name}", (post,))
    return made


def answers(scale, points=4, **changes):
    given = {item.key: str(6 - points if item.is_reversed else points) for item in scale.items}
    return {key: value for key, value in {**given, **changes}.items() if value}


def send(browser, key="career-adaptability", **given):
    path = f"/self-tests/{key}"
    page = browser.get(path)
    token = browser.form_token(path) if page.status_code == 200 else browser.client.get_cookie("_csrf_token").value
    return browser.client.post(path, data={"csrf_token": token, **(given or answers(SCALES[key]))})


def kept(web, student, scale="职业适应能力"):
    query = select(SelfTestResponse.score).where(
        SelfTestResponse.student_id == student, SelfTestResponse.scale == scale
    )
    with web.database.connect() as connection:
        return list(connection.execute(query).scalars())


def test_a_student_finds_what_is_open(web):
    page = web.signed_in("s101").get("/self-tests").text
    assert page.count(">开始<") == 4
    assert "第二学期开放" in page


def test_the_result_comes_at_once_with_what_it_means(web):
    browser = web.signed_in("s101")
    answer = send(browser)
    assert (answer.status_code, answer.location) == (303, RESULT)
    page = browser.get(RESULT).text
    assert "75.0" in page
    assert all(dimension.name in page for dimension in SCALES["career-adaptability"].dimensions)
    assert "预警：" not in page
    assert "看结果" in browser.get("/self-tests").text


def test_weak_dimensions_lead_to_activities(web):
    browser = web.signed_in("s102")
    send(browser, **answers(SCALES["career-adaptability"], 2))
    page = browser.get(RESULT).text
    assert "接下来可以做什么" in page
    assert "第二课堂" in page
    assert 'href="/students/102"' in page


def test_what_is_missing_is_listed_and_nothing_typed_is_lost(web):
    browser = web.signed_in("s103")
    answer = send(browser, **answers(SCALES["career-adaptability"], q02="", q05="9", q24="x"))
    assert answer.status_code == 422
    assert "有 3 题没有选" in answer.text
    assert re.findall(r'href="#(q\d\d)"', answer.text) == ["q02", "q05", "q24"]
    assert answer.text.count(" checked") == 21
    assert kept(web, 103) == []


def test_a_double_click_keeps_one_result_and_shows_it(web):
    browser = web.signed_in("s104")
    token = browser.form_token(FORM)
    sent = {"csrf_token": token, **answers(SCALES["career-adaptability"])}
    first, second = (browser.client.post(FORM, data=sent) for _ in range(2))
    assert first.location == second.location == RESULT
    assert kept(web, 104) == [75.0]
    assert "每学期只做一次" not in browser.get(RESULT).text


def test_a_second_time_is_refused_kindly_and_changes_nothing(web):
    browser = web.signed_in("s105")
    send(browser)
    again = browser.client.post(
        FORM, data={"csrf_token": browser.client.get_cookie("_csrf_token").value, **answers(SCALES["career-adaptability"], 1)}
    )  # fmt: skip
    assert again.location == RESULT
    assert "每学期只做一次" in browser.get(RESULT).text
    assert browser.get(FORM).location == RESULT
    assert kept(web, 105) == [75.0]


def test_what_the_lake_has_already_is_not_asked_again(web):
    browser = web.signed_in("s201")
    assert browser.get("/self-tests/self-learning").location == "/self-tests/self-learning/result"
    assert send(browser, "self-learning").location == "/self-tests/self-learning/result"
    assert kept(web, 201, "自学能力") == []
    page = browser.get("/self-tests/self-learning/result?term=2025-2026-2").text
    assert "61.0" in page
    assert "同年级有一半同学在" in page


def test_a_closed_scale_sends_back_to_the_list(web):
    browser = web.signed_in("s106")
    assert browser.get("/self-tests/overall").location == "/self-tests"
    assert send(browser, "overall").location == "/self-tests"
    assert "《综合自测》现在没有开放" in browser.get("/self-tests").text


@pytest.mark.parametrize("path", ["/self-tests/horoscope", "/self-tests/horoscope/result", RESULT, f"{RESULT}?term=x"])
def test_what_is_not_there_is_not_found(web, path):
    assert web.signed_in("s301").get(path).status_code == 404


@pytest.mark.parametrize("who", ["x-adviser", "x-leader", "x-psychology", "teacher", "system"])
def test_only_students_fill_in(web, who):
    browser = web.signed_in(who)
    assert browser.get("/self-tests").status_code == browser.get(FORM).status_code == 403
    assert browser.get("/self-tests/wellbeing/result").status_code == 403


@pytest.mark.parametrize("who", ["s101", "teacher", "system", "x-audit"])
def test_groups_are_for_those_who_look_after_them(web, who):
    assert web.signed_in(who).get("/self-tests/overview").status_code == 403


def test_groups_are_told_by_scale_and_term(web):
    browser = web.signed_in("x-leader")
    page = browser.get("/self-tests/overview?scale=self-learning&term=2025-2026-2").text
    assert "63.5" in page  # the mean of class 2, alone in having filled it in, over the whole college
    assert "不显示" in page
    strange = browser.get("/self-tests/overview?scale=x&term=y&dept=z")
    assert strange.status_code == 200
    assert "自学能力" in strange.text


# -- the screening ----------------------------------------------------------------------------

CANARY = "wellbeing"
CANARY_SCORE = re.compile(r"(?<![\d.])41\.2(?!\d)")
"""The score that the answers of `CANARY_POINTS` come to, as 33 of 80 points do."""
CANARY_ANSWERS = re.compile(r"q01\W{1,12}\d")


def canary_answers():
    """33 of 80 points: 13 items with 2 of 4, 7 with 1."""
    items = SCALES[CANARY].items
    points = {item.key: 2 if number < 13 else 1 for number, item in enumerate(items)}
    return {item.key: str(5 - points[item.key] if item.is_reversed else points[item.key] + 1) for item in items}


@pytest.fixture
def screened(web):
    browser = web.signed_in("s108")
    send(browser, CANARY, **canary_answers())
    return browser


def test_a_hard_time_leads_to_the_centre(screened):
    page = screened.get(f"/self-tests/{CANARY}/result").text
    assert CANARY_SCORE.search(page)
    assert "需要聊聊吗" in page
    assert "12356" in page
    assert "同年级" not in page
    assert "预警" not in page


def test_nobody_else_is_told_of_a_screening(web, screened, caplog):
    assert CANARY_SCORE.search(screened.get(f"/self-tests/{CANARY}/result").text), "the canary sings"
    with caplog.at_level(logging.DEBUG):
        for who in [*(f"x-{name}" for name in OTHERS), "s101", "teacher", "system"]:
            browser = web.signed_in(who)
            paths = ["/self-tests", f"/self-tests/{CANARY}", f"/self-tests/{CANARY}/result", "/admin/audit",
                     "/admin/audit.csv", f"/self-tests/overview?scale={CANARY}", f"/self-tests/{CANARY}?student=108",
                     f"/self-tests/{CANARY}/result?student_id=108&term=2026-2027-1"]  # fmt: skip
            for path in paths:
                text = browser.get(path).text
                assert not CANARY_SCORE.search(text), (who, path)
                assert not CANARY_ANSWERS.search(text), (who, path)
        send(screened, CANARY, **canary_answers())
    assert not CANARY_SCORE.search(caplog.text)
    assert not CANARY_ANSWERS.search(caplog.text)


def test_the_audit_log_knows_that_and_not_what(web, screened):
    with web.database.connect() as connection:
        rows = connection.execute(select(AuditEvent.__table__).where(AuditEvent.kind == "growth")).mappings().all()
    told = [str(dict(row)) for row in rows]
    assert any(f"self-test:{SCALES[CANARY].name}" in text for text in told)
    assert not any(CANARY_SCORE.search(text) or CANARY_ANSWERS.search(text) for text in told)
    assert "自测" in web.signed_in("x-audit").get("/admin/audit").text


def test_the_centre_finds_whom_it_looks_after_and_leaves_a_trace(web, screened):
    with transaction(web.database) as connection:
        connection.execute(insert(Referral).values(student_id=108, since=TODAY))
    try:
        page = web.signed_in("x-psychology").get(f"/self-tests/overview?scale={CANARY}").text
        assert "在册学生" in page
        assert "N108" in page
        assert CANARY_SCORE.search(page)
        assert "在册学生" not in web.signed_in("x-leader").get(f"/self-tests/overview?scale={CANARY}").text
        seen = web.events("view")[-1]
        assert (seen.actor, seen.subject, seen.rows) == ("x-psychology", "/self-tests/overview", 1)
        assert not CANARY_SCORE.search(str(seen))
    finally:
        with transaction(web.database) as connection:
            connection.execute(delete(Referral))


def test_of_the_screening_the_centre_alone_reads_an_aggregate(web, screened):
    for key in students(1)[:6]:
        send(web.signed_in(f"s{key}"), CANARY)
    centre = web.signed_in("x-psychology").get(f"/self-tests/overview?scale={CANARY}").text
    assert "平均标准分" in centre
    assert "75.0" in centre
    for who in ("x-leader", "x-adviser", "x-counsellor", "x-affairs"):
        page = web.signed_in(who).get(f"/self-tests/overview?scale={CANARY}").text
        assert "普查结果只给学生本人和学校心理中心" in page
        assert "平均标准分" not in page
        assert "75.0" not in page
