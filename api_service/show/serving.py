"""The shapes of answers to clinicians."""

from uuid import UUID

from api_service.show.shape import Shape


class Probability(Shape):
    """One label with its probability, 0 to 1."""

    label: str
    probability: float


class Predicted(Shape):
    """`POST /predict`: an answer, and the bytes and the plan that it comes from. Shares are 0 to 1."""

    prediction_id: UUID
    label: str
    confidence: float
    top: list[Probability]
    abstain: bool
    model_type: str
    model_version: str
    digest: str
    plan_version: int


class PredictedMask(Predicted):
    """`POST /predict` of a picture: `mask` is a PNG in base64, 255 inside, `score` the IoU it expects."""

    mask: str
    score: float


class Given(Shape):
    """An answer as far as it can be compared."""

    label: str
    confidence: float


class Replayed(Shape):
    """`POST /predictions/{id}/replay`: what was answered then, and what the same bytes answer now."""

    status: str
    message: str
    prediction_id: UUID
    model_version: str
    digest: str
    same: bool
    stored: Given
    again: Given


class FeedbackTaken(Shape):
    """`POST /predictions/{id}/feedback`: kept, or known already."""

    status: str
    message: str
    prediction_id: UUID
