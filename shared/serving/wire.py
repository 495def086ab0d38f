"""How answers and errors of the model server look as JSON, read and written in one place."""

from collections.abc import Mapping
from typing import Any

from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import ConflictError, Error, InvalidInputError, NotFoundError, PartDownError

MOST_BOXES = 100
STATUS: Mapping[type[Error], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    InvalidInputError: 422,
    PartDownError: 503,
}


def answer_json(answer: Answer) -> dict[str, Any]:
    """One answer."""
    top = [list(pair) for pair in answer.top]
    return {"label": answer.label, "confidence": answer.confidence, "top": top}


def read_answer(body: Mapping[str, Any]) -> Answer:
    """One answer back from its JSON."""
    top = tuple((str(label), float(share)) for label, share in body["top"])
    return Answer(str(body["label"]), float(body["confidence"]), top)


def ask_json(ask: PictureAsk) -> dict[str, Any]:
    """What a picture is asked."""
    boxes = [None if box is None else list(box) for box in ask.boxes]
    return {"image": ask.image, "boxes": boxes, "untrained": ask.untrained}


def read_ask(body: Mapping[str, Any]) -> PictureAsk:
    """What a picture is asked, back from its JSON.

    Raises:
        InvalidInputError: it is no such thing.
    """
    image, boxes = body.get("image"), body.get("boxes", [None])
    if not isinstance(image, str) or not isinstance(boxes, list) or not 0 < len(boxes) <= MOST_BOXES:
        raise InvalidInputError(f"image and 1 to {MOST_BOXES} boxes must be given", field="boxes")
    return PictureAsk(image, tuple(_box(box) for box in boxes), body.get("untrained") is True)


def mask_json(answer: MaskAnswer) -> dict[str, Any]:
    """One mask."""
    return {"mask": answer.mask, "label": answer.label, "score": answer.score}


def read_mask(body: Mapping[str, Any]) -> MaskAnswer:
    """One mask back from its JSON."""
    return MaskAnswer(str(body["mask"]), str(body["label"]), float(body["score"]))


def _box(told: object) -> tuple[float, float, float, float] | None:
    if told is None:
        return None
    numbers = told if isinstance(told, list) else []
    if len(numbers) != 4 or not all(isinstance(edge, (int, float)) for edge in numbers):
        raise InvalidInputError("a box is four numbers, x0, y0, x1, y1", field="boxes")
    return float(numbers[0]), float(numbers[1]), float(numbers[2]), float(numbers[3])


def status_of(error: Error) -> int:
    """The HTTP status of an error's family."""
    return next((status for family, status in STATUS.items() if isinstance(error, family)), 500)


def read_error(status: int, body: Mapping[str, Any]) -> Error:
    """The error that a status and body stand for; its code is the family's, its sentence the server's."""
    detail = str(body.get("detail", f"the model server answered {status}"))
    family = next((family for family, known in STATUS.items() if known == status), PartDownError)
    return family(detail, field=body.get("field"), fix=body.get("fix"))
