"""A vLLM server as a model server: its OpenAI-compatible and dynamic-LoRA endpoints, and no trust in either.

An adapter is named by its digest, so that no name is ever used for other bytes. What vLLM says of a load is
not believed: it has answered 200 for a path that is not there, kept an old adapter under a name, and served
the base model for an adapter of another base. Only probes tell, and they are put before an answer is shown.
"""

import hashlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import InvalidInputError, NotFoundError, PartDownError
from shared.logs import log
from shared.serving.base import Loaded, patience_seconds

CONNECT_SECONDS = 1.0
LOAD_SECONDS = 120.0
PROVE_SECONDS = 3600.0
SAME = 1e-6  # of two log-probabilities


@dataclass(frozen=True)
class Adapter:
    """A version as vLLM has to serve it; the files in its folder have the digest."""

    digest: str
    name: str
    fingerprint: str  # as it was recorded; `probes` prove it on a server that computes otherwise
    folder: Path
    base: str  # the model's name on the server
    labels: Sequence[str]
    probes: Sequence[tuple[str, str]]  # a text, and the label that the version gave it when it was trained
    prompt: Callable[[str], str] = lambda text: text


class UnprovedError(InvalidInputError):
    """What the server answers under the adapter's name is not the adapter."""

    code = "unproved"


class VllmModelServer:
    """A client that any number of threads may share; what it has not proved it does not ask."""

    def __init__(self, url: str, find: Callable[[str], Adapter]) -> None:
        """`find` gives the adapter of a digest; it may raise NotFoundError."""
        self._address, self._find = urlsplit(url).netloc, find
        self._proved: dict[str, Adapter] = {}
        self._loading = threading.Lock()
        self._proved_at = time.monotonic()

    def load(self, digest: str) -> Loaded:
        """Check the bytes on disk, load them, and prove by probes that they are what answers.

        Raises:
            UnprovedError: the files, the base or the answers are not those of the version.
        """
        with self._loading:
            adapter = self._find(digest)
            if digest not in self._proved:
                _check_files(adapter)
                wish = {"lora_name": digest, "lora_path": str(adapter.folder)}
                self._call("POST", "/v1/load_lora_adapter", wish, seconds=LOAD_SECONDS)
                try:
                    self._prove(adapter)
                except UnprovedError:
                    self._drop(digest)
                    raise
                self._proved[digest] = adapter
        return Loaded(digest, adapter.fingerprint)

    def prove(self) -> list[str]:
        """Put the probes to every adapter again; those that fail are dropped and returned."""
        dropped = []
        for digest, adapter in list(self._proved.items()):
            try:
                self._prove(adapter)
            except (UnprovedError, NotFoundError):
                self._proved.pop(digest, None)
                self._drop(digest)
                dropped.append(digest)
        return dropped

    def unload(self, digest: str) -> None:
        """Drop one version; an unknown one is fine."""
        if self._proved.pop(digest, None) is not None:
            self._drop(digest)

    def loaded(self) -> list[Loaded]:
        """What is proved, as far as the server still lists it."""
        listed = self._listed()
        proved = sorted(self._proved.items())
        return [Loaded(digest, one.fingerprint) for digest, one in proved if digest in listed]

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        """The label set scored under exactly that adapter, a text after the other.

        Raises:
            NotFoundError: the version is not loaded and proved here.
            PartDownError: the server does not answer.
        """
        adapter = self._proved.get(digest)
        if adapter is None:
            raise NotFoundError("the version is not in memory", field="digest", fix="load it first")
        self._prove_hourly()
        try:
            return [self._answer(adapter, digest, text) for text in texts]
        except (NotFoundError, UnprovedError):
            self._proved.pop(digest, None)  # the server lost it, or answers by another: it is proved anew
            raise NotFoundError("the version is not in memory", field="digest", fix="load it first") from None

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:  # noqa: ARG002
        """A language model segments nothing."""
        raise InvalidInputError("the version answers texts, not pictures", field="image")

    def _prove_hourly(self) -> None:
        """Put the probes again beside the answers of people; what fails is dropped."""
        if time.monotonic() - self._proved_at > PROVE_SECONDS:
            self._proved_at = time.monotonic()
            threading.Thread(target=self._prove_quietly, name="prove", daemon=True).start()

    def _prove_quietly(self) -> None:
        try:
            for digest in self.prove():
                log.error("vLLM no longer serves a version as it was judged", digest=digest)
        except PartDownError as error:
            log.warning("vLLM could not be proved", why=error.code)

    def _prove(self, adapter: Adapter) -> None:
        listed = self._listed().get(adapter.digest)
        if listed is None or listed.get("parent") != adapter.base:
            raise UnprovedError(
                f"the server does not hold {adapter.name} on {adapter.base}",
                field="base",
                fix="start it with that base and with LoRA",
            )
        is_base = True
        for text, label in adapter.probes:
            scores = self._scores(adapter, adapter.digest, text)
            base = self._scores(adapter, adapter.base, text)
            is_base = is_base and all(abs(a - b) <= SAME for a, b in zip(scores, base, strict=True))
            if _answer_of(adapter, scores).label != label:
                raise UnprovedError(
                    f"{adapter.name} does not answer as it did when it was trained",
                    field="fingerprint",
                    fix="keep the version it replaced",
                )
        if is_base:
            raise UnprovedError(f"the bare base answers for {adapter.name}", field="base", fix="restart it")

    def _answer(self, adapter: Adapter, model: str, text: str) -> Answer:
        return _answer_of(adapter, self._scores(adapter, model, text))

    def _scores(self, adapter: Adapter, model: str, text: str) -> list[float]:
        """The log-probability of every label behind the text, in the order of the labels."""
        prompt = adapter.prompt(text)
        wholes = [f"{prompt} {label}" for label in adapter.labels]
        wish = {
            "model": model,
            "prompt": wholes,
            "max_tokens": 1,
            "temperature": 0,
            "echo": True,
            "logprobs": 1,
        }
        told = self._call("POST", "/v1/completions", wish, seconds=patience_seconds(1))
        if told.get("model") != model:
            raise UnprovedError("the server answered by another model", field="digest", fix="load it again")
        choices = sorted(told["choices"], key=lambda choice: int(choice["index"]))
        if len(choices) != len(adapter.labels):
            raise PartDownError("the model server left answers out", fix="ask again in a moment")
        return [
            _behind(choice["logprobs"], len(prompt), len(whole))
            for choice, whole in zip(choices, wholes, strict=True)
        ]

    def _drop(self, digest: str) -> None:
        self._call("POST", "/v1/unload_lora_adapter", {"lora_name": digest}, seconds=LOAD_SECONDS)

    def _listed(self) -> dict[str, Mapping[str, Any]]:
        told = self._call("GET", "/v1/models", None, seconds=CONNECT_SECONDS)
        return {str(one["id"]): one for one in told["data"]}

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, seconds: float
    ) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._address, timeout=seconds)
        headers = {"Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            status, data = response.status, response.read()
        except (OSError, http.client.HTTPException):
            raise PartDownError("the model server does not answer", fix="`rounds status` says how") from None
        finally:
            connection.close()
        return _read(status, data)


def _read(status: int, data: bytes) -> dict[str, Any]:
    """What the server said; a load answers with a plain sentence."""
    if status == 404:
        raise NotFoundError("the server does not hold that version", field="digest", fix="load it first")
    if status >= 500:
        raise PartDownError("the model server failed", fix="ask again in a moment")
    if status >= 400:
        raise UnprovedError("the server refuses the adapter", field="digest", fix="see its log")
    try:
        told = json.loads(data)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _check_files(adapter: Adapter) -> None:
    """The folder holds exactly the version's files, as files of its own, with the bytes that were judged."""
    folder = adapter.folder
    if folder.is_symlink() or not folder.is_dir():
        raise UnprovedError(f"{adapter.name} has no folder of its own", field="digest", fix="fetch it again")
    found = {path.name: path for path in folder.iterdir()}
    for name, path in sorted(found.items()):
        if path.is_symlink() or not path.is_file():
            raise UnprovedError(f"{name} of {adapter.name} is no file of its own", field="digest")
    lines = "".join(f"{name} {_sha256(path)}\n" for name, path in sorted(found.items()))
    if hashlib.sha256(lines.encode()).hexdigest() != adapter.digest:
        raise UnprovedError(f"the files of {adapter.name} are not as they were judged", field="digest")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _behind(logprobs: Mapping[str, Any], start: int, end: int) -> float:
    """The sum over the tokens between two places of the text; the first of all has no probability."""
    pairs = zip(logprobs["text_offset"], logprobs["token_logprobs"], strict=True)
    return sum(value or 0.0 for offset, value in pairs if start <= offset < end)


def _answer_of(adapter: Adapter, scores: Sequence[float]) -> Answer:
    best = max(scores)
    whole = sum(exp(score - best) for score in scores)
    shares = sorted(
        ((label, exp(score - best) / whole) for label, score in zip(adapter.labels, scores, strict=True)),
        key=lambda pair: -pair[1],
    )
    return Answer(shares[0][0], shares[0][1], tuple(shares))
