"""Parquet files of cases: streamed, resumable, and broken ones cost themselves."""

import pyarrow as pa
import pyarrow.parquet as pq

from worker_collection.mapping import read_mapping
from worker_collection.sources.base import Broken
from worker_collection.sources.files import read_rows

PLAIN = read_mapping("")


def cases(n: int) -> list[dict[str, object]]:
    known = {"name": "Marta Quillby", "mrn": "M-1001"}
    return [
        {"source_id": str(i), "person": f"p{i}", "text": f"A cough for {i} days.", "known": known}
        for i in range(n)
    ]


def test_rows_come_in_order_from_any_place(tmp_path):
    path = tmp_path / "cases.parquet"
    pq.write_table(pa.Table.from_pylist(cases(2500)), path, row_group_size=700)
    for skip in (0, 1, 699, 700, 1401, 2499, 2500):
        ids = [row["source_id"] for row in read_rows(path, PLAIN, skip=skip)]
        assert ids == [str(n) for n in range(skip, 2500)], skip


def test_a_file_that_is_cut_off_is_one_broken_row(tmp_path):
    path = tmp_path / "cases.parquet"
    pq.write_table(pa.Table.from_pylist(cases(50)), path)
    path.write_bytes(path.read_bytes()[:-20])
    assert list(read_rows(path, PLAIN)) == [Broken("row 1", "broken_file")]


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "cases.parquet"
    pq.write_table(pa.Table.from_pylist(cases(60_000)), path, row_group_size=5000)
    before = pa.total_allocated_bytes()
    peak = 0
    for number, _ in enumerate(read_rows(path, PLAIN)):
        peak = max(peak, pa.total_allocated_bytes() - before) if number % 1000 == 0 else peak
    assert number == 59_999
    assert peak < path.stat().st_size * 4


def test_a_parquet_file_in_the_drop_folder_is_collected(deps, tmp_path, collect_source):
    pq.write_table(pa.Table.from_pylist(cases(3)), tmp_path / "cases.parquet")
    answer = collect_source("folder", str(tmp_path), 'name = "cases"')
    assert (answer["state"], answer["pending"]) == ("completed", 3)
    assert collect_source("folder", str(tmp_path), 'name = "cases"')["pending"] == 0
