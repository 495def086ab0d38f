"""A segmenter's training small enough for tests: bright blobs on a slope, drawn from their number."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

import numpy as np

from shared.backends.base import FitRequest, Pictures
from shared.domain.example import PictureExample

SIDE = 48
COUNT = 5


def drawing(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture and its mask with two objects: a bright blob, which is wanted, beside a dark one."""
    draw = np.random.default_rng(number)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    for value, middle in enumerate(((14, 14), (33, 32)), start=1):
        row, column = middle + draw.integers(-4, 5, 2)
        mask[((rows - row) / 7) ** 2 + ((columns - column) / 9) ** 2 < 1] = value
    pixels = 60 + columns * 0.8 + 90 * (mask == 1) - 50 * (mask == 2) + draw.normal(0, 6, mask.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8), mask


def save(folder: Path, array: np.ndarray) -> str:
    name = hashlib.sha256(array.tobytes()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{name}.npy", array)
    return name


def examples(folder: Path, count: int = COUNT) -> list[PictureExample]:
    found = []
    for number in range(count):
        pixels, mask = drawing(number)
        found.append(
            PictureExample(
                case_id=uuid5(NAMESPACE_OID, f"picture {number}"),
                person_id=uuid5(NAMESPACE_OID, f"person {number}"),
                image=save(folder, pixels),
                mask=save(folder, mask),
                label="object",
            )
        )
    return found


def request(
    checkpoints: Path, rows: Sequence[PictureExample] | None = None, *, seed: int = 5, **recipe: object
) -> FitRequest:
    folder = checkpoints.parent / f"{checkpoints.name}-pictures"
    given = examples(folder) if rows is None else rows
    quick = {
        "epochs": 2,
        "batch_size": 2,
        "checkpoint_steps": 2,
        "held_back_share": 0.2,
        "learning_rate": 1e-3,
    } | recipe
    return FitRequest(
        examples=[],
        labels=["object"],
        base="litemedsam",
        recipe=quick,
        seed=seed,
        checkpoints=checkpoints,
        pictures=Pictures(given, folder),
    )


def shelved(wish: FitRequest, shelf: Path) -> FitRequest:
    """The same training with a shelf of the site."""
    assert wish.pictures is not None
    return replace(wish, pictures=replace(wish.pictures, shelf=shelf))
