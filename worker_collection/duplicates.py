"""Near duplicates of a model type, found in one pass over what is new: each text joins the first like it."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from shared.domain.nearness import NEAR, groups, likeness, overlap, runs_of
from shared.registry import duplicates
from shared.registry.cases import CASE_PURPOSE
from shared.registry.duplicates import Fresh, Leader, Placed
from shared.vault import Vault
from worker_collection.deps import Deps

BATCH = 2000
MOST_UNDER_A_GROUP = 6  # first texts; more share a group by chance
_SURE, _HOPELESS = 0.8, 0.3  # what the estimate alone decides
_COMPARED = 5  # texts looked into for one


def cluster(model_type: str, deps: Deps, *, seconds: float = math.inf) -> bool:
    """Place cases whose text belongs to no cluster yet; whether all are placed.

    Linear in the new cases: a text is compared with the first texts of clusters that share one of its groups,
    and at most six stand under each. Interrupted, or at the end of the seconds, it goes on where it was.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with deps.sessions.begin() as session:
            duplicates.lock(session, model_type)
            fresh = duplicates.fresh(session, model_type, BATCH)
            if not fresh:
                return True
            _place(session, model_type, fresh, vault=deps.vault)
    return False


def _place(session: Session, model_type: str, fresh: Sequence[Fresh], *, vault: Vault) -> None:
    names = {one.same_text for one in fresh if one.same_text is not None}
    mine = {one.case_id: groups(one.signature) for one in fresh}
    wanted = {value for values in mine.values() for value in values}
    room = _Room(vault, duplicates.by_text(session, model_type, names))
    room.standing = duplicates.candidates(session, model_type, wanted)
    placed = [room.place(one, mine[one.case_id]) for one in fresh]
    duplicates.settle(session, placed)
    duplicates.lead(session, model_type, room.leaders)


@dataclass
class _Room:
    """The first texts that a batch can meet, those it makes itself included."""

    vault: Vault
    by_text: dict[bytes, tuple[UUID, UUID]]
    standing: dict[int, list[Leader]] = field(default_factory=dict)
    leaders: dict[UUID, set[int]] = field(default_factory=dict)  # first texts of this batch, by their groups
    _known: dict[UUID, frozenset[int]] = field(default_factory=dict)

    def place(self, one: Fresh, values: Sequence[int]) -> Placed:
        """The cluster of the text it is most like, or one of its own."""
        known = self.by_text.get(one.same_text) if one.same_text is not None else None
        if known is not None:
            return self._joined(one, *known, alike=1.0)
        best = self._nearest(one, values)
        if best is not None:
            return self._joined(one, best[1].case_id, best[1].person_id, alike=best[0])
        leader = Leader(one.case_id, one.person_id, one.signature, one.sealed)
        mine = self.leaders[one.case_id] = set()
        for value in set(values):
            under = self.standing.setdefault(value, [])
            if len(under) < MOST_UNDER_A_GROUP:
                under.append(leader)
                mine.add(value)
        return self._joined(one, one.case_id, one.person_id, alike=1.0)

    def _joined(self, one: Fresh, first: UUID, person: UUID, *, alike: float) -> Placed:
        """A follow-up of the same person repeats nobody."""
        if one.same_text is not None:
            self.by_text.setdefault(one.same_text, (first, person))
        other = first if first != one.case_id and person != one.person_id else None
        return Placed(one.case_id, first, other, round(alike, 3))

    def _nearest(self, one: Fresh, values: Iterable[int]) -> tuple[float, Leader] | None:
        """The most like of the first texts met, of the few that the estimate puts foremost."""
        met = list(
            {leader.case_id: leader for value in values for leader in self.standing.get(value, ())}.values()
        )
        if not met:
            return None
        guesses = likeness(one.signature, [leader.signature for leader in met])
        foremost = sorted(zip(guesses, range(len(met)), strict=True), reverse=True)[:_COMPARED]
        for guess, place in foremost:
            if guess < _HOPELESS:
                return None
            exact = guess if guess >= _SURE else overlap(self._runs(one), self._runs(met[place]))
            if exact >= NEAR:
                return exact, met[place]
        return None

    def _runs(self, one: Fresh | Leader) -> frozenset[int]:
        if one.case_id not in self._known:
            text = self.vault.open(one.sealed, CASE_PURPOSE).decode() if one.sealed is not None else ""
            self._known[one.case_id] = runs_of(text)
        return self._known[one.case_id]
