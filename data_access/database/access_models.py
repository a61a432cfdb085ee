"""The tables behind sign-in and permissions: who there is, which posts they hold, what they did."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, DateTime, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from data_access.database.models import Base


class Account(Base):
    """One person who may sign in. What they may see follows from their posts alone."""

    __tablename__ = "account"

    account_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    """Staff or student number as a rule; stored in lower case, compared without regard to case."""
    name: Mapped[str] = mapped_column(String(64))
    person_kind: Mapped[str] = mapped_column(String(8))
    """teacher, student, or other (administrators, a wall screen)"""
    person_id: Mapped[int | None] = mapped_column(BigInteger)
    """Key in dim_teacher or dim_student; null for others."""
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """Argon2id; null where the person signs in through the campus's single sign-on, or not yet."""
    password_history: Mapped[list[Any]]
    """Hashes of former passwords, newest first, which may not be taken again."""
    password_changed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    awaits_release: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    """True from when a person issued the password of a weighty post until a second person agrees."""
    session_version: Mapped[int] = mapped_column(Integer, default=1)
    """Every sign-in remembers it; raising it ends them all."""
    disabled_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_because: Mapped[str] = mapped_column(String(120), default="")
    source: Mapped[str] = mapped_column(String(12))
    """roster (derived from the dimensions), import, manual, or demo"""
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    last_sign_in_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (Index("ix_account_person", "person_kind", "person_id"),)


class PostRecord(Base):
    """One post: a role at a node of the organisation tree, held by one person from a day to a day."""

    __tablename__ = "post"

    post_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.account_id"), index=True)
    role: Mapped[str] = mapped_column(String(24), index=True)
    node_level: Mapped[str] = mapped_column(String(12))
    """school, dept, major, class, course, teacher or student"""
    node_id: Mapped[int] = mapped_column(BigInteger)
    valid_from: Mapped[dt.date] = mapped_column(Date)
    valid_to: Mapped[dt.date | None] = mapped_column(Date)
    """Last day on which it holds; null while no end is known."""
    source: Mapped[str] = mapped_column(String(12))
    """roster posts are kept in step with the dimensions; import, manual and demo posts are left alone by them"""
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("account.account_id"))
    """Null where the console or the roster gave it."""
    granted_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.account_id"))

    __table_args__ = (Index("ix_post_node", "node_level", "node_id"),)


class Referral(Base):
    """A student in the care of the psychology centre: the only ones it reads anything about."""

    __tablename__ = "referral"

    student_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since: Mapped[dt.date] = mapped_column(Date)


class SignIn(Base):
    """One signed-in browser. The cookie carries a random token, this row its SHA-256."""

    __tablename__ = "sign_in"

    sign_in_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.account_id"), index=True)
    session_version: Mapped[int] = mapped_column(Integer)
    method: Mapped[str] = mapped_column(String(12))
    """password, oidc or cas"""
    started_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    active_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    """The last time the person did something; what a page asks for by itself does not count."""
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    ended_because: Mapped[str] = mapped_column(String(32), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(160), default="")


class SignInAttempt(Base):
    """One guess at a password, written before the password is checked, so that parallel guesses all count."""

    __tablename__ = "sign_in_attempt"

    attempt_id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    username_hash: Mapped[str] = mapped_column(String(64))
    """Keyed hash of the name typed: people type passwords there by mistake."""
    address: Mapped[str] = mapped_column(String(64))
    """Or the known browser, where it comes from one."""
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), index=True)
    outcome: Mapped[str] = mapped_column(String(12), default="open")
    """open while it is being checked, then failed or succeeded"""

    __table_args__ = (
        Index("ix_attempt_username", "username_hash", "at"),
        Index("ix_attempt_address", "address", "at"),
    )


class AuditEvent(Base):
    """One line of the audit log; each carries the hash of the one before it. Triggers refuse any change."""

    __tablename__ = "audit_event"

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    actor: Mapped[str] = mapped_column(String(64))
    """Username, ``console:<system user>``, or empty for somebody who has not signed in."""
    kind: Mapped[str] = mapped_column(String(32))
    """See `data_access.access.audit.AuditKind`."""
    subject: Mapped[str] = mapped_column(Text, default="")
    """What it was done to: a page, an account, a post, an export."""
    result: Mapped[str] = mapped_column(String(12))
    """done, denied or failed"""
    rows: Mapped[int | None] = mapped_column(Integer)
    scope: Mapped[str] = mapped_column(Text, default="")
    """The reach in which rows were given out, in words."""
    address: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        # Each search is by days and at most one of the others; the number last gives the order of a page.
        Index("ix_audit_at", "at", "sequence"),
        Index("ix_audit_actor", "actor", "at", "sequence"),
        Index("ix_audit_kind", "kind", "at", "sequence"),
        Index("ix_audit_result", "result", "at", "sequence"),
    )
