"""Rows on their way to cases: `sort` names and judges them in order, `clean` is pure, `write` stores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.domain.deid import SAFE_HARBOR
from shared.domain.labels import Entry
from shared.registry import cases, labels, persons, pictures, testimonies
from shared.registry.cases import Earlier, Seen
from worker_collection import endings
from worker_collection.deps import Deps
from worker_collection.draft import Draft, identity
from worker_collection.intake import Candidate, take_in
from worker_collection.reading import grouped, read_rows
from worker_collection.record import Records
from worker_collection.rows import case_row, deid_row, quality_row, record_row
from worker_collection.sources.base import Page, Row
from worker_collection.tally import Tally
from worker_collection.terms import Terms
from worker_collection.testimony import testimony_row
from worker_collection.trust import Trusted, judge
from worker_collection.twins import Twins, picture_row

SAME_EPISODE = timedelta(days=7)
HELD = {CaseState.VALIDATED: "collected", CaseState.PENDING: "pending"}


@dataclass(frozen=True)
class Item:
    """A row that changed, read, named and judged; its text is as the source wrote it."""

    row: Row
    draft: Draft
    row_hash: str
    seen: Seen | None
    person_id: UUID
    trusted: Trusted


@dataclass(frozen=True)
class Sorting:
    """The items of some pages with what the source said beside its rows."""

    items: Sequence[Item]
    deleted: Sequence[str] = ()
    refused: frozenset[UUID] = frozenset()
    allowed: frozenset[UUID] = frozenset()


@dataclass
class Pipeline:
    """The way of every row of one run."""

    terms: Terms
    tally: Tally
    deps: Deps
    records: Records = field(default_factory=lambda: Records(SAFE_HARBOR))

    def sort(self, page: Page) -> Sorting:
        """What changed, whose it is and what the trust table says, in the order of the source.

        Only persons are written; doing it again changes nothing.
        """
        found, now = read_rows(page.rows, self.terms, self.tally, vault=self.deps.vault), self.deps.clock()
        with self.deps.sessions() as session:
            seen = cases.seen(session, self.terms.source_id, found.drafts.keys())
        drafts = [found.drafts[key] for key in found.changed(seen, self.tally)]
        identities = grouped(drafts) if self.terms.curated else [draft.identity for draft in drafts]
        identities += [identity(row, row.get("known") or {}) for row in page.consents]
        with self.deps.sessions.begin() as session:
            people = persons.link(session, identities, vault=self.deps.vault, now=now) if identities else []
        words = [draft.consent for draft in drafts] + [row["consent"] for row in page.consents]
        refused = frozenset(one for one, word in zip(people, words, strict=True) if word == "refused")
        allowed = frozenset(one for one, word in zip(people, words, strict=True) if word == "given") - refused
        with self.deps.sessions() as session:
            gone = cases.without_consent(session, set(people), unless=(allowed, endings.CONSENT)) | refused
        items = [
            Item(
                found.rows[draft.source_id],
                draft,
                found.hashes[draft.source_id],
                seen.get(draft.source_id),
                person,
                judge(draft, self.terms.site.rules, consent_withdrawn=person in gone),
            )
            for draft, person in zip(drafts, people[: len(drafts)], strict=True)
        ]
        return Sorting(items, page.deleted, refused, allowed)

    def clean(self, items: Iterable[Item]) -> list[Candidate]:
        """De-identify and check what the trust table let pass; a name in one note goes from all of his."""
        items = list(items)
        self.records = Records(self.terms.site.manner.policy)
        with self.deps.sessions() as session:
            self.records.read(session, {one.person_id for one in items}, self.deps.vault)
        candidates = [self._taken_in(one) for one in items]
        told = {one.person_id for one in candidates if self.records.learn(one.person_id, one.names)}
        return [
            self._taken_in(item)
            if one.person_id in told and self.records.is_met(one.person_id, one.text)
            else one
            for item, one in zip(items, candidates, strict=True)
        ]

    def _taken_in(self, item: Item) -> Candidate:
        whose = self.records.of(item.person_id, item.draft.known)
        now = self.deps.clock()
        return take_in(
            item.draft, self.terms.site, trusted=item.trusted, person_id=item.person_id, now=now, whose=whose
        )

    def end(self, session: Session, sorting: Sorting) -> None:
        """What the source deleted, and whose consent it says was refused or given again."""
        now, actor = self.deps.clock(), f"run:{self.terms.run_id}"
        if sorting.allowed:
            endings.allow(session, sorting.allowed, now=now)
        if sorting.refused:
            endings.refuse(session, sorting.refused, actor=actor, now=now)
        if sorting.deleted:
            source_id = self.terms.source_id
            self.tally.deleted += endings.delete(session, source_id, sorting.deleted, actor=actor, now=now)

    def write(self, session: Session, items: Sequence[Item], candidates: Sequence[Candidate]) -> None:
        """Insert cases with their reports, end those they replace, and remember every row."""
        kept = persons.survivors(session, {one.person_id for one in candidates})
        whose = [replace(one, person_id=kept.get(one.person_id, one.person_id)) for one in candidates]
        earlier = cases.earlier(session, self.terms.site.model_type, {one.person_id for one in whose})
        terms = self.terms
        twins = Twins.of(session, whose, model_type=terms.site.model_type, source_id=terms.source_id)
        placed = [
            (item, one, *self._place(one, earlier, twins)) for item, one in zip(items, whose, strict=True)
        ]
        for one in whose:
            self.tally.judged(one)
        made = [(case_id, item, one) for item, one, case_id, _ in placed if case_id is not None]
        labels.add(
            session,
            self.terms.site.model_type,
            _used_labels([one for *_, one in made]),
            now=self.deps.clock(),
        )
        self._insert(session, made)
        whom = [item.person_id for _, item, _ in made]
        self.records.store(session, whom, self.deps.vault, now=self.deps.clock())
        self._replace(
            session,
            {
                item.seen.case_id: (case_id, (one.reasons or (outcome,))[0])
                for item, one, case_id, outcome in placed
                if item.seen is not None and item.seen.case_id is not None
            },
        )
        self._remember(session, placed)

    def _place(
        self, one: Candidate, earlier: dict[UUID, list[Earlier]], twins: Twins
    ) -> tuple[UUID | None, str]:
        """Give a candidate its case id, or say why it makes none."""
        if one.state is None:
            self.tally.refused[one.reasons[0]] += 1
            return None, "refused"
        known = earlier.setdefault(one.person_id, [])
        mine = Earlier(one.draft.source_id, one.content_hash, one.trusted.label, one.draft.validated_at)
        if twins.take(one) or any(_is_same_case(one.draft, mine, other) for other in known):
            self.tally.duplicates += 1
            return None, "duplicate"
        known.append(mine)
        self.tally.add(one)
        return uuid4(), "quarantined" if "deid_quarantine" in one.reasons else HELD.get(one.state, "review")

    def _insert(self, session: Session, made: Sequence[tuple[UUID, Item, Candidate]]) -> None:
        terms, now = self.terms, self.deps.clock()
        policy = terms.site.manner.policy
        run = self.deps.vault.keyed_hash(str(terms.run_id), "deid-run").hex()[:16]
        rules = {
            "engine": terms.site.manner.engine,
            "name": policy.name,
            "policy": policy.model_dump(mode="json", exclude_defaults=True),
            "run": run,
        }
        again = [one.draft.source_id for _, item, one in made if item.seen is not None]
        versions = cases.versions(session, terms.source_id, again) if again else {}
        same = {"source_id": terms.source_id, "run_id": terms.run_id, "model_type": terms.site.model_type}
        same |= {"curated": terms.curated}
        cases.add(
            session,
            cases=[
                case_row(case_id, one, version=1 + versions.get(one.draft.source_id, 0), deps=self.deps)
                | same
                for case_id, _, one in made
            ],
            deid=[deid_row(case_id, one, terms=rules, now=now) for case_id, _, one in made],
            quality=[quality_row(case_id, one, now=now) for case_id, _, one in made],
        )
        shown = (picture_row(case_id, one) for case_id, _, one in made)
        pictures.add(session, [row for row in shown if row is not None])
        kept: dict[str, Any] = {
            "model_type": terms.site.model_type,
            "vault": self.deps.vault,
            "now": now,
        }
        waiting = [(case_id, one) for case_id, _, one in made if one.state in testimonies.WAITING]
        testimonies.add(session, [testimony_row(case_id, one, **kept) for case_id, one in waiting])

    def _replace(self, session: Session, became: Mapping[UUID, tuple[UUID | None, str]]) -> None:
        """End the cases of rows that changed; each has a next version, or a reason why there is none."""
        now, actor = self.deps.clock(), f"run:{self.terms.run_id}"
        whys = {
            before: (after, "source row changed" if after else f"recalled: {reason}")
            for before, (after, reason) in became.items()
        }
        ended = cases.replace(session, whys, actor=actor, at=now)
        for before in sorted(one for one in ended if became[one][0] is None):
            endings.take_back(session, before, became[before][1], actor=actor, now=now)
        edited = {before: after for before, (after, _) in became.items() if after and before in ended}
        endings.put_right(session, edited, actor=actor, now=now)

    def _remember(self, session: Session, placed: Sequence[tuple[Item, Candidate, UUID | None, str]]) -> None:
        rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        for item, one, case_id, outcome in placed:
            became = {
                "outcome": outcome,
                "reason": one.reasons[0] if one.reasons else None,
                "case_id": case_id,
            }
            row = record_row(item.draft, item.row_hash, became, now=self.deps.clock())
            rows[item.seen is not None].append(row | {"source_id": self.terms.source_id})
        cases.remember(session, first=rows[False], again=rows[True])


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


def _used_labels(made: Iterable[Candidate]) -> list[Entry]:
    used = {
        one.trusted.label: one.trusted.entry or Entry(one.trusted.label)
        for one in made
        if one.state is CaseState.VALIDATED and one.trusted.label
    }
    return [used[label] for label in sorted(used)]
