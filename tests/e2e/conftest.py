"""A small demo college behind a real server, and a browser that may talk to nobody else."""

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from werkzeug.serving import make_server

from app import cli, create_app
from data_access.settings import Settings

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
AS_OF = dt.date(2026, 11, 20)


@dataclass(frozen=True, kw_only=True)
class College:
    """A demo college that is being served."""

    address: str
    settings: Settings


def build(home: Path) -> None:
    """A demo college of 300 students and one term, with the people of the demo."""
    built = CliRunner().invoke(
        cli,
        ["demo", "--students", "300", "--terms", "1", "--as-of", AS_OF.isoformat(), "--json"],
        env={"LUOXUAN_HOME": str(home)},
        catch_exceptions=False,
    )
    assert built.exit_code == 0, built.output


@pytest.fixture(scope="session")
def college(made_once) -> Iterator[College]:
    """The demo college, served."""
    home = made_once("demo-college", build)
    settings = Settings.at(home)
    server = make_server("127.0.0.1", 0, create_app(settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield College(address=f"http://127.0.0.1:{server.server_port}", settings=settings)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A browser's window, with all it asked for and complained about."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        self.page.wait_for_selector(".panel-body")
        return self.page

    def enter(self, username: str) -> None:
        """Sign in without looking at a page."""
        page = self.page.request.get(f"{self.address}/sign-in").text()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        form = {"demo": username, "csrf_token": token.group(1)}
        answer = self.page.request.post(f"{self.address}/sign-in", form=form, max_redirects=0)
        assert answer.status == 302

    def sign_in(self, username: str) -> Page:
        """The page that a person of the demo sees first."""
        self.page.goto(f"{self.address}/sign-in")
        self.page.click(f"button[name=demo][value={username}]")
        self.page.wait_for_selector(".user-menu")
        return self.page


@pytest.fixture
def visit(visit_of: Callable[..., Visit]) -> Visit:
    """A window in which the college's leader has signed in."""
    made = visit_of()
    made.enter("leader")
    return made


@pytest.fixture
def visit_of(chromium: Browser, college: College) -> Iterator[Callable[..., Visit]]:
    """Opens windows; the test fails on any request to another host and on any complaint in the console."""
    made: list[Visit] = []

    def open_window(**options: Any) -> Visit:
        wide = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN"}
        made.append(_window(chromium, college.address, {**wide, **options}))
        return made[-1]

    yield open_window
    for visit in made:
        visit.page.context.close()
        assert [url for url in visit.requests if not url.startswith((college.address, "data:", "blob:"))] == []
        assert visit.complaints == []


def _window(chromium: Browser, address: str, options: dict[str, Any]) -> Visit:
    context = chromium.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    made = Visit(page=context.new_page(), address=address)

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            made.complaints.append(f"{message.type}: {message.text}")

    def record(request: Request) -> None:
        made.requests.append(request.url)

    made.page.on("console", listen)
    made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
    made.page.on("request", record)
    return made
