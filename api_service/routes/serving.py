"""Answers to clinicians, and what became of them."""

import hashlib
import json
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

from api_service import once
from api_service.auth import Role
from api_service.endpoint import MEDIA_BYTES, Call, Group, Rules
from api_service.errors import is_away
from api_service.files import png_size
from api_service.filing import INPUT_PURPOSE, Asked, Given, answered
from api_service.once import ReplayedError
from api_service.parse import FeedbackWish, PredictWish
from api_service.people import Known
from api_service.plan_cache import DATABASE_ERRORS
from api_service.router import AGAIN, Routed, changing
from api_service.show.serving import FeedbackTaken, Predicted, PredictedMask, Probability
from shared.domain.example import MaskAnswer, PictureAsk
from shared.errors import ConflictError, InvalidInputError
from shared.registry import answer_door, mask_feedback, models, outcomes, persons, predictions, validations
from shared.registry.answer_door import NoSeatError
from shared.registry.idempotency import RequestKey, Stored
from shared.registry.tables import MaskFeedback, Outcome

group = Group()
SERVED = frozenset({Role.CLINICIAN, Role.SERVICE})
CLOCKS_DIFFER = timedelta(minutes=5)
_KEYED = UUID("6f1c54ac-9a3b-5c0e-9b57-0b7d4f0f6b0e")


@group.post("/predict", roles=SERVED, rules=Rules(own_transactions=True, body_bytes=MEDIA_BYTES))
def predict(call: Call, wish: PredictWish) -> PredictedMask | Predicted:
    """Answer by the plan in force and write the answer down; with the database away the champion answers."""
    prediction_id = _prediction_id(call.key)
    asked = _asked(call, wish, unnamed=f"unnamed {prediction_id}")
    person = _person(call, asked.person, model_type=wish.model_type)
    question = asked.text if asked.picture is None else PictureAsk(asked.picture, (asked.box,))
    for key in (person.key if person else None, *AGAIN):
        routed = call.deps.router.answer(wish.model_type, key, question)
        given = Given.of(prediction_id, asked, routed, now=call.now)
        answer = _shown(given, routed)
        if _kept(call, given, person=person, answer=answer, routed=routed):
            return answer
        prediction_id = uuid4()  # the one before may stand, though nobody sees its answer
    raise changing(wish.model_type)


@group.post("/predictions/{prediction_id}/feedback", roles=SERVED, rules=Rules(body_bytes=MEDIA_BYTES))
def feedback(call: Call, prediction_id: UUID, wish: FeedbackWish) -> FeedbackTaken:
    """The clinician's validated answer. The same again changes nothing; a correction is kept beside it."""
    if wish.validated_at > call.now + CLOCKS_DIFFER:
        raise InvalidInputError(
            "validated_at is in the future", field="validated_at", fix="send when it was validated"
        )
    prediction = predictions.get(call.session, prediction_id)
    told = wish.model_dump(include={"blind", "validated_by", "validated_at"})
    told |= {"prediction_id": prediction_id, "received_at": call.now}
    if models.model_type(call.session, prediction.model_type).family == "segmentation":
        mask = _right_mask(call, prediction_id, wish)
        mask_feedback.add(call.session, MaskFeedback(**told), mask, vault=call.deps.vault)
    else:
        label = validations.meaning(call.session, prediction.model_type, _diagnosis(wish))
        outcomes.add(call.session, Outcome(kind="feedback", label=label, **told))
    return FeedbackTaken(status="recorded", message="the answer is kept", prediction_id=prediction_id)


def _diagnosis(wish: FeedbackWish) -> str:
    if wish.diagnosis is None or wish.mask is not None:
        raise InvalidInputError("a text is answered by a diagnosis", field="diagnosis", fix="send it alone")
    return wish.diagnosis


def _right_mask(call: Call, prediction_id: UUID, wish: FeedbackWish) -> str:
    """The mask, once it is clear that it is a PNG of the picture's size."""
    if wish.mask is None or wish.diagnosis is not None:
        fix = "send mask alone: the right one, or the one that was answered where it is right"
        raise InvalidInputError("a picture is answered by a mask", field="mask", fix=fix)
    sealed = predictions.input_of(call.session, prediction_id)
    if sealed is None:
        fix = "hand the picture in with its mask as a case"
        raise ConflictError("the picture is not kept any longer", field="prediction_id", fix=fix)
    asked = json.loads(call.deps.vault.open(sealed, INPUT_PURPOSE))
    size, wanted = png_size(wish.mask), png_size(asked["image"])
    if size is None or wanted not in (None, size):
        fix = "send a PNG of the picture's width and height, 0 outside"
        raise InvalidInputError("the mask is no PNG of the picture's size", field="mask", fix=fix)
    return wish.mask


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


def _person(call: Call, natural_key: str, *, model_type: str) -> Known | None:
    """The person behind the caller's opaque id, made at first sight; None while the database is away."""
    if not call.deps.router.cache.confirmed:
        return None
    known = call.deps.people.recall(natural_key)
    if known is not None and call.key is None:
        return known
    share = call.deps.router.cache.held(model_type).rules.evaluation_share
    sight = persons.sight(natural_key, vault=call.deps.vault, evaluation_share=share, now=call.now)
    try:
        if call.key is not None:
            with once.transaction(call):  # a repeat is answered before anybody is asked
                pass
        known = known or Known(*answer_door.know(call.deps.sessions, sight))
    except DATABASE_ERRORS as error:
        if not is_away(error):
            raise
        return None
    call.deps.people.remember(natural_key, known)
    return known


def _kept(call: Call, given: Given, *, person: Known | None, answer: Predicted, routed: Routed) -> bool:
    """Whether the answer is written down, or on the spool, and its version has its seat still.

    Writing may take long where the database stalls: who has left meanwhile is not shown.
    """
    try:
        is_filed = person is not None and _filed(call, given, person=person, answer=answer)
    except NoSeatError:
        with suppress(
            *DATABASE_ERRORS
        ):  # the plan in memory is old; without the registry it is unconfirmed soon
            call.deps.router.cache.refresh()
        return False
    if not call.deps.router.may_deliver(routed):
        return False
    if not is_filed:
        call.deps.filing.spool_answer(given)
    return True


def _filed(call: Call, given: Given, *, person: Known, answer: Predicted) -> bool:
    """Whether the registry has it; False while it is away."""
    if not call.deps.router.cache.confirmed:
        return False
    row = answered(given, person=person, vault=call.deps.vault)
    body = answer.model_dump_json().encode() if call.key else b""
    try:
        before = answer_door.file(call.deps.sessions, row, request=call.key, body=body)
    except DATABASE_ERRORS as error:
        if not is_away(error):
            raise
        return False
    if before is not None:
        raise ReplayedError(Stored(200, before))
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
