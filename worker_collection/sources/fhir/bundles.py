"""What a server or an export hands over, taken apart: resources, deletions, lines that are neither."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker_collection.sources.base import Broken
from worker_collection.sources.fhir.references import Resource, contained, listed, rewritten
from worker_collection.sources.fhir.validity import flaw

KINDS = frozenset(
    {
        "Condition",
        "Consent",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "Observation",
        "Patient",
        "Practitioner",
        "PractitionerRole",
    }
)


@dataclass(frozen=True)
class Removed:
    """A resource that the source deleted."""

    reference: str


def taken_apart(read: Any, place: str) -> Iterator[Resource | Removed | Broken]:
    """The resources in one JSON value: itself, or the entries of a Bundle, as far as their kind is needed.

    Args:
        read: what a line or a response held.
        place: where it stood, for the report of what is broken.
    """
    if not isinstance(read, Mapping) or not isinstance(read.get("resourceType"), str):
        yield Broken(place, "not_a_resource")
    elif read["resourceType"] == "Bundle":
        yield from _entries(read, place)
    elif read["resourceType"] in KINDS:
        if not isinstance(read.get("id"), str) or not read["id"]:
            yield Broken(place, "resource_without_id")
            return
        wrong = flaw(read)
        yield read if wrong is None else Broken(place, f"invalid_{wrong}")
        yield from (one for one in contained(read) if one.get("resourceType") in KINDS)


def _entries(bundle: Mapping[str, Any], place: str) -> Iterator[Resource | Removed | Broken]:
    entries = listed(bundle.get("entry"))
    names = {}
    for entry in entries:
        inside = entry.get("resource")
        if isinstance(inside, Mapping) and isinstance(entry.get("fullUrl"), str):
            own = inside.get("id") or entry["fullUrl"].rsplit(":", 1)[-1].rsplit("/", 1)[-1]
            names[entry["fullUrl"]] = f"{inside.get('resourceType')}/{own}"
    for entry in entries:
        asked = entry.get("request") or {}
        inside = entry.get("resource")
        if isinstance(asked, Mapping) and asked.get("method") == "DELETE":
            yield Removed("/".join(str(asked.get("url") or "").split("?")[0].split("/")[-2:]))
        elif isinstance(inside, Mapping):
            known = names.get(str(entry.get("fullUrl")), "/")
            whole = {"id": known.split("/", 1)[1]} | dict(rewritten(inside, names))
            yield from taken_apart(whole, place)
