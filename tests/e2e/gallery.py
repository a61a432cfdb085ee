"""Pictures of all pages of an installation: ``make shots``.

Usage: ``python -m tests.e2e.gallery [--home DIR] [--out DIR] [--readme] [--full] [--width N] [--dark] [--person P]…``.
A demo college is built where DIR has none. All options but the first three change how the pictures are taken.
"""

from __future__ import annotations

import argparse
import html
import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from click.testing import CliRunner
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from app import cli, create_app
from data_access.settings import Settings
from tests.e2e.conftest import CHROMIUM, QUIET, Visit
from tests.e2e.test_every_page import PEOPLE
from tests.e2e.tour import tour

STUDENTS: Final = 1500
README: Final = {("leader", "home"): "home", ("majorleader", "major"): "major", ("depthead", "offering"): "offering"}
"""Pictures that the README shows, by person and page; the wall screen is the fourth."""
IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
DESK: Final = {"width": 1440, "height": 900}
WALL: Final = {"width": 1920, "height": 1080}
SCENE: Final = ".wall-columns"
"""What a wall screen shows once its first scene has come."""
FADED_MS: Final = 1_500
"""After so long a scene of the wall screen has faded in."""
DARK: Final = "document.documentElement.dataset.bsTheme = 'dark'"


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How pictures are taken: of whom, how wide, of the first screen or the whole page, in light or dark."""

    people: Sequence[str] = PEOPLE
    width: int = DESK["width"]
    is_full: bool = False
    is_dark: bool = False


def main() -> None:
    """Command line of the gallery."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.gallery", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--out", type=Path, default=Path("var/gallery"))
    parser.add_argument("--readme", action="store_true", help="write the pictures of the README as well")
    parser.add_argument("--full", action="store_true", help="the whole page, not its first screen only")
    parser.add_argument("--width", type=int, default=DESK["width"], help="of the window, in pixels")
    parser.add_argument("--dark", action="store_true", help="in dark colours")
    parser.add_argument("--person", action="append", choices=PEOPLE, help="only of this person; may be repeated")
    arguments = parser.parse_args()
    people = arguments.person or PEOPLE
    shows_desks = arguments.width == DESK["width"] and not arguments.full and not arguments.dark
    if arguments.readme and not (shows_desks and {person for person, _kind in README} <= {*people}):
        parser.error("The README shows the first screens of its people, at their usual width and in light colours.")
    manner = Manner(people=people, width=arguments.width, is_full=arguments.full, is_dark=arguments.dark)
    settings = Settings.at(arguments.home)
    _build_where_missing(settings)
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        pictures = list(photograph(browser, f"http://127.0.0.1:{server.server_port}", arguments.out, manner))
        browser.close()
    server.shutdown()
    (arguments.out / "index.html").write_text(index(pictures), encoding="utf-8")
    if arguments.readme:
        for (person, kind), name in {**README, ("leader", "screen"): "screen"}.items():
            (IMAGES / f"{name}.png").write_bytes((arguments.out / file_name(person, kind)).read_bytes())
    click.echo(f"{len(pictures)} pictures in {arguments.out / 'index.html'}")


def _build_where_missing(settings: Settings) -> None:
    environment = {"LUOXUAN_HOME": str(settings.home)}
    if CliRunner().invoke(cli, ["ready"], env=environment).exit_code:
        made = CliRunner().invoke(cli, ["demo", "--students", str(STUDENTS)], env=environment, catch_exceptions=False)
        if made.exit_code:
            raise SystemExit(made.output)


def photograph(browser: Browser, origin: str, out: Path, manner: Manner) -> Iterator[tuple[str, str, str]]:
    """Takes the pictures of people's pages; gives person, address and file of each."""
    for person in manner.people:
        context = browser.new_context(viewport={"width": manner.width, "height": DESK["height"]}, locale="zh-CN")
        visit = Visit(page=context.new_page(), address=origin)
        visit.enter(person)
        for stop in tour(visit.page, origin):
            if manner.is_dark:
                visit.page.evaluate(DARK)
            name = file_name(person, stop.kind)
            visit.page.screenshot(path=out / name, full_page=manner.is_full)
            click.echo(f"{person:16} {stop.address}")
            yield person, stop.address, name
        if person == "leader":
            yield _photograph_wall(visit, origin, out)
        context.close()


def _photograph_wall(visit: Visit, origin: str, out: Path) -> tuple[str, str, str]:
    name = file_name("leader", "screen")
    visit.page.set_viewport_size(WALL)
    visit.page.goto(f"{origin}/screen")
    visit.page.wait_for_selector(SCENE)
    visit.page.wait_for_timeout(FADED_MS)
    visit.page.screenshot(path=out / name)
    return "leader", "/screen", name


def file_name(person: str, kind: str) -> str:
    """The file of one picture."""
    return f"{person}-{kind.strip('/').replace('/', '-') or 'home'}.png"


def index(pictures: list[tuple[str, str, str]]) -> str:
    """A page that shows all pictures, by person."""
    figures = "".join(
        f"<figure><img src={json.dumps(name)} loading='lazy' width='720'>"
        f"<figcaption>{html.escape(person)} · {html.escape(address)}</figcaption></figure>"
        for person, address, name in pictures
    )
    return f"<!DOCTYPE html><meta charset='utf-8'><title>Gallery</title>{figures}"


if __name__ == "__main__":
    main()
