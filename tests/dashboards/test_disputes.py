"""申诉 as people use it: the student's form, the inboxes, answer and decision, and what is posted afterwards."""

import dataclasses
import datetime as dt
import re
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select

from app import ROOT
from dashboards import PAGES, server
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.database import transaction
from data_access.database.growth_models import CardCorrection, CardDispute, CardEntry
from data_access.database.models import Entity
from data_access.growth_card.disputes import DisputeStore
from data_access.readers.disputes import DisputeReader
from data_access.readers.revisions import RevisionReader
from data_access.readers.stored import ValueReader
from indicators.growth_card.dispute_rules import procedure_of
from indicators.growth_card.disputing import Disputes
from tests.dashboards.test_people import submit
from tests.dashboards.web import SECRET, TODAY
from tests.indicators.growth_card.written_ledger import AUTUMN, TERM_IDS, WrittenLedger

ALL = Scope.all("test")
REASON = "第9周的预习我都在课前交了"
PEOPLE = {
    "pupil": ("student", 1, Role.STUDENT, "student", 1),
    "mate": ("student", 2, Role.STUDENT, "student", 2),
    "lecturer": ("teacher", 71, Role.TEACHER, "teacher", 71),
    "adviser": ("teacher", 74, Role.CLASS_ADVISER, "class", 111),
    "counsellor": ("teacher", 75, Role.COUNSELLOR, "class", 111),
    "affairs": ("teacher", 76, Role.STUDENT_AFFAIRS, "dept", 1),
    "majorleader": ("teacher", 77, Role.MAJOR_LEADER, "major", 11),
    "elsewhere": ("teacher", 78, Role.CLASS_ADVISER, "class", 211),
}
STRANGERS = ("mate", "elsewhere")


class Ledger:
    """Posts corrections as the ledger does, a reversal and a new entry, each correction once; or fails."""

    def __init__(self, database):
        self.database, self.is_broken = database, False

    def post(self, term_id=None, *, students=None, **_request):
        if self.is_broken:
            raise RuntimeError("the disk is full")
        with transaction(self.database) as connection:
            wanted = select(CardCorrection).where(CardCorrection.holder_id.in_(students or ()))
            for correction in connection.execute(wanted.with_only_columns(*CardCorrection.__table__.columns)).all():
                self._post(connection, correction)

    def _post(self, connection, correction):
        columns = CardEntry.__table__.columns
        key = {name: getattr(correction, name) for name in ("holder", "holder_id", "term_id", "point", "slot")}
        entries = connection.execute(select(*columns).filter_by(**key)).mappings().all()
        if any(entry["correction_id"] == correction.correction_id for entry in entries):
            return
        [live] = [
            e for e in entries if e["kind"] != "reversal" and e["entry_id"] not in {r["reversal_of"] for r in entries}
        ]
        row = {**live, "entry_id": None, "recorded_at": dt.datetime(2026, 11, 21, tzinfo=dt.UTC)}
        points, possible = -live["points"], -live["possible"]
        reversal = {**row, "kind": "reversal", "points": points, "possible": possible, "reversal_of": live["entry_id"]}
        posted = {
            **row,
            "points": live["possible"],
            "raw": correction.inputs["raw"],
            "correction_id": correction.correction_id,
        }
        for each in (reversal, posted):
            each.pop("entry_id")
            connection.execute(insert(CardEntry).values(**each))


@pytest.fixture(scope="module")
def court(serve_web):
    web = serve_web()
    book = WrittenLedger(web.database)
    values = ValueReader(web.database)
    procedure = procedure_of(book.cards.card)
    ledger = Ledger(web.database)
    store = DisputeStore(web.database, web.services.audit, procedure, now=web.clock.now)
    services = dataclasses.replace(
        web.services,
        cards=book.cards,
        disputes=Disputes(
            store, DisputeReader(web.database, procedure), book.cards, values, ledger, today=lambda: TODAY
        ),
        revisions=RevisionReader(values),
    )
    web.app = server.make(PAGES, services, secret=SECRET, assets_folder=ROOT / "assets")
    with transaction(web.database) as connection:
        connection.execute(
            insert(Entity).values(level="teacher", entity_id=71, name="任课教师", teacher_id=71, dept_id=1)
        )
        section = {"name": "机械制图", "teacher_id": 71, "class_id": 111, "term_id": TERM_IDS[AUTUMN]}
        connection.execute(insert(Entity).values(level="offering", entity_id=601, **section))
    for name, (kind, person_id, role, level, node) in PEOPLE.items():
        web.add(name, ((role, level, node),), person_kind=kind, person_id=person_id)
    browsers = {}

    def browser(name):
        if name not in browsers:
            browsers[name] = web.signed_in(name)
        return browsers[name]

    return SimpleNamespace(
        web=web, book=book, ledger=ledger, services=services, browser=browser, slots=iter(range(1, 19))
    )


@pytest.fixture
def entry(court):
    """An entry of a slot that no other test has."""
    return court.book.enter("STU-ACD-05", f"W{next(court.slots):02d}", 0.5, possible=2.22, raw=51.0)


def opened(court, entry):
    sent = submit(court.browser("pupil"), f"/disputes/new?entry={entry}", reason=REASON)
    assert sent.status_code == 303, sent.text
    return sent.headers["Location"]


def answered(court, entry, **fields):
    path = opened(court, entry)
    sent = send(
        court, "lecturer", path, "answer", **{"verdict": "for", "value_0": "96", "text": "确实漏记了", **fields}
    )
    assert sent.status_code == 303, sent.text
    return path


def send(court, name, path, step, /, **fields):
    """What the form of a step would send."""
    page = court.browser(name).get(path).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    hidden = {"csrf_token": token} | ({"seen": seen.group(1)} if seen else {})
    return court.browser(name).client.post(f"{path}/{step}", data={**hidden, **fields})


def total(court):
    return court.book.cards.student(1, scope=ALL).total


def status(court, path):
    number = int(path.rsplit("/", 1)[-1])
    with court.web.database.connect() as connection:
        return connection.execute(select(CardDispute.status).where(CardDispute.dispute_id == number)).scalar_one()


def test_a_dispute_goes_from_the_students_form_to_a_corrected_balance(court, entry):
    path = opened(court, entry)
    assert REASON in court.browser("lecturer").get("/disputes").text
    assert send(court, "lecturer", path, "answer", verdict="for", value_0="96", text="确实漏记了").status_code == 303
    before = total(court)
    page = court.browser("adviser").get(path).text
    assert "+0.5 → <strong>+2.22</strong>" in re.sub(r"\s+", " ", page)
    sent = send(court, "adviser", path, "decision", verdict="for", value_0="96", text="任课教师同意，属实")
    assert sent.status_code == 303
    assert status(court, path) == "settled"
    assert total(court) == before + 172
    page = court.browser("pupil").get(path).text
    assert "更正后的流水已记入：+0.5 分 → +2.22 分" in page
    marked = court.services.revisions.of("student", [1], ["STU-ACD-05"], scope=ALL)
    assert [(item.before, item.after) for item in marked.values()] == [(51.0, 96.0)]


def test_what_is_not_ones_own_looks_like_what_does_not_exist(court, entry):
    path = opened(court, entry)
    told = {
        court.browser(name).get(address).text
        for name in STRANGERS
        for address in (path, "/disputes/999999")
        if court.browser(name).get(address).status_code == 404
    }
    assert len(told) == len(STRANGERS), "one answer for each person, whatever was asked for"
    for number in (court.book.enter("STU-ACD-06", "W01", 1, holder_id=2), 999_999, "x", "٣", "1e3", ""):
        assert court.browser("pupil").get(f"/disputes/new?entry={number}").status_code == 404
    assert court.browser("pupil").get("/disputes/new").status_code == 404


def test_who_has_no_part_in_disputes_does_not_get_there(court):
    for name in ("leader", "system", "audit"):
        assert court.browser(name).get("/disputes").status_code == 403
    assert court.browser("adviser").get("/disputes/new?entry=1").status_code == 403
    assert court.browser("pupil").client.post("/disputes/1/decision").status_code in {400, 403}


def test_a_step_that_is_not_ones_own_is_not_taken(court, entry):
    path = opened(court, entry)
    fields = {"verdict": "for", "value_0": "96", "text": "确实漏记了"}
    assert send(court, "adviser", path, "answer", **fields).status_code == 303
    assert send(court, "counsellor", path, "decision", **fields).status_code == 303
    assert status(court, path) == "open"


def test_a_dispute_about_discipline_is_seen_by_those_alone_who_may_know(court):
    number = court.book.enter("STU-PER-13", "W05", -10, raw=1.0)
    path = opened(court, number)
    assert court.browser("adviser").get(path).status_code == 200
    assert court.browser("majorleader").get(path).status_code == 404
    assert "违纪" not in court.browser("majorleader").get("/disputes?box=all").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": ""}, "请选择一种结论"),
        ({"text": "错"}, "5–500 个字"),
        ({"value_0": ""}, "请至少填写一项"),
        ({"value_0": "101"}, "0–100 之间的数"),
        ({"value_0": "NaN"}, "0–100 之间的数"),
        ({"value_0": "51"}, "与原记录相同"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_told_where_it_is_wrong(court, wrong_case, fields, words):
    sent = send(
        court, "lecturer", wrong_case, "answer", **{"verdict": "for", "value_0": "96", "text": "确实漏记了", **fields}
    )
    assert sent.status_code == 422
    assert words in sent.text
    assert status(court, wrong_case) == "open"


@pytest.fixture(scope="module")
def wrong_case(court):
    return opened(court, court.book.enter("STU-ACD-05", "W18", 0.5, possible=2.22, raw=51.0))


@pytest.mark.parametrize("reason", ["", "不对", "长" * 501])
def test_a_reason_that_says_nothing_opens_nothing(court, entry, reason):
    sent = submit(court.browser("pupil"), f"/disputes/new?entry={entry}", reason=reason)
    assert sent.status_code == 422
    assert "5–500 个字" in sent.text


def test_an_entry_in_dispute_says_so_instead_of_a_second_form(court, entry):
    opened(court, entry)
    page = court.browser("pupil").get(f"/disputes/new?entry={entry}")
    assert "已有处理中的申诉" in page.text
    assert "提交申诉" not in page.text


def test_a_trial_decides_nothing(court, entry):
    path = answered(court, entry)
    page = send(court, "adviser", path, "decision", step="trial", value_0="62.5")
    assert "+0.5 → <strong>+1.11</strong>" in re.sub(r"\s+", " ", page.text)
    assert status(court, path) == "answered"


def test_a_rejected_dispute_moves_no_balance(court, entry):
    path, before = answered(court, entry), total(court)
    assert (
        send(court, "counsellor", path, "decision", verdict="against", text="核对了平台记录，原记录无误").status_code
        == 303
    )
    assert (status(court, path), total(court)) == ("rejected", before)
    assert "申诉不成立" in court.browser("pupil").get("/disputes").text


def test_a_posting_that_fails_is_shown_and_repeated(court, entry, caplog):
    path, before, court.ledger.is_broken = answered(court, entry), total(court), True
    send(court, "adviser", path, "decision", verdict="for", value_0="96", text="任课教师同意，属实")
    assert (status(court, path), total(court)) == ("upheld", before)
    assert "not posted yet" in caplog.text
    assert "待入账" in court.browser("pupil").get(path).text
    assert send(court, "adviser", path, "booking").status_code == 303
    assert status(court, path) == "upheld"
    court.ledger.is_broken = False
    for _ in range(2):
        send(court, "adviser", path, "booking")
        assert (status(court, path), total(court)) == ("settled", before + 172)


def test_a_decision_on_a_page_from_before_the_answer_is_not_taken(court, entry):
    path = answered(court, entry)
    fields = {"verdict": "against", "text": "核对了平台记录，原记录无误", "seen": "open"}
    send(court, "adviser", path, "decision", **fields)
    assert status(court, path) == "answered"
    assert "看过答复再审核" in court.browser("adviser").get(path).text


def test_a_student_takes_a_dispute_back_and_nobody_else_does(court, entry):
    path = opened(court, entry)
    assert court.browser("lecturer").client.post(f"{path}/withdrawal").status_code in {400, 403}
    assert send(court, "pupil", path, "withdrawal").status_code == 303
    assert status(court, path) == "withdrawn"
    assert "撤回申诉" not in court.browser("pupil").get(path).text


def test_lists_are_filtered_and_what_no_list_knows_is_ignored(court, entry):
    path = opened(court, entry)
    browser = court.browser("adviser")
    assert path in browser.get("/disputes?box=all&status=open").text
    assert path not in browser.get("/disputes?box=all&status=rejected").text
    assert path in browser.get("/disputes?box=all&q=20250001").text
    assert "没有符合条件的申诉" in browser.get("/disputes?box=all&q=%25").text
    assert browser.get("/disputes?box=nothing&status=x&page=-1").status_code == 200
    assert browser.get("/disputes?box=all&page=99").status_code == 302


def test_an_empty_inbox_says_what_will_stand_there(court):
    assert "没有等待答复的申诉" in court.browser("elsewhere").get("/disputes").text
    assert "还没有申诉" in court.browser("mate").get("/disputes").text
