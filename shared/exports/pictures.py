"""A sealed version of pictures as one archive: PNG with masks, or COCO; equal versions, equal bytes."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shared.domain.example import PictureExample
from shared.storage.pictures import Picture

Load = Callable[[str], Picture]
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that an archive can name
_SHOWN = (1, 99)  # percentiles that black and white stand for where nobody chose a window


@dataclass(frozen=True)
class Plate:
    """One flat picture on its way out, under a name that says nothing.

    Attributes:
        pixels: uint8, shape (rows, columns) or (rows, columns, 3).
        mask: shape (rows, columns), 0 outside, each other number one object.
        shown: the stored values that became 0 and 255; None where nothing was changed.
    """

    name: str
    example: PictureExample
    split: str
    pixels: NDArray[np.uint8]
    mask: NDArray[Any]
    shown: tuple[float, float] | None


def plates(examples: Iterable[tuple[PictureExample, str]], load: Load) -> Iterator[Plate]:
    """Every flat picture of some examples with their sides; a volume gives its slices with an object."""
    for example, split in examples:
        picture, mask = load(example.image), load(example.mask).pixels
        pixels, shown = as_bytes(picture)
        if picture.axes[0] != "z":
            yield Plate(str(example.case_id), example, split, pixels, mask, shown)
            continue
        for number in np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1)):
            name = f"{example.case_id}-{number}"
            yield Plate(name, example, split, pixels[number], mask[number], shown)


def as_bytes(picture: Picture) -> tuple[NDArray[np.uint8], tuple[float, float] | None]:
    """The pixels as uint8: as they are, through the picture's window, or from darkest to brightest."""
    pixels = picture.pixels
    if pixels.dtype == np.uint8:
        return pixels, None
    if picture.window is not None:
        (centre, width), (slope, intercept) = picture.window, picture.rescale
        low, high = sorted((edge - intercept) / slope for edge in (centre - width / 2, centre + width / 2))
    else:
        low, high = (float(value) for value in np.percentile(pixels, _SHOWN))
    span = max(high - low, 1e-9)
    scaled = np.clip((pixels.astype(np.float64) - low) / span, 0, 1) * 255
    return np.rint(scaled).astype(np.uint8), (low, high)


def write(found: Iterable[Plate], file: IO[bytes], file_format: str) -> int:
    """Write an archive of one of the formats of pictures; how many pictures went into it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        return _WRITERS[file_format](found, archive)


def _write_png(found: Iterable[Plate], archive: zipfile.ZipFile) -> int:
    """`images/NAME.png`, `masks/NAME.png`, and `cases.jsonl` in the case format that names both."""
    lines = []
    for plate in found:
        image, mask = f"images/{plate.name}.png", f"masks/{plate.name}.png"
        _put(archive, image, _png(plate.pixels))
        _put(archive, mask, _png(plate.mask))
        case: dict[str, Any] = {
            "source_id": plate.name,
            "person": str(plate.example.person_id),
            "model_type": "segmentation",
            "image": image,
            "mask": mask,
            "mask_values": "instances" if plate.mask.max() > 1 else "object",
            "diagnosis": plate.example.label,
            "weight": plate.example.weight,
            "split": plate.split,
            "subgroup": dict(plate.example.subgroup),
            "shown": list(plate.shown) if plate.shown else None,
        }
        lines.append(json.dumps(case | _boxed(plate.example), sort_keys=True, ensure_ascii=False) + "\n")
    _put(archive, "cases.jsonl", "".join(lines).encode())
    return len(lines)


def _write_coco(found: Iterable[Plate], archive: zipfile.ZipFile) -> int:
    """`images/NAME.png` and `annotations.json`: one annotation an object, its mask as an uncompressed RLE."""
    images: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    names: dict[str, int] = {}
    for plate in found:
        _put(archive, f"images/{plate.name}.png", _png(plate.pixels))
        rows, columns = plate.mask.shape
        number = len(images) + 1
        images.append(
            {"id": number, "file_name": f"images/{plate.name}.png", "height": rows, "width": columns,
             "split": plate.split}
        )  # fmt: skip
        category = names.setdefault(plate.example.label, len(names) + 1)
        for value in range(1, int(plate.mask.max()) + 1):
            one = plate.mask == value
            if one.any():
                told = {"id": len(objects) + 1, "image_id": number, "category_id": category, "iscrowd": 0}
                objects.append(told | _measured(one))
    categories = [{"id": number, "name": name} for name, number in names.items()]
    said = {"info": {}, "licenses": [], "images": images, "annotations": objects, "categories": categories}
    _put(archive, "annotations.json", json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    return len(images)


def _measured(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Area, box (x, y, width, height) and run lengths of one object, column by column as COCO counts."""
    down, right = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = [int(right[0]), int(down[0]), int(right[-1] - right[0] + 1), int(down[-1] - down[0] + 1)]
    return {
        "area": int(mask.sum()),
        "bbox": box,
        "segmentation": {"size": list(mask.shape), "counts": run_lengths(mask)},
    }


def run_lengths(mask: NDArray[np.bool_]) -> list[int]:
    """How many pixels outside, inside, outside … there are in turn, down the columns; begins with outside."""
    flat = mask.T.reshape(-1).astype(np.int8)
    turns = np.flatnonzero(np.diff(flat)) + 1
    edges = np.concatenate([[0], turns, [len(flat)]])
    return ([0] if flat[0] else []) + [int(length) for length in np.diff(edges)]


def _boxed(example: PictureExample) -> dict[str, Any]:
    return {"box": list(example.box)} if example.box else {}


def _png(pixels: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return stream.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)


_WRITERS = {"png+mask": _write_png, "coco": _write_coco}
