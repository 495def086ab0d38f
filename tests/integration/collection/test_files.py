"""Files as clinics drop them: encodings, separators, half-written, broken, changed, packed."""

import csv
import gzip
import io
import json
import os
import random

import pytest

from worker_collection.mapping import CaseMapping, read_mapping
from worker_collection.sources import files, texts
from worker_collection.sources.base import Broken
from worker_collection.sources.folder import FolderSource

CASES = CaseMapping()
NOTE = "Müde seit März, Übelkeit nach dem Essen; keine Blutung"


def a_row(number: int, text: str = NOTE) -> dict[str, str]:
    return {"source_id": f"r{number}", "person": f"p{number}", "text": text, "diagnosis": "Gastritis"}


def as_lines(rows, end: str = "\n") -> str:
    return end.join(json.dumps(row, ensure_ascii=False) for row in rows) + end


def as_table(rows, separator: str = ",") -> str:
    held = io.StringIO()
    writer = csv.DictWriter(held, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue()


def read(path, mapping: CaseMapping = CASES):
    found = [row for row in files.read_rows(path, mapping) if row is not files.BLANK]
    whole = [row for row in found if not isinstance(row, Broken)]
    return whole, [row.reason for row in found if isinstance(row, Broken)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32"]
)
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_text_is_read_in_the_encoding_that_it_is_in(tmp_path, encoding, form):
    rows = [a_row(number) for number in range(3)]
    text = as_lines(rows) if form == "jsonl" else as_table(rows)
    path = tmp_path / f"cases.{form}"
    path.write_bytes(text.encode(encoding))
    assert read(path) == (rows, [])


def test_a_line_in_another_encoding_costs_itself(tmp_path):
    path = tmp_path / "cases.jsonl"
    good, bad = as_lines([a_row(1)]).encode(), as_lines([a_row(2)]).encode("cp1252")
    path.write_bytes(good + bad + as_lines([a_row(3)]).encode())
    assert read(path) == ([a_row(1), a_row(3)], ["bad_encoding"])


def test_what_is_no_text_is_refused_at_its_byte(tmp_path):
    path = tmp_path / "cases.jsonl"
    good = as_lines([a_row(1, "plain")]).encode()
    path.write_bytes(good + b"\x81\x8d not a letter anywhere\n")
    with pytest.raises(texts.UnreadableTextError, match=f"byte {len(good)}"):
        texts.encoding_of(path)
    assert read(path) == ([], ["bad_encoding"])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_tables_of_every_separator_with_quotes_and_line_ends_in_cells(tmp_path, separator):
    rows = [a_row(number, f'Says "no, never";\nthen {number} | again\tand\nagain') for number in range(5)]
    path = tmp_path / "cases.csv"
    path.write_text(as_table(rows, separator), newline="")
    assert read(path) == (rows, [])


def test_a_quote_that_nobody_closes_costs_its_line(tmp_path):
    rows = [a_row(number, f"Hot toe {number}") for number in range(6)]
    table = as_table(rows).replace("Hot toe 2", '"Hot toe 2')
    (tmp_path / "cases.csv").write_text(table)
    whole, broken = read(tmp_path / "cases.csv")
    assert [row["source_id"] for row in whole] == ["r0", "r1", "r3", "r4", "r5"]
    assert broken == ["broken_line"]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_half_written_end_is_told_from_a_broken_line(tmp_path, form):
    rows = [a_row(number, "Hot toe") for number in range(4)]
    text = as_lines(rows) if form == "jsonl" else as_table(rows)
    path = tmp_path / f"cases.{form}"
    path.write_text(text[: -len("Gastritis") - 6])
    whole, broken = read(path)
    assert (whole, broken) == (rows[:3], ["half_written"])


def test_a_column_that_is_gone_refuses_the_file_and_names_it(tmp_path):
    path = tmp_path / "cases.csv"
    path.write_text(as_table([{"id": "1", "note": "Hot toe", "disease": "Gout"}]))
    mapping = read_mapping('text = ["{note}"]\n[fields]\nsource_id = "id"\ndiagnosis = "diagnosis"')
    assert read(path, mapping) == ([], ["missing_column_diagnosis"])


def test_packed_files_are_read_and_one_that_breaks_off_gives_what_it_has(tmp_path):
    dice = random.Random(1)
    rows = [a_row(number, "".join(dice.choices("abcdefgh ", k=400))) for number in range(300)]
    packed = gzip.compress(as_lines(rows).encode())
    whole, cut = tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.gz"
    whole.write_bytes(packed)
    cut.write_bytes(packed[: len(packed) // 2])
    assert read(whole) == (rows, [])
    some, broken = read(cut)
    assert broken[-1] == "broken_file"
    assert some == rows[: len(some)]


def test_a_line_without_end_is_not_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "LONGEST_LINE", 1000)
    path = tmp_path / "cases.jsonl"
    path.write_text(as_lines([a_row(1), a_row(2, "x" * 5000), a_row(3)]))
    assert read(path) == ([a_row(1), a_row(3)], ["line_too_long"])


def test_a_file_that_is_being_written_comes_when_it_is_whole(tmp_path):
    (tmp_path / "cases.jsonl.part").write_text(as_lines([a_row(1)]))
    (tmp_path / ".cases.jsonl").write_text(as_lines([a_row(1)]))
    source = FolderSource(str(tmp_path), CASES)
    assert list(source.pages({}, 100)) == []
    (tmp_path / "cases.jsonl").write_text(as_lines([a_row(1)]))
    pages = source.pages({}, 1)
    first = next(pages)
    with (tmp_path / "cases.jsonl").open("a") as file:
        file.write(as_lines([a_row(2)]))
    os.utime(tmp_path / "cases.jsonl", ns=(1, 1))
    *_, last = pages
    assert (len(first.rows), last.watermark["done"]) == (1, [])
    again = list(source.pages(last.watermark, 100))
    assert sum(len(page.rows) for page in again) == 2
    assert list(source.pages(again[-1].watermark, 100)) == []
    (tmp_path / "copy.jsonl").write_bytes((tmp_path / "cases.jsonl").read_bytes())
    assert list(source.pages(again[-1].watermark, 100)) == []


def test_reading_on_after_any_row_gives_the_rest(tmp_path):
    rows = [a_row(number) for number in range(7)]
    (tmp_path / "a.jsonl").write_text(as_lines(rows).replace("\n", "\n\n", 2) + "{broken\n")
    (tmp_path / "b.csv").write_text(as_table(rows) + "short\n")
    for path in sorted(tmp_path.iterdir()):
        whole = list(files.pages(path, CASES, done=0, size=3))
        for page in whole:
            rest = list(files.pages(path, CASES, done=page.watermark["rows"], size=3))
            assert rest == whole[whole.index(page) + 1 :]
