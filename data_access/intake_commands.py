"""Commands of the operator that bring files in and take them back: ``luoxuan import``, ``luoxuan undo``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import Engine

from data_access.access.audit import AuditKind
from data_access.audit_commands import recorded
from data_access.errors import RosterError
from data_access.installation import open_home, open_lake
from data_access.progress import progress_bar
from data_access.roster_commands import follow_roster
from data_access.settings import Settings

if TYPE_CHECKING:
    from data_access.intake import ImportReport, Intake
    from data_access.lake import Lake

_json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")


@click.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--mapping", required=True, help="How the files become tables; see docs/mappings.md.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--accept-good", is_flag=True, help="Take the sound rows even if others are refused.")
@_json_option
def import_command(*, path: Path, mapping: str, dry_run: bool, accept_good: bool, as_json: bool) -> None:
    """Import a file, or all files of a directory, under a mapping; accounts follow what changed.

    Without --accept-good one bad row refuses the whole import; every bad row is listed with its reason.
    """
    intake, lake, database = _open()
    with (
        recorded(AuditKind.IMPORT, f"import:{path.name}", {"mapping": mapping}, unless=dry_run) as note,
        progress_bar(quiet=as_json) as tell,
    ):
        report = intake.run(
            path, mapping, dry_run=dry_run, accept_good=accept_good, progress=lambda what: tell(what, 0.5)
        )
        note.tell(report)
        tell("完成", 1.0)
    _finish(report, lake, database, as_json=as_json)


@click.command("undo")
@click.argument("batch", type=click.IntRange(1, 2**53))
@_json_option
def undo_command(*, batch: int, as_json: bool) -> None:
    """Take back the import BATCH: its rows go, what it changed returns to what it was, and accounts follow."""
    intake, lake, database = _open()
    with recorded(AuditKind.IMPORT, f"import:{batch}", {"change": "undone"}) as note:
        report = intake.undo(batch)
        note.tell(report)
    _finish(report, lake, database, as_json=as_json)


def _open() -> tuple[Intake, Lake, Engine]:
    """The intake of this installation, after the leftovers of killed imports, and its stores."""
    from data_access.intake import Intake  # noqa: PLC0415 (commands import what they need when they run)

    settings = Settings.from_environment()
    database = open_home(settings)
    lake = open_lake(settings, database)
    intake = Intake(settings, lake, database)
    intake.sweep()
    return intake, lake, database


def _finish(report: ImportReport, lake: Lake, database: Engine, *, as_json: bool) -> None:
    """Print what an import did and what accounts changed with it; exit with 1 where either was refused.

    Accounts are also looked at where the files brought nothing new: an earlier run may have been killed in between.
    """
    roster, refusal = None, ""
    if report.succeeded and report.status != "discarded":
        try:
            roster = follow_roster(lake, database)
        except RosterError as error:
            refusal = str(error)
    if as_json:
        told = {"refused": refusal} if refusal else roster and roster.to_dict()
        click.echo(json.dumps({**report.to_dict(), "roster": told}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(report.lines()))
        if roster is not None and not roster.is_noop:
            click.echo("\n".join(roster.lines()))
    if refusal:
        click.echo(f"luoxuan: The import is done, but accounts stay as they were. {refusal}", err=True)
    if refusal or not report.succeeded:
        sys.exit(1)
