"""Pictures from the command line: imported, sealed, exported, and imported again as what they were."""

import json
import zipfile
from collections import Counter

import numpy as np
import pytest
from PIL import Image


def answer(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def clinic(tmp_path):
    """Twelve pictures of six persons with masks, one of them broken, and the file that names them."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[:48, :40]
    rows = []
    for number in range(12):
        mask = (y - 20 - number % 5) ** 2 + (x - 18) ** 2 < 60 + number
        pixels = (50 + 90 * mask + random.integers(0, 20, mask.shape)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"i{number}.png")
        Image.fromarray(mask).save(tmp_path / f"m{number}.png")
        files = {"image": f"i{number}.png", "mask": f"m{number}.png"}
        rows.append(
            {"source_id": f"p-{number}", "person": f"q-{number // 2}", "model_type": "segmentation"} | files
        )
    (tmp_path / "i11.png").write_bytes(b"broken")
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_pictures_go_out_as_they_came_in(cli, clinic, tmp_path):
    came = answer(cli("cases", "import", str(clinic), "--curated", "--json"))
    assert came["imported"] == 11
    assert came["refused"] == {"undecodable": 1}
    sealed = answer(cli("dataset", "seal", "--model-type", "segmentation", "--json"))
    assert sum(sealed["counts"].values()) == 11
    out = tmp_path / "set.zip"
    answer(
        cli(
            "dataset",
            "export",
            sealed["dataset_version"],
            "--format",
            "png+mask",
            "--out",
            str(out),
            "--json",
        )
    )
    with zipfile.ZipFile(out) as archive:
        cases = [json.loads(line) for line in archive.read("cases.jsonl").decode().splitlines()]
        archive.extractall(tmp_path / "again")
    masks = {np.asarray(Image.open(tmp_path / "again" / case["mask"])).tobytes() for case in cases}
    first = {
        np.asarray(Image.open(clinic.parent / f"m{n}.png")).astype(np.uint8).tobytes() for n in range(11)
    }
    assert masks == first
    sides = Counter(case["split"] for case in cases)  # of six persons, each drawn by lot
    assert (sides["training"], sides["evaluation"]) == tuple(
        sealed["counts"][side] for side in ("train", "evaluation")
    )
    again = answer(cli("cases", "import", str(tmp_path / "again" / "cases.jsonl"), "--curated", "--json"))
    assert (again["imported"], again["duplicates"]) == (0, 11)


def test_a_version_of_pictures_is_no_text_and_the_other_way_round(cli, clinic, tmp_path):
    answer(cli("cases", "import", str(clinic), "--curated", "--json"))
    sealed = answer(cli("dataset", "seal", "--model-type", "segmentation", "--json"))
    code, _, err = cli("dataset", "export", sealed["dataset_version"], "--out", str(tmp_path / "x.jsonl"))
    assert code == 2
    assert "png+mask" in err
    assert not (tmp_path / "x.jsonl").exists()


def test_a_drop_folder_reads_nothing_outside_itself(cli, clinic, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    row = {"source_id": "a", "person": "p", "image": str(clinic.parent / "i0.png")}
    (drop / "cases.jsonl").write_text(json.dumps(row) + "\n")
    added = ("source", "add", "drop", "--kind", "folder", "--url", str(drop), "--model-type", "segmentation")
    answer(cli(*added, "--json"))
    tested = answer(cli("source", "test", "drop", "--json"))
    assert "image_outside_folder" in json.dumps(tested)
