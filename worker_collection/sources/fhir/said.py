"""What a Condition or a report says: words, codes, status, and whether anything changes their meaning."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.domain.health_records import names_a_diagnosis, untagged
from shared.domain.labels import is_stated
from shared.domain.naming import tokens
from worker_collection.sources.fhir.references import Resource, codings, listed

_SNOMED, _ICD10 = (
    "http://snomed.info/sct",
    ("icd-10", "icd10", "2.16.840.1.113883.6.90", "2.16.840.1.113883.6.3"),
)
_STRICTEST = ("entered-in-error", "refuted", "provisional", "differential", "unconfirmed", "confirmed")
_SHORT_CONCLUSION = 8
_WITH_NAMES = ("individual", "asserter", "recorder", "performer", "resultsInterpreter", "actor")


def of_condition(root: Resource) -> dict[str, Any]:
    """The diagnosis in words and codes; what a person wrote comes before the name of the code.

    `coded` is the name of the code where it says something else than the words.
    """
    code = root.get("code") or {}
    coding = _chosen(code)
    written, display = str(code.get("text") or ""), str(coding.get("display") or "")
    text, name = untagged(written), untagged(display)
    return {
        "diagnosis": text if is_stated(text) else name,
        "coded": name if is_stated(text) and tokens(name) != tokens(text) else None,
        "icd_code": next((str(one.get("code")) for one in codings(code) if _is_icd(one)), None),
        "code": _code(coding),
    }


def is_diagnosis(root: Resource) -> bool:
    """Whether what a Condition is coded as is a diagnosis at all; a report's conclusion is taken for one."""
    if root.get("resourceType") != "Condition":
        return True
    code = root.get("code") or {}
    names = [str(code.get("text") or ""), *(str(one.get("display") or "") for one in codings(code))]
    icd = next((str(one.get("code")) for one in codings(code) if _is_icd(one)), None)
    kinds = {str(one.get("code")) for one in codings(root.get("category"))}
    return "sdoh" not in kinds and all(names_a_diagnosis(name, icd) for name in names)


def of_report(root: Resource) -> dict[str, Any]:
    """The conclusion of a report: its code, or its words.

    A short conclusion names itself; a longer one waits until the site says which label it means.
    """
    coding = next((_chosen(one) for one in listed(root.get("conclusionCode"))), {})
    words = str(root.get("conclusion") or "").strip().rstrip(".")
    short = f"conclusion|{words.casefold()}" if 0 < len(words.split()) <= _SHORT_CONCLUSION else None
    return {
        "diagnosis": untagged(str(coding.get("display") or "")) or words or None,
        "icd_code": str(coding["code"]) if _is_icd(coding) else None,
        "code": _code(coding) if coding else short,
    }


def title(root: Resource) -> str:
    """What kind of report it is."""
    code = root.get("code") or {}
    return str(code.get("text") or _chosen(code).get("display") or "")


def verification(root: Resource) -> str | None:
    """The strictest of the verification codes; the text where nothing is coded."""
    concept = root.get("verificationStatus")
    said = {str(one.get("code")) for one in codings(concept)}
    if not said:
        said = {str(one["text"]).strip().casefold() for one in listed(concept) if one.get("text")}
    return next((status for status in _STRICTEST if status in said), next(iter(sorted(said)), None))


def is_modified(root: Resource) -> bool:
    """Whether something in it changes its meaning in a way that is not known here."""
    return bool(root.get("implicitRules")) or any(
        key == "modifierExtension" and bool(value) for key, value in _elements(root)
    )


def people_named(*resources: Resource) -> list[str]:
    """The people whom resources name beside their references, to be scrubbed."""
    found = [
        str(one["display"])
        for resource in resources
        for key, value in _elements(resource)
        if key in _WITH_NAMES
        for one in listed(value)
        if one.get("display")
    ]
    return list(dict.fromkeys(found))


def _elements(value: Any) -> Iterator[tuple[str, Any]]:
    """Every element at every depth, with its name."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key), one
            yield from _elements(one)
    elif isinstance(value, list):
        for one in value:
            yield from _elements(one)


def _chosen(concept: Any) -> Mapping[str, Any]:
    """The coding that a person selected, else SNOMED CT, else the first."""
    found = list(codings(concept))
    ranked = sorted(
        found, key=lambda one: (one.get("userSelected") is not True, one.get("system") != _SNOMED)
    )
    return ranked[0] if ranked else {}


def _code(coding: Mapping[str, Any]) -> str | None:
    """A code as the label space keeps it: bare for SNOMED CT, else with its system; ICD-10 stands apart."""
    code, system = coding.get("code"), coding.get("system")
    if not code or _is_icd(coding):
        return None
    return str(code) if system == _SNOMED else f"{system or ''}|{code}"


def _is_icd(coding: Mapping[str, Any]) -> bool:
    return any(mark in str(coding.get("system") or "").casefold() for mark in _ICD10)
