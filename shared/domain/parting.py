"""Where two sets of files part: which file, in it which tensor or which fact, and by how much."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

HEADER_BYTES = 8  # of a safetensors file: the length of its header, little-endian
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


def parting(first: Mapping[str, bytes], second: Mapping[str, bytes]) -> list[dict[str, object]]:
    """One entry for each file that is not the same in both, with the first place where it differs."""
    found: list[dict[str, object]] = []
    for name in sorted({*first, *second}):
        if name not in first or name not in second:
            found.append({"file": name, "why": f"only in the {'first' if name in first else 'second'}"})
        elif first[name] != second[name]:
            found.append({"file": name} | _place(name, first[name], second[name]))
    return found


def _place(name: str, first: bytes, second: bytes) -> dict[str, object]:
    if name.endswith(".safetensors"):
        return _tensor(first, second)
    if name.endswith(".json"):
        ours, theirs = json.loads(first), json.loads(second)
        facts = [key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]
        return {"facts": facts}
    return {"byte": next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)}


def _tensor(first: bytes, second: bytes) -> dict[str, object]:
    """The first tensor that differs, and the largest difference over all of them where both have it."""
    ours, theirs = _tensors(first), _tensors(second)
    names = [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    largest = [_difference(ours[name], theirs[name]) for name in names if name in ours and name in theirs]
    known = [value for value in largest if value is not None]
    return {
        "tensor": names[0] if names else None,
        "tensors": len(names),
        "largest_difference": max(known, default=None),
    }


def _tensors(data: bytes) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Kind, shape and bytes of each tensor by name."""
    start = HEADER_BYTES + int.from_bytes(data[:HEADER_BYTES], "little")
    header: dict[str, Any] = json.loads(data[HEADER_BYTES:start])
    header.pop("__metadata__", None)
    return {
        name: (said["dtype"], tuple(said["shape"]), data[slice(*(start + at for at in said["data_offsets"]))])
        for name, said in header.items()
    }


def _difference(
    first: tuple[str, tuple[int, ...], bytes], second: tuple[str, tuple[int, ...], bytes]
) -> float | None:
    """The largest difference of two tensors; None where their shapes or kinds make it none."""
    if first[:2] != second[:2] or first[0] not in FLOATS:
        return None
    ours, theirs = (np.frombuffer(one[2], FLOATS[one[0]]).astype("f8") for one in (first, second))
    return float(np.abs(ours - theirs).max())
