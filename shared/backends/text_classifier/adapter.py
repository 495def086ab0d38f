"""Which layers of the encoder LoRA adapts, and how it acts beside the base's matrices."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from shared.backends import lora
from shared.backends.lora import Weights
from shared.backends.text_classifier.base_model import BaseModel
from shared.backends.text_classifier.encoder import LAYER, LINEARS, Linear, base_linear


def top_layers(base: BaseModel, count: int) -> range:
    """The numbers of the `count` highest layers; a shallower base is adapted whole."""
    return lora.top(base.shape.layers, count)


def adapted_names(layers: Sequence[int]) -> list[str]:
    """The linear layers that carry an adapter, in order."""
    return [f"{LAYER}{number}.{linear}" for number in layers for linear in LINEARS]


def make_adapter(base: BaseModel, layers: Sequence[int], *, rank: int, seed: int) -> Weights:
    """A fresh adapter that changes nothing yet."""
    return lora.untaught(base.weights, adapted_names(layers), rank=rank, seed=seed)


def adapting(base: BaseModel, adapter: Mapping[str, Tensor], scale: float) -> Linear:
    """The base's linear layers, with the adapter beside those that carry one.

    Training and serving use this same function: versions share the base's matrices, and nothing is merged.
    """

    def linear(name: str, x: Tensor) -> Tensor:
        whole = base_linear(base, name, x)
        low = adapter.get(f"{name}.lora_A.weight")
        if low is None:
            return whole
        return whole + functional.linear(functional.linear(x, low), adapter[f"{name}.lora_B.weight"]) * scale

    return linear


def peft_config(base: str, layers: Sequence[int], *, rank: int, alpha: float) -> dict[str, Any]:
    """What peft must know to put the adapter where it was learnt."""
    places = {"layers_to_transform": list(layers), "layers_pattern": "layer"}
    return lora.config(base, LINEARS, rank=rank, alpha=alpha, task_type="FEATURE_EXTRACTION", **places)


def from_file(tensors: Mapping[str, Tensor], base: BaseModel, layers: Sequence[int]) -> Weights:
    """An adapter read from its file; see `lora.from_file`."""
    return lora.from_file(tensors, base.weights, adapted_names(layers))
