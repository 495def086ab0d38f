"""Versions enough for many changes: one training, and heads beside it that differ a little each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from safetensors.torch import load, save
from sqlalchemy.orm import Session, sessionmaker

from shared.backends import backend_for
from shared.backends.base import Fitted
from shared.backends.files import digest_of, store
from shared.backends.probes import hash_of
from shared.backends.text_classifier.scorer import TextScorer
from shared.config import Settings
from shared.domain.example import Answer
from shared.registry.tables import ModelVersion
from shared.storage.objects import open_storage
from tests import small_model
from tests.factories import a_version

APART = 0.01  # between the heads' first biases: answers differ in their confidence, not in what they cost
TEXTS = [
    f"{one.text} {two.text}"
    for one, two in zip(small_model.examples()[::3], small_model.examples()[1::3], strict=True)
]


@dataclass(frozen=True)
class Made:
    """A version in the registry and the store, with what it says of every text of the load."""

    id: UUID
    name: str
    digest: str
    answers: Mapping[str, Answer]


def make(settings: Settings, sessions: sessionmaker[Session], scratch: Path, *, count: int) -> list[Made]:
    """So many gated versions."""
    backend = backend_for("text_classifier", settings)
    first = backend.fit(small_model.request(scratch), lambda _step: None)
    found = []
    for place in range(count):
        files = _beside(first, place, settings)
        scorer = backend.load(files, "minilm")
        answers = dict(zip(TEXTS, scorer.answer(TEXTS), strict=True))
        store(open_storage(settings), files)
        with sessions.begin() as session:
            version = _registered(session, first, files, fingerprint=scorer.fingerprint())
            found.append(Made(version.id, version.name, version.digest, answers))
    return found


def _beside(first: Fitted, place: int, settings: Settings) -> dict[str, bytes]:
    """The files of the version whose head is the first one's with another bias, its probes answered anew."""
    head = load(first.files["head.safetensors"])
    head["bias"][0] += APART * place
    files = dict(first.files) | {"head.safetensors": save(head)}
    scorer = backend_for("text_classifier", settings).load(files, "minilm")
    assert isinstance(scorer, TextScorer)
    facts = json.loads(files["rounds.json"]) | {"probes": [list(pair) for pair in scorer.probe_answers()]}
    return files | {"rounds.json": json.dumps(facts, sort_keys=True).encode()}


def _registered(
    session: Session, first: Fitted, files: Mapping[str, bytes], *, fingerprint: str
) -> ModelVersion:
    facts = json.loads(files["rounds.json"])
    assert fingerprint == hash_of([(label, share) for label, share in facts["probes"]])
    labels: Sequence[str] = facts["labels"]
    version: ModelVersion = a_version(
        session,
        digest=digest_of(files),
        fingerprint=fingerprint,
        base_digest=first.base_digest,
        labels=list(labels),
    )
    return version
