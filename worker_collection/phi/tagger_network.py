"""The arithmetic of the tagger: a table of traits, four convolutions over the words, one score a label."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from worker_collection.phi.tagger_file import FILE, Floats, arrays, meanings
from worker_collection.phi.tagger_traits import MEANING, TAKEN, Rows

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
        return self.judged(self.summed(rows), rows[:, TAKEN])

    def summed(self, rows: Rows) -> Floats:
        """What the words are by all traits but whether a rule has taken them, shape (words, width)."""
        hidden = self.meanings[rows[:, MEANING]]
        for trait in range(TAKEN):
            hidden += self.table[rows[:, trait]]
        return hidden

    def judged(self, summed: Floats, marks: NDArray[np.int32]) -> Floats:
        """How likely each label is for each word, shape (words, labels).

        Args:
            summed: what `summed` says of them, shape (words, width); it stays as it is.
            marks: the rows of the trait that is missing there, shape (words,).
        """
        hidden = summed + self.table[marks]
        np.maximum(hidden, 0, out=hidden)  # (words, width)
        count, width = hidden.shape
        wide = np.zeros((-(-count // _BLOCK) * _BLOCK, 3 * width), np.float32)
        for step, (weight, bias) in zip(STEPS, self.layers, strict=True):
            _put_beside(wide, hidden, step)
            seen = _times(wide, weight)[:count]
            seen += bias
            hidden += np.maximum(seen, 0, out=seen)
        scores = hidden @ self.out[0] + self.out[1]  # (words, labels)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        answer: Floats = scores / scores.sum(axis=1, keepdims=True)
        return answer


def _put_beside(wide: Floats, hidden: Floats, step: int) -> None:
    """Write each word beside those `step` before and after it; nothing stands beyond the ends."""
    count, width = hidden.shape
    wide[:step, :width] = 0
    wide[step:count, :width] = hidden[:-step]
    wide[:count, width : 2 * width] = hidden
    wide[: max(0, count - step), 2 * width :] = hidden[step:]
    wide[max(0, count - step) : count, 2 * width :] = 0


def _times(wide: Floats, weight: Floats) -> Floats:
    """The product, a few rows at a time: larger ones wake a thread of the library on every core."""
    answer: Floats = (wide.reshape(len(wide) // _BLOCK, _BLOCK, wide.shape[1]) @ weight).reshape(
        len(wide), weight.shape[1]
    )
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
