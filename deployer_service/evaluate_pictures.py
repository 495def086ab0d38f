"""The exam of a segmenter: every frozen picture asked of both sides, through the server that will serve."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from deployer_service.deps import Deps
from deployer_service.serve_pictures import mask_from, png_of
from shared.domain.choosing import choose
from shared.domain.example import MaskAnswer, PictureAsk, PictureExample
from shared.domain.mask_gate import JudgedPicture
from shared.domain.masks import Overlap, Question, mean_of, questions
from shared.domain.metrics import Estimate
from shared.exports.pictures import Plate, plates
from shared.registry.tables import ModelVersion
from shared.storage.pictures import load_picture

MOST_PICTURES = 120  # of a frozen set, spread over persons: each costs seconds on a CPU
_MOST_OBJECTS = 4
_FIGURES: dict[str, Callable[[Overlap], float]] = {
    "dice": lambda one: one.dice,
    "iou": lambda one: one.iou,
    "accuracy": lambda one: (one.pixels - one.given - one.truth + 2 * one.both) / one.pixels,
    "precision": lambda one: one.both / one.given if one.given else 0.0,
    "recall": lambda one: one.both / one.truth if one.truth else 1.0,
    "f1_score": lambda one: one.dice,
}


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
    """Ask everything of the version and of the champion, or of the untrained decoder where there is none."""
    chosen = choose(examples, MOST_PICTURES)
    load = partial(load_picture, deps.storage, vault=deps.vault)
    shown = plates(((example, "evaluation") for example in chosen), load)
    return [
        _examined(plate, version, champion, is_old=plate.example.case_id in seen_before, deps=deps)
        for plate in shown
    ]


def measured(examined: Sequence[Examined], *, compared: bool) -> dict[str, Estimate]:
    """Dice, IoU and the pixels' accuracy, precision and recall of one side, with intervals over persons."""
    own = [(one.judged.person, one.own_compared if compared else one.own) for one in examined]
    return {
        name: mean_of([(person, figure(overlap)) for person, overlap in own])
        for name, figure in _FIGURES.items()
    }


def _examined(
    plate: Plate, version: ModelVersion, champion: ModelVersion | None, *, is_old: bool, deps: Deps
) -> Examined:
    asked = questions(plate.mask, given=plate.example.box, most=_MOST_OBJECTS)
    ask = PictureAsk(png_of(plate.pixels), tuple(one.box for one in asked))
    given = _overlaps(asked, deps.model_server.segment(version.digest, ask))
    if champion is None:
        answers = deps.model_server.segment(version.digest, PictureAsk(ask.image, ask.boxes, untrained=True))
    else:
        answers = deps.model_server.segment(champion.digest, ask)
    compared = _overlaps(asked, answers)
    judged = JudgedPicture(
        person=str(plate.example.person_id),
        candidate=_by_kind(asked, given),
        compared=_by_kind(asked, compared),
        is_old=is_old,
        subgroup=plate.example.subgroup,
    )
    return Examined(plate.example, judged, given[0], compared[0])


def _overlaps(asked: Sequence[Question], answers: Sequence[MaskAnswer]) -> list[Overlap]:
    return [Overlap.of(mask_from(answer.mask), one.truth) for one, answer in zip(asked, answers, strict=True)]


def _by_kind(asked: Sequence[Question], overlaps: Sequence[Overlap]) -> dict[str, float]:
    """Mean Dice of each kind of prompt."""
    by_kind: dict[str, list[float]] = {}
    for one, overlap in zip(asked, overlaps, strict=True):
        by_kind.setdefault(one.kind, []).append(overlap.dice)
    return {kind: round(sum(found) / len(found), 6) for kind, found in by_kind.items()}
