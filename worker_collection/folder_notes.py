"""A folder of notes and pictures de-identified into another: fresh names, a bad file costs itself, resumable.

What leads back stays with the notes: `IN/.rounds-deidentify/` holds which file became which and what was held
back where. The other folder holds nothing but texts and DICOM files that passed.
"""

import csv
import io
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import ConflictError, InvalidInputError, NotFoundError
from worker_collection.deidentify import ENGINE, Manner, People, deidentify
from worker_collection.dicom.decode import UnfitError
from worker_collection.dicom.files import FolderPictures, is_dicom, is_held
from worker_collection.dicom.headers import HeaderPolicy

SUFFIXES = (".txt", ".jsonl", ".ndjson", ".csv")
LEDGER = ".rounds-deidentify"
KNOWN = ("name", "dob", "mrn", "phone", "address", "sex", "email", "ssn", "providers")
_MOST_BYTES = 512 * 2**20
_PRIVATE = 0o600


class BadFileError(InvalidInputError):
    """A file cannot be read as notes; `reason` is one word, and no content is repeated."""

    code = "bad_file"

    def __init__(self, reason: str) -> None:
        super().__init__(f"a file was left out: {reason}")
        self.reason = reason


@dataclass
class Outcome:
    """What became of a folder."""

    files: int = 0
    skipped: int = 0  # done by an earlier run
    failed: int = 0
    notes: int = 0
    released: int = 0
    held: int = 0


@dataclass
class Folder:
    """One folder on its way into another."""

    source: Path
    target: Path
    manner: Manner
    people: People
    this_year: int
    outcome: Outcome = field(default_factory=Outcome)

    def run(self, tell: Callable[[int, int], None]) -> Outcome:
        """De-identify every file; `tell` hears how many of how many are done.

        Raises:
            NotFoundError: there is no such folder.
            InvalidInputError: one folder lies in the other.
            ConflictError: the folder was begun under another policy or engine.
        """
        self._check()
        files = sorted(self._files())
        policy = self.manner.policy.model_dump(mode="json")
        ledger = _Ledger(self.source / LEDGER, {"engine": ENGINE, "policy": policy})
        self.people.restore(ledger.people())
        keeping = self.source / LEDGER / "uids.jsonl"
        with closing(FolderPictures(keeping, policy=HeaderPolicy(), this_year=self.this_year)) as pictures:
            for number, path in enumerate(files, 1):
                name = str(path.relative_to(self.source))
                self.outcome.files += 1
                if ledger.is_done(name, path):
                    self.outcome.skipped += 1
                else:
                    self._file(name, path, ledger, pictures=pictures)
                tell(number, len(files))
        return self.outcome

    def _check(self) -> None:
        if not self.source.is_dir():
            raise NotFoundError("there is no such folder", field="in", fix="--in DIR")
        inner, outer = self.target.resolve(), self.source.resolve()
        if inner == outer or outer in inner.parents or inner in outer.parents:
            raise InvalidInputError("one folder lies in the other", field="out", fix="--out another folder")
        self.target.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _files(self) -> Iterator[Path]:
        for path in self.source.rglob("*"):
            hidden = any(part.startswith(".") for part in path.relative_to(self.source).parts)
            if not hidden and path.is_file() and not path.is_symlink() and _is_known(path):
                yield path

    def _file(self, name: str, path: Path, ledger: "_Ledger", *, pictures: FolderPictures) -> None:
        suffix = path.suffix.lower() if path.suffix.lower() in SUFFIXES else ".dcm"
        fresh = ledger.fresh_name(name, suffix)
        held: list[dict[str, Any]] = []
        try:
            if suffix == ".dcm":
                body = self.picture(path, pictures, held=held)
            else:
                body = _WRITERS[suffix](self, _text_of(path), held).encode("utf-8", "surrogatepass")
        except (BadFileError, OSError) as error:
            self.outcome.failed += 1
            ledger.note(name, {"failed": getattr(error, "reason", type(error).__name__)})
            return
        if body:
            _write(self.target / fresh, body)
        ledger.keep_people(self.people.kept())
        ledger.note(name, {"done": _stamp(path), "held": held})

    def picture(self, path: Path, pictures: FolderPictures, *, held: list[dict[str, Any]]) -> bytes:
        """A DICOM file written anew; nothing where its pixels hold it back.

        Raises:
            BadFileError: it cannot be read, or is no picture and no label of one.
        """
        self.outcome.notes += 1
        try:
            data = pictures.clean(path.read_bytes()).data
        except UnfitError as error:
            if not is_held(error.reason):
                raise BadFileError(error.reason) from None
            self.outcome.held += 1
            held.append({"row": 1, "reasons": [error.reason], "doubts": []})
            return b""
        self.outcome.released += 1
        return data

    def note(
        self, row: int, text: str, known: Mapping[str, Any], *, held: list[dict[str, Any]]
    ) -> str | None:
        """The text of one note where it passed; else None, and the ledger learns where it was doubted."""
        cleaned = deidentify(
            text, known, this_year=self.this_year, manner=self.manner, whose=self.people.of(known)
        )
        self.outcome.notes += 1
        if cleaned.passed:
            self.outcome.released += 1
            return cleaned.text
        self.outcome.held += 1
        doubts = [[one.start, one.end, one.code] for one in cleaned.doubts]
        held.append({"row": row, "reasons": list(cleaned.reasons), "doubts": doubts})
        return None


def _txt(folder: Folder, text: str, held: list[dict[str, Any]]) -> str:
    return folder.note(1, text, {}, held=held) or ""


def _jsonl(folder: Folder, text: str, held: list[dict[str, Any]]) -> str:
    """A line a note under its number; what else stood on the line is not carried over."""
    lines: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        request = _object(line)
        note, known = request.get("text"), request.get("known") or {}
        if not isinstance(note, str) or not isinstance(known, dict):
            folder.outcome.notes += 1
            folder.outcome.held += 1
            held.append({"row": number, "reasons": ["bad_line"], "doubts": []})
            continue
        cleaned = folder.note(number, note, known, held=held)
        if cleaned is not None:
            lines.append(json.dumps({"id": number, "text": cleaned}, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines)


def _csv(folder: Folder, text: str, held: list[dict[str, Any]]) -> str:
    """A row a note under its number; the patient's columns are used to scrub and not carried over."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if "text" not in (reader.fieldnames or ()):
        raise BadFileError("no_text_column")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", "text"])
    try:
        for number, row in enumerate(reader, 1):
            known = {name: row[name] for name in KNOWN if row.get(name)}
            cleaned = folder.note(number, row.get("text") or "", known, held=held)
            if cleaned is not None:
                writer.writerow([number, cleaned])
    except csv.Error:
        raise BadFileError("broken_csv") from None
    return out.getvalue()


_WRITERS: Mapping[str, Callable[[Folder, str, list[dict[str, Any]]], str]] = {
    ".txt": _txt,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".csv": _csv,
}


class _Ledger:
    """Which file became which: appended line by line on the side of the notes, for their owner alone."""

    def __init__(self, home: Path, terms: Mapping[str, Any]) -> None:
        self._home, self._entries = home, dict[str, dict[str, Any]]()
        home.mkdir(mode=0o700, exist_ok=True)
        self._file = home / "files.jsonl"
        for entry in map(_object, self._file.read_text().splitlines() if self._file.exists() else ()):
            if "terms" in entry and entry["terms"] != terms:
                raise ConflictError(
                    "this folder was begun under another policy or engine",
                    field="in",
                    fix=f"move {home} away",
                )
            if "file" in entry:
                self._entries.setdefault(entry["file"], {}).update(entry)
        if not self._file.exists():
            self._append({"terms": terms})

    def is_done(self, name: str, path: Path) -> bool:
        """Whether an earlier run has finished the file, and it is as it was."""
        return self._entries.get(name, {}).get("done") == _stamp(path)

    def fresh_name(self, name: str, suffix: str) -> str:
        """The name of the file in the other folder, drawn once and written down before anything is there."""
        entry = self._entries.setdefault(name, {})
        if "becomes" not in entry:
            self.note(name, {"becomes": f"notes-{secrets.token_hex(8)}{suffix}"})
        return str(entry["becomes"])

    def note(self, name: str, what: Mapping[str, Any]) -> None:
        """Write down something about a file."""
        self._entries.setdefault(name, {}).update(what)
        self._append({"file": name, **what})

    def people(self) -> dict[str, Any]:
        """The surrogates of earlier runs."""
        kept = self._home / "people.json"
        return _object(kept.read_text()) if kept.exists() else {}

    def keep_people(self, people: Mapping[str, Any]) -> None:
        """Keep the surrogates, so that a later run draws no others."""
        if people:
            _write(
                self._home / "people.json",
                json.dumps(people, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            )

    def _append(self, entry: Mapping[str, Any]) -> None:
        descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _object(line: str) -> dict[str, Any]:
    """The object on a line; empty for a line that is none or was cut off."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES or is_dicom(path)


def _text_of(path: Path) -> str:
    if path.stat().st_size > _MOST_BYTES:
        raise BadFileError("too_large")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFileError("not_utf8") from None


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _write(path: Path, body: bytes) -> None:
    """The file complete or not at all, for its owner alone."""
    scratch = path.with_name(f".{path.name}.part")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
