"""From a draft to the evidence of the trust table: who signed, does the summary agree, was it revised."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.assertion import Stance, clauses, core, denies, revises, stance
from shared.domain.eligibility import Evidence, Imaging, Standing, Verdict, curated, decide
from shared.domain.health_records import names_a_diagnosis
from shared.domain.labels import Entry, LabelSpace, Named, category, is_doubted, is_stated
from shared.domain.naming import says_more, tokens
from shared.registry import validators
from shared.registry.tables import Validator
from worker_collection.draft import Draft, age_in_years, instant
from worker_collection.pictured import Pictured

# Who approves in an imaging system is trusted by it.
REVIEWER = Standing(known=True, qualified=True, active=True)
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True)
class Trusted:
    """What the site makes of one draft: its label, who signed, and the verdict."""

    label: str | None
    entry: Entry | None
    validator: Validator | None
    verdict: Verdict


@dataclass(frozen=True)
class Rules:
    """What verdicts of one run are made with."""

    space: LabelSpace
    signers: Mapping[str, Validator]
    min_confidence: float
    curated: bool = False


def judge(draft: Draft, rules: Rules, *, consent_withdrawn: bool) -> Trusted:
    """Name the diagnosis in the label space and apply the trust table."""
    signer = validators.resolve(rules.signers, draft.validated_by)
    if draft.picture is not None and not rules.curated:
        return _judge_picture(draft, draft.picture, rules, signer=signer, consent_withdrawn=consent_withdrawn)
    if rules.curated and draft.diagnosis and not consent_withdrawn:
        vouched = _as_vouched(draft.diagnosis, rules.space)
        return Trusted(vouched, rules.space.entry(vouched), signer, curated())
    named = _named(draft, rules.space)
    label = named.label or _newcomer(draft, named, rules.space)
    verdict = decide(
        Evidence(
            diagnosis=draft.diagnosis,
            validator=_standing(signer, draft.validated_by),
            is_plan=draft.is_plan,
            status=draft.status,
            starts=draft.starts,
            ends=draft.ends,
            icd_code=draft.icd_code,
            code_agrees=named.agrees,
            label_known=label is not None,
            is_diagnosis=label is not None or names_a_diagnosis(draft.diagnosis, draft.icd_code),
            note_denies=draft.is_plan and denies(draft.text, _names(label, rules.space)),
            discharge_agrees=_summaries_agree(draft, label, rules.space),
            revised=any(revises(_words_of(row)) for row in draft.follow_ups),
            confidence=draft.confidence,
            consent_withdrawn=consent_withdrawn,
            record=draft.record,
            answer=draft.answer,
        ),
        min_confidence=rules.min_confidence,
    )
    return Trusted(label, rules.space.entry(label) if label else None, signer, verdict)


def _judge_picture(
    draft: Draft, picture: Pictured, rules: Rules, *, signer: Validator | None, consent_withdrawn: bool
) -> Trusted:
    """Judge the mask of a picture; one without a mask waits for it. A structure keeps its own name."""
    label = _as_vouched(draft.diagnosis, rules.space) if draft.diagnosis and picture.mask else None
    stranger = REVIEWER if picture.trusts_reviewers else _standing(None, draft.validated_by)
    verdict = decide(
        Evidence(
            diagnosis=label,
            validator=(_standing(signer, None) if signer else stranger) if label else None,
            confidence=draft.confidence,
            consent_withdrawn=consent_withdrawn,
            imaging=Imaging(picture.status) if label else None,
            answer=draft.answer,
        ),
        min_confidence=rules.min_confidence,
    )
    return Trusted(label, rules.space.entry(label) if label else None, signer, verdict)


def _named(draft: Draft, space: LabelSpace) -> Named:
    written = draft.diagnosis or ""
    if not is_stated(written):
        return Named(None)
    if draft.code is not None or draft.coded is not None:
        return _coded(draft, space)
    if draft.answer is not None and space.own(written) is not None:
        return Named(space.own(written))  # an answer is one of our own labels already
    return space.name(core(written), draft.icd_code)


def _coded(draft: Draft, space: LabelSpace) -> Named:
    """A coded diagnosis; where an ICD-10 code stands beside another it must not contradict the label."""
    words = core(draft.diagnosis or "")
    named = space.coded(draft.coded or words, draft.code, said=words if draft.coded else None)
    if named.label is None or draft.icd_code is None or named.agrees is False:
        return named
    return replace(named, agrees=space.name(named.label, draft.icd_code).agrees)


def _newcomer(draft: Draft, named: Named, space: LabelSpace) -> str | None:
    """A disease that nobody named before becomes a label when the clinic gives its code, and it is free."""
    written = (draft.diagnosis or "").strip()
    codes = [code for code in (draft.code, draft.icd_code) if code and (code == draft.code or category(code))]
    if not is_stated(written) or is_doubted(written) or named.suggested or not codes:
        return None
    if draft.record is None and not names_a_diagnosis(written, draft.icd_code):
        return None
    name = draft.coded or core(written)
    space.add(Entry(name, tuple(codes), (written,)))
    return name


def _as_vouched(written: str, space: LabelSpace) -> str:
    """A curated set keeps its own words, unless the site has the same label in another spelling."""
    held = space.find(written)
    if held is not None:
        return held
    space.add(Entry(written.strip()))
    return written.strip()


def _standing(signer: Validator | None, written: str | None) -> Standing | None:
    if signer is None:
        return Standing(known=False) if written else None
    return Standing(known=True, qualified=signer.qualified, active=signer.active)


def _summaries_agree(draft: Draft, label: str | None, space: LabelSpace) -> bool | None:
    """Whether the discharge summaries of this episode name the plan's diagnosis; None where there is none."""
    mine = [row for row in draft.discharge_summaries if _is_of_episode(row, draft)]
    verdicts = [_summary_agrees(row, draft, label=label, space=space) for row in mine]
    if False in verdicts:
        return False
    return True if True in verdicts else None


def _is_of_episode(row: Mapping[str, Any], draft: Draft) -> bool:
    """Whether a summary found by the patient's name can be this plan's; where nothing tells, it is."""
    age = age_in_years(row.get("patient_age"))
    if age is not None and draft.age is not None and abs(age - draft.age) > 1:
        return False
    admitted = instant(row.get("admission_date"), UTC) or instant(row.get("discharge_date"), UTC)
    if admitted is None or draft.starts is None:
        return True
    ends: datetime = draft.ends or draft.starts
    return draft.starts - _BEFORE <= admitted <= max(ends, draft.starts) + _AFTER


def _summary_agrees(
    row: Mapping[str, Any], draft: Draft, *, label: str | None, space: LabelSpace
) -> bool | None:
    """What one summary says of the label: its denial weighs most, then codes, then what it states."""
    said = [(stance(part), core(part)) for part in clauses(_words_of({"diagnosis": row.get("diagnosis")}))]
    mine = [how for how, words in said if label is not None and _is_about(words, label, space)]
    if Stance.DENIED in mine and Stance.STATED not in mine:
        return False
    entry = space.entry(label) if label else None
    codes = {category(code) for code in _codes(row.get("icd10_codes"))} - {""}
    own = {category(code) for code in (draft.icd_code, *(entry.codes if entry else ()))} - {""}
    if codes and own:
        return bool(codes & own)
    if label is None or Stance.STATED in mine:
        return True if mine else None
    others = [words for how, words in said if how is Stance.STATED and is_stated(words)]
    return False if others else None


def _is_about(words: str, label: str, space: LabelSpace) -> bool:
    """Whether words name a label, alone or among others that make no other disease of it."""
    own, said = tokens(label), tokens(words)
    return space.find(words) == label or (own <= said and not says_more(said, own))


def _names(label: str | None, space: LabelSpace) -> tuple[str, ...]:
    entry = space.entry(label) if label else None
    return (entry.label, *entry.aliases) if entry else ()


def _codes(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = re.split(r"[\s,;]+", value)
    return [str(code) for code in value] if isinstance(value, list) else []


def _words_of(row: Mapping[str, Any]) -> str:
    return " ".join(value for value in row.values() if isinstance(value, str))
