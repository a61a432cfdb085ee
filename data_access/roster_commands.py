"""Commands of the operator that bring accounts into step with the roster: ``luoxuan roster``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
from sqlalchemy import Engine

from data_access.clock import today
from data_access.installation import open_home, open_lake
from data_access.settings import Settings

if TYPE_CHECKING:
    from data_access.access.derivation import RosterReport
    from data_access.lake import Lake


def follow_roster(lake: Lake, database: Engine, *, force: bool = False) -> RosterReport:
    """Bring accounts into step with the lake as of today, on behalf of whoever runs the command.

    Raises:
        RosterError: too many posts would end, or the clock went back. Nothing was changed.
    """
    from data_access.access.accounts import Actor  # noqa: PLC0415 (commands import what they need when they run)
    from data_access.access.audit import AuditLog  # noqa: PLC0415
    from data_access.access.derivation import sync_roster  # noqa: PLC0415

    return sync_roster(lake, database, AuditLog(database), on=today(), by=Actor.console().name, force=force)


@click.command("roster")
@click.option("--force", is_flag=True, help="Do it even if it ends a large share of the posts.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")
def roster_command(*, force: bool, as_json: bool) -> None:
    """Bring accounts and posts into step with the people of the dimensions.

    Every import, undo and demo build does so too; this repeats it, and with --force where that was refused.
    """
    settings = Settings.from_environment()
    database = open_home(settings)
    report = follow_roster(open_lake(settings, database), database, force=force)
    click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=2) if as_json else "\n".join(report.lines()))
