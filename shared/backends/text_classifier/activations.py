"""What the base without an adapter makes of one text, made once and kept sealed for the next training."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from shared.backends.shelf import SealedShelf
from shared.backends.text_classifier.base_model import BaseModel
from shared.backends.text_classifier.encoder import POOLING, embed, features, pad, plain, pool, read_layers
from shared.vault import Vault


class Activations(NamedTuple):
    """Of one text.

    Attributes:
        below: the means that the head reads below the adapted layers, shape (depths there, hidden).
        lower: hidden states below the adapted layers, shape (length, hidden).
        end: all that the head reads, shape (depths hidden,).
    """

    below: Tensor
    lower: Tensor
    end: Tensor


class Cut(NamedTuple):
    """A base, the layers of it that learn, and where it computes."""

    base: BaseModel
    layers: range
    device: str


def make(cut: Cut, row: Sequence[int]) -> Activations:
    """Run one text alone through the base, as serving does: its values depend on no text beside it.

    Otherwise those of last week's batches would not be those of this week's, and the same request would not
    give the same bytes.
    """
    base, layers, device = cut
    tokens, mask = pad([row], device)
    embedded = embed(base, tokens)
    lower, means = read_layers(base, embedded, mask, layers=range(layers.start), linear=plain(base))
    means = [pool(embedded, mask), *means]
    _, above = read_layers(base, lower, mask, layers=layers, linear=plain(base))
    return Activations(torch.cat(means), lower[0, mask[0]], features([*means, *above])[0])


class TextShelf:
    """Keeps activations of one base and cut below a folder of the site.

    What the head reads and what LoRA learns from lie apart: the second is ten times as much, and a training
    that tries the head alone opens none of it.
    """

    def __init__(self, folder: Path, vault: Vault, cut: Cut) -> None:
        kernels = f"{torch.__version__} {torch.backends.cpu.get_cpu_capability()} {cut.device}"
        about = f"text {cut.base.digest} {cut.base.precision} below {cut.layers.start} {POOLING} {kernels}"
        self._sealed, self._cut = SealedShelf(folder, vault, about), cut

    def read(self, row: Sequence[int]) -> tuple[Tensor, Tensor]:
        """`below` and `end` of a text: those that are kept, else made and kept."""
        kept = self._opened(_key(row), ("below", "end"))
        if kept is None:
            self._sealed.made += 1
            made = self._made(row)
            return made.below, made.end
        self._sealed.found += 1
        for key in (_key(row), _lower_key(row)):
            self._sealed.touch(key)
        return kept["below"], kept["end"]

    def lower(self, row: Sequence[int]) -> Tensor:
        """`lower` of a text: what is kept, else made again and kept."""
        kept = self._opened(_lower_key(row), ("lower",))
        return self._made(row).lower if kept is None else kept["lower"]

    def figures(self) -> dict[str, float]:
        """How many were made and how many were kept."""
        return {"activations_made": float(self._sealed.made), "activations_found": float(self._sealed.found)}

    def prune(self) -> None:
        """Remove what no training has used for weeks."""
        self._sealed.prune()

    def _made(self, row: Sequence[int]) -> Activations:
        made = make(self._cut, row)
        self._put(_key(row), {"below": made.below, "end": made.end})
        self._put(_lower_key(row), {"lower": made.lower})
        return made

    def _put(self, key: str, tensors: Mapping[str, Tensor]) -> None:
        self._sealed.put(key, save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}))

    def _opened(self, key: str, names: tuple[str, ...]) -> dict[str, Tensor] | None:
        found = self._sealed.opened(key)
        if found is None:
            return None
        try:
            tensors = load(found)
            return {name: tensors[name].to(self._cut.device) for name in names}
        except (SafetensorError, KeyError):
            return None


def _key(row: Sequence[int]) -> str:
    return hashlib.sha256(" ".join(map(str, row)).encode()).hexdigest()


def _lower_key(row: Sequence[int]) -> str:
    return f"{_key(row)} lower"
