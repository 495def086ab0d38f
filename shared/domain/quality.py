"""How good one case is, 0 to 100 with reasons, and how much one clinician may weigh in a dataset."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_FIELDS = ("text", "diagnosis", "icd_code", "validated_by", "validated_at", "age_band", "sex")
PENALTIES = {
    "very_short_text": 40,
    "short_text": 15,
    "mostly_removed": 40,
    "few_letters": 30,
    "label_in_text": 10,
    "instructions_in_text": 10,
    "drug_gives_label": 5,
    "no_narrative": 20,
    "no_code": 5,
}
MIN_WORDS = 3
_MARK = re.compile(r"\[[A-Z_]+\]")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Quality:
    """The score of one case, its completeness and why points were taken."""

    score: int
    completeness: int
    reasons: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Whether there is enough text left to learn from."""
        return "very_short_text" not in self.reasons


def completeness(filled: Mapping[str, object]) -> int:
    """Share of the fields of a complete case that are there, 0 to 100."""
    there = sum(1 for name in _FIELDS if filled.get(name) not in (None, "", []))
    return round(100 * there / len(_FIELDS))


def judge(text: str, filled: Mapping[str, object], *, flags: Sequence[str] = ()) -> Quality:
    """Score the de-identified text and its fields; `flags` are findings of earlier checks."""
    marks, words = len(_MARK.findall(text)), len(_WORD.findall(_MARK.sub(" ", text)))
    letters = sum(map(str.isalpha, text))
    found = {
        "very_short_text": words < MIN_WORDS,
        "short_text": MIN_WORDS <= words < 6,
        "mostly_removed": marks > max(2, words),
        "few_letters": letters < len(text) / 3,
        "no_code": not filled.get("icd_code"),
    } | dict.fromkeys(flags, True)
    reasons = tuple(name for name in PENALTIES if found.get(name))
    return Quality(max(0, 100 - sum(PENALTIES[name] for name in reasons)), completeness(filled), reasons)


def capped_weights(validators: Sequence[str | None], cap: float) -> list[float]:
    """A weight for each case so that no validator holds more than `cap` of the whole; at most 1 each.

    Where there are too few validators for the cap, all weigh the same in sum. None marks a case that the
    cap does not touch (curated sets).
    """
    counts = Counter(name for name in validators if name is not None)
    free = len(validators) - sum(counts.values())
    share = max(cap, 1 / len(counts)) if counts and not free else cap
    allowed = _allowance(sorted(counts.values(), reverse=True), free, share)
    return [1.0 if name is None else round(min(1.0, allowed / counts[name]), 6) for name in validators]


def _allowance(counts: Sequence[int], free: int, share: float) -> float:
    """The largest sum a validator may weigh, so that it is `share` of the total it leads to."""
    for capped in range(len(counts) + 1):
        rest = free + sum(counts[capped:])
        room = 1 - capped * share
        # The first `capped` validators weigh `share` of the total each, the others all they have.
        total = rest / room if room > 1e-9 else float("inf")
        if capped == len(counts) or counts[capped] <= share * total + 1e-9:
            return share * total if total != float("inf") and total > 0 else float(min(counts, default=0))
    return float(min(counts, default=0))
