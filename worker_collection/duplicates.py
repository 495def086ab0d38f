"""Near duplicates of a model type, found in one pass over what is new: each text joins the first like it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from shared.domain.nearness import NEAR, groups, likeness, overlap
from shared.registry import duplicates
from shared.registry.cases import CASE_PURPOSE
from shared.registry.duplicates import Fresh, Leader, Placed
from shared.vault import Vault
from worker_collection.deps import Deps

BATCH = 2000
MOST_UNDER_A_GROUP = 8  # leaders; more share a run by chance
_SURE, _HOPELESS = 0.8, 0.25  # what the estimate alone decides


def cluster(model_type: str, deps: Deps) -> int:
    """Place every case whose text belongs to no cluster yet; how many they were.

    Linear in the new cases: a text is compared with the first texts of clusters that share one of its groups,
    at most eight under each. Interrupted, it goes on where it was.
    """
    count = 0
    while True:
        with deps.sessions.begin() as session:
            duplicates.lock(session, model_type)
            fresh = duplicates.fresh(session, model_type, BATCH)
            if not fresh:
                return count
            _place(session, model_type, fresh, vault=deps.vault)
            count += len(fresh)


def _place(session: Session, model_type: str, fresh: Sequence[Fresh], *, vault: Vault) -> None:
    names = {one.same_text for one in fresh if one.same_text is not None}
    mine = {one.case_id: groups(one.signature) for one in fresh}
    wanted = {value for values in mine.values() for value in values}
    room = _Room(vault, duplicates.by_text(session, model_type, names))
    room.standing = duplicates.candidates(session, model_type, wanted, most=MOST_UNDER_A_GROUP)
    placed = [room.place(one, mine[one.case_id]) for one in fresh]
    duplicates.settle(session, placed)
    duplicates.lead(session, model_type, {one.case_id: mine[one.case_id] for one in room.leaders})


@dataclass
class _Room:
    """The first texts that a batch can meet, those it makes itself included."""

    vault: Vault
    by_text: dict[bytes, tuple[UUID, UUID]]
    standing: dict[int, list[Leader]] = field(default_factory=dict)
    leaders: list[Leader] = field(default_factory=list)
    _texts: dict[UUID, str] = field(default_factory=dict)

    def place(self, one: Fresh, values: Sequence[int]) -> Placed:
        """The cluster of the text it is most like, or one of its own."""
        known = self.by_text.get(one.same_text) if one.same_text is not None else None
        if known is not None:
            return self._joined(one, *known, alike=1.0)
        best = max(self._alike(one, values), key=lambda pair: pair[0], default=None)
        if best is not None:
            return self._joined(one, best[1].case_id, best[1].person_id, alike=best[0])
        leader = Leader(one.case_id, one.person_id, one.signature, one.sealed)
        self.leaders.append(leader)
        for value in values:
            under = self.standing.setdefault(value, [])
            if len(under) < MOST_UNDER_A_GROUP:
                under.append(leader)
        return self._joined(one, one.case_id, one.person_id, alike=1.0)

    def _joined(self, one: Fresh, first: UUID, person: UUID, *, alike: float) -> Placed:
        """A follow-up of the same person repeats nobody."""
        if one.same_text is not None:
            self.by_text.setdefault(one.same_text, (first, person))
        other = first if first != one.case_id and person != one.person_id else None
        return Placed(one.case_id, first, other, round(alike, 3))

    def _alike(self, one: Fresh, values: Iterable[int]) -> Iterable[tuple[float, Leader]]:
        met = {leader.case_id: leader for value in values for leader in self.standing.get(value, ())}
        for leader in met.values():
            guess = likeness(one.signature, leader.signature)
            if guess >= _SURE:
                yield guess, leader
            elif guess > _HOPELESS:
                exact = overlap(self._text(one), self._text(leader))
                if exact >= NEAR:
                    yield exact, leader

    def _text(self, one: Fresh | Leader) -> str:
        if one.case_id not in self._texts:
            opened = self.vault.open(one.sealed, CASE_PURPOSE).decode() if one.sealed is not None else ""
            self._texts[one.case_id] = opened
        return self._texts[one.case_id]
