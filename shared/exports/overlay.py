"""One picture of a case as a browser shows it, and its mask to be laid over it.

`python -m shared.exports.overlay KEY LAYER [SLICE]` writes the PNG of a stored picture to standard output, or
tells on standard error as JSON why not, and ends with 1.
"""

import io
import json
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.config import load_settings
from shared.errors import Error
from shared.exports.pictures import as_bytes
from shared.storage.objects import open_storage
from shared.storage.pictures import Picture, PictureError, load_picture
from shared.vault import open_vault

# One colour an object, told apart by everybody who tells light from dark: the first is the brightest.
COLOURS = ((255, 196, 0), (0, 200, 255), (255, 90, 160), (120, 255, 120), (200, 160, 255))
_INSIDE, _EDGE = 110, 255  # how opaque an object and its outline are


def png_of_picture(picture: Picture, place: int | None) -> bytes:
    """The pixels as uint8 through their window, one slice of a volume."""
    pixels, _ = as_bytes(picture)
    return _png(_flat(pixels, picture, place=place))


def png_of_mask(mask: Picture, place: int | None) -> bytes:
    """Transparent outside, a colour inside, a firm outline; each number of the mask is one object."""
    flat = _flat(mask.pixels, mask, place=place)
    painted = np.zeros((*flat.shape, 4), np.uint8)  # (rows, columns, red-green-blue-alpha)
    for turn, value in enumerate(np.unique(flat[flat > 0])):
        inside = flat == value
        painted[inside] = (*COLOURS[turn % len(COLOURS)], _INSIDE)
        painted[inside & ~_inner(inside), 3] = _EDGE
    return _png(painted)


def slices(picture: Picture) -> int:
    """How many slices a volume has; one of a flat picture."""
    return len(picture.pixels) if picture.axes[0] == "z" else 1


def _flat(pixels: NDArray[Any], picture: Picture, *, place: int | None) -> NDArray[Any]:
    if picture.axes[0] != "z":
        return pixels
    number = len(pixels) // 2 if place is None else place
    if not 0 <= number < len(pixels):
        raise PictureError(f"it has {len(pixels)} slices", field="slice", fix="count from 0")
    return np.asarray(pixels[number])


def _inner(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels whose four neighbours are inside, too."""
    wide = np.pad(inside, 1)
    return np.asarray(wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:])


def _png(pixels: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return stream.getvalue()


def main(key: str, layer: str, place: str | None = None) -> int:
    """Draw one stored picture; 1 when it cannot be."""
    settings = load_settings()
    draw = png_of_mask if layer == "mask" else png_of_picture
    try:
        picture = load_picture(open_storage(settings), key, open_vault(settings.secret_file))
        drawn = draw(picture, int(place) if place else None)
    except Error as error:
        json.dump({"message": str(error), "field": error.field, "fix": error.fix}, sys.stderr)
        return 1
    sys.stdout.buffer.write(drawn)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
