"""LoRA on the top layers: made from a seed, applied beside the base's matrices, kept in peft's format."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.llama import LAYER, LINEARS, Linear, plain
from shared.backends.text_classifier.adapter import PEFT_PREFIX
from shared.errors import InvalidInputError

Weights = dict[str, Tensor]


def top_layers(base: BaseModel, count: int) -> range:
    """The numbers of the `count` highest layers; a shallower base is adapted whole."""
    return range(max(0, base.shape.layers - count), base.shape.layers)


def adapted_names(layers: Sequence[int]) -> list[str]:
    """The linear layers that carry an adapter, in order."""
    return [f"{LAYER}{number}.{linear}" for number in layers for linear in LINEARS]


def make_adapter(base: BaseModel, layers: Sequence[int], *, rank: int, seed: int) -> Weights:
    """A fresh adapter that changes nothing yet: A is drawn from the seed and the layer's name, B is zero."""
    weights: Weights = {}
    for name in adapted_names(layers):
        out, inner = base.weights[f"{name}.weight"].shape
        drawn = hashlib.sha256(f"{seed} {name}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(drawn[:8], "big") >> 1)
        bound = 1 / math.sqrt(inner)
        weights[f"{name}.lora_A.weight"] = torch.rand(rank, inner, generator=generator) * 2 * bound - bound
        weights[f"{name}.lora_B.weight"] = torch.zeros(out, rank)
    return weights


def adapting(base: BaseModel, adapter: Mapping[str, Tensor], scale: float, *, lasting: bool = True) -> Linear:
    """The base's linear layers, with the adapter beside those that carry one.

    Versions share the base's matrices, and nothing is merged.

    Args:
        base: under the adapter.
        adapter: the tensors of peft, without its prefix.
        scale: of the products.
        lasting: keep every matrix ready; without, only those beside the adapter.
    """
    others = plain(base)

    def linear(name: str, x: Tensor) -> Tensor:
        low = adapter.get(f"{name}.lora_A.weight")
        if low is None and not lasting:
            return others(name, x)
        weight = base.matrix(f"{name}.weight")
        whole = functional.linear(x.to(weight.dtype), weight).float()
        if low is None:
            return whole
        return whole + functional.linear(functional.linear(x, low), adapter[f"{name}.lora_B.weight"]) * scale

    return linear


def peft_config(base: str, layers: Sequence[int], *, rank: int, alpha: float) -> dict[str, Any]:
    """What peft must know to put the adapter where it was learnt."""
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "inference_mode": True,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "target_modules": [name.rpartition(".")[2] for name in LINEARS],
        "layers_to_transform": list(layers),
        "layers_pattern": "layers",
    }


def from_file(tensors: Mapping[str, Tensor], base: BaseModel, layers: Sequence[int]) -> Weights:
    """An adapter read from its file; every adapted layer must be there in its shape, and nothing besides.

    Raises:
        InvalidInputError: a tensor is missing, unknown or of another shape: it would be left out silently.
    """
    wanted = {f"{name}.{part}.weight" for name in adapted_names(layers) for part in ("lora_A", "lora_B")}
    found = {key.removeprefix(PEFT_PREFIX): tensor for key, tensor in tensors.items()}
    if set(found) != wanted:
        raise InvalidInputError("the adapter's tensors are not those of its layers", field="adapter_model")
    for name in adapted_names(layers):
        out, inner = base.weights[f"{name}.weight"].shape
        low, high = found[f"{name}.lora_A.weight"], found[f"{name}.lora_B.weight"]
        if low.shape[1] != inner or high.shape[0] != out or low.shape[0] != high.shape[1]:
            raise InvalidInputError("the adapter does not fit the base's layers", field="adapter_model")
    return {name: tensor.to(base.device) for name, tensor in found.items()}
