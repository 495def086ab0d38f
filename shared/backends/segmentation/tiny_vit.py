"""TinyViT, the image encoder of LiteMedSAM, as arithmetic over a dictionary of weights.

Architecture: Wu and others, TinyViT, ECCV 2022, in the variant that LiteMedSAM trained: pixels enter whole,
and only the first two merges halve the sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.pauses import may_pause

SIDE = 256  # pixels of the square that goes in
DEPTHS = (2, 2, 6, 2)
HEADS = (0, 4, 5, 10)
WINDOWS = (0, 7, 14, 7)
MERGE_STRIDES = (2, 2, 1)
_BATCH_NORM_EPSILON = 1e-5
_NECK_EPSILON = 1e-6
Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class TinyViT:
    """A frozen encoder; `weights` have their batch norms folded in and their position biases spread out."""

    weights: Weights
    precision: torch.dtype

    def encode(self, images: Tensor) -> Tensor:
        """Embeddings of shape (n, 256, 64, 64) of images of shape (n, 3, 256, 256) with values 0 to 1."""
        with torch.inference_mode():
            x = images.to(self.precision).contiguous(memory_format=torch.channels_last)
            x = _conv(self.weights, "patch_embed.seq.0", x)
            x = _conv(self.weights, "patch_embed.seq.2", functional.gelu(x))
            for stage, depth in enumerate(DEPTHS):
                for block in range(depth):
                    may_pause()
                    prefix = f"layers.{stage}.blocks.{block}"
                    x = _inverted(self.weights, prefix, x) if stage == 0 else self._block(prefix, x, stage)
                if stage < len(MERGE_STRIDES):
                    prefix = f"layers.{stage}.downsample"
                    x = _merged(self.weights, prefix, x, stride=MERGE_STRIDES[stage])
            return _neck(self.weights, x.float())

    def _block(self, prefix: str, x: Tensor, stage: int) -> Tensor:
        """Attention within windows, a convolution that crosses them, two linear layers; (n, c, h, w)."""
        x = x.permute(0, 2, 3, 1)  # (n, h, w, c)
        x = x + _windowed(self.weights, f"{prefix}.attn", x, heads=HEADS[stage], side=WINDOWS[stage])
        x = _conv(self.weights, f"{prefix}.local_conv", x.permute(0, 3, 1, 2), pad=1, groups=x.shape[3])
        x = x.permute(0, 2, 3, 1)
        inner = _linear(self.weights, f"{prefix}.mlp.fc1", _norm(self.weights, f"{prefix}.mlp.norm", x))
        x = x + _linear(self.weights, f"{prefix}.mlp.fc2", functional.gelu(inner))
        return x.permute(0, 3, 1, 2)


def prepared(weights: Weights, precision: torch.dtype) -> dict[str, Tensor]:
    """A checkpoint as the arithmetic wants it: folded norms, spread biases, one precision below the neck."""
    ready: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if name.endswith(".c.weight"):
            stem = name.removesuffix(".c.weight")
            ready |= _folded(weights, stem)
        elif name.endswith(".attention_biases"):
            side = WINDOWS[int(name.split(".")[1])]
            ready[name] = tensor[:, _distances(side)]  # (heads, side ** 2, side ** 2)
        elif ".bn." not in name:
            ready[name] = tensor
    return {name: t.float() if name.startswith("neck.") else t.to(precision) for name, t in ready.items()}


def _folded(weights: Weights, stem: str) -> dict[str, Tensor]:
    """A convolution with the batch norm behind it as one convolution."""
    deviation = (weights[f"{stem}.bn.running_var"].double() + _BATCH_NORM_EPSILON).sqrt()
    factor = weights[f"{stem}.bn.weight"].double() / deviation
    kernel = weights[f"{stem}.c.weight"].double() * factor[:, None, None, None]
    bias = weights[f"{stem}.bn.bias"].double() - weights[f"{stem}.bn.running_mean"].double() * factor
    kernel = kernel.float().contiguous(memory_format=torch.channels_last)
    return {f"{stem}.weight": kernel, f"{stem}.bias": bias.float()}


def _distances(side: int) -> Tensor:
    """Which bias belongs to a pair of places: pairs of one distance share it; shape (side², side²)."""
    places = list(product(range(side), repeat=2))
    numbers: dict[tuple[int, int], int] = {}
    pairs = [
        numbers.setdefault((abs(one[0] - other[0]), abs(one[1] - other[1])), len(numbers))
        for one in places
        for other in places
    ]
    return torch.tensor(pairs).view(len(places), len(places))


def _inverted(weights: Weights, prefix: str, x: Tensor) -> Tensor:
    inner = functional.gelu(_conv(weights, f"{prefix}.conv1", x))
    inner = functional.gelu(_conv(weights, f"{prefix}.conv2", inner, pad=1, groups=inner.shape[1]))
    return functional.gelu(_conv(weights, f"{prefix}.conv3", inner) + x)


def _merged(weights: Weights, prefix: str, x: Tensor, *, stride: int) -> Tensor:
    x = functional.gelu(_conv(weights, f"{prefix}.conv1", x))
    x = functional.gelu(_conv(weights, f"{prefix}.conv2", x, stride=stride, pad=1, groups=x.shape[1]))
    return _conv(weights, f"{prefix}.conv3", x)


def _windowed(weights: Weights, prefix: str, x: Tensor, *, heads: int, side: int) -> Tensor:
    """Self-attention inside squares of `side`; sides that do not divide are padded with zeros."""
    rows, height, width, channels = x.shape
    down, right = -height % side, -width % side
    padded = functional.pad(x, (0, 0, 0, right, 0, down))  # (n, H, W, c)
    high, wide = (height + down) // side, (width + right) // side
    squares = padded.view(rows, high, side, wide, side, channels).transpose(2, 3)
    mixed = _attended(weights, prefix, squares.reshape(-1, side * side, channels), heads=heads)
    mixed = mixed.view(rows, high, wide, side, side, channels).transpose(2, 3)
    return mixed.reshape(rows, height + down, width + right, channels)[:, :height, :width]


def _attended(weights: Weights, prefix: str, x: Tensor, *, heads: int) -> Tensor:
    count, places, channels = x.shape
    joint = _linear(weights, f"{prefix}.qkv", _norm(weights, f"{prefix}.norm", x))
    query, key, value = joint.view(count, places, heads, -1).transpose(1, 2).chunk(3, dim=3)
    bias = weights[f"{prefix}.attention_biases"][None]  # four axes, or the slow kernel is taken
    mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    return _linear(weights, f"{prefix}.proj", mixed.transpose(1, 2).reshape(count, places, channels))


def _neck(weights: Weights, x: Tensor) -> Tensor:
    x = functional.conv2d(x, weights["neck.0.weight"])
    x = _channel_norm(weights, "neck.1", x)
    x = functional.conv2d(x, weights["neck.2.weight"], padding=1)
    return _channel_norm(weights, "neck.3", x)


def _channel_norm(weights: Weights, name: str, x: Tensor) -> Tensor:
    x = x.permute(0, 2, 3, 1)
    x = functional.layer_norm(
        x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], _NECK_EPSILON
    )
    return x.permute(0, 3, 1, 2)


def _conv(  # noqa: PLR0913 - the shape of a convolution
    weights: Weights, name: str, x: Tensor, *, stride: int = 1, pad: int = 0, groups: int = 1
) -> Tensor:
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return functional.conv2d(x, kernel, bias, stride=stride, padding=pad, groups=groups)


def _linear(weights: Weights, name: str, x: Tensor) -> Tensor:
    return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _norm(weights: Weights, name: str, x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])
