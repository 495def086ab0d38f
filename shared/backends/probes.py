"""Fixed texts that show whether a loaded version is the one that was trained, on any machine."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.example import Answer

PROBES = (
    "",
    "Fever, dry cough and sore throat for three days.",
    "Burning pain on passing urine, no fever, needs to go every hour.",
    "Throbbing headache on one side with nausea; light hurts the eyes.",
    "Itchy red patches on both elbows with silver scales since last winter.",
    "Crushing chest pain into the left arm, sweating, 62 years old, smoker.",
    "Very thirsty, loses weight, passes a lot of urine; fasting glucose 210 mg/dl.",
    "Wheezing at night and after running, better with an inhaler, cat at home.",
)
TOP = 5
DIGITS = 6


class Probed(ABC):
    """A version that answers texts; a family says how probable each label is.

    Args:
        facts: `rounds.json` of the version.
        tolerance: how far another processor's rounding may move a share.
    """

    def __init__(self, facts: Mapping[str, Any], *, tolerance: float) -> None:
        self.labels: Sequence[str] = tuple(facts["labels"])
        self._probes = [(str(label), float(share)) for label, share in facts["probes"]]
        self._tolerance = tolerance

    @abstractmethod
    def shares(self, text: str) -> list[float]:
        """The probability of every label, in their order."""

    def fingerprint(self) -> str:
        """Hash of the answers to the probes that were recorded at training.

        Where the answers of this machine are other ones, beyond what another processor's rounding explains,
        it is the hash of these, and fits no recorded fingerprint.
        """
        found = [dict(self.ranked(self.shares(probe))) for probe in PROBES]
        same = len(self._probes) == len(PROBES) and all(
            abs(shares.get(label, -1.0) - share) <= self._tolerance
            for shares, (label, share) in zip(found, self._probes, strict=True)
        )
        return hash_of(self._probes if same else self.probe_answers())

    def probe_answers(self) -> list[tuple[str, float]]:
        """Label and confidence of every probe."""
        return [self.ranked(self.shares(probe))[0] for probe in PROBES]

    def ranked(self, shares: Sequence[float]) -> list[tuple[str, float]]:
        """Every label with its probability, best first; equal ones in the order of the labels."""
        found = sorted(zip(self.labels, shares, strict=True), key=lambda pair: -pair[1])
        return [(label, round(share, DIGITS)) for label, share in found]

    def said(self, shares: Sequence[float]) -> Answer:
        """The answer that these probabilities give; `top` starts with the label itself."""
        ranked = self.ranked(shares)
        return Answer(label=ranked[0][0], confidence=ranked[0][1], top=tuple(ranked[:TOP]))


def hash_of(answers: Sequence[tuple[str, float]]) -> str:
    """The fingerprint of a list of probe answers."""
    return hashlib.sha256(json.dumps([list(pair) for pair in answers]).encode()).hexdigest()
