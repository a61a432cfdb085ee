"""Commands that try out a rule and check the stored ledger: ``luoxuan card score`` and ``luoxuan card verify``."""

from __future__ import annotations

import json
import sys
from typing import Any, Final, Never

import click

from data_access.growth_card.ledger_laws import LedgerLaws
from data_access.installation import open_home
from data_access.settings import Settings
from indicators.growth_card.points import shipped_card
from indicators.growth_card.trial import point_of, trial
from indicators.model import Level

LONGEST: Final = 10_000
"""Characters of a JSON argument: a term's values are a few dozen numbers."""


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is no number")


def _json(_context: click.Context, parameter: click.Parameter, text: str | None) -> Any:
    """The value of a JSON argument; anything else is a usage error (exit code 2)."""
    if text is None:
        return None
    if len(text) > LONGEST:
        raise click.BadParameter(f"longer than {LONGEST:,} characters", param=parameter)
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {error}", param=parameter) from None


@click.command("score")
@click.argument("code")
@click.option(
    "--raw", required=True, callback=_json, help="Its value as JSON: a number, or one for every slot of a term."
)
@click.option(
    "--extra", callback=_json, help='Other inputs as JSON, such as {"events": 2} or {"on_time": 1, "goals": 0.5}.'
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def card_score(*, code: str, raw: Any, extra: Any, as_json: bool) -> None:
    """Print what a term with these values would bring by the scoring point CODE (试算). Nothing is posted."""
    if extra is not None and not isinstance(extra, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--extra")
    outcome = trial(point_of(shipped_card(), code), raw, extra or {})
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, indent=2))
        return
    click.echo(outcome.explanation)


@click.command("verify")
@click.option("--term", "term_key", help="Key of a term, such as 2026-2027-1; default: all of the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def card_verify(*, term_key: str | None, as_json: bool) -> None:
    """Check the laws of the stored ledger; exit code 1 where one is broken.

    Of every holder, point and slot at most one entry counts; reversals negate what they name; caps hold; standings are
    the sums of entries; nothing neutral is entered.
    """
    card = shipped_card()
    laws = LedgerLaws(
        open_home(Settings.from_environment()),
        accounts={
            int(holder): {point.code: point.account for point in card.of(holder) if not point.is_neutral}
            for holder in (Level.STUDENT, Level.CLASS)
        },
        caps={point.code: (point.max_deposit, point.max_deduct) for point in card.points},
    )
    report = laws.check(term_key)
    if as_json:
        problems = [{"law": p.law, "count": p.count, "examples": list(p.examples)} for p in report.problems]
        click.echo(json.dumps({"entries": report.entries, "problems": problems}, ensure_ascii=False, indent=2))
    else:
        for problem in report.problems:
            click.echo(f"{problem.law}: {problem.count:,}, such as {'; '.join(problem.examples)}")
        click.echo(f"{report.entries:,} entries, {len(report.problems)} laws broken")
    if report.problems:
        sys.exit(1)
