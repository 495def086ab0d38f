"""Our own predictions with the answers that clinicians validated: what closes the loop."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from shared.domain.copying import copies
from shared.registry import answers
from shared.registry.answers import Answered, Habit
from shared.registry.validators import Staff
from shared.vault import Vault
from worker_collection.mapping import CaseMapping
from worker_collection.sources.base import Broken, Page, Row, Said, Trial

_OVERLAP = 200  # outcomes; one that was numbered earlier may have been committed later
_INPUT = "prediction"


class FeedbackSource:
    """The validated answers to the predictions of one model type, in the order in which they arrived."""

    def __init__(
        self,
        model_type: str,
        mapping: CaseMapping,
        *,
        sessions: sessionmaker[Session] | None,
        vault: Vault | None,
    ) -> None:
        self._model_type, self._mapping = model_type, mapping
        self._sessions, self._vault = sessions, vault

    def test(self) -> Trial:
        """Count the answers; there is nothing outside to reach."""
        if self._sessions is None:
            return Trial(rows=None)
        with self._sessions() as session:
            return Trial(rows=answers.count(session, self._model_type))

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """One row a prediction with the answer that stands; a correction makes the row another."""
        assert self._sessions is not None, "a source that is collected has a registry"
        after = max(0, int(watermark.get("seq", 0)) - _OVERLAP)
        while True:
            with self._sessions() as session:
                found = answers.after(session, self._model_type, after, limit=size)
                habits = answers.habits(session, self._model_type, {one.validated_by for one in found})
            if not found:
                return
            after = max(one.seq for one in found)
            yield Page([self._row(one, habits) for one in found], {"seq": after})

    def staff(self) -> list[Staff]:
        """Answers come from whom the site knows already."""
        return []

    def vocabulary(self) -> list[Said]:
        """Answers are labels already."""
        return []

    def _row(self, one: Answered, habits: Mapping[str, Habit]) -> Row | Broken:
        if one.sealed is None:
            return Broken(str(one.prediction_id), "input_expired")
        assert self._vault is not None
        agreed = one.label == one.predicted
        habit = habits.get(one.validated_by)
        copied = agreed and not one.blind and habit is not None and _is_copying(habit)
        return self._mapping.constants | {
            "source_id": str(one.prediction_id),
            "person": f"prediction of {one.person_id}",
            "person_id": one.person_id,
            "text": self._vault.open(one.sealed, _INPUT).decode(),
            "diagnosis": one.label,
            # Of a label that the model did not give, no confidence is known.
            "confidence": one.confidence if agreed else None,
            "validated_by": one.validated_by,
            "validated_at": one.validated_at.isoformat(),
            "subgroup": one.subgroup,
            "answer": {"in_audit": one.in_audit, "copied": copied},
        }


def _is_copying(habit: Habit) -> bool:
    return copies(habit.agreed, habit.shown, habit.claimed)
