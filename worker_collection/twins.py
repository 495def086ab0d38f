"""Pictures that are one: among those of the standing cases and among those that are just being stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared.registry import pictures
from shared.registry.pictures import Held
from worker_collection.alike import Likeness, is_same
from worker_collection.intake import Candidate


@dataclass
class Twins:
    """The pictures that a batch may be the same as, by their marks."""

    source_id: UUID
    _by_mark: dict[int, list[Held]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, session: Session, candidates: Sequence[Candidate], *, model_type: str, source_id: UUID
    ) -> "Twins":
        """Look up every picture of a batch at once; where there are none nothing is asked."""
        found = [one.draft.picture for one in candidates if one.draft.picture is not None]
        twins = cls(source_id)
        for held in pictures.sharing(
            session, model_type, {mark for one in found for mark in one.likeness.marks}
        ):
            twins._keep(held)
        return twins

    def take(self, one: Candidate) -> bool:
        """Whether the candidate's picture stands already, with the same label; if not, it stands from now on.

        Two that no codec has touched are one only when every pixel is equal.
        """
        picture = one.draft.picture
        if picture is None or one.state is None:
            return False
        mine = Held(
            self.source_id,
            one.draft.source_id,
            one.trusted.label,
            picture.likeness.digest,
            picture.likeness.marks,
            picture.likeness.sketch,
            picture.lossy,
        )
        near = {id(held): held for mark in mine.marks for held in self._by_mark.get(mark, ())}
        if any(self._is_twin(mine, held) for held in near.values()):
            return True
        self._keep(mine)
        return False

    def _is_twin(self, mine: Held, held: Held) -> bool:
        if (held.source_id, _picture_of(held)) == (mine.source_id, _picture_of(mine)):
            return False  # the case's own earlier version, or another structure on the same picture
        if mine.diagnosis is not None and mine.diagnosis != held.diagnosis:
            return False
        if mine.digest == held.digest:
            return True
        return (mine.lossy or held.lossy) and is_same(_known(mine), _known(held))

    def _keep(self, held: Held) -> None:
        for mark in held.marks:
            self._by_mark.setdefault(mark, []).append(held)


def picture_row(case_id: UUID, one: Candidate) -> dict[str, Any] | None:
    """What is remembered of a case's picture; None for a case of text."""
    picture = one.draft.picture
    if picture is None:
        return None
    known = picture.likeness
    kept = {"digest": known.digest, "marks": list(known.marks), "sketch": known.sketch}
    return {"case_id": case_id, "lossy": picture.lossy} | kept


def _picture_of(held: Held) -> str:
    """The picture behind a row's key: rows of several structures on one are told apart behind a #."""
    return held.source_record.split("#", 1)[0]


def _known(held: Held) -> Likeness:
    return Likeness(held.digest, held.marks, held.sketch)
