"""What may become a training label: the trust table as data, each verdict under the name of its rule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.labels import is_doubted, is_stated

FINISHED = frozenset({"completed", "finished", "closed", "done"})
ENDED_EARLY = frozenset({"discontinued", "cancelled", "canceled", "stopped", "entered-in-error", "refuted"})


class Trust(StrEnum):
    """What a rule says of a case."""

    ELIGIBLE = "eligible"
    REVIEW = "review"
    REFUSED = "refused"
    PENDING = "pending"  # nobody has validated it yet


@dataclass(frozen=True)
class Standing:
    """Who validated, as far as the site knows: None in every field where the name leads to nobody."""

    known: bool
    qualified: bool = False
    active: bool = False


@dataclass(frozen=True)
class Evidence:
    """All that the trust table reads of one case; None where the source does not say."""

    diagnosis: str | None
    validator: Standing | None
    is_plan: bool = False
    status: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    code_agrees: bool | None = None
    label_known: bool = True
    discharge_agrees: bool | None = None
    revised: bool = False
    confidence: float | None = None
    consent_withdrawn: bool = False


@dataclass(frozen=True)
class Rule:
    """One line of the trust table."""

    name: str
    trust: Trust
    holds: Callable[[Evidence, float], bool]


@dataclass(frozen=True)
class Verdict:
    """The outcome with the rule that decided, and every reason to look at it again."""

    trust: Trust
    rule: str
    reasons: tuple[str, ...] = ()


def _status(case: Evidence) -> str:
    return (case.status or "").strip().casefold()


def _dates_reversed(case: Evidence, _min: float) -> bool:
    if not case.is_plan:
        return False
    return case.starts is None or (case.ends is not None and case.ends < case.starts)


RULES: tuple[Rule, ...] = (
    Rule("consent_withdrawn", Trust.REFUSED, lambda c, _: c.consent_withdrawn),
    Rule("plan_discontinued", Trust.REFUSED, lambda c, _: c.is_plan and _status(c) in ENDED_EARLY),
    Rule("plan_not_finished", Trust.REFUSED, lambda c, _: c.is_plan and _status(c) not in FINISHED),
    Rule("no_diagnosis", Trust.REFUSED, lambda c, _: c.is_plan and not is_stated(c.diagnosis)),
    Rule("bad_dates", Trust.REFUSED, _dates_reversed),
    Rule("no_diagnosis_yet", Trust.PENDING, lambda c, _: not is_stated(c.diagnosis)),
    Rule("not_validated_yet", Trust.PENDING, lambda c, _: c.validator is None and not c.is_plan),
    Rule("not_confirmed", Trust.REVIEW, lambda c, _: is_doubted(c.diagnosis or "")),
    Rule("validator_unknown", Trust.REVIEW, lambda c, _: c.validator is None or not c.validator.known),
    Rule("validator_not_qualified", Trust.REVIEW, lambda c, _: _known(c) and not _standing(c).qualified),
    Rule("validator_inactive", Trust.REVIEW, lambda c, _: _known(c) and not _standing(c).active),
    Rule("code_text_conflict", Trust.REVIEW, lambda c, _: c.code_agrees is False),
    Rule("discharge_contradicts", Trust.REVIEW, lambda c, _: c.discharge_agrees is False),
    Rule("diagnosis_revised", Trust.REVIEW, lambda c, _: c.revised),
    Rule(
        "unmapped_label", Trust.REVIEW, lambda c, _: not c.label_known and not is_doubted(c.diagnosis or "")
    ),
    Rule("low_confidence", Trust.REVIEW, lambda c, least: c.confidence is not None and c.confidence <= least),
)


def _standing(case: Evidence) -> Standing:
    return case.validator or Standing(known=False)


def _known(case: Evidence) -> bool:
    return _standing(case).known


def decide(case: Evidence, *, min_confidence: float) -> Verdict:
    """Apply the trust table: a refusal ends it, then what is pending, then every reason for review counts.

    Args:
        case: the evidence of one case.
        min_confidence: share; a case at or below it is reviewed where its confidence is known at all.

    Source: reference table of the design, "Trust rules: what may become a training label".
    """
    held = [rule for rule in RULES if rule.holds(case, min_confidence)]
    for trust in (Trust.REFUSED, Trust.PENDING, Trust.REVIEW):
        names = tuple(rule.name for rule in held if rule.trust is trust)
        if names:
            return Verdict(trust, names[0], names)
    return Verdict(Trust.ELIGIBLE, "plan_completed" if case.is_plan else "validated_statement")


def curated() -> Verdict:
    """A person vouched for the labels of a whole set: the trust table does not apply, the lineage says so."""
    return Verdict(Trust.ELIGIBLE, "curated")
