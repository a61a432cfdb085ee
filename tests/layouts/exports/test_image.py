"""Charts and pictures as Chromium draws them; a Chromium that is missing or dies is told or replaced."""

import io
import os
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from PIL import Image

from data_access.errors import BusyError
from layouts.exports import image, picture
from layouts.exports.files import content_of
from layouts.exports.image import RENDERER, Renderer
from layouts.exports.snapshot import UnavailableError
from tests.layouts.exports.samples import chart_content, figure, snapshot

FIGURE = figure().to_plotly_json()


@pytest.fixture(scope="module")
def renderer():
    if not any(map(image.shutil.which, image.PROGRAMS)):
        pytest.skip("No Chromium on the path, so nothing can be drawn; make browser installs it.")
    made = Renderer()
    yield made
    made.close()


def children() -> set[int]:
    """Processes that this one has started."""
    asked = subprocess.Popen(["ps", "-e", "-o", "pid=,ppid="], stdout=subprocess.PIPE, text=True)
    listed, _ = asked.communicate()
    started = {int(pid) for pid, parent in map(str.split, listed.splitlines()) if int(parent) == os.getpid()}
    return started - {asked.pid}


@pytest.mark.browser
@pytest.mark.slow
def test_a_chart_is_drawn_as_svg_without_links(renderer):
    linked = figure(xaxis={"tickvals": [1], "ticktext": ['<a href="/offerings/1">机械制图</a>']}).to_plotly_json()
    svg = renderer.svg(linked, width=700, height=240)
    assert svg.startswith("<svg")
    assert "机械制图" in svg
    assert "<a" not in svg.replace("<animate", "")


@pytest.mark.browser
@pytest.mark.slow
def test_a_picture_has_the_size_of_its_paper_and_is_not_blank(renderer):
    made = picture.compose(snapshot(chart_content(min_width=900)), renderer.svg)
    with Image.open(io.BytesIO(renderer.png(made.svg, width=made.width, height=made.height))) as drawn:
        assert drawn.size == (2 * made.width, 2 * made.height)
        pixels = np.asarray(drawn.convert("L"))
    rows = np.flatnonzero((pixels < 128).any(axis=1))
    assert 0.005 < (pixels < 128).mean() < 0.3
    assert rows[0] < 100  # the title stands on top
    assert rows[-1] > 2 * made.height - 120  # and the hash at the foot


@pytest.mark.browser
@pytest.mark.slow
def test_chromium_stays_open_and_is_replaced_when_it_dies(renderer):
    renderer.svg(FIGURE, width=300, height=240)
    first = children()
    renderer.svg(FIGURE, width=300, height=240)
    assert children() == first
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    assert renderer.svg(FIGURE, width=300, height=240).startswith("<svg")


@pytest.mark.browser
@pytest.mark.slow
def test_two_draw_one_after_the_other(renderer):
    made, threads = [], []
    for width in (300, 400):
        threads.append(threading.Thread(target=lambda w=width: made.append(renderer.svg(FIGURE, width=w, height=240))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert sorted(svg.split('width="')[1][:3] for svg in made) == ["300", "400"]


def test_without_chromium_the_remedy_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnavailableError, match="apt install chromium"):
        Renderer().svg(FIGURE, width=300, height=240)


def test_a_chromium_that_does_not_start_is_told(monkeypatch, tmp_path):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    made = Renderer(seconds=5)
    with pytest.raises(UnavailableError, match="没有启动起来"):
        made.svg(FIGURE, width=300, height=240)
    made.close()


class Turns:
    """Threads that want their turn at a renderer; the one that has it keeps it until all may `go`."""

    def __init__(self, renderer):
        self.renderer = renderer
        self.has_begun, self.go, self.done, self.threads = threading.Event(), threading.Event(), [], []

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.go.set()
        for thread in self.threads:
            thread.join()

    def want(self):
        self.threads.append(threading.Thread(target=self._take))
        self.threads[-1].start()

    def _take(self):
        with self.renderer.turn():
            self.has_begun.set()
            self.go.wait(10)
            self.done.append(threading.current_thread())


def test_who_waits_too_long_is_told_to_come_again():
    made = Renderer(seconds=0.05)
    with Turns(made) as turns:
        turns.want()
        assert turns.has_begun.wait(10)
        with pytest.raises(BusyError, match="再试"):
            made.svg(FIGURE, width=300, height=240)


def test_while_one_waits_others_are_told_at_once_to_come_again():
    made = Renderer(seconds=30)
    with Turns(made) as turns:
        turns.want()
        assert turns.has_begun.wait(10)
        turns.want()
        while not made._waiting.locked():
            time.sleep(0.001)
        began = time.monotonic()
        for form in ("png", "svg", "pdf"):
            with pytest.raises(BusyError, match="再试"):
                content_of(snapshot(chart_content()), form, renderer=made)
        assert content_of(snapshot(chart_content()), "csv", renderer=made)
        assert time.monotonic() - began < 10
    assert turns.done == turns.threads
    with made.turn():
        assert not made._waiting.locked()


def test_a_renderer_that_never_drew_closes_at_once():
    began = time.monotonic()
    Renderer().close()
    assert RENDERER is not None
    assert time.monotonic() - began < 1
