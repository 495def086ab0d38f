"""What waits for a clinician's eyes: blind readings, cases under review, second readings."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group
from api_service.parse import PAGE_MOST, Body, Name, Opaque, TypeQuery
from api_service.show.review import AgreementShown, Asked, AutomationBias, Kappa, Taken, WorkItem
from shared.errors import ForbiddenError
from shared.registry import audit, cases, labels, predictions, readings, reviews, second_reads, validations
from shared.registry.cases import CASE_PURPOSE
from shared.registry.readings import CLEANED_PURPOSE
from shared.registry.tables import Reading, ValidatedCase
from shared.registry.validations import Word

group = Group()
CLINICIANS = frozenset({Role.CLINICIAN})
Kind = Literal["disagreement", "audit", "hard", "adjudicate", "second_read", "review", "unmapped"]


class WorklistQuery(Body):
    """Which work."""

    model_type: Name | None = None
    kind: Kind | None = None
    clinician: Opaque | None = None  # whose list of hard cases; those of everybody where nobody is named
    limit: int = Field(50, ge=1, le=PAGE_MOST)


class Said(Body):
    """`POST /validations`: the answer to a reading of the worklist, or a word on a case."""

    reading_id: UUID | None = None
    case_id: UUID | None = None
    kind: Literal["confirm", "amend", "reject", "second_read", "adjudicate"] | None = None
    diagnosis: str | None = Field(None, min_length=1, max_length=300)
    validated_by: Opaque | None = None
    saw_model_answer: bool = False
    seconds_spent: int | None = Field(None, ge=0, le=86_400)

    @model_validator(mode="after")
    def _one_thing(self) -> "Said":
        if (self.reading_id is None) == (self.case_id is None):
            raise ValueError("give either reading_id or case_id")
        if self.case_id is not None and self.kind is None:
            raise ValueError("kind is needed with case_id")
        if self.reading_id is not None and self.diagnosis is None:
            raise ValueError("diagnosis is needed with reading_id")
        return self


@group.get("/worklist", roles=CLINICIANS)
def worklist(call: Call, query: WorklistQuery) -> list[WorkItem]:
    """Disagreements of two versions first, for they decide; then the audit sample, then the hard, by rank."""
    found: list[WorkItem] = []
    for kinds, work in _WORK:
        if query.kind in (None, *kinds) and len(found) < query.limit:
            found += [one for one in work(call, query) if query.kind in (None, one.kind)]
    return found[: query.limit]


@group.post("/validations", roles=CLINICIANS)
def validate(call: Call, said: Said) -> Taken:
    """Answer a reading, which counts once and blind, or say of a case what it is."""
    if said.reading_id is not None:
        return _answered(call, said, said.reading_id)
    case = cases.get(call.session, said.case_id or UUID(int=0))
    call.session.refresh(case, with_for_update=True)
    word = Word(said.kind or "confirm", said.diagnosis, said.saw_model_answer, said.seconds_spent)
    by = _speaker(call, said.validated_by)
    row = validations.record(call.session, case, word, by=by, now=call.now)
    return Taken(
        status="recorded",
        message="the reading is kept",
        diagnosis=row.diagnosis or "",
        case_id=case.id,
        kind=row.kind,
        state=case.state.value,
    )


@group.post("/cases/{case_id}/second-read", roles=frozenset({Role.CLINICIAN, Role.STEWARD}))
def ask_second(call: Call, case_id: UUID) -> Asked:
    """Put a case before a second reader, who will not see its label."""
    case = cases.get(call.session, case_id)
    second_reads.ask(call.session, [case], why="request", by=call.caller.name, now=call.now)
    return Asked(status="waiting", message="the case waits for a second reader", case_id=case.id)


@group.get("/validations/agreement", roles=READERS)
def agreement(call: Call, query: TypeQuery) -> AgreementShown:
    """How well first and second readers agree beyond chance, and how much the model's answer sways them."""
    overall, each = reviews.agreement_of(call.session, query.model_type)
    return AgreementShown(
        model_type=query.model_type,
        overall=Kappa.of(overall),
        by_label={label: Kappa.of(found) for label, found in each.items()},
        automation_bias=AutomationBias.of(reviews.automation_bias(call.session, query.model_type)),
    )


def _speaker(call: Call, named: str | None) -> str:
    """Who says it: the caller; only an app that signs its own people in (role service) names another.

    Raises:
        ForbiddenError: a person's key names somebody else, who could be the second reader.
    """
    if named is None or named == call.caller.name.removeprefix("key:"):
        return call.caller.name
    if Role.SERVICE not in call.caller.roles:
        fix = "leave validated_by out, or use a key that also holds the role service"
        raise ForbiddenError("a person's key speaks for itself alone", field="validated_by", fix=fix)
    return named


def _answered(call: Call, said: Said, reading_id: UUID) -> Taken:
    asked = call.session.get(Reading, reading_id)
    if asked is None:
        raise readings.UnknownReadingError(
            f"there is no reading {reading_id}", field="reading_id", fix="see /worklist"
        )
    label = validations.meaning(call.session, asked.model_type, said.diagnosis or "")
    by = _speaker(call, said.validated_by)
    reading = readings.answer(call.session, reading_id, label=label, reader=by, now=call.now)
    message = "the reading is kept"
    return Taken(status="recorded", message=message, reading_id=reading.id, diagnosis=reading.answer or "")


def _readings(call: Call, query: WorklistQuery) -> list[WorkItem]:
    kinds = readings.KINDS if query.kind is None else (query.kind,)
    first = readings.open(call.session, query.model_type, query.limit, kinds=kinds, clinician=query.clinician)
    _note_read(call, "readings", [reading.id for reading in first])
    return [_reading(call, reading) for reading in first]


def _second(call: Call, query: WorklistQuery) -> list[WorkItem]:
    rows = second_reads.open_ones(call.session, query.model_type, query.limit)
    ordered = sorted(rows, key=lambda row: row[0].answered_at is None)
    _note_read(call, "validated_cases", [case.id for _, case in ordered])
    return [WorkItem.read_again(asked, case, _text(call, case)) for asked, case in ordered]


def _reviews(call: Call, query: WorklistQuery) -> list[WorkItem]:
    found = reviews.under_review(call.session, query.model_type, query.limit)
    _note_read(call, "validated_cases", [case.id for case in found])
    return [WorkItem.review(case, _text(call, case)) for case in found]


def _unmapped(call: Call, query: WorklistQuery) -> list[WorkItem]:
    types = [query.model_type] if query.model_type else [kind.name for kind, _ in labels.types(call.session)]
    vault = call.deps.vault
    return [
        WorkItem.unmapped(model_type, one)
        for model_type in types
        for one in labels.unmapped(call.session, model_type, vault=vault, limit=query.limit)
    ]


_WORK = (
    (readings.KINDS, _readings),
    (("adjudicate", "second_read"), _second),
    (("review",), _reviews),
    (("unmapped",), _unmapped),
)


def _note_read(call: Call, kind: str, ids: Sequence[UUID]) -> None:
    """One row of the audit trail for the whole page: whose inputs were opened."""
    if ids:
        audit.write(
            call.session,
            act="read",
            subject=(kind, ids[0]),
            actor=call.caller.name,
            at=call.now,
            details={kind: [str(one) for one in ids]},
        )


def _reading(call: Call, reading: Reading) -> WorkItem:
    """A prediction that is read blind: without its identifiers, and with no text until they are taken out."""
    cleaned = predictions.cleaned_input_of(call.session, reading.prediction_id)
    text = call.deps.vault.open(cleaned, CLEANED_PURPOSE).decode() if cleaned is not None else None
    kept = cleaned is not None or predictions.input_of(call.session, reading.prediction_id) is not None
    return WorkItem(
        reading_id=reading.id,
        kind=reading.kind,
        model_type=reading.model_type,
        prediction_id=reading.prediction_id,
        text=text,
        options=[str(option) for option in reading.options],
        asked_at=reading.asked_at,
        wanted_of=reading.wanted_of,
        preparing=kept and cleaned is None,
    )


def _text(call: Call, case: ValidatedCase) -> str | None:
    sealed = case.input_sealed
    return call.deps.vault.open(sealed, CASE_PURPOSE).decode() if sealed is not None else None
