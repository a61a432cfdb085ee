"""首页: what the viewer answers for by each of their posts, and what these posts let them see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from dashboards import (
    changes,
    cockpit,
    duties,
    entry_reminder,
    filters,
    growth_card,
    growth_panels,
    ids,
    major_parts,
    student,
    teacher,
)
from dashboards.desks import ATTENDANCE, NOUNS, Desk, Listing, desk_of
from dashboards.overview import (
    ROWS_SHOWN,
    SCHOOL,
    link_of,
    listed,
    named_cell,
    term_end,
    tile,
    weekly_line,
    weeks_of,
)
from dashboards.page import Filter, Heading, Kind, Nav, Page, Panel, Place, View
from dashboards.posts_held import NO_POST, draw_posts, draw_rights
from dashboards.pupils import draw_slipping
from dashboards.services import Services
from data_access.access.permissions import Permission
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.access.viewer import Post, Viewer, scope_of
from indicators.digest import Changes
from indicators.model import SCHOOL_ID, Level
from indicators.results import Board, EntityInfo, Reading
from layouts import format as fmt
from layouts import states, table, tiles
from layouts.controls import Option
from layouts.figures.trend import Series
from layouts.panel import Content
from layouts.shell import Crumb

_Columns = list[tuple[table.Column, Callable[[EntityInfo], table.Cell]]]


def _key(post: Post) -> str:
    return f"{post.role}-{post.node_level}-{post.node_id}"


def _posts(services: Services, _scope: Scope) -> Sequence[Option]:
    # Who answers for a class or a course besides teaching looks at that first.
    posts = sorted(services.viewer().posts, key=lambda post: post.role is Role.TEACHER)
    titles = {_key(post): post.title_zh for post in posts}
    return [Option(value=key, label=title) for key, title in titles.items()] or [Option(value="", label="没有岗位")]


def _terms(services: Services, scope: Scope) -> Sequence[Option]:
    """The terms; for those who see no figures only the running one, so that there is nothing to choose."""
    terms = filters.TERM.options(services, scope)
    return terms if any(_shows_figures(post) for post in services.viewer().posts) else terms[:1]


@dataclass(frozen=True, kw_only=True)
class Home:
    """The data of one view of the page; every part is fetched when first needed, and once."""

    view: View

    @cached_property
    def viewer(self) -> Viewer:
        """Who looks."""
        return self.view.services.viewer()

    @cached_property
    def post(self) -> Post | None:
        """The post whose desk is shown; None where none is held today."""
        return next((post for post in self.viewer.posts if _key(post) == self.view["post"]), None)

    @cached_property
    def desk(self) -> Desk | None:
        """What the home of that post shows; None where its role sees no figures, or nothing was computed yet."""
        if self.post is None or self.view.services.values.data_date() is None:
            return None
        return desk_of(self.post)

    @cached_property
    def scope(self) -> Scope:
        """What this post alone lets its holder read: lists are of its own node, whatever other posts are held."""
        return scope_of(() if self.post is None else (self.post,), who=self.viewer.username)

    @property
    def peers(self) -> Sequence[Post]:
        """The posts of the same role, such as those of a counsellor of ten classes."""
        return [post for post in self.viewer.posts if self.post is not None and post.role is self.post.role]

    @property
    def term(self) -> str:
        """Key of the term shown; empty where there is none yet."""
        return self.view["term"]

    @cached_property
    def readings(self) -> Sequence[Reading]:
        """The indicators of the post's node, or those that its department answers for."""
        if self.desk is None or self.post is None:
            return ()
        values, codes = self.view.services.values, self.desk.codes
        level, node_id = self.post.node_level, self.post.node_id
        if self.desk.shows_duties:
            codes = tuple(values.codes_of(frozenset({self.post.node_name}) | self.post.node_aliases))
            level, node_id = "school", SCHOOL_ID
        return values.readings(codes, level, node_id, until=term_end(self.view), scope=self.scope)

    def board(self, listing: Listing) -> Board:
        """The entities of a list that this post reaches, with their values in the term shown."""
        services = self.view.services
        scope = scope_of(self.peers, who=self.viewer.username) if listing.is_of_role else self.scope
        present = services.rolls.present(scope=scope) if listing.level == "student" else None
        return services.values.board(listing.codes, listing.level, term_key=self.term, entity_ids=present, scope=scope)

    @cached_property
    def pupils(self) -> Board | None:
        """The students of the post's class by their weekly 到课率."""
        if self.post is None or self.post.node_level != "class":
            return None
        values = self.view.services.values
        members = values.members([self.post.node_id], scope=self.scope)
        return values.board((ATTENDANCE,), "student", term_key=self.term, entity_ids=members, scope=self.scope)

    @cached_property
    def until(self) -> dt.date | None:
        """The last day of data within the term shown; None where there is no term yet."""
        end, data_date = term_end(self.view), self.view.services.values.data_date()
        return None if end is None or data_date is None else min(end, data_date)

    @cached_property
    def cockpit(self) -> cockpit.Cockpit | None:
        """What stands out in the whole college, for who answers for all of it."""
        if self.desk is None or not self.desk.shows_cockpit or self.until is None:
            return None
        return cockpit.Cockpit(services=self.view.services, viewer=self.viewer, scope=self.scope, until=self.until)

    @cached_property
    def changes(self) -> Changes:
        """What fell and rose most below the post's node."""
        if self.cockpit is not None:
            return self.cockpit.changes
        if self.post is None or self.until is None:
            return Changes()
        below = (self.post.node_level, {self.post.node_id})
        digest = self.view.services.digest
        return digest.changes(until=self.until, below=below, count=changes.SHOWN, scope=self.scope)

    @cached_property
    def student(self) -> student.Student | None:
        """The viewer's own figures, where the post is that of a student."""
        if self.desk is None or self.post is None or self.post.role is not Role.STUDENT:
            return None
        return student.Student(view=self.view, scope=self.scope, number=self.post.node_id)

    @cached_property
    def growth(self) -> growth_card.Growth | None:
        """The viewer's own growth card, where the post is that of a student; that of the class they look after."""
        if self.student is not None or self.desk is None or self.post is None or self.post.node_level != "class":
            return None if self.student is None else self.student.growth
        class_id = self.post.node_id
        return growth_card.Growth(
            view=self.view, scope=self.scope, holder=Level.CLASS, holder_id=class_id, link=f"/classes/{class_id}"
        )


def draw_tiles(data: Home) -> Content:
    """The indicators of the post's node; why there are none, where there are none."""
    if not data.viewer.posts:
        return Content(body=states.denied(NO_POST))
    if data.student is not None:
        return student.draw_tiles(data.student)
    if data.desk is None:
        return Content(body=states.message(states.UNCOMPUTED))
    if data.cockpit is not None:
        return cockpit.draw_tiles(data.cockpit)
    if not data.readings:
        return Content(body=states.empty("这个岗位的指标还没有计算，或当前指标库不含这些指标。"))
    shown = duties.most_in_need(data.readings) if data.desk.shows_duties else data.readings
    ways = (*entry_reminder.entry(data.view.services), *teacher.entry(data.post), *major_parts.entry(data.post))
    return Content(body=tiles.row([*map(tile, shown), *ways]))


def draw_trend(data: Home) -> Content:
    """The weekly line of the post's node, against the school where this may be seen."""
    if data.student is not None:
        return student.draw_trend(data.student)
    if data.desk is None or data.post is None:
        return Content(body=states.message(states.UNCOMPUTED))
    services, post, code = data.view.services, data.post, data.desk.trend
    weekly = weeks_of(services, code, post.node_level, post.node_id, term_key=data.term, scope=data.scope)
    if not any(point.value is not None for point in weekly):
        return Content(body=states.empty(f"{filters.term_name(data.view)}没有考勤记录：未排课，或考勤尚未导入。"))
    others = []
    if post.node_level != "school":
        of_school = weeks_of(services, code, "school", SCHOOL_ID, term_key=data.term, scope=data.scope)
        others.append(Series(name=SCHOOL, points=of_school))
    name = SCHOOL if post.node_level == "school" else ("本人" if post.role is Role.TEACHER else post.node_name)
    return weekly_line(
        Series(name=name, points=weekly),
        others,
        services.values.indicator(code),
        label=f"{post.node_name or SCHOOL}逐周到课率",
        versions=services.values.versions(),
        height=380 if _has_beside(data) else 260,
    )


def _draw_listing(data: Home, listing: Listing | None, panel: str) -> Content:
    if listing is None or not data.term:
        return Content(body=states.message(states.UNCOMPUTED))
    board = data.board(listing)
    size, page = filters.stretch(data.view, size=ROWS_SHOWN)
    drawn, part = listed(
        board,
        _names(
            listing,
            link_of(data.viewer, listing.level),
            with_teacher=data.post is not None and data.post.node_level != "teacher",
        ),
        caption=f"{listing.title}，最需要关注的在前",
        table_id=ids.table("home", panel),
        is_whole=listing.is_whole,
        size=size,
        page=page if panel == "below" else 1,
    )
    if not part.total:
        return Content(body=states.empty(listing.missing), title=listing.title)
    noun = NOUNS[listing.level]
    pager = table.pager(part, noun=noun, link=lambda number: data.view.link(page=str(number)), is_in_place=True)
    first = next(iter(board.standings.values()), None)
    week = "" if first is None or first.focus is None else first.frame.periods[first.focus].label
    return Content(
        body=[drawn, pager] if part.pages > 1 else drawn,
        title=listing.title,
        note=" · ".join(words for words in (f"{part.total:,} {noun}", week) if words),
    )


def _names(listing: Listing, link: Callable[[int], str] | None, *, with_teacher: bool) -> _Columns:
    """The columns in front of the values."""
    if listing.level == "offering":
        return [
            (
                table.Column(title="课程", is_heading=True),
                lambda entity: named_cell(entity.course_name or entity.name, entity.entity_id, link),
            ),
            (table.Column(title="教学班"), lambda entity: entity.class_name),
            *([(table.Column(title="教师"), lambda entity: entity.teacher_name)] if with_teacher else []),
        ]
    title = "学号" if listing.level == "student" else NOUNS[listing.level].removeprefix("个")
    own: _Columns = [
        (table.Column(title=title, is_heading=True), lambda entity: named_cell(entity.name, entity.entity_id, link))
    ]
    if listing.level == "student":
        own.append((table.Column(title="班级"), lambda entity: entity.class_name))
    return own


def draw_beside(data: Home) -> Content:
    """The list next to the line."""
    if data.desk is not None and data.desk.shows_slipping:
        return draw_slipping(data.pupils, link=link_of(data.viewer, "student"), table_id=ids.table("home", "beside"))
    return _draw_listing(data, data.desk.beside if data.desk else None, "beside")


def draw_below(data: Home) -> Content:
    """The list over the whole width."""
    return _draw_listing(data, data.desk.below if data.desk else None, "below")


def draw_duties(data: Home) -> Content:
    """All indicators that the department answers for, with the values of the whole school."""
    return duties.draw("" if data.post is None else data.post.node_name, data.readings)


def heading(data: Home) -> Heading:
    """A greeting by name, the post whose desk is shown, and of the cockpit the week that its figures end with."""
    facts = [data.post.title_zh] if data.post else ["没有生效的岗位"]
    if data.cockpit is not None and (week := data.cockpit.week) is not None:
        facts.append(f"本周指{week.label}（{fmt.span(week.start, week.end)}）")
    return Heading(title=f"{data.viewer.name}，您好", name="首页", facts=facts, crumbs=(Crumb(label="首页"),))


def _is_student(data: Home) -> bool:
    return data.student is not None


def _has_trend(data: Home) -> bool:
    return _is_student(data) or bool(data.desk and data.desk.trend)


def _has_beside(data: Home) -> bool:
    return bool(data.desk and (data.desk.beside or data.desk.shows_slipping))


def _has_cockpit(data: Home) -> bool:
    return data.cockpit is not None


def _has_changes(data: Home) -> bool:
    return _has_cockpit(data) or bool(data.desk and data.desk.shows_changes and data.until)


def _has_below(data: Home) -> bool:
    listing = None if data.desk is None else data.desk.below
    return listing is not None and (not listing.is_of_role or len(data.peers) > 1)


def _has_tiles(data: Home) -> bool:
    return data.post is None or _shows_figures(data.post)


def _has_no_figures(data: Home) -> bool:
    return data.post is not None and not _shows_figures(data.post)


def _shows_figures(post: Post) -> bool:
    return desk_of(post) is not None


PAGE: Final = Page(
    name="home",
    path="/",
    title="首页",
    requires=Permission.APPLICATION_OPEN,
    nav=Nav(group="工作台", label="首页"),
    filters=(
        Filter(name="term", label="学期", kind=Kind.SELECT, options=_terms, is_hidden_alone=True),
        Filter(name="post", label="岗位", kind=Kind.SELECT, place=Place.TOOLS, options=_posts, is_hidden_alone=True),
        filters.PAGE_NUMBER,
    ),
    load=lambda view: Home(view=view),
    heading=heading,
    shows_values=False,
    panels=(
        *growth_panels.AT_HOME,
        Panel(name="summary", title="概况", draw=draw_tiles, height=110, is_framed=False, belongs=_has_tiles),
        Panel(
            name="sensitive",
            title="敏感事项",
            draw=lambda data: student.draw_sensitive(data.student),
            height=110,
            belongs=lambda data: _is_student(data) and bool(data.student.sensitive),
        ),
        Panel(name="trend", title="逐周到课率", unit="%", draw=draw_trend, columns=7, height=260, belongs=_has_trend),
        Panel(
            name="beside",
            title="下一级",
            draw=draw_beside,
            columns=5,
            height=260,
            belongs=_has_beside,
        ),
        Panel(
            name="five_by_five",
            title="五横×五纵",
            draw=lambda data: cockpit.draw_matrix(data.cockpit),
            columns=4,
            height=300,
            belongs=_has_cockpit,
        ),
        Panel(
            name="falls",
            title="下降最多",
            draw=lambda data: changes.draw(data.changes, data.viewer, rising=False, panel="falls"),
            columns=4,
            height=300,
            belongs=_has_changes,
        ),
        Panel(
            name="rises",
            title="上升最多",
            draw=lambda data: changes.draw(data.changes, data.viewer, rising=True, panel="rises"),
            columns=4,
            height=300,
            belongs=_has_changes,
        ),
        Panel(
            name="alarms",
            title="警戒中",
            draw=lambda data: cockpit.draw_alarms(data.cockpit),
            height=200,
            belongs=_has_cockpit,
        ),
        Panel(
            name="sources",
            title="数据来源",
            draw=lambda data: cockpit.draw_sources(data.cockpit),
            height=40,
            is_framed=False,
            belongs=_has_cockpit,
        ),
        Panel(
            name="below",
            title="下一级",
            draw=draw_below,
            height=400,
            belongs=_has_below,
        ),
        Panel(
            name="duties",
            title="本部门负责的指标",
            draw=draw_duties,
            height=400,
            belongs=lambda data: bool(data.desk and data.desk.shows_duties),
        ),
        Panel(
            name="courses",
            title="本学期课程",
            draw=lambda data: student.draw_courses(data.student),
            columns=8,
            height=400,
            belongs=_is_student,
        ),
        Panel(
            name="absences",
            title="缺勤记录",
            draw=lambda data: student.draw_absences(data.student),
            columns=4,
            height=400,
            belongs=_is_student,
        ),
        Panel(
            name="rights",
            title="我的工作",
            draw=lambda data: draw_rights(data.viewer),
            height=120,
            belongs=_has_no_figures,
        ),
        Panel(name="posts", title="我的岗位与数据范围", draw=lambda data: draw_posts(data.viewer), height=120),
    ),
)
