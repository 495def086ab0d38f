"""How resources point to each other: one spelling, "Type/id", whatever way a server writes it."""

from collections.abc import Iterator, Mapping
from typing import Any

Resource = Mapping[str, Any]
ROOTS = ("Condition", "DiagnosticReport", "Consent")  # each of them becomes a row, or says something of one
NOTES = ("DocumentReference", "DiagnosticReport")
_URN = ("urn:uuid:", "urn:oid:")


def name_of(resource: Resource) -> str:
    """The reference that leads to a resource."""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def target(pointer: Any, expected: str, *, holder: Resource | None = None) -> str | None:
    """The "Type/id" that a Reference element points to; None where it points to nothing.

    Args:
        pointer: a Reference element.
        expected: the type of what stands there, where the reference does not say it (`urn:uuid:`).
        holder: the resource that the element stands in, for references to what it contains.
    """
    if not isinstance(pointer, Mapping):
        return None
    written = pointer.get("reference")
    if not isinstance(written, str) or not written:
        return logical(pointer.get("identifier"), str(pointer.get("type") or expected))
    if written.startswith("#"):
        inside = next((one for one in contained(holder or {}) if str(one["id"]).endswith(written)), None)
        return None if inside is None else name_of(inside)
    if written.startswith(_URN):
        return f"{pointer.get('type') or expected}/{written.rsplit(':', 1)[-1]}"
    if "?" in written:
        kind, _, query = written.partition("?")
        values = dict(pair.partition("=")[::2] for pair in query.split("&"))
        return f"{kind.rsplit('/', 1)[-1]}?{values.get('identifier', query)}"
    parts = written.split("/_history/", 1)[0].rstrip("/").split("/")
    return "/".join(parts[-2:]) if len(parts) > 1 else f"{expected}/{parts[0]}"


def contained(holder: Resource) -> list[Resource]:
    """What a resource contains, as resources of their own whose id begins with that of their holder."""
    return [
        {**one, "id": f"{holder.get('id')}#{one['id']}"}
        for one in listed(holder.get("contained"))
        if isinstance(one.get("id"), str)
    ]


def logical(identifier: Any, kind: str) -> str | None:
    """How a resource is named by an identifier of its own instead of its id."""
    if not isinstance(identifier, Mapping) or not identifier.get("value"):
        return None
    return f"{kind}?{identifier.get('system') or ''}|{identifier['value']}"


def kind_of(reference: str | None) -> str:
    """The type that a reference names."""
    return (reference or "").split("?", 1)[0].split("/", 1)[0]


def patient_of(resource: Resource) -> str | None:
    """Whose resource it is."""
    pointer = (
        resource.get("patient") if resource.get("resourceType") == "Consent" else resource.get("subject")
    )
    found = target(pointer, "Patient", holder=resource)
    return found if kind_of(found) == "Patient" else None


def encounter_of(resource: Resource) -> str | None:
    """The encounter it belongs to; a document says so in its context."""
    if resource.get("resourceType") == "DocumentReference":
        context = resource.get("context")
        pointers = listed(context.get("encounter") if isinstance(context, Mapping) else context)
        return target(pointers[0], "Encounter", holder=resource) if pointers else None
    return target(resource.get("encounter"), "Encounter", holder=resource)


def rewritten(value: Any, names: Mapping[str, str]) -> Any:
    """A resource of a Bundle with the Bundle's own addresses replaced by "Type/id"."""
    if isinstance(value, Mapping):
        return {
            key: names.get(one, one) if key == "reference" and isinstance(one, str) else rewritten(one, names)
            for key, one in value.items()
        }
    return [rewritten(one, names) for one in value] if isinstance(value, list) else value


def listed(value: Any) -> list[Any]:
    """The objects of an element that may be absent, one, or many."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, Mapping)]


def codings(concept: Any) -> Iterator[Mapping[str, Any]]:
    """The codings of a CodeableConcept, or of a list of them."""
    for one in listed(concept):
        yield from listed(one.get("coding"))
