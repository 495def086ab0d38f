"""What a segmenter learns from: the pictures that were chosen, cut into tiles, and the persons held back."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.backends.base import FitRequest, Pictures
from shared.backends.segmentation.base_model import CELLS
from shared.backends.segmentation.picture import PictureError
from shared.backends.segmentation.tiles import Tile, parts_for, parts_of_objects, tiles_of
from shared.domain.choosing import choose
from shared.domain.example import PictureExample
from shared.domain.recipe import SegmentationRecipe
from shared.errors import InvalidInputError

FEWEST_PICTURES = 2
FEWEST_PERSONS = 4  # with fewer nobody is held back
GRID = 4 * CELLS
_MASKS_LOOKED_AT = 24
_MOST_HELD_BACK = 40  # pictures, beyond the first person's


class NothingToSegmentError(InvalidInputError):
    """The pictures do not allow a segmenter."""

    code = "bad_data"


@dataclass(frozen=True)
class Unit:
    """One tile of one picture, by its number among the chosen."""

    picture: int
    tile: Tile


@dataclass(frozen=True)
class Material:
    """The chosen pictures in the order of their cases, weights of mean 1, and how they are cut.

    Attributes:
        learnt: the units that are learnt from.
        held_back: numbers of pictures of persons that are not learnt from.
        is_local: whether a tile is shown by what surrounds each place, not by the picture's brightness.
    """

    examples: Sequence[PictureExample]
    weights: Sequence[float]
    parts: int
    learnt: Sequence[Unit]
    held_back: Sequence[int]
    folder: Path
    is_local: bool = False

    def image(self, number: int) -> NDArray[Any]:
        """The pixels of a picture."""
        return read(self.folder, self.examples[number].image)

    def mask(self, number: int) -> NDArray[Any]:
        """Its mask."""
        return read(self.folder, self.examples[number].mask)


def prepare(request: FitRequest, recipe: SegmentationRecipe, side: int) -> Material:
    """Choose pictures, find out how they must be cut, and hold some persons back.

    Raises:
        NothingToSegmentError: fewer than two pictures, or not one with an object.
        PictureError: a mask is not of its picture's size.
    """
    pictures = _pictures(request)
    chosen = choose(pictures.examples, recipe.max_pictures)
    if len(chosen) < FEWEST_PICTURES:
        fix = f"a segmenter needs {FEWEST_PICTURES} pictures with masks"
        raise NothingToSegmentError(f"{len(chosen)} pictures are enough for no segmenter", fix=fix)
    for example in chosen:
        _check(pictures.folder, example)
    masks = _looked_at(pictures.folder, chosen)
    parts = parts_for(masks, side=side, grid=GRID)
    has_lines = parts > parts_of_objects(masks)
    held_back = _held_back(chosen, recipe.held_back_share, request.seed)
    mean = sum(example.weight for example in chosen) / len(chosen)
    apart = set(held_back)
    material = Material(
        examples=chosen,
        weights=[example.weight / mean for example in chosen],
        parts=recipe.tiles or parts,
        is_local=has_lines if recipe.contrast == "auto" else recipe.contrast == "local",
        learnt=[],
        held_back=held_back,
        folder=pictures.folder,
    )
    numbers = [number for number in range(len(chosen)) if number not in apart]
    most = recipe.max_tiles if material.parts > 1 else len(numbers)
    return replace(material, learnt=_spread(material, numbers, most))


def units_of(material: Material, number: int) -> list[Unit]:
    """The tiles of one picture."""
    height, width = material.mask(number).shape
    return [Unit(number, tile) for tile in tiles_of(height, width, parts=material.parts)]


def _spread(material: Material, numbers: Sequence[int], most: int) -> list[Unit]:
    """At most so many tiles, equally many a picture, by an order that stays from week to week."""
    own = [sorted(units_of(material, number), key=lambda unit: _turn(material, unit)) for number in numbers]
    turns = range(material.parts**2)
    found = [units[turn] for turn in turns for units in own if turn < len(units)][:most]
    return sorted(found, key=lambda unit: (unit.picture, unit.tile.top, unit.tile.left))


def _turn(material: Material, unit: Unit) -> bytes:
    return _drawn(f"{material.examples[unit.picture].image} {unit.tile.top} {unit.tile.left}")


def identity_of(request: FitRequest, recipe: SegmentationRecipe, base_digest: str) -> str:
    """Hash of all that decides the weights: a checkpoint of another training is never resumed from."""
    digest = hashlib.sha256()
    head = [base_digest, list(request.labels), recipe.model_dump(), request.seed]
    digest.update(json.dumps(head, sort_keys=True).encode())
    for e in sorted(_pictures(request).examples, key=lambda e: (e.case_id.bytes, e.image)):
        line = [str(e.case_id), str(e.person_id), e.image, e.mask, e.label, e.weight, e.box]
        digest.update(json.dumps(line).encode())
    return digest.hexdigest()


def read(folder: Path, name: str) -> NDArray[Any]:
    """One array of the exchange folder.

    Raises:
        PictureError: it is not there, or not readable.
    """
    try:
        found: NDArray[Any] = np.load(folder / f"{name}.npy", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise PictureError("a picture of the data set cannot be read", field="image") from error
    return found


def _pictures(request: FitRequest) -> Pictures:
    if request.pictures is None:
        fix = "seal a data set of cases with pictures and masks"
        raise NothingToSegmentError("a segmenter learns from pictures, and none are given", fix=fix)
    return request.pictures


def _check(folder: Path, example: PictureExample) -> None:
    image, mask = read(folder, example.image), read(folder, example.mask)
    if mask.ndim != 2 or image.shape[:2] != mask.shape:
        raise PictureError("a mask has another size than its picture", field="mask")


def _looked_at(folder: Path, chosen: Sequence[PictureExample]) -> list[NDArray[Any]]:
    """Masks spread over the set."""
    step = max(1, len(chosen) // _MASKS_LOOKED_AT)
    return [read(folder, example.mask) for example in chosen[::step]]


def _held_back(examples: Sequence[PictureExample], share: float, seed: int) -> list[int]:
    """Pictures of whole persons, drawn by hash: at least one person where a share is asked for."""
    of_person: dict[bytes, list[int]] = {}
    for number, example in enumerate(examples):
        of_person.setdefault(_drawn(f"{seed} held back {example.person_id}"), []).append(number)
    if share == 0 or len(of_person) < FEWEST_PERSONS:
        return []
    held: list[int] = []
    for _, numbers in sorted(of_person.items()):
        if held and len(held) + len(numbers) > min(share * len(examples), _MOST_HELD_BACK):
            break
        held += numbers
    return sorted(held)


def _drawn(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def labels_of(examples: Sequence[PictureExample]) -> list[str]:
    """What the pictures show, the commonest first: a mask is answered under that."""
    counts = Counter(example.label for example in examples)
    return sorted(counts, key=lambda label: (-counts[label], label))
