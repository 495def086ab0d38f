"""Which layers of the LLM LoRA adapts, and how it acts beside the base's matrices."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from shared.backends import lora
from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.llama import LAYER, LINEARS, Linear, plain
from shared.backends.lora import Weights


def top_layers(base: BaseModel, count: int) -> range:
    """The numbers of the `count` highest layers; a shallower base is adapted whole."""
    return lora.top(base.shape.layers, count)


def adapted_names(layers: Sequence[int]) -> list[str]:
    """The linear layers that carry an adapter, in order."""
    return [f"{LAYER}{number}.{linear}" for number in layers for linear in LINEARS]


def make_adapter(base: BaseModel, layers: Sequence[int], *, rank: int, seed: int) -> Weights:
    """A fresh adapter that changes nothing yet."""
    return lora.untaught(base.weights, adapted_names(layers), rank=rank, seed=seed)


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
    targets = [name.rpartition(".")[2] for name in LINEARS]
    places = {"layers_to_transform": list(layers), "layers_pattern": "layers"}
    return lora.config(base, targets, rank=rank, alpha=alpha, task_type="CAUSAL_LM", **places)


def from_file(tensors: Mapping[str, Tensor], base: BaseModel, layers: Sequence[int]) -> Weights:
    """An adapter read from its file, where the base computes; see `lora.from_file`."""
    found = lora.from_file(tensors, base.weights, adapted_names(layers))
    return {name: tensor.to(base.device) for name, tensor in found.items()}
