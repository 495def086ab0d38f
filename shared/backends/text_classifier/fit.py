"""One training from request to files."""

import json
import time
from collections.abc import Mapping

import torch
from safetensors.torch import save

from shared.backends.base import FitRequest, Fitted, Progress
from shared.backends.devices import to_device
from shared.backends.lines import identity_of
from shared.backends.lora import to_files
from shared.backends.probes import PROBES, hash_of
from shared.backends.team import assembled
from shared.backends.text_classifier.activations import Cut, TextShelf
from shared.backends.text_classifier.adapter import peft_config, top_layers
from shared.backends.text_classifier.base_model import load_base
from shared.backends.text_classifier.encoder import POOLING
from shared.backends.text_classifier.ladder import Climb, climb
from shared.backends.text_classifier.learner import Learner, Task
from shared.backends.text_classifier.material import prepare
from shared.backends.text_classifier.scorer import load_scorer
from shared.config import Settings
from shared.domain.recipe import RecipeError, parse_recipe
from shared.vault import open_vault

FORMAT = 1


def fit(request: FitRequest, progress: Progress, settings: Settings) -> Fitted:
    """Learn, calibrate, and record the answers to the probes beside the weights.

    Raises:
        InvalidInputError: of the recipe, the base, or examples that allow no classifier.
    """
    started = time.perf_counter()
    torch.set_num_threads(settings.threads)
    device = to_device(settings.device)
    recipe = parse_recipe("text_classifier", request.recipe)
    team = assembled(settings, device)
    base = load_base(request.base, settings.base_models, device)
    if recipe.max_tokens > base.shape.positions:
        fix = f"at most {base.shape.positions} for {base.name}"
        raise RecipeError("max_tokens is more than the base reads", field="max_tokens", fix=fix)
    material = prepare(request, recipe, base.tokenizer)
    identity = identity_of("text_classifier", request, recipe, base_digest=base.digest)
    shelf = _shelf(request, Cut(base, top_layers(base, recipe.top_layers), device), settings)
    task = Task(base, request, recipe, material, device, identity, shelf=shelf, team=team)
    learner, found, rates = climb(task, progress)
    files = _files(learner, found)
    scorer = load_scorer(files, base, device)
    facts = json.loads(files["rounds.json"]) | {"probes": scorer.probe_answers()}
    files["rounds.json"] = _json(facts)
    figures = {
        **rates,
        **(shelf.figures() if shelf else {}),
        **found.figures(),
        "reserve": learner.task.reserve,
        "labels_left_out": len(material.left_out),
        "seconds": time.perf_counter() - started,
    }
    return Fitted(files, hash_of(facts["probes"]), base.digest, figures)


def _shelf(request: FitRequest, cut: Cut, settings: Settings) -> TextShelf | None:
    if request.shelf is None:
        return None
    shelf = TextShelf(request.shelf, open_vault(settings.secret_file), cut)
    shelf.prune()
    return shelf


def _files(learner: Learner, found: Climb) -> dict[str, bytes]:
    task, recipe = learner.task, learner.task.recipe
    weights = {name: tensor.detach() for name, tensor in learner.weights.items()}
    linear = {name.removeprefix("head."): t.cpu() for name, t in weights.items() if name.startswith("head.")}
    adapter = {name: tensor for name, tensor in weights.items() if not name.startswith("head.")}
    config = peft_config(task.base.name, learner.layers, rank=recipe.lora_r, alpha=recipe.lora_alpha)
    facts = {
        "format": FORMAT,
        "family": "text_classifier",
        "base": {"name": task.base.name, "digest": task.base.digest},
        "labels": list(task.material.labels),
        "labels_left_out": dict(task.material.left_out),
        "pooling": POOLING,
        "probes": [["", -1.0]] * len(PROBES),
        "recipe": recipe.model_dump(),
        "seed": task.request.seed,
        "ladder": found.facts(),
        "reserve": learner.task.reserve,
        "temperature": found.temperature,
    }
    return {**to_files(adapter, config), "head.safetensors": save(linear), "rounds.json": _json(facts)}


def _json(facts: Mapping[str, object]) -> bytes:
    return (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()
