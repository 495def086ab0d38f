"""One judged draft on its way to a case, without the database: cleaned, its label masked, scored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.domain import quality
from shared.domain.cycle import CaseState
from shared.domain.eligibility import Trust
from shared.domain.quality import Quality
from worker_collection.check import drugs_in, neutralised, phrases_of, prepare_text
from worker_collection.deidentify import NOBODY, PLAIN, Cleaned, Doubt, Manner, Whose, deidentify, moved
from worker_collection.draft import Draft
from worker_collection.pictured import Pictured
from worker_collection.record import names_in
from worker_collection.trust import Rules, Trusted

_STATE = {
    Trust.ELIGIBLE: CaseState.VALIDATED,
    Trust.REVIEW: CaseState.NEEDS_REVIEW,
    Trust.PENDING: CaseState.PENDING,
}


@dataclass(frozen=True)
class Candidate:
    """A draft with all that was decided about it; `state` is None for a row that makes no case."""

    draft: Draft
    person_id: UUID
    trusted: Trusted
    state: CaseState | None
    reasons: tuple[str, ...]
    text: str
    content_hash: str
    cleaned: Cleaned
    quality: Quality
    names: frozenset[str] = frozenset()  # met in the text, of whomever
    doubts: tuple[Doubt, ...] = ()  # of the leak check, where they stand in `text`


@dataclass(frozen=True)
class Site:
    """What every draft of one run meets."""

    model_type: str
    rules: Rules
    staff: Sequence[str]
    manner: Manner = PLAIN


def take_in(  # noqa: PLR0913 - the row, the site, and what was found out about the row
    draft: Draft,
    site: Site,
    *,
    trusted: Trusted,
    person_id: UUID,
    now: datetime,
    whose: Whose = NOBODY,
) -> Candidate:
    """Clean and score one draft that was judged.

    Args:
        draft: the row.
        site: what holds for the run.
        trusted: its label, its signer and the verdict.
        person_id: whose it is.
        now: the instant of the collection.
        whose: what is kept of the person's other notes.
    """
    if trusted.verdict.trust is Trust.REFUSED:
        return _refused(draft, trusted, person_id)
    if draft.picture is not None:
        return _pictured(draft, draft.picture, site, trusted=trusted, person_id=person_id)
    visible, had_orders = neutralised(draft.text)
    cleaned = deidentify(
        visible, draft.known, this_year=now.year, manner=site.manner, whose=whose, staff=site.staff
    )
    prepared = prepare_text(
        cleaned.text, phrases_of(trusted.entry, draft.diagnosis if trusted.label else None)
    )
    flags = (*prepared.flags, *(("instructions_in_text",) if had_orders else ()))
    flags += () if draft.is_narrative else ("no_narrative",)
    flags += ("drug_gives_label",) if drugs_in(prepared.text, trusted.entry) else ()
    score = quality.judge(prepared.text, _filled(draft, trusted, prepared.text), flags=flags)
    state, reasons = _state(trusted, cleaned, score)
    return Candidate(
        draft=draft,
        person_id=person_id,
        trusted=trusted,
        state=state,
        reasons=reasons,
        text=prepared.text,
        content_hash=content_hash(site.model_type, prepared.text, trusted.label),
        cleaned=cleaned,
        quality=score,
        names=names_in(visible, cleaned.spans, draft.known),
        doubts=moved(cleaned.doubts, cleaned.text, prepared.text),
    )


def _pictured(draft: Draft, picture: Pictured, site: Site, *, trusted: Trusted, person_id: UUID) -> Candidate:
    """A picture, whose pixels were cleaned before they were stored."""
    state, reasons = picture.state(trusted.verdict)
    return Candidate(
        draft=draft,
        person_id=person_id,
        trusted=trusted,
        state=state,
        reasons=reasons,
        text="",
        content_hash=picture.content(site.model_type, trusted.label),
        cleaned=picture.cleaned,
        quality=picture.score(_filled(draft, trusted, "") | {"image": picture.image, "mask": picture.mask}),
    )


def _refused(draft: Draft, trusted: Trusted, person_id: UUID) -> Candidate:
    """A row that makes no case: its text is not kept, so nothing is done to it."""
    return Candidate(
        draft=draft,
        person_id=person_id,
        trusted=trusted,
        state=None,
        reasons=trusted.verdict.reasons,
        text="",
        content_hash="",
        cleaned=Cleaned("", (), ()),
        quality=Quality(0, 0, ()),
    )


def content_hash(model_type: str, text: str, label: str | None) -> str:
    """The name of a case's content: its de-identified input and its label, and what they are for."""
    return hashlib.sha256("\0".join((model_type, text, label or "")).encode()).hexdigest()


def _state(trusted: Trusted, cleaned: Cleaned, score: Quality) -> tuple[CaseState, tuple[str, ...]]:
    verdict = trusted.verdict
    if not cleaned.passed:
        return CaseState.NEEDS_REVIEW, ("deid_quarantine", *verdict.reasons)
    if not score.is_usable and verdict.trust is Trust.ELIGIBLE:
        return CaseState.NEEDS_REVIEW, ("too_little_text",)
    return _STATE[verdict.trust], verdict.reasons


def _filled(draft: Draft, trusted: Trusted, text: str) -> dict[str, object]:
    return {
        "text": text,
        "diagnosis": trusted.label,
        "icd_code": draft.icd_code,
        "validated_by": trusted.validator,
        "validated_at": draft.validated_at,
        "age_band": draft.subgroup.get("age_band"),
        "sex": draft.subgroup.get("sex"),
    }
