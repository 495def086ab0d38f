"""Embeddings of pictures, made once for every pass, and for next week's training too."""

from collections.abc import Callable

import torch
from torch import Tensor

from shared.backends.shelf import KEPT_SECONDS, SealedShelf

__all__ = ["CHANNELS", "KEPT_SECONDS", "Shelf"]
CHANNELS = 256


class Shelf(SealedShelf):
    """The embeddings of one base below one folder."""

    def cells(self, key: str, make: Callable[[], Tensor]) -> Tensor:
        """The embedding of a key, shape (cells, 256) in bfloat16; made by `make` where it is not kept."""
        kept = self.read(key)
        if kept is not None:
            self.found += 1
            self.touch(key)
            return kept
        made = make()
        self.made += 1
        self.put(key, made.contiguous().view(torch.int16).cpu().numpy().tobytes())
        return made

    def read(self, key: str) -> Tensor | None:
        """The embedding, or None where there is none that opens."""
        plain = self.opened(key)
        return (
            None
            if plain is None
            else torch.frombuffer(bytearray(plain), dtype=torch.bfloat16).view(-1, CHANNELS)
        )
