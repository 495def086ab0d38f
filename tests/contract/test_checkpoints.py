"""What a checkpoint promises to every family: whole and ours, or not there."""

import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import torch

from shared.backends import checkpoints
from shared.backends.checkpoints import Checkpoint, NotFiniteError

FILES = ("weights.safetensors", "moments.safetensors", "manifest.json")
NAMED = "step-{:09d}"


def a_checkpoint(step: int) -> Checkpoint:
    tensor = {"a": torch.full((5,), float(step))}
    return Checkpoint(step, tensor, tensor, {"position": [step, 7], "draws": "00ff", "share": 0.1 * step})


@pytest.fixture
def two(tmp_path) -> Path:
    for step in (3, 6):
        checkpoints.write(tmp_path, a_checkpoint(step), identity="x")
    return tmp_path


def the_one_before(folder: Path) -> bool:
    found = checkpoints.newest(folder, identity="x")
    return found is not None and (found.step, float(found.weights["a"][0])) == (3, 3.0)


def test_what_is_written_is_read(two):
    found, wanted = checkpoints.newest(two, identity="x"), a_checkpoint(6)
    assert found is not None
    assert (found.step, found.state) == (6, dict(wanted.state))
    assert torch.equal(found.weights["a"], wanted.weights["a"])


@pytest.mark.parametrize("name", FILES)
def test_any_one_flipped_bit_falls_back_to_the_checkpoint_before(two, name):
    path = two / NAMED.format(6) / name
    data, kept = path.read_bytes(), two.parent / f"kept-{two.name}"
    shutil.copytree(two, kept)
    for place, bit in product(range(len(data)), (0, 3, 7)):
        path.write_bytes(data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :])
        assert the_one_before(two), (place, bit)
        shutil.copytree(kept / NAMED.format(6), two / NAMED.format(6))
    assert not the_one_before(two)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("left", [None, 0, 1, 0.5, -1])
def test_a_missing_or_cut_file_falls_back_to_the_checkpoint_before(two, name, left):
    path = two / NAMED.format(6) / name
    data = path.read_bytes()
    if left is None:
        path.unlink()
    else:
        path.write_bytes(data[: int(left * len(data)) if 0 < left < 1 else left])
    assert the_one_before(two)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_checkpoint_of_the_same_training_falls_back(two, name):
    other = two / NAMED.format(3) / name
    (two / NAMED.format(6) / name).write_bytes(other.read_bytes())
    assert the_one_before(two)


def test_a_checkpoint_under_another_step_s_name_or_emptied_or_a_file_falls_back(two):
    newest = two / NAMED.format(6)
    shutil.copytree(newest, two / NAMED.format(9))
    shutil.rmtree(newest)
    (two / NAMED.format(7)).mkdir()
    (two / "step-zz").mkdir()
    assert the_one_before(two)


def test_another_training_s_checkpoint_does_not_count_among_those_kept(two):
    assert checkpoints.newest(two, identity="y") is None
    checkpoints.write(two, a_checkpoint(1), identity="y")
    found = checkpoints.newest(two, identity="y")
    assert found is not None
    assert found.step == 1


def test_when_all_are_broken_the_training_starts_over(two):
    for step in (3, 6):
        (two / NAMED.format(step) / FILES[0]).unlink()
    assert checkpoints.newest(two, identity="x") is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_state_that_is_no_number_is_not_saved_and_the_last_good_one_stays(two, value):
    bad = {"a": torch.tensor([1.0, value])}
    with pytest.raises(NotFiniteError):
        checkpoints.write(two, Checkpoint(9, bad, {}), identity="x")
    found = checkpoints.newest(two, identity="x")
    assert found is not None
    assert found.step == 6


FULL = """
import resource, signal, sys, torch
from pathlib import Path
from shared.backends import checkpoints
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
large = {"a": torch.ones(20_000)}
try:
    checkpoints.write(Path(sys.argv[1]), checkpoints.Checkpoint(9, large, {}), identity="x")
except checkpoints.DiskFullError as error:
    sys.exit(17 if "no room" in str(error) and error.fix else 1)
"""


def test_a_full_disk_is_a_sentence_and_leaves_the_older_ones_whole(two):
    done = subprocess.run([sys.executable, "-c", FULL, str(two)], check=False)
    assert done.returncode == 17
    assert sorted(path.name for path in two.iterdir()) == [NAMED.format(step) for step in (3, 6)]
    assert checkpoints.newest(two, identity="x").step == 6
