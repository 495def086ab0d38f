"""One training from request to files."""

import json
import time
from collections.abc import Mapping

import torch
from safetensors.torch import save

from shared.backends.base import FitRequest, Fitted, Progress
from shared.backends.causal_lm import train
from shared.backends.causal_lm.adapter import peft_config
from shared.backends.causal_lm.base_model import load_base
from shared.backends.causal_lm.learner import Learner, Task, freeze
from shared.backends.causal_lm.material import prepare
from shared.backends.causal_lm.reading import HEAD, to_file
from shared.backends.causal_lm.scorer import load_scorer
from shared.backends.devices import to_device
from shared.backends.lessons import Meter
from shared.backends.lines import identity_of
from shared.backends.lora import to_files
from shared.backends.probes import PROBES, hash_of
from shared.backends.team import assembled
from shared.config import Settings
from shared.domain.recipe import RecipeError, parse_recipe

FORMAT = 1


def fit(request: FitRequest, progress: Progress, settings: Settings) -> Fitted:
    """Learn, prove and calibrate on persons held back, and record the answers to the probes.

    Raises:
        InvalidInputError: of the recipe, the base, or examples that allow no model.
    """
    started = time.perf_counter()
    torch.set_num_threads(settings.threads)
    recipe = parse_recipe("causal_lm", request.recipe)
    device = to_device(settings.device)
    team = assembled(settings, device)
    base = load_base(request.base, settings, device)
    material = prepare(request, recipe, base)
    longest = recipe.max_tokens + max(len(answer) for answer in material.answers)
    if longest > base.shape.positions:
        fix = f"at most {base.shape.positions - longest + recipe.max_tokens} for {base.name}"
        raise RecipeError("max_tokens is more than the base reads", field="max_tokens", fix=fix)
    task = Task(
        base,
        request,
        recipe,
        material,
        identity_of("causal_lm", request, recipe, base_digest=base.digest),
        team,
    )
    frozen, meter = freeze(task), Meter(progress, task.steps)
    learner = train.learn(task, frozen, meter.of(task))
    rates = meter.rates()
    proof = train.prove(learner)
    files = _files(learner, proof)
    scorer = load_scorer(files, base, lasting=False)
    facts = json.loads(files["rounds.json"]) | {
        "probes": scorer.probe_answers(),
        "written": scorer.written(),
    }
    files["rounds.json"] = _json(facts)
    figures = {
        **proof.figures,
        **rates,
        "labels_left_out": len(material.left_out),
        "seconds": time.perf_counter() - started,
    }
    return Fitted(files, hash_of(facts["probes"]), base.digest, figures)


def _files(learner: Learner, proof: train.Proof) -> dict[str, bytes]:
    """The version's files; a head that learns no more knows everybody, and beside it the adapter is idle."""
    task, recipe = learner.task, learner.task.recipe
    alone = proof.rung == train.HEAD_ALONE
    weights = {name: tensor.detach().cpu() for name, tensor in learner.weights.items()}
    adapter = {
        name: torch.zeros_like(tensor) if alone and ".lora_B." in name else tensor
        for name, tensor in weights.items()
        if not name.startswith(HEAD)
    }
    everybody = range(len(task.material.prompts))
    chosen = train.fitted_head(task, learner.frozen, everybody) if alone else learner.head
    heads = to_file({**chosen, **train.fitted_below(task, learner.frozen, everybody)})
    config = peft_config(task.base.name, task.layers, rank=recipe.lora_r, alpha=recipe.lora_alpha)
    facts = {
        "format": FORMAT,
        "family": "causal_lm",
        "base": {"name": task.base.name, "digest": task.base.digest},
        "labels": list(task.material.labels),
        "labels_left_out": dict(task.material.left_out),
        "probes": [["", -1.0]] * len(PROBES),
        "recipe": recipe.model_dump(),
        "rung": proof.rung,
        "seed": task.request.seed,
        "usual": task.material.usual,
        "weights": proof.weights,
    }
    return {**to_files(adapter, config), "head.safetensors": save(heads), "rounds.json": _json(facts)}


def _json(facts: Mapping[str, object]) -> bytes:
    return (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()
