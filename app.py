"""The application and its command line: the only place where the parts meet."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import Engine, func, select

from data_access.access.audit import AuditKind
from data_access.account_commands import account_group
from data_access.account_file_commands import account_import
from data_access.audit_commands import audit_group, recorded
from data_access.clock import today
from data_access.database.models import ComputeRun, ImportBatch
from data_access.errors import LuoxuanError, UserError
from data_access.installation import open_home, open_lake
from data_access.intake_commands import import_command, undo_command
from data_access.lake_commands import lake_group
from data_access.progress import progress_bar
from data_access.roster_commands import follow_roster, roster_command
from data_access.safe_start import check_safe_start
from data_access.settings import Settings
from indicators.growth_card_commands import card_group

if TYPE_CHECKING:
    from indicators.values import StoredValues

ROOT: Final = Path(__file__).resolve().parent

_SERVER_OPTIONS: Final = "GUNICORN_CMD_ARGS"
"""Where gunicorn takes options from the environment, some of which undo what makes a start safe."""

POSTED_TERMS: Final = 2
"""Terms of the demo college whose accounts are posted: this one, and the last to compare it with."""

# Commands import what they need when they run: a start should not pay for parts it does not use.


def create_app(settings: Settings | None = None) -> Flask:
    """The web application of an installation, ready for a WSGI server.

    Raises:
        ConfigurationError: the settings are unsafe.
    """
    from dashboards import PAGES  # noqa: PLC0415
    from dashboards.assembly import open_services  # noqa: PLC0415
    from dashboards.identity import current_viewer  # noqa: PLC0415
    from dashboards.server import make  # noqa: PLC0415
    from data_access.access.secret import installation_secret  # noqa: PLC0415

    chosen = settings or Settings.from_environment()
    database = open_home(chosen)
    check_safe_start(chosen, database)
    secret = installation_secret(chosen)
    services = open_services(chosen, database, viewer=current_viewer, secret=secret)
    return make(PAGES, services, secret=secret, assets_folder=ROOT / "assets")


# -- command line -----------------------------------------------------------------------------


class LuoxuanGroup(AppGroup):
    """Prints the product's own errors as one message and turns them into exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs a command; a defect still shows its traceback."""
        try:
            return super().main(*args, **kwargs)
        except LuoxuanError as error:
            click.echo(f"luoxuan: {error}", err=True)
            sys.exit(1)


@click.group(cls=LuoxuanGroup)
def cli() -> None:
    """Luoxuan: quality-assurance monitoring for a vocational college.

    Data live in the directory LUOXUAN_HOME (default: var). Exit codes: 0 done, 1 refused or problems
    found, 2 wrong usage.
    """


account_group.add_command(account_import)
for _command in (account_group, audit_group, card_group, import_command, lake_group, roster_command, undo_command):
    cli.add_command(_command)


def main() -> None:
    """Entry point of the command line `luoxuan`."""
    cli.main(prog_name="luoxuan")


def _values() -> StoredValues:
    settings = Settings.from_environment()
    from dashboards.assembly import open_values  # noqa: PLC0415

    return open_values(settings, open_home(settings))


def _print(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _print_csv(names: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    from layouts.exports.csv import text_of  # noqa: PLC0415

    table = ([row[name] for name in names] for row in rows)
    click.echo("".join(text_of(names, table, line_end="\n")), nl=False)


_json_option = click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")


@cli.command(with_appcontext=False)
@click.option("--students", default=12_000, show_default=True, help="Students enrolled.")
@click.option("--terms", default=4, show_default=True, help="Terms with daily facts; the last is in progress.")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day on which the college is looked at; default today."
)
@click.option("--seed", default=20260901, show_default=True, help="Another seed gives another college.")
@click.option("--force", is_flag=True, help="Replace data that were imported before.")
@_json_option
def demo(*, students: int, terms: int, as_of: dt.datetime | None, seed: int, force: bool, as_json: bool) -> None:
    """Build the demo college, load it, compute its indicators and post to the accounts of its last terms."""
    from data_access.access.audit import AuditLog  # noqa: PLC0415
    from data_access.demo import CollegeSpec, build_demo, source_directory  # noqa: PLC0415
    from data_access.demo.cast import PASSWORD_FILE, write_cast  # noqa: PLC0415
    from data_access.growth_card.clearance import clear_card  # noqa: PLC0415
    from data_access.intake import Intake  # noqa: PLC0415
    from indicators.engine import compute as run  # noqa: PLC0415
    from indicators.growth_card.posting import Poster  # noqa: PLC0415
    from indicators.library import shipped_library  # noqa: PLC0415

    day = as_of.date() if as_of else today()
    spec = CollegeSpec(students=students, terms=terms, as_of=day, seed=seed)
    settings = Settings.from_environment()
    if settings.is_production:
        raise UserError(
            "The demo college brings accounts that anybody may use. Build it without LUOXUAN_MODE=production."
        )
    database = open_home(settings)
    _refuse_to_replace(database, force=force)
    library = shipped_library()
    lake = open_lake(settings, database)
    about = {"students": students, "seed": seed}
    with recorded(AuditKind.IMPORT, "demo", about) as note, progress_bar(quiet=as_json) as tell:
        note.rows = built = build_demo(
            spec,
            settings,
            database,
            indicators=[dict(indicator.definition) for indicator in library],
            progress=lambda what, share: tell(what, 0.45 * share),
        )
        # A few files come as a college's own would: through the intake, after the bulk.
        imported = Intake(settings, lake, database).run(
            source_directory(settings), "demo", progress=lambda what: tell(what, 0.5)
        )
        report = run(
            lake,
            database,
            library,
            full=True,
            as_of=day,
            threads=settings.threads,
            memory_limit=settings.memory_limit,
            progress=lambda what, share: tell(what, 0.5 + 0.37 * share),
        )
        clear_card(settings, database, AuditLog(database))  # a ledger of another college only grows otherwise
        poster = Poster(lake, threads=settings.threads, memory_limit=settings.memory_limit)
        posted = poster.post_terms(
            poster.taught(day)[-POSTED_TERMS:],
            posted_by="demo",
            as_of=day,
            progress=lambda what, share: tell(what, 0.87 + 0.1 * share),
        )
        tell("accounts", 0.97)
        roster = follow_roster(lake, database, force=True)  # another college may have been here before
        people = write_cast(lake, database, AuditLog(database), settings.home, on=today())
        tell("accounts", 1.0)
    result = {
        "facts": built,
        "import": imported.to_dict(),
        "compute": report.to_dict(),
        "posted": [posting.to_dict() for posting in posted],
        "roster": roster.to_dict(),
        "demo_accounts": people,
        "home": str(settings.home),
    }
    if as_json:
        _print(result)
    else:
        click.echo(f"Demo college ready: {built:,} fact rows, {report.rows:,} stored rows. Start it with: luoxuan run")
        click.echo(f"Sign in at http://{settings.host}:{settings.port}/sign-in as one of: {', '.join(people)}.")
        click.echo(f"Their password is shown there, and kept in {settings.home / PASSWORD_FILE}")


def _refuse_to_replace(database: Engine, *, force: bool) -> None:
    with database.connect() as connection:
        own = connection.execute(
            select(func.count()).where(ImportBatch.status == "committed", ImportBatch.mapping != "demo")
        ).scalar_one()
    if own and not force:
        raise UserError(
            f"This installation holds {own} imports of its own, which the demo college would replace. "
            "Choose another LUOXUAN_HOME, or repeat with --force."
        )


@cli.command(with_appcontext=False)
@click.option("--full", is_flag=True, help="Compute everything, not only what changed.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Last day that is valued; default today.")
@_json_option
def compute(*, full: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """Bring the stored values up to the present state of the lake."""
    from indicators.engine import compute as run  # noqa: PLC0415
    from indicators.library import shipped_library  # noqa: PLC0415

    settings = Settings.from_environment()
    database = open_home(settings)
    with (
        recorded(AuditKind.MAINTENANCE, "indicators", {"kind": "full"}, unless=not full) as note,
        progress_bar(quiet=as_json) as tell,
    ):
        report = run(
            open_lake(settings, database),
            database,
            shipped_library(),
            full=full,
            as_of=as_of.date() if as_of else None,
            threads=settings.threads,
            memory_limit=settings.memory_limit,
            progress=tell,
        )
        note.rows = report.rows
    if as_json:
        _print(report.to_dict())
    elif report.kind == "none":
        click.echo("Nothing has changed since the last run.")
    else:
        why = f" ({report.reason})" if report.reason else ""
        seconds = report.scan_seconds + report.store_seconds
        click.echo(f"{report.kind} compute{why}: {report.families} families, {report.rows:,} rows in {seconds:.1f} s")


@cli.command(with_appcontext=False)
@click.argument("code")
@click.option("--entity", required=True, help="TYPE:ID, for example offering:1201, or school.")
@click.option("--period", required=True, help="2026-2027-1-W11, 2026-11, 2026-2027-1, 2026, or latest.")
@_json_option
def value(*, code: str, entity: str, period: str, as_json: bool) -> None:
    """Print one value of the indicator CODE with what explains it."""
    from data_access.access.scope import Scope  # noqa: PLC0415

    found = _values().value(code, entity, period, scope=Scope.all("command line of the operator"))
    if as_json:
        _print(found)
    else:
        shown = "no data" if found["value"] is None else f"{found['value']:g} {found['unit']}"
        click.echo(f"{code} {found['entity']} {found['period']}: {shown}")


@cli.command(with_appcontext=False)
@click.argument("code")
@click.option("--level", required=True, help="school, dept, major, class, student, course, offering or teacher.")
@click.option("--period", default="latest", show_default=True, help="A period, or latest.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="json", show_default=True)
def values(*, code: str, level: str, period: str, form: str) -> None:
    """Print the values of the indicator CODE for all entities of a level."""
    from data_access.access.scope import Scope  # noqa: PLC0415

    found = _values().values(code, level, period, scope=Scope.all("command line of the operator"))
    if form == "json":
        _print(found)
        return
    _print_csv(
        (
            "code",
            "entity",
            "period",
            "value",
            "numerator",
            "denominator",
            "rows",
            "unit",
            "library_version",
            "data_version",
        ),
        found,
    )


@cli.command(with_appcontext=False)
@click.option("--level", required=True, help="dept, major, class, student, course, offering or teacher.")
@click.option("--search", default="", help="Only entities whose code or name contains this.")
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
def entities(*, level: str, search: str, form: str) -> None:
    """Print ids, codes and names of the entities of a level, for use with --entity."""
    from data_access.access.scope import Scope  # noqa: PLC0415

    found = _values().entities(level, search=search, scope=Scope.all("command line of the operator"))
    _print(found) if form == "json" else _print_csv(("entity", "code", "name"), found)


@cli.group("library")
def library_group() -> None:
    """The indicator library."""


@library_group.command("check", with_appcontext=False)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@_json_option
def library_check(*, directory: Path | None, as_json: bool) -> None:
    """Check every indicator in DIRECTORY (default: the library in use) and list all mistakes."""
    from indicators.library import LIBRARY_DIRECTORY, check_library  # noqa: PLC0415

    check = check_library(directory or LIBRARY_DIRECTORY)
    if as_json:
        _print({"indicators": check.count, "problems": [problem.to_dict() for problem in check.problems]})
    else:
        for problem in check.problems:
            click.echo(f"{problem.file}: {problem.code}: {problem.token}: {problem.message} {problem.suggestion}")
        click.echo(f"{check.count} indicators, {len(check.problems)} problems")
    if check.problems:
        sys.exit(1)


@cli.command(with_appcontext=False)
@click.option("--port", type=click.IntRange(1, 65535), help="TCP port; default LUOXUAN_PORT or 8050.")
def run(*, port: int | None) -> None:
    """Serve the pages on this machine until interrupted."""
    settings = Settings.from_environment()
    database = open_home(settings)
    check_safe_start(settings, database)  # here in plain sentences; the server would say it with a traceback
    with database.connect() as connection:
        computed = connection.execute(select(func.count()).select_from(ComputeRun)).scalar_one()
    if not computed:
        click.echo("There are no values yet. Build the demo college with 'luoxuan demo', or import files.", err=True)
    database.dispose()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{host}:{port or settings.port}"
    click.echo(f"Luoxuan: sign in at {settings.public_url or f'http://{address}'}/sign-in")
    gunicorn = shutil.which("gunicorn", path=str(Path(sys.executable).parent)) or shutil.which("gunicorn")
    if gunicorn is None:
        raise UserError("gunicorn is not installed in this environment. Run 'make install'.")
    environment = {name: value for name, value in os.environ.items() if name != _SERVER_OPTIONS}
    if os.environ.get(_SERVER_OPTIONS):
        click.echo(f"{_SERVER_OPTIONS} is ignored: the LUOXUAN_* settings say how pages are served.", err=True)
    sys.stdout.flush()
    os.execve(  # noqa: S606 (a fixed program with checked arguments)
        gunicorn,
        [
            gunicorn,
            "app:create_app()",
            "--bind",
            address,
            "--workers",
            "1",
            "--threads",
            "4",
            "--no-control-socket",
            "--forwarded-allow-ips",
            "",  # what proxies say of a request is believed by LUOXUAN_TRUSTED_PROXIES alone
            "--limit-request-line",
            "8190",
            "--log-level",
            "warning",
        ],
        environment,
    )


@cli.command(with_appcontext=False)
def ready() -> None:
    """Exit with 0 where values have been computed, with 1 where not; prints nothing."""
    settings = Settings.from_environment()
    if not settings.home.exists():
        sys.exit(1)
    with open_home(settings).connect() as connection:
        finished = select(func.count()).where(ComputeRun.finished_at.is_not(None))
        sys.exit(0 if connection.execute(finished).scalar_one() else 1)


if __name__ == "__main__":
    main()
