"""LLaMA's arithmetic over a dictionary of weights, for passages of unlike length packed without padding."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.causal_lm.base_model import BaseModel, Shape
from shared.backends.pauses import may_pause

Linear = Callable[[str, Tensor], Tensor]
LAYER = "model.layers."
LINEARS = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)


@dataclass(frozen=True)
class Pack:
    """Passages one after the other; none sees another.

    Attributes:
        lengths: of the passages.
        positions: of every token in its passage, shape (tokens,).
        masks: of each passage which token sees which, shape (length, length); None is each the earlier ones.
    """

    lengths: Sequence[int]
    positions: Tensor
    masks: Sequence[Tensor | None]


def plain(base: BaseModel) -> Linear:
    """The base's own linear layers, each brought in for this use alone."""

    def linear(name: str, x: Tensor) -> Tensor:
        weight = base.passing(f"{name}.weight")
        return functional.linear(x.to(weight.dtype), weight).float()

    return linear


def embed(base: BaseModel, tokens: Tensor) -> Tensor:
    """The words' own vectors, shape (tokens, hidden)."""
    return base.weights["model.embed_tokens.weight"][tokens].float()


def run_layers(  # noqa: PLR0913
    base: BaseModel,
    hidden: Tensor,
    pack: Pack,
    *,
    layers: Sequence[int],
    linear: Linear,
    keep: Tensor | None = None,
) -> Tensor:
    """Apply some layers in order.

    Args:
        base: whose norms and shape are used.
        hidden: states, shape (tokens, hidden).
        pack: where passages begin and end.
        layers: numbers of the layers.
        linear: how a linear layer is applied: plain or adapted.
        keep: the tokens whose states are asked for; those of others are not finished in the last layer.
    """
    turn = _turns(base.shape, pack.positions)
    for number in layers:
        may_pause()
        last = keep if number == layers[-1] else None
        hidden = _layer(base, hidden, pack, turn=turn, prefix=f"{LAYER}{number}.", linear=linear, keep=last)
    return hidden


def normed(base: BaseModel, hidden: Tensor) -> Tensor:
    """What is compared with the words, shape (tokens, hidden)."""
    return _norm(base, "model.norm", hidden)


def _layer(  # noqa: PLR0913
    base: BaseModel,
    x: Tensor,
    pack: Pack,
    *,
    turn: tuple[Tensor, Tensor],
    prefix: str,
    linear: Linear,
    keep: Tensor | None,
) -> Tensor:
    attention, mlp, shape = f"{prefix}self_attn.", f"{prefix}mlp.", base.shape
    entering = _norm(base, f"{prefix}input_layernorm", x)

    def split(part: str) -> Tensor:
        return linear(attention + part, entering).view(len(x), -1, shape.head_size)  # (tokens, heads, size)

    queries, keys = _turned(split("q_proj"), turn), _turned(split("k_proj"), turn)
    mixed = _attend((queries, keys, split("v_proj")), pack)  # (tokens, heads * size)
    if keep is not None:
        x, mixed = x[keep], mixed[keep]
    x = x + linear(f"{attention}o_proj", mixed)
    entering = _norm(base, f"{prefix}post_attention_layernorm", x)
    inner = functional.silu(linear(f"{mlp}gate_proj", entering)) * linear(f"{mlp}up_proj", entering)
    return x + linear(f"{mlp}down_proj", inner)


def _norm(base: BaseModel, name: str, x: Tensor) -> Tensor:
    weight = base.weights[f"{name}.weight"].float()
    return functional.rms_norm(x, (base.shape.hidden,), weight, base.shape.epsilon)


def _attend(triple: tuple[Tensor, Tensor, Tensor], pack: Pack) -> Tensor:
    """Each passage by itself, so that no mask of the whole pack is ever made."""
    parts = zip(*(whole.transpose(0, 1).split(list(pack.lengths), 1) for whole in triple), strict=True)
    found = []
    for (q, k, v), mask in zip(parts, pack.masks, strict=True):  # each (heads, length, size)
        mixed = functional.scaled_dot_product_attention(
            q[None], k[None], v[None], attn_mask=mask, is_causal=mask is None, enable_gqa=True
        )
        found.append(mixed[0].transpose(0, 1).flatten(1))  # (length, heads * size)
    return torch.cat(found)


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate the two halves of every head by the angles of its token's position."""
    cosine, sine = turn
    left, right = x.chunk(2, dim=-1)
    return torch.cat([left * cosine - right * sine, right * cosine + left * sine], dim=-1)


def _turns(shape: Shape, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of every token's angles, shape (tokens, 1, size / 2)."""
    steps = torch.arange(0, shape.head_size, 2, dtype=torch.int64).float() / shape.head_size
    speeds = 1.0 / shape.theta**steps
    if shape.scaling is not None:
        speeds = _slowed(speeds, shape)
    angles = positions.float()[:, None] * speeds.to(positions.device)
    return angles.cos()[:, None], angles.sin()[:, None]


def _slowed(speeds: Tensor, shape: Shape) -> Tensor:
    """LLaMA 3's longer context: slow angles are slowed further, quick ones kept, those between blended."""
    said = shape.scaling or {}
    factor, context = said["factor"], said["original_max_position_embeddings"]
    low, high = said["low_freq_factor"], said["high_freq_factor"]
    turns = context * speeds / (2 * math.pi)  # in the context it was trained on
    blend = ((turns - low) / (high - low)).clamp(0, 1)
    return speeds / factor * (1 - blend) + speeds * blend
