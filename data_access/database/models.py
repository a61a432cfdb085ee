"""The tables of the database: what pages are served from and what the product itself records.

Three groups live here: the *ledger* of the lake (which version of which table counts, and which
batch brought it), *intake* records, and the *stored measures* that pages read.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Date, DateTime, Double, ForeignKey, Index, Integer, SmallInteger, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SLOTS: Final = 24
"""Additive parts per stored row; a family of indicators that needs more is split (ADR 0003)."""


class Base(DeclarativeBase):
    """Declarative base of all models."""

    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 (SQLAlchemy reads it as a class attribute)


# -- the ledger of the lake -------------------------------------------------------------------


class LakeCommit(Base):
    """One change of the lake as a whole; its number is the data version shown beside every value."""

    __tablename__ = "lake_commit"

    data_version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    committed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    kind: Mapped[str] = mapped_column(String(20))
    """demo, import, undo, release (of quarantined rows), maintenance"""
    batch_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    note: Mapped[str] = mapped_column(Text, default="")


class LakePointer(Base):
    """Which Delta version of a table counts. Versions beyond it are leftovers of a killed writer."""

    __tablename__ = "lake_pointer"

    table_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    delta_version: Mapped[int] = mapped_column(BigInteger)
    data_version: Mapped[int] = mapped_column(ForeignKey("lake_commit.data_version"))


class LakeChange(Base):
    """What a commit touched: the watermark from which an incremental compute works."""

    __tablename__ = "lake_change"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    data_version: Mapped[int] = mapped_column(ForeignKey("lake_commit.data_version"), index=True)
    table_name: Mapped[str] = mapped_column(String(64))
    time_keys: Mapped[list[Any] | None] = mapped_column(JSON)
    """Values of the table's time key that gained, lost or changed rows; null means all."""
    delta_from: Mapped[int | None] = mapped_column(BigInteger)
    delta_to: Mapped[int] = mapped_column(BigInteger)


# -- intake -----------------------------------------------------------------------------------


class ImportBatch(Base):
    """One attempt to import files under one mapping."""

    __tablename__ = "import_batch"

    batch_id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    mapping: Mapped[str] = mapped_column(String(64), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 over the mapping's text and the files' hashes: the same import twice has the same."""
    files: Mapped[list[Any]]
    """[{name, sha256, bytes}]; the bytes themselves lie in the raw store under their hash."""
    status: Mapped[str] = mapped_column(String(16), index=True)
    """staged, discarded, refused, committed, unchanged, undone, interrupted"""
    owner: Mapped[str] = mapped_column(String(64), default="")
    """The process that stages it: host, process id and its start time."""
    started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    data_version: Mapped[int | None] = mapped_column(ForeignKey("lake_commit.data_version"))
    counts: Mapped[dict[str, Any]]
    """per table: {read, new, changed, unchanged, conflicting, quarantined, refused}"""


class ImportProblem(Base):
    """One row of a source file that could not be taken, and what would put it right."""

    __tablename__ = "import_problem"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.batch_id"), index=True)
    file: Mapped[str] = mapped_column(Text)
    source_row: Mapped[int | None] = mapped_column(Integer)
    column: Mapped[str] = mapped_column(Text, default="")
    value: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text)
    remedy: Mapped[str] = mapped_column(Text, default="")


class QuarantinedRow(Base):
    """A sound row that names a student, course or other parent not yet known; it waits for it."""

    __tablename__ = "quarantined_row"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.batch_id"), index=True)
    table_name: Mapped[str] = mapped_column(String(64), index=True)
    file: Mapped[str] = mapped_column(Text)
    source_row: Mapped[int] = mapped_column(Integer)
    missing_table: Mapped[str] = mapped_column(String(64))
    missing_value: Mapped[str] = mapped_column(String(255), index=True)
    row: Mapped[dict[str, Any]]
    row_key: Mapped[str] = mapped_column(String(32), index=True)
    """Hash of table and natural key: a later row of the same subject replaces this one."""
    outcome: Mapped[str] = mapped_column(String(12), default="waiting", index=True)
    """waiting, released, replaced, withdrawn (its batch was undone)"""
    released_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    resolved_by: Mapped[int | None] = mapped_column(BigInteger)
    """The batch whose commit released or replaced it."""


# -- stored measures --------------------------------------------------------------------------


class ComputeRun(Base):
    """One run of the engine: every stored row names the run that wrote it."""

    __tablename__ = "compute_run"

    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(16))
    """full or incremental"""
    started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    data_version: Mapped[int] = mapped_column(Integer)
    library_version: Mapped[str] = mapped_column(String(32))
    as_of: Mapped[dt.date] = mapped_column(Date)
    data_date: Mapped[dt.date | None] = mapped_column(Date)
    """The last day with facts."""
    rows_written: Mapped[int] = mapped_column(Integer, default=0)


class IndicatorEntry(Base):
    """One indicator as last computed: its definition, kept with the values it explains."""

    __tablename__ = "indicator_entry"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(128))
    layer: Mapped[str] = mapped_column(String(16))
    entity: Mapped[str] = mapped_column(String(16))
    period: Mapped[str] = mapped_column(String(16))
    unit: Mapped[str] = mapped_column(String(16))
    direction: Mapped[str] = mapped_column(String(8))
    definition: Mapped[dict[str, Any]]


class IndicatorPlan(Base):
    """How an indicator's value is made from stored parts, for one kind of period.

    Written with the parts, so that an edited library never misreads rows computed before the edit.
    """

    __tablename__ = "indicator_plan"

    code: Mapped[str] = mapped_column(ForeignKey("indicator_entry.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    so_far: Mapped[bool]
    """True for the weekly running values of a term indicator: shown, never graded."""
    family_id: Mapped[int] = mapped_column(SmallInteger)
    levels: Mapped[list[Any]]
    value: Mapped[Any] = mapped_column(JSON)
    numerator: Mapped[Any | None] = mapped_column(JSON)
    denominator: Mapped[Any | None] = mapped_column(JSON)


class Period(Base):
    """One week, month, term or year that has stored values."""

    __tablename__ = "period"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    period_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    label_zh: Mapped[str] = mapped_column(String(48))
    start_date: Mapped[dt.date] = mapped_column(Date)
    end_date: Mapped[dt.date] = mapped_column(Date)
    term_id: Mapped[int | None] = mapped_column(Integer)


class Entity(Base):
    """A school, department, major, class, student, course, offering or teacher, with its place in the tree."""

    __tablename__ = "entity"

    level: Mapped[str] = mapped_column(String(12), primary_key=True)
    entity_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(64), default="")
    name: Mapped[str] = mapped_column(String(160))
    aliases: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Other names of a department, by which the library may name it; separated by semicolons."""
    dept_id: Mapped[int | None] = mapped_column(BigInteger)
    major_id: Mapped[int | None] = mapped_column(BigInteger)
    class_id: Mapped[int | None] = mapped_column(BigInteger)
    course_id: Mapped[int | None] = mapped_column(BigInteger)
    teacher_id: Mapped[int | None] = mapped_column(BigInteger)
    term_id: Mapped[int | None] = mapped_column(Integer)
    grade_year: Mapped[int | None] = mapped_column(Integer)
    size: Mapped[int | None] = mapped_column(Integer)
    """Students of a class, enrolled students of an offering."""

    __table_args__ = (
        Index("ix_entity_dept", "level", "dept_id"),
        Index("ix_entity_term", "level", "term_id", "dept_id"),
    )


class Measure(Base):
    """Additive parts of all indicators of one family for one entity and period (ADR 0003).

    `family_id` numbers a set of indicators that share fact tables, period kind and window; `level`
    numbers the entity type. Which slot holds which part is written in `IndicatorPlan`.
    """

    __tablename__ = "measure"

    family_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    period_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    entity_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(Integer)
    rows: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        Index("ix_measure_entity", "family_id", "level", "entity_id", "period_id"),
        {"sqlite_with_rowid": False},
    )


for _slot in range(SLOTS):
    setattr(Measure, f"p{_slot:02d}", mapped_column(f"p{_slot:02d}", Double, nullable=True))
