"""Checkpoints that are whole or not there: safetensors beside a manifest of hashes, renamed last."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load, save
from torch import Tensor

KEPT = 2
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Checkpoint:
    """Everything a training needs to go on as if it had never stopped."""

    step: int
    weights: Mapping[str, Tensor]
    moments: Mapping[str, Tensor]


def write(folder: Path, checkpoint: Checkpoint, *, identity: str) -> None:
    """Add one checkpoint, durable before it is visible, and drop all but the newest two."""
    place = folder / f"step-{checkpoint.step:09d}"
    if place.exists():
        if _read(place, identity) is not None:
            return
        shutil.rmtree(place)
    scratch = folder / f".{place.name}.{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, mode=0o700)
    files = {
        "weights.safetensors": save(dict(checkpoint.weights)),
        "moments.safetensors": save(dict(checkpoint.moments)),
    }
    for name, data in files.items():
        _write(scratch / name, data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = {"identity": identity, "step": checkpoint.step, "files": hashes}
    _write(scratch / MANIFEST, json.dumps(manifest, sort_keys=True).encode())
    _sync_folder(scratch)
    scratch.rename(place)
    _sync_folder(folder)
    for left in (*list(_newest_first(folder))[KEPT:], *folder.glob(".step-*")):
        shutil.rmtree(left, ignore_errors=True)  # a killed writer leaves a hidden one


def newest(folder: Path, *, identity: str) -> Checkpoint | None:
    """The newest whole checkpoint of this very training; broken ones are passed over."""
    found = (_read(place, identity) for place in _newest_first(folder))
    return next((checkpoint for checkpoint in found if checkpoint is not None), None)


def _newest_first(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.glob("step-*"), reverse=True))


def _read(place: Path, identity: str) -> Checkpoint | None:
    """The checkpoint, or None when a file is missing, cut, altered or of another training."""
    try:
        manifest = json.loads((place / MANIFEST).read_bytes())
        files = {name: (place / name).read_bytes() for name in manifest["files"]}
        whole = all(
            hashlib.sha256(data).hexdigest() == manifest["files"][name] for name, data in files.items()
        )
        if not whole or manifest["identity"] != identity:
            return None
        weights, moments = load(files["weights.safetensors"]), load(files["moments.safetensors"])
        return Checkpoint(int(manifest["step"]), weights, moments)
    except (OSError, ValueError, KeyError, TypeError):
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
