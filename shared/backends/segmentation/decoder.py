"""SAM's mask decoder as arithmetic over a dictionary of weights: an adapter is another way to apply a layer.

Names are those of transformers' `SamModel`, so that plain peft loads an adapter made here. Architecture:
Kirillov and others, Segment Anything, ICCV 2023. Many prompts of many images go through at once; what depends
on the image alone is computed once an image.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Weights = Mapping[str, Tensor]
Linear = Callable[[str, Tensor], Tensor]
DECODER = "mask_decoder"
BODY = f"{DECODER}.transformer"
LAYERS = 2
HEADS = 8
_TOKENS_AHEAD = 1  # the quality token stands before the mask tokens


@dataclass(frozen=True)
class Scene:
    """The images that prompts are asked of.

    Attributes:
        cells: embeddings with the no-mask vector added, shape (images, cells, 256).
        places: where the cells lie, shape (cells, 256).
        of: which image each prompt is asked of, shape (prompts,); None where each image has one prompt.
    """

    cells: Tensor
    places: Tensor
    of: Tensor | None


@dataclass(frozen=True)
class Decoder:
    """One way to run the decoder: whose weights, how a linear layer is applied, and the norms' epsilon."""

    weights: Weights
    linear: Linear
    epsilon: float

    def masks(self, scene: Scene, prompts: Tensor) -> tuple[Tensor, Tensor]:
        """Mask logits of shape (prompts, 4 side, 4 side) and expected IoU of shape (prompts,).

        `prompts` has shape (prompts, tokens, 256).
        """
        own = torch.cat([self._table("iou_token"), self._table("mask_tokens")]).to(prompts.dtype)
        tokens = torch.cat([own.expand(len(prompts), -1, -1), prompts], dim=1)
        queries, cells = self._body(scene, tokens)
        quality = self._mlp("iou_prediction_head", queries[:, 0])[:, 0]
        kernel = self._mlp("output_hypernetworks_mlps.0", queries[:, _TOKENS_AHEAD])  # (prompts, 32)
        logits = self._drawn(cells, kernel)
        return logits.float(), quality.float()

    def _body(self, scene: Scene, tokens: Tensor) -> tuple[Tensor, Tensor]:
        queries, cells, of = tokens, scene.cells, scene.of
        for layer in range(LAYERS):
            name = f"{BODY}.layers.{layer}"
            plain = queries if layer == 0 else queries + tokens
            mixed = self._attend(f"{name}.self_attn", (plain, plain, queries))
            queries = self._norm(f"{name}.layer_norm1", mixed if layer == 0 else queries + mixed)
            placed = cells + scene.places
            asked = (queries + tokens, placed, cells)
            mixed = self._attend(f"{name}.cross_attn_token_to_image", asked, of)
            queries = self._norm(f"{name}.layer_norm2", queries + mixed)
            inner = functional.relu(self.linear(f"{name}.mlp.lin1", queries))
            queries = self._norm(f"{name}.layer_norm3", queries + self.linear(f"{name}.mlp.lin2", inner))
            answer = self._attend(
                f"{name}.cross_attn_image_to_token", (placed, queries + tokens, queries), of, by_image=True
            )
            cells = self._norm(f"{name}.layer_norm4", (cells if of is None else cells[of]) + answer)
            of = None  # from here on each prompt has cells of its own
        asked = (queries + tokens, cells + scene.places, cells)
        mixed = self._attend(f"{BODY}.final_attn_token_to_image", asked)
        return self._norm(f"{BODY}.layer_norm_final_attn", queries + mixed), cells

    def _attend(
        self,
        name: str,
        parts: tuple[Tensor, Tensor, Tensor],
        of: Tensor | None = None,
        *,
        by_image: bool = False,
    ) -> Tensor:
        """Attention of eight heads over (query, key, value).

        Where `of` is given, the sides that belong to images are projected once an image and then handed to
        their prompts: query with `by_image`, key and value without.
        """
        projected = [self.linear(f"{name}.{part}_proj", x) for part, x in zip("qkv", parts, strict=True)]
        if of is not None:
            shared = (0,) if by_image else (1, 2)
            projected = [x[of] if place in shared else x for place, x in enumerate(projected)]
        query, key, value = projected
        few = _few_keys if query.shape[1] > key.shape[1] else _few_queries
        return self.linear(f"{name}.out_proj", few(query, key, value))

    def _drawn(self, cells: Tensor, kernel: Tensor) -> Tensor:
        """Mask logits of shape (prompts, rows, columns), four of each a side for every cell.

        Both transposed convolutions do not overlap: a cell is raised by itself, and only what comes out
        is put in its place.
        """
        x = self._doubled("upscale_conv1", cells)  # (prompts, cells, 4, 64)
        x = functional.gelu(self._norm(f"{DECODER}.upscale_layer_norm", x, epsilon=_UPSCALE_EPSILON))
        x = functional.gelu(self._doubled("upscale_conv2", x).flatten(1, 3))  # (prompts, 16 cells, 32)
        drawn = (x @ kernel.to(x.dtype)[:, :, None])[:, :, 0]
        side = round(cells.shape[1] ** 0.5)
        parts = drawn.view(-1, side, side, 2, 2, 2, 2)  # row, column, then down and right, twice
        return parts.permute(0, 1, 3, 5, 2, 4, 6).reshape(-1, 4 * side, 4 * side)

    def _doubled(self, name: str, x: Tensor) -> Tensor:
        """A transposed convolution of 2 by 2 as the matrix product that it is: (..., in) to (..., 4, out)."""
        kernel = self.weights[f"{DECODER}.{name}.weight"].to(x.dtype)  # (in, out, 2, 2)
        bias = self.weights[f"{DECODER}.{name}.bias"].to(x.dtype)
        flat = kernel.permute(2, 3, 1, 0).flatten(0, 2)  # (2 * 2 * out, in)
        return functional.linear(x, flat, bias.repeat(4)).unflatten(-1, (4, -1))

    def _mlp(self, name: str, x: Tensor) -> Tensor:
        stem = f"{DECODER}.{name}"
        inner = functional.relu(self.linear(f"{stem}.proj_in", x))
        inner = functional.relu(self.linear(f"{stem}.layers.0", inner))
        return self.linear(f"{stem}.proj_out", inner)

    def _table(self, name: str) -> Tensor:
        return self.weights[f"{DECODER}.{name}.weight"]

    def _norm(self, name: str, x: Tensor, *, epsilon: float | None = None) -> Tensor:
        weight, bias = (self.weights[f"{name}.{part}"].to(x.dtype) for part in ("weight", "bias"))
        return functional.layer_norm(x, x.shape[-1:], weight, bias, epsilon or self.epsilon)


def _few_queries(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of some tokens over thousands of cells, all heads in one product; shape of the query.

    The usual kernels are made for long sides both ways and spend most of their time on copies here.
    """
    tokens = query.shape[1]
    scores = (
        key @ _spread(query).transpose(1, 2) / (query.shape[2] // HEADS) ** 0.5
    )  # (prompts, cells, heads * tokens)
    mixed = scores.softmax(1).transpose(1, 2) @ value  # (prompts, heads * tokens, c)
    parts = mixed.unflatten(1, (HEADS, tokens)).unflatten(3, (HEADS, -1))  # (prompts, h, tokens, h, c / h)
    return torch.diagonal(parts, dim1=1, dim2=3).permute(0, 1, 3, 2).flatten(2)


def _few_keys(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of thousands of cells over some tokens, shape of the query."""
    tokens = key.shape[1]
    scores = query @ _spread(key).transpose(1, 2) / (query.shape[2] // HEADS) ** 0.5
    shares = scores.unflatten(2, (HEADS, tokens)).softmax(3).flatten(2)
    return shares @ _spread(value)


def _own(x: Tensor) -> Tensor:
    """Channels parted by head, (prompts, places, heads, c / heads)."""
    return x.unflatten(2, (HEADS, -1))


def _spread(x: Tensor) -> Tensor:
    """Every head of every token as a row, 0 in the channels of other heads: (prompts, heads * tokens, c)."""
    own = torch.eye(HEADS, dtype=x.dtype, device=x.device)
    apart = _own(x)[:, None] * own[None, :, None, :, None]  # (prompts, heads, tokens, heads, c / heads)
    return apart.flatten(3).flatten(1, 2)


_UPSCALE_EPSILON = 1e-6
