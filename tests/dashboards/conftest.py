from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dashboards.web import Web, serve


@pytest.fixture(scope="session")
def serve_web(tmp_path_factory) -> Iterator[Callable[..., Web]]:
    """Makes servers over installations of their own."""
    made: list[Web] = []

    def make(**overrides) -> Web:
        home: Path = tmp_path_factory.mktemp("web")
        made.append(serve(home, **overrides))
        return made[-1]

    yield make
    for web in made:
        web.database.dispose()


@pytest.fixture(scope="module")
def web(serve_web) -> Web:
    """One server a module; tests that change somebody add their own person."""
    return serve_web()
