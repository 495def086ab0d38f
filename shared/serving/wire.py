"""How answers and errors of the model server look as JSON, read and written in one place."""

from collections.abc import Mapping
from typing import Any

from shared.domain.example import Answer
from shared.errors import ConflictError, Error, InvalidInputError, NotFoundError, PartDownError

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


def status_of(error: Error) -> int:
    """The HTTP status of an error's family."""
    return next((status for family, status in STATUS.items() if isinstance(error, family)), 500)


def read_error(status: int, body: Mapping[str, Any]) -> Error:
    """The error that a status and body stand for; its code is the family's, its sentence the server's."""
    detail = str(body.get("detail", f"the model server answered {status}"))
    family = next((family for family, known in STATUS.items() if known == status), PartDownError)
    return family(detail, field=body.get("field"), fix=body.get("fix"))
