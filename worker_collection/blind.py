"""What is read blind is read without identifiers: cleaned by the collection, kept as long as its input."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.orm import Session

from shared.registry import deid, models, policies, readings
from shared.registry.readings import CLEANED_PURPOSE
from worker_collection.deidentify import NOBODY, Doubt, Manner, Whose, deidentify
from worker_collection.deps import Deps
from worker_collection.terms import manner_of

BATCH = 50
_INPUT_PURPOSE = "prediction"


def clean_readings(model_type_id: UUID, deps: Deps) -> int:
    """Clean every input of one model type that waits to be read; how many there were."""
    cleaned = 0
    while True:
        with deps.sessions.begin() as session:
            done = _clean_some(session, model_type_id, deps)
        cleaned += done
        if done < BATCH:
            return cleaned


def _clean_some(session: Session, model_type_id: UUID, deps: Deps) -> int:
    name = models.model_type(session, model_type_id).name
    rows = readings.to_clean(session, name, BATCH)
    manner = manner_of(policies.current(session)[1], deid.site_words(session, deps.vault))
    words = deid.words_of(session, {row.person_id for row, _ in rows}, deps.vault)
    for row, kept in rows:
        text = deps.vault.open(kept.sealed, _INPUT_PURPOSE).decode()
        whose = Whose(words[row.person_id]) if row.person_id in words else NOBODY
        shown = _shown(text, whose, manner, this_year=deps.clock().year)
        kept.cleaned = deps.vault.seal(shown.encode(), CLEANED_PURPOSE)
    return len(rows)


def _shown(text: str, whose: Whose, manner: Manner, *, this_year: int) -> str:
    """The text without identifiers; where the leak check held it back, without what it doubts either."""
    cleaned = deidentify(text, {}, this_year=this_year, manner=manner, whose=whose)
    return cleaned.text if cleaned.passed else without_doubts(cleaned.text, cleaned.doubts)


def without_doubts(text: str, doubts: Iterable[Doubt]) -> str:
    """A text with its doubtful places taken out, from the last to the first; they may overlap."""
    left = len(text)
    for doubt in sorted(doubts, key=lambda one: one.start, reverse=True):
        text = f"{text[: doubt.start]}[REMOVED]{text[min(doubt.end, left) :]}"
        left = doubt.start
    return text
