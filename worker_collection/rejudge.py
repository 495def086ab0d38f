"""Waiting cases judged again when the site has learnt a word or knows a signer: as if they came in now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.domain.eligibility import Trust
from shared.domain.labels import Entry
from shared.registry import cases, labels, moves, policies, sources, testimonies, validators
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import DeidReport, QualityReport, Testimony, ValidatedCase
from shared.registry.validations import UNMASKED
from worker_collection.check import phrases_of, prepare_text
from worker_collection.deps import Deps
from worker_collection.draft import Draft
from worker_collection.intake import content_hash
from worker_collection.testimony import draft_of, opened
from worker_collection.trust import Rules, Trusted, judge
from worker_collection.wording import space_of

BATCH = 200
# What the table did not say of a case: a later check did, and only a person takes it away.
_OWN_REASONS = (
    "readers_disagree",
    "validator_lapsed",
    "deid_quarantine",
    "too_little_text",
    "same_text_other_label",
    "burst_signing",
    "copied_text",
)


def waiting(deps: Deps, *, by: str) -> int:
    """Judge every case again that was asked for; how many of them nothing holds any more."""
    freed = 0
    while True:
        with deps.sessions.begin() as session:
            asked = testimonies.stale(session, BATCH)
            if not asked:
                return freed
            freed += _again(session, asked, deps, by=by)


def mask_case(case_id: UUID, deps: Deps) -> None:
    """Mask the label that a reader gave a case in its text; a second delivery does nothing."""
    with deps.sessions.begin() as session:
        case = session.get(ValidatedCase, case_id, with_for_update=True)
        if case is None or not case.content_hash.startswith(UNMASKED) or case.diagnosis is None:
            return
        space = space_of(labels.of(session, case.model_type), [])
        text = _text(case, deps)
        entry = space.entry(case.diagnosis) or Entry(case.diagnosis)
        _mask(session, case, text, phrases=phrases_of(entry, case.diagnosis), deps=deps)


def mask_waiting(deps: Deps) -> None:
    """Mask what readers relabelled and no doorbell brought."""
    marked = ValidatedCase.content_hash.between(UNMASKED, UNMASKED + "~")
    with deps.sessions() as session:
        waiting_ids = list(session.scalars(select(ValidatedCase.id).where(marked)))
    for case_id in waiting_ids:
        mask_case(case_id, deps)


def _again(session: Session, asked: Sequence[Testimony], deps: Deps, *, by: str) -> int:
    terms: dict[UUID, Rules] = {}
    decided: list[UUID] = []
    for one in asked:
        case = cases.get(session, one.case_id)
        one.stale = False
        if case.state not in testimonies.WAITING:
            decided.append(case.id)
            continue
        rules = terms.get(case.source_id) or terms.setdefault(case.source_id, _rules(session, case))
        if _judged(session, case, one, rules=rules, deps=deps, by=by):
            decided.append(case.id)
    testimonies.drop(session, decided)
    return len(decided)


def _rules(session: Session, case: ValidatedCase) -> Rules:
    source = sources.get(session, case.source_id)
    return Rules(
        space=space_of(labels.of(session, case.model_type), []),
        signers=validators.index(session, source.id, everywhere=source.kind == "feedback"),
        min_confidence=policies.current(session)[1].min_confidence,
    )


def _judged(  # noqa: PLR0913 - the case, what it said, and what holds now
    session: Session, case: ValidatedCase, one: Testimony, *, rules: Rules, deps: Deps, by: str
) -> bool:
    """Judge one case and write down what became of it; whether it waits no more."""
    now = deps.clock()
    draft = draft_of(opened(one.sealed, deps.vault), _text(case, deps))
    gone = bool(cases.without_consent(session, {case.person_id}))
    trusted = judge(draft, rules, consent_withdrawn=gone)
    if trusted.label is not None and trusted.label != case.diagnosis:
        _rename(session, case, trusted, draft=draft, deps=deps)
        one.words = None
    case.validated_by = trusted.validator.id if trusted.validator else None
    case.trust_rule, case.updated_at = trusted.verdict.rule, now
    kept = [reason for reason in case.review_reasons if reason in _OWN_REASONS]
    case.review_reasons = [*kept, *trusted.verdict.reasons]
    to = _becomes(trusted, case.state, held=bool(kept) or not _passed(session, case))
    if to is CaseState.VALIDATED:
        labels.add(session, case.model_type, [trusted.entry or Entry(trusted.label or "")], now=now)
    if to is not case.state:
        moves.move(session, case, to, by=by, at=now, why=f"judged again: {trusted.verdict.rule}")
    return to not in testimonies.WAITING


def _becomes(trusted: Trusted, now: CaseState, *, held: bool) -> CaseState:
    trust = trusted.verdict.trust
    if trust is Trust.REFUSED:
        return CaseState.REJECTED
    if trust is Trust.PENDING:
        return now
    return CaseState.VALIDATED if trust is Trust.ELIGIBLE and not held else CaseState.NEEDS_REVIEW


def _passed(session: Session, case: ValidatedCase) -> bool:
    report = session.get(DeidReport, case.id)
    return report is not None and report.verdict == "pass"


def _rename(session: Session, case: ValidatedCase, trusted: Trusted, *, draft: Draft, deps: Deps) -> None:
    """Give a case its label, and take the label out of its text."""
    case.diagnosis = trusted.label
    _mask(session, case, draft.text, phrases=phrases_of(trusted.entry, draft.diagnosis), deps=deps)


def _mask(session: Session, case: ValidatedCase, text: str, *, phrases: Sequence[str], deps: Deps) -> None:
    """Store a text without the phrases under its new name; the report says whether they stood in it."""
    prepared = prepare_text(text, phrases)
    case.input_sealed = deps.vault.seal(prepared.text.encode(), CASE_PURPOSE)
    case.content_hash = content_hash(case.model_type, prepared.text, case.diagnosis)
    report = session.get(QualityReport, case.id)
    if report is not None and "label_in_text" in prepared.flags:
        reasons = dict.fromkeys([*report.checks.get("reasons", ()), "label_in_text"])
        report.checks = {**report.checks, "reasons": list(reasons)}


def _text(case: ValidatedCase, deps: Deps) -> str:
    return deps.vault.open(case.input_sealed, CASE_PURPOSE).decode() if case.input_sealed else ""
