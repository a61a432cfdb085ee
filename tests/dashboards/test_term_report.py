"""诊改报告 over the real server: the figures are those of the account, and nobody gets another's."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import func, insert, select

from app import create_app
from data_access.access.passwords import hash_password
from data_access.access.roles import Role
from data_access.clock import now
from data_access.contracts import contracts
from data_access.database import transaction
from data_access.database.access_models import Account, AuditEvent, PostRecord
from data_access.database.growth_models import CardEntry
from data_access.database.models import Entity
from indicators.catalogue import write_catalogue
from indicators.compile import compile_library
from indicators.growth_card.points import shipped_card
from indicators.library import shipped_library
from layouts import format as fmt
from layouts.exports import pdf
from layouts.theme import tokens
from tests.dashboards.web import PASSWORD, Browser
from tests.growth_college import AS_OF, PAST

pytestmark = pytest.mark.slow  # it builds a college

TERM = "2025-2026-2"


@pytest.fixture(scope="module")
def place(growth_college, install, tmp_path_factory):
    """The college behind its application: a student, the adviser and head of the department, and a stranger."""
    from tests.growth_college import copied  # noqa: PLC0415

    own = copied(growth_college, tmp_path_factory.mktemp("report") / "home", install)
    own.settings.home.chmod(0o700)
    (own.settings.home / "luoxuan.sqlite").chmod(0o600)
    with transaction(own.database) as connection:
        write_catalogue(connection, compile_library(shipped_library(), contracts()))
        student, class_id = connection.execute(
            select(CardEntry.holder_id, Entity.class_id)
            .join(Entity, (Entity.level == "student") & (Entity.entity_id == CardEntry.holder_id))
            .where(CardEntry.holder == 5, CardEntry.term_id == PAST)
            .group_by(CardEntry.holder_id, Entity.class_id)
            .order_by(CardEntry.holder_id)
        ).first()
        other = connection.execute(
            select(Entity.entity_id).where(Entity.level == "student", Entity.class_id != class_id)
        ).scalars().first()  # fmt: skip
        for name, role, level, node in (
            ("pupil", Role.STUDENT, "student", student),
            ("adviser", Role.CLASS_ADVISER, "class", class_id),
            ("leader", Role.LEADER, "school", 1),
            ("stranger", Role.STUDENT, "student", other),
        ):
            made = connection.execute(
                insert(Account).values(
                    username=name, name=f"某{name}", person_kind="other", person_id=None,
                    password_hash=hash_password(PASSWORD), password_history=[], must_change_password=False,
                    session_version=1, disabled_because="", source="manual", created_at=now(),
                )
            ).inserted_primary_key  # fmt: skip
            connection.execute(
                insert(PostRecord).values(
                    account_id=made[0], role=role.value, node_level=level, node_id=node, source="manual",
                    valid_from=AS_OF.replace(year=2020), granted_at=now(),
                )
            )  # fmt: skip
    return own, create_app(own.settings), student, class_id


@pytest.fixture(scope="module")
def opened(place):
    """Each person's browser, signed in once."""
    known = {}

    def browser(name):
        if name not in known:
            known[name] = Browser(place[1].test_client())
            assert known[name].sign_in(name).status_code == 302
        return known[name]

    return browser


def subtotals(place, holder, number):
    """Net and possible points of the past term by account, added up here."""
    card = shipped_card()
    sums: dict[str, list[int]] = {}
    with place[0].database.connect() as connection:
        rows = connection.execute(
            select(CardEntry.point, func.sum(CardEntry.points), func.sum(CardEntry.possible))
            .where(CardEntry.holder == holder, CardEntry.holder_id == number, CardEntry.term_id == PAST)
            .group_by(CardEntry.point)
        )
        for code, net, possible in rows:
            of = sums.setdefault(card.by_code[code].account, [0, 0])
            of[0] += net
            of[1] += possible
    return sums


def lines(text):
    return [
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip()
        for row in re.findall(r"<tr>.*?</tr>", text, re.DOTALL)
    ]


@pytest.mark.parametrize(("path", "holder"), [("/students/{}/report", 5), ("/classes/{}/report", 4)])
def test_subtotals_and_total_are_the_sums_of_the_entries(place, opened, path, holder):
    number = place[2] if holder == 5 else place[3]
    answer = opened("adviser").get(f"{path.format(number)}?term={TERM}")
    assert answer.status_code == 200
    shown = lines(answer.text)
    sums = subtotals(place, holder, number)
    assert len(sums) == 3
    for name, (net, possible) in sums.items():
        assert any(line.startswith(f"{name} {fmt.points(net)} / {fmt.points(possible)}") for line in shown), name
    whole = [sum(column) for column in zip(*sums.values(), strict=True)]
    assert f"{fmt.points(whole[0])} / {fmt.points(whole[1])}" in answer.text


def test_every_line_of_warnings_names_an_action(place, opened):
    text = opened("adviser").get(f"/students/{place[2]}/report?term={TERM}").text
    section = text[text.index("三、预警与改进措施") : text.index("四、还可以提高的采分点")]
    rows = lines(section)[1:]
    assert rows or "没有处于预警或警戒的采分点" in section
    assert all("：" in row for row in rows)


def test_the_student_sees_the_own_report_and_no_other(place, opened):
    assert opened("pupil").get(f"/students/{place[2]}/report").status_code == 200
    refused, nobody = (opened("stranger").get(f"/students/{n}/report") for n in (place[2], 999_999))
    assert refused.status_code == nobody.status_code == 404
    assert "达成度" not in refused.text
    assert opened("stranger").get(f"/students/{place[2]}/report.pdf").status_code == 404
    assert opened("pupil").get(f"/classes/{place[3]}/report").status_code == 403


def test_who_may_not_read_discipline_gets_sums_without_it_and_is_told(place, opened):
    text = opened("leader").get(f"/students/{place[2]}/report?term={TERM}").text
    assert "不含涉及违纪的采分点" in text
    assert "违纪频次" not in text
    assert "违纪频次" in opened("pupil").get(f"/students/{place[2]}/report?term={TERM}").text


def test_counselling_is_in_no_report(place, opened):
    for name in ("pupil", "adviser", "leader"):
        assert "心理辅导" not in opened(name).get(f"/students/{place[2]}/report?term={TERM}").text


@pytest.mark.parametrize("term", ["99999", "1999-2000-1"])
def test_a_term_without_entries_leads_to_the_last_one_with_some(place, opened, term):
    text = opened("pupil").get(f"/students/{place[2]}/report?term={term}").text
    assert f"{term}没有入账的采分点，下面是" in text
    assert f'<option value="{TERM}"' in text
    assert "一、总分汇总" in text


def test_bars_of_the_sheet_bring_their_colours_and_widths_and_those_of_the_page_their_classes(
    place, opened, monkeypatch
):
    address = f"/students/{place[2]}/report"
    screen = opened("pupil").get(f"{address}?term={TERM}").text
    printed = []
    monkeypatch.setattr(pdf, "_rendered", lambda source: printed.append(source) or SimpleNamespace(write_pdf=bytes))
    assert opened("pupil").get(f"{address}.pdf?term={TERM}").status_code == 200
    colours, bars = tokens(), r'<rect class="report-bar-part is-([a-z-]+)" width="([0-9.]+)" height="8"([^>]*)>'
    on_screen, on_paper = re.findall(bars, screen), re.findall(bars, printed[0])
    assert [bar[:2] for bar in on_paper] == [bar[:2] for bar in on_screen] != []
    for shade, _, drawn in on_paper:
        assert drawn == f' fill="{colours["mark-warning" if shade == "warning" else shade]}"'
    assert {bar[2] for bar in on_screen} == {""}, "the page's style sheet colours it"
    assert printed[0].count(f'height="8" fill="{colours["line"]}"') == len(on_paper)


def test_where_the_figures_come_from_stands_last(place, opened):
    text = opened("pupil").get(f"/students/{place[2]}/report?term={TERM}").text
    assert text.count("指标库 ") == 1
    assert text.index("指标库 ") > text.index("自我诊断与确认")


def test_the_sheet_is_a_pdf_and_its_leaving_is_recorded(place, opened):
    answer = opened("pupil").get(f"/students/{place[2]}/report.pdf?term={TERM}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF-")
    with place[0].database.connect() as connection:
        events = connection.execute(select(AuditEvent.subject).where(AuditEvent.kind == "export")).scalars().all()
    assert f"student:{place[2]}" in events
