"""A loaded version that answers: its adapter and head; the base is shared with every other version."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional

from shared.backends.probes import Probed
from shared.backends.text_classifier.adapter import adapting, from_file, top_layers
from shared.backends.text_classifier.base_model import BaseModel
from shared.backends.text_classifier.encoder import (
    POOLING,
    Linear,
    depths,
    embed,
    features,
    pad,
    plain,
    pool,
    read_layers,
    rounded,
)
from shared.backends.text_classifier.material import cut
from shared.domain.example import Answer
from shared.errors import InvalidInputError

TOLERANCE = 1e-2
BATCH_ROWS, BATCH_TOKENS = 8, 256  # beyond them a batch is no faster on a CPU


class TextScorer(Probed):
    """One version of a text classifier.

    Texts of one length are computed together where this machine gives the same bits for a text alone and in a
    batch of that shape, which is looked at when a version meets the shape first; elsewhere alone. An answer
    never depends on what is beside it.
    """

    def __init__(
        self,
        base: BaseModel,
        facts: Mapping[str, Any],
        *,
        head: Mapping[str, Tensor],
        linear: Linear | None = None,
    ) -> None:
        """Without a `linear` of its own the version leaves the base as it is."""
        super().__init__(facts, tolerance=TOLERANCE)
        self._base, self._head, self._is_bare = base, head, linear is None
        self._linear = linear or plain(base)
        self._max_tokens = int(facts["recipe"]["max_tokens"])
        self._temperature = float(facts["temperature"])
        self._alike: dict[tuple[int, int], bool] = {}  # shapes (rows, length) that were looked at

    @property
    def reads(self) -> str | None:
        """Versions with the same word may judge what another of them has read; None reads like no other."""
        kind = f"{type(self).__name__}/{self._base.digest}/{self._max_tokens}"
        return kind if self._is_bare else None

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        """One answer a text; `top` starts with the label itself."""
        return self.judge(self.read(texts))

    def read(self, texts: Sequence[str]) -> list[Tensor]:
        """What the head reads of each text, in order, each of shape (1, width)."""
        rows = [self._row(text) for text in texts]
        found: dict[int, Tensor] = {}
        for places in _batches([rounded(len(row)) for row in rows]):
            together = self._apart_or_together([rows[place] for place in places])
            found |= zip(places, together.split(1), strict=True)
        return [found[place] for place in range(len(rows))]

    def judge(self, read: Sequence[Tensor]) -> list[Answer]:
        """One answer for each text that was read."""
        return [self.said(self._shares(one)) for one in read]

    def shares(self, text: str) -> list[float]:
        """The probability of every label, in their order."""
        return self._shares(self._features([self._row(text)]))

    def _shares(self, one: Tensor) -> list[float]:
        """Probabilities of one text, of which the head reads `one`, shape (1, width)."""
        found: list[float] = torch.softmax(self._logits(one).double() / self._temperature, 1)[0].tolist()
        return found

    def _row(self, text: str) -> list[int]:
        return cut(self._base.tokenizer.encode(text).ids, self._max_tokens)

    def _features(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """What the head reads of rows of one length, shape (rows, depths hidden)."""
        base = self._base
        tokens, mask = pad(rows, str(self._head["weight"].device))
        words, layers = embed(base, tokens), range(base.shape.layers)
        _, means = read_layers(base, words, mask, layers=layers, linear=self._linear)
        return features([pool(words, mask), *means])

    def _logits(self, one: Tensor) -> Tensor:
        """Scores of one text before the softmax, shape (1, labels)."""
        return functional.linear(one, self._head["weight"], self._head["bias"])

    def _apart_or_together(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """What the head reads of rows of one length as each has it alone, shape (rows, width)."""
        shape = len(rows), rounded(len(rows[0]))
        if shape[0] == 1 or self._alike.get(shape):
            return self._features(rows)
        alone = torch.cat([self._features([row]) for row in rows])
        if shape not in self._alike:
            self._alike[shape] = torch.equal(alone, self._features(rows))
        return alone


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Places of texts to be computed at once: of one length, and few enough to gain by it."""
    found: dict[int, list[list[int]]] = {}
    for place, length in enumerate(lengths):
        most = max(min(BATCH_TOKENS // length, BATCH_ROWS), 1)
        batches = found.setdefault(length, [[]])
        if len(batches[-1]) == most:
            batches.append([])
        batches[-1].append(place)
    return [batch for batches in found.values() for batch in batches]


def load_scorer(files: Mapping[str, bytes], base: BaseModel, device: str) -> TextScorer:
    """Bring a version's files onto its base.

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
    if facts.get("pooling") != POOLING:
        fix = "train it again on its data set"
        raise InvalidInputError("the head reads its base in another way", field="pooling", fix=fix)
    head = {name: tensor.to(device) for name, tensor in load(files["head.safetensors"]).items()}
    width = len(depths(base.shape.layers)) * base.shape.hidden
    if head["weight"].shape != (len(facts["labels"]), width):
        raise InvalidInputError("the head does not fit the labels and the base", field="head")
    recipe = facts["recipe"]
    layers = top_layers(base, int(recipe["top_layers"]))
    adapter = from_file(load(files["adapter_model.safetensors"]), base, layers)
    adapter = {name: tensor.to(device) for name, tensor in adapter.items()}
    scale = float(recipe["lora_alpha"]) / int(recipe["lora_r"])
    bare = TextScorer(base, facts, head=head)
    if not any(bool(tensor.any()) for name, tensor in adapter.items() if ".lora_B." in name):
        return bare  # the head alone was taken: an adapter that changes nothing costs no time
    scorer = TextScorer(base, facts, linear=adapting(base, adapter, scale), head=head)
    if scorer.probe_answers() == bare.probe_answers():
        raise InvalidInputError("the adapter changes no answer of its base", field="adapter_model")
    return scorer
