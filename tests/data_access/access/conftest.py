"""A log whose database somebody with full rights gets at."""

import pytest

from data_access.access.audit import AuditLog
from data_access.database import transaction
from tests.data_access.access.log_entries import Forger, Ticking


@pytest.fixture(scope="module")
def forged(install, tmp_path_factory):
    """A log of an installation shared by the examples of a test, emptied for each by its forger."""
    database = install(tmp_path_factory.mktemp("forged")).database
    forger = Forger(database)

    def make(events):
        forger.run("DELETE FROM audit_event")
        clock = Ticking()
        log = AuditLog(database, now=clock)
        with transaction(database) as connection:
            for item in events:
                log.write_in(connection, item)
        return log, forger

    return make
