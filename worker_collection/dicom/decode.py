"""One DICOM file to a bare array and a header of standard attributes, within bounds; `isolated` runs it.

Pixels come out with the bits that are stored, palettes and YBR as RGB. Whatever else stands in the pixel data
(overlays in unused bits, comments of a JPEG) is left behind.
"""

import io
import warnings
import zlib
from dataclasses import dataclass, field
from struct import error as StructError  # noqa: N812 - it is an error's name
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, convert_color_space
from pydicom.uid import (
    JPEG2000,
    UID,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSNearLossless,
)

from worker_collection.dicom.jpeg12 import is_12_bit, jpeg12_frames

MAX_FILE_BYTES = 1 << 30
MAX_PIXEL_BYTES = 1 << 29
MAX_SIDE, MAX_FRAMES = 1 << 15, 1 << 13
MIN_PRESENT = 0.5
SEG = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"
_LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEG2000, JPEGLSNearLossless)
_NO_PICTURES = frozenset({"RTDOSE", "RTPLAN", "REG", "SR", "PR", "KO", "ECG", "DOC"})
_FAILURES = (
    ValueError, TypeError, KeyError, AttributeError, NotImplementedError, RuntimeError, IndexError, EOFError,
    OSError, OverflowError, StructError, zlib.error, InvalidDicomError,
)  # fmt: skip


class UnfitError(Exception):
    """A file makes no picture and no label; `reason` is the word for the counts."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Decoded:
    """What a file holds.

    Attributes:
        kind: `picture`, `seg` or `rtstruct`.
        header: its readable attributes without pixels, private ones, overlays and icons.
        pixels: shape (frames?, rows, columns, colours?); None for contours.
        present: share of the pixel data that the file holds, below 1 when it was cut off.
        coloured: whether a palette gave colours.
        lossy: whether a codec has taken anything away, by the header or by the codec.
        turned: for MONOCHROME1 the value to subtract from, so that more is brighter; None for others.
    """

    kind: str
    header: Dataset
    pixels: NDArray[Any] | None = None
    present: float = 1.0
    turned: int | None = None
    coloured: bool = False
    lossy: bool = False
    titles: list[str] = field(default_factory=list)


def decode(data: bytes) -> Decoded:
    """Read one file.

    Raises:
        UnfitError: it is no DICOM, holds no picture and no label, is too large, or cannot be decoded.
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnfitError("too_large")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = _opened(data)
        kind = _kind(source)
        pixels, present, turned = (None, 1.0, None) if kind == "rtstruct" else _pixels(source)
        title = getattr(source.file_meta, "SourceApplicationEntityTitle", None)
        return Decoded(
            kind,
            _bare(source),
            pixels,
            present,
            turned,
            coloured=source.get("PhotometricInterpretation") == "PALETTE COLOR",
            lossy=_is_lossy(source),
            titles=[str(title)] if title else [],
        )


def _opened(data: bytes) -> Any:
    try:
        source = pydicom.dcmread(io.BytesIO(data), force=True)
        named = source.get("SOPInstanceUID") and source.get("SOPClassUID")
    except MemoryError:
        raise UnfitError("too_large") from None
    except _FAILURES:
        raise UnfitError("truncated" if data[128:132] == b"DICM" else "not_dicom") from None
    if not named:
        raise UnfitError("not_dicom" if data[128:132] != b"DICM" else "no_pixels")
    if not source.file_meta.get("TransferSyntaxUID"):
        implicit, little = source.original_encoding
        syntax = ImplicitVRLittleEndian if implicit else "1.2.840.10008.1.2.1"
        source.file_meta.TransferSyntaxUID = UID(syntax if little is not False else "1.2.840.10008.1.2.2")
    return source


def _kind(source: Dataset) -> str:
    if source.SOPClassUID == RTSTRUCT:
        return "rtstruct"
    has_pixels = any(name in source for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))
    if not has_pixels:
        raise UnfitError("truncated" if source.get("Rows") and source.get("BitsAllocated") else "no_pixels")
    if source.SOPClassUID in SEG:
        return "seg"
    if str(source.get("Modality", "")) in _NO_PICTURES:
        raise UnfitError("not_a_picture")
    return "picture"


def _pixels(source: Any) -> tuple[NDArray[Any], float, int | None]:
    try:
        _bound(source)
        present = _present(source)
        pixels = _array(source)
        return *_shown(pixels, source, present), *_turned_by(source)
    except MemoryError:
        raise UnfitError("too_large") from None
    except _FAILURES:
        raise UnfitError("undecodable") from None


def _bound(source: Dataset) -> None:
    """Refuse what would unpack to more than a picture needs, before anything is unpacked."""
    rows, columns = int(source.Rows), int(source.Columns)
    frames, samples = int(source.get("NumberOfFrames") or 1), int(source.get("SamplesPerPixel", 1))
    if min(rows, columns, frames, samples) < 1:
        raise UnfitError("undecodable")
    needed = rows * columns * frames * samples * max(1, int(source.BitsAllocated) // 8)
    if max(rows, columns) > MAX_SIDE or frames > MAX_FRAMES or needed > MAX_PIXEL_BYTES:
        raise UnfitError("too_large")


def _present(source: Any) -> float:
    """The share of native pixel data that is there; what is missing is filled with zeros, up to a half."""
    name = next(name for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if name in source)
    if source.file_meta.TransferSyntaxUID.is_encapsulated or name != "PixelData":
        return 1.0
    bits = int(source.Rows) * int(source.Columns) * int(source.get("NumberOfFrames") or 1)
    bits *= int(source.get("SamplesPerPixel", 1)) * int(source.BitsAllocated)
    needed = (bits + 7) // 8
    if source.get("PhotometricInterpretation") == "YBR_FULL_422":
        needed = needed * 2 // 3
    held = len(source.PixelData)
    if held >= needed:
        return 1.0
    if held < MIN_PRESENT * needed:
        raise UnfitError("truncated")
    source.PixelData = source.PixelData + bytes(needed - held)
    return held / needed


def _array(source: Any) -> NDArray[Any]:
    syntax = source.file_meta.TransferSyntaxUID
    if is_12_bit(source):
        return jpeg12_frames(source)
    decoder = get_decoder(syntax)
    pixels, told = decoder.as_array(source, raw=True)
    if str(told["photometric_interpretation"]).startswith("YBR"):
        pixels = convert_color_space(pixels, str(told["photometric_interpretation"]), "RGB")
    if told["photometric_interpretation"] == "PALETTE COLOR":
        pixels = _coloured(pixels, source)
    return pixels


def _coloured(pixels: NDArray[Any], source: Dataset) -> NDArray[np.uint8]:
    colours = apply_color_lut(pixels, source)
    if colours.dtype.itemsize > 1:
        top = int(colours.max())
        colours = colours >> 8 if top > 255 else colours
    return colours.astype(np.uint8)


def _shown(pixels: NDArray[Any], source: Dataset, present: float) -> tuple[NDArray[Any], float]:
    """Only the bits that are stored, in native byte order."""
    pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    stored, allocated = int(source.get("BitsStored", 0) or 0), pixels.dtype.itemsize * 8
    if (
        pixels.dtype.kind in "ui"
        and 1 < stored < allocated
        and source.PhotometricInterpretation != "PALETTE COLOR"
    ):
        unused = allocated - stored
        above = int(source.get("HighBit", stored - 1)) + 1 - stored
        pixels = pixels >> above if above > 0 else pixels
        pixels = (pixels << unused) >> unused  # the sign bit goes along in signed arrays
    return pixels, present


def _turned_by(source: Dataset) -> tuple[int | None]:
    if source.get("PhotometricInterpretation") != "MONOCHROME1":
        return (None,)
    signed = int(source.get("PixelRepresentation", 0))
    return (-1 if signed else (1 << int(source.BitsStored)) - 1,)


def _is_lossy(source: Any) -> bool:
    return source.get("LossyImageCompression") == "01" or source.file_meta.TransferSyntaxUID in _LOSSY


def _bare(source: Dataset) -> Dataset:
    """The readable standard attributes, without pixels, overlays, curves, icons and bulk of other kinds."""
    bare = Dataset()
    for tag in list(source.keys()):
        if tag.is_private or tag.group in (0x7FE0, 0xFFFA, 0xFFFC) or tag.group >> 8 in (0x50, 0x60):
            continue
        try:
            element = source[tag]
            if element.keyword != "IconImageSequence" and element.keyword:
                bare.add(element)
        except _FAILURES:
            continue
    bare.SpecificCharacterSet = "ISO_IR 192"  # values are text by now
    return bare
