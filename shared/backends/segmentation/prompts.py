"""What the decoder is asked: a box, a point or the whole image, as tokens; their encoder never learns."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

Weights = Mapping[str, Tensor]
Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels of the square that the encoder sees
_ENCODER = "prompt_encoder"
_CENTRE = 0.5  # a pixel's place is its middle


def box_tokens(weights: Weights, boxes: Tensor, side: int) -> Tensor:
    """Two tokens a box, its corners: shape (n, 2, 256) of boxes of shape (n, 4)."""
    corners = _placed(weights, (boxes.view(-1, 2, 2) + _CENTRE) / side)
    kinds = torch.cat([weights[f"{_ENCODER}.point_embed.{kind}.weight"] for kind in (2, 3)])
    return corners + kinds


def point_tokens(weights: Weights, points: Tensor, side: int) -> Tensor:
    """Two tokens a point that lies on the object, shape (n, 2, 256) of points of shape (n, 2).

    The second says that nothing more follows, as SAM was trained to see it.
    """
    token = _placed(weights, (points + _CENTRE) / side) + weights[f"{_ENCODER}.point_embed.1.weight"]
    ending = weights[f"{_ENCODER}.not_a_point_embed.weight"].expand(len(points), -1)
    return torch.stack([token, ending], dim=1)


def whole(side: int, height: int, width: int) -> Box:
    """The box of a whole image whose longest side fills the square."""
    longest = max(height, width)
    return (0.0, 0.0, side * width / longest - 1.0, side * height / longest - 1.0)


def grid(weights: Weights, cells: int) -> Tensor:
    """Where each cell of the embedding lies, shape (cells², 256)."""
    middles = (torch.arange(cells) + _CENTRE) / cells
    down, right = torch.meshgrid(middles, middles, indexing="ij")
    return _placed(weights, torch.stack([right, down], dim=2)).view(cells * cells, -1)


def no_mask(weights: Weights) -> Tensor:
    """What is added to every cell when no mask is given, shape (256,)."""
    return weights[f"{_ENCODER}.no_mask_embed.weight"][0]


def boxes_of(prompts: Sequence[Box]) -> Tensor:
    """Boxes as a tensor, shape (n, 4)."""
    return torch.tensor(prompts, dtype=torch.float32).view(-1, 4)


def _placed(weights: Weights, places: Tensor) -> Tensor:
    """Random Fourier features of places between 0 and 1; the last axis (x, y) becomes 256 wide."""
    table = weights[f"{_ENCODER}.shared_embedding.positional_embedding"]
    waves = (2 * places.to(table.device) - 1) @ table
    waves = 2 * math.pi * waves
    return torch.cat([waves.sin(), waves.cos()], dim=-1)
