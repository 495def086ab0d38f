"""The pictures of a job on their way to its trainer: flat, bare arrays in the job's private folder."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.backends.base import FitRequest, Pictures
from shared.domain.choosing import choose
from shared.domain.example import PictureExample
from shared.domain.recipe import parse_recipe
from shared.exports.pictures import plates
from shared.storage.pictures import load_picture
from worker_training.deps import Deps

FOLDER = "pictures"
SHELF = "embeddings"  # below the site's home: sealed, and made again when they are lost


def named(examples: Iterable[PictureExample], deps: Deps) -> Pictures:
    """The members of a data set by their keys in the store; `bring` gets them."""
    return Pictures(list(examples), Path(), deps.settings.root / SHELF)


def bring(folder: Path, request: FitRequest, deps: Deps) -> FitRequest:
    """Write what the recipe lets be learnt from into the folder; a request without pictures stays as it is.

    A volume gives its slices with an object, as every reader of the data set sees them.
    """
    if request.pictures is None:
        return request
    place = folder / FOLDER
    place.mkdir(mode=0o700)
    chosen = choose(request.pictures.examples, parse_recipe("segmentation", request.recipe).max_pictures)
    found = [
        replace(plate.example, image=_save(place, plate.pixels), mask=_save(place, plate.mask))
        for plate in plates(
            ((example, "training") for example in chosen),
            lambda key: load_picture(deps.storage, key, deps.vault),
        )
    ]
    return replace(request, pictures=replace(request.pictures, examples=found, folder=place))


def _save(place: Path, array: NDArray[Any]) -> str:
    """Store one array under the hash of its shape, type and values."""
    kept = np.ascontiguousarray(array)
    name = hashlib.sha256(f"{kept.dtype} {kept.shape} ".encode() + kept.tobytes()).hexdigest()
    path = place / f"{name}.npy"
    if not path.exists():
        np.save(path, kept, allow_pickle=False)
    return name
