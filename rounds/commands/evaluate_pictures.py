"""`rounds evaluate` for masks: Dice and IoU of a case file of pictures, by every kind of prompt."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rounds.show import show_json, show_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from shared.backends.base import Segmenter
    from shared.domain.masks import Overlap
    from shared.domain.metrics import Estimate
    from shared.storage.pictures import Picture
    from worker_collection.sources.base import Broken, Row


@dataclass(frozen=True)
class Shown:
    """One flat picture of a case file: pixels as training sees them, its mask where it has one, its box.

    Of a volume it is a slice; `case` is the row that names it.
    """

    case: str
    source_id: str
    person: str
    pixels: "NDArray[Any]"
    mask: "NDArray[Any] | None"
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Graded:
    """What came of one picture: the headline's expected IoU, and the overlaps by kind of prompt."""

    shown: Shown
    score: float
    overlaps: "Mapping[str, list[Overlap]]"

    @property
    def headline(self) -> str:
        """The kind of prompt that the case itself gives."""
        return "given" if self.shown.box else "whole"


def graded(segmenter: "Segmenter", cases: Path, mapping: str | None, *, untrained: bool) -> list[Graded]:
    """Answer every picture of a case file; one without a mask is answered and not measured."""
    from worker_collection.sources.files import read_cases

    shown = _shown(read_cases(cases, mapping), cases.resolve().parent)
    return [_graded(segmenter, one, untrained=untrained) for one in shown]


def tell(graded: Sequence[Graded], version: str, label: str, *, as_json: bool) -> None:
    """Print the metrics with one prediction a picture, or the metrics alone as a table."""
    kinds = _by_prompt(graded)
    if as_json:
        show_json(
            {
                "model_version": version,
                "metrics": _metrics(graded, kinds),
                "predictions": [_prediction(one, label) for one in graded],
            }
        )
        return
    rows = [
        {"prompt": kind, "metric": name, **_estimate(one)}
        for kind, by in kinds.items()
        for name, one in by.items()
    ]
    show_rows(rows, as_json=False)


def _shown(cases: Iterable[dict[str, Any]], below: Path) -> Iterator[Shown]:
    """The flat pictures that the rows name, opened and cleaned as an import opens and cleans them."""
    from worker_collection.dicom.isolated import decoder
    from worker_collection.images.rows import Gallery

    kept: list[Picture] = []

    def save(picture: "Picture") -> str:
        kept.append(picture)
        return str(len(kept) - 1)

    with decoder() as opener:
        gallery = Gallery(save, opener, below, confined=False)
        for case in cases:
            kept.clear()
            yield from (_one(row, kept, case) for row in gallery.rows(case))


def _one(row: "Row | Broken", kept: "Sequence[Picture]", case: "Mapping[str, Any]") -> Shown:
    from shared.errors import InvalidInputError
    from shared.exports.pictures import as_bytes
    from worker_collection.pictured import Pictured
    from worker_collection.sources.base import Broken

    if isinstance(row, Broken):
        raise InvalidInputError(f"case {row.key}: {row.reason}", field="image")
    name = str(row["source_id"])
    if "picture" not in row:
        raise InvalidInputError(f"case {name} names no picture", field="image", fix="name its mapping")
    told = Pictured.read(**row["picture"])
    picture, box = kept[int(told.image)], told.details.get("box")
    if picture.axes[0] == "z":
        fix = "name a mask, or give its slices as pictures of their own"
        raise InvalidInputError(f"case {name} is a volume without a mask", field="image", fix=fix)
    return Shown(
        case=str(case.get("source_id") or name),
        source_id=name,
        person=str(row.get("person") or name),
        pixels=as_bytes(picture)[0],
        mask=kept[int(told.mask)].pixels if told.mask else None,
        box=(box[0], box[1], box[2], box[3]) if box else None,
    )


def _graded(segmenter: "Segmenter", shown: Shown, *, untrained: bool) -> Graded:
    """Ask everything at once, so that the picture is encoded once."""
    from shared.domain.masks import Overlap, questions

    if shown.mask is None:
        (answer,) = segmenter.segment(shown.pixels, [shown.box], untrained=untrained)
        return Graded(shown, answer.score, {})
    asked = questions(shown.mask, given=shown.box)
    answers = segmenter.segment(shown.pixels, [one.box for one in asked], untrained=untrained)
    overlaps: dict[str, list[Overlap]] = {}
    for question, answer in zip(asked, answers, strict=True):
        overlaps.setdefault(question.kind, []).append(Overlap.of(answer.mask, question.truth))
    return Graded(shown, answers[0].score, overlaps)


def _by_prompt(graded: Sequence[Graded]) -> "dict[str, dict[str, Estimate]]":
    """Dice and IoU of every kind of prompt with its interval over persons."""
    from shared.domain.masks import mean_of

    found: dict[str, dict[str, list[tuple[str, float]]]] = {}
    for case in _by_case(graded):
        for kind in sorted({kind for one in case for kind in one.overlaps}):
            by = found.setdefault(kind, {"dice": [], "iou": []})
            for overlap in _measured(case, kind):
                by["dice"].append((case[0].shown.person, overlap.dice))
                by["iou"].append((case[0].shown.person, overlap.iou))
    return {kind: {name: mean_of(values) for name, values in by.items()} for kind, by in found.items()}


def _by_case(graded: Sequence[Graded]) -> list[list[Graded]]:
    """The pictures of each row that have masks: one, or the slices of a volume."""
    cases: dict[str, list[Graded]] = {}
    for one in graded:
        if one.overlaps:
            cases.setdefault(one.shown.case, []).append(one)
    return list(cases.values())


def _measured(case: Sequence[Graded], kind: str) -> "list[Overlap]":
    """What counts of a case: its mask over all slices, and every object that is asked for alone."""
    from shared.domain.masks import Overlap

    asked = [overlap for one in case for overlap in one.overlaps.get(kind, ())]
    return asked if kind == "object" else [Overlap.over(asked)]


def _metrics(graded: Sequence[Graded], kinds: "Mapping[str, Mapping[str, Estimate]]") -> dict[str, Any]:
    """The prompts that the cases themselves give come first; every other kind stands beside them."""
    from shared.domain.masks import mean_of

    cases = _by_case(graded)
    if not cases:
        return {"n": 0}
    own = [(case[0].shown.person, _measured(case, case[0].headline)[0]) for case in cases]
    dice = mean_of([(person, overlap.dice) for person, overlap in own])
    iou = mean_of([(person, overlap.iou) for person, overlap in own])
    return {
        "n": len(cases),
        "pictures": sum(len(case) for case in cases),
        "dice": dice.value,
        "iou": iou.value,
        "intervals": {"dice": [dice.low, dice.high], "iou": [iou.low, iou.high]},
        "by_prompt": {kind: {name: _estimate(one) for name, one in by.items()} for kind, by in kinds.items()},
    }


def _prediction(one: Graded, label: str) -> dict[str, Any]:
    told: dict[str, Any] = {"source_id": one.shown.source_id, "label": label, "confidence": one.score}
    if one.overlaps:
        own = one.overlaps[one.headline][0]
        told |= {"dice": own.dice, "iou": own.iou}
    return told


def _estimate(one: "Estimate") -> dict[str, Any]:
    return {"value": one.value, "low": one.low, "high": one.high, "n": one.n}
