"""Pictures of all pages of an installation: ``make shots``.

Usage: ``python -m tests.e2e.gallery [--home DIR] [--out DIR] [--readme]``. A demo college is built where DIR has none.
"""

from __future__ import annotations

import argparse
import html
import json
import threading
from collections.abc import Iterator
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
from tests.e2e.tour import DRAWN, tour

STUDENTS: Final = 1500
README: Final = {("leader", "home"): "home", ("majorleader", "major"): "major", ("depthead", "offering"): "offering"}
"""Pictures that the README shows, by person and page; the wall screen is the fourth."""
IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
DESK: Final = {"width": 1440, "height": 900}
WALL: Final = {"width": 1920, "height": 1080}


def main() -> None:
    """Command line of the gallery."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.gallery", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--out", type=Path, default=Path("var/gallery"))
    parser.add_argument("--readme", action="store_true", help="write the pictures of the README as well")
    arguments = parser.parse_args()
    settings = Settings.at(arguments.home)
    _build_where_missing(settings)
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        pictures = list(photograph(browser, f"http://127.0.0.1:{server.server_port}", arguments.out))
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


def photograph(browser: Browser, origin: str, out: Path) -> Iterator[tuple[str, str, str]]:
    """Takes the pictures of everybody's pages; gives person, address and file of each."""
    for person in PEOPLE:
        context = browser.new_context(viewport=DESK, locale="zh-CN")
        visit = Visit(page=context.new_page(), address=origin)
        visit.enter(person)
        for stop in tour(visit.page, origin):
            name = file_name(person, stop.kind)
            visit.page.screenshot(path=out / name)
            click.echo(f"{person:16} {stop.address}")
            yield person, stop.address, name
        if person == "leader":
            visit.page.set_viewport_size(WALL)
            visit.page.goto(f"{origin}/screen")
            visit.page.wait_for_selector("[data-scene]")
            visit.page.wait_for_function(f"({DRAWN})() || true")
            visit.page.screenshot(path=out / file_name(person, "screen"))
            yield person, "/screen", file_name(person, "screen")
        context.close()


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
