"""What the tagger reads from disk: arrays of safetensors files, and where everyday words lie in meaning."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights"
FILE, MEANINGS = WEIGHTS / "tagger.safetensors", WEIGHTS / "meanings.safetensors"
_TYPES = {"I8": np.int8, "U8": np.uint8, "F16": np.float16, "F32": np.float32}

Floats = NDArray[np.float32]
# What is read of the words of a page: sums of their traits, shape (words, width), and where in its line each
# of them stands, shape (words,).
Traits = tuple[Floats, NDArray[np.int32]]


def arrays(raw: bytes) -> tuple[dict[str, NDArray[np.generic]], dict[str, str]]:
    """The arrays of a safetensors file by name, and what was written down with them."""
    size = int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8 : 8 + size])
    told = head.pop("__metadata__", {})
    found: dict[str, NDArray[np.generic]] = {}
    for name, part in head.items():
        start, end = part["data_offsets"]
        flat = np.frombuffer(raw[8 + size + start : 8 + size + end], _TYPES[part["dtype"]])
        found[name] = flat.reshape(part["shape"])
    return found, told


@cache
def meanings() -> tuple[dict[str, int], Floats]:
    """The row of every word that has one, and the rows, shape (words + 1, width); row 0 is no word's."""
    parts, _ = arrays(MEANINGS.read_bytes())
    words = parts["words"].tobytes().decode().split("\n")
    vectors = parts["vectors"].astype(np.float32) * parts["scale"].astype(np.float32)
    nothing = np.zeros((1, vectors.shape[1]), np.float32)
    return {word: place + 1 for place, word in enumerate(words)}, np.concatenate([nothing, vectors])
