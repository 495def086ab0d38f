"""A model server within one process: the same versions, proven the same way, and nothing computed twice."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from deployer_service.origin import Origin
from shared.backends.base import Scorer
from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import InvalidInputError, NotFoundError
from shared.serving.base import Loaded

MOST_READ = 20_000  # texts of which is kept what a base made of them, some 11 KB each


@runtime_checkable
class Reader(Protocol):
    """A version that first reads a text and then judges it; what `reads` alike reads the same."""

    @property
    def reads(self) -> str | None:
        """Which versions may judge what this one has read; None is none."""

    def read(self, texts: Sequence[str]) -> Sequence[Any]:
        """What it makes of each text, in order."""

    def judge(self, read: Sequence[Any]) -> list[Answer]:
        """One answer for each text that was read."""


class NearServer:
    """Holds versions in this process. An answer depends on version and text alone, so it is kept."""

    def __init__(self, origin: Origin) -> None:
        self._read = OrderedDict[tuple[str, str], Any]()  # by how it is read and the text, the oldest first
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
        said |= dict(zip(fresh, self._answers(scorer, fresh), strict=True))
        return [said[text] for text in texts]

    def _answers(self, scorer: Scorer, texts: Sequence[str]) -> list[Answer]:
        """A text that another version has read in the same way is not read again."""
        if not isinstance(scorer, Reader) or (how := scorer.reads) is None:
            return scorer.answer(texts)
        known = self._read
        fresh = [text for text in texts if (how, text) not in known]
        known.update(zip(((how, text) for text in fresh), scorer.read(fresh), strict=True))
        answers = scorer.judge([known[how, text] for text in texts])
        while len(known) > MOST_READ:
            known.popitem(last=False)
        return answers

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
