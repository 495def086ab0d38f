"""BERT's arithmetic over a dictionary of weights: an adapter is another way to apply a linear layer."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.pauses import may_pause
from shared.backends.text_classifier.base_model import BaseModel

Linear = Callable[[str, Tensor], Tensor]
LAYER = "encoder.layer."
STRIDE = 8
POOLING = "even means of the embeddings and of the layers"
MOST_READ = 7
LINEARS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


def plain(base: BaseModel) -> Linear:
    """The base's own linear layers."""

    def linear(name: str, x: Tensor) -> Tensor:
        return base_linear(base, name, x)

    return linear


def base_linear(base: BaseModel, name: str, x: Tensor) -> Tensor:
    """One linear layer of the base: factors and product in the base's precision, the bias in float32.

    The rounding is spelt out, so that a machine that cannot multiply bfloat16 gives the same answer, slower.
    """
    weight, bias = base.weights[f"{name}.weight"], base.weights[f"{name}.bias"]
    product = functional.linear(x.to(base.precision).to(weight.dtype), weight)
    return product.to(base.precision).float() + bias


def embed(base: BaseModel, tokens: Tensor) -> Tensor:
    """Token, position and segment embeddings, normalised; `tokens` has shape (n, length)."""
    weights = base.weights
    summed = weights["embeddings.word_embeddings.weight"][tokens]
    summed = summed + weights["embeddings.token_type_embeddings.weight"][0]
    summed = summed + weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
    return _norm(base, "embeddings.LayerNorm", summed)


def run_layers(
    base: BaseModel, hidden: Tensor, mask: Tensor, *, layers: Sequence[int], linear: Linear
) -> Tensor:
    """Apply some layers in order.

    Args:
        base: whose norms and shape are used.
        hidden: activations, shape (n, length, hidden).
        mask: True at real tokens, shape (n, length).
        layers: numbers of the layers.
        linear: how a linear layer is applied: plain, adapted or merged.
    """
    return read_layers(base, hidden, mask, layers=layers, linear=linear)[0]


def read_layers(
    base: BaseModel, hidden: Tensor, mask: Tensor, *, layers: Sequence[int], linear: Linear
) -> tuple[Tensor, list[Tensor]]:
    """The same, with the means over the tokens behind those of the layers that the head reads."""
    attend = mask[:, None, None, :]  # (n, 1, 1, length)
    read, means = depths(base.shape.layers), []
    for number in layers:
        may_pause()
        hidden = _layer(base, hidden, attend, prefix=f"{LAYER}{number}.", linear=linear)
        if number + 1 in read:
            means.append(pool(hidden, mask))
    return hidden, means


def depths(layers: int) -> tuple[int, ...]:
    """Where the head reads: the embeddings, which are 0, and the ends of at most six layers, evenly apart."""
    steps = MOST_READ - 1
    return tuple(sorted({round(step * layers / steps) for step in range(MOST_READ)}))


def pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """Mean over the real tokens, shape (n, hidden)."""
    share = mask.unsqueeze(-1).to(hidden.dtype)  # (n, length, 1)
    return (hidden * share).sum(1) / share.sum(1)


def features(means: Sequence[Tensor]) -> Tensor:
    """What the head reads: the words themselves beside what every few layers make of them together.

    The mean of the embeddings keeps rare words that the layers above smooth away, and those between tell
    things apart that the last one takes for the same. Each is brought to a mean square of one, so that none
    outweighs the others.

    Args:
        means: over the tokens, at each of `depths`, shape (n, hidden).

    Returns:
        Shape (n, depths hidden).
    """
    return torch.cat([functional.rms_norm(mean, (mean.shape[1],)) for mean in means], dim=1)


def rounded(length: int) -> int:
    """The length that rows are padded to: few shapes, since each one costs the CPU a kernel of its own."""
    return -(-length // STRIDE) * STRIDE


def pad(rows: Sequence[Sequence[int]], device: str) -> tuple[Tensor, Tensor]:
    """Token rows as one tensor with its mask, both of shape (n, longest, rounded up)."""
    longest = rounded(max(len(row) for row in rows))
    tokens = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for place, row in enumerate(rows):
        tokens[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = True
    return tokens.to(device), mask.to(device)


def _layer(base: BaseModel, x: Tensor, attend: Tensor, *, prefix: str, linear: Linear) -> Tensor:
    rows, length, hidden = x.shape

    def split(part: str) -> Tensor:
        projected = linear(f"{prefix}attention.self.{part}", x)
        return projected.view(rows, length, base.shape.heads, -1).transpose(1, 2)  # (n, heads, length, size)

    mixed = functional.scaled_dot_product_attention(
        split("query"), split("key"), split("value"), attn_mask=attend
    )
    mixed = mixed.transpose(1, 2).reshape(rows, length, hidden)  # (n, length, hidden)
    x = _norm(
        base, f"{prefix}attention.output.LayerNorm", x + linear(f"{prefix}attention.output.dense", mixed)
    )
    inner = functional.gelu(linear(f"{prefix}intermediate.dense", x), approximate=base.shape.gelu)
    return _norm(base, f"{prefix}output.LayerNorm", x + linear(f"{prefix}output.dense", inner))


def _norm(base: BaseModel, name: str, x: Tensor) -> Tensor:
    weight, bias = base.weights[f"{name}.weight"], base.weights[f"{name}.bias"]
    return functional.layer_norm(x, (base.shape.hidden,), weight, bias, base.shape.epsilon)
