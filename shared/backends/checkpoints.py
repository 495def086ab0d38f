"""Checkpoints that are whole or not there: safetensors beside a sealed list of their hashes, renamed last."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from shared.errors import Error, InvalidInputError

KEPT = 2
MANIFEST, WEIGHTS, MOMENTS = "manifest.json", "weights.safetensors", "moments.safetensors"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFullError(Error):
    """There is no room for a checkpoint; those written before are whole."""

    code = "disk_full"

    def __init__(self) -> None:
        super().__init__(
            "the disk under ROUNDS_HOME has no room for a checkpoint",
            fix="make room, then train again",
        )


class NotFiniteError(InvalidInputError):
    """A state that holds numbers which are none is never saved: the one before is the last good one."""

    code = "diverged"

    def __init__(self, step: int) -> None:
        super().__init__(
            f"a weight is not a number any more after step {step}",
            field="learning_rate",
            fix="lower learning_rate",
        )


@dataclass(frozen=True)
class Checkpoint:
    """Everything a training needs to go on as if it had never stopped.

    `state` is JSON for what is no tensor, as the position in a sequence or a generator's state.
    """

    step: int
    weights: Mapping[str, Tensor]
    moments: Mapping[str, Tensor]
    state: Mapping[str, object] = field(default_factory=dict)


def write(folder: Path, checkpoint: Checkpoint, *, identity: str) -> None:
    """Add one checkpoint, durable before it is visible, and drop all but the newest two.

    Raises:
        DiskFullError: there is no room; nothing of it is left and the older ones are as they were.
        NotFiniteError: a weight or moment is infinite or no number.
    """
    _check_finite(checkpoint)
    place = folder / _name(checkpoint.step)
    if place.exists():
        if _read(place, identity) is not None:
            return
        shutil.rmtree(place)
    scratch = folder / f".{place.name}.{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        _fill(scratch, checkpoint, identity)
        scratch.rename(place)
        _sync_folder(folder)
    except OSError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        if error.errno in FULL:
            raise DiskFullError from error
        raise
    for left in (*_newest_first(folder)[KEPT:], *folder.glob(".step-*")):
        shutil.rmtree(left, ignore_errors=True)  # a killed writer leaves a hidden one


def newest(folder: Path, *, identity: str) -> Checkpoint | None:
    """The newest whole checkpoint of this very training; what is broken or another's is removed on the way.

    It would otherwise count among the two that are kept.
    """
    for place in _newest_first(folder):
        checkpoint = _read(place, identity)
        if checkpoint is not None:
            return checkpoint
        shutil.rmtree(place, ignore_errors=True)
    return None


def _name(step: int) -> str:
    return f"step-{step:09d}"


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _check_finite(checkpoint: Checkpoint) -> None:
    tensors = (*checkpoint.weights.values(), *checkpoint.moments.values())
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
        raise NotFiniteError(checkpoint.step)


def _fill(scratch: Path, checkpoint: Checkpoint, identity: str) -> None:
    scratch.mkdir(parents=True, mode=0o700)
    files = {WEIGHTS: save(dict(checkpoint.weights)), MOMENTS: save(dict(checkpoint.moments))}
    for name, data in files.items():
        _write(scratch / name, data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    facts = {"identity": identity, "step": checkpoint.step, "state": dict(checkpoint.state), "files": hashes}
    _write(scratch / MANIFEST, _sealed(facts))
    _sync_folder(scratch)


def _sealed(facts: Mapping[str, object]) -> bytes:
    """The manifest's bytes: the facts with their own hash, for one flipped bit may turn step 20 into 24."""
    body = json.dumps(facts, sort_keys=True)
    return json.dumps({"facts": facts, "seal": hashlib.sha256(body.encode()).hexdigest()}).encode()


def _read(place: Path, identity: str) -> Checkpoint | None:
    """The checkpoint, or None when a file is missing, cut, altered, misplaced or of another training."""
    try:
        found = (place / MANIFEST).read_bytes()
        facts = json.loads(found)["facts"]
        ours = facts["identity"] == identity and _name(facts["step"]) == place.name
        if not ours or _sealed(facts) != found:
            return None
        files = {name: (place / name).read_bytes() for name in (WEIGHTS, MOMENTS)}
        if {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} != facts["files"]:
            return None
        return Checkpoint(facts["step"], load(files[WEIGHTS]), load(files[MOMENTS]), facts["state"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
