"""What waits for a clinician's eyes, read without the models' answers."""

from collections.abc import Sequence

from pydantic import Field

from api_service.auth import Role
from api_service.endpoint import Call, Group
from api_service.parse import PAGE_MOST, Body, Name, ReadingAnswer
from api_service.show.serving import ReadingShown, ReadingTaken
from shared.registry import audit, predictions, readings, validations
from shared.registry.tables import Reading

group = Group()
CLINICIANS = frozenset({Role.CLINICIAN})
_LOOKED_AT = 1000


class WorklistQuery(Body):
    """Which readings."""

    model_type: Name | None = None
    limit: int = Field(50, ge=1, le=PAGE_MOST)


@group.get("/worklist", roles=CLINICIANS)
def worklist(call: Call, query: WorklistQuery) -> list[ReadingShown]:
    """Readings that wait: disagreements of two versions first, for they decide, then the audit sample."""
    waiting = readings.open(call.session, query.model_type, _LOOKED_AT)
    first = sorted(waiting, key=lambda reading: reading.kind != "disagreement")[: query.limit]
    if first:
        _note_read(call, first)
    return [_shown(call, reading) for reading in first]


@group.post("/validations", roles=CLINICIANS)
def validate(call: Call, answer: ReadingAnswer) -> ReadingTaken:
    """Answer one reading; it counts once and blind."""
    asked = call.session.get(Reading, answer.reading_id)
    if asked is None:
        raise readings.UnknownReadingError(
            f"there is no reading {answer.reading_id}", field="reading_id", fix="see /worklist"
        )
    reading = readings.answer(
        call.session,
        answer.reading_id,
        label=validations.meaning(call.session, asked.model_type, answer.diagnosis),
        reader=answer.validated_by or call.caller.name,
        now=call.now,
    )
    return ReadingTaken(
        status="recorded",
        message="the reading is kept",
        reading_id=reading.id,
        diagnosis=reading.answer or "",
    )


def _note_read(call: Call, shown: Sequence[Reading]) -> None:
    """One row of the audit trail for the whole page: whose inputs were opened."""
    audit.write(
        call.session,
        act="read",
        subject=("readings", shown[0].id),
        actor=call.caller.name,
        at=call.now,
        details={"readings": [str(reading.id) for reading in shown]},
    )


def _shown(call: Call, reading: Reading) -> ReadingShown:
    sealed = predictions.input_of(call.session, reading.prediction_id)
    text = call.deps.vault.open(sealed, "prediction").decode() if sealed is not None else None
    return ReadingShown(
        reading_id=reading.id,
        kind=reading.kind,
        model_type=reading.model_type,
        prediction_id=reading.prediction_id,
        text=text,
        options=[str(option) for option in reading.options],
        asked_at=reading.asked_at,
    )
