"""A computed random college for whoever reads stored values."""

import pytest

from data_access.lake import load_tables
from data_access.readers.roster import RosterReader
from data_access.readers.stored import ValueReader
from indicators.engine import compute
from indicators.library import shipped_library
from indicators.values import StoredValues
from tests.conftest import DATABASES, Installation
from tests.random_college import AS_OF, random_tables


def build(place: Installation) -> None:
    load_tables(place.lake, iter(random_tables(7).items()))
    compute(place.lake, place.database, shipped_library(), as_of=AS_OF)


@pytest.fixture(scope="session", params=DATABASES)
def values(request, install, made_once, tmp_path_factory) -> StoredValues:
    """The values of a computed random college, on each database."""
    if request.param == "sqlite":
        place = install(made_once("random-college", lambda home: build(install(home))))
    else:
        place = install(tmp_path_factory.mktemp("college"), request.param)
        build(place)
    return StoredValues(ValueReader(place.database), RosterReader(place.lake, place.database))
