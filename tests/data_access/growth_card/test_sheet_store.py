"""Whatever two people do to the cells of a sheet in whatever order: what was accepted stands, what was not is told."""

import datetime as dt
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_access.access.actors import Actor
from data_access.access.audit import AuditLog
from data_access.errors import UserError
from data_access.growth_card.cells import STUDENT, CellKey
from data_access.growth_card.sheet_store import SheetStore
from data_access.growth_card.sheet_units import SheetKey

DUE = dt.date(2026, 9, 21)
CELLS = [CellKey(STUDENT, number, "STU-ACD-03") for number in (1, 2, 3)]
PEOPLE = {"one": Actor("one", None), "other": Actor("other", None)}
SAVES = st.tuples(
    st.sampled_from(sorted(PEOPLE)),
    st.lists(
        st.tuples(
            st.sampled_from(CELLS), st.sampled_from([None, 1.0, 2.0, 3.0]), st.sampled_from([0, 1])
        ),  # how many versions behind what they saw was
        min_size=1,
        max_size=3,
        unique_by=lambda edit: edit[0],
    ),
)
UNITS = itertools.count(1)


@pytest.fixture(scope="module")
def store(install, tmp_path_factory):
    place = install(tmp_path_factory.mktemp("sheets"))
    moments = (dt.datetime(2026, 9, 15, tzinfo=dt.UTC) + dt.timedelta(seconds=n) for n in itertools.count())
    return SheetStore(place.database, AuditLog(place.database), now=lambda: next(moments))


def new_sheet():
    return SheetKey(collector="班主任", unit_id=next(UNITS), term_id=20261, task="W03")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(SAVES, min_size=1, max_size=6))
def test_what_was_accepted_stands_and_what_was_not_is_told(store, history):
    """The model: a cell takes a value where the writer saw its latest version, or wants what stands there."""
    key = new_sheet()
    model = dict.fromkeys(CELLS, (None, 0))
    for who, edits in history:
        asked = [(cell, value, max(0, model[cell][1] - behind)) for cell, value, behind in edits]
        saved = store.save(key, asked, due_on=DUE, by=PEOPLE[who])
        conflicts = set()
        for cell, value, seen in asked:
            held, version = model[cell]
            if held == value:
                continue
            if version != seen:
                conflicts.add(cell)
                continue
            model[cell] = (value, version + 1)
        assert saved.conflicts.keys() == conflicts
        assert {cell: mark.value for cell, mark in saved.conflicts.items()} == {c: model[c][0] for c in conflicts}
        assert saved.versions == {cell: model[cell][1] for cell, *_ in asked if cell not in conflicts}
    marks = store.marks(key)
    assert {cell: (mark.value, mark.version) for cell, mark in marks.items()} == {
        cell: held for cell, held in model.items() if held[1]
    }
    assert len(store.history(key)) == sum(version for _, version in model.values())


def test_of_a_save_that_is_to_be_whole_nothing_is_kept_where_one_cell_has_changed(store):
    key = new_sheet()
    store.save(key, [(CELLS[0], 1.0, 0)], due_on=DUE, by=PEOPLE["one"])
    with pytest.raises(UserError, match="1 格刚被他人改动，未作任何更改"):
        store.save(
            key, [(CELLS[0], 2.0, 0), (CELLS[1], 2.0, 0)], due_on=DUE, by=PEOPLE["other"], is_whole=True
        )  # fmt: skip
    assert {cell: mark.value for cell, mark in store.marks(key).items()} == {CELLS[0]: 1.0}


def test_a_sheet_nobody_has_written_into_has_no_record(store):
    key = new_sheet()
    assert store.record(key) is None
    assert store.marks(key) == {}
    assert store.history(key) == []


@pytest.mark.parametrize(
    "slug", ["", "adviser-1-20261", "nobody-1-20261-W03", "adviser-x-20261-W03", "adviser-1-20261-W03/.."]
)
def test_what_is_no_address_of_a_sheet_names_none(slug):
    assert SheetKey.of(slug) is None


def test_an_address_names_its_sheet():
    key = new_sheet()
    assert SheetKey.of(key.slug) == key
