"""The pages of plans over the real server: written, handed in, reviewed, and read by nobody else."""

import re
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.database import transaction
from data_access.database.growth_models import CardEntry, CardPosting, CardTermRow
from data_access.database.models import IndicatorEntry
from data_access.growth_card.told import tellings
from indicators.growth_card.accounts import GrowthCards
from indicators.library import shipped_library
from tests.dashboards.web import TODAY
from tests.data_access.self_test_college import fill, students
from tests.indicators.test_student_plans import term

ALL = Scope.all("test")
SITUATION = "上学期机械制图成绩不好，原因是平时练习太少，作业拖到最后一天才做。"
CANARY = "金丝雀规划文本只给审核人看"
OTHERS = {
    "leader": (Role.LEADER, "school", 1),
    "head": (Role.DEPARTMENT_HEAD, "dept", 1),
    "major": (Role.MAJOR_LEADER, "major", 1),
    "major2": (Role.MAJOR_LEADER, "major", 2),
    "adviser": (Role.CLASS_ADVISER, "class", 1),
    "adviser2": (Role.CLASS_ADVISER, "class", 2),
    "counsellor": (Role.COUNSELLOR, "class", 1),
    "affairs": (Role.STUDENT_AFFAIRS, "school", 1),
    "psychology": (Role.PSYCHOLOGY_CENTRE, "school", 1),
    "quality": (Role.QUALITY_OFFICE, "school", 1),
}
POINT = "STU-PER-01"
"""The point that a personal plan fills; another system has delivered that of one student."""
MARKS = {"mark_insight": "18", "mark_aim": "25", "mark_measure": "22", "mark_means": "15"}


class Poster:
    """Notes what is posted."""

    def __init__(self):
        self.posted = []

    def post(self, term_id, **asked):
        self.posted.append((term_id, asked["students"], asked["codes"], asked["cause"]))


@pytest.fixture(scope="module")
def web(serve_web):
    made = serve_web()
    fill(SimpleNamespace(lake=made.services.values.rosters.facts.lake, database=made.database))
    with transaction(made.database) as connection:
        for one in (term(acad_start=2025), term(2, 2025), term(), term(2)):
            weeks = [[w.key, w.label, w.start.isoformat(), w.end.isoformat()] for w in one.weeks]
            connection.execute(
                insert(CardTermRow).values(
                    term_id=one.term_id, key=one.key, acad_start=one.acad_start, number=one.number,
                    start_date=one.start, end_date=one.end, weeks=weeks, freezes_on=one.freezes_on,
                )
            )  # fmt: skip
        connection.execute(
            insert(IndicatorEntry).values(
                code=POINT, name_zh="规划", layer="学生", entity="student", period="year", unit="分", direction="higher",
                definition=dict(shipped_library()[POINT].definition) | {"privacy": "内部", "topics": []},
            )
        )  # fmt: skip
    # The services are frozen so that no request changes them; the test puts in what the server was made without.
    object.__setattr__(made.services, "cards", GrowthCards(made.services.values.reader))
    object.__setattr__(made.services, "poster", Poster())
    for key in students():
        made.add(f"s{key}", ((Role.STUDENT, "student", key),), person_kind="student", person_id=key)
    for name, post in OTHERS.items():
        made.add(f"x-{name}", (post,))
    return made


def plan(**changes):
    goals = [("A", "制图达到八十分", "期末成绩", "2027-01-10"), ("A", "通过英语B级", "证书", "2027-06-20"),
             ("B", CANARY, "打卡", "2027-06-01")]  # fmt: skip
    given = {"situation": SITUATION, "aim": "这一学年把制图学好，通过英语B级。", "seen": "0", "step": "save"}
    for row, goal in enumerate(goals):
        given |= {
            f"goals-{row}-{name}": text for name, text in zip(("part", "text", "measure", "due_on"), goal, strict=True)
        }
    return {**given, **changes}


def send(browser, path, **given):
    token = browser.client.get_cookie("_csrf_token")
    return browser.client.post(path, data={"csrf_token": token.value if token else browser.form_token(path), **given})


def handed_in(web, student, key="academic", **changes):
    """A student's browser after handing in, and the plan."""
    browser = web.signed_in(f"s{student}")
    answer = send(browser, f"/plans/{key}", **plan(step="submit", **changes))
    assert (answer.status_code, answer.location) == (303, "/plans"), answer.text
    return browser, kept(web, student, key)


def kept(web, student, key="academic"):
    kinds = {"academic": "学业计划", "personal": "个人发展规划", "career": "职业生涯规划"}
    found = web.services.plan_reader.of_student(student, scope=ALL, kinds={kinds[key]})
    return next(iter(found), None)


def approve(web, reviewer, line, key="academic", **changes):
    return send(
        web.signed_in(reviewer), f"/plans/review/{key}/{line.plan_id}",
        **{**MARKS, "seen": str(line.version), "comment": "", "step": "approve", **changes},
    )  # fmt: skip


def nothing(*_asked, **_more):
    return []


@contextmanager
def in_spring(web):
    """While the second term of the year has begun."""
    autumn = web.services.cards
    object.__setattr__(web.services, "cards", SimpleNamespace(terms=lambda: (term(), term(2)), history=nothing))
    yield
    object.__setattr__(web.services, "cards", autumn)


def test_a_student_finds_the_three_plans_with_their_dates(web):
    page = web.signed_in("s101").get("/plans").text
    assert page.count("开始填写") == 3
    assert "2026-09-27 截止" in page
    assert "2026-11-08 截止" in page
    assert page.count("逾期未交") == 3


def test_a_draft_is_kept_and_may_be_unfinished(web):
    browser = web.signed_in("s102")
    answer = send(browser, "/plans/personal", situation="想想", seen="0", step="save")
    assert (answer.status_code, answer.location) == (303, "/plans/personal")
    page = browser.get("/plans/personal").text
    assert "草稿已保存" in page
    assert ">想想</textarea>" in page.replace("\r\n", "")
    assert kept(web, 102, "personal").line.status == "draft"


def test_an_unfinished_plan_is_not_handed_in_and_nothing_typed_is_lost(web):
    browser = web.signed_in("s103")
    answer = send(
        browser,
        "/plans/academic",
        **plan(step="submit", **{"goals-2-text": "", "goals-2-measure": "", "goals-2-due_on": ""}),
    )
    assert answer.status_code == 422
    assert "成长事项至少写 1 项，现有 0 项。" in answer.text
    assert "制图达到八十分" in answer.text
    assert kept(web, 103) is None


def test_a_day_that_is_none_is_told_at_its_row(web):
    answer = send(web.signed_in("s103"), "/plans/academic", **plan(**{"goals-1-due_on": "明年"}))
    assert answer.status_code == 422
    assert "请填写日期" in answer.text
    assert kept(web, 103) is None


def test_another_row_comes_without_saving(web):
    browser = web.signed_in("s103")
    before = len(re.findall(r'name="goals-\d+-text"', browser.get("/plans/academic").text))
    answer = send(browser, "/plans/academic", **plan(more="B"))
    assert answer.status_code == 200
    assert len(re.findall(r'name="goals-\d+-text"', answer.text)) == before + 1
    assert kept(web, 103) is None


def test_what_another_window_has_saved_is_not_lost_unseen(web):
    browser = web.signed_in("s104")
    send(browser, "/plans/academic", **plan())
    answer = send(browser, "/plans/academic", **plan(aim="另一个窗口里写的目标，写得不一样。"))
    assert answer.status_code == 422
    assert "别的窗口里已经改过" in answer.text
    assert "另一个窗口里写的目标" in answer.text
    assert kept(web, 104).aim == plan()["aim"]
    assert send(browser, "/plans/academic", **plan(seen="1", aim="核对之后再保存的目标，足够长。")).status_code == 303


def test_what_comes_late_is_marked(web):
    _, found = handed_in(web, 105)
    assert "逾期" in web.signed_in("x-adviser").get("/plans/review?kind=academic&late=1").text
    assert found.line.is_late


def test_a_plan_goes_round_by_return_and_approval_and_reaches_the_card(web):
    browser, found = handed_in(web, 106)
    web.services.poster.posted.clear()
    answer = approve(web, "x-adviser", found.line, step="return", comment="")
    assert answer.status_code == 422
    assert "请填写，至少 4 个字。" in answer.text
    assert approve(web, "x-adviser", found.line, step="return", comment="目标请写具体些").status_code == 303
    assert web.services.poster.posted == []
    assert "目标请写具体些" in browser.get("/plans/academic").text
    first = found.line.submitted_at
    send(browser, "/plans/academic", **plan(step="submit", seen="2"))
    again = kept(web, 106)
    assert (again.line.status, again.line.submitted_at) == ("submitted", first)
    assert approve(web, "x-adviser", again.line).status_code == 303
    assert web.services.poster.posted == [(20261, frozenset({106}), frozenset({"STU-ACD-01"}), "plan")]
    page = browser.get("/plans/academic").text
    assert "质量 80 分" in page
    assert "认识自己 18/20" in page


def test_goals_reached_are_told_confirmed_and_fed_to_the_card(web):
    browser, found = handed_in(web, 107)
    approve(web, "x-adviser", found.line)
    goals = kept(web, 107).goals
    path, first = "/plans/academic/progress", goals[0].goal_id
    refused = send(browser, path, seen="2", done=str(first), **{f"result-{first}": ""})
    assert refused.status_code == 422
    assert send(browser, path, seen="2", done=str(first), **{f"result-{first}": "八十五分"}).status_code == 303
    web.services.poster.posted.clear()
    place = f"/plans/review/academic/{found.line.plan_id}"
    adviser = web.signed_in("x-adviser")
    assert "八十五分" in adviser.get(place).text
    send(adviser, f"{place}/goals", seen="3", confirmed=[str(first), str(goals[1].goal_id)])
    assert kept(web, 107).line.confirmed == 1
    assert web.services.poster.posted == [], "the term of the goals has not begun"
    with in_spring(web):
        send(adviser, f"{place}/goals", seen="4", confirmed=[str(first)])
    assert web.services.poster.posted == [(20262, frozenset({107}), frozenset({"STU-ACD-01"}), "plan")]
    (fed,) = tellings(web.database, 20262, 2026, {5: [107], 4: []}, student=5).plans
    assert (fed.quality, fed.is_on_time, fed.goals) == (80.0, False, pytest.approx(1 / 3))


def test_of_a_career_plan_the_first_reviewer_decides_and_the_other_sees_it(web):
    _, found = handed_in(web, 201, "career")
    assert approve(web, "x-major", found.line, "career").status_code == 303
    answer = approve(web, "x-affairs", found.line, "career", step="return", comment="请再想想看")
    assert answer.status_code == 409
    assert "已由 x-major 审核" in answer.text
    assert kept(web, 201, "career").line.status == "approved"


REFUSED = (
    "x-major2",
    "x-adviser2",
    "x-head",
    "x-counsellor",
    "x-leader",
    "x-quality",
    "x-psychology",
    "x-adviser",
    "s201",
)


@pytest.mark.parametrize("name", REFUSED)
def test_nobody_else_gets_a_plan_to_review_nor_learns_that_it_exists(web, name):
    if kept(web, 202, "career") is None:
        handed_in(web, 202, "career")
    number = kept(web, 202, "career").line.plan_id
    browser = web.signed_in(name)
    there, nowhere = (browser.get(f"/plans/review/career/{n}") for n in (number, 9_999))
    if name != "x-head":
        assert CANARY not in browser.get("/plans/of/202").text
    assert there.status_code == nowhere.status_code
    assert there.status_code in {403, 404}
    assert CANARY not in there.text


def test_an_adviser_reads_what_they_review_and_counsellor_and_head_all(web):
    handed_in(web, 203)
    handed_in(web, 203, "career")
    told = {name: web.signed_in(f"x-{name}").get("/plans/of/203") for name in OTHERS}
    assert {name: answer.text.count(CANARY) for name, answer in told.items()} == {
        "leader": 0, "head": 2, "major": 1, "major2": 0, "adviser": 0, "adviser2": 1, "counsellor": 0, "affairs": 1,
        "psychology": 0, "quality": 0,
    }  # fmt: skip
    assert {told[name].status_code for name in ("leader", "major2", "adviser", "counsellor", "quality")} == {404}
    own = web.signed_in("s203").get("/plans/of/203")
    assert own.text.count(CANARY) == 2
    assert web.signed_in("s204").get("/plans/of/203").status_code == 404


def test_who_has_handed_in_nothing_is_listed_with_words_to_remind_them(web):
    page = web.signed_in("x-adviser").get("/plans/review/personal/missing").text
    assert "S101" in page
    assert "S108" not in page, "is on no roll"
    assert "S201" not in page, "is in another class"
    assert "已于 2026-09-27 截止" in page
    assert "有草稿" in page
    assert web.signed_in("x-adviser").get("/plans/review/career/missing").status_code == 404


def delivered_elsewhere(web, student):
    """Post the personal plan of a student as another system has delivered it."""
    posted = {"holder": 5, "term_id": term().term_id, "point": POINT, "slot": "plan"}
    with transaction(web.database) as connection:
        posting = connection.execute(
            insert(CardPosting).values(
                cause="facts", term_id=term().term_id, started_at=web.clock.now(), as_of=TODAY, data_version=1,
                rules_version="1", posted_by="nightly",
            )
        ).inserted_primary_key[0]  # fmt: skip
        connection.execute(
            insert(CardEntry).values(
                **posted, holder_id=student, kind="deposit", booked_on=term().start, raw=88.0, points=1128,
                possible=1200, posting_id=posting, recorded_at=web.clock.now(),
            )
        )  # fmt: skip


def test_a_plan_that_another_system_has_delivered_is_neither_asked_for_nor_missed(web):
    delivered_elsewhere(web, 103)
    page = web.signed_in("s103").get("/plans").text
    assert page.count("逾期未交") == 2
    assert "质量 88 分，已计入储值卡" in page
    assert page.count("开始填写") == 2
    listed = web.signed_in("x-adviser").get("/plans/review/personal/missing").text
    assert "S103" not in listed
    assert "S101" in listed


@pytest.mark.parametrize("has_draft", [False, True])
def test_a_plan_that_another_system_has_delivered_is_not_written_once_more(web, has_draft):
    student = 202 if has_draft else 203
    browser = web.signed_in(f"s{student}")
    if has_draft:
        assert send(browser, "/plans/personal", **plan()).status_code == 303
    delivered_elsewhere(web, student)
    page = browser.get("/plans/personal")
    assert page.status_code == 200
    assert "不用在这里再写" in page.text
    assert "<textarea" not in page.text
    assert (SITUATION in page.text) is has_draft
    for step in ("save", "submit"):
        refused = send(
            browser, "/plans/personal", **plan(step=step, seen=str(int(has_draft)), aim="改成别的打算试试看。")
        )
        assert refused.status_code == 409
        assert "没有保存" in refused.text
    found = kept(web, student, "personal")
    assert (found and found.line.status) == ("draft" if has_draft else None)


def test_earlier_years_are_read_and_not_written(web):
    browser = web.signed_in("s108")
    page = browser.get("/plans/academic?year=2025").text
    assert "这个学年没有填写" in page
    assert "<textarea" not in page
    assert {browser.get(f"/plans/academic?year={year}").status_code for year in ("2019", "2030", "x")} == {404}
    send(browser, "/plans/academic?year=2025", **plan())
    assert kept(web, 108) is None


def test_the_log_tells_reviews_and_no_text(web):
    events = web.events("growth")
    assert {event.detail["change"] for event in events} >= {
        "submitted",
        "approved",
        "returned",
        "confirmed",
        "progress",
    }
    assert not any(word in str(tuple(event)) for event in events for word in (CANARY, "目标请写具体些", SITUATION))
