"""How soon a leader sees the cockpit with an empty cache, and how much is sent for it and for the next page."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.college import Bench
from dashboards import demo_people

CHROMIUM: Final = Path("/usr/bin/chromium")
WHO: Final = "leader"
SECOND: Final = "/majors"
BUDGET_MS: Final = 1500
BUDGET_KB: Final = 2500
BUDGET_SECOND_KB: Final = 200
_SCREEN: Final = {"width": 1440, "height": 900}
_PATIENCE_S: Final = 120
_QUIET_MS: Final = 4500
"""Longer than the browser waits before it fetches ahead (assets/js/ahead.js)."""
_READY: Final = """() => {
  const panels = [...document.querySelectorAll('.panels > *')]
  const waiting = [...document.querySelectorAll('.skeleton')]
  const seen = box => box.getBoundingClientRect().top < innerHeight && box.getClientRects().length > 0
  const plots = [...document.querySelectorAll('.dash-graph')].filter(seen)
  const drawn = plots.every(plot => plot.querySelector('.main-svg'))
  return panels.length && !waiting.some(seen) && drawn ? performance.now() : 0
}"""
"""Milliseconds since the address was asked for, once nothing in the first screen waits any more."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """One visit: milliseconds until the first screen is filled, bytes as sent over the network."""

    milliseconds: float
    first: int
    second: int


def first_load(bench: Bench) -> Iterator[str]:
    """Loads over loopback from the server as ``luoxuan run`` starts it; each with a browser window that knows nothing.

    Without Chromium, or without the accounts of the demo, says which of them is missing.
    """
    password = demo_people.password(bench.settings)
    if not CHROMIUM.exists() or not password:
        reason = "no Chromium" if password else "no demo accounts in this home (luoxuan demo makes them)"
        yield f"first load: skipped, {reason}"
        return
    with _served(bench) as address:
        loads = _loads(address, password, repeat=max(3, bench.repeat))
    taken = statistics.median(load.milliseconds for load in loads)
    sent = max(load.first for load in loads) / 1000
    second = max(load.second for load in loads) / 1000
    yield f"first load of the leader's cockpit ({len(loads)} cold windows, loopback):"
    yield f"  first screen filled {taken:,.0f} ms in the median (allowed {BUDGET_MS:,}), first of all {loads[0].milliseconds:,.0f} ms"
    yield f"  sent {sent:,.0f} kB (allowed {BUDGET_KB:,}), for the second page {second:,.0f} kB (allowed {BUDGET_SECOND_KB})"


@contextmanager
def _served(bench: Bench) -> Iterator[str]:
    """The address of a server of its own over the bench's home."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from app import main; main()", "run", "--port", str(port)]
    environment = {**os.environ, "LUOXUAN_HOME": str(bench.settings.home), "PYTHONPATH": str(Path(__file__).parents[1])}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=_PATIENCE_S)


def _wait_for(port: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _loads(address: str, password: str, *, repeat: int) -> list[Load]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (the other benchmarks need no browser)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        entrance = browser.new_context()
        page = entrance.new_page()
        entrance.set_default_timeout(1000 * _PATIENCE_S)  # the server may still be starting
        page.goto(f"{address}/sign-in")
        page.fill("input[name=username]", WHO)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
        page.wait_for_selector(".page-title")
        cookies: Any = entrance.storage_state()
        entrance.close()
        found = [_load(browser, address, cookies) for _ in range(repeat)]
        browser.close()
    return found


def _load(browser: Any, address: str, cookies: Any) -> Load:
    """One visit of somebody who is signed in, with nothing in the cache."""
    window = browser.new_context(viewport=_SCREEN, locale="zh-CN", storage_state=cookies)
    window.set_default_timeout(1000 * _PATIENCE_S)
    page = window.new_page()
    sent: list[int] = []
    network = window.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sent.append(int(event["encodedDataLength"])))
    page.goto(address, wait_until="commit")
    milliseconds = page.wait_for_function(_READY).json_value()
    _settle(page, sent)
    first = sum(sent)
    page.click(f'nav a[href="{SECOND}"]')
    page.wait_for_url(f"**{SECOND}")
    page.wait_for_function(_READY)
    _settle(page, sent)
    load = Load(milliseconds=milliseconds, first=first, second=sum(sent) - first)
    window.close()
    return load


def _settle(page: Any, sent: list[int]) -> None:
    """Waits until nothing has come for a while: later waves, and scripts that are fetched when first needed."""
    count = -1
    while count != len(sent):
        count = len(sent)
        page.wait_for_timeout(_QUIET_MS)
