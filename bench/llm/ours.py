"""Our training of an LLM on the wish that `plain.py` reads, in a process of its own for its peak memory.

`python -m bench.llm.ours WISH.json` answers one line of JSON: CPU seconds of the whole training, with the
states of the frozen layers, the proof on persons held back and the probes; visits of rows; peak memory; and
of a version trained so how its scores and losses compare with those of full sequences and single rows.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import torch
from peft import PeftModel
from safetensors.torch import load, save
from transformers import AutoModelForCausalLM

from bench.llm.plain import SLOT
from shared.backends import backend_for
from shared.backends.base import FitRequest, Fitted
from shared.backends.causal_lm import reading
from shared.backends.causal_lm.adapter import from_file
from shared.backends.causal_lm.base_model import find_base, load_base
from shared.backends.causal_lm.learner import Learner, Task, freeze
from shared.backends.causal_lm.material import prepare
from shared.backends.causal_lm.reading import HEAD, OPINIONS, PARTS, PARTS_BELOW
from shared.backends.causal_lm.scorer import load_scorer
from shared.config import load_settings
from shared.domain.example import Example
from shared.domain.recipe import parse_recipe

COMPARED = 4


def main(path: str) -> None:
    """Train, then compare scores and losses; the comparison is no part of the figures of the training."""
    wish = json.loads(Path(path).read_text())
    settings = load_settings()
    backend = backend_for("causal_lm", settings)
    base = load_base("smollm2-135m", settings, "cpu")
    rows = [
        Example(uuid5(NAMESPACE_OID, f"{n}"), uuid5(NAMESPACE_OID, f"person {n}"), text, label)
        for n, (text, label) in enumerate(wish["train"])
    ]
    recipe = wish.get("recipe", {})
    with tempfile.TemporaryDirectory() as folder:
        request = FitRequest(
            rows, sorted({row.label for row in rows}), base.name, recipe, wish["seed"], Path(folder)
        )
        visits = 0

        def count(_step: Any) -> None:
            nonlocal visits
            visits += 1

        started = time.process_time()
        fitted = backend.fit(request, count)
        seconds = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        parsed = parse_recipe("causal_lm", recipe)
        material = prepare(request, parsed, base)
        answer = {
            "cpu_seconds": seconds,
            "visits": len(material.learnt) * parsed.epochs,
            "steps": visits,
            "peak_bytes": peak,
        }
        if wish.get("compare"):
            answer |= _scores(fitted, wish) | _losses(fitted, request)
        if "test" in wish:
            scorer = backend.load(fitted.files, base.name)
            begun = time.process_time()
            answer["answers"] = [one.label for one in scorer.answer(wish["test"])]
            answer["scoring_cpu_seconds"] = time.process_time() - begun
    print(json.dumps(answer))


def _scores(fitted: Fitted, wish: dict[str, Any]) -> dict[str, float]:
    """The label tree beside one full sequence a label, by transformers and peft."""
    settings = load_settings()
    base = load_base("smollm2-135m", settings, "cpu", product=torch.float32)
    # Labels with too few rows, too; and what the LM writes alone counts.
    usual, weights = [0.0] * len(wish["labels"]), dict.fromkeys(OPINIONS, 0.0) | {"written": 1.0}
    asked = {"labels": wish["labels"], "usual": usual, "weights": weights}
    facts = json.loads(fitted.files["rounds.json"]) | asked
    labels, wide = len(wish["labels"]), base.shape.hidden  # what the LM writes is compared
    blank = {
        "weight": torch.zeros(labels, PARTS * wide),
        "bias": torch.zeros(labels),
        "below.weight": torch.zeros(labels, PARTS_BELOW * wide),
        "below.bias": torch.zeros(labels),
    }
    head = {"head.safetensors": save(blank)}
    scorer = load_scorer(fitted.files | head | {"rounds.json": json.dumps(facts).encode()}, base)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("adapter_model.safetensors", "adapter_config.json"):
            Path(folder, name).write_bytes(fitted.files[name])
        plain = AutoModelForCausalLM.from_pretrained(find_base(base.name, settings), dtype=torch.float32)
        model = PeftModel.from_pretrained(plain, folder).eval()
    encode, stem = base.tokenizer.encode, facts["recipe"]["prompt"].partition(SLOT)[2]
    before = len(encode(stem).ids)
    answers = [[*encode(f"{stem} {label}").ids[before:], base.shape.end] for label in wish["labels"]]
    gap, tree, full = 0.0, 0.0, 0.0
    for text, _ in wish["train"][:COMPARED]:
        prompt = encode(facts["recipe"]["prompt"].replace(SLOT, text)).ids
        begun = time.process_time()
        ours = scorer.scores(text, written=True)
        between = time.process_time()
        logits = [_logits(model, prompt, answer) for answer in answers]
        full += time.process_time() - between
        tree += between - begun
        theirs = torch.tensor([_constrained(*pair, answers) for pair in zip(logits, answers, strict=True)])
        gap = max(gap, float((ours - theirs).abs().max()))
    return {"score_gap": gap, "score_ratio": full / tree, "labels": float(len(answers))}


def _logits(model: Any, prompt: list[int], answer: list[int]) -> torch.Tensor:
    with torch.no_grad():
        whole = model(input_ids=torch.tensor([[*prompt, *answer]]), logits_to_keep=len(answer) + 1)
    return whole.logits[0]  # (answer + 1, vocabulary)


def _constrained(logits: torch.Tensor, answer: list[int], answers: list[list[int]]) -> float:
    """The probability of a generation that may only go on as some label does."""
    total = 0.0
    for place, token in enumerate(answer):
        after = sorted({other[place] for other in answers if other[:place] == answer[:place]})
        total += float(logits[place][after].log_softmax(0)[after.index(token)])
    return total


def _first_two(examples: Sequence[Example], label: str) -> list[Example]:
    return [one for one in examples if one.label == label][:2]


def _losses(fitted: Fitted, request: FitRequest) -> dict[str, float]:
    """The largest gap between a row's loss in a pack and alone, in nats a token, in float32."""
    base = load_base("smollm2-135m", load_settings(), "cpu", product=torch.float32)
    recipe = parse_recipe("causal_lm", {**request.recipe, "held_back_share": 0})
    labels = sorted({one.label for one in request.examples})[:COMPARED]
    examples = [one for label in labels for one in _first_two(request.examples, label)]
    few = FitRequest(examples, request.labels, base.name, {}, 0, request.checkpoints)
    material = prepare(few, recipe, base)
    task = Task(base, few, recipe, material, "compared")
    adapter = from_file(load(fitted.files["adapter_model.safetensors"]), base, task.layers)
    heads = reading.from_file(load(fitted.files["head.safetensors"]), "cpu")
    head = {name: t[: len(material.labels)] for name, t in heads.items() if name.startswith(HEAD)}
    learner = Learner(task, freeze(task), adapter | head)
    rows = range(len(material.prompts))
    with torch.no_grad():
        together, alone = learner.losses(rows), torch.cat([learner.losses([row]) for row in rows])
    tokens = torch.tensor([len(material.answers[target]) for target in material.targets])
    return {"loss_gap": float(((together - alone) / tokens).abs().max())}


if __name__ == "__main__":
    main(sys.argv[1])
