"""Commands of the operator that concern the lake alone: ``luoxuan lake …``."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import click

from data_access.installation import open_home, open_lake
from data_access.settings import Settings

if TYPE_CHECKING:
    from data_access.lake import Lake


def _lake() -> Lake:
    settings = Settings.from_environment()
    return open_lake(settings, open_home(settings))


@click.group("lake")
def lake_group() -> None:
    """The tables that indicators are computed from."""


@lake_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")
def lake_status(*, as_json: bool) -> None:
    """Print rows, files, bytes and versions of every table."""
    lake = _lake()
    tables = [
        {**_fields(status), "committed_at": status.committed_at.isoformat() if status.committed_at else None}
        for status in lake.status()
    ]
    if as_json:
        click.echo(json.dumps({"data_version": lake.data_version(), "tables": tables}, ensure_ascii=False, indent=2))
        return
    click.echo(f"data version {lake.data_version()}")
    for table in tables:
        click.echo(
            f"{table['table']:24} {table['rows']:>12,} rows {table['files']:>5} files {table['bytes'] / 1e6:>9.1f} MB "
            f" version {table['data_version']}  {table['committed_at'] or ''}"
        )


@lake_group.command("history")
@click.argument("table", required=False)
def lake_history(*, table: str | None) -> None:
    """Print the commits of TABLE, or of all tables, newest first."""
    lake = _lake()
    if table is not None:
        lake.contracts[table]  # an unknown name is an error, not an empty list
    for entry in lake.history(table):
        click.echo(
            f"{entry['data_version']:>6}  {entry['committed_at']:%Y-%m-%d %H:%M:%S}  {entry['kind']:12} "
            f"{entry['table']:24} {entry['note']}"
        )


@lake_group.command("compact")
@click.argument("table", required=False)
def lake_compact(*, table: str | None) -> None:
    """Rewrite many small files as few."""
    for name, files in _lake().compact(table).items():
        click.echo(f"{name}: {files} files rewritten")


@lake_group.command("vacuum")
@click.option(
    "--days",
    default=7,
    type=click.IntRange(0, 3650),
    show_default=True,
    help="Keep files replaced less than this many days ago.",
)
@click.option("--dry-run", is_flag=True, help="List what would go, and remove nothing.")
def lake_vacuum(*, days: int, dry_run: bool) -> None:
    """Remove files that no version in use needs any more."""
    lake = _lake()
    for name, paths in lake.vacuum(retention=dt.timedelta(days=days), dry_run=dry_run).items():
        click.echo(f"{name}: {len(paths)} files {'would go' if dry_run else 'removed'}")


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
