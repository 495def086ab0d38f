"""What a version may change without a new authorisation: declared beforehand, held against each candidate.

The site declares it in its policy (`envelope.…`), which two people change; what lies outside is refused at
the gate and stands in the evidence. Source of the form: a predetermined change control plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

RULE = "within the declared changes"


class Envelope(BaseModel):
    """The declared changes; everything is allowed until a site says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    other_base: bool = Field(default=True, description="a version may stand on another base model")
    imported: bool = Field(default=True, description="a version may be brought from elsewhere")
    labels_added: int = Field(10_000, ge=0, le=10_000, description="diagnoses that a version may add")
    labels_lost: int = Field(10_000, ge=0, le=10_000, description="diagnoses that a version may lose")


@dataclass(frozen=True)
class Change:
    """What a candidate changes against the version in service."""

    other_base: bool
    imported: bool
    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def change(*, bases: tuple[str, str], imported: bool, labels: tuple[Iterable[str], Iterable[str]]) -> Change:
    """The change from the version in service to the candidate.

    Args:
        bases: digests of their base models, the one in service first.
        imported: whether the candidate was brought from elsewhere.
        labels: what they can answer, the one in service first.
    """
    before, after = map(frozenset, labels)
    return Change(
        bases[0] != bases[1], imported, tuple(sorted(after - before)), tuple(sorted(before - after))
    )


def breaches(found: Change, declared: Envelope) -> list[str]:
    """What of a change was not declared, in words; empty when it may be."""
    told = []
    if found.other_base and not declared.other_base:
        told.append("it stands on another base model")
    if found.imported and not declared.imported:
        told.append("it was brought from elsewhere")
    for verb, labels, most in (
        ("adds", found.added, declared.labels_added),
        ("loses", found.lost, declared.labels_lost),
    ):
        if len(labels) > most:
            told.append(f"it {verb} {len(labels)} diagnoses, {most} are declared")
    return told
