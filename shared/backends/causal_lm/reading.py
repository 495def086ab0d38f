"""How a label is chosen: what the LM would write, beside a linear head on the same state and the words.

The LM alone needs many passes over few cases to tell rare diseases apart; a head on its last state and on the
mean of the words knows most of it from the start. Their logarithms are added: two experts, one opinion.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.passages import Passage
from shared.backends.causal_lm.tree import LabelTree, label_logs

HEAD = "head."


def features(base: BaseModel, passages: Sequence[Passage], ends: Tensor) -> Tensor:
    """What the head reads: the mean of the prompt's words beside its end's state, shape (passages, 2 hidden).

    Args:
        base: whose words they are.
        passages: rows.
        ends: normed states of the prompts' last tokens, shape (passages, hidden).
    """
    words = base.weights["model.embed_tokens.weight"]
    means = [words[torch.tensor(one.prompt, device=base.device)].float().mean(0) for one in passages]
    return torch.cat([torch.stack(means) / base.word_scale, ends], dim=1)


def judged(head: Mapping[str, Tensor], found: Tensor) -> Tensor:
    """The head's scores before the softmax, shape (passages, labels)."""
    return functional.linear(found, head[f"{HEAD}weight"], head[f"{HEAD}bias"])


def label_scores(
    base: BaseModel, tree: LabelTree, passage: Passage, *, states: Tensor, head: Mapping[str, Tensor]
) -> Tensor:
    """Every label's score before the temperature, shape (labels,).

    Args:
        base: under both.
        tree: of the labels.
        passage: the question.
        states: normed, at the places it asks for, shape (1 + forks, hidden).
        head: its weight and bias; none leaves what the LM would write.
    """
    logs = label_logs(tree, states[1:], base.words)
    return logs + judged(head, features(base, [passage], states[:1]))[0] if head else logs
