"""The picture sets of the benchmark as examples of a training, and pictures drawn where there are none."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.domain.example import PictureExample

SIDE = 128


@dataclass(frozen=True)
class Shot:
    """One flat picture with its mask and whose it is."""

    name: str
    person: str
    pixels: NDArray[Any]
    mask: NDArray[Any]


def read(folder: Path) -> list[Shot]:
    """The pictures of one part of a set; a volume gives its slices with an object, along its last axis."""
    return [shot for path in sorted(folder.iterdir()) for shot in _shots(path)]


def largest(folder: Path) -> list[Shot]:
    """Of each volume the slice along its second axis (coronal, of a head) that shows most of the object."""
    cut = [list(_slices(path, axis=1)) for path in sorted(folder.glob("*.npz"))]
    return [max(slices, key=lambda shot: np.count_nonzero(shot.mask)) for slices in cut]


def _shots(path: Path) -> Iterator[Shot]:
    if path.suffix == ".npz":
        yield from _slices(path, axis=2)
    elif path.stem.endswith(("_instances", "_mask")):
        name, _, kind = path.stem.rpartition("_")
        with Image.open(next(path.parent.glob(f"{name}.[jp][pn]g"))) as picture, Image.open(path) as mask:
            person = name[:-1] if kind == "mask" else name  # of photographs, the two eyes of one child
            yield Shot(name, person, np.asarray(picture.convert("RGB")), np.asarray(mask))


def _slices(path: Path, *, axis: int) -> Iterator[Shot]:
    volume = np.load(path, allow_pickle=False)
    image, label = (np.moveaxis(volume[part], axis, 0) for part in ("image", "label"))
    for number in np.flatnonzero(label.any(axis=(1, 2))):
        yield Shot(f"{path.stem}#{number}", path.stem, image[number], label[number])


def spread(shots: Sequence[Shot], most: int) -> list[Shot]:
    """Some at equal distances, so that every person has a part."""
    step = max(1.0, len(shots) / most)
    return [shots[int(place * step)] for place in range(min(most, len(shots)))]


def drawn(count: int) -> list[Shot]:
    """Pictures with a bright ellipse each, for what depends on sizes alone."""
    found = []
    for number in range(count):
        draw = np.random.default_rng(number)
        rows, columns = np.mgrid[:SIDE, :SIDE]
        row, column, high, wide = draw.integers((40, 40, 10, 14), (88, 88, 30, 36))
        mask = (((rows - row) / high) ** 2 + ((columns - column) / wide) ** 2 < 1).astype(np.uint8)
        pixels = 60 + columns * 0.4 + 80 * mask + draw.normal(0, 8, mask.shape)
        found.append(Shot(f"drawn {number}", f"person {number}", pixels.clip(0, 255).astype(np.uint8), mask))
    return found


def saved(shots: Sequence[Shot], folder: Path) -> list[PictureExample]:
    """The shots as a training reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        PictureExample(
            case_id=uuid5(NAMESPACE_OID, shot.name),
            person_id=uuid5(NAMESPACE_OID, shot.person),
            image=_save(folder, shot.pixels),
            mask=_save(folder, shot.mask),
            label="object",
        )
        for shot in shots
    ]


def _save(folder: Path, array: NDArray[Any]) -> str:
    kept = np.ascontiguousarray(array)
    name = hashlib.sha256(f"{kept.shape}".encode() + kept.tobytes()).hexdigest()
    np.save(folder / f"{name}.npy", kept)
    return name
