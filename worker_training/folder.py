"""The private folder through which worker and trainer exchange one job: the request in, the result out."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.backends.base import FitRequest, Fitted, Pictures
from shared.domain.example import Example, PictureExample

REQUEST, EXAMPLES, RESULT, FAILURE, WEIGHTS = (
    "request.json",
    "examples.jsonl",
    "result.json",
    "failure.json",
    "weights",
)

KERNELS = "kernels.json"


@dataclass(frozen=True)
class Failure:
    """Why a trainer gave up: a code, one sentence without patient data, and whether another try may help."""

    code: str
    message: str
    again: bool = False
    fix: str | None = None


@contextmanager
def private_folder(path: Path) -> Iterator[Path]:
    """An empty folder that only this user enters, gone at the end with the texts in it."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True, mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def write_request(folder: Path, family: str, request: FitRequest) -> None:
    """Leave the job for the trainer."""
    head = {
        "family": family,
        "labels": list(request.labels),
        "base": request.base,
        "recipe": dict(request.recipe),
        "seed": request.seed,
        "checkpoints": str(request.checkpoints),
        "pictures": _places(request.pictures),
        "shelf": str(request.shelf) if request.shelf else None,
        "known": list(request.known),
    }
    with (folder / EXAMPLES).open("w") as lines:
        shown = request.pictures.examples if request.pictures else ()
        found: list[Example | PictureExample] = [*request.examples, *shown]
        for example in found:
            lines.write(json.dumps(asdict(example), default=str) + "\n")
    (folder / REQUEST).write_text(json.dumps(head))


def read_request(folder: Path) -> tuple[str, FitRequest]:
    """The family and the request."""
    head: dict[str, Any] = json.loads((folder / REQUEST).read_text())
    family = head.pop("family")
    with (folder / EXAMPLES).open() as lines:
        rows = [json.loads(line) for line in lines]
    places, checkpoints = head.pop("pictures"), Path(head.pop("checkpoints"))
    head["shelf"] = Path(head["shelf"]) if head["shelf"] else None
    if places is None:
        return family, FitRequest(examples=[_example(row) for row in rows], checkpoints=checkpoints, **head)
    shelf = Path(places["shelf"]) if places["shelf"] else None
    pictures = Pictures([_picture(row) for row in rows], Path(places["folder"]), shelf)
    return family, FitRequest(examples=[], checkpoints=checkpoints, pictures=pictures, **head)


def write_result(folder: Path, fitted: Fitted) -> None:
    """Leave the weights for the worker; the description comes last, so a folder with it is whole."""
    weights = folder / WEIGHTS
    weights.mkdir()
    for name, data in fitted.files.items():
        (weights / name).write_bytes(data)
    facts = {
        "fingerprint": fitted.fingerprint,
        "base_digest": fitted.base_digest,
        "figures": dict(fitted.figures),
    }
    (folder / RESULT).write_text(json.dumps(facts))


def read_result(folder: Path) -> Fitted:
    """What the trainer left."""
    facts = json.loads((folder / RESULT).read_text())
    files = {path.name: path.read_bytes() for path in sorted((folder / WEIGHTS).iterdir())}
    return Fitted(files=files, **facts)


def write_kernels(folder: Path, facts: Mapping[str, object]) -> None:
    """Leave what the trainer computed with; the worker itself has no arithmetic loaded."""
    (folder / KERNELS).write_text(json.dumps(dict(facts)))


def read_kernels(folder: Path) -> dict[str, Any]:
    """What the trainer computed with."""
    facts: dict[str, Any] = json.loads((folder / KERNELS).read_text())
    return facts


def write_failure(folder: Path, failure: Failure) -> None:
    """Leave the reason for the worker."""
    (folder / FAILURE).write_text(json.dumps(asdict(failure)))


def read_failure(folder: Path) -> Failure | None:
    """The reason that the trainer left; None when it died without one."""
    path = folder / FAILURE
    return Failure(**json.loads(path.read_text())) if path.exists() else None


def _places(pictures: Pictures | None) -> dict[str, str | None] | None:
    if pictures is None:
        return None
    shelf = str(pictures.shelf) if pictures.shelf else None
    return {"folder": str(pictures.folder), "shelf": shelf}


def _picture(row: Mapping[str, Any]) -> PictureExample:
    ids = {"case_id": UUID(row["case_id"]), "person_id": UUID(row["person_id"])}
    return PictureExample(**{**row, **ids, "box": tuple(row["box"]) if row["box"] else None})


def _example(row: Mapping[str, Any]) -> Example:
    ids = {"case_id": UUID(row["case_id"]), "person_id": UUID(row["person_id"])}
    return Example(**{**row, **ids})
