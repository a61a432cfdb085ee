"""Colours, type and the plotly template, read from the tokens that the pages use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from indicators.results import State

TOKENS_FILE: Final = Path(__file__).parents[1] / "assets" / "00-tokens.css"
THEMES: Final = ("light", "dark")
STATE_TOKENS: Final[Mapping[State, str]] = {
    State.REACHED: "reached",
    State.WATCH: "watch",
    State.WARNING: "warning",
    State.ALERT: "alert",
    State.NO_DATA: "no-data",
}

_BLOCK: Final = re.compile(r"(?P<selector>:root|\[data-bs-theme=\"dark\"\])\s*\{(?P<body>[^}]*)\}")
_TOKEN: Final = re.compile(r"--(?P<name>[a-z0-9-]+):\s*(?P<value>[^;]+);")


def read_tokens(css: str) -> dict[str, dict[str, str]]:
    """The custom properties of `css` by theme; dark inherits what it does not set.

    Raises:
        ValueError: the light theme is missing.
    """
    blocks = {
        match["selector"]: {token["name"]: token["value"].strip() for token in _TOKEN.finditer(match["body"])}
        for match in _BLOCK.finditer(css)
    }
    if ":root" not in blocks:
        raise ValueError("The tokens need a :root block. Got none.")
    light = blocks[":root"]
    return {"light": light, "dark": {**light, **blocks.get('[data-bs-theme="dark"]', {})}}


@cache
def tokens(theme: str = "light") -> Mapping[str, str]:
    """The tokens of `theme` without their leading dashes, such as ``accent`` → ``#1f5fbf``."""
    return read_tokens(TOKENS_FILE.read_text(encoding="utf-8"))[theme]


def state_colour(state: State, theme: str = "light") -> str:
    """The full colour of a state, for text, lines and marks."""
    return tokens(theme)[STATE_TOKENS[state]]


def state_fill(state: State, theme: str = "light") -> str:
    """The pale colour of a state, for the ground below text."""
    return tokens(theme)[f"{STATE_TOKENS[state]}-pale"]


@cache
def template(theme: str = "light") -> Mapping[str, Any]:
    """The plotly template of `theme`: system fonts, hairlines, no decoration."""
    token = tokens(theme)
    axis = {
        "showline": False,
        "zeroline": False,
        "gridcolor": token["line"],
        "ticks": "",
        "tickfont": {"size": 12, "color": token["ink-2"]},
        "fixedrange": True,
        "automargin": False,
    }
    return {
        "layout": {
            "font": {"family": token["font"], "size": 12, "color": token["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [token["accent"], token["ink-3"], token["line-strong"]],
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "showlegend": False,
            "hoverlabel": {
                "bgcolor": token["surface"],
                "bordercolor": token["line-strong"],
                "font": {"family": token["font"], "size": 13, "color": token["ink"]},
                "align": "left",
            },
            "dragmode": False,
            "xaxis": axis,
            "yaxis": axis,
            "yaxis2": axis,
        }
    }
