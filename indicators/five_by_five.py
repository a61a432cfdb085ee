"""五横×五纵: how the indicators of each layer and system stand at one node (包头 表1, 南京 图3-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from indicators.model import FIVE_SYSTEMS, Layer
from indicators.results import STATES, Reading, State

LAYERS: Final = tuple(str(layer) for layer in Layer)
SYSTEMS: Final = FIVE_SYSTEMS


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """The indicators of one layer and one system at one node.

    Attributes:
        codes: all of them, as the library has them, in order.
        states: of those whose value can be held against lines at the node, by code.
    """

    layer: str
    system: str
    codes: tuple[str, ...]
    states: Mapping[str, State]

    @property
    def share(self) -> float | None:
        """How many of those judged are at target, in percent; None where none can be judged, never 0 for that."""
        if not self.states:
            return None
        return 100 * sum(state is State.REACHED for state in self.states.values()) / len(self.states)

    @property
    def worst(self) -> State:
        """The worst state among them; no data where none can be judged."""
        return max(self.states.values(), key=STATES.index, default=State.NO_DATA)

    def count(self, *states: State) -> int:
        """How many stand in one of `states`."""
        return sum(state in states for state in self.states.values())


def judged(reading: Reading) -> State | None:
    """The state of a reading; None without a value, or without a line to hold it against at its level."""
    if reading.latest.value is None or reading.info.target is None:
        return None
    return reading.state


def matrix(places: Iterable[tuple[str, str, str]], readings: Sequence[Reading]) -> Mapping[tuple[str, str], Cell]:
    """The 25 cells by layer and system, layers in the plans' order and systems within each.

    Args:
        places: code, layer and system of every indicator.
        readings: what is known of them at the node; of indicators without a place nothing is told.

    Raises:
        ValueError: an indicator stands in no cell.
    """
    codes: dict[tuple[str, str], list[str]] = {(layer, system): [] for layer in LAYERS for system in SYSTEMS}
    for code, layer, system in places:
        if (layer, system) not in codes:
            raise ValueError(f"{code} stands in no cell of the five by five. Got {layer!r} and {system!r}.")
        codes[layer, system].append(code)
    states = {reading.info.code: state for reading in readings if (state := judged(reading)) is not None}
    return {
        (layer, system): Cell(
            layer=layer,
            system=system,
            codes=tuple(sorted(own)),
            states={code: states[code] for code in sorted(own) if code in states},
        )
        for (layer, system), own in codes.items()
    }
