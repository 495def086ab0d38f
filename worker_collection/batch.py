"""One page of a run: unchanged rows fall out, persons are linked, cases are written in one transaction."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.domain.labels import Entry
from shared.registry import cases, labels, persons
from shared.registry.cases import CASE_PURPOSE, Earlier, Seen
from shared.registry.persons import Identity
from worker_collection import endings
from worker_collection.deps import Deps
from worker_collection.draft import Draft, RowError, identity, read
from worker_collection.intake import Candidate, Site, bands, take_in
from worker_collection.phi.engine import ENGINE
from worker_collection.sources.base import Broken, Page, Row
from worker_collection.tally import Tally

SAME_EPISODE = timedelta(days=7)
LARGE_GROUP = 3


@dataclass(frozen=True)
class Terms:
    """What holds for a whole run."""

    run_id: UUID
    source_id: UUID
    source_name: str
    is_plan: bool
    curated: bool
    site: Site
    zone: tzinfo
    deid_policy: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Work:
    """The candidates of one page with what was known of their rows before."""

    candidates: Sequence[Candidate]
    hashes: Mapping[str, str]
    seen: Mapping[str, Seen]
    earlier: Mapping[UUID, list[Earlier]]
    versions: Mapping[str, int]
    deleted: Sequence[str] = ()
    refused: frozenset[UUID] = frozenset()
    allowed: frozenset[UUID] = frozenset()


@dataclass
class Pipeline:
    """The way of every page of one run: `prepare` decides, `write` stores."""

    terms: Terms
    tally: Tally
    deps: Deps

    def prepare(self, page: Page) -> Work:
        """Everything of a page that needs no write but the persons."""
        drafts, hashes = self._drafts(page.rows)
        now = self.deps.clock()
        with self.deps.sessions.begin() as session:
            seen = cases.seen(session, self.terms.source_id, drafts.keys())
        same = {key for key in drafts if key in seen and _is_same_row(seen[key], hashes[key])}
        changed = [draft for key, draft in drafts.items() if key not in same]
        self.tally.unchanged += len(same)
        identities = _grouped(changed) if self.terms.curated else [draft.identity for draft in changed]
        identities += [identity(row, row.get("known") or {}) for row in page.consents]
        with self.deps.sessions.begin() as session:
            people = persons.link(session, identities, vault=self.deps.vault, now=now) if identities else []
        words = [draft.consent for draft in changed] + [row["consent"] for row in page.consents]
        refused = frozenset(one for one, word in zip(people, words, strict=True) if word == "refused")
        allowed = frozenset(one for one, word in zip(people, words, strict=True) if word == "given") - refused
        people = people[: len(changed)]
        with self.deps.sessions.begin() as session:
            gone = cases.without_consent(session, set(people), unless=(allowed, endings.CONSENT)) | refused
            earlier = cases.earlier(session, self.terms.site.model_type, set(people))
            versions = cases.versions(session, self.terms.source_id, [draft.source_id for draft in changed])
        candidates = [
            take_in(draft, self.terms.site, person_id=person, consent_withdrawn=person in gone, now=now)
            for draft, person in zip(changed, people, strict=True)
        ]
        return Work(candidates, hashes, seen, earlier, versions, page.deleted, refused, allowed)

    def write(self, session: Session, work: Work) -> None:
        """Insert the page's cases with their reports, end those they replace, and remember every row."""
        now, actor = self.deps.clock(), f"run:{self.terms.run_id}"
        self._end(session, work, actor=actor, now=now)
        earlier = {person: list(known) for person, known in work.earlier.items()}
        placed = [(one, *self._place(one, earlier)) for one in work.candidates]
        rows = [(case_id, one) for one, case_id, _ in placed if case_id is not None]
        labels.add(session, self.terms.site.model_type, _used_labels(rows, self.terms), now=now)
        self._insert(session, rows, work)
        for one, case_id, outcome in placed:
            before = work.seen.get(one.draft.source_id)
            if before is not None and before.case_id is not None:
                reason = (one.reasons or (outcome,))[0]
                why = "source row changed" if case_id else f"recalled: {reason}"
                ends = cases.replace(session, before.case_id, by=case_id, actor=actor, at=now, why=why)
                if ends and case_id is None:
                    endings.take_back(session, before.case_id, reason, actor=actor, now=now)
        cases.remember(
            session, [_remembered(*entry, work=work, terms=self.terms) | {"seen_at": now} for entry in placed]
        )

    def _end(self, session: Session, work: Work, *, actor: str, now: datetime) -> None:
        """What the source deleted, and whose consent it says was refused or given again."""
        if work.allowed:
            endings.allow(session, work.allowed, now=now)
        if work.refused:
            endings.refuse(session, work.refused, actor=actor, now=now)
        if work.deleted:
            source_id = self.terms.source_id
            self.tally.deleted += endings.delete(session, source_id, work.deleted, actor=actor, now=now)

    def _drafts(self, rows: Iterable[Row | Broken]) -> tuple[dict[str, Draft], dict[str, str]]:
        drafts: dict[str, Draft] = {}
        hashes: dict[str, str] = {}
        for row in rows:
            if isinstance(row, Broken):
                self.tally.refused[row.reason] += 1
                continue
            if row.get("model_type") not in (None, "", self.terms.site.model_type):
                self.tally.refused["other_model_type"] += 1
                continue
            try:
                draft = read(
                    row, source=self.terms.source_name, is_plan=self.terms.is_plan, zone=self.terms.zone
                )
            except RowError as error:
                self.tally.refused[error.reason] += 1
                continue
            if not _is_in_window(draft, self.terms):
                continue
            # Keyed: the hash of a short note could be found by trying otherwise.
            content = json.dumps(row, sort_keys=True, default=str, ensure_ascii=False)
            self.tally.duplicates += draft.source_id in drafts
            drafts[draft.source_id] = draft
            hashes[draft.source_id] = self.deps.vault.keyed_hash(content, "source-row").hex()
        return drafts, hashes

    def _place(self, one: Candidate, earlier: dict[UUID, list[Earlier]]) -> tuple[UUID | None, str]:
        """Give a candidate its case id, or say why it makes none."""
        if one.state is None:
            self.tally.refused[one.reasons[0]] += 1
            return None, "refused"
        known = earlier.setdefault(one.person_id, [])
        mine = Earlier(one.draft.source_id, one.content_hash, one.trusted.label, one.draft.validated_at)
        if any(_is_same_case(one.draft, mine, other) for other in known):
            self.tally.duplicates += 1
            return None, "duplicate"
        known.append(mine)
        self.tally.add(one)
        held = {CaseState.VALIDATED: "collected", CaseState.PENDING: "pending"}
        return uuid4(), "quarantined" if "deid_quarantine" in one.reasons else held.get(one.state, "review")

    def _insert(self, session: Session, rows: Sequence[tuple[UUID, Candidate]], work: Work) -> None:
        now = self.deps.clock()
        cases.add(
            session,
            cases=[
                _case(case_id, one, work=work, terms=self.terms) | _sealed(one, self.deps, now)
                for case_id, one in rows
            ],
            deid=[
                {
                    "case_id": case_id,
                    "engine": ENGINE,
                    "policy": self.terms.deid_policy,
                    "spans": one.cleaned.counts,
                    "verdict": "pass" if one.cleaned.passed else "quarantine",
                    "reasons": list(one.cleaned.reasons),
                    "created_at": now,
                }
                for case_id, one in rows
            ],
            quality=[
                {
                    "case_id": case_id,
                    "score": one.quality.score,
                    "completeness": one.quality.completeness,
                    "checks": {"reasons": list(one.quality.reasons)},
                    "created_at": now,
                }
                for case_id, one in rows
            ],
        )


def _grouped(drafts: Sequence[Draft]) -> list[Identity]:
    """Research sets come in clusters: one that holds most of a label's rows must not take the label away."""
    labels_of = Counter(draft.diagnosis for draft in drafts)
    groups = Counter((draft.diagnosis, draft.identity.sure[0]) for draft in drafts)
    holding = {
        person for (label, person), n in groups.items() if n >= LARGE_GROUP and 2 * n > labels_of[label]
    }
    return [replace(draft.identity, holds_a_label=draft.identity.sure[0] in holding) for draft in drafts]


def _is_in_window(draft: Draft, terms: Terms) -> bool:
    at = draft.validated_at or draft.starts
    if at is None:
        return terms.since is None and terms.until is None
    return not (terms.since and at < terms.since) and not (terms.until and at > terms.until)


def _is_same_row(seen: Seen, content_hash: str) -> bool:
    """Whether a row is as it was; one that had been deleted is back and counts as changed."""
    return seen.content_hash == content_hash and seen.outcome != "deleted"


def _is_same_case(draft: Draft, mine: Earlier, other: Earlier) -> bool:
    """The same words of the same person, or two plans for one episode of one disease.

    Where nobody wrote anything, equal fields are two visits and no copy.
    """
    if mine.source_record == other.source_record:
        return False
    if mine.content_hash == other.content_hash and mine.diagnosis is not None and draft.is_narrative:
        return True
    if not draft.is_plan or mine.diagnosis is None or mine.diagnosis != other.diagnosis:
        return False
    ended = mine.validated_at, other.validated_at
    return ended[0] is not None and ended[1] is not None and abs(ended[0] - ended[1]) <= SAME_EPISODE


def _used_labels(rows: Sequence[tuple[UUID, Candidate]], terms: Terms) -> list[Entry]:
    used = {one.trusted.label for _, one in rows if one.state is CaseState.VALIDATED and one.trusted.label}
    return [terms.site.rules.space.entry(label) or Entry(label) for label in sorted(used)]


def _remembered(
    one: Candidate, case_id: UUID | None, outcome: str, *, work: Work, terms: Terms
) -> dict[str, Any]:
    return {
        "source_id": terms.source_id,
        "natural_key": one.draft.source_id,
        "content_hash": work.hashes[one.draft.source_id],
        "outcome": outcome,
        "reason": one.reasons[0] if one.reasons else None,
        "case_id": case_id,
    }


def _case(case_id: UUID, one: Candidate, *, work: Work, terms: Terms) -> dict[str, Any]:
    draft = one.draft
    return {
        "id": case_id,
        "source_id": terms.source_id,
        "source_record": draft.source_id,
        "version": 1 + work.versions.get(draft.source_id, 0),
        "run_id": terms.run_id,
        "model_type": terms.site.model_type,
        "person_id": one.person_id,
        "state": one.state,
        "review_reasons": list(one.reasons),
        "media": {},
        "content_hash": one.content_hash,
        "diagnosis": one.trusted.label,
        "icd_code": draft.icd_code,
        "confidence": draft.confidence,
        "validated_by": one.trusted.validator.id if one.trusted.validator else None,
        "validated_at": draft.validated_at,
        "trust_rule": one.trusted.verdict.rule,
        "curated": terms.curated,
        "subgroup": bands(draft.subgroup),
        "details": {},
        "data_quality_score": one.quality.score,
        "completeness_score": one.quality.completeness,
    }


def _sealed(one: Candidate, deps: Deps, now: datetime) -> dict[str, Any]:
    return {
        "input_sealed": deps.vault.seal(one.text.encode(), CASE_PURPOSE),
        "is_anonymized": one.cleaned.passed,
        "anonymization_date": now.date() if one.cleaned.passed else None,
        "created_at": now,
        "updated_at": now,
    }
