"""The laws of the lake: what counts, what a merge does, what an undo leaves, who may write."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_access import ledger
from data_access.delta_store import term_of_date
from data_access.errors import BusyError, IntakeError, LakeError, UnknownNameError
from data_access.lake import Lake, load_tables

KEY = ("student_id", "offering_id", "date_id")


@pytest.fixture
def lake(installation: Any) -> Lake:
    return Lake(installation.settings.lake_root, installation.database, lock_wait=0.2)


def attended(*rows: tuple[int, int, str]) -> pa.Table:
    """Attendance rows (student, date, status) in offering 1, without a primary key."""
    return pa.table({
        "student_id": pa.array([row[0] for row in rows], pa.int64()),
        "offering_id": pa.array([1] * len(rows), pa.int64()),
        "date_id": pa.array([row[1] for row in rows], pa.int64()),
        "status": pa.array([row[2] for row in rows], pa.string()),
    })  # fmt: skip


def merge(lake: Lake, rows: pa.Table, batch: int | None = None) -> Any:
    with lake.transaction(kind="import", batch_id=batch) as changes:
        return changes.merge("fact_attendance", rows, KEY)


def statuses(lake: Lake) -> dict[tuple[int, int], str]:
    return {(r["student_id"], r["date_id"]): r["status"] for r in lake.arrow("fact_attendance").to_pylist()}


def full_rows(lake: Lake, table: str = "fact_attendance") -> list[tuple[Any, ...]]:
    return sorted(tuple(row.values()) for row in lake.arrow(table).to_pylist())


def changes_of(lake: Lake, version: int) -> list[ledger.Change]:
    with lake.database.connect() as connection:
        return ledger.changes_of(connection, version)


# -- reading ------------------------------------------------------------------------------------


def test_an_empty_lake_has_version_zero_and_no_files(lake: Lake) -> None:
    assert lake.data_version() == 0
    assert lake.tables() == []
    assert lake.files("fact_attendance") == []
    assert lake.arrow("fact_attendance", ["student_id"]).num_rows == 0


def test_an_unknown_table_is_named_with_the_nearest(lake: Lake) -> None:
    with pytest.raises(UnknownNameError, match="fact_attendance"):
        lake.files("fact_attendence")


def test_rows_come_back_as_written_with_their_provenance(lake: Lake) -> None:
    with lake.transaction(kind="import", batch_id=7) as changes:
        changes.append("dim_class", pa.table({"class_id": [5, 6], "class_name": ["甲", "NA"]}))
    assert lake.arrow("dim_class", ["class_id", "class_name", "batch_id", "source_row"]).to_pylist() == [
        {"class_id": 5, "class_name": "甲", "batch_id": 7, "source_row": 1},
        {"class_id": 6, "class_name": "NA", "batch_id": 7, "source_row": 2},
    ]


def test_files_are_split_by_term_and_sorted_by_student_and_date(lake: Lake) -> None:
    rows = attended((9, 20250908, "准时"), (3, 20260302, "旷课"), (3, 20250901, "迟到"), (9, 20250901, "准时"))
    merge(lake, rows)
    assert [file.term for file in lake.data_files("fact_attendance")] == [20251, 20252]
    first = ds.dataset(lake.files("fact_attendance")[0]).to_table().to_pylist()
    assert [(row["student_id"], row["date_id"]) for row in first] == [(3, 20250901), (9, 20250901), (9, 20250908)]


@pytest.mark.parametrize(
    ("date", "term"), [(20250801, 20251), (20251231, 20251), (20260131, 20251), (20260201, 20252), (20260731, 20252)]
)
def test_the_partition_follows_from_the_date_alone(date: int, term: int) -> None:
    assert term_of_date(pa.array([date])).to_pylist() == [term]


def test_status_tells_rows_files_and_versions(lake: Lake) -> None:
    merge(lake, attended((1, 20250901, "准时"), (2, 20260301, "准时")))
    (status,) = lake.status()
    assert (status.table, status.rows, status.files, status.data_version) == ("fact_attendance", 2, 2, 1)
    assert status.bytes == sum(Path(path).stat().st_size for path in lake.files("fact_attendance"))
    assert status.committed_at is not None
    assert dt.datetime.now(dt.UTC) - status.committed_at < dt.timedelta(minutes=1)


# -- writing ------------------------------------------------------------------------------------


def test_all_tables_of_a_transaction_count_at_one_version(lake: Lake) -> None:
    with lake.transaction(kind="import") as changes:
        changes.append("dim_class", pa.table({"class_id": [1]}))
        changes.append("dim_major", pa.table({"major_id": [1]}))
        assert lake.tables() == []
    assert changes.data_version == 1
    assert {status.table: status.data_version for status in lake.status()} == {"dim_class": 1, "dim_major": 1}


def test_nothing_of_a_failed_transaction_is_ever_seen(lake: Lake) -> None:
    merge(lake, attended((1, 20250901, "准时")))
    before = full_rows(lake)

    def interrupted() -> None:
        with lake.transaction(kind="import") as changes:
            changes.merge("fact_attendance", attended((1, 20250901, "旷课"), (2, 20250901, "准时")), KEY)
            changes.append("dim_class", pa.table({"class_id": [1]}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert DeltaTable(str(lake.store("fact_attendance").path)).version() > 0  # Delta went ahead …
    assert full_rows(lake) == before  # … and nobody sees it
    assert lake.data_version() == 1
    merge(lake, attended((3, 20250901, "迟到")))
    with lake.transaction(kind="import") as changes:
        changes.append("dim_class", pa.table({"class_id": [9]}))
    assert statuses(lake) == {(1, 20250901): "准时", (3, 20250901): "迟到"}
    assert lake.arrow("dim_class", ["class_id"]).to_pylist() == [{"class_id": 9}]
    assert Lake(lake.root, lake.database).arrow("dim_class", ["class_id"]).to_pylist() == [{"class_id": 9}]


def test_a_hook_that_fails_takes_the_whole_commit_with_it(lake: Lake) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    def commit() -> None:
        with lake.transaction(kind="import") as changes:
            changes.append("dim_class", pa.table({"class_id": [1]}))
            changes.on_commit(fail)

    with pytest.raises(ZeroDivisionError):
        commit()
    assert (lake.data_version(), lake.tables(), lake.history()) == (0, [], [])


def test_a_merge_inserts_updates_and_keeps_primary_keys(lake: Lake) -> None:
    load_tables(lake, [("fact_attendance", attended((1, 20250901, "准时")).append_column("attendance_id", [[77]]))])
    counts = merge(lake, attended((1, 20250901, "旷课"), (2, 20250901, "准时")), batch=4)
    assert (counts.new, counts.changed, counts.unchanged) == (1, 1, 0)
    rows = {row["student_id"]: row for row in lake.arrow("fact_attendance").to_pylist()}
    assert (rows[1]["attendance_id"], rows[1]["status"], rows[1]["batch_id"]) == (77, "旷课", 4)
    assert 0 < rows[2]["attendance_id"] < 2**63


def test_a_merge_leaves_columns_it_does_not_carry(lake: Lake) -> None:
    wide = attended((1, 20250901, "准时")).append_column("instant_score", [[4.5]])
    merge(lake, wide)
    merge(lake, attended((1, 20250901, "迟到")))
    (row,) = lake.arrow("fact_attendance").to_pylist()
    assert (row["status"], row["instant_score"]) == ("迟到", 4.5)


def test_the_same_merge_twice_makes_no_second_version(lake: Lake) -> None:
    rows = attended((1, 20250901, "准时"), (2, 20260301, "旷课"))
    merge(lake, rows)
    version = DeltaTable(str(lake.store("fact_attendance").path)).version()
    counts = merge(lake, rows)
    assert counts.is_noop
    assert lake.data_version() == 1
    assert DeltaTable(str(lake.store("fact_attendance").path)).version() == version


def test_a_row_whose_term_changes_moves_to_its_new_partition(lake: Lake) -> None:
    def grade(term: int) -> pa.Table:
        return pa.table({"student_id": [1], "offering_id": [1], "term_id": [term], "score": [80.0]})

    for term in (20251, 20252):
        with lake.transaction(kind="import") as changes:
            changes.merge("fact_grade", grade(term), ("student_id", "offering_id"))
    assert [(file.term, file.rows) for file in lake.data_files("fact_grade")] == [(20252, 1)]
    assert changes_of(lake, 2)[0].time_keys == (20251, 20252)


def test_only_touched_dates_are_recorded(lake: Lake) -> None:
    merge(lake, attended((1, 20250901, "准时"), (1, 20250902, "准时"), (1, 20260301, "准时")))
    merge(lake, attended((1, 20250901, "准时"), (1, 20250902, "旷课"), (2, 20250905, "准时")))
    assert changes_of(lake, 2)[0].time_keys == (20250902, 20250905)
    with lake.transaction(kind="import") as changes:
        changes.replace_partition("fact_attendance", lake.arrow("fact_attendance").slice(0, 0), [20252])
    assert changes_of(lake, 3)[0].time_keys == (20260301,)
    assert set(statuses(lake)) == {(1, 20250901), (1, 20250902), (2, 20250905)}


def test_keys_given_twice_or_left_empty_are_refused(lake: Lake) -> None:
    with pytest.raises(LakeError, match="several staged rows"):
        merge(lake, attended((1, 20250901, "准时"), (1, 20250901, "旷课")))
    with pytest.raises(LakeError, match="empty"):
        merge(lake, attended((1, None, "准时")))  # type: ignore[arg-type]
    assert lake.tables() == []


def test_rows_that_share_a_natural_key_cannot_be_merged_into(lake: Lake) -> None:
    twice = attended((1, 20250901, "准时"), (1, 20250901, "旷课")).append_column("attendance_id", [[1, 2]])
    load_tables(lake, [("fact_attendance", twice)])
    with pytest.raises(IntakeError, match="同一业务键"):
        merge(lake, attended((1, 20250901, "迟到")))


@pytest.mark.parametrize(
    "rows",
    [
        {"student_id": [1], "dat_id": [20250901]},
        {"attendance_id": [1], "date_id": pa.array([None], pa.int64())},
        {"date_id": [20250901]},
        {"attendance_id": [1], "date_id": ["x"]},
    ],
    ids=["unknown column", "no date", "no key", "wrong type"],
)
def test_rows_that_do_not_fit_the_contract_are_refused(lake: Lake, rows: dict[str, Any]) -> None:
    def append() -> None:
        with lake.transaction(kind="import") as changes:
            changes.append("fact_attendance", pa.table(rows))

    with pytest.raises(LakeError):
        append()
    assert lake.data_version() == 0


def test_loading_replaces_tables_chunk_by_chunk_in_one_commit(lake: Lake) -> None:
    def chunk(first: int) -> tuple[str, pa.Table]:
        return "dim_class", pa.table({"class_id": [first, first + 1]})

    assert load_tables(lake, [chunk(1), chunk(3)], note="first") == 1
    assert load_tables(lake, iter([chunk(10), ("dim_major", pa.table({"major_id": [1]})), chunk(20)])) == 2
    assert sorted(lake.arrow("dim_class", ["class_id"])["class_id"].to_pylist()) == [10, 11, 20, 21]
    assert [(row["data_version"], row["table"]) for row in lake.history()] == [
        (2, "dim_class"), (2, "dim_major"), (1, "dim_class"),
    ]  # fmt: skip


STATUS = st.sampled_from(["准时", "迟到", "旷课"])
ROWS = st.dictionaries(
    st.tuples(st.integers(1, 4), st.sampled_from([20250901, 20250902, 20260301])), STATUS, min_size=1, max_size=6
)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(ROWS, min_size=1, max_size=4), undone=st.integers(0, 3))
def test_merges_behave_like_a_dictionary_and_the_last_can_be_undone(
    install: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, batches: list[Any], undone: int
) -> None:
    home = install(tmp_path_factory.mktemp("lake"))
    lake, model = home.lake, dict[tuple[int, int], str]()
    before: list[tuple[Any, ...]] = []
    for number, batch in enumerate(batches):
        before = full_rows(lake)
        counts = merge(lake, attended(*((student, date, status) for (student, date), status in batch.items())), number)
        assert counts.new == len(batch.keys() - model.keys())
        assert counts.changed == sum(model.get(key, status) != status for key, status in batch.items())
        last_model, model = model, {**model, **batch}
        assert statuses(lake) == model
    if undone and model != last_model:
        with lake.transaction(kind="undo") as changes:
            assert not [b for change in changes_of(lake, lake.data_version()) for b in changes.revert(change)]
        assert full_rows(lake) == before
    home.database.dispose()


# -- undo ---------------------------------------------------------------------------------------


def test_undo_gives_back_former_values_and_removes_what_was_new(lake: Lake) -> None:
    merge(lake, attended((1, 20250901, "准时"), (2, 20250901, "准时"), (1, 20260301, "准时")), batch=1)
    before = full_rows(lake)
    merge(lake, attended((2, 20250901, "旷课"), (3, 20250901, "准时"), (4, 20260302, "迟到")), batch=2)
    merge(lake, attended((9, 20250909, "准时")), batch=3)
    (change,) = changes_of(lake, 2)
    with lake.transaction(kind="undo", batch_id=2) as changes:
        assert changes.revert(change) == []
    assert [row for row in full_rows(lake) if 9 not in row[1:2]] == before
    assert changes_of(lake, 4)[0].time_keys == (20250901, 20260302)


def test_undo_is_refused_for_rows_changed_again_and_names_them(lake: Lake) -> None:
    merge(lake, attended((1, 20250901, "准时")), batch=1)
    merge(lake, attended((1, 20250901, "旷课"), (2, 20250901, "准时")), batch=2)
    merge(lake, attended((1, 20250901, "迟到")), batch=3)
    key = {row["student_id"]: row["attendance_id"] for row in lake.arrow("fact_attendance").to_pylist()}[1]
    before = full_rows(lake)
    with lake.transaction(kind="undo") as changes:
        assert changes.revert(changes_of(lake, 2)[0]) == [(key,)]
    assert full_rows(lake) == before
    assert lake.data_version() == 3


# -- upkeep -------------------------------------------------------------------------------------


def test_compaction_keeps_rows_and_version_and_leaves_one_sorted_file_a_term(lake: Lake) -> None:
    for student in (5, 3, 4):
        merge(lake, attended((student, 20250901, "准时"), (student, 20260301, "准时")), batch=student)
    before, version = full_rows(lake), lake.data_version()
    assert len(lake.files("fact_attendance")) == 6
    assert lake.compact() == {"fact_attendance": 4}
    assert full_rows(lake) == before
    assert lake.data_version() == version
    for path in lake.files("fact_attendance"):
        assert ds.dataset(path).to_table()["student_id"].to_pylist() == [3, 4, 5]
    assert lake.compact() == {}
    with lake.transaction(kind="undo") as changes:
        assert changes.revert(changes_of(lake, 2)[0]) == []
    assert set(pc.unique(lake.arrow("fact_attendance")["student_id"]).to_pylist()) == {4, 5}


def test_vacuum_removes_leftovers_but_nothing_that_counts_or_can_be_undone(lake: Lake, installation: Any) -> None:
    from data_access.intake.records import close_batch, open_batch  # noqa: PLC0415

    batch = open_batch(installation.database, mapping="x", fingerprint="x", files=[])
    merge(lake, attended((1, 20250901, "准时")))
    merge(lake, attended((1, 20250901, "旷课")), batch=batch)
    with installation.database.begin() as connection:
        close_batch(connection, batch, "committed", data_version=2)
    orphan = Path(lake.files("fact_attendance")[0]).with_name("part-orphan.parquet")
    orphan.write_bytes(b"left by a killed writer")
    kept = {file.path for version in (0, 1) for file in lake.files_at("fact_attendance", version)}
    assert lake.vacuum() == {}
    removed = lake.vacuum(retention=dt.timedelta(0))
    assert any("orphan" in file for file in removed["fact_attendance"])
    assert all(Path(path).exists() for path in kept)
    with installation.database.begin() as connection:
        close_batch(connection, batch, "undone")
    assert lake.vacuum(retention=dt.timedelta(0))
    assert statuses(lake) == {(1, 20250901): "旷课"}


# -- several processes --------------------------------------------------------------------------


def hold_transaction(root: str, url: str, held: Any, release: Any) -> None:
    from data_access.database import open_database  # noqa: PLC0415

    with Lake(Path(root), open_database(url)).transaction(kind="import") as changes:
        changes.append("dim_class", pa.table({"class_id": [1]}))
        held.set()
        release.wait(30)


@pytest.fixture
def holder(lake: Lake, installation: Any) -> Iterator[tuple[Any, Any]]:
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    process = context.Process(
        target=hold_transaction, args=(str(lake.root), installation.settings.database_url, held, release)
    )
    process.start()
    assert held.wait(30)
    yield process, release
    process.kill()
    process.join()


@pytest.mark.slow
def test_a_second_writer_is_told_to_wait_and_takes_over_when_the_first_is_killed(lake: Lake, holder: Any) -> None:
    process, _ = holder
    with pytest.raises(BusyError, match="Another process"):
        merge(lake, attended((1, 20250901, "准时")))
    process.kill()
    process.join()
    merge(lake, attended((1, 20250901, "准时")))
    assert lake.tables() == ["fact_attendance"]


def test_readers_never_see_half_a_commit(lake: Lake) -> None:
    """While values flip together in two tables, a reader always finds one state of both."""
    stop, seen = threading.Event(), set[tuple[int, int]]()

    def read() -> None:
        while not stop.is_set():
            files = lake.all_files()
            if files:
                counts = [ds.dataset(files[name]).count_rows() for name in ("dim_class", "dim_major")]
                seen.add((counts[0], counts[1]))

    reader = threading.Thread(target=read)
    reader.start()
    for size in range(1, 15):
        ids = list(range(size))
        load_tables(lake, [("dim_class", pa.table({"class_id": ids})), ("dim_major", pa.table({"major_id": ids}))])
    stop.set()
    reader.join()
    assert len(seen) > 1
    assert all(classes == majors for classes, majors in seen)
