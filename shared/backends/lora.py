"""LoRA as plain peft keeps it: matrices drawn from a seed, their two files, and what must be in them."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from shared.errors import InvalidInputError

PEFT_PREFIX = "base_model.model."
Weights = dict[str, Tensor]


def top(layers: int, count: int) -> range:
    """The numbers of the `count` highest of so many layers; a shallower base is adapted whole."""
    return range(max(0, layers - count), layers)


def untaught(base: Mapping[str, Tensor], names: Iterable[str], *, rank: int, seed: int) -> Weights:
    """Matrices that change nothing yet: A is drawn from the seed and the layer's name, B is zero.

    Args:
        base: its tensors by name.
        names: of the linear layers that are adapted, without `.weight`.
        rank: of the adapter.
        seed: of the drawing.
    """
    weights: Weights = {}
    for name in names:
        out, inner = base[f"{name}.weight"].shape
        drawn = hashlib.sha256(f"{seed} {name}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(drawn[:8], "big") >> 1)
        bound = 1 / math.sqrt(inner)
        weights[f"{name}.lora_A.weight"] = torch.rand(rank, inner, generator=generator) * 2 * bound - bound
        weights[f"{name}.lora_B.weight"] = torch.zeros(out, rank)
    return weights


def config(base: str, targets: Sequence[str], *, rank: int, alpha: float, **more: object) -> dict[str, Any]:
    """What peft must know to put an adapter where it was learnt; `more` is what the family adds."""
    return {
        "peft_type": "LORA",
        "base_model_name_or_path": base,
        "inference_mode": True,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "target_modules": list(targets),
        **more,
    }


def to_files(learnt: Mapping[str, Tensor], told: Mapping[str, object]) -> dict[str, bytes]:
    """The two files that plain peft loads onto the same base."""
    named = {PEFT_PREFIX + key: tensor.detach().cpu().contiguous() for key, tensor in sorted(learnt.items())}
    return {
        "adapter_model.safetensors": save(named, metadata={"format": "pt"}),
        "adapter_config.json": (json.dumps(told, indent=1, sort_keys=True) + "\n").encode(),
    }


def from_file(
    tensors: Mapping[str, Tensor],
    base: Mapping[str, Tensor],
    names: Sequence[str],
    *,
    whole: Sequence[str] = (),
) -> Weights:
    """What was learnt, read from its file; every tensor must be there in its shape, and nothing besides.

    Args:
        tensors: of the file.
        base: its tensors by name.
        names: of the linear layers that are adapted.
        whole: tensors of the base that were learnt whole.

    Raises:
        InvalidInputError: a tensor is missing, unknown or of another shape: it would be left out silently.
    """
    found = {key.removeprefix(PEFT_PREFIX): tensor for key, tensor in tensors.items()}
    wanted = {f"{name}.{part}.weight" for name in names for part in ("lora_A", "lora_B")} | set(whole)
    if set(found) != wanted:
        raise InvalidInputError("the adapter's tensors are not those of its layers", field="adapter_model")
    shapes = {name: base[name].shape for name in whole}
    for name in names:
        out, inner = base[f"{name}.weight"].shape
        rank = len(found[f"{name}.lora_A.weight"])
        shapes |= {f"{name}.lora_A.weight": (rank, inner), f"{name}.lora_B.weight": (out, rank)}
    if any(tuple(found[name].shape) != tuple(shape) for name, shape in shapes.items()):
        raise InvalidInputError("the adapter does not fit the base's layers", field="adapter_model")
    return found
