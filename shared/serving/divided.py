"""LLMs on vLLM, everything else on the model servers: one Protocol over both."""

import time
from collections.abc import Callable, Sequence

from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import InvalidInputError, NotFoundError
from shared.logs import log
from shared.serving.base import Loaded, ModelServer

REFUSED_SECONDS = 60.0  # before a version that was refused is proved again


class DividedModelServer:
    """Any number of threads may share it. On vLLM a version is proved before its first answer is shown."""

    def __init__(
        self,
        ours: ModelServer,
        vllm: ModelServer,
        is_llm: Callable[[str], bool],
        *,
        put: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`put` brings a version's files where vLLM reads them; only the deployer does."""
        self._ours, self._vllm, self._is_llm = ours, vllm, is_llm
        self._put, self._monotonic = put, monotonic
        self._refused_until: dict[str, float] = {}

    def load(self, digest: str) -> Loaded:
        """Load and prove one version where it is served."""
        if not self._is_llm(digest):
            return self._ours.load(digest)
        if self._put is not None:
            self._put(digest)
        return self._vllm.load(digest)

    def unload(self, digest: str) -> None:
        """Drop one version."""
        (self._vllm if self._is_llm(digest) else self._ours).unload(digest)

    def loaded(self) -> list[Loaded]:
        """What is in memory of either."""
        return [*self._ours.loaded(), *self._vllm.loaded()]

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """Answers of exactly that version, in order.

        Raises:
            NotFoundError: it is not in memory, or vLLM could not be proved to serve it.
        """
        if not self._is_llm(digest):
            return self._ours.answer(digest, texts)
        try:
            return self._vllm.answer(digest, texts)
        except NotFoundError:
            self._prove(digest)
            return self._vllm.answer(digest, texts)

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:
        """Masks of exactly that version."""
        return self._ours.segment(digest, ask)

    def _prove(self, digest: str) -> None:
        if self._refused_until.get(digest, 0.0) > self._monotonic():
            raise NotFoundError("vLLM was not proved to serve the version a moment ago", field="digest")
        try:
            self._vllm.load(digest)
        except InvalidInputError as error:
            log.error("vLLM does not serve a version as it was judged", digest=digest, why=str(error))
            self._refused_until[digest] = self._monotonic() + REFUSED_SECONDS
            raise NotFoundError("vLLM is not proved to serve the version", field="digest") from None
