"""The closed label set as a tree of tokens: labels share what they begin with, and only forks are asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from shared.errors import InvalidInputError


@dataclass(frozen=True)
class LabelTree:
    """What must follow a prompt so that every label's probability can be read off in one pass.

    A label's probability is that of a generation that may only go on as some label does. Where the labels
    do not part, nothing is asked, and a token below the last fork is not even fed.

    Attributes:
        tokens: fed behind the prompt, parents before children.
        parents: of each of those the place of the one before it; -1 is the prompt's last token.
        depths: of each of those how many steps it is behind the prompt's last token.
        asked: the places at which labels part; -1 is the prompt's last token.
        choices: the tokens that may follow at each of them.
        paths: of each label its forks, by number in `asked`, with the number of its token in `choices`.
    """

    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    asked: tuple[int, ...]
    choices: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[tuple[int, int], ...], ...]

    def mask(self, prompt: int) -> Tensor:
        """Which token sees which, behind a prompt of that length: its ancestors and itself."""
        whole = prompt + len(self.tokens)
        seen = torch.ones(whole, whole, dtype=torch.bool).tril()
        seen[prompt:, prompt:] = False
        for place, parent in enumerate(self.parents):
            if parent >= 0:
                seen[prompt + place, prompt:] = seen[prompt + parent, prompt:]
            seen[prompt + place, prompt + place] = True
        return seen  # (prompt + tokens, prompt + tokens)


def tree_of(sequences: Sequence[Sequence[int]]) -> LabelTree:
    """The tree of the labels' tokens, each sequence with the token that ends an answer.

    Raises:
        InvalidInputError: two labels are the same to the tokenizer.
    """
    followers: dict[tuple[int, ...], dict[int, None]] = {}
    for sequence in sequences:
        for place, token in enumerate(sequence):
            followers.setdefault(tuple(sequence[:place]), {})[token] = None
    if len({tuple(sequence) for sequence in sequences}) < len(sequences):
        fix = "rename one of them"
        raise InvalidInputError("two labels are the same to the base's tokenizer", field="labels", fix=fix)
    forks = sorted((stem for stem, after in followers.items() if len(after) > 1), key=len)
    fed = sorted({stem[:end] for stem in forks for end in range(1, len(stem) + 1)}, key=lambda s: (len(s), s))
    place_of = {stem: place for place, stem in enumerate(fed)} | {(): -1}
    choices = {stem: list(followers[stem]) for stem in forks}
    number = {stem: place for place, stem in enumerate(forks)}
    return LabelTree(
        tokens=tuple(stem[-1] for stem in fed),
        parents=tuple(place_of[stem[:-1]] for stem in fed),
        depths=tuple(len(stem) for stem in fed),
        asked=tuple(place_of[stem] for stem in forks),
        choices=tuple(tuple(choices[stem]) for stem in forks),
        paths=tuple(_path(tuple(sequence), number, choices) for sequence in sequences),
    )


def _path(
    sequence: tuple[int, ...], number: dict[tuple[int, ...], int], choices: dict[tuple[int, ...], list[int]]
) -> tuple[tuple[int, int], ...]:
    stems = [(sequence[:end], token) for end, token in enumerate(sequence)]
    return tuple((number[stem], choices[stem].index(token)) for stem, token in stems if stem in number)


def label_logs(tree: LabelTree, states: Tensor, words: Tensor) -> Tensor:
    """The logarithm of every label's probability, shape (labels,).

    Args:
        tree: of the labels.
        states: normed hidden states at the forks, shape (forks, hidden).
        words: of the base, shape (vocabulary, hidden).
    """
    logs = []
    for state, choices in zip(states.float(), tree.choices, strict=True):
        rows = words[torch.tensor(choices, device=words.device)].float()  # (choices, hidden)
        logs.append(torch.log_softmax(rows @ state, 0))
    return torch.stack([sum((logs[n][c] for n, c in path), states.new_zeros(())) for path in tree.paths])
