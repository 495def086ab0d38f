"""What a health record system says of a diagnosis or report, and which of its codes are diagnoses at all."""

import re
from collections.abc import Collection
from dataclasses import dataclass

CONDITION_STATUS = frozenset(
    {"confirmed", "provisional", "differential", "unconfirmed", "refuted", "entered-in-error"}
)
CONFIRMED_REPORT = frozenset({"final", "amended", "corrected", "appended"})
UNFINISHED_REPORT = frozenset({"registered", "partial", "preliminary"})
VOID_ENCOUNTER = frozenset({"cancelled", "entered-in-error"})
# SNOMED CT writes what a concept is behind its name: "Stress (finding)".
DIAGNOSIS_TAGS = frozenset({"disorder", "disease"})
_TAG = re.compile(
    r"\s*\((disorder|disease|finding|situation|event|procedure|regime/therapy|observable entity|person|"
    r"social concept|morphologic abnormality|body structure|substance|product|organism|context-dependent "
    r"category|occupation|environment|life style|ethnic group|religion/philosophy|qualifier value|"
    r"physical object|medicinal product|record artifact|staging scale|assessment scale)\)\s*$",
    re.IGNORECASE,
)
_NO_DIAGNOSIS = re.compile(
    r"^(?:personal |family )?history of\b|\bemploy(?:ed|ment)\b|\bunemployed\b|\blabou?r force\b|"
    r"\bbody mass index\b|\bbmi\b|\beducation\b|\bcriminal record\b|\bhous(?:ing|eless)\b|\bhomeless|"
    r"\bsocial (?:contact|isolation|support)\b|^stress$|\bsmok(?:es|er|ing)\b|\btobacco (?:use|user|daily)\b|"
    r"\bpartner abuse\b|\bviolence in\b|\btransport problem\b|\blives (?:alone|with)\b|\bmarital status\b|"
    r"\bmarried\b|\bsingle\b.*\bperson\b|\bincome\b|\brefugee\b|\bmigrant\b|^(?:well|healthy|normal)\b",
    re.IGNORECASE,
)
# ICD-10: symptoms, what happened outside, what is no illness.
_NO_ILLNESS = re.compile(r"[RVWXYZ]\d")


@dataclass(frozen=True)
class Record:
    """One Condition or DiagnosticReport, as far as the trust table reads it; None where the source is silent.

    `status` is the verification status of a condition, the status of a report. `asserted_by` says who stands
    behind it: practitioner, patient, recorder. `encounter` is its status, "missing" where the reference leads
    nowhere. `policy` names the site's rule by which another one than the asserter stands behind it.
    """

    kind: str
    status: str | None
    asserted_by: str | None
    encounter: str | None = None
    is_diagnosis: bool = True
    modified: bool = False
    asserter_works: bool = True
    patient_known: bool = True
    same_patient: bool = True
    note_readable: bool = True
    policy: str | None = None

    @property
    def is_condition(self) -> bool:
        """Whether it is a diagnosis on a list, not the conclusion of a report."""
        return self.kind == "condition"

    def condition_is(self, *statuses: str | None) -> bool:
        """Whether it is a condition with one of these verification statuses."""
        return self.is_condition and self.status in statuses

    def report_is(self, statuses: Collection[str]) -> bool:
        """Whether it is a report with one of these statuses."""
        return not self.is_condition and self.status in statuses


def untagged(display: str) -> str:
    """A name without the tag that says what it is."""
    return _TAG.sub("", display).strip()


def names_a_diagnosis(display: str | None, icd_code: str | None) -> bool:
    """Whether a coded condition is a diagnosis: no finding, no social fact, no body mass, no history."""
    tag = _TAG.search(display or "")
    if tag is not None and tag.group(1).casefold() not in DIAGNOSIS_TAGS:
        return False
    if icd_code and _NO_ILLNESS.match(icd_code.upper()):
        return False
    return tag is not None or not _NO_DIAGNOSIS.search(display or "")
