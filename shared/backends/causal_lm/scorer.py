"""A loaded version that answers: its adapter; the base is shared with every other version."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor

from shared.backends.causal_lm import reading
from shared.backends.causal_lm.adapter import adapting, from_file, top_layers
from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.llama import Linear, embed, normed, run_layers
from shared.backends.causal_lm.material import answers_of, prompt_of
from shared.backends.causal_lm.passages import packed, question
from shared.backends.causal_lm.reading import BELOW, HEAD, PARTS, PARTS_BELOW, opinions, seen, weighed
from shared.backends.causal_lm.tree import tree_of
from shared.backends.probes import PROBES, Probed
from shared.domain.example import Answer
from shared.domain.recipe import CausalRecipe
from shared.errors import InvalidInputError

SURE = 0.5  # of two log-probabilities: rounding on another machine does not turn them
TOLERANCE = 5e-2  # machines that multiply bfloat16 round in every layer


class CausalScorer(Probed):
    """One version of an LLM.

    Each text is computed alone, so that its answer cannot depend on what is beside it.
    """

    def __init__(
        self, base: BaseModel, facts: Mapping[str, Any], *, linear: Linear, head: Mapping[str, Tensor]
    ) -> None:
        super().__init__(facts, tolerance=TOLERANCE)
        self._base, self._facts, self._linear, self._head = base, facts, linear, head
        self._recipe = CausalRecipe(**facts["recipe"])
        self._tree = tree_of(answers_of(self.labels, self._recipe.prompt, base))
        self._usual = torch.tensor(facts["usual"], dtype=torch.double, device=base.device)

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        """One answer a text; `top` starts with the label itself."""
        return [self.said(self.shares(text)) for text in texts]

    def written(self) -> list[tuple[str, str]]:
        """Probes with the label that the LM alone surely writes: a server without our head shows them."""
        found = []
        for probe in PROBES:
            best = self.scores(probe, written=True).topk(2)
            if best.values[0] - best.values[1] >= SURE:
                found.append((probe, self.labels[int(best.indices[0])]))
        return found

    def scores(self, text: str, *, written: bool = False) -> Tensor:
        """Every label's score before the softmax, shape (labels,).

        Args:
            text: of the case.
            written: the logarithms of what the LM alone would write.
        """
        base = self._base
        passage = question(prompt_of(text, self._recipe, base.tokenizer), self._tree)
        with torch.no_grad():
            tokens, pack, asked = packed([passage], base.device)
            top = top_layers(base, self._recipe.top_layers)
            below = run_layers(base, embed(base, tokens), pack, layers=range(top.start), linear=self._linear)
            hidden = run_layers(base, below, pack, layers=top, linear=self._linear, keep=asked)
            read = seen(base, [passage], below)
            states = normed(base, hidden)
            said = opinions(self._tree, base.words, states, seen_below=read, head=self._head)
        if written:
            return said[0]
        return weighed(said, self._usual, self._facts["weights"])

    def shares(self, text: str) -> list[float]:
        """The probability of every label, in their order."""
        found: list[float] = torch.softmax(self.scores(text), 0).tolist()
        return found


def load_scorer(files: Mapping[str, bytes], base: BaseModel, *, lasting: bool = True) -> CausalScorer:
    """Bring a version's files onto its base.

    Args:
        files: of the version.
        base: the one it was trained on.
        lasting: keep every matrix of the base ready for the next answer.

    Raises:
        InvalidInputError: a file is missing or does not fit, the base is another, or the adapter is idle.
    """
    missing = {"rounds.json", "head.safetensors", "adapter_model.safetensors"} - set(files)
    if missing:
        raise InvalidInputError(f"the version lacks {', '.join(sorted(missing))}", field="files")
    facts = json.loads(files["rounds.json"])
    if facts["base"]["digest"] != base.digest:
        fix = f"load it onto the {facts['base']['name']} it was trained on"
        raise InvalidInputError("the version was trained on another base model", field="base", fix=fix)
    recipe = CausalRecipe(**facts["recipe"])
    layers = top_layers(base, recipe.top_layers)
    adapter = from_file(load(files["adapter_model.safetensors"]), base, layers)
    head = reading.from_file(load(files["head.safetensors"]), base.device)
    for prefix, parts in ((HEAD, PARTS), (BELOW, PARTS_BELOW)):
        weight, wide = head.get(f"{prefix}weight"), parts * base.shape.hidden
        if weight is None or weight.shape != (len(facts["labels"]), wide):
            fix = "train the version again on its data set"
            raise InvalidInputError("the head does not fit the labels and the base", field="head", fix=fix)
    scale = recipe.lora_alpha / recipe.lora_r
    scorer = CausalScorer(base, facts, linear=adapting(base, adapter, scale, lasting=lasting), head=head)
    learnt = any(bool(tensor.any()) for name, tensor in adapter.items() if ".lora_B." in name)
    bare = CausalScorer(base, facts, linear=adapting(base, {}, scale, lasting=lasting), head=head)
    if learnt and all(torch.equal(scorer.scores(probe), bare.scores(probe)) for probe in PROBES):
        raise InvalidInputError("the adapter changes no answer of its base", field="adapter_model")
    return scorer
