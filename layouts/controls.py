"""Filter controls: native elements with a visible or spoken label, so that a keyboard is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import html
from dash.development.base_component import Component


@dataclass(frozen=True, kw_only=True)
class Option:
    """One choice of a filter: what stands in the address, and what is shown."""

    value: str
    label: str


def select(label: str, *, control_id: dict[str, Any], options: Sequence[Option], value: str) -> Component:
    """A drop-down of few choices."""
    choices = [{"value": option.value, "label": option.label} for option in options]
    return html.Label(
        [
            html.Span(label, className="control-label"),
            dbc.Select(id=control_id, options=choices, value=value, size="sm"),
        ],
        className="control",
    )


def search(label: str, *, control_id: dict[str, Any], value: str) -> Component:
    """A text box that answers when typing pauses."""
    box = dbc.Input(
        id=control_id,
        value=value,
        type="search",
        placeholder=label,
        debounce=400,
        size="sm",
        autocomplete="off",
        maxlength=40,
    )
    return html.Label([html.Span(label, className="visually-hidden"), box], className="control control-search")


def date(label: str, *, control_id: dict[str, Any], value: str) -> Component:
    """A day, such as ``2026-11-20``, picked from the browser's own calendar; empty for none."""
    box = dbc.Input(id=control_id, value=value, type="date", debounce=600, size="sm")
    return html.Label([html.Span(label, className="control-label"), box], className="control")


def toggle(label: str, *, control_id: dict[str, Any], options: Sequence[Option], value: str) -> Component:
    """Two or three choices side by side, one of them on."""
    return html.Fieldset(
        [
            html.Legend(label, className="visually-hidden"),
            dbc.RadioItems(
                id=control_id,
                value=value,
                options=[{"value": option.value, "label": option.label} for option in options],
                inline=True,
                class_name="toggle",
                input_class_name="btn-check",
                label_class_name="toggle-choice",
                label_checked_class_name="is-on",
            ),
        ],
        className="control",
    )
