"""A loaded version that answers pictures: what it learnt of the decoder; all versions share the base."""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import load

from shared.backends.base import Box, Segmented
from shared.backends.lora import Weights
from shared.backends.segmentation.adapter import adapted, from_file, plain
from shared.backends.segmentation.answering import View, answer, views_of
from shared.backends.segmentation.base_model import SegmentationBase
from shared.domain.example import Answer
from shared.errors import InvalidInputError

PROBE_SHAPES = ((64, 64), (60, 80))
TOLERANCE = 2e-2
_BOXES: tuple[Box | None, ...] = (None, (14.0, 12.0, 52.0, 46.0))
Probes = list[tuple[float, float]]


class PictureScorer:
    """One version of a segmenter. Each picture is computed alone: nothing depends on its neighbours."""

    def __init__(
        self, base: SegmentationBase, facts: Mapping[str, Any], learnt: Weights, *, device: str
    ) -> None:
        self.labels: Sequence[str] = tuple(facts["labels"])
        self._base, self._facts, self._device = base, facts, device
        self._is_local = bool(facts.get("local", False))  # versions of before have it nowhere
        scale = float(facts["recipe"]["lora_alpha"]) / int(facts["recipe"]["lora_r"])
        self._learnt, self._untrained = adapted(base, learnt, scale), plain(base)

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        """Nothing: a segmenter reads no texts.

        Raises:
            InvalidInputError: always.
        """
        raise InvalidInputError(f"a segmenter answers pictures, not {len(texts)} texts", field="texts")

    def segment(
        self, pixels: NDArray[Any], boxes: Sequence[Box | None], *, untrained: bool = False
    ) -> list[Segmented]:
        """One mask a box, in order; None asks for the whole picture."""
        parts = int(self._facts["tiles"])
        views = _LAST.views(self._base, pixels, parts=parts, is_local=self._is_local, device=self._device)
        return answer(self._untrained if untrained else self._learnt, self._base, views, boxes=boxes)

    def fingerprint(self) -> str:
        """Hash of the answers to the probes that were recorded at training.

        Where the answers of this machine are other ones, beyond what another processor's rounding explains,
        it is the hash of these, and fits no recorded fingerprint.
        """
        recorded = [(float(share), float(score)) for share, score in self._facts["probes"]]
        found = self.probe_answers()
        same = len(recorded) == len(found) and all(
            abs(one[side] - other[side]) <= TOLERANCE
            for one, other in zip(found, recorded, strict=True)
            for side in (0, 1)
        )
        return hash_of(recorded if same else found, self.labels)

    def probe_answers(self, *, untrained: bool = False) -> Probes:
        """Share of the picture that is inside, and expected overlap, of every probe and prompt."""
        decoder = self._untrained if untrained else self._learnt
        return [
            (round(float(one.mask.mean()), 4), one.score)
            for views in _probe_views(self._base, self._device, is_local=self._is_local)
            for one in answer(decoder, self._base, views, boxes=_BOXES)
        ]


class _Last:
    """The last picture's encoding, in memory alone: a comparison asks one picture of several decoders."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._key, self._views = "", list[View]()

    def views(
        self, base: SegmentationBase, pixels: NDArray[Any], *, parts: int, is_local: bool, device: str
    ) -> list[View]:
        """The picture's tiles, encoded now or just before."""
        told = f"{base.digest} {parts} {is_local} {device} {pixels.dtype} {pixels.shape} ".encode()
        key = hashlib.sha256(told + np.ascontiguousarray(pixels).tobytes()).hexdigest()
        with self._guard:
            if key != self._key:
                self._views = views_of(base, pixels, parts=parts, is_local=is_local, device=device)
                self._key = key
            return self._views


_LAST = _Last()


def load_scorer(files: Mapping[str, bytes], base: SegmentationBase, device: str) -> PictureScorer:
    """Bring a version's files onto its base.

    Raises:
        InvalidInputError: a file is missing or does not fit, the base is another, or the adapter is idle.
    """
    missing = {"rounds.json", "adapter_model.safetensors"} - set(files)
    if missing:
        raise InvalidInputError(f"the version lacks {', '.join(sorted(missing))}", field="files")
    facts = json.loads(files["rounds.json"])
    if facts["base"]["digest"] != base.digest:
        fix = f"load it onto the {facts['base']['name']} it was trained on"
        raise InvalidInputError("the version was trained on another base model", field="base", fix=fix)
    learnt = from_file(load(files["adapter_model.safetensors"]), base)
    learnt = {name: tensor.to(device) for name, tensor in learnt.items()}
    scorer = PictureScorer(base, facts, learnt, device=device)
    changed = any(bool(tensor.any()) for name, tensor in learnt.items() if ".lora_B." in name)
    if changed and scorer.probe_answers() == scorer.probe_answers(untrained=True):
        raise InvalidInputError("the adapter changes no answer of its base", field="adapter_model")
    return scorer


def hash_of(answers: Sequence[tuple[float, float]], labels: Sequence[str]) -> str:
    """The fingerprint of a list of probe answers under the version's labels."""
    return hashlib.sha256(json.dumps([[list(pair) for pair in answers], list(labels)]).encode()).hexdigest()


@lru_cache(maxsize=4)
def _probe_views(base: SegmentationBase, device: str, *, is_local: bool) -> tuple[list[View], ...]:
    """Two drawn pictures, a bright ellipse on a slope and on stripes, encoded once a process."""
    drawings = [_drawing(*shape) for shape in PROBE_SHAPES]
    return tuple(views_of(base, one, parts=1, is_local=is_local, device=device) for one in drawings)


def _drawing(height: int, width: int) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:height, :width]
    inside = ((rows - 28) / 14) ** 2 + ((columns - 32) / 18) ** 2 < 1
    ground = columns / width * 60 if height == width else 30 * np.sin(columns / 3) + 40
    picture: NDArray[np.float64] = np.where(inside, 170 + 20 * np.cos(rows / 5), ground)
    return picture
