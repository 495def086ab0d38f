"""The source's resources as they stand now, sealed in the registry: a delta needs only what changed."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session, sessionmaker

from shared.registry import resources
from shared.registry.resources import Due
from shared.registry.tables import SourceResource
from shared.vault import Vault
from worker_collection.draft import instant
from worker_collection.sources.fhir.bundles import Removed
from worker_collection.sources.fhir.references import ROOTS, Resource, encounter_of, name_of, patient_of

_PURPOSE = "resource"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Shelf:
    """The resources of one source; every call is a transaction of its own, and repeating one is harmless."""

    def __init__(self, sessions: sessionmaker[Session], vault: Vault, source_id: UUID) -> None:
        self._sessions, self._vault, self._source_id = sessions, vault, source_id

    def top(self) -> int:
        """The number of the last loading that changed anything."""
        with self._sessions() as session:
            return resources.top(session, self._source_id)

    def put(self, batch: Iterable[Resource | Removed], *, generation: int) -> None:
        """Take in what a server or an export says, and make every root due that it may change."""
        rows: dict[bytes, dict[str, Any]] = {}
        removed: list[bytes] = []
        for one in batch:
            if isinstance(one, Removed):
                removed.append(self._lookup(one.reference))
                continue
            row = self._row(one, generation)
            before = rows.get(row["lookup"])
            if before is None or _order(row) >= _order(before):
                rows[row["lookup"]] = row
        with self._sessions.begin() as session:
            changed = resources.put(session, list(rows.values()))
            if changed:
                touched = {place for lookup in changed for place in _places(rows[lookup])}
                resources.touch(session, self._source_id, touched, generation=generation)
            if removed:
                resources.bury(session, self._source_id, removed, generation=generation)

    def due(self, window: tuple[int, int], after: str, limit: int) -> list[Due]:
        """The next roots of the loadings in the window, after the one whose lookup was the last."""
        with self._sessions() as session:
            held = bytes.fromhex(after)
            return resources.due(session, self._source_id, window=window, after=held, limit=limit)

    def opened(self, due: Due) -> Resource:
        """The resource of a root that stands."""
        return self._open(due.sealed or b"")

    def named(self, references: Collection[str]) -> dict[str, Resource]:
        """The standing ones of these references."""
        lookups = [self._lookup(one) for one in references]
        return {name_of(one): one for one in self._all(SourceResource.lookup.in_(lookups))}

    def about(self, encounters: Collection[str], kinds: Collection[str]) -> dict[str, list[Resource]]:
        """What of these kinds belongs to each encounter."""
        lookups = [self._lookup(one) for one in encounters]
        which = SourceResource.about.in_(lookups) & SourceResource.kind.in_(kinds)
        return _grouped(self._all(which), encounter_of)

    def of_patients(self, patients: Collection[str], kind: str) -> dict[str, list[Resource]]:
        """What of this kind belongs to each patient and to no encounter."""
        lookups = [self._lookup(one) for one in patients]
        which = SourceResource.patient.in_(lookups) & SourceResource.about.is_(None)
        return _grouped(self._all(which & (SourceResource.kind == kind)), patient_of)

    def every(self, kinds: Collection[str]) -> list[Resource]:
        """Everything of these kinds; for the few who work at a site, not for patients."""
        return self._all(SourceResource.kind.in_(kinds))

    def _all(self, which: ColumnElement[bool]) -> list[Resource]:
        with self._sessions() as session:
            rows = resources.sealed(session, self._source_id, which)
        return [self._open(sealed) for _, sealed in rows]

    def _open(self, sealed: bytes) -> Resource:
        found: dict[str, Any] = json.loads(self._vault.open(sealed, _PURPOSE))
        return found

    def _row(self, resource: Resource, generation: int) -> dict[str, Any]:
        text = json.dumps(resource, sort_keys=True, ensure_ascii=False)
        kind, name = str(resource["resourceType"]), name_of(resource)
        meta = resource.get("meta") if isinstance(resource.get("meta"), Mapping) else {}
        version = str((meta or {}).get("versionId") or "")
        about, patient = encounter_of(resource), patient_of(resource)
        return {
            "source_id": self._source_id,
            "lookup": self._lookup(name),
            "kind": kind,
            "natural_key": name if kind in ROOTS else None,
            "about": self._lookup(about) if about and kind != "Encounter" else None,
            "patient": self._lookup(patient) if patient else None,
            "version": int(version) if version.isdecimal() and len(version) < 18 else 0,
            "updated_at": instant((meta or {}).get("lastUpdated"), UTC) or _NEVER,
            "digest": self._vault.keyed_hash(text, "resource-digest"),
            "generation": generation,
            "gone": False,
            "sealed": self._vault.seal(text.encode(), _PURPOSE),
        }

    def _lookup(self, reference: str) -> bytes:
        return self._vault.keyed_hash(reference, "resource-lookup")


def _order(row: Mapping[str, Any]) -> tuple[int, datetime]:
    return row["version"], row["updated_at"]


def _places(row: Mapping[str, Any]) -> set[bytes]:
    """Where roots are found that a changed resource bears on: itself for an encounter or a patient."""
    if row["kind"] in ("Encounter", "Patient"):
        return {row["lookup"]}
    if row["kind"] == "Consent":
        return {row["patient"]} - {None}
    if row["kind"] in ("DocumentReference", "Observation", "DiagnosticReport"):
        return {row["about"] or row["patient"]} - {None}
    return set()


def _grouped(found: list[Resource], key: Any) -> dict[str, list[Resource]]:
    groups: dict[str, list[Resource]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return groups
