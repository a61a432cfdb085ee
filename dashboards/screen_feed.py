"""The feed of the wall screens: all scenes as JSON, made once for all screens and kept until the data change."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.refusals import record
from dashboards.screen_scenes import BUILDERS, Moment
from dashboards.services import ValueService
from data_access.access.scope import Scope
from data_access.access.screen_settings import SCENES, ScreenSettings
from data_access.access.screens import wall_screen
from indicators.major_diagnosis import MajorDiagnosis
from indicators.results import PeriodInfo, TermInfo
from indicators.shelf import Shelf
from layouts import format as fmt
from layouts.screen_blocks import LEGEND, Scene, plain
from layouts.states import UNCOMPUTED

FORM: Final = 1
"""Form of the feed; a screen whose script knows another form loads itself anew."""
SECONDS: Final = 200.0
"""So long a feed is kept at most: the weights of the diagnosis may change while the data stay.

A screen asks again after 75 seconds at the latest, so that new weights hang in the hall within five minutes.
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The bytes of a feed and the tag by which a screen asks whether they are still the same."""

    body: bytes
    tag: str


def scope_of_screens(on: dt.date) -> Scope:
    """What any wall screen may read, whoever stands before it: groups, nothing sensitive, nobody."""
    return wall_screen(0, "", on=on).scope


class Feed:
    """Makes feeds; every screen gets the same one.

    Args:
        values: where figures come from.
        library: the indicators there are.
        majors: the diagnosis of the majors.
        today: the current day.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        values: ValueService,
        library: Shelf,
        majors: MajorDiagnosis,
        today: Callable[[], dt.date],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._values = values
        self._library = library
        self._majors = majors
        self._today = today
        self._clock = clock
        self._lock = threading.Lock()
        self._key: tuple[object, ...] = ()
        self._made_at = 0.0
        self._content: Mapping[str, Any] = {}

    def answer(self, settings: ScreenSettings) -> Answer:
        """The feed for screens that run by `settings`."""
        content = {**self._current(), "settings": _settings(settings)}
        scenes = {scene["key"]: scene for scene in content["scenes"]}
        content["scenes"] = [scenes[key] for key in settings.scenes if key in scenes]
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        return Answer(body=body, tag=hashlib.sha256(body).hexdigest()[:32])

    def _current(self) -> Mapping[str, Any]:
        key = (self._values.versions(), self._values.data_date(), self._today())
        with self._lock:  # of many screens that ask at once, one has it made
            if key != self._key or self._clock() - self._made_at >= SECONDS:
                self._content = content_of(self._values, self._library, self._majors, self._today())
                self._key, self._made_at = key, self._clock()
            return self._content


def content_of(values: ValueService, library: Shelf, majors: MajorDiagnosis, today: dt.date) -> dict[str, Any]:
    """Everything a screen shows on a day, as JSON takes it; without data, why there is nothing."""
    library_version, data = values.versions()
    until, terms = values.data_date(), values.terms()
    scope = scope_of_screens(today)
    content: dict[str, Any] = {
        "form": FORM,
        "library_version": library_version,
        "data_version": data,
        "data_date": None if until is None else until.isoformat(),
        "today": today.isoformat(),
        "term": term_line(terms, values.periods("week"), today),
        "legend": LEGEND,
        "scenes": [],
        "missing": "",
    }
    if until is None or not terms:
        content["missing"] = f"{UNCOMPUTED.title}：{UNCOMPUTED.detail}"
        return content
    begun = [term for term in terms if term.start <= until] or list(terms[:1])
    entries = library.entries()
    moment = Moment(values=values, entries=entries, majors=majors, scope=scope, term=begun[-1], until=until)
    content["scenes"] = [plain(scene) for scene in scenes_of(moment)]
    return content


def scenes_of(moment: Moment) -> list[Scene]:
    """All scenes; one that fails says so and leaves the others alone."""
    made = []
    for key, build in BUILDERS.items():
        try:
            made.append(build(moment))
        except Exception as error:  # noqa: BLE001 (whatever the matter is, the other scenes go on)
            made.append(Scene(key=key, title=SCENES[key], problem=record(error, f"the scene {key} of the wall screen")))
    return made


def term_line(terms: Sequence[TermInfo], weeks: Sequence[PeriodInfo], today: dt.date) -> str:
    """Term, week and weekday, such as ``2026–2027 第一学期 · 第11周 · 周五``; between terms only what is so."""
    term = next((term.label for term in reversed(terms) if term.start <= today <= term.end), "")
    week = next((week.label for week in weeks if week.start <= today <= week.end), "") if term else ""
    return " · ".join(part for part in (term, week, fmt.WEEKDAYS[today.weekday()]) if part)


def _settings(settings: ScreenSettings) -> dict[str, Any]:
    return {"scenes": list(settings.scenes), "seconds": settings.seconds, "reload_hour": settings.reload_hour}
