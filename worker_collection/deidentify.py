"""Stage: deidentify. Text loses every identifier before anything else sees it; doubt holds the case back."""

import gc
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random, SystemRandom
from typing import Any

from shared.domain.deid import SAFE_HARBOR, Dates, DeidPolicy
from worker_collection.phi.engine import BY_RULES, ENGINE, Cleaned, clean
from worker_collection.phi.known import Known
from worker_collection.phi.leaks import Doubt
from worker_collection.phi.lexicon import fold
from worker_collection.phi.shifted import shifted
from worker_collection.phi.spans import Span
from worker_collection.phi.surrogates import Surrogates, with_clinicians, without
from worker_collection.time_limit import TookTooLongError, time_limit

__all__ = [
    "ENGINE",
    "NOBODY",
    "PLAIN",
    "UNREADABLE",
    "Cleaned",
    "Doubt",
    "Manner",
    "Whose",
    "answer_lines",
    "deidentify",
    "moved",
]

FAILED, TOOK_TOO_LONG = "engine_failed", "took_too_long"
# Reasons for which there is no text to look at, in words for whoever sent it.
UNREADABLE = {
    "too_long": "the text is too long",
    TOOK_TOO_LONG: "the text took too long",
    FAILED: "the text could not be de-identified",
}
NOTE_SECONDS = 5.0
_MOST_DOUBTS = 100  # a person looks at no more


@dataclass(frozen=True)
class Manner:
    """How a site de-identifies: its policy, who works there, and what its people said of doubtful words."""

    policy: DeidPolicy = SAFE_HARBOR
    staff: tuple[str, ...] = ()
    harmless: frozenset[str] = frozenset()
    identifying: tuple[str, ...] = ()
    tagged: bool = True  # without the trained tagger the rules alone are faster and miss more

    @property
    def engine(self) -> str:
        """Who a report says has read the text."""
        return ENGINE if self.tagged else BY_RULES


@dataclass(frozen=True)
class Whose:
    """What is kept of the person whose text it is: words of his other notes, surrogates, days of shift."""

    words: Collection[str] = ()
    surrogates: Surrogates | None = None
    shift_days: int = 0


class People:
    """Surrogates and shifts of the people of one process, by what their rows say; nothing is kept after it.

    Args:
        policy: what is wanted.
        random: where draws come from: the system's own generator, but for tests.
    """

    def __init__(self, policy: DeidPolicy, random: Random) -> None:
        self._needed = policy.replace == "surrogates" or policy.dates is Dates.EXPERT_SHIFT
        self._random = random
        self._known: dict[str, Whose] = {}

    def of(self, known: Mapping[str, Any]) -> Whose:
        """Whose text it is; one without record number and name is nobody met before."""
        if not self._needed:
            return NOBODY
        key = str(known.get("mrn") or known.get("name") or "")
        whose = self._known.get(key) or self._fresh(known)
        if key:
            self._known[key] = whose
        return whose

    def kept(self) -> dict[str, Any]:
        """What was drawn for whom, to be kept where the notes themselves lie."""
        return {
            key: {"drawn": dict(one.surrogates.drawn) if one.surrogates else {}, "shift": one.shift_days}
            for key, one in self._known.items()
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Go on with what `kept` gave."""
        for key, one in kept.items():
            self._known[key] = Whose(
                surrogates=Surrogates(one["drawn"], self._random), shift_days=one["shift"]
            )

    def _fresh(self, known: Mapping[str, Any]) -> Whose:
        """Somebody whose surrogates are still to be drawn."""
        own = frozenset(fold(word) for word in str(known.get("name") or "").split())
        sex = str(known.get("sex") or "").lower()[:1]
        return Whose(
            surrogates=Surrogates({}, self._random, forbidden=own, sex=sex),
            shift_days=draw_shift(self._random),
        )


def draw_shift(random: Random) -> int:
    """Days, up to a year either way and never none."""
    return random.choice((-1, 1)) * random.randint(1, 365)


PLAIN, NOBODY = Manner(), Whose()


def deidentify(
    text: str,
    known: Mapping[str, Any],
    *,
    this_year: int,
    manner: Manner = PLAIN,
    whose: Whose = NOBODY,
    staff: Sequence[str] = (),
) -> Cleaned:
    """Remove the identifiers of one text; a result that did not pass is for a person to look at.

    Never raises: what fails or takes too long is held back, with no text.

    Args:
        text: the text as the clinic wrote it.
        known: the patient's own fields, in the form of the case format.
        this_year: the year now, for years that would show an age over 89.
        manner: the site's policy and words.
        whose: what is kept of the person.
        staff: names of people who work there, beside those of `manner`.
    """
    try:
        _settle()
        with time_limit(NOTE_SECONDS):
            who = known_of(known, manner, whose, staff=staff)
            rewriting = _Rewriting(manner, whose, this_year)
            return clean(
                text,
                who,
                this_year=this_year,
                rewrite=rewriting,
                harmless=manner.harmless,
                tagged=manner.tagged,
            )
    except TookTooLongError:
        return Cleaned("", (), (TOOK_TOO_LONG,))
    except Exception as error:  # noqa: BLE001 - whatever it is, the text is held back and never passed on
        return Cleaned("", (), (FAILED, type(error).__name__))


@cache
def _settle() -> None:
    """Read one line, so that every list is loaded, and let the collector of garbage look at them no more."""
    clean("Seen by Ann Quist.", Known.of({}), this_year=2026)
    gc.collect()
    gc.freeze()


def known_of(known: Mapping[str, Any], manner: Manner, whose: Whose, *, staff: Sequence[str] = ()) -> Known:
    """What is sought of a person: his row with what the site and his other notes add to it."""
    row = dict(known)
    names = [word for word in manner.identifying if " " not in word]
    places = [word for word in manner.identifying if " " in word]
    for name, more in (("aliases", [*whose.words, *names]), ("employer", places)):
        if more:
            given = row.get(name) or []
            row[name] = [*([given] if isinstance(given, str) else given), *more]
    return Known.of(row, (*manner.staff, *staff))


@dataclass(frozen=True)
class _Rewriting:
    """What the policy puts in the places of the spans."""

    manner: Manner
    whose: Whose
    this_year: int

    def __call__(self, text: str, spans: Sequence[Span]) -> Sequence[Span]:
        """The spans with what takes their places."""
        policy = self.manner.policy
        found = list(spans)
        if policy.dates is Dates.EXPERT_SHIFT:
            found = shifted(text, found, days=self.whose.shift_days, this_year=self.this_year)
        if policy.zip_digits == 0 or policy.facilities == "removed":
            found = without(found, zip_digits=policy.zip_digits, facilities=policy.facilities)
        if policy.clinicians == "kind":
            words = frozenset(fold(word) for name in self.manner.staff for word in name.split())
            found = with_clinicians(text, found, words)
        if policy.replace == "surrogates" and self.whose.surrogates is not None:
            found = self.whose.surrogates.put(text, found)
        return found


def moved(doubts: Sequence[Doubt], before: str, after: str) -> tuple[Doubt, ...]:
    """The doubts about one text where they stand in what was made of it by masking other words."""
    found = []
    for doubt in doubts[:_MOST_DOUBTS]:
        said = before[doubt.start : doubt.end]
        at = -1
        for _ in range(before.count(said, 0, doubt.start) + 1 if said else 0):
            following = after.find(said, at + 1)
            at = following if following >= 0 else at
        if at >= 0:
            found.append(doubt._replace(start=at, end=at + len(said)))
    return tuple(found)


def answer_lines(
    lines: Iterable[str | bytes], *, this_year: int, manner: Manner = PLAIN, people: People | None = None
) -> Iterator[str]:
    """One answer line for each request line, in order; a line that fails says so and gives no text."""
    people = people or People(manner.policy, SystemRandom())
    for line in lines:
        if line.strip():
            answer = _answer(line, this_year, manner=manner, people=people)
            # A half of a surrogate pair is no character of UTF-8: it goes out as it came in, escaped.
            yield json.dumps(
                answer, ensure_ascii=not _is_utf8(str(answer.get("text", "")) + str(answer["id"]))
            )


def _answer(line: str | bytes, this_year: int, *, manner: Manner, people: People) -> dict[str, Any]:
    asked = None
    try:
        request = json.loads(line)
        asked = request["id"] if isinstance(request, dict) and "id" in request else None
        text, known = request["text"], request.get("known") or {}
        if not isinstance(text, str) or not isinstance(known, dict):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {"id": asked, "error": "the line is not an object with a text"}
    cleaned = deidentify(text, known, this_year=this_year, manner=manner, whose=people.of(known))
    if cleaned.reasons and cleaned.reasons[0] in UNREADABLE:
        return {"id": asked, "error": UNREADABLE[cleaned.reasons[0]]}
    spans = [{"start": span.start, "end": span.end, "label": span.label} for span in cleaned.spans]
    answer = {"id": asked, "text": cleaned.text, "spans": spans}
    if cleaned.passed:
        return answer
    doubts = [{"start": one.start, "end": one.end, "rule": one.code} for one in cleaned.doubts]
    return answer | {"quarantine": True, "reasons": list(cleaned.reasons), "doubts": doubts}


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
