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
class PictureExample:
    """One sealed member about a picture: the keys of its bare pixels and of its mask in the artifact store.

    `box` is x0, y0, x1, y1 in pixels, where the source gave one.
    """

    case_id: UUID
    person_id: UUID
    image: str
    mask: str
    label: str
    weight: float = 1.0
    subgroup: Mapping[str, str] = field(default_factory=dict)
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Answer:
    """What a model says of one input: `label` with its probability, and the labels after it, best first."""

    label: str
    confidence: float
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class PictureAsk:
    """What a segmenter is asked of one picture.

    Attributes:
        image: a PNG or a DICOM file in base64.
        boxes: one prompt each, x0, y0, x1, y1 in pixels; None for the whole picture.
        untrained: answer as the base does without what was learnt.
    """

    image: str
    boxes: tuple[tuple[float, float, float, float] | None, ...] = (None,)
    untrained: bool = False


@dataclass(frozen=True)
class MaskAnswer:
    """What a segmenter says of one prompt: a PNG of the picture's size in base64, 255 inside, and its score.

    The score is the IoU with the truth that the version expects.
    """

    mask: str
    label: str
    score: float
