"""Commands of the operator for the growth card: ``luoxuan card …``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from data_access.access.audit import AuditKind
from data_access.audit_commands import recorded
from data_access.clock import today
from data_access.installation import open_home, open_lake
from data_access.progress import progress_bar
from data_access.settings import Settings
from indicators.growth_card.commands import card_score, card_verify

if TYPE_CHECKING:
    from indicators.growth_card.posting import Poster

POSTED_BY = "operator"
"""Who posts from the command line, as the record of the posting names it."""


def open_poster() -> Poster:
    """The poster of the installation that the environment names."""
    from indicators.growth_card.posting import Poster  # noqa: PLC0415 (a second to import)

    settings = Settings.from_environment()
    lake = open_lake(settings, open_home(settings))
    return Poster(lake, threads=settings.threads, memory_limit=settings.memory_limit)


@click.group("card")
def card_group() -> None:
    """Accounts of the growth card (学生发展储值卡)."""


card_group.add_command(card_score)
card_group.add_command(card_verify)


@card_group.command("post")
@click.option("--term", "term_key", help="Key of a term, such as 2026-2027-1; default: the one that runs.")
@click.option("--all", "is_all", is_flag=True, help="Every term that has daily facts, the earliest first.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON report.")
def card_post(*, term_key: str | None, is_all: bool, as_json: bool) -> None:
    """Post what facts and submitted sheets have brought to the accounts of a term.

    What has not changed is left alone; what has, is reversed and entered anew.
    """
    if term_key and is_all:
        raise click.UsageError("Name one term, or --all, not both.")
    poster = open_poster()
    with (
        recorded(AuditKind.MAINTENANCE, "growth card", {"term": "all" if is_all else term_key or "current"}) as note,
        progress_bar(quiet=as_json) as tell,
    ):
        reports = poster.post_terms(None if is_all else (term_key,), posted_by=POSTED_BY, as_of=today(), progress=tell)
        note.rows = sum(report.entries + report.reversals for report in reports)
    if as_json:
        click.echo(json.dumps([report.to_dict() for report in reports], ensure_ascii=False, indent=2))
        return
    for report in reports:
        click.echo(
            f"{report.term_key}: {report.entries:,} entries, {report.reversals:,} reversals, "
            f"{report.unchanged:,} unchanged in {report.seconds:.1f} s"
        )
