"""What `rounds dataset` writes: files that are whole, checked, reproducible and refused twice."""

import csv
import hashlib
import json

import pyarrow.parquet as pq
import pytest

FORMATS = ("jsonl", "chat", "alpaca", "csv", "parquet")


def answer(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def sealed(cli, tmp_path):
    """A version of sixty cases of thirty persons, its rows, and the command line."""
    rows = [
        {
            "source_id": f"c-{n}",
            "person": f"p-{n // 2}",
            "text": f"=Painful swollen toe since {n} days" if n % 3 else f"Itchy plaques, {n} of them",
            "diagnosis": "Gout" if n % 3 else "Psoriasis",
        }
        for n in range(60)
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    answer(cli("cases", "import", str(file), "--curated", "--json"))
    return answer(cli("dataset", "seal", "--json")), rows


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_export_is_whole_checked_and_the_same_again(cli, sealed, tmp_path, file_format):
    version, rows = sealed
    first, second = tmp_path / f"one.{file_format}", tmp_path / f"two.{file_format}"
    for out in (first, second):
        given = answer(
            cli(
                "dataset",
                "export",
                version["dataset_version"],
                "--format",
                file_format,
                "--out",
                str(out),
                "--json",
            )
        )
        assert given["lines"] == len(rows)
    assert first.read_bytes() == second.read_bytes()
    manifest = json.loads((tmp_path / f"one.{file_format}.manifest.json").read_text())
    assert manifest["files"][0]["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    assert (manifest["sha256"], manifest["cases"]) == (version["sha256"], len(rows))
    assert {path.suffix for path in tmp_path.iterdir() if path.name.startswith(".")} == set()
    assert first.stat().st_mode & 0o077 == 0
    assert not any(row["person"].encode() in first.read_bytes() for row in rows if len(row["person"]) > 3)


def test_a_table_is_read_back_and_runs_nowhere(cli, sealed, tmp_path):
    version, rows = sealed
    for kind in ("csv", "parquet"):
        cli(
            "dataset",
            "export",
            version["dataset_version"],
            "--format",
            kind,
            "--out",
            str(tmp_path / f"t.{kind}"),
        )
    with (tmp_path / "t.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert {row["text"] for row in table} == {row["text"].replace("=", "'=") for row in rows}
    assert set(pq.read_table(tmp_path / "t.parquet")["text"].to_pylist()) == {row["text"] for row in rows}


def test_an_export_overwrites_nothing_and_names_what_it_does_not_know(cli, sealed, tmp_path):
    name = sealed[0]["dataset_version"]
    out = tmp_path / "kept.jsonl"
    out.write_text("mine")
    code, _, err = cli("dataset", "export", name, "--out", str(out))
    assert (code, out.read_text()) == (1, "mine") and "exists" in err
    code, _, err = cli("dataset", "export", name, "--format", "docx", "--out", str(tmp_path / "x"))
    assert code == 2 and "parquet" in err
    code, _, err = cli("dataset", "export", name, "--split", "dev", "--out", str(tmp_path / "x"))
    assert code == 2 and "evaluation" in err
    assert not (tmp_path / "x").exists()


def test_an_old_version_is_exported_without_what_was_withdrawn(cli, sealed, tmp_path):
    name = sealed[0]["dataset_version"]
    answer(cli("withdraw", "--person", "p-7", "--json"))
    given = answer(cli("dataset", "export", name, "--out", str(tmp_path / "later.jsonl"), "--json"))
    assert (given["lines"], sum(given["left_out"].values())) == (58, 2)


def test_a_diff_is_told_as_text_json_and_a_page(cli, sealed, tmp_path):
    first = sealed[0]["dataset_version"]
    answer(cli("withdraw", "--person", "p-7", "--certificate", str(tmp_path / "c.json"), "--json"))
    assert json.loads((tmp_path / "c.json").read_text())["cases"] == 2
    second = answer(cli("dataset", "seal", "--json"))["dataset_version"]
    told = answer(cli("dataset", "diff", first, second, "--json"))
    assert (told["added"], told["removed"]) == (0, {"withdrawn": 2})
    code, out, _ = cli("dataset", "diff", first, second)
    assert code == 0 and "2 went as withdrawn." in out
    page = tmp_path / "diff.html"
    answer(cli("dataset", "diff", first, second, "--format", "html", "--out", str(page), "--json"))
    assert page.read_text().startswith("<!doctype html>")
