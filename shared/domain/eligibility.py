"""What may become a training label: the trust table as data, each verdict under the name of its rule."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.assertion import Stance, certainty, stance
from shared.domain.evidence import Answer, Evidence, Imaging, Standing
from shared.domain.health_records import (
    CONDITION_STATUS,
    CONFIRMED_REPORT,
    UNFINISHED_REPORT,
    VOID_ENCOUNTER,
    Record,
)
from shared.domain.labels import is_stated

__all__ = ["HARD_NEGATIVES", "RULES", "Answer", "Evidence", "Imaging", "Rule", "Standing", "Trust", "Verdict"]
__all__ += ["curated", "decide"]

FINISHED = frozenset({"completed", "finished", "closed", "done"})
KNOWN_STATUS: Mapping[str, Set[str | None]] = {
    "condition": CONDITION_STATUS | {None},
    "report": CONFIRMED_REPORT | UNFINISHED_REPORT | {"cancelled", "entered-in-error"},
}
SETTLED_ENCOUNTER = VOID_ENCOUNTER | {"finished", "completed", "missing", None}
APPROVED = frozenset({"approved", "verified", "accepted"})
AMENDED = frozenset({"amended", "corrected", "edited"})
REJECTED = frozenset({"rejected", "refused", "declined"})
# Refused as what they claim to be; a site may learn from them that it is not so.
HARD_NEGATIVES = frozenset({"refuted", "image_rejected"})
ENDED_EARLY = frozenset({"discontinued", "cancelled", "canceled", "stopped", "entered-in-error", "refuted"})


class Trust(StrEnum):
    """What a rule says of a case."""

    ELIGIBLE = "eligible"
    REVIEW = "review"
    REFUSED = "refused"
    PENDING = "pending"  # nobody has validated it yet


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


def _in_audit(case: Evidence) -> bool:
    return case.answer is not None and case.answer.in_audit


def _is_unsure(case: Evidence, least: float) -> bool:
    return case.confidence is not None and case.confidence <= least


def _standing(case: Evidence) -> Standing:
    return case.validator or Standing(known=False)


def _known(case: Evidence) -> bool:
    return _standing(case).known


def _is_staff(case: Evidence) -> bool:
    """Whether the signature is that of somebody known; a record has rules of its own for it."""
    return case.record is None and _known(case)


def _is_plain(case: Evidence) -> bool:
    """Whether it is a bare statement, neither a plan nor of a record system nor a picture's."""
    return not case.is_plan and case.record is None and case.imaging is None


def _says(*stances: Stance) -> Callable[[Evidence, float], bool]:
    """A rule about how the diagnosis is meant, by its words or by the letter behind its code."""
    return lambda case, _: stance(case.diagnosis or "") in stances or certainty(case.icd_code) in stances


def _is_meant(case: Evidence) -> bool:
    return stance(case.diagnosis or "") is Stance.STATED


def _pictured(rule: Callable[[Imaging], bool]) -> Callable[[Evidence, float], bool]:
    """A rule about pictures only."""
    return lambda case, _: case.imaging is not None and rule(case.imaging)


def _by_staff(record: Record) -> bool:
    return record.asserted_by == "practitioner"


def _is_idle(record: Record, who: Standing) -> bool:
    return _by_staff(record) and who.known and not (who.active and record.asserter_works)


def _of(rule: Callable[[Record, Standing], bool]) -> Callable[[Evidence, float], bool]:
    """A rule about records only: it reads the record and who stands behind it."""
    return lambda case, _: case.record is not None and rule(case.record, _standing(case))


# What health record systems say, refusals first; the first that holds names the outcome.
RECORD_RULES: tuple[Rule, ...] = (
    Rule("unknown_modifier_extension", Trust.REFUSED, _of(lambda r, _: r.modified)),
    Rule("entered_in_error", Trust.REFUSED, _of(lambda r, _: r.status == "entered-in-error")),
    Rule("refuted", Trust.REFUSED, _of(lambda r, _: r.condition_is("refuted"))),
    Rule("report_cancelled", Trust.REFUSED, _of(lambda r, _: r.report_is({"cancelled"}))),
    Rule("encounter_cancelled", Trust.REFUSED, _of(lambda r, _: r.encounter in VOID_ENCOUNTER)),
    Rule("not_a_diagnosis", Trust.REFUSED, _of(lambda r, _: not r.is_diagnosis)),
    Rule("verification_status_absent", Trust.REVIEW, _of(lambda r, _: r.condition_is(None))),
    Rule("provisional", Trust.REVIEW, _of(lambda r, _: r.condition_is("provisional"))),
    Rule("differential", Trust.REVIEW, _of(lambda r, _: r.condition_is("differential"))),
    Rule("unconfirmed", Trust.REVIEW, _of(lambda r, _: r.condition_is("unconfirmed"))),
    Rule("report_preliminary", Trust.REVIEW, _of(lambda r, _: r.report_is(UNFINISHED_REPORT))),
    Rule("status_unknown", Trust.REVIEW, _of(lambda r, _: r.status not in KNOWN_STATUS[r.kind])),
    Rule("confirmed_but_nobody_asserts", Trust.REVIEW, _of(lambda r, _: r.asserted_by is None)),
    Rule("recorder_only", Trust.REVIEW, _of(lambda r, _: r.asserted_by == "recorder")),
    Rule("patient_asserted", Trust.REVIEW, _of(lambda r, _: r.asserted_by == "patient")),
    Rule("asserter_not_in_export", Trust.REVIEW, _of(lambda r, who: _by_staff(r) and not who.known)),
    Rule("asserter_inactive", Trust.REVIEW, _of(_is_idle)),
    Rule(
        "asserter_without_qualification",
        Trust.REVIEW,
        _of(lambda r, who: _by_staff(r) and who.known and not who.qualified),
    ),
    Rule("encounter_not_in_export", Trust.REVIEW, _of(lambda r, _: r.encounter == "missing")),
    Rule("encounter_not_finished", Trust.REVIEW, _of(lambda r, _: r.encounter not in SETTLED_ENCOUNTER)),
    Rule("encounter_not_named", Trust.REVIEW, _of(lambda r, _: r.is_condition and r.encounter is None)),
    Rule("encounter_of_another_patient", Trust.REVIEW, _of(lambda r, _: not r.same_patient)),
    Rule("patient_not_in_export", Trust.REVIEW, _of(lambda r, _: not r.patient_known)),
    Rule("note_unreadable", Trust.REVIEW, _of(lambda r, _: not r.note_readable)),
)

# What a verified picture says; an approved one, or an amended one with its mask, may be learnt from.
IMAGE_RULES: tuple[Rule, ...] = (
    Rule("image_rejected", Trust.REFUSED, _pictured(lambda i: i.is_one_of(REJECTED))),
    Rule("not_verified_yet", Trust.PENDING, _pictured(lambda i: not i.verification)),
    Rule("image_not_approved", Trust.REVIEW, _pictured(lambda i: not i.is_one_of(APPROVED | AMENDED))),
    Rule("amended_without_mask", Trust.REVIEW, _pictured(lambda i: i.is_one_of(AMENDED) and not i.has_mask)),
)

# How a diagnosis is worded: only what is stated of the patient now can be a label.
WORDING_RULES: tuple[Rule, ...] = (
    Rule("not_confirmed", Trust.REVIEW, _says(Stance.DOUBTED)),
    Rule("diagnosis_denied", Trust.REVIEW, _says(Stance.DENIED)),
    Rule("diagnosis_historic", Trust.REVIEW, _says(Stance.HISTORIC)),
    Rule("diagnosis_of_family", Trust.REVIEW, _says(Stance.FAMILY)),
    Rule("diagnosis_hypothetical", Trust.REVIEW, _says(Stance.HYPOTHETICAL)),
    Rule("note_denies_diagnosis", Trust.REVIEW, lambda c, _: c.note_denies),
)

RULES: tuple[Rule, ...] = (
    Rule("consent_withdrawn", Trust.REFUSED, lambda c, _: c.consent_withdrawn),
    Rule("plan_discontinued", Trust.REFUSED, lambda c, _: c.is_plan and _status(c) in ENDED_EARLY),
    Rule("plan_not_finished", Trust.REFUSED, lambda c, _: c.is_plan and _status(c) not in FINISHED),
    *RECORD_RULES,
    *IMAGE_RULES,
    Rule("no_diagnosis", Trust.REFUSED, lambda c, _: not _is_plain(c) and not is_stated(c.diagnosis)),
    Rule(
        "not_an_illness",
        Trust.REFUSED,
        lambda c, _: c.record is None and is_stated(c.diagnosis) and not c.is_diagnosis,
    ),
    Rule("bad_dates", Trust.REFUSED, _dates_reversed),
    Rule("no_diagnosis_yet", Trust.PENDING, lambda c, _: not is_stated(c.diagnosis)),
    Rule("not_validated_yet", Trust.PENDING, lambda c, _: c.validator is None and _is_plain(c)),
    *WORDING_RULES,
    Rule("validator_unknown", Trust.REVIEW, lambda c, _: c.record is None and not _known(c)),
    Rule("validator_not_qualified", Trust.REVIEW, lambda c, _: _is_staff(c) and not _standing(c).qualified),
    Rule("validator_inactive", Trust.REVIEW, lambda c, _: _is_staff(c) and not _standing(c).active),
    Rule("copy_through", Trust.REVIEW, lambda c, _: c.answer is not None and c.answer.copied),
    Rule("code_text_conflict", Trust.REVIEW, lambda c, _: c.code_agrees is False),
    Rule("discharge_contradicts", Trust.REVIEW, lambda c, _: c.discharge_agrees is False),
    Rule("diagnosis_revised", Trust.REVIEW, lambda c, _: c.revised),
    Rule("unmapped_label", Trust.REVIEW, lambda c, _: not c.label_known and _is_meant(c)),
    Rule("low_confidence", Trust.REVIEW, lambda c, least: not _in_audit(c) and _is_unsure(c, least)),
)


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
    return Verdict(Trust.ELIGIBLE, _ground(case))


def _ground(case: Evidence) -> str:
    """Why a case with nothing against it may be learnt from."""
    if case.record is not None:
        confirmed = "confirmed_by_qualified_practitioner"
        return case.record.policy or (
            confirmed if case.record.is_condition else f"report_{case.record.status}"
        )
    if case.answer is not None:
        return "audit_sample" if case.answer.in_audit else "validated_answer"
    if case.imaging is not None:
        return f"image_{case.imaging.verification}"
    return "plan_completed" if case.is_plan else "validated_statement"


def curated() -> Verdict:
    """A person vouched for the labels of a whole set: the trust table does not apply, the lineage says so."""
    return Verdict(Trust.ELIGIBLE, "curated")
