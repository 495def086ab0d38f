"""Exports in a folder: NDJSON and Bundles, plain or gzipped, in the order in which they were made."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from worker_collection.sources.base import Broken
from worker_collection.sources.fhir.bundles import KINDS, Removed, taken_apart
from worker_collection.sources.fhir.references import Resource

_LINES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")
_BUNDLES = (".json", ".json.gz")
_TYPED = re.compile(r"[A-Z][A-Za-z]+(?=\.)")
_PARTS = ("deleted", "error", "output")  # folders inside one export


@dataclass(frozen=True)
class Export:
    """One export: its files, deletions last, and the transaction time that orders it among others."""

    at: str
    folder: Path
    files: tuple[Path, ...]


def exports(folder: Path) -> list[Export]:
    """Every export under a folder, oldest first; one whose manifest names a file that is not there waits."""
    homes: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _is_read(path):
            home = path.parent.parent if path.parent.name in _PARTS and path.parent != folder else path.parent
            homes.setdefault(home, []).append(path)
    found = []
    for home, files in homes.items():
        manifest = _manifest(home)
        if all((home / name).exists() or _near(home, name) for name in _listed(manifest)):
            wrong = {Path(name).name for name in _listed(manifest, ("error",))}
            kept = [path for path in files if path.name not in wrong and path.parent.name != "error"]
            found.append(Export(_made_at(home, manifest), home, tuple(sorted(kept, key=_deletions_last))))
    return sorted(found, key=lambda export: (export.at, str(export.folder)))


def read(path: Path, *, skip: int = 0) -> Iterator[tuple[int, list[Resource | Removed | Broken]]]:
    """The lines of a file after the first `skip`, each with its number and what it holds.

    A file that breaks off in its middle gives what stands before the break.
    """
    if path.name.endswith(_BUNDLES):
        yield from islice(_bundle(path), skip, None)
        return
    number = skip
    try:
        with _opened(path) as lines:
            for number, line in enumerate(islice(lines, skip, None), start=skip + 1):
                yield number, _one(line, f"{path.name} line {number}")
    except (EOFError, OSError, zlib.error):
        yield number + 1, [Broken(path.name, "broken_file")]


def _bundle(path: Path) -> Iterator[tuple[int, list[Resource | Removed | Broken]]]:
    try:
        with _opened(path) as file:
            whole = json.loads(file.read())
    except (ValueError, EOFError, OSError, zlib.error, RecursionError):
        yield 1, [Broken(path.name, "broken_file")]
        return
    if isinstance(whole, dict) and "resourceType" in whole:  # else some other JSON, a manifest for one
        yield 1, list(taken_apart(whole, path.name))


def _one(line: bytes, place: str) -> list[Resource | Removed | Broken]:
    if not line.strip():
        return []
    try:
        return list(taken_apart(json.loads(line), place))
    except (ValueError, RecursionError):
        return [Broken(place, "broken_line")]


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _is_read(path: Path) -> bool:
    """Whether the file may hold what is needed; an export says the type of a file in its name."""
    if path.name.startswith((".", "~")) or path.name in ("log.ndjson", "manifest.json"):
        return False
    typed = _TYPED.match(path.name)
    return path.name.endswith((*_LINES, *_BUNDLES)) and (typed is None or typed.group() in KINDS | {"Bundle"})


def _manifest(home: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found = json.loads((home / "manifest.json").read_bytes())
        return found if isinstance(found, dict) else {}
    return {}


def _listed(manifest: dict[str, Any], groups: tuple[str, ...] = ("output", "deleted")) -> list[str]:
    files = [one for group in groups for one in manifest.get(group) or [] if isinstance(one, dict)]
    return [Path(str(one["url"])).name for one in files if one.get("url")]


def _near(home: Path, name: str) -> bool:
    return any(
        (place / f"{name}{more}").exists()
        for place in (home, *map(home.joinpath, _PARTS))
        for more in ("", ".gz")
    )


def _made_at(home: Path, manifest: dict[str, Any]) -> str:
    """The transaction time of an export, from its manifest or its log; exports without one come first."""
    if isinstance(manifest.get("transactionTime"), str):
        return str(manifest["transactionTime"])
    with suppress(OSError):
        times = re.findall(
            r'"transactionTime":\s*"([^"]+)"', (home / "log.ndjson").read_text(errors="replace")
        )
        return max(times, default="")
    return ""


def _deletions_last(path: Path) -> tuple[bool, str]:
    return "deleted" in (path.parent.name, path.name.split(".")[0]), str(path)
