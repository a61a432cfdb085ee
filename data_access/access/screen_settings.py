"""What the wall screens show and how fast: rows that are only ever added, of which the last one counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, RowMapping, insert, select

from data_access import clock
from data_access.access.actors import Actor
from data_access.access.audit import AuditKind, AuditLog, Event
from data_access.database import transaction
from data_access.database.monitoring_models import ScreenSetting
from data_access.errors import UserError

SCENES: Final[Mapping[str, str]] = {
    "overview": "全校态势",
    "classroom": "今日课堂",
    "majors": "专业八维",
    "growth": "学生成长",
    "tasks": "任务与预警",
}
"""The scenes there are, by key, in their usual order."""
SHORTEST: Final = 5
LONGEST: Final = 120
"""Bounds of the seconds for which a scene stays: less cannot be read, more looks as if the screen hung."""


@dataclass(frozen=True, kw_only=True)
class ScreenSettings:
    """How the wall screens run.

    Attributes:
        scenes: keys of `SCENES`, in the order shown.
        seconds: for which each stays.
        reload_hour: hour of the college's night from which a screen loads itself anew, 0 to 23.
    """

    scenes: tuple[str, ...] = tuple(SCENES)
    seconds: int = 20
    reload_hour: int = 3

    def __post_init__(self) -> None:
        """Refuse what no screen could run by.

        Raises:
            UserError: no scene, an unknown one or one twice, or a number out of its bounds.
        """
        if not self.scenes:
            raise UserError("至少选择一个画面。")
        if len(set(self.scenes)) < len(self.scenes) or not set(self.scenes) <= set(SCENES):
            raise UserError("每个画面只能选一次，且须是现有的画面。")
        if not SHORTEST <= self.seconds <= LONGEST:
            raise UserError(f"每个画面停留 {SHORTEST} 到 {LONGEST} 秒。")
        if not 0 <= self.reload_hour <= 23:
            raise UserError("重新载入的时刻须在 0 到 23 点之间。")


@dataclass(frozen=True, kw_only=True)
class SettingRecord:
    """Settings with who made them, and when."""

    settings: ScreenSettings
    set_by: str
    set_at: dt.datetime


class ScreenSettingStore:
    """The settings of an installation's wall screens.

    Args:
        database: its database.
        audit: where changes are recorded.
        now: the current time, aware.
    """

    def __init__(self, database: Engine, audit: AuditLog, *, now: Callable[[], dt.datetime] = clock.now) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    def current(self) -> ScreenSettings:
        """The settings that count; the usual ones before anybody has set any."""
        found = self.history(last=1)
        return found[0].settings if found else ScreenSettings()

    def history(self, *, last: int) -> list[SettingRecord]:
        """The last so many settings, newest first; a scene that is no more is left out of them."""
        query = select(*ScreenSetting.__table__.columns).order_by(ScreenSetting.setting_id.desc()).limit(last)
        with self._database.connect() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def save(self, settings: ScreenSettings, *, by: Actor) -> None:
        """Let `settings` count from now on."""
        with transaction(self._database) as connection:
            connection.execute(
                insert(ScreenSetting).values(
                    scenes=list(settings.scenes),
                    seconds_per_scene=settings.seconds,
                    reload_hour=settings.reload_hour,
                    set_by=by.name,
                    set_at=self._now(),
                )
            )
            detail = {
                "change": "set",
                "scenes": [SCENES[key] for key in settings.scenes],
                "seconds": settings.seconds,
                "hour": settings.reload_hour,
            }
            self._audit.write_in(
                connection,
                Event(
                    kind=AuditKind.MAINTENANCE,
                    actor=by.name,
                    subject="screen:settings",
                    address=by.address,
                    detail=detail,
                ),
            )


def _record(row: RowMapping) -> SettingRecord:
    return SettingRecord(
        settings=ScreenSettings(
            scenes=tuple(key for key in row["scenes"] if key in SCENES) or tuple(SCENES),
            seconds=row["seconds_per_scene"],
            reload_hour=row["reload_hour"],
        ),
        set_by=row["set_by"],
        set_at=clock.utc(row["set_at"]),
    )
