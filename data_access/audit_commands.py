"""Commands of the operator that concern the audit log, ``luoxuan audit …``, and how other commands are recorded in it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import click

from data_access.access.accounts import Actor
from data_access.access.audit import AuditKind, AuditLog, Event, Result
from data_access.access.audit_chain import Head
from data_access.errors import BusyError, UserError
from data_access.installation import open_home
from data_access.settings import Settings

if TYPE_CHECKING:
    from data_access.intake.reports import ImportReport

_TRIES: Final = 12
"""Each waits five seconds for other writers; storing all values of a college takes less than a minute."""


@dataclass(kw_only=True)
class Note:
    """What a command will be recorded as; the command fills it in while it runs."""

    subject: str
    detail: dict[str, Any] = field(default_factory=dict)
    rows: int | None = None
    is_done: bool = True

    def tell(self, report: ImportReport) -> None:
        """Take over what an import, or taking one back, has done."""
        self.subject = f"import:{report.batch_id}"
        self.is_done = report.succeeded
        self.rows = sum(counts.new + counts.changed for counts in report.tables.values())
        self.detail |= {
            "mapping": report.mapping,
            "status": report.status,
            "files": [str(file) for file in report.files],
            "data_version": report.data_version,
        }


@contextmanager
def recorded(
    kind: AuditKind, subject: str, detail: Mapping[str, Any] | None = None, *, unless: bool = False
) -> Iterator[Note]:
    """Records what is done within in the audit log, by whoever runs the command: as done, or as failed where it raises.

    Args:
        kind: what it is about.
        subject: what it is done to; the note may name it better.
        detail: what is known beforehand.
        unless: True where nothing is to be recorded, such as for a dry run.

    Raises:
        UserError: the command has ended, but the database stayed locked for a minute and would not take the record.
    """
    note = Note(subject=subject, detail=dict(detail or {}))
    if unless:
        yield note
        return
    log = AuditLog(open_home(Settings.from_environment()))
    try:
        yield note
    except BaseException as error:
        note.is_done = False
        note.detail["reason"] = str(error) if isinstance(error, UserError) else type(error).__name__
        _record(log, kind, note)
        raise
    _record(log, kind, note)


def _record(log: AuditLog, kind: AuditKind, note: Note) -> None:
    event = Event(
        kind=kind,
        actor=Actor.console().name,
        subject=note.subject,
        result=Result.DONE if note.is_done else Result.FAILED,
        rows=note.rows,
        detail=note.detail,
    )
    for _ in range(_TRIES):
        try:
            log.write(event)
        except BusyError:
            continue
        return
    raise UserError(
        f"{note.subject}: the command has ended ({'done' if note.is_done else 'failed'}), but the audit log could not "
        "be written for a minute. Note it by hand, and see what keeps the database locked."
    )


class _HeadType(click.ParamType):
    name = "HASH@SEQUENCE"

    def convert(self, value: str | Head, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        try:
            return value if isinstance(value, Head) else Head.parse(value)
        except UserError as error:
            self.fail(str(error), param, ctx)


@click.group("audit")
def audit_group() -> None:
    """The audit log."""


@audit_group.command("verify")
@click.option("--expect-head", type=_HeadType(), help="A head noted before, which the log must still contain.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")
def audit_verify(*, expect_head: Head | None, as_json: bool) -> None:
    """Walk the chain of hashes and name the first event that does not fit.

    Prints the head: note it outside of this machine, and give it to --expect-head later, to see whether the end
    of the log has been cut off or rewritten since.
    """
    log = AuditLog(open_home(Settings.from_environment()))
    found = log.check(by=Actor.console().name, expected=expect_head)
    if as_json:
        click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(f"{found.count:,} events, head {found.head}")
        click.echo("The chain is whole." if found.broken is None else f"The chain is BROKEN at {found.broken}.")
    if not found.is_sound:
        sys.exit(1)
