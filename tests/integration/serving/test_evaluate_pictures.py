"""`rounds evaluate` for masks: Dice and IoU with intervals by every kind of prompt, beside the untrained."""

import json

import numpy as np
import pytest
from PIL import Image

from rounds import main
from shared.config import PREFIX, environment
from tests.small_pictures import drawing


@pytest.fixture
def rounds(site, monkeypatch, capsys):
    """Run a command on the test's site; answers exit code, standard output and standard error."""
    for name, value in environment(site.settings).items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, value)

    def run(*arguments):
        code = main.run([str(one) for one in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def cases(tmp_path):
    """Two pictures with masks, one of them with a box, and one without a mask."""
    rows = []
    for number in (60, 61, 62):
        pixels, mask = drawing(number)
        Image.fromarray(pixels).save(tmp_path / f"i{number}.png")
        row = {"source_id": f"s-{number}", "person": f"p-{number}", "image": f"i{number}.png"}
        if number != 62:
            Image.fromarray(mask).save(tmp_path / f"m{number}.png")
            row |= {"mask": f"m{number}.png", "mask_values": "instances"}
        rows.append(row)
    left, top = np.argwhere(drawing(61)[1].T == 1).min(0)
    right, bottom = np.argwhere(drawing(61)[1].T == 1).max(0)
    rows[1]["box"] = [int(left), int(top), int(right), int(bottom)]
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_masks_are_scored_by_every_kind_of_prompt(site, segmenter, rounds, cases):
    version = site.add(segmenter)
    asked = ("evaluate", "--model-version", version.name, "--cases", cases, "--json")
    code, out, err = rounds(*asked)
    assert code == 0, err
    answer = json.loads(out)
    metrics = answer["metrics"]
    assert metrics["n"] == 2
    assert set(metrics["by_prompt"]) == {"whole", "box", "object", "given"}
    low, high = metrics["intervals"]["dice"]
    assert low <= metrics["dice"] <= high
    assert metrics["iou"] < metrics["dice"]
    by_id = {one["source_id"]: one for one in answer["predictions"]}
    assert by_id["s-61"]["dice"] == pytest.approx(metrics["by_prompt"]["given"]["dice"]["value"])
    assert "dice" not in by_id["s-62"]
    assert all(one["label"] == "object" and 0 <= one["confidence"] <= 1 for one in answer["predictions"])
    code, out, _ = rounds(*asked, "--untrained")
    bare = json.loads(out)["metrics"]["by_prompt"]
    assert bare["whole"]["dice"]["value"] < metrics["by_prompt"]["whole"]["dice"]["value"]


def test_the_slices_of_a_volume_count_together(site, segmenter, rounds, tmp_path):
    version = site.add(segmenter)
    slices = [drawing(number) for number in (63, 64)]
    image, label = (np.stack([one[side] for one in slices], axis=-1) for side in (0, 1))
    label[:, :, 1] = 0
    label[20:23, 20:23, 1] = 1  # a slice that barely has an object
    np.savez(tmp_path / "v.npz", image=image, label=label)
    path = tmp_path / "v.jsonl"
    path.write_text(json.dumps({"source_id": "v", "person": "p", "image": "v.npz"}) + "\n")
    code, out, err = rounds("evaluate", "--model-version", version.name, "--cases", path, "--json")
    assert code == 0, err
    answer = json.loads(out)
    metrics, each = answer["metrics"], [one["dice"] for one in answer["predictions"]]
    assert (metrics["n"], metrics["pictures"], len(each)) == (1, 2, 2)
    assert min(each) < metrics["dice"] < max(each)
    assert metrics["dice"] != pytest.approx(sum(each) / 2, abs=0.01)


def test_what_is_no_picture_is_one_sentence(site, segmenter, rounds, tmp_path):
    version = site.add(segmenter)
    path = tmp_path / "bad.jsonl"
    for row, why in (
        ({"source_id": "a", "text": "cough"}, "no picture"),
        ({"image": "none.png"}, "no_image_file"),
    ):
        path.write_text(json.dumps({"source_id": "a"} | row) + "\n")
        code, _, err = rounds("evaluate", "--model-version", version.name, "--cases", path)
        assert code == 2
        assert why in err
