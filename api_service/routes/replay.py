"""A past answer asked again of the very bytes that gave it."""

from uuid import UUID

from sqlalchemy.orm import Session

from api_service import once
from api_service.auth import Role
from api_service.endpoint import Call, Group, Rules
from api_service.filing import INPUT_PURPOSE
from api_service.show.serving import Given, Replayed
from shared.domain.example import Answer
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import models, predictions
from shared.registry.tables import Prediction
from shared.serving.base import ModelServer

group = Group()
MAY_REPLAY = frozenset({Role.CLINICIAN, Role.OPERATOR, Role.APPROVER, Role.ADMIN})
EXACT = 1e-9


class InputGoneError(ConflictError):
    """The input of a prediction is no longer kept."""

    code = "input_gone"


@group.post("/predictions/{prediction_id}/replay", roles=MAY_REPLAY, rules=Rules(own_transactions=True))
def replay(call: Call, prediction_id: UUID) -> Replayed:
    """Answer once more by the version of then; it is loaded for that where it is in memory no longer."""
    with once.transaction(call) as session:
        row = predictions.get(session, prediction_id)
        sealed = _input(session, row)
        name = models.get(session, row.model_version_id).name
        stored, digest = Given(label=row.label, confidence=row.confidence), row.digest
    text = call.deps.vault.open(sealed, INPUT_PURPOSE).decode()
    answer = _asked(call.deps.router.server, digest, text)
    same = answer.label == stored.label and abs(answer.confidence - stored.confidence) <= EXACT
    shown = Replayed(
        status="same" if same else "differs",
        message=f"{name} answers {'as it did' if same else 'otherwise than it did'}",
        prediction_id=prediction_id,
        model_version=name,
        digest=digest,
        same=same,
        stored=stored,
        again=Given(label=answer.label, confidence=answer.confidence),
    )
    with once.transaction(call) as session:
        once.keep(call, session, status=200, body=shown.model_dump_json().encode())
    return shown


def _input(session: Session, row: Prediction) -> bytes:
    if models.model_type(session, row.model_type).family == "segmentation":
        raise InvalidInputError("answers to pictures are not replayed", field="prediction_id")
    sealed = predictions.input_of(session, row.id)
    if sealed is None:
        fix = "raise retention_days for answers to come"
        raise InputGoneError("its input is kept no longer", field="prediction_id", fix=fix)
    return sealed


def _asked(server: ModelServer, digest: str, text: str) -> Answer:
    try:
        return server.answer(digest, [text])[0]
    except NotFoundError:
        server.load(digest)  # the next look lets go of what no plan names
        return server.answer(digest, [text])[0]
