"""The exam of a segmenter: every frozen picture asked of both sides, through the server that will serve."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deployer_service.deps import Deps
from deployer_service.serve_pictures import mask_from, png_of
from shared.domain.choosing import choose
from shared.domain.example import MaskAnswer, PictureAsk, PictureExample
from shared.domain.mask_gate import JudgedPicture
from shared.domain.masks import Overlap, Question, mean_of, questions
from shared.domain.metrics import Estimate
from shared.errors import TransientError
from shared.exports.pictures import Plate, plates
from shared.registry.tables import ModelVersion
from shared.storage.pictures import load_picture

MOST_PICTURES = 120  # of a frozen set, spread over persons: each costs seconds on a CPU
EXAM_SECONDS = 120.0  # less than a task may take, the last picture included
_MOST_OBJECTS = 4
_FIGURES: dict[str, Callable[[Overlap], float]] = {
    "dice": lambda one: one.dice,
    "iou": lambda one: one.iou,
    "accuracy": lambda one: (one.pixels - one.given - one.truth + 2 * one.both) / one.pixels,
    "precision": lambda one: one.both / one.given if one.given else 0.0,
    "recall": lambda one: one.both / one.truth if one.truth else 1.0,
    "f1_score": lambda one: one.dice,
}


_Heard = tuple[list[tuple[str, Overlap]], list[tuple[str, Overlap]]]  # of both sides, by kind of prompt


class ExamGoesOnError(TransientError):
    """A task's time is over and pictures are left; what was heard so far is kept."""

    code = "exam_goes_on"

    def __init__(self) -> None:
        super().__init__("the exam goes on where it stopped")


@dataclass(frozen=True)
class Examined:
    """One picture with what both sides made of it; `own` comes from the prompt that the case gives."""

    example: PictureExample
    judged: JudgedPicture
    own: Overlap
    own_compared: Overlap


def examine(
    version: ModelVersion,
    champion: ModelVersion | None,
    examples: Sequence[PictureExample],
    *,
    seen_before: frozenset[object],
    deps: Deps,
) -> list[Examined]:
    """Ask everything of the version and of the champion, or of the untrained decoder where there is none.

    What was heard is kept on disk, so that a long exam goes on where a task's time ended.

    Raises:
        ExamGoesOnError: pictures are left for the next try.
    """
    notes = _Notes(_place(version, champion, deps))
    load = partial(load_picture, deps.storage, vault=deps.vault)
    shown = plates(((example, "evaluation") for example in choose(examples, MOST_PICTURES)), load)
    began, before = time.monotonic(), len(notes.heard)
    found: list[Examined] = []
    for plate in shown:
        heard = notes.heard.get(plate.name)
        if heard is None:
            if len(notes.heard) > before and time.monotonic() - began > EXAM_SECONDS:
                raise ExamGoesOnError
            heard = _hear(plate, version, champion, deps=deps)
            notes.add(plate.name, heard)
        found.append(_examined(plate.example, heard, is_old=plate.example.case_id in seen_before))
    return found


def forget(version: ModelVersion, champion: ModelVersion | None, deps: Deps) -> None:
    """Remove the notes of an exam whose verdict is written."""
    _place(version, champion, deps).unlink(missing_ok=True)


def measured(examined: Sequence[Examined], *, compared: bool) -> dict[str, Estimate]:
    """Dice, IoU and the pixels' accuracy, precision and recall of one side, with intervals over persons."""
    own = [(one.judged.person, one.own_compared if compared else one.own) for one in examined]
    return {
        name: mean_of([(person, figure(overlap)) for person, overlap in own])
        for name, figure in _FIGURES.items()
    }


def _place(version: ModelVersion, champion: ModelVersion | None, deps: Deps) -> Path:
    against = champion.digest if champion else "untrained"
    return deps.settings.root / "exams" / f"{version.digest}-{against}.jsonl"


class _Notes:
    """Counts of pixels by picture, appended line by line; a line cut by a kill is heard again."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.heard: dict[str, _Heard] = {}
        for line in place.read_text().splitlines() if place.exists() else ():
            with suppress(ValueError):
                name, *sides = json.loads(line)
                given, compared = ([(kind, Overlap(*counts)) for kind, *counts in side] for side in sides)
                self.heard[name] = given, compared

    def add(self, name: str, heard: _Heard) -> None:
        """Keep what was heard of one picture."""
        sides = [[[kind, one.both, one.given, one.truth, one.pixels] for kind, one in side] for side in heard]
        self._place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._place.open("a") as file:
            file.write("\n" + json.dumps([name, *sides]))
        self.heard[name] = heard


def _hear(plate: Plate, version: ModelVersion, champion: ModelVersion | None, *, deps: Deps) -> _Heard:
    asked = questions(plate.mask, given=plate.example.box, most=_MOST_OBJECTS)
    ask = PictureAsk(png_of(plate.pixels), tuple(one.box for one in asked))
    given = _overlaps(asked, deps.model_server.segment(version.digest, ask))
    if champion is None:
        answers = deps.model_server.segment(version.digest, PictureAsk(ask.image, ask.boxes, untrained=True))
    else:
        answers = deps.model_server.segment(champion.digest, ask)
    return given, _overlaps(asked, answers)


def _examined(example: PictureExample, heard: _Heard, *, is_old: bool) -> Examined:
    given, compared = heard
    judged = JudgedPicture(
        person=str(example.person_id),
        candidate=_by_kind(given),
        compared=_by_kind(compared),
        is_old=is_old,
        subgroup=example.subgroup,
    )
    return Examined(example, judged, given[0][1], compared[0][1])


def _overlaps(asked: Sequence[Question], answers: Sequence[MaskAnswer]) -> list[tuple[str, Overlap]]:
    return [
        (one.kind, Overlap.of(mask_from(answer.mask), one.truth))
        for one, answer in zip(asked, answers, strict=True)
    ]


def _by_kind(overlaps: Sequence[tuple[str, Overlap]]) -> dict[str, float]:
    """Mean Dice of each kind of prompt."""
    by_kind: dict[str, list[float]] = {}
    for kind, overlap in overlaps:
        by_kind.setdefault(kind, []).append(overlap.dice)
    return {kind: round(sum(found) / len(found), 6) for kind, found in by_kind.items()}
