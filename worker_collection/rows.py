"""What a candidate becomes in the registry: a case, two reports, and the memory of its row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.domain import bands
from shared.domain.nearness import same_text, signature
from shared.registry.cases import CASE_PURPOSE
from worker_collection import pictured
from worker_collection.deps import Deps
from worker_collection.draft import Draft
from worker_collection.intake import Candidate


def case_row(case_id: UUID, one: Candidate, *, version: int, deps: Deps) -> dict[str, Any]:
    """The case but for what its run says; its text is sealed here."""
    draft, now = one.draft, deps.clock()
    return {
        "id": case_id,
        "source_record": draft.source_id,
        "version": version,
        "person_id": one.person_id,
        "state": one.state,
        "review_reasons": list(one.reasons),
        "media": draft.picture.media() if draft.picture else {},
        "content_hash": one.content_hash,
        "diagnosis": one.trusted.label,
        "icd_code": draft.icd_code,
        "confidence": draft.confidence,
        "validated_by": one.trusted.validator.id if one.trusted.validator else None,
        "validated_at": draft.validated_at,
        "trust_rule": one.trusted.verdict.rule,
        "subgroup": bands.kept(draft.subgroup),
        "details": dict(draft.picture.details) if draft.picture else {},
        "data_quality_score": one.quality.score,
        "completeness_score": one.quality.completeness,
        "input_sealed": None if draft.picture else deps.vault.seal(one.text.encode(), CASE_PURPOSE),
        "is_anonymized": one.cleaned.passed,
        "anonymization_date": now.date() if one.cleaned.passed else None,
        "created_at": now,
        "updated_at": now,
    }


def deid_row(case_id: UUID, one: Candidate, *, terms: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The report of what was removed and doubted; `terms` is the same for a whole run."""
    details = {"spans": [[span.start, span.end, span.label] for span in one.cleaned.spans]}
    if one.doubts:
        details["doubts"] = [[doubt.start, doubt.end, doubt.code] for doubt in one.doubts]
    return {
        "case_id": case_id,
        "engine": pictured.ENGINE if one.draft.picture else terms["engine"],
        "policy": terms["name"],
        "spans": one.cleaned.counts,
        "verdict": "pass" if one.cleaned.passed else "quarantine",
        "reasons": list(one.cleaned.reasons),
        "details": details | {"run": terms["run"], "policy": terms["policy"]},
        "created_at": now,
    }


def quality_row(case_id: UUID, one: Candidate, *, now: datetime) -> dict[str, Any]:
    """The report of the checks, with what a near duplicate is found by; equal fields are no text."""
    words = one.text if one.draft.is_narrative else ""
    return {
        "case_id": case_id,
        "score": one.quality.score,
        "completeness": one.quality.completeness,
        "checks": {"reasons": list(one.quality.reasons)},
        "signature": signature(words),
        "same_text": same_text(words),
        "created_at": now,
    }


def record_row(draft: Draft, row_hash: str, became: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """What is remembered of the source's row; `became` holds its outcome, reason and case."""
    row = {"natural_key": draft.source_id, "content_hash": row_hash, "changed_at": draft.changed_at}
    return {**row, "seen_at": now, **became}
