"""How good one case is, 0 to 100 with reasons."""

import re
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
