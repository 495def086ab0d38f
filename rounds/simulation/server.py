"""A model server within one process: the same versions, proven the same way, and no answer computed twice."""

from collections.abc import Sequence

from deployer_service.origin import Origin
from shared.backends.base import Scorer
from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import InvalidInputError, NotFoundError
from shared.serving.base import Loaded


class NearServer:
    """Holds versions in this process. An answer depends on version and text alone, so it is kept."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._held: dict[str, tuple[Scorer, Loaded]] = {}
        self._said: dict[str, dict[str, Answer]] = {}

    def load(self, digest: str) -> Loaded:
        """Read and prove one version; one that is there answers at once."""
        if digest not in self._held:
            scorer = self._origin.bring(digest)
            self._held[digest] = scorer, Loaded(digest, scorer.fingerprint())
            self._said[digest] = {}
        return self._held[digest][1]

    def unload(self, digest: str) -> None:
        """Forget one version and what it said."""
        self._held.pop(digest, None)
        self._said.pop(digest, None)

    def loaded(self) -> list[Loaded]:
        """What is in memory."""
        return [self._held[digest][1] for digest in sorted(self._held)]

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order.

        Raises:
            NotFoundError: the version is not loaded.
        """
        if digest not in self._held:
            raise NotFoundError("the version is not in memory", field="digest", fix="load it first")
        scorer, said = self._held[digest][0], self._said[digest]
        fresh = list(dict.fromkeys(text for text in texts if text not in said))
        said |= dict(zip(fresh, scorer.answer(fresh), strict=True))
        return [said[text] for text in texts]

    def hear(self, texts: Sequence[str]) -> None:
        """Let every version in memory answer a day's texts at once, which is quicker than one by one."""
        for digest in self._held:
            self.answer(digest, texts)

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:  # noqa: ARG002 - the Protocol's
        """No picture is played.

        Raises:
            InvalidInputError: always.
        """
        raise InvalidInputError("a simulated clinic has no pictures", field="image")
