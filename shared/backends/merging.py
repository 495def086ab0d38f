"""A version and its base as one plain model folder, for programs that know nothing of adapters."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load, save_file
from torch import Tensor

from shared.backends.lora import PEFT_PREFIX
from shared.errors import InvalidInputError

WEIGHTS = "model.safetensors"
_LEFT_BEHIND = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".onnx", ".py")


def merge(files: Mapping[str, bytes], base: Path, out: Path) -> int:
    """Write the base with the adapter's products added to its matrices; how many matrices that were.

    Sums are computed in float32 and kept in the base's own type; a tensor that learnt whole takes its
    place. Configuration and tokenizer come along, code does not.

    Args:
        files: of a version; the two of peft are read.
        base: the folder of the base, its weights in one `model.safetensors`.
        out: an empty folder.

    Raises:
        InvalidInputError: the version has no adapter, or one that does not fit the base.
    """
    if "adapter_model.safetensors" not in files:
        raise InvalidInputError("the version has no adapter to merge", fix="export it without --merged")
    adapter = {
        key.removeprefix(PEFT_PREFIX): tensor
        for key, tensor in load(files["adapter_model.safetensors"]).items()
    }
    config = json.loads(files["adapter_config.json"])
    scale = _scale(config)
    with safe_open(base / WEIGHTS, framework="pt") as held:
        weights = {name: held.get_tensor(name) for name in held.keys()}  # noqa: SIM118 - no mapping
        facts = held.metadata() or {}
    changed = _add(weights, adapter, scale)
    for path in sorted(base.iterdir()):
        if path.is_file() and path.suffix not in _LEFT_BEHIND:
            shutil.copyfile(path, out / path.name)
    save_file(weights, out / WEIGHTS, metadata={**facts, "format": "pt"})
    return changed


def _scale(config: Mapping[str, object]) -> float:
    rank, alpha = int(str(config["r"])), float(str(config["lora_alpha"]))
    return alpha / (rank**0.5 if config.get("use_rslora") else rank)


def _add(weights: dict[str, Tensor], adapter: Mapping[str, Tensor], scale: float) -> int:
    """Change `weights` in place; a base may name its tensors below a stem of its own ("bert.")."""
    changed = 0
    for key, low in adapter.items():
        if key.endswith(".lora_B.weight"):
            continue
        stem = key.removesuffix(".lora_A.weight")
        name = _named(weights, f"{stem}.weight" if stem != key else key)
        if stem == key:
            weights[name] = low.to(weights[name].dtype)
        else:
            product = adapter[f"{stem}.lora_B.weight"].float() @ low.float()
            weights[name] = (weights[name].float() + scale * product).to(weights[name].dtype)
        changed += 1
    return changed


def _named(weights: Mapping[str, Tensor], wanted: str) -> str:
    for name in (wanted, f"bert.{wanted}", wanted.removeprefix("model.")):
        if name in weights:
            return name
    fix = "name the base that the version was trained on"
    raise InvalidInputError(f"the base has no tensor {wanted}", field="base", fix=fix)
