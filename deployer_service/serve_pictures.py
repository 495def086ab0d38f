"""Pictures on their way into and out of the model server: files in base64 to bare pixels, masks to PNG."""

import base64
import binascii
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.backends.base import Segmented
from shared.domain.example import MaskAnswer
from shared.errors import InvalidInputError
from shared.exports.pictures import as_bytes
from shared.storage.pictures import Picture

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_PIXELS = 40_000_000
_DICOM_MAGIC = slice(128, 132)
_FIX = "send one PNG, or one DICOM image of one frame, in base64"
_MODES = {"L": "L", "RGB": "RGB", "P": "RGB", "RGBA": "RGB", "1": "L", "LA": "L"}


class NoPictureError(InvalidInputError):
    """What was sent is no picture that can be answered."""

    code = "bad_picture"

    def __init__(self, why: str) -> None:
        super().__init__(why, field="image", fix=_FIX)


def pixels_of(image: str) -> NDArray[np.uint8]:
    """The pixels as training sees them: eight bits, a wider range through the picture's window.

    Raises:
        NoPictureError: it is no base64, neither PNG nor DICOM, of several frames, or larger than may be.
    """
    try:
        data = base64.b64decode(image.removeprefix("data:").split(";base64,")[-1], validate=True)
    except (binascii.Error, ValueError):
        raise NoPictureError("the image is no base64") from None
    opened = _dicom(data) if data[_DICOM_MAGIC] == b"DICM" else _png(data)
    return as_bytes(opened)[0]


def masks_of(found: Sequence[Segmented], label: str) -> list[MaskAnswer]:
    """Masks as they travel."""
    return [MaskAnswer(png_of(one.mask.astype(np.uint8) * 255), label, one.score) for one in found]


def png_of(pixels: NDArray[Any]) -> str:
    """A PNG in base64."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def mask_from(png: str) -> NDArray[np.bool_]:
    """The mask of a PNG in base64 that `masks_of` made."""
    with Image.open(io.BytesIO(base64.b64decode(png)), formats=["PNG"]) as opened:
        found: NDArray[np.bool_] = np.asarray(opened) > 0
    return found


def _png(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NoPictureError("the picture is larger than may be")
            wide = opened.mode.startswith("I")
            pixels = np.asarray(opened if wide else opened.convert(_MODES.get(opened.mode, "RGB")))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise NoPictureError("the image is no PNG that can be read") from None
    return Picture(pixels, "yx" if pixels.ndim == 2 else "yxc")


def _dicom(data: bytes) -> Picture:
    """One frame, with the values, the window and the direction of grey that collection keeps, too."""
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError
    from pydicom.pixels.utils import pixel_array

    try:
        told = dcmread(io.BytesIO(data))
        size = int(told.Rows) * int(told.Columns)
        if size > MOST_PIXELS or int(told.get("NumberOfFrames") or 1) != 1:
            raise NoPictureError("the DICOM image has several frames, or is larger than may be")
        if told.PhotometricInterpretation == "PALETTE COLOR":
            raise NoPictureError("a DICOM image of palette colours is not answered")
        return _turned(told, pixel_array(told))
    except NoPictureError:
        raise
    except (InvalidDicomError, AttributeError, ValueError, RuntimeError, KeyError, TypeError, OSError):
        raise NoPictureError("the image is no DICOM image that can be read") from None


def _turned(told: "Dataset", pixels: NDArray[Any]) -> Picture:
    """More is brighter: MONOCHROME1 is turned over, and its rescaling with it."""
    slope, intercept = _number(told, "RescaleSlope", 1.0) or 1.0, _number(told, "RescaleIntercept", 0.0)
    centre, width = _number(told, "WindowCenter", 0.0), _number(told, "WindowWidth", 0.0)
    window = (centre, width) if width > 0 else None
    if told.PhotometricInterpretation == "MONOCHROME1":
        top = -1 if told.PixelRepresentation else (1 << int(told.BitsStored)) - 1
        pixels = (top - pixels.astype(np.int64)).astype(pixels.dtype)
        slope, intercept = -slope, slope * top + intercept
    axes = "yx" if pixels.ndim == 2 else "yxc"
    return Picture(pixels, axes, window=window, rescale=(slope, intercept))


def _number(told: "Dataset", keyword: str, otherwise: float) -> float:
    """The value of an attribute, of several the first."""
    value = told.get(keyword)
    if value is None or value == "":
        return otherwise
    return float(value if isinstance(value, (int, float, str)) else value[0])
