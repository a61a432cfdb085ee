"""A browser in words, from what it says of itself."""

from __future__ import annotations

from typing import Final

_UNKNOWN: Final = "未知浏览器"
_BROWSERS: Final = (
    ("MicroMessenger/", "微信"), ("wxwork/", "企业微信"), ("DingTalk/", "钉钉"), ("Edg/", "Edge"), ("EdgA/", "Edge"),
    ("OPR/", "Opera"), ("QQBrowser/", "QQ 浏览器"), ("HuaweiBrowser/", "华为浏览器"), ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Version/", "Safari"),
)  # fmt: skip
"""Token before the version, and name. The first that occurs counts: most browsers also claim to be Chrome and Safari."""
_SYSTEMS: Final = (
    ("HarmonyOS", "鸿蒙"), ("OpenHarmony", "鸿蒙"), ("Android", "安卓"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Macintosh", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_zh(user_agent: str) -> str:
    """Browser, main version and system, such as ``Edge 128 · Windows``.

    Whatever does not look like a browser is called unknown, never repeated: the text comes from the client.
    """
    found = next(((token, name) for token, name in _BROWSERS if token in user_agent), None)
    system = next((name for token, name in _SYSTEMS if token in user_agent), "")
    if found is None:
        return f"{_UNKNOWN} · {system}" if system else _UNKNOWN
    token, name = found
    version = user_agent.partition(token)[2].partition(".")[0]
    shown = f"{name} {version}" if version.isascii() and version.isdigit() and len(version) <= 4 else name
    return f"{shown} · {system}" if system else shown
