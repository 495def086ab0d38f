"""How a label is chosen: what the LM would write, what two linear heads read, and how usual a label is.

The LM alone needs many passes over few cases to tell rare diseases apart; a head that sees the words, what
the layers below the adapter make of them and the last state knows most of it from the start. It learns on
with the adapter and errs then where that errs; a second head sees the frozen part alone and errs elsewhere.
The last opinion is how usual each label is, which is all there is to say where a text tells little. The
persons held back say how much each of the four counts.
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
BELOW = "below."  # the head that sees the frozen part alone
PARTS, PARTS_BELOW = 3, 2  # of what each head reads, each as wide as a state
OPINIONS = ("written", "head", "below", "usual")


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


def judged_below(head: Mapping[str, Tensor], seen_below: Tensor) -> Tensor:
    """The second head's scores before the softmax, shape (passages, labels); arguments as of `judged`."""
    return functional.linear(seen_below, head[f"{BELOW}weight"], head[f"{BELOW}bias"])


def opinions(
    tree: LabelTree, words: Tensor, states: Tensor, *, seen_below: Tensor, head: Mapping[str, Tensor]
) -> Tensor:
    """What the LM would write and what the heads read, for every label, shape (3, labels).

    Args:
        tree: of the labels.
        words: of the base, shape (vocabulary, hidden).
        states: normed, at the places a question asks for, shape (1 + forks, hidden).
        seen_below: of the frozen part, shape (1, 2 hidden).
        head: weight and bias of both heads.
    """
    written = label_logs(tree, states[1:], words)
    return torch.stack([written, judged(head, seen_below, states[:1])[0], judged_below(head, seen_below)[0]])


def weighed(asked: Tensor, usual: Tensor, counts: Mapping[str, float]) -> Tensor:
    """The answer's scores before the softmax, shape (..., labels).

    Args:
        asked: what the LM would write and what the heads read, shape (3, ..., labels).
        usual: the logarithm of each label's share of the cases, shape (labels,).
        counts: how much each opinion counts.
    """
    *own, last = (counts[name] for name in OPINIONS)
    return torch.tensordot(asked.new_tensor(own, dtype=torch.double), asked.double(), 1) + usual * last


def to_file(head: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Both heads as a version's file names them."""
    return {name.removeprefix(HEAD): tensor.detach().cpu().contiguous() for name, tensor in head.items()}


def from_file(tensors: Mapping[str, Tensor], device: str) -> dict[str, Tensor]:
    """Both heads, read from a version's file."""
    named = {name if name.startswith(BELOW) else f"{HEAD}{name}": t for name, t in tensors.items()}
    return {name: tensor.to(device) for name, tensor in named.items()}
