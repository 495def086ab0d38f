"""One decoded picture made fit to be kept: its text blanked, what it is known by, who it is of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from shared.storage.pictures import Picture
from worker_collection.dicom.decode import Decoded
from worker_collection.dicom.geometry import Grid, plane_names
from worker_collection.dicom.who import person_of
from worker_collection.dicom.words import harmless
from worker_collection.likeness import likeness
from worker_collection.mapping import DicomTerms
from worker_collection.pictured import Pictured
from worker_collection.pixel_text.blank import clear_text

_PHOTOGRAPHS = frozenset({"XC"})
_HEADS = frozenset({"HEAD", "BRAIN", "SKULL", "FACE", "ORBIT", "HEADNECK"})
_VOLUMES = frozenset({"CT", "MR", "PT"})
_VOLUME_FRAMES = 16
_BLANK_SHARE = 0.005  # of the range that the middle of the values must spread over
_SERIES_TAGS = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID"}


@dataclass(frozen=True)
class Shot:
    """A picture as it is kept while labels may still come for it.

    Attributes:
        pictured: what its case will say, without a mask.
        person: fields of a row in the case format that say whose it is; sealed wherever they lie.
        shape: frames, rows and columns; frames is 0 for a picture of one.
        grid: where its pixels lie, None where the header does not say.
        present: share of the pixels that came.
    """

    pictured: dict[str, Any]
    person: dict[str, Any]
    shape: tuple[int, int, int]
    grid: tuple[Any, ...] | None
    present: float

    def place(self) -> Grid | None:
        """The grid."""
        return Grid(tuple(self.grid[0]), tuple(self.grid[1]), tuple(self.grid[2])) if self.grid else None


def shot_of(
    decoded: Decoded, terms: DicomTerms, *, save: Callable[[Picture], str], uids: dict[str, str]
) -> Shot:
    """Blank the text of a picture, keep its bare pixels, and note all that its case will need.

    Args:
        decoded: the file.
        terms: the site's choices.
        save: stores a picture and answers its key.
        uids: the random UIDs of its study and series.
    """
    header, axes = decoded.header, axes_of(decoded)
    pixels = _turned(decoded)
    cleared = clear_text(pixels, axes)
    grid = Grid.of(header)
    picture = Picture(cleared.pixels, axes, _spacing(header, axes), _rescale(decoded), _window(header))
    found = Pictured(
        image=save(picture),
        likeness=likeness(pixels, axes, present=decoded.present),
        lossy=decoded.lossy or decoded.present < 1,
        held=(*cleared.reasons, *_declared(header, axes, pixels, terms=terms, lines=cleared.lines)),
        blanked=cleared.lines,
        doubts=("truncated",) if decoded.present < 1 else (),
        flags=_flags(pixels, picture),
        trusts_reviewers=terms.reviewers == "trusted",
        details=_details(header, uids),
    )
    frames = pixels.shape[0] if axes[0] == "z" else 0
    rows, columns = pixels.shape[axes.index("y")], pixels.shape[axes.index("x")]
    where = (grid.origin, grid.turned, grid.spacing) if grid else None
    return Shot(found.packed(), whose(header), (frames, rows, columns), where, decoded.present)


def axes_of(decoded: Decoded) -> str:
    """What the dimensions of a decoded picture are."""
    assert decoded.pixels is not None
    colours = "c" if int(decoded.header.get("SamplesPerPixel", 1)) == 3 or decoded.coloured else ""
    return ("z" if decoded.pixels.ndim - len(colours) == 3 else "") + "yx" + colours


def plane_of(shot: Shot, series: str) -> str | None:
    """The name under which a mask finds the plane of a picture."""
    grid = shot.place()
    return plane_names(series, grid.normal(), grid.height())[0] if grid else None


def whose(header: Dataset) -> dict[str, Any]:
    """Who a picture is of, in the fields of the case format; nobody where the header does not say."""
    born = str(header.get("PatientBirthDate") or "")
    known = {
        "name": str(header.get("PatientName") or "").replace("^", " ").strip(),
        "dob": f"{born[:4]}-{born[4:6]}-{born[6:]}" if len(born) == 8 else "",
    }
    sex = str(header.get("PatientSex") or "")
    row: dict[str, Any] = {
        "person": str(header.get("PatientID") or "").strip(),
        "also": [one] if (one := person_of(header)) and "/" in one else [],
        "known": {name: value for name, value in known.items() if value},
        "age": str(header.get("PatientAge") or "") or None,
        "subgroup": {"sex": sex} if sex in ("M", "F", "O") else {},
    }
    return {name: value for name, value in row.items() if value}


def _declared(
    header: Dataset, axes: str, pixels: NDArray[Any], *, terms: DicomTerms, lines: int
) -> tuple[str, ...]:
    """Why what the header says of the picture holds it back."""
    modality = str(header.get("Modality") or "")
    part = str(header.get("BodyPartExamined") or "").upper()
    is_volume = axes[0] == "z" and pixels.shape[0] >= _VOLUME_FRAMES and modality in _VOLUMES
    features = header.get("RecognizableVisualFeatures") == "YES" or modality in _PHOTOGRAPHS
    held = {
        "burned_in_text_not_found": header.get("BurnedInAnnotation") == "YES" and not lines,
        "recognizable_features": terms.faces == "held" and (features or (is_volume and part in _HEADS)),
    }
    return tuple(reason for reason, holds in held.items() if holds)


def _turned(decoded: Decoded) -> NDArray[Any]:
    """More is brighter: MONOCHROME1 is turned over."""
    assert decoded.pixels is not None
    if decoded.turned is None:
        return decoded.pixels
    return (decoded.turned - decoded.pixels.astype(np.int64)).astype(decoded.pixels.dtype)


def _rescale(decoded: Decoded) -> tuple[float, float]:
    slope, intercept = (
        _number(decoded.header, "RescaleSlope", 1.0),
        _number(decoded.header, "RescaleIntercept", 0.0),
    )
    if decoded.turned is None:
        return slope, intercept
    return -slope, slope * decoded.turned + intercept


def _window(header: Dataset) -> tuple[float, float] | None:
    centre, width = _number(header, "WindowCenter", 0.0), _number(header, "WindowWidth", 0.0)
    return (centre, width) if width > 0 else None


def _spacing(header: Dataset, axes: str) -> tuple[float, ...]:
    """Millimetres along z (for frames), y and x; nothing where the header does not say."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        value = header.get(keyword)
        if value is not None and len(value) == 2 and min(map(float, value)) > 0:
            between = _number(header, "SpacingBetweenSlices", _number(header, "SliceThickness", 0.0))
            return ((between,) if axes[0] == "z" else ()) + (float(value[0]), float(value[1]))
    return ()


def _number(header: Dataset, keyword: str, otherwise: float) -> float:
    value = header.get(keyword)
    try:
        return float(value if not hasattr(value, "__iter__") or isinstance(value, str) else value[0])
    except (TypeError, ValueError, IndexError):
        return otherwise


def _flags(pixels: NDArray[Any], picture: Picture) -> tuple[str, ...]:
    low, high = np.percentile(pixels, (1, 99))
    span = float(pixels.max()) - float(pixels.min())
    blank = span == 0 or float(high - low) < _BLANK_SHARE * span
    return (("blank_picture",) if blank else ()) + (() if picture.spacing else ("no_spacing",))


def _details(header: Dataset, uids: dict[str, str]) -> dict[str, Any]:
    """What a case may say of its picture in clear."""
    said = {
        "modality": harmless(str(header.get("Modality") or "")),
        "body_part": harmless(str(header.get("BodyPartExamined") or "")).lower(),
        "view": harmless(str(header.get("ViewPosition") or "")),
    }
    said |= {name: uids.get(str(header.get(tag) or ""), "") for name, tag in _SERIES_TAGS.items()}
    return {name: value for name, value in said.items() if value}
