"""Segmentations and structure sets as masks: one structure on one picture, before the picture is at hand."""

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from worker_collection.dicom.decode import Decoded
from worker_collection.dicom.geometry import Grid, is_same_plane, plane_names, plane_of_points
from worker_collection.dicom.who import Who, who_of
from worker_collection.dicom.words import harmless

UNNAMED = "structure"
_MAX_CONTOURS = 20_000
_CLOSED = frozenset({"CLOSED_PLANAR", "CLOSED_PLANAR_XOR", "CLOSEDPLANAR_XOR"})


@dataclass(frozen=True)
class Mask:
    """One structure where one picture is, as the label said it.

    Attributes:
        structure: its name, with nothing that could be somebody's.
        status: the approval, as written; empty where the label has none.
        by: who reviewed it.
        at: the day of the review, ISO; empty when unknown.
        picture: SOP instance UID of the picture; empty where only a plane is told.
        frame: number of the picture's frame, from 1; 0 for a picture of one.
        series: UID of the series that the plane is one of.
        normal, height: the plane in mm; no numbers where a picture is named.
        shape: rows and columns of `bits`; empty for contours.
        bits: the mask, packed.
        contours: outlines (x, y, z, …) in mm.
    """

    structure: str
    status: str = ""
    by: str = ""
    at: str = ""
    picture: str = ""
    frame: int = 0
    series: str = ""
    normal: tuple[float, ...] = ()
    height: float = 0.0
    shape: tuple[int, ...] = ()
    bits: str = ""
    contours: tuple[tuple[float, ...], ...] = ()

    def packed(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def of(cls, packed: Mapping[str, Any]) -> "Mask":
        """What `packed` gave."""
        told = dict(packed)
        told |= {name: tuple(told[name]) for name in ("normal", "shape")}
        return cls(**told | {"contours": tuple(tuple(one) for one in told["contours"])})

    def places(self) -> list[str]:
        """Under which names the picture's plane may be found; none where the picture itself is named."""
        if self.picture or not self.normal:
            return []
        return plane_names(self.series, np.array(self.normal), self.height, beside=True)

    def lies_on(self, grid: Grid | None) -> bool:
        """Whether the mask is of a picture with this grid, as far as planes tell."""
        return bool(self.picture) or (grid is not None and is_same_plane(grid.height(), self.height))

    def pixels(self) -> NDArray[np.bool_]:
        """The unpacked mask, shape `shape`."""
        count = int(np.prod(self.shape))
        plain = zlib.decompressobj().decompress(base64.b64decode(self.bits), count // 8 + 1)
        return np.unpackbits(np.frombuffer(plain, np.uint8), count=count).reshape(self.shape).astype(bool)


def masks_of(label: Decoded) -> list[Mask]:
    """Every mask of a segmentation or a structure set, those without an object too."""
    return list(_of_segments(label) if label.kind == "seg" else _of_contours(label.header))


def _reviewed(header: Dataset) -> dict[str, Any]:
    day = str(header.get("ReviewDate") or "")
    return {
        "status": str(header.get("ApprovalStatus") or ""),
        "by": str(header.get("ReviewerName") or "").replace("^", " ").strip(),
        "at": f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else "",
    }


def _of_segments(label: Decoded) -> Iterator[Mask]:
    header, pixels, who = label.header, label.pixels, who_of(label.header)
    assert pixels is not None
    frames = pixels if pixels.ndim == 3 else pixels[None]
    names = {
        int(one.SegmentNumber): _name(who, one, "SegmentLabel") for one in header.get("SegmentSequence", [])
    }
    told, series = _reviewed(header), _series(header)
    parts = list(header.get("PerFrameFunctionalGroupsSequence", [])) or [Dataset()] * len(frames)
    shared = next(iter(header.get("SharedFunctionalGroupsSequence", [])), Dataset())
    least = max(1, int(header.get("MaximumFractionalValue") or 1) / 2)
    for frame, part in zip(frames, parts, strict=False):
        where = _where(part, shared, header, series=series)
        for number, mask in _segments(frame, part, shared, names=names, least=least):
            yield Mask(names.get(number, UNNAMED), **told, **where, shape=mask.shape, bits=_packed(mask))


def _segments(
    frame: NDArray[Any], part: Dataset, shared: Dataset, *, names: Mapping[int, str], least: float
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The segments of one frame by number; a label map holds several."""
    told = _first(part, shared, "SegmentIdentificationSequence")
    number = int(told.get("ReferencedSegmentNumber") or 0) if told is not None else 0
    if number or len(names) == 1:
        yield number or next(iter(names)), frame >= least
        return
    for one in names:
        yield one, frame == one


def _where(part: Dataset, shared: Dataset, header: Dataset, *, series: str) -> dict[str, Any]:
    """The picture that a frame was drawn on; where no single one is named, its plane."""
    sources = [
        source
        for derived in (_all(part, shared, "DerivationImageSequence"))
        for source in derived.get("SourceImageSequence", [])
    ]
    if len(sources) == 1:
        numbers = sources[0].get("ReferencedFrameNumber") or 0
        number = numbers if isinstance(numbers, int) else (int(numbers[0]) if len(numbers) == 1 else 0)
        return {"picture": str(sources[0].get("ReferencedSOPInstanceUID", "")), "frame": int(number)}
    place = Dataset()
    for sequence, keyword in (
        ("PlanePositionSequence", "ImagePositionPatient"),
        ("PlaneOrientationSequence", "ImageOrientationPatient"),
        ("PixelMeasuresSequence", "PixelSpacing"),
    ):
        item = _first(part, shared, sequence)
        value = (item if item is not None else header).get(keyword)
        if value is not None:
            setattr(place, keyword, value)
    grid = Grid.of(place)
    if grid is None:
        return {"series": series}
    return {"series": series, "normal": tuple(grid.normal().tolist()), "height": grid.height()}


def _of_contours(header: Dataset) -> Iterator[Mask]:
    who = who_of(header)
    names = {
        int(one.ROINumber): _name(who, one, "ROIName") for one in header.get("StructureSetROISequence", [])
    }
    told, series, seen = _reviewed(header), _series(header), 0
    for roi in header.get("ROIContourSequence", []):
        name = names.get(int(roi.get("ReferencedROINumber") or 0), UNNAMED)
        flat: dict[tuple[Any, ...], list[tuple[float, ...]]] = {}
        for contour in roi.get("ContourSequence", []):
            seen += 1
            if seen > _MAX_CONTOURS or str(contour.get("ContourGeometricType")) not in _CLOSED:
                continue
            points = tuple(float(value) for value in contour.get("ContourData") or ())
            where = _of_contour(contour, points, series)
            if where is not None:
                flat.setdefault(where, []).append(points)
        for (picture, frame, of, normal, height), outlines in flat.items():
            yield Mask(
                name, **told, picture=picture, frame=frame, series=of, normal=normal, height=height,
                contours=tuple(outlines),
            )  # fmt: skip


def _of_contour(contour: Dataset, points: Sequence[float], series: str) -> tuple[Any, ...] | None:
    """The picture of a contour, or its plane; None for what spans none."""
    plane = plane_of_points(points) if len(points) % 3 == 0 else None
    if plane is None:
        return None
    images = list(contour.get("ContourImageSequence", []))
    if len(images) == 1 and images[0].get("ReferencedSOPInstanceUID"):
        return (
            str(images[0].ReferencedSOPInstanceUID),
            int(images[0].get("ReferencedFrameNumber") or 0),
            "",
            (),
            0.0,
        )
    return "", 0, series, tuple(round(float(value), 4) for value in plane[0]), round(plane[1], 2)


def _series(header: Dataset) -> str:
    """The series that a label is about."""
    direct = [str(one.get("SeriesInstanceUID", "")) for one in header.get("ReferencedSeriesSequence", [])]
    nested = [
        str(series.get("SeriesInstanceUID", ""))
        for frame in header.get("ReferencedFrameOfReferenceSequence", [])
        for study in frame.get("RTReferencedStudySequence", [])
        for series in study.get("RTReferencedSeriesSequence", [])
    ]
    return next((uid for uid in (*direct, *nested) if uid), "")


def _name(who: Who, item: Dataset, keyword: str) -> str:
    """What a structure is called, in harmless words only: it becomes a label that many may see."""
    text = harmless(str(item.get(keyword) or "").replace("_", " "))
    return UNNAMED if not text or who.is_said_in(text) else text[:64]


def _first(part: Dataset, shared: Dataset, sequence: str) -> Dataset | None:
    return next(iter(_all(part, shared, sequence)), None)


def _all(part: Dataset, shared: Dataset, sequence: str) -> list[Dataset]:
    return list(part.get(sequence) or shared.get(sequence) or [])


def _packed(mask: NDArray[np.bool_]) -> str:
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 6)).decode()
