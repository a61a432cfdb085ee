"""The tables behind the monitoring pages: weights of the diagnosis model, wall screens and what they show."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Date, DateTime, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data_access.database.models import Base


class ModelWeightSet(Base):
    """The weights of the eight-dimension model from a year on. Rows are added, never changed: that is the history."""

    __tablename__ = "model_weight_set"

    set_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    valid_from_year: Mapped[int] = mapped_column(Integer, index=True)
    """First year that is scored by it; of several sets for one year the last entered counts."""
    weights: Mapped[dict[str, Any]]
    """{dimension key: {"weight": number, "items": {indicator code: number}}}"""
    reason: Mapped[str] = mapped_column(Text)
    set_by: Mapped[str] = mapped_column(String(64))
    set_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class ScreenToken(Base):
    """One wall screen that may open itself with a token; of the token only its hash is kept."""

    __tablename__ = "screen_token"

    screen_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(64))
    """Where it hangs, such as 行政楼大厅."""
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_by: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    expires_on: Mapped[dt.date] = mapped_column(Date)
    """Last day on which it opens the screen."""
    revoked_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class ScreenSetting(Base):
    """Which scenes the wall screens show and how fast. Rows are added; the last one counts."""

    __tablename__ = "screen_setting"

    setting_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    scenes: Mapped[list[Any]]
    """Keys of the scenes, in the order shown."""
    seconds_per_scene: Mapped[int] = mapped_column(Integer)
    reload_hour: Mapped[int] = mapped_column(Integer)
    """Hour of the night, 0 to 23, at which a screen loads itself anew."""
    set_by: Mapped[str] = mapped_column(String(64))
    set_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
