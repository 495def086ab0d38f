"""The objects of one DICOM source as they stand now: pictures wait for labels, labels for pictures."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from shared.registry import dicom
from shared.registry.dicom import Stored
from shared.vault import Vault
from worker_collection.alike import is_same
from worker_collection.dicom.masks import Mask
from worker_collection.dicom.take import Shot
from worker_collection.pictured import Pictured

_PURPOSE = "dicom-object"


@dataclass(frozen=True)
class File:
    """One file of the source: its name's lookup and what says whether it changed."""

    lookup: bytes
    digest: bytes


@dataclass(frozen=True)
class Cut:
    """Some objects: of the loadings above the first of `window` up to its second, after one, so many."""

    window: tuple[int, int]
    after: str
    limit: int


@dataclass(frozen=True)
class Due:
    """A picture whose rows are to be written, with the masks on it; `copies` more of it came meanwhile."""

    key: str
    shot: Shot
    masks: Sequence[tuple[bytes, Mask]]
    copies: int


class Shelf:
    """The objects of one source; every call is a transaction of its own, and repeating one is harmless."""

    def __init__(self, sessions: sessionmaker[Session], vault: Vault, source_id: UUID) -> None:
        self._sessions, self._vault, self._source_id = sessions, vault, source_id

    def top(self) -> int:
        """The number of the last loading that brought anything."""
        with self._sessions() as session:
            return dicom.top(session, self._source_id)

    def file(self, name: str, state: str) -> File:
        """A file by its name and by what changes when it does."""
        return File(self._lookup(f"file {name}"), self._hash(state))

    def news(self, files: Sequence[File]) -> list[bool]:
        """Which of these files are not known as they are."""
        with self._sessions() as session:
            known = dicom.digests(session, self._source_id, [one.lookup for one in files])
        return [known.get(one.lookup) != one.digest for one in files]

    def refuse(self, file: File, reason: str, *, generation: int) -> None:
        """Remember a file that makes no picture and no label."""
        with self._sessions.begin() as session:
            dicom.put(session, [self._file_row(file, generation, reason=reason)])

    def put_picture(self, file: File, uid: str, shot: Shot, *, plane: str | None, generation: int) -> None:
        """Keep a picture; of two with one UID that are alike the better one stays, the other is counted."""
        lookup, copies = self._lookup(uid), 0
        with self._sessions.begin() as session:
            before = dicom.one(session, self._source_id, lookup)
            if before is not None and before.sealed is not None:
                shot, copies = self._better(before, shot, generation=generation)
            content = asdict(shot) | {"copies": [generation, copies]}
            row = self._row(
                lookup, "picture" if shot.present >= 1 else "fragment", content, generation=generation
            )
            row |= {"natural_key": lookup.hex()[:32], "plane": self._lookup(plane) if plane else None}
            dicom.put(session, [row, self._file_row(file, generation, about=lookup)])

    def put_label(self, file: File, uid: str, masks: Sequence[Mask], *, generation: int) -> None:
        """Keep the masks of a label in place of those that it had, and make their pictures due."""
        label = self._lookup(uid)
        pictures = sorted({self._lookup(mask.picture) for mask in masks if mask.picture})
        planes = sorted({self._lookup(name) for mask in masks for name in mask.places()})
        content = {"pictures": [one.hex() for one in pictures], "planes": [one.hex() for one in planes]}
        with self._sessions.begin() as session:
            dicom.drop_masks(session, self._source_id, label, generation=generation)
            dicom.put(session, [self._row(label, "label", content, generation=generation)])
            dicom.put(
                session,
                [self._mask_row(label, at, one, generation=generation) for at, one in enumerate(masks)],
            )
            dicom.touch(session, self._source_id, pictures=pictures, planes=planes, generation=generation)
            dicom.put(session, [self._file_row(file, generation, about=label)])

    def refused(self, cut: Cut) -> tuple[list[tuple[str, str]], str]:
        """Files of the loadings in the window that were refused, with their reasons; where to go on."""
        found, last = self._page("file", cut)
        return [(one.lookup.hex()[:16], one.reason) for one in found if one.reason], last

    def waiting(self, cut: Cut) -> tuple[list[str], str]:
        """Labels of the loadings in the window none of whose pictures has come; where to go on."""
        found, last = self._page("label", cut)
        missing = []
        with self._sessions() as session:
            for one in found:
                places = {name: [bytes.fromhex(value) for value in self._open(one)[name]] for name in _PLACES}
                if not dicom.have_come(session, self._source_id, **places):
                    missing.append(one.lookup.hex()[:16])
        return missing, last

    def due(self, kind: str, cut: Cut) -> tuple[list[Due], str]:
        """Pictures of the loadings in the window with the masks on them; where to go on."""
        found, last = self._page(kind, cut)
        planes = [one.plane for one in found if one.plane]
        with self._sessions() as session:
            stored = dicom.masks(
                session, self._source_id, pictures=[one.lookup for one in found], planes=planes
            )
        by_place: dict[bytes, list[tuple[bytes, Mask]]] = defaultdict(list)
        for one in stored:
            by_place[one.about or one.plane or b""].append((one.digest, Mask.of(self._open(one))))
        return [self._due(one, by_place, upto=cut.window[1]) for one in found], last

    def remembered(self, keys: Iterable[str]) -> dict[str, set[str]]:
        """The rows that these pictures have had, by the picture's key."""
        wanted = list(keys)
        if not wanted:
            return {}
        with self._sessions() as session:
            return dicom.remembered(session, self._source_id, wanted)

    def uids(self, clinics: Iterable[str]) -> dict[str, str]:
        """The random UIDs that stand for these."""
        with self._sessions.begin() as session:
            return dicom.uids(session, self._vault, [uid for uid in clinics if uid])

    def study(self, uid: str) -> str:
        """A name for the patient of a study that names none."""
        return f"study/{self._lookup(uid).hex()[:32]}"

    def _due(self, one: Stored, by_place: dict[bytes, list[tuple[bytes, Mask]]], *, upto: int) -> Due:
        content = self._open(one)
        at, copies = content.pop("copies")
        shot = _shot(content)
        near = [*by_place.get(one.lookup, []), *(by_place.get(one.plane, []) if one.plane else [])]
        masks = [(label, mask) for label, mask in near if mask.lies_on(shot.place())]
        return Due(one.natural_key or "", shot, masks, copies if at == upto else 0)

    def _better(self, before: Stored, shot: Shot, *, generation: int) -> tuple[Shot, int]:
        """Of what stood and what came, the whole before the cut off and the lossless before the lossy."""
        content = self._open(before)
        at, copies = content.pop("copies")
        held = _shot(content)
        ours, theirs = Pictured.read(**held.pictured), Pictured.read(**shot.pictured)
        if not is_same(ours.likeness, theirs.likeness):
            return (shot, 0) if shot.present >= held.present else (held, copies)
        copies = (copies if at == generation else 0) + 1
        keeps = (held.present, not ours.lossy) >= (shot.present, not theirs.lossy)
        return (held if keeps else shot), copies

    def _page(self, kind: str, cut: Cut) -> tuple[list[Stored], str]:
        after, window = bytes.fromhex(cut.after), cut.window
        with self._sessions() as session:
            found = dicom.due(session, self._source_id, kind, window=window, after=after, limit=cut.limit)
        return found, found[-1].lookup.hex() if found else ""

    def _mask_row(self, label: bytes, number: int, mask: Mask, *, generation: int) -> dict[str, Any]:
        lookup = self._hash(f"mask {label.hex()} {number}")
        row = self._row(lookup, "mask", mask.packed(), generation=generation)
        plane = None
        if not mask.picture and mask.normal:
            plane = mask.places()[0]
        about = self._lookup(mask.picture) if mask.picture else None
        return row | {"digest": label, "about": about, "plane": self._lookup(plane) if plane else None}

    def _file_row(
        self, file: File, generation: int, *, about: bytes | None = None, reason: str | None = None
    ) -> dict[str, Any]:
        row = self._row(file.lookup, "file", None, generation=generation)
        return row | {"digest": file.digest, "about": about, "reason": reason}

    def _row(self, lookup: bytes, kind: str, content: Any, *, generation: int) -> dict[str, Any]:
        text = json.dumps(content, sort_keys=True, ensure_ascii=False) if content is not None else ""
        empty = dict.fromkeys(("natural_key", "about", "plane", "reason"))
        return empty | {
            "source_id": self._source_id,
            "lookup": lookup,
            "kind": kind,
            "digest": self._hash(text),
            "generation": generation,
            "sealed": self._vault.seal(text.encode(), _PURPOSE) if text else None,
        }

    def _open(self, one: Stored) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._vault.open(one.sealed or b"", _PURPOSE))
        return found

    def _lookup(self, name: str) -> bytes:
        return self._vault.keyed_hash(name, "dicom-lookup")

    def _hash(self, text: str) -> bytes:
        return self._vault.keyed_hash(text, "dicom-digest")


_PLACES = ("pictures", "planes")


def _shot(content: dict[str, Any]) -> Shot:
    shot = Shot(**content)
    frames, rows, columns = shot.shape
    return replace(shot, shape=(frames, rows, columns))
