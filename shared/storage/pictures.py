"""Pictures and masks at rest: a bare array with its spacing, sealed, under a name that says nothing.

What enters a dataset is this and never the file that a picture came in. A stored picture is one line of JSON
(`axes`, `spacing`, `rescale`, `window`), a line feed and the array in numpy's `.npy` form without objects,
compressed and sealed with the site's secret.
"""

import hashlib
import io
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from shared.errors import InvalidInputError
from shared.storage.base import Storage
from shared.vault import Vault

AXES = ("yx", "yxc", "zyx", "zyxc")  # y rows, x columns, z frames or slices, c red-green-blue
MAX_BYTES = 1 << 30  # of one array
_PURPOSE = "picture"


@dataclass(frozen=True)
class Picture:
    """One picture or mask as a model may see it.

    Attributes:
        pixels: shape as `axes` says; stored values of any integer or float type. A mask is uint8, 0 outside.
        axes: one of `AXES`.
        spacing: millimetres from one pixel to the next along z (where there is one), y and x; empty when
            unknown.
        rescale: slope and intercept from stored values to the modality's own (HU for CT).
        window: centre and width, in the modality's own values, that the maker of the picture proposed.
    """

    pixels: NDArray[Any]
    axes: str = "yx"
    spacing: tuple[float, ...] = ()
    rescale: tuple[float, float] = (1.0, 0.0)
    window: tuple[float, float] | None = field(default=None)


class PictureError(InvalidInputError):
    """An array is no picture, or stored bytes are none."""

    code = "bad_picture"


def save_picture(storage: Storage, picture: Picture, vault: Vault) -> str:
    """Store a picture and answer its key; equal pictures have one key and are stored once.

    Raises:
        PictureError: the axes do not fit the array, or its type holds more than numbers.
    """
    plain = _packed(picture)
    key = _key(plain, vault)
    if not storage.exists(key):
        storage.put(key, vault.seal(zlib.compress(plain, 6), _PURPOSE))
    return key


def picture_key(picture: Picture, vault: Vault) -> str:
    """The key that `save_picture` would give, with nothing stored."""
    return _key(_packed(picture), vault)


def load_picture(storage: Storage, key: str, vault: Vault) -> Picture:
    """Read a stored picture.

    Raises:
        NotFoundError: there is none under this key.
        PictureError: what stands there is no picture, or a larger one than may be.
    """
    reader = zlib.decompressobj()
    plain = reader.decompress(vault.open(storage.get(key), _PURPOSE), MAX_BYTES + (1 << 16))
    head, _, body = plain.partition(b"\n")
    if reader.unconsumed_tail or not body:
        raise PictureError(f"{key} holds no picture", field="key")
    told = json.loads(head)
    pixels = npy.read_array(io.BytesIO(body), allow_pickle=False)
    spacing, window = tuple(told["spacing"]), told["window"]
    rescale = (told["rescale"][0], told["rescale"][1])
    return Picture(pixels, told["axes"], spacing, rescale, (window[0], window[1]) if window else None)


def _packed(picture: Picture) -> bytes:
    pixels = picture.pixels
    fits = picture.axes in AXES and pixels.ndim == len(picture.axes) and pixels.size > 0
    if not fits or pixels.dtype.kind not in "uifb" or pixels.nbytes > MAX_BYTES:
        raise PictureError("an array is no picture", field="pixels")
    told = {name: getattr(picture, name) for name in ("axes", "spacing", "rescale", "window")}
    body = io.BytesIO()
    plain = np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("<"), copy=False)
    npy.write_array(body, plain, version=(1, 0), allow_pickle=False)
    return json.dumps(told, sort_keys=True).encode() + b"\n" + body.getvalue()


def _key(plain: bytes, vault: Vault) -> str:
    """Keyed, so that nobody outside can ask the store whether it holds a picture that he has."""
    name = vault.keyed_hash(hashlib.sha256(plain).hexdigest(), "picture-name").hex()
    return f"pictures/{name[:2]}/{name}"
