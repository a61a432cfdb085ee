import pytest
from sqlalchemy import select

from data_access.database import open_database
from data_access.database.models import ImportBatch, LakeCommit
from data_access.errors import UserError
from data_access.intake import Intake
from data_access.lake import Lake
from docs.examples.copy_database import copy
from docs.generate import DOCS
from tests.conftest import Installation

OWN_DATA = DOCS / "examples" / "own-data"


@pytest.mark.slow
def test_an_installation_goes_on_in_postgresql_where_it_was_in_sqlite(install, postgresql, tmp_path):
    old: Installation = install(tmp_path / "home")
    Intake(old.settings, old.lake, old.database).run(OWN_DATA / "1-dimensions", "college")
    target = postgresql()

    copy(old.settings.database_url, target)

    new = open_database(target)
    lake = Lake(old.settings.lake_root, new)
    assert lake.all_files() == old.lake.all_files()
    assert lake.history() == old.lake.history()
    assert Intake(old.settings, lake, new).run(OWN_DATA / "2-records", "college").status == "committed"
    assert Intake(old.settings, lake, new).undo(2).status == "undone"
    with new.connect() as connection:
        assert connection.execute(select(ImportBatch.batch_id)).scalars().all() == [1, 2]
        assert connection.execute(select(LakeCommit.data_version)).scalars().all() == [1, 2, 3]
    with pytest.raises(UserError, match="already has records"):
        copy(old.settings.database_url, target)
    new.dispose()
