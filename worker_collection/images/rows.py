"""A row that names picture files becomes rows whose pixels are cleaned and stored."""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.storage.pictures import Picture
from worker_collection.dicom.isolated import IsolatedDecoder
from worker_collection.images.masks import Box, Mask, boxed, is_drawing, is_picture, mask_of
from worker_collection.images.opening import ImageError, Opened, open_image
from worker_collection.likeness import likeness
from worker_collection.pictured import Pictured
from worker_collection.pixel_text.blank import Cleared, clear_text
from worker_collection.sources.base import Broken, Row

MAX_FILE_BYTES = 256 << 20
MOST_MASKS = 2000
UNNAMED = "object"  # what a mask shows where nobody names it
_BLANK_SHARE, _FAINT_SHARE = 0.005, 0.05  # of the range of the type or of the values
_OWN = ("image", "mask", "box", "mask_values", "slices", "spacing")
Save = Callable[[Picture], str]


@dataclass(frozen=True)
class Gallery:
    """Where the files of rows lie and where their pixels go.

    Attributes:
        save: stores a picture or a mask and answers its key.
        decoder: of DICOM files.
        below: the folder that relative paths begin at; None where rows carry their files in base64.
        confined: whether paths may not leave that folder.
    """

    save: Save
    decoder: IsolatedDecoder
    below: Path | None = None
    confined: bool = True

    def rows(self, row: Row) -> list[Row | Broken]:
        """What a row becomes: itself without a picture, one row, or one for each slice with an object."""
        if "image" not in row:
            return [row]
        key = str(row.get("source_id") or "").strip()
        try:
            return list(self._rows(row, key))
        except ImageError as error:
            return [Broken(key or "picture", error.reason)]

    def _rows(self, row: Row, key: str) -> Iterator[Row | Broken]:
        cut = row.get("slices")
        opened = open_image(self._bytes(row["image"]), self.decoder, slices=-1 if cut is None else int(cut))
        drawn = self._drawings(row.get("mask"), opened)
        if drawn and is_drawing(opened.pixels) and any(is_picture(one) for one in drawn):
            raise ImageError("picture_and_mask_exchanged")
        base = {name: value for name, value in row.items() if name not in _OWN}
        base.setdefault("diagnosis", UNNAMED)
        shots = _slices(opened, drawn) if opened.axes[0] == "z" and drawn else [("", opened, drawn)]
        cleared = clear_text(opened.pixels, opened.axes)
        for number, (mark, shot, drawings) in enumerate(shots):
            clean = _part(cleared, number if mark == "" else int(mark), whole=mark == "")
            try:
                picture = self._pictured(row, shot, drawings, clean=clean)
            except ImageError as error:
                yield Broken(f"{key}#{mark}" if mark else key, error.reason)
                continue
            yield {**base, "source_id": f"{key}#{mark}" if mark else key, "picture": picture.packed()}

    def _pictured(
        self, row: Row, shot: Opened, drawings: Sequence[NDArray[Any]], *, clean: Cleared
    ) -> Pictured:
        if float(shot.pixels.max()) == float(shot.pixels.min()):
            raise ImageError("blank_picture")
        spacing, status = _spacing(row.get("spacing"), shot), str(row.get("status") or "") or None
        box = _box(row.get("box"))
        mask = self._mask(row, shot, drawings, box=box)
        key = self.save(Picture(mask.pixels, shot.axes.removesuffix("c"), spacing)) if mask else None
        return Pictured(
            image=self.save(Picture(clean.pixels, shot.axes, spacing)),
            likeness=likeness(shot.pixels, shot.axes),
            lossy=shot.lossy,
            mask=key,
            status=status or ("approved" if mask and row.get("validated_by") else None),
            held=clean.reasons,
            blanked=clean.lines,
            doubts=mask.doubts if mask else (),
            flags=_flags(shot.pixels, spacing),
            # What a caller says of a review is believed of whom the site knows alone.
            trusts_reviewers=status is not None and self.below is not None,
            details={"box": list(box)} if box else {},
        )

    def _mask(
        self, row: Row, shot: Opened, drawings: Sequence[NDArray[Any]], *, box: Box | None
    ) -> Mask | None:
        if not drawings:
            return None
        how = row.get("mask_values")
        if how not in (None, "object", "instances"):
            raise ImageError("bad_mask_values")
        shape = shot.pixels.shape[: len(shot.axes.removesuffix("c"))]
        mask = mask_of(drawings, shape, instances=None if how is None else how == "instances")
        return boxed(mask, box) if box else mask

    def _drawings(self, named: Any, opened: Opened) -> list[NDArray[Any]]:
        """The arrays that masks are made of: of the files that a row names, or of the picture's own NPZ."""
        if named in (None, "", []):
            return [] if opened.label is None else [opened.label]
        names = named if isinstance(named, list) else [named]
        if len(names) > MOST_MASKS:
            raise ImageError("too_many_objects")
        found = [open_image(self._bytes(name), self.decoder) for name in names]
        return [one.pixels if one.label is None else one.label for one in found]

    def _bytes(self, named: Any) -> bytes:
        if not isinstance(named, str) or not named:
            raise ImageError("bad_image")
        return _encoded(named) if self.below is None else _read(named, self.below, confined=self.confined)


def _encoded(text: str) -> bytes:
    """A file that came with the row itself."""
    if len(text) > MAX_FILE_BYTES * 4 // 3:
        raise ImageError("too_large")
    try:
        return base64.b64decode(text.removeprefix("data:").split(";base64,")[-1], validate=True)
    except (binascii.Error, ValueError):
        raise ImageError("bad_image") from None


def _read(name: str, below: Path, *, confined: bool) -> bytes:
    """A file beside the one that names it; never through a link or a path that leads elsewhere."""
    try:
        path = (below / name).resolve(strict=True)
        if confined and not path.is_relative_to(below.resolve()):
            raise ImageError("image_outside_folder")
        if not path.is_file():
            raise ImageError("no_image_file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ImageError("too_large")
        return path.read_bytes()
    except (OSError, ValueError):
        raise ImageError("no_image_file") from None


def _slices(opened: Opened, drawn: Sequence[NDArray[Any]]) -> list[tuple[str, Opened, list[NDArray[Any]]]]:
    """Each slice that has an object, under its number.

    Raises:
        ImageError: the mask does not fit, or is empty throughout.
    """
    if any(one.shape != opened.pixels.shape[: len(opened.axes.removesuffix("c"))] for one in drawn):
        raise ImageError("mask_of_another_size")
    found = []
    for number, pixels in enumerate(opened.pixels):
        drawings = [one[number] for one in drawn]
        if any(one.any() for one in drawings):
            shot = Opened(pixels, opened.axes[1:], opened.lossy, spacing=opened.spacing[1:])
            found.append((str(number), shot, drawings))
    if not found:
        raise ImageError("mask_without_object")
    return found


def _part(cleared: Cleared, number: int, *, whole: bool) -> Cleared:
    if whole:
        return cleared
    return Cleared(cleared.pixels[number], cleared.lines, cleared.share, cleared.reasons)


def _flags(pixels: NDArray[Any], spacing: tuple[float, ...]) -> tuple[str, ...]:
    """What lowers the quality of a picture that is one."""
    low, high = np.percentile(pixels, (1, 99))
    lowest, highest = float(pixels.min()), float(pixels.max())
    full = float(np.iinfo(pixels.dtype).max) if pixels.dtype == np.uint8 else highest - lowest
    share = float(high - low) / full
    faint = (
        ("nearly_blank_picture",)
        if share < _BLANK_SHARE
        else ("low_contrast",)
        if share < _FAINT_SHARE
        else ()
    )
    return faint + (() if spacing else ("no_spacing",))


def _spacing(told: Any, shot: Opened) -> tuple[float, ...]:
    if told in (None, "", []):
        return shot.spacing
    count = len(shot.axes.removesuffix("c"))
    try:
        values = tuple(float(value) for value in (told if isinstance(told, list) else [told] * count))
    except (TypeError, ValueError):
        raise ImageError("bad_spacing") from None
    if len(values) < count or not all(0 < value < 1e4 for value in values):
        raise ImageError("bad_spacing")
    return values[-count:]


def _box(told: Any) -> Box | None:
    if told in (None, "", []):
        return None
    try:
        x0, y0, x1, y1 = (float(value) for value in told)
    except (TypeError, ValueError):
        raise ImageError("bad_box") from None
    return x0, y0, x1, y1
