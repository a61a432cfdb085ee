"""``luoxuan account import``: accounts, posts and first passwords from a file."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from data_access.errors import UserError
from data_access.installation import open_home
from data_access.settings import Settings

if TYPE_CHECKING:
    from data_access.access.account_files import Applied
    from data_access.access.account_steps import Staged

_SHOWN = 50
_Counts = Mapping[str, Mapping[str, int]]


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--passwords",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Make one-time passwords for those who have none, and write them to this new CSV file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")
def account_import(*, file: Path, dry_run: bool, passwords: Path | None, as_json: bool) -> None:
    """Import accounts and posts from FILE (CSV or XLSX), all of it or nothing.

    Every problem is listed with its row and remedy. The same file twice changes nothing.
    """
    from data_access.access.account_files import EVERYTHING, AccountFile  # noqa: PLC0415 (imports on use)
    from data_access.access.accounts import Actor  # noqa: PLC0415
    from data_access.access.audit import AuditLog  # noqa: PLC0415
    from data_access.intake.uploads import LARGEST_FILE  # noqa: PLC0415

    if file.stat().st_size > LARGEST_FILE:
        raise UserError(f"{file.name} is larger than {LARGEST_FILE // 2**20} MB. Split it.")
    database = open_home(Settings.from_environment())
    accounts, by = AccountFile(database, AuditLog(database)), Actor.console()
    staged = accounts.read(file.read_bytes(), file.name, by=by, may=EVERYTHING)
    counts: _Counts = staged.counts
    if not staged.problems and not dry_run:
        with _secret_file(passwords) as secrets:
            applied = accounts.apply(staged, by=by, may=EVERYTHING, make_passwords=passwords is not None)
            writer = csv.writer(secrets, lineterminator="\n")
            writer.writerow(["用户名", "一次性密码"])
            writer.writerows([made.username, made.password] for made in applied.passwords)
        counts = {**applied.counts, "passwords": _after(applied)}
    status = "refused" if staged.problems else "checked" if dry_run else "applied"
    if as_json:
        click.echo(json.dumps(_report(staged, counts, status), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(staged, counts, status)))
    if staged.problems:
        sys.exit(1)


@contextmanager
def _secret_file(path: Path | None) -> Iterator[TextIO]:
    """A new file that nobody else can read, gone again where what it is for fails; without a path, nothing is kept.

    Raises:
        UserError: it cannot be made, or is there already.
    """
    if path is None:
        yield io.StringIO()
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UserError(f"{path} cannot be made: {error.strerror}. Name a new file.") from error
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
        try:
            yield file
        except BaseException:
            path.unlink()
            raise


def _after(applied: Applied) -> dict[str, int]:
    """How many passwords were given, by the file or made for it, and how many accounts of it still lack one."""
    passwords, made = applied.counts["passwords"], len(applied.passwords)
    return {"given": passwords["given"] + made, "lacking": passwords["lacking"] - made}


def _report(staged: Staged, counts: _Counts, status: str) -> dict[str, Any]:
    return {
        "status": status,
        **counts,
        "problems": [problem.to_dict() for problem in staged.problems],
        "notes": list(staged.sheet.notes),
    }


def _lines(staged: Staged, counts: _Counts, status: str) -> Iterator[str]:
    yield f"{staged.sheet.name}: {status}"
    for what in ("accounts", "posts"):
        yield f"  {what}: " + ", ".join(f"{count:,} {state}" for state, count in counts[what].items())
    yield f"  first passwords: {counts['passwords']['given']:,} given, {counts['passwords']['lacking']:,} lacking"
    yield from (f"  note: {note}" for note in staged.sheet.notes)
    yield from (f"  {problem}" for problem in staged.problems[:_SHOWN])
    if len(staged.problems) > _SHOWN:
        yield f"  … and {len(staged.problems) - _SHOWN:,} more problems (all of them with --json)"
