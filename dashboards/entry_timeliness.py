"""采分及时率 for those who oversee entry: by collector, department, person and week; each table also as a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from dashboards.attachments import attach
from dashboards.entry_wording import State as Mark
from dashboards.routes import Route, blueprint_of
from dashboards.server_page import render
from dashboards.services import Services
from data_access.access.audit_events import AuditKind, Event
from data_access.access.permissions import Permission
from indicators.growth_card.timeliness import By, Rate
from layouts import format as fmt
from layouts.exports import csv

PREFIX: Final = "/entry/timeliness"
TABLES: Final[Mapping[By, str]] = {
    By.COLLECTOR: "采分主体",
    By.DEPARTMENT: "系(部)",
    By.TIME: "时点",
    By.PERSON: "责任人",
}
"""What the rows of each table are."""
COLUMNS: Final = ("应录入", "及时", "其中系统采集", "及时率(%)")
SHOWN: Final = 30
"""Rows of a table on the page; the file has all of them."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table."""

    rate: Rate
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the page; `rest` is how many lines are in the file alone."""

    by: By
    noun: str
    rows: Sequence[Row]
    rest: int
    file: str


def mark_of(rate: Rate, floor: float) -> Mark:
    """A rate against the floor: CSS class of the state, and the rate."""
    if rate.value is None:
        return "no-data", fmt.NO_VALUE
    return ("warning" if rate.value < floor else "reached"), fmt.with_unit(rate.value, "%")


def table_of(by: By, rates: Sequence[Rate], *, floor: float, file: str) -> Table:
    """The table of some rates, as many lines as have room."""
    return Table(
        by=by,
        noun=TABLES[by],
        rows=[Row(rate=rate, mark=mark_of(rate, floor)) for rate in rates[:SHOWN]],
        rest=max(0, len(rates) - SHOWN),
        file=file,
    )


def lines_of(rates: Iterable[Rate]) -> Iterable[tuple[object, ...]]:
    """The rows of the file of a table."""
    for rate in rates:
        yield (
            rate.label,
            rate.due,
            rate.in_time,
            rate.by_system,
            None if rate.value is None else round(rate.value, 1),
        )


def _term_key() -> str | None:
    return request.args.get("term") or None


def index(services: Services) -> ResponseReturnValue:
    """The rates of a term over what the viewer oversees."""
    timeliness, viewer, today = services.timeliness, services.viewer(), services.today()
    term = timeliness.term(_term_key(), on=today)
    key = term.key if term else None
    wanted = (By.SCHOOL, *TABLES)
    rates = timeliness.rates(wanted, term_key=key, on=today, viewer=viewer) if term else {by: [] for by in wanted}
    return render(
        "entry_timeliness.html",
        title="采分及时率",
        terms=list(reversed(services.values.terms())),
        term=key,
        floor=timeliness.floor,
        whole=next(iter(rates[By.SCHOOL]), None),
        whole_mark=mark_of(rates[By.SCHOOL][0], timeliness.floor) if rates[By.SCHOOL] else None,
        tables=[
            table_of(
                by, rates[by], floor=timeliness.floor, file=url_for("entry_timeliness.export", by=by.value, term=key)
            )
            for by in TABLES
            if rates[by]
        ],
    )


def export(services: Services, by: str) -> ResponseReturnValue:
    """One table as a file; it leaves only after it has been recorded."""
    if by not in set(TABLES):
        return abort(HTTPStatus.NOT_FOUND)
    timeliness, viewer, today = services.timeliness, services.viewer(), services.today()
    term = timeliness.term(_term_key(), on=today)
    if term is None:
        return abort(HTTPStatus.NOT_FOUND)
    rates = timeliness.rates((By(by),), term_key=term.key, on=today, viewer=viewer)[By(by)]
    name = f"采分及时率_{TABLES[By(by)]}_{term.key}.csv"
    content = b"".join(csv.bytes_of((TABLES[By(by)], *COLUMNS), lines_of(rates)))
    services.audit.write(
        Event(
            kind=AuditKind.EXPORT,
            actor=viewer.username,
            subject=f"entry:timeliness:{by}",
            rows=len(rates),
            scope=viewer.scope_for(Permission.ENTRY_OVERSEE).reason,
            address=request.remote_addr or "",
            detail={"file": name, "sha256": hashlib.sha256(content).hexdigest()},
        )
    )
    return attach(Response(content, content_type=csv.MEDIA_TYPE), name)


_OVERSEE: Final = Permission.ENTRY_OVERSEE
ROUTES: Final = (
    Route(path="", view=index, permission=_OVERSEE),
    Route(path="/<by>.csv", view=export, permission=_OVERSEE),
)


def blueprint(services: Services) -> Blueprint:
    """The pages below ``/entry/timeliness``."""
    return blueprint_of("entry_timeliness", ROUTES, prefix=PREFIX, context=services)
