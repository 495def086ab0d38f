"""Answers to clinicians, and what became of them."""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

from api_service import once
from api_service.auth import Role
from api_service.endpoint import MEDIA_BYTES, Call, Group, Rules
from api_service.errors import is_away
from api_service.filing import Asked, Given, store
from api_service.parse import FeedbackWish, PredictWish
from api_service.people import Known
from api_service.plan_cache import DATABASE_ERRORS
from api_service.router import Routed
from api_service.show.serving import FeedbackTaken, Predicted, PredictedMask, Probability
from shared.domain.example import MaskAnswer, PictureAsk
from shared.errors import InvalidInputError
from shared.registry import models, outcomes, persons, predictions, validations
from shared.registry.idempotency import RequestKey
from shared.registry.tables import Outcome

group = Group()
SERVED = frozenset({Role.CLINICIAN, Role.SERVICE})
CLOCKS_DIFFER = timedelta(minutes=5)
_KEYED = UUID("6f1c54ac-9a3b-5c0e-9b57-0b7d4f0f6b0e")


@group.post("/predict", roles=SERVED, rules=Rules(own_transactions=True, body_bytes=MEDIA_BYTES))
def predict(call: Call, wish: PredictWish) -> PredictedMask | Predicted:
    """Answer by the plan in force and write the answer down; with the database away the champion answers."""
    prediction_id = _prediction_id(call.key)
    asked = _asked(call, wish, unnamed=f"unnamed {prediction_id}")
    person = _person(call, asked.person)
    question = asked.text if asked.picture is None else PictureAsk(asked.picture, (asked.box,))
    routed = call.deps.router.answer(wish.model_type, person.key if person else None, question)
    given = Given.of(prediction_id, asked, routed, now=call.now)
    answer = _shown(given, routed)
    if person is None or not _stored(call, given, person=person, answer=answer):
        call.deps.filing.spool_answer(given)
    return answer


@group.post("/predictions/{prediction_id}/feedback", roles=SERVED)
def feedback(call: Call, prediction_id: UUID, wish: FeedbackWish) -> FeedbackTaken:
    """The clinician's validated answer. The same again changes nothing; a correction is kept beside it."""
    if wish.validated_at > call.now + CLOCKS_DIFFER:
        raise InvalidInputError(
            "validated_at is in the future", field="validated_at", fix="send when it was validated"
        )
    prediction = predictions.get(call.session, prediction_id)
    if models.model_type(call.session, prediction.model_type).family == "segmentation":
        fix = "import the picture with the right mask as a case"
        raise InvalidInputError("a mask is not corrected by a diagnosis", field="diagnosis", fix=fix)
    row = Outcome(
        prediction_id=prediction_id,
        kind="feedback",
        label=validations.meaning(call.session, prediction.model_type, wish.diagnosis),
        blind=wish.blind,
        validated_by=wish.validated_by,
        validated_at=wish.validated_at,
        received_at=call.now,
    )
    outcomes.add(call.session, row)
    return FeedbackTaken(status="recorded", message="the answer is kept", prediction_id=prediction_id)


def _asked(call: Call, wish: PredictWish, *, unnamed: str) -> Asked:
    """What is asked, once it is clear that a version serves this type."""
    call.deps.router.cache.held(wish.model_type)
    if wish.image is None and not (wish.text and wish.text.strip()):
        raise InvalidInputError("the text is empty", field="text", fix="send text, or image")
    for name, told in (("person", wish.person), ("encounter", wish.encounter)):
        if wish.image is None and told is None:
            raise InvalidInputError(f"{name} must be given with a text", field=name, fix="send an opaque id")
    return Asked(
        person=wish.person or unnamed,
        encounter=wish.encounter or unnamed,
        text=wish.text or "",
        picture=wish.image,
        box=wish.box,
        subgroup=wish.subgroup.known(),
    )


def _person(call: Call, natural_key: str) -> Known | None:
    """The person behind the caller's opaque id, made at first sight; None while the database is away."""
    if not call.deps.router.cache.confirmed:
        return None
    known = call.deps.people.recall(natural_key)
    if known is not None and call.key is None:
        return known
    try:
        with once.transaction(call) as session:
            person = persons.of(session, natural_key, vault=call.deps.vault, now=call.now)
            known = Known(person.id, person.key)
    except DATABASE_ERRORS as error:
        if not is_away(error):
            raise
        return None
    call.deps.people.remember(natural_key, known)
    return known


def _stored(call: Call, given: Given, *, person: Known, answer: Predicted) -> bool:
    try:
        with once.transaction(call) as session:
            store(session, given, person=person, vault=call.deps.vault)
            once.keep(call, session, status=200, body=answer.model_dump_json().encode())
    except DATABASE_ERRORS as error:
        if not is_away(error):
            raise
        return False
    return True


def _prediction_id(key: RequestKey | None) -> UUID:
    """The same for a repeat under one key, so that a spooled answer and its repeat are one."""
    if key is None:
        return uuid4()
    return uuid5(_KEYED, f"{key.actor}\n{key.key}\n{hashlib.sha256(key.body_sha256).hexdigest()}")


def _shown(given: Given, routed: Routed) -> PredictedMask | Predicted:
    told = Predicted(
        prediction_id=given.id,
        label=given.label,
        confidence=given.confidence,
        top=[Probability(label=label, probability=share) for label, share in given.top],
        abstain=given.abstain,
        model_type=given.model_type,
        model_version=routed.served.name,
        digest=given.digest,
        plan_version=given.plan_number,
    )
    if isinstance(routed.answer, MaskAnswer):
        return PredictedMask(**dict(told), mask=routed.answer.mask, score=routed.answer.score)
    return told
