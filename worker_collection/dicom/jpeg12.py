"""JPEG with twelve bits a sample (process 4), which pydicom refuses to hand to its decoders, through GDCM."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import JPEGExtended12Bit

_START_OF_FRAME = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2")


def is_12_bit(source: Any) -> bool:
    """Whether the pixels are of that process and have more than eight bits."""
    return source.file_meta.TransferSyntaxUID == JPEGExtended12Bit and int(source.BitsStored) > 8


def jpeg12_frames(source: Dataset) -> NDArray[np.uint16]:
    """The frames of such a picture, shape (rows, columns) or (frames, rows, columns).

    Raises:
        ValueError: a frame does not decode to the size that the header says.
    """
    count = int(source.get("NumberOfFrames") or 1)
    rows, columns = int(source.Rows), int(source.Columns)
    if int(source.get("SamplesPerPixel", 1)) != 1:
        raise ValueError("twelve bits and colours")
    packed = generate_frames(source.PixelData, number_of_frames=count)
    frames = [_frame(one, rows, columns) for one in packed]
    return frames[0] if count == 1 else np.stack(frames)


def _frame(packed: bytes, rows: int, columns: int) -> NDArray[np.uint16]:
    import gdcm

    if _size(packed) != (rows, columns):
        raise ValueError("another size than the header says")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(packed)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    image.SetDataElement(element)
    mono = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(mono))
    syntax = gdcm.TransferSyntax.GetTSType(str(JPEGExtended12Bit))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    plain = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(plain, "<u2").reshape(rows, columns)


def _size(packed: bytes) -> tuple[int, int] | None:
    """Rows and columns as the frame itself says."""
    at = 2
    while at + 9 <= len(packed) and packed[at] == 0xFF:
        length = int.from_bytes(packed[at + 2 : at + 4], "big")
        if packed[at : at + 2] in _START_OF_FRAME:
            return int.from_bytes(packed[at + 5 : at + 7], "big"), int.from_bytes(
                packed[at + 7 : at + 9], "big"
            )
        at += 2 + length
    return None
