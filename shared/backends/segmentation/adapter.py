"""What of the decoder learns: LoRA beside its linear layers, and its small heads whole; in peft's format."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional

from shared.backends.segmentation.base_model import SegmentationBase
from shared.backends.segmentation.decoder import BODY, DECODER, LAYERS, Decoder, Linear
from shared.errors import InvalidInputError

PEFT_PREFIX = "base_model.model."
Weights = dict[str, Tensor]
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
    """What learns, before it has: A drawn from the seed and the layer's name, B zero, heads as pretrained."""
    weights: Weights = {name: base.weights[name].clone() for name in whole_names(base)}
    for name in adapted_names():
        out, inner = base.weights[f"{name}.weight"].shape
        drawn = hashlib.sha256(f"{seed} {name}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(drawn[:8], "big") >> 1)
        bound = 1 / math.sqrt(inner)
        weights[f"{name}.lora_A.weight"] = torch.rand(rank, inner, generator=generator) * 2 * bound - bound
        weights[f"{name}.lora_B.weight"] = torch.zeros(out, rank)
    return weights


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
    named = {PEFT_PREFIX + key: tensor.detach().cpu().contiguous() for key, tensor in sorted(learnt.items())}
    return {
        "adapter_model.safetensors": save(named, metadata={"format": "pt"}),
        "adapter_config.json": (
            json.dumps(_config(base, rank, alpha), indent=1, sort_keys=True) + "\n"
        ).encode(),
    }


def from_file(tensors: Mapping[str, Tensor], base: SegmentationBase) -> Weights:
    """What was learnt, read from its file; every tensor must be there in its shape, and nothing besides.

    Raises:
        InvalidInputError: a tensor is missing, unknown or of another shape: it would be left out silently.
    """
    found = {key.removeprefix(PEFT_PREFIX): tensor for key, tensor in tensors.items()}
    low = found.get(f"{adapted_names()[0]}.lora_A.weight")
    wanted = fresh(base, rank=len(low) if low is not None else 1, seed=0)
    shapes = {name: tensor.shape for name, tensor in found.items()}
    if shapes != {name: tensor.shape for name, tensor in wanted.items()}:
        raise InvalidInputError("the adapter does not fit the base's decoder", field="adapter_model")
    return found


def _config(base: str, rank: int, alpha: float) -> dict[str, Any]:
    return {
        "peft_type": "LORA",
        "base_model_name_or_path": base,
        "inference_mode": True,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "target_modules": adapted_names(),
        "modules_to_save": list(WHOLE),
    }
