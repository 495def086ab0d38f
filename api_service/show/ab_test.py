"""The comparison in service as people read it: percentages, evidence, and the share really served."""

from datetime import datetime
from math import exp, sqrt
from uuid import UUID

from api_service.show.shape import Shape, percent
from shared.registry.challenges import Challenge
from shared.registry.tables import Approval

_LARGEST_LOG = 700.0  # beyond it an e-value is no float any more
_RATIO_LIMIT = 4.0  # standard errors; chance alone passes it once in 16,000 looks


class Counted(Shape):
    """How many answers a comparison rests on; `undecided` labels have not reached the engine yet."""

    served: int
    labelled: int
    paired: int
    disagreements: int
    readings: int
    undecided: int


class Split(Shape):
    """The share of persons that each side answers, in percent; together 100."""

    model_a: float
    model_b: float


class Guardrail(Shape):
    """Evidence that one group is harmed; the engine rolls back when it is large enough."""

    name: str
    e_value: float


class SampleRatio(Shape):
    """Whether the challenger answered as many as the plan said, repeat visits of few persons apart."""

    expected_percent: float | None
    observed_percent: float | None
    served: int
    ok: bool


class Held(Shape):
    """Who holds the ramp, since when and why."""

    by: str
    at: datetime
    reason: str


class Asked(Shape):
    """Who asks for the next step without more evidence, and what the second person said."""

    approval_id: UUID
    state: str
    by: str
    at: datetime
    reason: str


class AbTest(Shape):
    """`GET /models/ab-test`: the running or the last comparison in service."""

    status: str
    message: str
    model_type: str
    model_a: str | None = None
    model_b: str | None = None
    traffic_split: Split | None = None
    started_at: datetime | None = None
    stage: str | None = None
    n: Counted | None = None
    effect: float | None = None
    interval: list[float | None] | None = None
    e_value: float | None = None
    e_value_harm: float | None = None
    guardrails: list[Guardrail] = []
    sample_ratio_check: SampleRatio | None = None
    decision: str | None = None
    why: str | None = None
    held: Held | None = None
    asked: Asked | None = None

    @classmethod
    def of(cls, found: Challenge, model_type: str) -> "AbTest":
        """The challenge with the engine's own counts; effect and interval are points of accuracy."""
        verb = "is compared with" if found.running else "was compared with"
        shown = found.shown
        return cls(
            status="running" if found.running else "concluded",
            message=f"{found.challenger} {verb} {found.champion}; it is {found.state}",
            model_type=model_type,
            model_a=found.champion,
            model_b=found.challenger,
            traffic_split=Split(model_a=100 * (1 - found.share), model_b=100 * found.share),
            started_at=found.started_at,
            stage=shown.get("stage"),
            n=Counted(
                served=found.served_by_champion + found.served_by_challenger,
                labelled=found.labelled,
                paired=found.paired,
                disagreements=shown.get("disagreements", 0),
                readings=shown.get("votes", 0),
                undecided=found.undecided,
            ),
            effect=percent(shown.get("effect")),
            interval=[percent(edge) for edge in shown["interval"]] if shown else None,
            e_value=_e_value(shown["log_e_superior"]) if shown else None,
            e_value_harm=_e_value(shown["log_e_harm"]) if shown else None,
            guardrails=[
                Guardrail(name=name, e_value=_e_value(value))
                for name, value in shown.get("log_e_groups", {}).items()
            ],
            sample_ratio_check=_sample_ratio(found),
            decision=found.decision,
            why=found.why,
            held=Held(**found.steering.held) if found.running and found.steering.held else None,
            asked=_asked(found.steering.asked) if found.running else None,
        )


def _asked(row: Approval | None) -> Asked | None:
    if row is None:
        return None
    return Asked(approval_id=row.id, state=row.state, by=row.maker, at=row.created_at, reason=row.reason)


def _e_value(log_value: float) -> float:
    return round(exp(min(log_value, _LARGEST_LOG)), 3)


def _sample_ratio(found: Challenge) -> SampleRatio:
    served, expected = found.served_by_champion + found.served_by_challenger, found.expected_share
    observed = found.served_by_challenger / served if served else None
    ok = True
    if expected is not None and observed is not None:
        ok = abs(observed - expected) <= _RATIO_LIMIT * sqrt(expected * (1 - expected) / served)
    return SampleRatio(
        expected_percent=percent(expected), observed_percent=percent(observed), served=served, ok=ok
    )
