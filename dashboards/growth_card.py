"""The growth card of a student or class: its face, what changed this week, and how it has grown.

Source: 包头 五(五)2(3)、表15. What is shown of an account is what its sums are made of, see `Growth.account`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dash import html

from dashboards import filters, ids, query
from dashboards.desks import ATTENDANCE
from dashboards.overview import period_name
from dashboards.page import Filter, Kind, Place, View
from data_access.access.scope import Scope
from indicators.growth_card.accounts import GrowthCards
from indicators.growth_card.slots import CardTerm
from indicators.growth_card.statements import AccountView
from indicators.model import Level
from indicators.results import PeriodInfo, State
from layouts import format as fmt
from layouts import growth_card as drawn
from layouts import states, table
from layouts.figures.growth import Step, gains, growth
from layouts.graph import graph
from layouts.panel import Content
from layouts.sheet import Sheet

DAY: Final = r"(20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?"
ON: Final = Filter(name="on", label="余额截至", kind=Kind.DATE, place=Place.TOOLS, pattern=DAY)
"""The day up to which entries count; without one, all of them do."""
ABILITIES: Final = {"STU-PER-15": "基本能力增值", "STU-CAR-11": "职业素养增值"}
"""单独成图, as the rules of the card have it."""
PEERS: Final = {Level.STUDENT: "在本班", Level.CLASS: "在本年级"}
WHOSE: Final = {Level.STUDENT: "这名学生", Level.CLASS: "这个班级"}
NOTHING_BY_THEN: Final = "这一天之前没有入账。"
NOT_POSTED: Final = "本学期还没有入账：第1周结束、数据导入后开始存入。"


@dataclass(frozen=True, kw_only=True)
class Growth:
    """The account of one holder for one view; every part is fetched when first needed, and once.

    Attributes:
        view: what is looked at; its filter ``term`` decides the term, ``on`` (where it has one) the day.
        scope: in which the account is read.
        holder: whose it is, a student's or a class's.
        holder_id: the key of the holder.
        is_own: True where the student looks at their own card.
        link: address of the page with the whole account, where this is another one.
    """

    view: View
    scope: Scope
    holder: Level
    holder_id: int
    is_own: bool = False
    link: str = ""

    @property
    def cards(self) -> GrowthCards:
        """All accounts."""
        return self.view.services.cards

    @cached_property
    def is_admitted(self) -> bool:
        """True where the scope admits the accounts of such holders at all: who may see attendance sees what it brings.

        Of this one the readers decide.
        """
        about = self.view.services.values.indicator(ATTENDANCE).about
        return self.scope.admits(self.holder.key, about)

    @cached_property
    def terms(self) -> Sequence[CardTerm]:
        """Every term that was ever posted to, oldest first."""
        return self.cards.terms()

    @cached_property
    def on(self) -> dt.date | None:
        """The day asked for; None for all that is booked."""
        asked = chosen(self.view, "on")
        try:
            return dt.date.fromisoformat(asked) if asked else None
        except ValueError:  # such as 30 February
            return None

    @cached_property
    def term_asked(self) -> str | None:
        """Key of the term to show: the filter's, but for a day outside of it that of the day; None for neither."""
        asked = next((term for term in self.terms if term.key == self.view["term"]), None)
        if self.on is not None and (asked is None or not asked.start <= self.on <= asked.freezes_on):
            begun = [term for term in self.terms if term.start <= self.on]
            return begun[-1].key if begun else None
        return asked.key if asked else None

    @cached_property
    def account(self) -> AccountView | None:
        """The account, with what the scope admits of it; None where it admits nothing.

        Who has left has no entries in the running term: unless a term was asked for, the last one with entries is
        shown in its place.
        """
        read = self.cards.student if self.holder is Level.STUDENT else self.cards.school_class
        found = read(self.holder_id, term_key=self.term_asked, on=self.on, scope=self.scope)
        is_default = self.view["term"] == self.view.choices["term"].default
        if found is not None and found.terms and is_default and not _is_posted(found) and self.on is None:
            return read(self.holder_id, term_key=None, on=None, scope=self.scope)
        return found

    @cached_property
    def term(self) -> CardTerm | None:
        """The term shown; None before anything was posted."""
        key = self.account.term_key if self.account else ""
        return next((term for term in self.terms if term.key == key), None)

    @property
    def day(self) -> dt.date | None:
        """The day that the account stands at: the one asked for, else the last one with data or with an entry."""
        told = self.account.day if self.account else None
        return self.on or told or self.view.services.values.data_date()

    @property
    def term_words(self) -> str:
        """The term shown, in few words such as ``26–27第一学期``."""
        return filters.term_name(self.view) if self.term is None else term_words(self.term)

    def where(self, **changes: str) -> str:
        """The address of this view with some filters changed, on the page that has them."""
        return self.view.link(**changes)


def chosen(view: View, name: str) -> str:
    """The value of a filter; empty on a page that has no such filter."""
    return view[name] if name in view.choices else ""


def _is_posted(account: AccountView) -> bool:
    return any(term.term_key == account.term_key for term in account.terms)


def term_words(term: CardTerm) -> str:
    """A term in few words, such as ``26–27第一学期``."""
    return period_name(
        PeriodInfo(kind="term", key=term.key, label=term.key, start=term.start, end=term.end, ordinal=term.number)
    )


def posted(data: Growth) -> AccountView | Content:
    """The account where the term shown has entries; else what stands in its place, and why."""
    account = data.account
    if account is None:
        return Content(body=states.denied(f"你的岗位不含{WHOSE[data.holder]}的储值卡。"))
    if not account.terms:
        return Content(body=states.empty(NOTHING_BY_THEN if data.on and data.terms else NOT_POSTED))
    if _is_posted(account):
        return account
    others = {line.term_key for line in account.terms}
    links = [
        html.A(term_words(term), href=data.where(term=term.key, on="", page=""), className="in-place")
        for term in reversed(data.terms)
        if term.key in others
    ]
    told = states.empty(f"{data.term_words}还没有入账。有入账的学期：")
    return Content(body=[told, html.Div(links, className="growth-filter")])


def draw_face(data: Growth) -> Content:
    """Balance, attainment of the term and its accounts."""
    account = posted(data)
    if isinstance(account, Content):
        return account
    face = drawn.Face(
        balance=account.balance,
        pending=account.pending,
        as_of=f"截至 {fmt.day(data.day)}",
        net=account.net,
        attainment=account.attainment,
        band=account.band,
        change="" if account.gain is None else f"{fmt.change(account.gain, 0.0)} 较上学期",
        peers=PEERS[data.holder],
        quarter=account.quarter,
        is_compared=data.on is None and not account.withheld,
        accounts=[
            drawn.Account(
                name=line.name,
                net=line.net,
                possible=line.possible,
                cap=line.cap,
                attainment=line.attainment,
                band=line.band,
            )
            for line in account.accounts
        ],
        remarks=_remarks(data, account),
        link=(data.link, "规则与流水") if data.link else (_report_page(data), "学期诊改报告"),
        is_link_drawn_by_server=not data.link,
    )
    return Content(
        body=drawn.face(face),
        note=f"{data.term_words} · 达成度＝已得 ÷ 到目前可得",
        sheets=[drawn.sheet(face, title=f"储值卡，{data.term_words}")],
    )


def _remarks(data: Growth, account: AccountView) -> list[str]:
    """What a reader has to know to read the figures right."""
    found = []
    if account.withheld:
        topics = "、".join(account.withheld_topics) or "敏感事项"
        found.append(f"不含涉及{topics}的采分点：小计与余额是所示各项之和。")
    if data.term is not None and data.view["term"] != data.term.key:
        found.append(f"所示为{data.term_words}：" + ("所选日期在这个学期。" if data.on else "最近一个有入账的学期。"))
    if data.term is not None and data.term.is_frozen(data.view.services.today()):
        found.append(f"{data.term_words}已于 {fmt.day(data.term.freezes_on)} 冻结，之后只能冲正。")
    return found


def draw_changes(data: Growth) -> Content:
    """What the last seven days have brought and taken, the latest first."""
    account = posted(data)
    if isinstance(account, Content):
        return account
    if not account.week_changes:
        return Content(body=states.message(states.Message(kind="empty", title="没有变化", detail="近 7 天没有入账。")))
    columns = [
        table.Column(title="采分点", is_heading=True),
        table.Column(title="分值", is_number=True),
        table.Column(title="可得", is_number=True),
        table.Column(title="因为"),
    ]
    rows: list[list[table.Cell]] = [
        [change.name, drawn.signed(change.points), drawn.exact(change.possible), change.reason]
        for change in account.week_changes
    ]
    whole, most = (sum(getattr(change, part) for change in account.week_changes) for part in ("points", "possible"))
    listed = table.table(columns, rows, caption="近 7 天的入账", table_id=table_id(data, "growth-changes"))
    return Content(
        body=html.Div(listed, className="growth-words growth-week"),
        note=f"近 7 天合计 {fmt.points(whole, signed=True)} 分，可得 {fmt.points(most)} 分",
    )


def draw_growth(data: Growth) -> Content:
    """The attainment of every term with entries."""
    account = posted(data)
    if isinstance(account, Content):
        return account
    known = {term.key: term for term in data.terms}
    steps = [
        Step(
            label=_two_lines(known[line.term_key]),
            attainment=line.attainment,
            band=line.band,
            state=drawn.BAND_STATES[line.band] if line.band else State.NO_DATA,
            told=f"{term_words(known[line.term_key])}<br><b>{fmt.with_unit(line.attainment, '%')} {line.band}</b>"
            f"<br>得 {fmt.points(line.net)} / 可得 {fmt.points(line.possible)} 分",
        )
        for line in account.terms
    ]
    bands = [(band.name, band.lowest, drawn.BAND_STATES[band.name]) for band in data.cards.card.bands]
    sheet = Sheet(
        title="各学期达成度",
        columns=("学期", "达成度(%)", "分档", "得分(分)", "可得(分)", "增值(百分点)"),
        rows=[
            (
                term_words(known[line.term_key]), line.attainment, line.band, line.net / 100, line.possible / 100,
                line.gain,
            )
            for line in account.terms
        ],
    )  # fmt: skip
    return Content(
        body=graph(growth(steps, bands=bands), label="各学期达成度与分档", sheet=sheet),
        note="达成度按学期；进行中的学期只算到目前",
    )


def draw_abilities(data: Growth) -> Content:
    """What basic ability and professional quality have gained term by term, apart from the points."""
    account = posted(data)
    if isinstance(account, Content):
        return account
    lines = data.cards.history(data.holder, data.holder_id, tuple(ABILITIES), on=data.on, scope=data.scope)
    found = {(line.point, line.term_key): line.raw for line in lines}
    shown = [term for term in data.terms if any(key == term.key for _, key in found)]
    if not shown:
        return Content(body=states.empty("基本能力与职业素养在学期末测评，两次测评之间才有增值。"))
    series = [(name, [found.get((code, term.key)) for term in shown]) for code, name in ABILITIES.items()]
    sheet = Sheet(
        title="基本能力与职业素养的增值",
        columns=("学期", *ABILITIES.values()),
        rows=[(term_words(term), *(found.get((code, term.key)) for code in ABILITIES)) for term in shown],
    )
    figure = gains([_two_lines(term) for term in shown], series)
    return Content(body=graph(figure, label="各学期基本能力与职业素养的增值", sheet=sheet), note="较上次测评")


def _two_lines(term: CardTerm) -> str:
    words = term_words(term)
    return words.replace("第", "<br>第", 1)


def table_id(data: Growth, name: str) -> ids.Id:
    """The id of a table; the same panels stand on several pages."""
    page = {Level.STUDENT: "student", Level.CLASS: "class"}[data.holder] if data.view.ids else "home"
    return ids.table(page, name)


def _report_page(data: Growth) -> str:
    """The address of the term report of the holder, of the term shown."""
    kind = {Level.STUDENT: "students", Level.CLASS: "classes"}[data.holder]
    return query.link(f"/{kind}/{data.holder_id}/report", {"term": data.account.term_key if data.account else ""})


def own_page(student_id: int) -> str:
    """The address of a student's page."""
    return query.link(f"/students/{student_id}", {})
