"""What the trust table reads of one case: who stands behind it, how it is meant, what contradicts it."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from shared.domain.health_records import Record


@dataclass(frozen=True)
class Standing:
    """Who validated, as far as the site knows: None in every field where the name leads to nobody."""

    known: bool
    qualified: bool = False
    active: bool = False


@dataclass(frozen=True)
class Answer:
    """How the validated answer to one of our own predictions came about."""

    in_audit: bool  # kept for measuring: what is learnt from cannot measure
    copied: bool  # by somebody who takes over what the model says more often than it can be right


@dataclass(frozen=True)
class Imaging:
    """What became of a finding in a picture: its verification, and whether a mask came with it."""

    status: str | None
    has_mask: bool = True

    def is_one_of(self, words: Set[str]) -> bool:
        """Whether the verification says one of these."""
        return self.verification in words

    @property
    def verification(self) -> str:
        """What it says, in small letters; nothing where there is none."""
        return (self.status or "").strip().casefold()


@dataclass(frozen=True)
class Evidence:
    """All that the trust table reads of one case; None where the source does not say."""

    diagnosis: str | None
    validator: Standing | None
    is_plan: bool = False
    status: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    icd_code: str | None = None
    code_agrees: bool | None = None
    label_known: bool = True
    is_diagnosis: bool = True
    note_denies: bool = False  # the note says that the patient has it not
    discharge_agrees: bool | None = None
    revised: bool = False
    confidence: float | None = None
    consent_withdrawn: bool = False
    record: Record | None = None  # of a health record system, with rules of its own
    answer: Answer | None = None  # a validated answer to one of our own predictions
    imaging: Imaging | None = None  # a finding in a picture
