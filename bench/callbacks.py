"""How long the server takes over what pages ask, for one person of every role on every page they may open."""

from __future__ import annotations

import datetime as dt
import functools
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dash._utils import to_json
from sqlalchemy import select

from bench.college import Bench
from dashboards import PAGES, query
from dashboards.assembly import open_services
from dashboards.page import NotFoundError, Page
from dashboards.wiring import fill, route
from data_access.access.roles import Role
from data_access.access.viewer import Post, Viewer, viewer_of
from data_access.clock import today
from data_access.database.models import Entity

REPEAT: Final = 7
SAMPLE: Final = 3
"""Entities of a kind whose pages are opened."""
BUDGET_MS: Final = 100
_NODES: Final[Mapping[Role, str]] = {
    Role.LEADER: "school", Role.QUALITY_OFFICE: "school", Role.FUNCTION_HEAD: "dept", Role.DEPARTMENT_HEAD: "dept",
    Role.MAJOR_LEADER: "major", Role.COURSE_LEADER: "course", Role.TEACHER: "teacher", Role.CLASS_ADVISER: "class",
    Role.COUNSELLOR: "class", Role.STUDENT_AFFAIRS: "school", Role.STUDENT: "student", Role.DATA_STEWARD: "school",
}  # fmt: skip
"""Everybody who reads figures, and where they hold their post."""
_CODES: Final = ("CRS-ATT-01", "SCH-TSK-01", "MAJ-QUA-02", "STU-GRP-01")


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One question and how long its answer took, in milliseconds; the largest part of it is its text's making."""

    who: Role
    what: str
    address: str
    milliseconds: float
    kilobytes: float


def callbacks(bench: Bench) -> Iterator[str]:
    """Server time of the router and of every page's callback, warm and alone, with the slowest named."""
    timings = list(_timings(bench))
    taken = [timing.milliseconds for timing in timings]
    p95 = statistics.quantiles(taken, n=20)[-1]
    yield f"callbacks: {len(timings)} questions of {len(_NODES)} roles (server time, warm, one at a time):"
    yield f"  median {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms (allowed {BUDGET_MS}), slowest {max(taken):.1f} ms"
    for timing in sorted(timings, key=lambda found: -found.milliseconds)[:12]:
        yield (
            f"  {timing.milliseconds:7.1f} ms {timing.kilobytes:7.0f} kB  "
            f"{timing.who:18} {timing.what:6} {timing.address}"
        )


def _timings(bench: Bench) -> Iterator[Timing]:
    college = open_services(bench.settings, bench.database, viewer=_nobody, secret=b"")
    for role, level in _NODES.items():
        viewer = _viewer(bench, role, level)
        services = replace(college, viewer=lambda found=viewer: found)
        for page in PAGES:
            if not viewer.may(page.requires):
                continue
            for address in _addresses(bench, page):
                found = query.match(page.path, address)
                assert found is not None, address
                question = {"path": address, "search": "", "defaults": {}}
                try:
                    page.heading(page.load(page.view(services, path=address, search="")))
                except NotFoundError:
                    continue  # not theirs
                yield _timed(role, "router", address, lambda a=address, s=services: route(PAGES, s, a, ""))
                for wave in page.waves:
                    ask = functools.partial(fill, page, services, question, wave=wave)
                    yield _timed(role, f"wave {wave}", address, ask)


def _nobody() -> Viewer:
    raise LookupError


def _timed(role: Role, what: str, address: str, ask: Any) -> Timing:
    taken, text = [], ""
    for _ in range(REPEAT):
        start = time.perf_counter()
        text = to_json(ask())
        taken.append(time.perf_counter() - start)
    return Timing(
        who=role,
        what=what,
        address=address,
        milliseconds=1000 * statistics.median(taken),
        kilobytes=len(text.encode()) / 1000,
    )


def _ids(bench: Bench, level: str) -> Sequence[int]:
    """Some entities of a level, spread over all of them; of offerings and students the latest."""
    chosen = select(Entity.entity_id).where(Entity.level == level).order_by(Entity.entity_id)
    with bench.database.connect() as connection:
        found = connection.execute(chosen).scalars().all()
    if level in {"offering", "student", "class"}:
        found = found[-len(found) // 4 :]
    return found[:: max(1, len(found) // SAMPLE)][:SAMPLE]


def _addresses(bench: Bench, page: Page) -> Iterator[str]:
    if "<indicator_code>" in page.path:
        yield from (page.path.replace("<indicator_code>", code) for code in _CODES)
    elif "<" in page.path:
        level = page.path.partition("<")[2].partition("_id>")[0]
        yield from (page.path.replace(f"<{level}_id>", str(number)) for number in _ids(bench, level))
    else:
        yield page.path


def _viewer(bench: Bench, role: Role, level: str) -> Viewer:
    """Somebody who holds one post in a role, at the first of its nodes that pages of entities are sampled from."""
    node = 1 if level == "school" else _ids(bench, level)[0]
    post = Post(role=role, node_level=level, node_id=node, valid_from=dt.date(2020, 1, 1), node_name=f"{level} {node}")
    return viewer_of((post,), on=today(), account_id=1, username=role, name=role)
