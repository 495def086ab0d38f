"""A picture file as bare arrays: PNG, JPEG, TIFF or BMP through Pillow, NPZ with `image` and `label`, DICOM.

Whatever else the file holds (EXIF, GPS, XMP, comments, colour profiles, its name) is never looked at.
"""

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from worker_collection.dicom.decode import UnfitError
from worker_collection.dicom.isolated import IsolatedDecoder
from worker_collection.dicom.take import axes_of

Array = NDArray[Any]
MAX_PIXELS = 64_000_000  # of a picture
MAX_ARRAY_BYTES = 1 << 30  # of all arrays of a file
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_LOSSLESS = ("PNG", "BMP")
_ORIENTATION = 0x0112  # the one field of EXIF that says how the pixels lie
_MODES = {"1": "L", "L": "L", "LA": "L", "I": "I", "I;16": "I", "I;16B": "I", "F": "F"}


class ImageError(Exception):
    """A picture file that makes no case; `reason` is one word for the counts, and no value is repeated."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Opened:
    """What a file holds.

    Attributes:
        pixels: shape as `axes` says.
        axes: `yx`, `yxc`, `zyx` or `zyxc`.
        lossy: whether a codec may have taken something away.
        label: of an NPZ, the array beside the picture, of its shape.
        spacing: millimetres along the axes but the colours; empty when unknown.
    """

    pixels: Array
    axes: str
    lossy: bool
    label: Array | None = None
    spacing: tuple[float, ...] = ()


def open_image(data: bytes, decoder: IsolatedDecoder, *, slices: int = -1) -> Opened:
    """Decode one file by what its first bytes say it is.

    Args:
        data: the file.
        decoder: of DICOM files.
        slices: the axis of an NPZ of three dimensions along which it is cut; the last by default.

    Raises:
        ImageError: `undecodable`, `too_large`, `several_pictures`, `no_image_array`, `mask_of_another_size`,
            or what the DICOM decoder says.
    """
    if data[:4] == b"PK\x03\x04":
        return _arrays(data, slices)
    if data[128:132] == b"DICM":
        return _dicom(data, decoder)
    return _drawn(data)


def _drawn(data: bytes) -> Opened:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageError("too_large")
            if getattr(image, "n_frames", 1) != 1:
                raise ImageError("several_pictures")
            turned = ImageOps.exif_transpose(image) if image.getexif().get(_ORIENTATION, 1) != 1 else image
            pixels = np.asarray(turned.convert(_MODES.get(image.mode, "RGB")))
            lossy = image.format not in _LOSSLESS
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ImageError("undecodable") from None
    if pixels.dtype == np.int32 and pixels.size and pixels.min() >= 0 and pixels.max() < 1 << 16:
        pixels = pixels.astype(np.uint16)
    if pixels.ndim == 3 and bool((pixels[..., :1] == pixels).all()):
        pixels = pixels[..., 0]
    if pixels.size == 0:
        raise ImageError("undecodable")
    return Opened(pixels, "yxc" if pixels.ndim == 3 else "yx", lossy)


def _arrays(data: bytes, slices: int) -> Opened:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_ARRAY_BYTES:
                raise ImageError("too_large")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if "image" not in arrays:
                raise ImageError("no_image_array")
            pixels = arrays["image"]
            label = arrays.get("label")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, KeyError, EOFError):
        raise ImageError("undecodable") from None
    if pixels.dtype.kind not in "uifb" or pixels.size == 0:
        raise ImageError("undecodable")
    is_coloured = (
        pixels.ndim in (3, 4) and pixels.shape[-1] == 3 and (label is None or label.ndim < pixels.ndim)
    )
    if pixels.ndim - is_coloured not in (2, 3):
        raise ImageError("undecodable")
    if label is not None and label.shape != pixels.shape[: pixels.ndim - is_coloured]:
        raise ImageError("mask_of_another_size")
    if pixels.ndim - is_coloured == 3:
        pixels = np.moveaxis(pixels, slices if slices >= 0 or not is_coloured else slices - 1, 0)
        label = None if label is None else np.moveaxis(label, slices, 0)
    axes = ("z" if pixels.ndim - is_coloured == 3 else "") + "yx" + ("c" if is_coloured else "")
    return Opened(pixels, axes, lossy=False, label=label)


def _dicom(data: bytes, decoder: IsolatedDecoder) -> Opened:
    try:
        decoded = decoder.decode(data)
    except UnfitError as error:
        raise ImageError(error.reason) from None
    if decoded.pixels is None:
        raise ImageError("no_pixels")
    if decoded.present < 1:
        raise ImageError("truncated")
    return Opened(decoded.pixels, axes_of(decoded), decoded.lossy)
