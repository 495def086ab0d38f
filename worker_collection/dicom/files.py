"""A DICOM file that may leave: a fresh header by the allow-list over pixels without text, nothing else."""

import io
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from worker_collection.dicom.decode import Decoded, UnfitError
from worker_collection.dicom.headers import HeaderPolicy, clean_header
from worker_collection.dicom.isolated import IsolatedDecoder
from worker_collection.dicom.take import axes_of
from worker_collection.pixel_text.blank import clear_text

_IMPLEMENTATION = "2.25.229316214108417862044263108327418210381"


@dataclass(frozen=True)
class CleanFile:
    """A file that may leave: its bytes, and how many lines of text were blanked in its pixels."""

    data: bytes
    blanked: int = 0


class Uids:
    """Random UIDs for the files of one folder, kept where the files lie for later runs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        lines = file.read_text().splitlines() if file.exists() else []
        self._known: dict[str, str] = dict(json.loads(line) for line in lines)

    def of(self, uid: str) -> str:
        """The UID that stands for this one."""
        if uid not in self._known:
            self._known[uid] = f"2.25.{secrets.randbits(128)}"
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._file.open("a") as file:
                file.write(json.dumps([uid, self._known[uid]]) + "\n")
            self._file.chmod(0o600)
        return self._known[uid]


def clean_file(
    decoded: Decoded, *, uid: Callable[[str], str], policy: HeaderPolicy, this_year: int
) -> CleanFile:
    """Write a decoded file anew.

    Raises:
        UnfitError: it may not leave; `reason` says why: text is left in its pixels, or it is cut off.
    """
    header = clean_header(decoded.header, uid=uid, policy=policy, this_year=this_year)
    blanked = 0
    if decoded.kind == "picture":
        if decoded.present < 1:
            raise UnfitError("truncated")
        assert decoded.pixels is not None
        cleared = clear_text(decoded.pixels, axes_of(decoded))
        if not cleared.passed:
            raise UnfitError(cleared.reasons[0])
        if decoded.header.get("BurnedInAnnotation") == "YES" and not cleared.lines:
            raise UnfitError("burned_in_text_not_found")
        blanked = cleared.lines
        _put_pixels(header, cleared.pixels, colours=axes_of(decoded)[-1] == "c")
        header.BurnedInAnnotation = "NO"
    elif decoded.pixels is not None:
        _put_bits(header, decoded)
    return CleanFile(_written(header), blanked)


def _put_pixels(header: Dataset, pixels: NDArray[Any], *, colours: bool) -> None:
    """The bare array in place of whatever the pixels were packed in."""
    bits = 8 * pixels.dtype.itemsize
    header.BitsAllocated = header.BitsStored = bits
    header.HighBit, header.PixelRepresentation = bits - 1, int(pixels.dtype.kind == "i")
    if colours:
        header.PhotometricInterpretation, header.SamplesPerPixel, header.PlanarConfiguration = "RGB", 3, 0
    for keyword in list(header.dir("PaletteColor")):
        delattr(header, keyword)
    for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        if keyword in header:
            delattr(header, keyword)
    names = {"f4": "FloatPixelData", "f8": "DoubleFloatPixelData"}
    data = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).tobytes()
    header.add_new(*_ELEMENTS[names.get(pixels.dtype.str[1:], "PixelData")], data + b"\0" * (len(data) % 2))


_ELEMENTS = {
    "PixelData": (0x7FE00010, "OW"),
    "FloatPixelData": (0x7FE00008, "OF"),
    "DoubleFloatPixelData": (0x7FE00009, "OD"),
}


def _put_bits(header: Dataset, decoded: Decoded) -> None:
    """The frames of a segmentation, a byte a pixel as they were decoded or a bit as they were packed."""
    pixels = decoded.pixels
    assert pixels is not None
    if int(header.get("BitsAllocated", 8)) == 1:
        data = np.packbits(pixels.astype(np.uint8).ravel(), bitorder="little").tobytes()
    else:
        data = np.ascontiguousarray(pixels).tobytes()
    header.add_new(0x7FE00010, "OB", data + b"\0" * (len(data) % 2))


def _written(header: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = header.SOPClassUID, header.SOPInstanceUID
    meta.TransferSyntaxUID, meta.ImplementationClassUID = ExplicitVRLittleEndian, UID(_IMPLEMENTATION)
    header.file_meta = meta
    out = io.BytesIO()
    header.save_as(out, enforce_file_format=True)
    return out.getvalue()


class FolderPictures:
    """The DICOM files of one folder on their way out; the process that decodes them ends with `close`."""

    def __init__(self, uids: Path, *, policy: HeaderPolicy, this_year: int) -> None:
        self._uids, self._policy, self._year = Uids(uids), policy, this_year
        self._decoder = IsolatedDecoder()

    def clean(self, data: bytes) -> CleanFile:
        """A file that may leave.

        Raises:
            UnfitError: it may not, or cannot be read; `is_held` tells which.
        """
        decoded = self._decoder.decode(data)
        return clean_file(decoded, uid=self._uids.of, policy=self._policy, this_year=self._year)

    def close(self) -> None:
        """End the decoding process."""
        self._decoder.close()


def is_held(reason: str) -> bool:
    """Whether a file was read and held back for what is in its pixels."""
    return "text" in reason


def is_dicom(path: Path) -> bool:
    """Whether a file says that it is DICOM, by its name or by its own mark."""
    if path.suffix.lower() in (".dcm", ".dicom", ".ima"):
        return True
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
