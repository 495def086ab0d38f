"""The arithmetic of the tagger: a table of traits, four convolutions over the words, one score a label."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker_collection.phi.tagger_traits import TRAITS, Rows

FILE = Path(__file__).parent / "weights" / "tagger.safetensors"
STEPS = (1, 2, 4, 1)  # how far apart the three words are that each convolution looks at
LABELS = ("", "NAME", "HOSPITAL", "ORG", "ADDRESS")
_BLOCK = 16
_TYPES = {"I8": np.int8, "F16": np.float16, "F32": np.float32}

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """Trained weights and what was written down with them."""

    table: Floats  # (rows, width)
    layers: tuple[tuple[Floats, Floats], ...]  # (3 * width, width), (width,) for each step
    out: tuple[Floats, Floats]  # (width, labels), (labels,)
    told: dict[str, str]

    def probabilities(self, rows: Rows) -> Floats:
        """How likely each label is for each word, shape (words, labels), rows that add to one.

        Args:
            rows: the traits of the words, shape (words, TRAITS).
        """
        hidden = self.table[rows[:, 0]]
        for trait in range(1, TRAITS):
            hidden += self.table[rows[:, trait]]
        np.maximum(hidden, 0, out=hidden)  # (words, width)
        for step, (weight, bias) in zip(STEPS, self.layers, strict=True):
            hidden += np.maximum(_times(_neighbours(hidden, step), weight) + bias, 0)
        scores = hidden @ self.out[0] + self.out[1]  # (words, labels)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        answer: Floats = scores / scores.sum(axis=1, keepdims=True)
        return answer


def _neighbours(hidden: Floats, step: int) -> Floats:
    """Each word beside those `step` before and after it; nothing stands beyond the ends."""
    count, width = hidden.shape
    wide = np.zeros((count, 3 * width), np.float32)
    wide[step:, :width] = hidden[:-step]
    wide[:, width : 2 * width] = hidden
    wide[:-step, 2 * width :] = hidden[step:]
    return wide


def _times(wide: Floats, weight: Floats) -> Floats:
    """The product, a few rows at a time: larger ones wake a thread of the library on every core."""
    count, width = wide.shape
    full = -(-count // _BLOCK) * _BLOCK
    blocks = np.resize(wide, (full, width)) if full != count else wide
    answer: Floats = (blocks.reshape(-1, _BLOCK, width) @ weight).reshape(full, -1)[:count]
    return answer


@cache
def network() -> Network:
    """The weights that came with this version."""
    return read(FILE.read_bytes())


def read(raw: bytes) -> Network:
    """A network from the bytes of its safetensors file; the table is stored as bytes with a scale a row."""
    size = int.from_bytes(raw[:8], "little")
    head: dict[str, Any] = json.loads(raw[8 : 8 + size])
    told = head.pop("__metadata__")
    parts = {}
    for name, part in head.items():
        start, end = part["data_offsets"]
        flat = np.frombuffer(raw[8 + size + start : 8 + size + end], _TYPES[part["dtype"]])
        parts[name] = flat.reshape(part["shape"]).astype(np.float32)
    return Network(
        table=parts["table"] * parts["scale"][:, None],
        layers=tuple((parts[f"weight{at}"], parts[f"bias{at}"]) for at in range(len(STEPS))),
        out=(parts["out"], parts["out_bias"]),
        told=told,
    )
