"""Patients and practitioners: who somebody is, what must be scrubbed of him, who may validate."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from shared.registry.validators import Staff
from worker_collection.draft import instant
from worker_collection.sources.fhir.references import (
    Resource,
    codings,
    kind_of,
    listed,
    logical,
    name_of,
    target,
)

# Numbers that a visit, a bill or a specimen has, not a person; and values that stand for "we do not know".
_NOT_OF_A_PERSON = frozenset({"AN", "VN", "ACSN", "FILL", "PLAC", "SNO", "UDI", "DR", "EN", "PLN"})
_NO_NUMBER = re.compile(
    r"(.)\1*|(?:n/?a|none|nil|null|unknown|unk|test|tbd|pending|temp\w*|0*1234567?8?9?0?)", re.I
)
_NUMBERS = {"SS": "ssn", "SB": "ssn", "MR": "mrn", "MRT": "mrn"}
_SHORT_ID = re.compile(r"\d{1,6}")


def person(patient: Resource, *, source: str, record_system: str = "") -> dict[str, Any]:
    """The fields of the case format that say who somebody is; one person may have several numbers.

    Args:
        patient: a Patient.
        source: the source's name, which keeps apart the short ids that every server gives.
        record_system: the system of the record numbers that the site's own applications use as they are.
    """
    patient_id = str(patient.get("id"))
    numbers = list(_record_numbers(patient))
    own = [value for system, value in numbers if record_system and system == record_system]
    links = (target(link.get("other"), "Patient") for link in listed(patient.get("link")))
    linked = [key_of(one, source) for one in links if kind_of(one) == "Patient"]
    names = [name for name in map(_spoken, _official_first(patient)) if name]
    return {
        "person": key_of(f"Patient/{patient_id}", source),
        "also": [*own, *(f"{system}|{value}" for system, value in numbers), *linked],
        "name": names[0] if names else None,
        "sex": patient.get("gender"),
        "known": _known(patient, names),
    }


def key_of(reference: str | None, source: str) -> str:
    """The site-wide key of a patient: its id, with the source before it where the id is a mere count."""
    patient_id = (reference or "").split("/", 1)[-1]
    return f"{source}/{patient_id}" if _SHORT_ID.fullmatch(patient_id) else patient_id


def age_at(patient: Resource, at: datetime | None) -> int | None:
    """Whole years at an instant; None where the birth date is not known to the day."""
    born = instant(patient.get("birthDate"), UTC) if len(str(patient.get("birthDate"))) == 10 else None
    if born is None or at is None or at < born:
        return None
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def staff_of(found: Iterable[Resource], *, not_qualified: Collection[str], at: datetime) -> list[Staff]:
    """Everybody who may have asserted something, with what the export says of them now.

    Args:
        found: Practitioner and PractitionerRole resources.
        not_qualified: words of qualifications that do not make somebody a diagnostician.
        at: the instant at which they must hold.
    """
    practitioners = [one for one in found if one.get("resourceType") == "Practitioner"]
    roles: dict[str | None, list[Resource]] = defaultdict(list)
    for one in found:
        if one.get("resourceType") == "PractitionerRole":
            roles[target(one.get("practitioner"), "Practitioner")].append(one)
    staff: dict[str, Staff] = {}
    for one in practitioners:
        numbers = filter(None, (logical(number, "Practitioner") for number in listed(one.get("identifier"))))
        aliases = [name_of(one), *numbers]
        held = [role for alias in aliases for role in roles[alias]]
        working = not held or any(is_working(role, at) for role in held)
        names = [name for name in map(_spoken, listed(one.get("name"))) if name]
        member = Staff(
            name=names[0] if names else name_of(one),
            aliases=tuple(dict.fromkeys(aliases)),
            role="practitioner",
            qualified=is_qualified(one, not_qualified=not_qualified, at=at),
            active=is_working(one, at) and working,
        )
        key = _key(member)
        before = staff.get(key)
        aliases_of_all = (*(before.aliases if before else ()), *member.aliases)
        staff[key] = replace(member, aliases=tuple(dict.fromkeys(aliases_of_all)))
    return list(staff.values())


def _key(member: Staff) -> str:
    """Those that conditions contain are one person where everything about them is the same."""
    if "#" not in member.aliases[0]:
        return member.aliases[0]
    return "|".join((member.name, *member.aliases[1:], str(member.qualified), str(member.active)))


def is_working(one: Resource, at: datetime) -> bool:
    """Whether a practitioner or a role is active; the standard takes one that does not say so for active."""
    return one.get("active") is not False and _holds(one.get("period"), at)


def is_qualified(practitioner: Resource, *, not_qualified: Collection[str], at: datetime) -> bool:
    """Whether a qualification stands that has not run out and makes a diagnostician."""
    return any(
        _holds(one.get("period"), at) and not (_said(one) & set(not_qualified)) and bool(_said(one))
        for one in listed(practitioner.get("qualification"))
    )


def _said(qualification: Resource) -> set[str]:
    """The codes and the words of a qualification, and its words as one."""
    code: Resource = next(iter(listed(qualification.get("code"))), {})
    texts = [code.get("text"), *(c.get(part) for c in codings(code) for part in ("code", "display"))]
    words = [str(text).casefold().strip() for text in texts if text]
    return {*words, *(part for text in words for part in re.findall(r"\w+", text))}


def _holds(period: Any, at: datetime) -> bool:
    bounds = period if isinstance(period, Mapping) else {}
    starts, ends = instant(bounds.get("start"), UTC), instant(bounds.get("end"), UTC)
    return (ends is None or ends >= at) and (starts is None or starts <= at)


def _record_numbers(patient: Resource) -> Iterator[tuple[str, str]]:
    for one in listed(patient.get("identifier")):
        value, system = str(one.get("value") or "").strip(), str(one.get("system") or "")
        types = {str(coding.get("code")) for coding in codings(one.get("type"))}
        if types & _NOT_OF_A_PERSON or one.get("use") == "temp" or not (system or types or one.get("type")):
            continue
        if len(value) > 2 and not _NO_NUMBER.fullmatch(value):
            yield system or "|".join(sorted(types)) or str((one.get("type") or {}).get("text")), value


def _known(patient: Resource, names: list[str]) -> dict[str, Any]:
    """What is known of a patient, to be scrubbed; a place is every line of every address by itself."""
    contacts = listed(patient.get("contact"))
    known: dict[str, list[str]] = defaultdict(list)
    known["name"] = names
    known["contacts"] = [name for one in contacts for name in map(_spoken, listed(one.get("name"))) if name]
    known["aliases"] = [
        str(one["valueString"])
        for one in listed(patient.get("extension"))
        if str(one.get("url", "")).endswith("mothersMaidenName") and one.get("valueString")
    ]
    for one in listed(patient.get("identifier")):
        kinds = [_NUMBERS.get(str(coding.get("code"))) for coding in codings(one.get("type"))]
        known[next(filter(None, kinds), "ids")].append(str(one.get("value") or ""))
    for whose in (patient, *contacts):
        for one in listed(whose.get("telecom")):
            known["email" if one.get("system") == "email" else "phone"].append(str(one.get("value") or ""))
        for one in listed(whose.get("address")):
            known["address"] += [str(line) for line in one.get("line") or []]
            known["town"] += [str(one["city"])] if one.get("city") else []
    found: dict[str, Any] = {field: [value for value in values if value] for field, values in known.items()}
    born = str(patient.get("birthDate") or "")
    return {field: values for field, values in found.items() if values} | (
        {"dob": born} if len(born) == 10 else {}
    )


def _official_first(patient: Resource) -> list[Any]:
    ranks = {"official": 0, "usual": 1, None: 2, "maiden": 4, "old": 4, "anonymous": 5}
    return sorted(listed(patient.get("name")), key=lambda name: ranks.get(name.get("use"), 3))


def _spoken(name: Resource) -> str:
    """A HumanName as it is said: given names, then the family name; its text where it has no parts."""
    parts = [*(str(one) for one in name.get("given") or []), str(name.get("family") or "")]
    return " ".join(part for part in parts if part) or str(name.get("text") or "")
