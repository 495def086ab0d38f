"""What a waiting case is judged by, small enough to keep: the draft without its text, and sealed."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.domain.assertion import Stance, core, revises, stance
from shared.domain.eligibility import Answer
from shared.domain.health_records import Record
from shared.domain.labels import is_stated
from shared.registry import testimonies
from shared.registry.persons import Identity
from shared.registry.testimonies import PURPOSE
from shared.registry.validators import alias
from shared.vault import Vault
from worker_collection.deidentify import deidentify
from worker_collection.draft import Draft, instant
from worker_collection.intake import Candidate

_PLAIN = ("source_id", "is_plan", "diagnosis", "icd_code", "confidence", "validated_by", "status", "age")
_MORE = ("code", "coded", "is_narrative")
_FIELD = "diagnosis: "
_INSTANTS = ("validated_at", "starts", "ends")
_SUMMARY = ("diagnosis", "icd10_codes", "patient_age", "admission_date", "discharge_date")


def testimony_row(
    case_id: UUID, one: Candidate, *, model_type: str, vault: Vault, now: datetime
) -> dict[str, Any]:
    """The row of a waiting case; the words that no label has are shown de-identified, or not at all."""
    draft = one.draft
    written = draft.diagnosis or ""
    unmapped = one.trusted.label is None and is_stated(written) and stance(written) is Stance.STATED
    kept = _kept(draft) | {"shown": _shown(core(written), draft.known, now) if unmapped else None}
    signed = alias(draft.validated_by) if draft.validated_by else ""
    return {
        "case_id": case_id,
        "model_type": model_type,
        "words": testimonies.words_of(core(written), vault) if unmapped else None,
        "signature": testimonies.signed_by(signed, vault) if signed else None,
        "stale": False,
        "sealed": vault.seal(json.dumps(kept, ensure_ascii=False).encode(), PURPOSE),
        "created_at": now,
    }


def opened(sealed: bytes, vault: Vault) -> dict[str, Any]:
    """The content of a testimony."""
    content: dict[str, Any] = json.loads(vault.open(sealed, PURPOSE))
    return content


def draft_of(content: Mapping[str, Any], text: str) -> Draft:
    """The draft of a testimony with the text of its case, ready to be judged again."""
    record, answer = content.get("record"), content.get("answer")
    fields: dict[str, Any] = {name: content.get(name) for name in (*_PLAIN, *_MORE)}
    fields |= {name: instant(content.get(name), UTC) for name in _INSTANTS}
    return Draft(
        text=text,
        identity=Identity(()),
        **fields,
        follow_ups=content["follow_ups"],
        discharge_summaries=content["summaries"],
        record=Record(**record) if record else None,
        answer=Answer(**answer) if answer else None,
    )


def _kept(draft: Draft) -> dict[str, Any]:
    """Only what the trust table reads; of the follow-ups those that revise."""
    notes = [" ".join(value for value in row.values() if isinstance(value, str)) for row in draft.follow_ups]
    instants = {name: at.isoformat() if (at := getattr(draft, name)) else None for name in _INSTANTS}
    return {
        **{name: getattr(draft, name) for name in (*_PLAIN, *_MORE)},
        **instants,
        "follow_ups": [{"note": note} for note in notes if revises(note)],
        "summaries": [
            {name: _as_json(row.get(name)) for name in _SUMMARY} for row in draft.discharge_summaries
        ],
        "record": asdict(draft.record) if draft.record else None,
        "answer": asdict(draft.answer) if draft.answer else None,
    }


def _as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _shown(words: str, known: Mapping[str, Any], now: datetime) -> str | None:
    """The words as a steward may see them; alone they would be taken for a name, so they stand in a field."""
    said = words if words.isupper() else words.lower()
    cleaned = deidentify(_FIELD + said, known, this_year=now.year)
    shown = cleaned.text.removeprefix(_FIELD)
    return shown if cleaned.passed and shown.strip() else None
