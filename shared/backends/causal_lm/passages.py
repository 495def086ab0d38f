"""Prompts as the layers read them: with an answer to learn, or with the label tree to be asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from shared.backends.causal_lm.llama import Pack
from shared.backends.causal_lm.tree import LabelTree


@dataclass(frozen=True)
class Passage:
    """One row of tokens.

    Attributes:
        tokens: fed.
        positions: of each of them.
        mask: which token sees which; None is each the earlier ones.
        asked: the places whose states are read, the prompt's last token first.
    """

    tokens: Sequence[int]
    positions: Sequence[int]
    mask: Tensor | None
    asked: Sequence[int]

    @property
    def prompt(self) -> Sequence[int]:
        """The tokens of the prompt."""
        return self.tokens[: self.asked[0] + 1]


def lesson(prompt: Sequence[int], answer: Sequence[int]) -> Passage:
    """A prompt with its answer; asked is what each of the answer's tokens follows."""
    tokens = [*prompt, *answer[:-1]]
    return Passage(tokens, range(len(tokens)), None, range(len(prompt) - 1, len(tokens)))


def question(prompt: Sequence[int], tree: LabelTree) -> Passage:
    """A prompt with the part of the tree that must be fed; asked are its end and the forks."""
    last = len(prompt) - 1
    positions = [*range(len(prompt)), *(last + depth for depth in tree.depths)]
    asked = [last, *(last if place < 0 else len(prompt) + place for place in tree.asked)]
    mask = tree.mask(len(prompt)) if tree.tokens else None
    return Passage([*prompt, *tree.tokens], positions, mask, asked)


def packed(passages: Sequence[Passage], device: str) -> tuple[Tensor, Pack, Tensor]:
    """The tokens of several passages, where they begin and end, and the places asked in all of them."""
    lengths = [len(one.tokens) for one in passages]
    starts = [sum(lengths[:number]) for number in range(len(lengths))]
    asked = _flat([start + place for place in one.asked] for start, one in zip(starts, passages, strict=True))
    masks = [None if one.mask is None else one.mask.to(device) for one in passages]
    pack = Pack(lengths, torch.tensor(_flat(one.positions for one in passages), device=device), masks)
    tokens = torch.tensor(_flat(one.tokens for one in passages), device=device)
    return tokens, pack, torch.tensor(asked, device=device)


def _flat(rows: Iterable[Iterable[int]]) -> list[int]:
    return [value for row in rows for value in row]
