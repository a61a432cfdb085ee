"""Writes the pages of docs/ that describe data, so that they cannot disagree with it: ``make docs``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from data_access.contracts import contracts
from data_access.intake import documentation, mappings
from docs import access_reference, data_dictionary, growth_card_reference, indicator_reference, self_test_reference
from indicators.growth_card.points import shipped_card
from indicators.growth_card.suggestions import shipped_advice
from indicators.library import shipped_library
from indicators.self_tests.scales import shipped_scales

DOCS: Final = Path(__file__).parent

GENERATED: Final[Mapping[Path, Callable[[], str]]] = {
    DOCS / "access.md": lambda: access_reference.render(shipped_library()),
    DOCS / "data-dictionary.md": lambda: data_dictionary.render(contracts()),
    DOCS / "growth-card.md": lambda: growth_card_reference.render(shipped_card(), shipped_library(), shipped_advice()),
    DOCS / "indicators.md": lambda: indicator_reference.render(shipped_library()),
    DOCS / "self-tests.md": lambda: self_test_reference.render(shipped_scales()),
    documentation.DOCUMENT: lambda: documentation.render(dict(mappings())),
}
"""Every generated page and what makes its text."""


def main() -> None:
    """Write the pages whose text has changed, and name them."""
    for path, render in GENERATED.items():
        text = render()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(DOCS.parent)}")  # noqa: T201 (a command line tells what it did)


if __name__ == "__main__":
    main()
