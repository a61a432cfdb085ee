"""A figure as plain values, which plotly reads only where somebody looks into its tree."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go


class Drawing:
    """Traces and layout in plotly's own words, sent to the browser as they are.

    ``go.Figure`` looks every property up in its schema and copies it twice, which takes longer than everything else
    that a page with charts does: 20 to 40 ms a chart. What is wrong with a figure is wrong however often it is drawn,
    so the schema is asked where figures are looked into, which is in tests.

    Attributes:
        traces: one mapping a trace. Full names of properties only; numbers as lists, None where there is none.
        frame: the layout, of which ``height`` is in px.
    """

    def __init__(self, *, data: Sequence[dict[str, Any]], layout: dict[str, Any]) -> None:
        self.traces = data
        self.frame = layout

    def __repr__(self) -> str:
        """Everything that the figure says, words and numbers."""
        return f"Drawing(data={self.traces!r}, layout={self.frame!r})"

    def to_plotly_json(self) -> dict[str, Any]:
        """What dash writes into its answers."""
        return {"data": list(self.traces), "layout": self.frame}

    @property
    def height(self) -> int | None:
        """In px; None where the layout does not say."""
        found: int | None = self.frame.get("height")
        return found

    @functools.cached_property
    def checked(self) -> go.Figure:
        """The figure as plotly understands it.

        Raises:
            ValueError: plotly knows no such property, or not that value of it.
        """
        return go.Figure(data=list(self.traces), layout=self.frame)

    @property
    def data(self) -> Sequence[Any]:
        """The traces as plotly understands them; see `checked`."""
        found: Sequence[Any] = self.checked.data
        return found

    @property
    def layout(self) -> Any:
        """The layout as plotly understands it; see `checked`."""
        return self.checked.layout

    def with_layout(self, **changes: Any) -> Drawing:
        """The same traces with some properties of the layout set anew."""
        return Drawing(data=self.traces, layout={**self.frame, **changes})
