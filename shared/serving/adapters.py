"""Versions as vLLM serves them: a folder each, named by its digest, on a disk that vLLM reads, too."""

import json
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from shared.errors import InvalidInputError, NotFoundError, PartDownError
from shared.registry.tables import ModelType, ModelVersion
from shared.serving.vllm import Adapter

FAMILY = "causal_lm"
SLOT = "{text}"


class AdapterFolders:
    """Finds what belongs to a digest: the registry's word on it, and the files that were put for vLLM."""

    def __init__(self, folder: Path, sessions: sessionmaker[Session]) -> None:
        self._folder, self._sessions = folder, sessions
        self._known: dict[str, tuple[str, str, str]] = {}  # name, fingerprint, family: they never change

    def is_llm(self, digest: str) -> bool:
        """Whether a version of that digest is an LLM; one that nobody knows is none.

        Raises:
            PartDownError: the database does not answer, and it was never asked before.
        """
        try:
            return self._recorded(digest)[2] == FAMILY
        except NotFoundError:
            return False

    def find(self, digest: str) -> Adapter:
        """The adapter of a digest.

        Raises:
            NotFoundError: the registry does not know it, or its files were not put yet.
            InvalidInputError: it was trained before versions told how vLLM can be proved.
        """
        name, fingerprint, _ = self._recorded(digest)
        folder = self._folder / digest
        try:
            facts = json.loads((folder / "rounds.json").read_text())
        except FileNotFoundError:
            fix = "let the deployer bring it up"
            raise NotFoundError(f"{name} was not put where vLLM reads", field="digest", fix=fix) from None
        if not facts.get("written"):
            fix = "train it again, or serve it by the model server"
            raise InvalidInputError(f"no probe proves {name} on vLLM", field="digest", fix=fix)
        prompt = str(facts["recipe"]["prompt"])
        return Adapter(
            digest=digest,
            name=name,
            fingerprint=fingerprint,
            folder=folder,
            base=str(facts["base"]["name"]),
            labels=tuple(facts["labels"]),
            probes=tuple((str(text), str(label)) for text, label in facts["written"]),
            prompt=lambda text: prompt.replace(SLOT, text),
        )

    def _recorded(self, digest: str) -> tuple[str, str, str]:
        if digest not in self._known:
            wanted = (
                select(ModelVersion.name, ModelVersion.fingerprint, ModelType.family)
                .join(ModelType, ModelType.name == ModelVersion.model_type)
                .where(ModelVersion.digest == digest)
                .order_by(ModelVersion.created_at)
                .limit(1)
            )
            try:
                with self._sessions() as session:
                    row = session.execute(wanted).first()
            except OperationalError:
                raise PartDownError(
                    "the database does not answer", fix="`rounds status` says how it is"
                ) from None
            if row is None:
                raise NotFoundError("the registry knows no version of that digest", field="digest")
            self._known[digest] = (row.name, row.fingerprint, row.family)
        return self._known[digest]
