"""The de-identifier: known fields, shapes, dates, places and names, one pass each, then the leak check."""

from collections import Counter
from dataclasses import dataclass

from worker_collection.phi import dates, known, leaks, names, patterns, places
from worker_collection.phi.known import Known
from worker_collection.phi.spans import Span, joined, rendered

ENGINE = "rules-1"
MAX_CHARACTERS = 200_000


@dataclass(frozen=True)
class Cleaned:
    """A de-identified text; with reasons it is held back and its text may go nowhere."""

    text: str
    spans: tuple[Span, ...]
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the leak check found nothing."""
        return not self.reasons

    @property
    def counts(self) -> dict[str, int]:
        """How many spans of each class were removed."""
        return dict(sorted(Counter(span.label for span in self.spans).items()))


def clean(text: str, who: Known, *, this_year: int) -> Cleaned:
    """Remove the identifiers of one note.

    Args:
        text: the note.
        who: what is known of the patient and of the staff.
        this_year: the year now; a year that would show an age over 89 does not stay.
    """
    if len(text) > MAX_CHARACTERS:
        return Cleaned("", (), ("too_long",))
    found = joined(
        [
            *known.find(text, who),
            *patterns.find(text),
            *dates.find(text, this_year),
            *places.find(text),
            *names.find(text),
        ]
    )
    spans = joined([*found, *names.spread(text, found)])
    cleaned = rendered(text, spans)
    return Cleaned(cleaned, tuple(spans), tuple(leaks.check(cleaned, who)))
