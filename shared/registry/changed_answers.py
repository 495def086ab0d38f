"""On which cases of one frozen set two versions answer differently, as the gate kept it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.registry.tables import GateDecision, ModelVersion

Said = Mapping[str, Any]  # label and confidence


@dataclass(frozen=True)
class Pair:
    """One case with its truth and what the first and the second version said of it."""

    case_id: UUID
    truth: str
    first: Said
    second: Said
    subgroup: Mapping[str, str]

    @property
    def changed(self) -> bool:
        """Whether the two name different labels."""
        return bool(self.first["label"] != self.second["label"])

    @property
    def right(self) -> tuple[bool, bool]:
        """Whether the first and the second one are right."""
        return bool(self.first["label"] == self.truth), bool(self.second["label"] == self.truth)


def pairs(session: Session, first: ModelVersion, second: ModelVersion) -> list[Pair]:
    """Every case that both answered in an exam, by case id; empty where no exam kept answers of both.

    An exam keeps the candidate's answers and those of the champion of that day, so two versions that never
    met are compared on the cases that their own exams share.
    """
    before, after = _answers(session, first), _answers(session, second)
    return [
        Pair(UUID(case_id), told["truth"], before[case_id]["said"], told["said"], told["subgroup"])
        for case_id, told in sorted(after.items())
        if case_id in before and before[case_id]["truth"] == told["truth"]
    ]


def _answers(session: Session, version: ModelVersion) -> dict[str, dict[str, Any]]:
    """What a version said in every exam that it sat as candidate or champion; the newest word stands."""
    mine = (GateDecision.model_version_id == version.id) | (GateDecision.against_id == version.id)
    exams = session.scalars(select(GateDecision).where(mine).order_by(GateDecision.created_at))
    found: dict[str, dict[str, Any]] = {}
    for exam in exams:
        side = "candidate" if exam.model_version_id == version.id else "champion"
        for case in exam.inputs.get("cases", ()):
            if case[side] is not None:
                told = {"said": case[side], "truth": case["truth"], "subgroup": case["subgroup"]}
                found[case["case_id"]] = told
    return found
