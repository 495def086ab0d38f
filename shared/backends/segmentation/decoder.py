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
_CHANNELS_UP = 2  # each upscaling doubles the sides


@dataclass(frozen=True)
class Scene:
    """The images that prompts are asked of.

    Attributes:
        cells: embeddings with the no-mask vector added, shape (images, cells, 256).
        places: where the cells lie, shape (cells, 256).
        of: which image each prompt is asked of, shape (prompts,).
    """

    cells: Tensor
    places: Tensor
    of: Tensor


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
        raised = self._upscaled(cells)  # (prompts, 32, rows, columns)
        logits = torch.einsum("pc,pchw->phw", kernel.to(raised.dtype), raised)
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
        query, key, value = (x.unflatten(2, (HEADS, -1)).transpose(1, 2) for x in projected)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self.linear(f"{name}.out_proj", mixed.transpose(1, 2).flatten(2))

    def _upscaled(self, cells: Tensor) -> Tensor:
        """Four times the sides, an eighth of the channels."""
        prompts, count, channels = cells.shape
        side = round(count**0.5)
        x = self._doubled("upscale_conv1", cells.view(prompts, side, side, channels))
        x = functional.gelu(self._norm(f"{DECODER}.upscale_layer_norm", x, epsilon=_UPSCALE_EPSILON))
        return functional.gelu(self._doubled("upscale_conv2", x)).permute(0, 3, 1, 2)

    def _doubled(self, name: str, x: Tensor) -> Tensor:
        """A transposed convolution of 2 by 2 without overlap, as the matrix product that it is."""
        kernel = self.weights[f"{DECODER}.{name}.weight"].to(x.dtype)  # (in, out, 2, 2)
        bias = self.weights[f"{DECODER}.{name}.bias"].to(x.dtype)
        rows, high, wide, _ = x.shape
        flat = kernel.permute(2, 3, 1, 0).flatten(0, 2)  # (2 * 2 * out, in)
        product = functional.linear(x, flat).view(rows, high, wide, _CHANNELS_UP, _CHANNELS_UP, -1) + bias
        return product.permute(0, 1, 3, 2, 4, 5).reshape(rows, 2 * high, 2 * wide, -1)

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


_UPSCALE_EPSILON = 1e-6
