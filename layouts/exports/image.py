"""Charts as SVG and pictures as PNG, drawn by one Chromium that stays open and asks nobody for anything."""

from __future__ import annotations

import asyncio
import atexit
import base64
import contextlib
import logging
import re
import shutil
import threading
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any, Final

import kaleido

from data_access.errors import BusyError
from layouts.exports.snapshot import RenderingError, UnavailableError

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge")
NO_CHROMIUM: Final = (
    "服务器没有 Chromium，无法生成图片和含图表的 PDF。请系统管理员安装（Debian/Ubuntu：apt install chromium fonts-noto-cjk）"
    "后再试；XLSX 和 CSV 不受影响。"
)
BUSY: Final = "正在生成图片的人较多，请约十秒后再试；XLSX 和 CSV 不用等候。"
SECONDS: Final = 20
"""Longest time for one drawing, and longest wait for the ones before it."""
SCALE: Final = 2

_NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that is not there: nothing that a page asks for by network ever leaves."""
_LINKS: Final = re.compile(r"</?a\b[^>]*>")
_LOG: Final = logging.getLogger("luoxuan.web")


class Renderer:
    """One Chromium, started when it is first needed; while one draws one other may wait, and no more.

    Whoever waits holds a thread of the server, of which there are few: others must not stand still for pictures.

    It runs in a thread of its own, with its own event loop. The drawing script is that of the installed plotly; formulas
    are not typeset, since that script would be fetched from another host.

    Args:
        seconds: longest time for one drawing, and longest wait for one's turn.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._turn = threading.RLock()
        self._waiting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._browser: kaleido.Kaleido | None = None

    def svg(self, figure: Mapping[str, Any], *, width: int, height: int) -> str:
        """A plotly figure as SVG without links: they lead nowhere in a file.

        Raises:
            UnavailableError: there is no Chromium, or it does not start.
            RenderingError: it takes too long, or the figure cannot be drawn.
            BusyError: one draws and another waits already, or the wait was too long.
        """
        drawn = self._draw(figure, {"format": "svg", "width": width, "height": height})
        return _LINKS.sub("", drawn.decode())

    def png(self, svg: str, *, width: int, height: int, scale: int = SCALE) -> bytes:
        """A whole picture as PNG of `width` × `height` times `scale`; raises what `svg` does."""
        source = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        axis = {"visible": False, "range": [0, 1], "fixedrange": True}
        layout = {
            "width": width, "height": height, "margin": dict.fromkeys("ltrb", 0), "xaxis": axis, "yaxis": axis,
            "images": [{"source": source, "xref": "paper", "yref": "paper", "x": 0, "y": 1, "sizex": 1, "sizey": 1,
                        "sizing": "stretch", "layer": "above"}],
        }  # fmt: skip
        options = {"format": "png", "width": width, "height": height, "scale": scale}
        return self._draw({"data": [], "layout": layout}, options)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Makes drawings that belong together one after the other, with nobody else's between them.

        Raises:
            BusyError: one draws and another waits already, which is told at once; or the wait was too long.
        """
        if not self._turn.acquire(blocking=False):
            if not self._waiting.acquire(blocking=False):
                raise BusyError(BUSY)
            try:
                if not self._turn.acquire(timeout=self._seconds):
                    raise BusyError(BUSY)
            finally:
                self._waiting.release()
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """End Chromium; the next drawing would start it again."""
        with self._turn:
            self._stop()

    def _draw(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        with self.turn():
            is_fresh = self._browser is None
            try:
                return self._tried(figure, options)
            except UnavailableError:
                raise
            except Exception as error:
                # A Chromium that has died or hangs is replaced; a fresh one has just shown that it is not its fault.
                self._stop()
                if is_fresh:
                    raise self._refused(error) from error
            try:
                return self._tried(figure, options)
            except UnavailableError:
                raise
            except Exception as error:
                self._stop()
                raise self._refused(error) from error

    def _refused(self, error: Exception) -> RenderingError:
        _LOG.error("A picture could not be drawn", exc_info=error)
        return RenderingError("图片没有画出来：服务器的 Chromium 没有按时回应。请稍后再试，仍不行时告诉系统管理员。")

    def _tried(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        browser = self._browser or self._start()
        drawn: bytes = self._wait_for(browser.calc_fig(dict(figure), opts=dict(options)))
        return drawn

    def _start(self) -> kaleido.Kaleido:
        path = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if path is None:
            raise UnavailableError(NO_CHROMIUM)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chromium", daemon=True)
        self._thread.start()

        async def open_browser() -> kaleido.Kaleido:
            made = kaleido.Kaleido(path=path, mathjax=False, timeout=self._seconds, proxy_server=_NOWHERE)
            await made.open()
            return made

        try:
            self._browser = self._wait_for(open_browser())
        except Exception as error:
            self._stop()
            _LOG.exception("Chromium does not start: %s", path)
            raise UnavailableError(
                f"服务器上的 {path} 没有启动起来，无法生成图片。详情在服务器日志里，请告诉系统管理员。"
            ) from error
        return self._browser

    def _wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        assert self._loop is not None  # noqa: S101 (started before anything is awaited)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=self._seconds)

    def _stop(self) -> None:
        browser, loop, thread = self._browser, self._loop, self._thread
        self._browser = self._loop = self._thread = None
        if loop is None or thread is None:
            return
        for work in (browser.close() if browser is not None else None, _cancel_the_rest()):
            if work is not None:
                with contextlib.suppress(Exception):  # it may be gone already
                    asyncio.run_coroutine_threadsafe(work, loop).result(timeout=self._seconds)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=self._seconds)
        if not thread.is_alive():
            loop.close()


async def _cancel_the_rest() -> None:
    """End what still waits for an answer of a Chromium that is gone."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


RENDERER: Final = Renderer()
"""That of this process."""
atexit.register(RENDERER.close)
