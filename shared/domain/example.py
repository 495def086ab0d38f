"""What a model learns from and answers to, the same for every family."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Example:
    """One sealed member of a dataset, de-identified."""

    case_id: UUID
    person_id: UUID
    text: str
    label: str
    weight: float = 1.0
    subgroup: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a model says of one input: `label` with its probability, and the labels after it, best first."""

    label: str
    confidence: float
    top: tuple[tuple[str, float], ...]
