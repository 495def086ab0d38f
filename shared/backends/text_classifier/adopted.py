"""A classifier trained elsewhere: BERT with its pooler, as transformers saves it, or peft beside it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor
from torch.nn import functional

from shared.backends.base import Fitted, Naming
from shared.backends.devices import to_device
from shared.backends.lora import PEFT_PREFIX
from shared.backends.probes import PROBES, hash_of
from shared.backends.text_classifier.adapter import adapting
from shared.backends.text_classifier.base_model import BaseModel, find_base, load_base
from shared.backends.text_classifier.encoder import LAYER, LINEARS, embed, pad, plain, run_layers
from shared.backends.text_classifier.scorer import TextScorer
from shared.config import Settings
from shared.errors import InvalidInputError

POOLING = "pooler"
HEAD = ("pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias")
ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
LONGEST = 512


class PooledScorer(TextScorer):
    """BERT's own way to classify: the first token through the pooler, then the classifier.

    Source: transformers, BertForSequenceClassification; a test holds the two equal.
    """

    def _features(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """States of the first tokens, shape (rows, hidden)."""
        base = self._base
        tokens, mask = pad(rows, str(self._head["classifier.weight"].device))
        layers = range(base.shape.layers)
        return run_layers(base, embed(base, tokens), mask, layers=layers, linear=self._linear)[:, 0]

    def _logits(self, one: Tensor) -> Tensor:
        head = self._head
        pooled = torch.tanh(functional.linear(one, head["pooler.dense.weight"], head["pooler.dense.bias"]))
        return functional.linear(pooled, head["classifier.weight"], head["classifier.bias"])


def adopt(source: str, naming: Naming, settings: Settings) -> Fitted:
    """Make a version of a model folder, or of a peft folder and the base it names; the base is not copied.

    Args:
        source: a path, a name below the site's base models, or a hub id in the local cache.
        naming: from the labels of the model, in its order, to the site's.
        settings: where base models lie, and where it computes.

    Raises:
        InvalidInputError: it is no classifier of BERT's shape, or its labels are not the site's.
    """
    folder, device = settings.base_models, to_device(settings.device)
    place = _place(source, folder)
    files = {name: (place / name).read_bytes() for name in ADAPTER if (place / name).is_file()}
    name = json.loads(files[ADAPTER[0]])["base_model_name_or_path"] if files else source
    if (Path(name) / "config.json").is_file():
        name = str(Path(name).resolve())  # workers and model server stand in other folders
    base = load_base(name, folder, device)
    head = _head(base, load(files[ADAPTER[1]]) if files else {})
    labels = list(naming(_labels(find_base(name, folder), len(head["classifier.weight"]))))
    facts: dict[str, Any] = {
        "format": 1,
        "family": "text_classifier",
        "base": {"name": base.name, "digest": base.digest},
        "labels": labels,
        "pooling": POOLING,
        "probes": [["", -1.0]] * len(PROBES),
        "recipe": {"max_tokens": min(LONGEST, base.shape.positions)},
        "temperature": 1.0,
    }
    files |= {"head.safetensors": save(head), "rounds.json": _json(facts)}
    facts["probes"] = load_pooled(files, base, device).probe_answers()
    files["rounds.json"] = _json(facts)
    return Fitted(files, hash_of(facts["probes"]), base.digest)


def is_adopted(files: Mapping[str, bytes]) -> bool:
    """Whether these are a version that `adopt` made."""
    return bool(json.loads(files.get("rounds.json", b"{}")).get("pooling") == POOLING)


def load_pooled(files: Mapping[str, bytes], base: BaseModel, device: str) -> PooledScorer:
    """Bring an adopted version onto its base.

    Raises:
        InvalidInputError: the base is another, or a tensor of the adapter would be left out silently.
    """
    facts = json.loads(files["rounds.json"])
    if facts["base"]["digest"] != base.digest:
        fix = f"load it onto the {facts['base']['name']} it was made with"
        raise InvalidInputError("the version was made with another base model", field="base", fix=fix)
    head = {name: tensor.to(device) for name, tensor in load(files["head.safetensors"]).items()}
    linear = plain(base)
    if ADAPTER[1] in files:
        config = json.loads(files[ADAPTER[0]])
        low = {name: tensor.to(device) for name, tensor in _adapter(load(files[ADAPTER[1]]), base).items()}
        rank = float(config["r"])
        linear = adapting(base, low, config["lora_alpha"] / (rank**0.5 if config.get("use_rslora") else rank))
    return PooledScorer(base, facts, linear=linear, head=head)


def _place(source: str, folder: Path | None) -> Path:
    """Where the model lies; a folder that peft saved has no config.json of its own."""
    path = Path(source)
    return path if (path / ADAPTER[0]).is_file() else find_base(source, folder)


def _head(base: BaseModel, adapter: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Pooler and classifier: of the adapter where it learnt them, else of the base."""
    learnt = {_bare(key): tensor for key, tensor in adapter.items()}
    found = {
        name: tensor for name in HEAD if (tensor := learnt.get(name, base.weights.get(name))) is not None
    }
    if len(found) < len(HEAD):
        fix = (
            "save it with transformers as a model for sequence classification, or train one here on this base"
        )
        raise InvalidInputError(f"the model has no {set(HEAD) - set(found)}", field="source", fix=fix)
    return {name: tensor.detach().cpu().float().contiguous() for name, tensor in found.items()}


def _adapter(tensors: Mapping[str, Tensor], base: BaseModel) -> dict[str, Tensor]:
    """The LoRA tensors by the names of the encoder; one that it would not apply is refused."""
    found = {_bare(key): tensor.float() for key, tensor in tensors.items() if _bare(key) not in HEAD}
    known = {f"{LAYER}{number}.{linear}" for number in range(base.shape.layers) for linear in LINEARS}
    stems = {name.removesuffix(".lora_A.weight").removesuffix(".lora_B.weight") for name in found}
    if unknown := stems - known:
        fix = "LoRA on the linear layers of the encoder can be imported"
        raise InvalidInputError(f"the adapter changes {min(unknown)}", field="adapter_model", fix=fix)
    return found


def _bare(key: str) -> str:
    return key.removeprefix(PEFT_PREFIX).removeprefix("bert.")


def _labels(place: Path, count: int) -> list[str]:
    named = json.loads((place / "config.json").read_text()).get("id2label") or {}
    return [str(named.get(str(number), f"LABEL_{number}")) for number in range(count)]


def _json(facts: Mapping[str, object]) -> bytes:
    return (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()
