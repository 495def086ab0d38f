"""The shape of a comparison's steps, for the curve of its difference."""

from datetime import datetime
from math import log
from uuid import UUID

from api_service.show.ab_test import Split
from api_service.show.shape import Message, Shape, percent
from shared.domain.policy import Policy
from shared.registry.challenge_steps import Step


class TestStarted(Shape):
    """`POST /models/ab-test`: a comparison begins in shadow, so the live version answers everybody still."""

    status: str
    message: str
    model_a: str
    model_b: str
    traffic_split: Split
    started_at: datetime


class StepAsked(Message):
    """`POST /models/{version}/promote`: the request that a second person decides by its id."""

    approval_id: UUID
    model_version: str


class StepShown(Shape):
    """One step of the decision engine; differences are in percentage points, evidence in natural logs."""

    step: int
    at: datetime
    action: str
    stage: str
    cases: int
    disagreements: int
    votes: int
    effect: float | None
    low: float | None
    high: float | None
    log_e_superior: float
    log_e_harm: float
    why: str

    @classmethod
    def of(cls, found: Step) -> "StepShown":
        """One point of the curve."""
        shown = found.shown
        low, high = shown["interval"]
        return cls(
            step=found.number,
            at=found.at,
            action=found.action,
            stage=str(shown["stage"]),
            cases=shown["cases"],
            disagreements=shown["disagreements"],
            votes=shown["votes"],
            effect=percent(shown["effect"]),
            low=percent(low),
            high=percent(high),
            log_e_superior=round(shown["log_e_superior"], 4),
            log_e_harm=round(shown["log_e_harm"], 4),
            why=str(shown["why"]),
        )


class Course(Shape):
    """`GET /models/ab-test/steps`: the whole course, and the lines at which something would be done."""

    model_type: str
    rollback_drop: float
    log_e_promote: float
    log_e_rollback: float
    ramp: list[float]
    steps: list[StepShown]

    @classmethod
    def of(cls, model_type: str, policy: Policy, found: list[Step]) -> "Course":
        """The steps beside the policy's bounds; an e-value decides at 1 over alpha."""
        return cls(
            model_type=model_type,
            rollback_drop=round(100 * policy.rollback_drop, 2),
            log_e_promote=round(-log(policy.alpha_promote), 4),
            log_e_rollback=round(-log(policy.alpha_rollback), 4),
            ramp=[round(100 * share, 2) for share in policy.ramp],
            steps=[StepShown.of(step) for step in found],
        )
