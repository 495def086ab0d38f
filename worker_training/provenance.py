"""What a training was made with: code, packages, data, base, seed, device. Enough to make it again."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from shared.domain.repair import mended
from shared.registry.devices import Device
from shared.registry.tables import DatasetVersion, TrainingJob
from worker_training.folder import EXAMPLES

ROOT = Path(__file__).parents[1]
LEARNS = ("shared", "worker_training")  # the packages whose code decides what a training gives
NAMED = ("torch", "transformers", "peft", "numpy", "safetensors", "tokenizers", "optuna")


def of_job(job: TrainingJob, dataset: DatasetVersion, device: Device, *, threads: int) -> dict[str, object]:
    """What is known before the first step."""
    return {
        "code": code(),
        "packages": packages(),
        "dataset": {"name": dataset.name, "sha256": dataset.sha256},
        "base": job.base,
        "recipe": mended(job.recipe, job.repairs),
        "seed": job.seed,
        "device": device.key,
        "threads": threads,
    }


def examples(folder: Path) -> dict[str, object]:
    """The hash of what the trainer reads: a set whose cases were withdrawn meanwhile gives another."""
    with (folder / EXAMPLES).open("rb") as lines:
        return {"examples_sha256": hashlib.file_digest(lines, "sha256").hexdigest()}


@cache
def code() -> dict[str, str]:
    """The installed version and the hash of the code that learns, a changed line of which may give others."""
    digest = hashlib.sha256()
    for package in LEARNS:
        for path in sorted((ROOT / package).rglob("*.py")):
            told = f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
            digest.update(told.encode())
    try:
        product = version("rounds")
    except PackageNotFoundError:
        product = "0+source"
    return {"version": product, "sha256": digest.hexdigest()}


@cache
def packages() -> dict[str, object]:
    """The hash of every installed package with its version, and the versions of those that compute."""
    installed = {one.metadata["Name"].lower().replace("_", "-"): one.version for one in distributions()}
    lines = "\n".join(f"{name}=={installed[name]}" for name in sorted(installed))
    named = {name: installed[name] for name in NAMED if name in installed}
    return {"sha256": hashlib.sha256(lines.encode()).hexdigest(), "count": len(installed), **named}
