"""The arithmetic of the tagger: a table of traits, four convolutions over the words, one score a label."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from worker_collection.phi.tagger_file import FILE, Floats, arrays, meanings
from worker_collection.phi.tagger_traits import MEANING, TRAITS, Rows

STEPS = (1, 2, 4, 1)  # how far apart the three words are that each convolution looks at
LABELS = ("", "NAME", "HOSPITAL", "ORG", "ADDRESS")
_BLOCK = 16


@dataclass(frozen=True)
class Network:
    """Trained weights and what was written down with them."""

    table: Floats  # (rows, width)
    meanings: Floats  # (words + 1, width)
    layers: tuple[tuple[Floats, Floats], ...]  # (3 * width, width), (width,) for each step
    out: tuple[Floats, Floats]  # (width, labels), (labels,)
    told: dict[str, str]

    def probabilities(self, rows: Rows) -> Floats:
        """How likely each label is for each word, shape (words, labels), rows that add to one.

        Args:
            rows: the traits of the words, shape (words, TRAITS + 1).
        """
        hidden = self.meanings[rows[:, MEANING]]
        for trait in range(TRAITS):
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
    found, told = arrays(raw)
    parts = {name: part.astype(np.float32) for name, part in found.items()}
    return Network(
        table=parts["table"] * parts["scale"][:, None],
        meanings=meanings()[1] @ parts["meaning"],
        layers=tuple((parts[f"weight{at}"], parts[f"bias{at}"]) for at in range(len(STEPS))),
        out=(parts["out"], parts["out_bias"]),
        told=told,
    )
