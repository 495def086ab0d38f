"""How a label is chosen: what the LM would write, beside a linear head on the same state and the words.

The LM alone needs many passes over few cases to tell rare diseases apart; a head that sees the words, what
the layers below the adapter make of them and the last state knows most of it from the start. A third opinion
is how usual each label is, which is all there is to say where a text tells little. The persons held back say
how much each of the three counts.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.passages import Passage
from shared.backends.causal_lm.tree import LabelTree, label_logs

HEAD = "head."
FIRST = "first."  # the head as it was fitted, before anything was learnt with it
PARTS = 3  # of what the head reads, each as wide as a state
OPINIONS = ("written", "head", "usual")


def seen(base: BaseModel, passages: Sequence[Passage], below: Tensor) -> Tensor:
    """What the head reads of the frozen part, shape (passages, 2 hidden).

    The mean of the prompt's words beside that of their states below the adapter, each brought to one size
    first: that of the first token is hundreds of times the others'.

    Args:
        base: whose words they are.
        passages: rows.
        below: states of all their tokens, one after the other, shape (tokens, hidden).
    """
    words = base.weights["model.embed_tokens.weight"]
    found = []
    for one, states in zip(passages, below.split([len(one.tokens) for one in passages]), strict=True):
        prompt = torch.tensor(one.prompt, device=base.device)
        own = functional.rms_norm(states[: len(prompt)].float(), (base.shape.hidden,))
        found.append(torch.cat([words[prompt].float().mean(0) / base.word_scale, own.mean(0)]))
    return torch.stack(found)


def judged(head: Mapping[str, Tensor], seen_below: Tensor, ends: Tensor) -> Tensor:
    """The head's scores before the softmax, shape (passages, labels).

    Args:
        head: its weight and bias.
        seen_below: of the frozen part, shape (passages, 2 hidden).
        ends: normed states of the prompts' last tokens, shape (passages, hidden).
    """
    found = torch.cat([seen_below, ends], dim=1)
    return functional.linear(found, head[f"{HEAD}weight"], head[f"{HEAD}bias"])


def opinions(
    tree: LabelTree, words: Tensor, states: Tensor, *, seen_below: Tensor, head: Mapping[str, Tensor]
) -> Tensor:
    """What the LM would write and what the head reads, for every label, shape (2, labels).

    Args:
        tree: of the labels.
        words: of the base, shape (vocabulary, hidden).
        states: normed, at the places a question asks for, shape (1 + forks, hidden).
        seen_below: of the frozen part, shape (1, 2 hidden).
        head: its weight and bias.
    """
    return torch.stack([label_logs(tree, states[1:], words), judged(head, seen_below, states[:1])[0]])


def weighed(both: Tensor, usual: Tensor, counts: Mapping[str, float]) -> Tensor:
    """The answer's scores before the softmax, shape (..., labels).

    Args:
        both: what the LM would write and what the head reads, shape (2, ..., labels).
        usual: the logarithm of each label's share of the cases, shape (labels,).
        counts: how much each opinion counts.
    """
    written, read = both.double().unbind()
    return written * counts["written"] + read * counts["head"] + usual * counts["usual"]
