"""What became of the rows of one run, by reason; kept in its row, so that an interrupted run goes on."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from shared.domain.cycle import CaseState
from worker_collection.intake import Candidate


@dataclass
class Tally:
    """The counts of a run, as its row keeps them."""

    rows: int = 0  # read so far
    collected: int = 0
    pending: int = 0
    quarantined: int = 0
    duplicates: int = 0
    unchanged: int = 0
    stale: int = 0  # older than what is remembered of the same row
    deleted: int = 0
    deletions_held: int = 0  # too many at once to be believed
    refused: Counter[str] = field(default_factory=Counter)
    review: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)  # of the trust table, one for each row judged

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> "Tally":
        """Go on from the counts of a run that was interrupted."""
        tally = cls()
        tally.fold(counts)
        return tally

    def fold(self, counts: Mapping[str, Any]) -> None:
        """Add counts, such as those of a chunk."""
        for one in fields(self):
            held = getattr(self, one.name)
            if isinstance(held, Counter):
                held.update(counts.get(one.name) or {})
            else:
                setattr(self, one.name, held + int(counts.get(one.name) or 0))

    def counts(self) -> dict[str, Any]:
        """The JSON of the run's row."""
        return {
            one.name: dict(held) if isinstance(held := getattr(self, one.name), Counter) else held
            for one in fields(self)
        }

    def judged(self, one: Candidate) -> None:
        """Count the rule that decided."""
        self.rules[one.trusted.verdict.rule] += 1

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

    def hold(self, reasons: Mapping[str, int]) -> None:
        """Count cases that were collected and went up for review at the end of the run."""
        self.collected -= sum(reasons.values())
        self.review.update(reasons)
