"""Versions leave the site's store as plain folders, and models from elsewhere become versions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.backends.base import Backend, Fitted, Naming
from shared.backends.files import WrongBytesError, digest_of
from shared.errors import InvalidInputError

EXPORT = "export.json"  # what a folder that we wrote holds; no file of a version is called so


def write(out: Path, files: Mapping[str, bytes], facts: Mapping[str, object]) -> None:
    """Write a version's files into a folder, and last the list of them with `facts`."""
    for name, data in sorted(files.items()):
        (out / name).write_bytes(data)
    listed = {**facts, "files": sorted(files), "digest": digest_of(files)}
    (out / EXPORT).write_text(json.dumps(listed, indent=1, sort_keys=True, default=str) + "\n")


def adopt(backend: Backend, source: str, naming: Naming) -> tuple[str, Fitted]:
    """The base and the files of a version made of `source`, proven to load and to answer.

    A folder that `write` left is taken as it is, when it answers the probes as it did where it was made.

    Raises:
        InvalidInputError: of another family, altered, on another base, or with labels that the site lacks.
    """
    if not (Path(source) / EXPORT).is_file():
        fitted = backend.adopt(source, naming)
        return _facts(fitted.files)["base"]["name"], fitted
    files, fingerprint = _read(Path(source))
    facts = _facts(files)
    if facts["family"] != backend.family:
        said = f"the model is a {facts['family']}, the model type a {backend.family}"
        raise InvalidInputError(said, field="source", fix="name a model type of its family")
    if list(naming(facts["labels"])) != facts["labels"]:
        fix = "give the model type the labels of the model"
        raise InvalidInputError("the site spells the model's labels otherwise", field="labels", fix=fix)
    if backend.load(files, facts["base"]["name"]).fingerprint() != fingerprint:
        fix = "export it again, and compare the versions of Rounds"
        raise InvalidInputError("the model answers otherwise than where it was made", field="source", fix=fix)
    return facts["base"]["name"], Fitted(files, fingerprint, facts["base"]["digest"])


def _read(place: Path) -> tuple[dict[str, bytes], str]:
    """The files of an exported folder and the fingerprint that was recorded."""
    said = json.loads((place / EXPORT).read_text())
    missing = [name for name in said["files"] if not (place / name).is_file()]
    if missing:
        raise WrongBytesError(f"{place} lacks {', '.join(missing)}", field="source", fix="export it again")
    files = {name: (place / name).read_bytes() for name in said["files"]}
    if digest_of(files) != said["digest"]:
        raise WrongBytesError(
            f"the files in {place} are not those that were exported", field="source", fix="export it again"
        )
    return files, said["fingerprint"]


def _facts(files: Mapping[str, bytes]) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(files["rounds.json"])
    return facts
