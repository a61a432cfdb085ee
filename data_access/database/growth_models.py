"""The tables of the growth card and what belongs to it: ledger, entry sheets, disputes, self-tests, plans of students.

The ledger (`CardEntry`) only grows: the database itself refuses to change or delete a row of it.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from data_access.database.models import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of its type INTEGER."""


class CardTermRow(Base):
    """A term as accounts are kept by it, copied from the calendar of the lake with every posting."""

    __tablename__ = "card_term"

    term_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    acad_start: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(SmallInteger)
    start_date: Mapped[dt.date] = mapped_column(Date)
    end_date: Mapped[dt.date] = mapped_column(Date)
    weeks: Mapped[list[Any]]
    """[[key, label, first day, last day]] of its teaching weeks, those to come as well"""
    freezes_on: Mapped[dt.date] = mapped_column(Date)


class CardPosting(Base):
    """One run that posted to accounts; every entry names the one that wrote it."""

    __tablename__ = "card_posting"

    posting_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    cause: Mapped[str] = mapped_column(String(16))
    """facts (of a term), sheet, dispute, plan"""
    term_id: Mapped[int] = mapped_column(Integer, index=True)
    started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    as_of: Mapped[dt.date] = mapped_column(Date)
    data_version: Mapped[int] = mapped_column(Integer)
    rules_version: Mapped[str] = mapped_column(String(32))
    posted_by: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int] = mapped_column(Integer, default=0)
    reversals: Mapped[int] = mapped_column(Integer, default=0)


class CardEntry(Base):
    """One line of the ledger. Points are in hundredths, so that sums are exact.

    `holder` is 5 for a student and 4 for a class, as in `indicators.model.Level`. Of one holder, point and slot of a
    term at most one entry counts: the one that is no reversal and that no reversal names.
    """

    __tablename__ = "card_entry"

    entry_id: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=True)
    holder: Mapped[int] = mapped_column(SmallInteger)
    holder_id: Mapped[int] = mapped_column(BigInteger)
    term_id: Mapped[int] = mapped_column(Integer)
    point: Mapped[str] = mapped_column(String(12))
    slot: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(9))
    """opening, deposit, deduction, reversal"""
    booked_on: Mapped[dt.date] = mapped_column(Date)
    """The day it counts from: balances of past days add up the entries booked until then."""
    raw: Mapped[float | None] = mapped_column(Double)
    points: Mapped[int] = mapped_column(Integer)
    possible: Mapped[int] = mapped_column(Integer)
    """The most that the slot could bring; attainment is points over that."""
    reversal_of: Mapped[int | None] = mapped_column(ForeignKey("card_entry.entry_id"), unique=True)
    posting_id: Mapped[int] = mapped_column(ForeignKey("card_posting.posting_id"))
    sheet_id: Mapped[int | None] = mapped_column(Integer)
    """The entry sheet it was taken from; None for what was derived from facts."""
    correction_id: Mapped[int | None] = mapped_column(Integer)
    recorded_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_card_entry_account", "holder", "holder_id", "term_id"),
        Index("ix_card_entry_term", "term_id", "holder", "point"),
    )


class CardStanding(Base):
    """Where an account stands in a term: sums of its entries, kept for lists and for bands among peers."""

    __tablename__ = "card_standing"

    holder: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    term_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    holder_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(String(16), primary_key=True)
    """Name of the account; empty for all of them together."""
    net: Mapped[int] = mapped_column(Integer)
    possible: Mapped[int] = mapped_column(Integer)
    quarter: Mapped[int | None] = mapped_column(SmallInteger)
    """Of a student within the class, of a class within its grade: 1 (best) to 4; None where too few to say."""

    __table_args__ = (Index("ix_card_standing_holder", "holder", "holder_id"),)


class CardSheet(Base):
    """One sheet that a collector fills in: one time point of one class or teaching section."""

    __tablename__ = "card_sheet"

    sheet_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    collector: Mapped[str] = mapped_column(String(8))
    """班主任, 任课教师 …"""
    unit_level: Mapped[str] = mapped_column(String(12))
    """class or offering"""
    unit_id: Mapped[int] = mapped_column(BigInteger)
    term_id: Mapped[int] = mapped_column(Integer)
    task: Mapped[str] = mapped_column(String(24))
    """What is collected in it: a slot such as W11 or term, or the day of a lesson such as 20261118."""
    due_on: Mapped[dt.date | None] = mapped_column(Date)
    opened_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    submitted_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    """First time that it was handed in: this decides whether it was in time."""
    submitted_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    posted_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    """Last time that what it holds was posted."""

    __table_args__ = (
        UniqueConstraint("collector", "unit_level", "unit_id", "term_id", "task"),
        Index("ix_card_sheet_unit", "unit_level", "unit_id", "term_id"),
    )


class CardMark(Base):
    """One cell of a sheet. Its version grows with every change: who saves over an older one is told."""

    __tablename__ = "card_mark"

    sheet_id: Mapped[int] = mapped_column(ForeignKey("card_sheet.sheet_id"), primary_key=True)
    holder: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    holder_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    column: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Code of a point, with the input's name where it has several: STU-ACD-09, STU-ACD-09.events; or a mark of a lesson:
    status, preview, homework."""
    value: Mapped[float | None] = mapped_column(Double)
    version: Mapped[int] = mapped_column(Integer)
    edited_by: Mapped[str] = mapped_column(String(64))
    edited_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_card_mark_holder", "holder", "holder_id"),)


class CardMarkChange(Base):
    """Every change of a cell, for undo and for the question who entered what."""

    __tablename__ = "card_mark_change"

    change_id: Mapped[int] = mapped_column(_BIG, primary_key=True, autoincrement=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("card_sheet.sheet_id"), index=True)
    holder: Mapped[int] = mapped_column(SmallInteger)
    holder_id: Mapped[int] = mapped_column(BigInteger)
    column: Mapped[str] = mapped_column(String(32))
    before: Mapped[float | None] = mapped_column(Double)
    after: Mapped[float | None] = mapped_column(Double)
    version: Mapped[int] = mapped_column(Integer)
    edited_by: Mapped[str] = mapped_column(String(64))
    edited_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class CardDispute(Base):
    """A student's objection to an entry: opened, answered by the collector, decided by somebody else."""

    __tablename__ = "card_dispute"

    dispute_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("card_entry.entry_id"), index=True)
    student_id: Mapped[int] = mapped_column(BigInteger, index=True)
    class_id: Mapped[int] = mapped_column(BigInteger, index=True)
    status: Mapped[str] = mapped_column(String(10), index=True)
    """open, answered, upheld, rejected, withdrawn"""
    reason: Mapped[str] = mapped_column(Text)
    opened_by: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    proposed: Mapped[dict[str, Any] | None]
    """Values by input that the collector thinks right; null where the entry is to stand."""
    answered_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    answered_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    decision: Mapped[str] = mapped_column(Text, default="", server_default="")
    decided_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    decided_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class CardCorrection(Base):
    """Values that count for one holder, point and slot instead of what facts and sheets say. Rows are added only."""

    __tablename__ = "card_correction"

    correction_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    holder: Mapped[int] = mapped_column(SmallInteger)
    holder_id: Mapped[int] = mapped_column(BigInteger)
    term_id: Mapped[int] = mapped_column(Integer, index=True)
    point: Mapped[str] = mapped_column(String(12))
    slot: Mapped[str] = mapped_column(String(12))
    inputs: Mapped[dict[str, Any]]
    """{input: value}; the last correction of a slot counts."""
    dispute_id: Mapped[int | None] = mapped_column(ForeignKey("card_dispute.dispute_id"))
    reason: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class RevisedFigure(Base):
    """A value that was shown or judged and has since been found wrong: warnings and risks made from it carry a mark."""

    __tablename__ = "revised_figure"

    revision_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    code: Mapped[str] = mapped_column(String(32))
    """Indicator"""
    level: Mapped[str] = mapped_column(String(12))
    entity_id: Mapped[int] = mapped_column(BigInteger)
    period_key: Mapped[str] = mapped_column(String(24))
    before: Mapped[float | None] = mapped_column(Double)
    after: Mapped[float | None] = mapped_column(Double)
    source: Mapped[str] = mapped_column(String(32))
    """Such as dispute:12"""
    revised_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_revised_figure_entity", "level", "entity_id", "code"),)


class SelfTestResponse(Base):
    """One filled-in questionnaire of a student. What is sensitive about it follows from its scale."""

    __tablename__ = "self_test_response"

    response_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    student_id: Mapped[int] = mapped_column(BigInteger)
    scale: Mapped[str] = mapped_column(String(32))
    scale_version: Mapped[str] = mapped_column(String(16))
    term_id: Mapped[int] = mapped_column(Integer)
    answers: Mapped[dict[str, Any]]
    score: Mapped[float] = mapped_column(Double)
    """Standard score, 0 to 100"""
    level: Mapped[str] = mapped_column(String(8))
    parts: Mapped[dict[str, Any]]
    """Score by dimension of the scale"""
    submitted_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        UniqueConstraint("student_id", "scale", "term_id"),
        Index("ix_self_test_response_scale", "term_id", "scale"),
    )


class StudentPlan(Base):
    """学业计划, 个人发展规划 or 职业生涯规划 of a student for an academic year."""

    __tablename__ = "student_plan"

    plan_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    student_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(16))
    acad_start: Mapped[int] = mapped_column(Integer)
    situation: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where the student stands, in own words"""
    aim: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    saved_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    due_on: Mapped[dt.date] = mapped_column(Date)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    """First time that it was handed in"""
    status: Mapped[str] = mapped_column(String(10))
    """draft, submitted, returned, approved"""
    quality: Mapped[float | None] = mapped_column(Double)
    review: Mapped[str] = mapped_column(Text, default="", server_default="")
    reviewed_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    reviewed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (UniqueConstraint("student_id", "kind", "acad_start"),)


class StudentPlanGoal(Base):
    """One goal of a plan: A tasks of study, B matters of growth, C what is wished for beyond."""

    __tablename__ = "student_plan_goal"

    goal_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("student_plan.plan_id"), index=True)
    part: Mapped[str] = mapped_column(String(1))
    position: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(Text, default="", server_default="")
    """By what one sees that it is reached"""
    due_on: Mapped[dt.date | None] = mapped_column(Date)
    is_done: Mapped[bool] = mapped_column(Boolean, default=False)
    result: Mapped[str] = mapped_column(Text, default="", server_default="")
    confirmed_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Who has confirmed that it is done; a goal counts as reached from then on."""
