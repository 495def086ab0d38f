"""What the router and the deployer ask of a model server, ours or another's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.example import Answer, MaskAnswer, PictureAsk

LIVE_TEXTS = 4  # a person waits for so few; more at once are work of ours
LIVE_SECONDS, WORK_SECONDS = 8.0, 90.0
PICTURE_SECONDS = 60.0  # a large picture is encoded in parts, each of which takes seconds on a CPU


@dataclass(frozen=True)
class Loaded:
    """A version that is in memory and answers."""

    digest: str
    fingerprint: str


def patience_seconds(texts: int) -> float:
    """How long a model server computes on one request before nobody waits for it any more."""
    return LIVE_SECONDS if texts <= LIVE_TEXTS else WORK_SECONDS


def picture_seconds(boxes: int) -> float:
    """The same for a picture; several prompts at once are work of ours."""
    return PICTURE_SECONDS if boxes == 1 else WORK_SECONDS


class ModelServer(Protocol):
    """Serves versions by their digest; a digest is never reused for other bytes."""

    def load(self, digest: str) -> Loaded:
        """Load, warm and fingerprint one version; loading it again is free.

        Raises:
            PartDownError: the server does not answer.
            NotFoundError: the registry knows no version of that digest.
            InvalidInputError: the bytes do not match the digest or the base.
        """

    def unload(self, digest: str) -> None:
        """Drain and drop one version; an unknown one is fine."""

    def loaded(self) -> list[Loaded]:
        """What is in memory now."""

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order.

        Raises:
            PartDownError: the server does not answer.
            NotFoundError: the version is not loaded.
        """

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:
        """Masks of exactly that version, one a box, in order.

        Raises:
            PartDownError: the server does not answer.
            NotFoundError: the version is not loaded.
            InvalidInputError: the version answers texts, or the picture or a box is none.
        """
