"""What was done to a case before anybody saw it, and what learnt from it."""

from uuid import UUID

from api_service.show.shape import Message, Shape
from shared.registry.tables import DeidReport, ValidatedCase
from shared.registry.withdrawals import Reach


class CaseUses(Shape):
    """What learnt from a case, by name."""

    case_id: UUID
    datasets: list[str]
    jobs: list[UUID]
    models: list[str]

    @classmethod
    def of(cls, case_id: UUID, found: Reach) -> "CaseUses":
        """From the descendants of the case."""
        names = [one.name for one in found.datasets], [one.name for one in found.models]
        return cls(case_id=case_id, datasets=names[0], jobs=found.jobs, models=names[1])


class CaseAnonymized(Message):
    """How a case was de-identified: the engine, its verdict and how much it removed by class."""

    case_id: UUID
    engine: str
    verdict: str
    removed: dict[str, int]

    @classmethod
    def of(cls, case: ValidatedCase, report: DeidReport) -> "CaseAnonymized":
        """From the newest report."""
        held = report.verdict != "pass"
        message = "the case is held back until it is answered" if held else "the case is de-identified"
        return cls(
            status="held" if held else "anonymized",
            message=message,
            case_id=case.id,
            engine=report.engine,
            verdict=report.verdict,
            removed={str(name): int(n) for name, n in report.spans.items()},
        )
