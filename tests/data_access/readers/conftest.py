"""The canary college as an installation, computed once for all tests of readers, on each database."""

import datetime as dt

import pytest
from sqlalchemy import insert

from data_access.database import transaction
from data_access.database.access_models import Referral
from data_access.lake import load_tables
from data_access.readers.roster import RosterReader
from data_access.readers.stored import ValueReader
from indicators.engine import compute
from indicators.library import shipped_library
from indicators.values import StoredValues
from tests.conftest import DATABASES, Installation
from tests.security.canaries import AS_OF, REFERRED, number, tables


def build(place: Installation) -> None:
    load_tables(place.lake, iter(tables().items()))
    compute(place.lake, place.database, shipped_library(), as_of=AS_OF)
    referred = [{"student_id": number(*place_), "since": dt.date(2026, 10, 1)} for place_ in REFERRED]
    with transaction(place.database) as connection:
        connection.execute(insert(Referral), referred)


@pytest.fixture(scope="session", params=DATABASES)
def canary_values(request, install, made_once, tmp_path_factory) -> StoredValues:
    """The values of the canary college, with the students in the psychology centre's care."""
    if request.param == "sqlite":
        place = install(made_once("canaries-of-readers", lambda home: build(install(home))))
    else:
        place = install(tmp_path_factory.mktemp("canaries"), request.param)
        build(place)
    return StoredValues(ValueReader(place.database), RosterReader(place.lake, place.database))
