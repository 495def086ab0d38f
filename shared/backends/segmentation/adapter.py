"""What of the decoder learns: LoRA beside its linear layers, and its small heads whole; in peft's format."""

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional

from shared.backends import lora
from shared.backends.lora import Weights
from shared.backends.segmentation.base_model import SegmentationBase
from shared.backends.segmentation.decoder import BODY, DECODER, LAYERS, Decoder, Linear

_PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")
_ATTENTIONS = ("self_attn", "cross_attn_token_to_image", "cross_attn_image_to_token")
WHOLE = (
    f"{DECODER}.mask_tokens",
    f"{DECODER}.upscale_conv1",
    f"{DECODER}.upscale_layer_norm",
    f"{DECODER}.upscale_conv2",
    f"{DECODER}.output_hypernetworks_mlps.0",
    f"{DECODER}.iou_prediction_head",
)


def adapted_names() -> list[str]:
    """The linear layers that carry an adapter, in order."""
    found = []
    for layer in range(LAYERS):
        stem = f"{BODY}.layers.{layer}"
        found += [f"{stem}.{kind}.{part}" for kind in _ATTENTIONS for part in _PROJECTIONS]
        found += [f"{stem}.mlp.lin1", f"{stem}.mlp.lin2"]
    return found + [f"{BODY}.final_attn_token_to_image.{part}" for part in _PROJECTIONS]


def whole_names(base: SegmentationBase) -> list[str]:
    """The tensors that learn whole."""
    return sorted(name for name in base.weights if name.startswith(tuple(f"{stem}." for stem in WHOLE)))


def fresh(base: SegmentationBase, *, rank: int, seed: int) -> Weights:
    """What learns, before it has: an adapter that changes nothing, and the heads as they were pretrained."""
    heads = {name: base.weights[name].clone() for name in whole_names(base)}
    return heads | lora.untaught(base.weights, adapted_names(), rank=rank, seed=seed)


def adapted(base: SegmentationBase, learnt: Mapping[str, Tensor], scale: float) -> Decoder:
    """The base's decoder with what was learnt in its place; training and serving use this same function."""
    weights = {**base.weights, **learnt}
    return Decoder(weights, _linear(weights, learnt, scale), base.epsilon)


def plain(base: SegmentationBase) -> Decoder:
    """The base's decoder as it was pretrained."""
    return Decoder(base.weights, _linear(base.weights, {}, 0.0), base.epsilon)


def _linear(weights: Mapping[str, Tensor], learnt: Mapping[str, Tensor], scale: float) -> Linear:
    def linear(name: str, x: Tensor) -> Tensor:
        matrix, bias = weights[f"{name}.weight"].to(x.dtype), weights[f"{name}.bias"].to(x.dtype)
        low = learnt.get(f"{name}.lora_A.weight")
        if low is None:
            return functional.linear(x, matrix, bias)
        # One product of many cells instead of three: thin matrices cost as much as thick ones.
        low_rank = scale * (learnt[f"{name}.lora_B.weight"] @ low)
        return functional.linear(x, (weights[f"{name}.weight"] + low_rank).to(x.dtype), bias)

    return linear


def to_files(learnt: Mapping[str, Tensor], base: str, *, rank: int, alpha: float) -> dict[str, bytes]:
    """The two files that plain peft loads onto the same `SamModel`."""
    told = lora.config(base, adapted_names(), rank=rank, alpha=alpha, modules_to_save=list(WHOLE))
    return lora.to_files(learnt, told)


def from_file(tensors: Mapping[str, Tensor], base: SegmentationBase) -> Weights:
    """What was learnt, read from its file; see `lora.from_file`."""
    return lora.from_file(tensors, base.weights, adapted_names(), whole=whole_names(base))
