"""What became of the rows of one run, by reason; kept in its row, so that an interrupted run goes on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.cycle import CaseState
from worker_collection.intake import Candidate


@dataclass
class Tally:
    """The counts of a run, as its row keeps them."""

    collected: int = 0
    pending: int = 0
    quarantined: int = 0
    duplicates: int = 0
    unchanged: int = 0
    deleted: int = 0
    deletions_held: int = 0  # too many at once to be believed
    refused: Counter[str] = field(default_factory=Counter)
    review: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> "Tally":
        """Go on from the counts of a run that was interrupted."""
        numbers = {name: counts.get(name, 0) for name in ("collected", "pending", "quarantined")}
        more = {
            name: counts.get(name, 0) for name in ("duplicates", "unchanged", "deleted", "deletions_held")
        }
        return cls(
            **numbers, **more, refused=Counter(counts.get("refused")), review=Counter(counts.get("review"))
        )

    def counts(self) -> dict[str, Any]:
        """The JSON of the run's row."""
        return {**vars(self), "refused": dict(self.refused), "review": dict(self.review)}

    def add(self, one: Candidate) -> None:
        """Count one new case."""
        if "deid_quarantine" in one.reasons:
            self.quarantined += 1
        elif one.state is CaseState.VALIDATED:
            self.collected += 1
        elif one.state is CaseState.PENDING:
            self.pending += 1
        else:
            self.review[one.reasons[0]] += 1
