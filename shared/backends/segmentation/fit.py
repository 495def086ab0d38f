"""One training from request to files."""

import json
import time
from collections.abc import Mapping

import torch

from shared.backends.base import FitRequest, Fitted, Progress
from shared.backends.devices import to_device
from shared.backends.lessons import Meter
from shared.backends.lora import Weights
from shared.backends.segmentation.adapter import adapted, fresh, plain, to_files
from shared.backends.segmentation.base_model import SegmentationBase, load_base
from shared.backends.segmentation.compare import Comparison, compare
from shared.backends.segmentation.learner import Embedder, Task
from shared.backends.segmentation.material import identity_of, labels_of, prepare
from shared.backends.segmentation.scorer import hash_of, load_scorer
from shared.backends.segmentation.shelf import Shelf
from shared.backends.segmentation.train import learn
from shared.backends.team import assembled
from shared.config import Settings
from shared.domain.recipe import SegmentationRecipe, parse_recipe
from shared.vault import open_vault

FORMAT = 1
PREPROCESSING = 1  # raise it when `picture.py` makes other squares


def fit(request: FitRequest, progress: Progress, settings: Settings) -> Fitted:
    """Learn, compare with the untrained decoder, and record the answers to the probes beside the weights.

    Raises:
        InvalidInputError: of the recipe, the base, or pictures that allow no segmenter.
    """
    started = time.perf_counter()
    torch.set_num_threads(settings.threads)
    device = to_device(settings.device)
    recipe = parse_recipe("segmentation", request.recipe)
    team = assembled(settings, device)
    base = load_base(request.base, settings.base_models, device)
    material = prepare(request, recipe, base.side)
    task = Task(base, request, recipe, material, device, identity_of(request, recipe, base.digest), team)
    embedder = Embedder(base, _shelf(request, base, settings), device)
    meter = Meter(progress, task.steps)
    learner = learn(task, embedder, meter.of(task))
    learnt = {name: tensor.detach() for name, tensor in learner.weights.items()}
    comparison = compare(task, embedder, learnt=adapted(base, learnt, _scale(recipe)), untrained=plain(base))
    if not comparison.is_better:
        learnt = fresh(base, rank=recipe.lora_r, seed=request.seed)
    files = _finished(task, learnt, device)
    embedder.shelf.prune()
    figures = {
        **meter.rates(),
        **_told(comparison, embedder.shelf),
        "held_back": float(len(material.held_back)),
        "pictures": float(len(material.examples)),
        "tiles": float(material.parts),
        "local": float(material.is_local),
        "seconds": time.perf_counter() - started,
    }
    probes = json.loads(files["rounds.json"])["probes"]
    return Fitted(files, hash_of(probes, _labels(task)), base.digest, figures)


def _shelf(request: FitRequest, base: SegmentationBase, settings: Settings) -> Shelf:
    """The site's shelf, or one that goes with the job's checkpoints."""
    kept = request.pictures.shelf if request.pictures else None
    about = f"{base.digest} {PREPROCESSING} {base.precision}"
    return Shelf(kept or request.checkpoints / "embeddings", open_vault(settings.secret_file), about)


def _finished(task: Task, learnt: Weights, device: str) -> dict[str, bytes]:
    recipe = task.recipe
    facts = {
        "format": FORMAT,
        "family": "segmentation",
        "base": {"name": task.base.name, "digest": task.base.digest},
        "labels": _labels(task),
        "probes": [],
        "recipe": recipe.model_dump(),
        "seed": task.request.seed,
        "tiles": task.material.parts,
        "local": task.material.is_local,
    }
    files = to_files(learnt, task.base.name, rank=recipe.lora_r, alpha=recipe.lora_alpha)
    scorer = load_scorer({**files, "rounds.json": _json(facts)}, task.base, device)
    return {**files, "rounds.json": _json(facts | {"probes": scorer.probe_answers()})}


def _labels(task: Task) -> list[str]:
    return labels_of(task.material.examples)


def _told(comparison: Comparison, shelf: Shelf) -> dict[str, float]:
    kept = float(comparison.is_better)
    counts = {"embeddings_made": float(shelf.made), "embeddings_found": float(shelf.found)}
    return comparison.figures() | counts | {"learnt_kept": kept}


def _scale(recipe: SegmentationRecipe) -> float:
    return recipe.lora_alpha / recipe.lora_r


def _json(facts: Mapping[str, object]) -> bytes:
    return (json.dumps(facts, indent=1, sort_keys=True) + "\n").encode()
