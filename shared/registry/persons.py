"""Persons: random keys for patients, found again by keyed hashes; the side of the split holds for life."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import TextClause, select, text, update
from sqlalchemy.orm import Session

from shared.domain.people import SAME, reason_of
from shared.domain.split import EVALUATION, SPLIT_PURPOSE, split_of
from shared.registry import answer_door, audit, bulk, events, policies
from shared.registry.answer_door import Sight
from shared.registry.session import REHEARSAL
from shared.registry.tables import Person, PersonIdentity, PersonLink, ValidatedCase
from shared.vault import Vault

_LOOKUP = "person"
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('rounds.persons'))")
_SHARED_LOCK = text("SELECT pg_advisory_xact_lock_shared(hashtext('rounds.persons'))")
_KNOWN = text(
    "SELECT i.lookup, i.person_id FROM unnest(CAST(:lookups AS text[])) AS wanted "
    "JOIN person_identities i ON i.lookup = decode(wanted, 'hex')"
)


@dataclass(frozen=True)
class Identity:
    """How a source names one patient.

    `sure` names mean this patient and nobody else. `near` ones are compared only: any that is known joins the
    same group, because two groups of one person would leak. `marks` are left for later ones to be near to.
    `holds_a_label` is a group of a research set without which its label could not be learnt: it is drawn onto
    the training side. A side once drawn never changes, whatever comes later. `person_id` is a person whom the
    site knows already, as in its own predictions.
    """

    sure: tuple[str, ...]
    near: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    subgroup: Mapping[str, str] = field(default_factory=dict)
    holds_a_label: bool = False
    person_id: UUID | None = None


def record(natural_key: str) -> str:
    """The identity behind a record number or an application's opaque id: one namespace for the whole site."""
    return f"record:{natural_key.strip()}"


def of(  # noqa: D417
    session: Session, natural_key: str, *, vault: Vault, now: datetime, kind: str = "app"
) -> Person:
    """The person of one natural key, made at first sight; `kind` says who named it so."""
    share = policies.current(session)[1].evaluation_share
    told = sight(natural_key, vault=vault, evaluation_share=share, now=now, kind=kind)
    return session.get_one(Person, answer_door.know_within(session, told))


def sight(
    natural_key: str, *, vault: Vault, evaluation_share: float, now: datetime, kind: str = "app"
) -> Sight:
    """One natural key on its way to its person."""
    lookup = vault.keyed_hash(record(natural_key), _LOOKUP)
    return Sight.of(lookup, vault=vault, evaluation_share=evaluation_share, at=now, kind=kind)


def link(
    session: Session, identities: Sequence[Identity], *, vault: Vault, now: datetime, kind: str = "record"
) -> list[UUID]:
    """The person of each identity, in order; those never seen are made, those that turn out to be one merged.

    Takes the site's person lock until the transaction ends when anybody is new: give it a short transaction.
    """
    share = policies.current(session)[1].evaluation_share
    linker = _Linker(session, vault=vault, now=now, kind=kind, evaluation_share=share)
    linker.read(identities)
    for identity in identities:
        linker.place(identity)
    linker.write()
    return [linker.person(identity) for identity in identities]


def find(session: Session, natural_key: str, vault: Vault) -> UUID | None:
    """The person of a natural key; None when nobody of that key was ever seen."""
    lookup = vault.keyed_hash(record(natural_key), _LOOKUP)
    return _known(session, {lookup}).get(lookup)


class _Linker:
    """One batch of identities on its way to persons: what is known, what is new, what has merged."""

    def __init__(
        self, session: Session, *, vault: Vault, now: datetime, kind: str, evaluation_share: float
    ) -> None:
        self._session, self._vault, self._now, self._kind = session, vault, now, kind
        self._share = evaluation_share
        self._known: dict[bytes, UUID] = {}
        self._persons: list[dict[str, object]] = []
        self._identities: dict[bytes, UUID] = {}
        self._lookups: dict[str, bytes] = {}
        self._told: Sequence[Person] = ()  # named by the source; held, so that the session knows them

    def read(self, identities: Sequence[Identity]) -> None:
        """Look all up at once; under the lock when anybody seems new, since another may be making them."""
        wanted = {value for one in identities for value in self._hashes(one.sure + one.near + one.marks)}
        self._known = _known(self._session, wanted)
        if len(self._known) < len(wanted):
            _lock(self._session, _LOCK)
            self._known = _known(self._session, wanted)
        told = {one.person_id for one in identities if one.person_id}
        self._told = self._session.scalars(select(Person).where(Person.id.in_(told))).all() if told else ()

    def place(self, identity: Identity) -> None:
        """Let the identity's sure names lead to one person."""
        found = self._found(identity)
        person_id = self._one(found) if found else self._make(identity)
        for value in self._hashes((*identity.sure, *identity.marks)):
            if value not in self._known:
                self._known[value] = self._identities[value] = person_id

    def _found(self, identity: Identity) -> dict[UUID, tuple[str, float]]:
        """Every known person that the identity may be, surest first, with why and how sure that is."""
        told = [self._survivor(identity.person_id)] if identity.person_id else []
        found = dict.fromkeys(told, SAME)
        for name in (*identity.sure, *identity.near):
            person_id = self._known.get(self._hash(name))
            if person_id is not None:
                found.setdefault(person_id, reason_of(name) or SAME)
        guessed = [why for why in found.values() if why != SAME]
        if len(guessed) == len(found) == 1 and self._is_unknown(identity):
            return self._linked(identity, *found.popitem())
        return found

    def _is_unknown(self, identity: Identity) -> bool:
        return not any(self._hash(name) in self._known for name in identity.sure)

    def _linked(
        self, identity: Identity, person_id: UUID, why: tuple[str, float]
    ) -> dict[UUID, tuple[str, float]]:
        """Somebody who is only likely the same: a person of the same side, joined by a link that says why."""
        self.write()
        keeper = self._session.get_one(Person, person_id)
        key, _ = self._draw()
        other = Person(key=key, split=keeper.split, created_at=self._now, subgroup=dict(identity.subgroup))
        self._session.add(other)
        self._session.flush()
        merge(self._session, keeper, other, reason=why[0], score=why[1], now=self._now)
        return {keeper.id: why}

    def person(self, identity: Identity) -> UUID:
        """Whom the identity leads to, after all merges."""
        return self._known[self._hashes(identity.sure[:1])[0]]

    def write(self) -> None:
        """Store what is new."""
        kept = {"kind": self._kind, "created_at": self._now}
        bulk.copy(self._session, Person, self._persons)
        rows = [{"lookup": value, "person_id": one} | kept for value, one in self._identities.items()]
        bulk.copy(self._session, PersonIdentity, rows)
        self._persons, self._identities = [], {}

    def _hashes(self, names: Sequence[str]) -> list[bytes]:
        return [self._hash(name) for name in names]

    def _hash(self, name: str) -> bytes:
        known = self._lookups.get(name)
        if known is None:
            known = self._lookups[name] = self._vault.keyed_hash(name, _LOOKUP)
        return known

    def _survivor(self, person_id: UUID) -> UUID:
        """Who a person is after all merges."""
        row = self._session.get_one(Person, person_id)
        return row.id if row.merged_into is None else self._survivor(row.merged_into)

    def _make(self, identity: Identity) -> UUID:
        person_id = uuid4()
        key, side = self._draw()
        while identity.holds_a_label and side == EVALUATION and self._share < 1:
            key, side = self._draw()
        kept = {"subgroup": dict(identity.subgroup), "created_at": self._now}
        self._persons.append({"id": person_id, "key": key, "split": side} | kept)
        return person_id

    def _draw(self) -> tuple[str, str]:
        key = secrets.token_hex(16)
        return key, split_of(self._vault.keyed_hash(key, SPLIT_PURPOSE), self._share)

    def _one(self, found: Mapping[UUID, tuple[str, float]]) -> UUID:
        """The one person that several known ones turn out to be, on the evaluation side if any was."""
        if len(found) == 1:
            return next(iter(found))
        _lock(self._session, _LOCK)
        self.write()
        rows = self._session.scalars(select(Person).where(Person.id.in_(found)))
        keeper, *others = sorted(rows, key=lambda row: (row.split != EVALUATION, row.created_at, row.key))
        for other in others:
            reason, score = min(found[keeper.id], found[other.id], key=_sureness)
            merge(self._session, keeper, other, reason=reason, score=score, now=self._now)
        self._known = {value: keeper.id if one in found else one for value, one in self._known.items()}
        return keeper.id


def _sureness(why: tuple[str, float]) -> float:
    return why[1]


def survivors(session: Session, person_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Who those of these persons are now that were merged into others; nobody is merged until the end.

    Takes the site's person lock as one of many readers: what is written in this transaction stays true.
    """
    _lock(session, _SHARED_LOCK)
    merged = select(Person.id, Person.merged_into).where(Person.merged_into.is_not(None))
    found: dict[UUID, UUID] = {}
    asked = set(person_ids)
    while asked:
        rows = session.execute(merged.where(Person.id.in_(asked))).all()
        found |= {row.id: row.merged_into for row in rows}
        asked = {row.merged_into for row in rows} - found.keys()
    return {one: _followed(one, found) for one in person_ids if one in found}


def _lock(session: Session, lock: TextClause) -> None:
    """Take the site's person lock; a rehearsal, which changes nothing, stands in nobody's way."""
    if not session.info.get(REHEARSAL):
        session.execute(lock)


def _followed(person_id: UUID, merged: Mapping[UUID, UUID]) -> UUID:
    while person_id in merged:
        person_id = merged[person_id]
    return person_id


def _known(session: Session, lookups: set[bytes]) -> dict[bytes, UUID]:
    # One list instead of thousands of parameters.
    rows = session.execute(_KNOWN, {"lookups": [value.hex() for value in lookups]})
    return {bytes(row.lookup): row.person_id for row in rows}


def merge(
    session: Session, keeper: Person, other: Person, *, reason: str, now: datetime, score: float = SAME[1]
) -> None:
    """Take two persons for one: identities and cases follow the keeper, who never leaves evaluation.

    Where the two stood on different sides the trail says so: what was learnt from one may judge nothing.
    """
    crossed = other.split != keeper.split
    if other.split == EVALUATION:
        keeper.split = EVALUATION
    other.merged_into = keeper.id
    session.flush()
    for table in (PersonIdentity, ValidatedCase):
        session.execute(update(table).where(table.person_id == other.id).values(person_id=keeper.id))
    session.add(
        PersonLink(
            person_id=keeper.id,
            other_id=other.id,
            reason=reason,
            score=score,
            decided_by="rule",
            created_at=now,
        )
    )
    details = {"reason": reason, "score": score, "crossed_split": crossed}
    subject = ("persons", keeper.id)
    audit.write(session, act="merge", subject=subject, actor="collect", at=now, details=details)
    if crossed:
        events.emit(session, kind="persons.crossed_split", subject=keeper.id, at=now, data=details)
