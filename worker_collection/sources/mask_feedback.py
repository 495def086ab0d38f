"""Our own predictions of pictures with the masks that clinicians drew: the closed loop of a segmenter."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from shared.registry import mask_feedback
from shared.registry.mask_feedback import Drawn
from shared.registry.validators import Staff
from shared.vault import Vault
from worker_collection.mapping import CaseMapping
from worker_collection.sources.base import Page, Row, Said, Trial

_OVERLAP = 200  # answers; one that was numbered earlier may have been committed later
_INPUT = "prediction"


class MaskFeedbackSource:
    """The right masks of predicted pictures of one model type, in the order in which they arrived."""

    def __init__(
        self, model_type: str, mapping: CaseMapping, *, sessions: sessionmaker[Session], vault: Vault
    ) -> None:
        self._model_type, self._mapping = model_type, mapping
        self._sessions, self._vault = sessions, vault

    def test(self) -> Trial:
        """Count the answers; there is nothing outside to reach."""
        with self._sessions() as session:
            return Trial(rows=mask_feedback.count(session, self._model_type))

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """One row a prediction with the mask that stands, picture and mask in base64."""
        after = max(0, int(watermark.get("seq", 0)) - _OVERLAP)
        while True:
            with self._sessions() as session:
                found = mask_feedback.after(session, self._model_type, after, limit=size)
            if not found:
                return
            after = max(one.seq for one in found)
            yield Page([self._row(one) for one in found], {"seq": after})

    def staff(self) -> list[Staff]:
        """Answers come from whom the site knows already."""
        return []

    def vocabulary(self) -> list[Said]:
        """A mask is answered under the label that was predicted."""
        return []

    def _row(self, one: Drawn) -> Row:
        asked = json.loads(self._vault.open(one.picture, _INPUT))
        return self._mapping.constants | {
            "source_id": str(one.prediction.id),
            "person": f"prediction of {one.prediction.person_id}",
            "person_id": one.prediction.person_id,
            "image": asked["image"],
            "box": asked["box"],
            "mask": self._vault.open(one.answer.sealed, mask_feedback.PURPOSE).decode(),
            "diagnosis": one.answer.label,
            "validated_by": one.answer.validated_by,
            "validated_at": one.answer.validated_at.isoformat(),
            "subgroup": one.prediction.subgroup,
            "answer": {"in_audit": one.prediction.in_audit, "copied": False},
        }
