"""Who a DICOM header speaks of: the identifiers that must stand nowhere else, and the person for linking."""

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.valuerep import PersonName

_MIN_LETTERS = 3


@dataclass(frozen=True)
class Who:
    """The identifiers of one header, in the form of `known` of the case format, and each as it stands."""

    known: dict[str, Any]
    said: frozenset[str]

    def is_said_in(self, text: str) -> bool:
        """Whether any identifier of the header stands in a text as words of its own, in any case."""
        padded = f" {_plain(text)} "
        return any(f" {one} " in padded for one in self.said)


def who_of(header: Dataset) -> Who:
    """Read every identifier out of a header, its sequences and its file meta included."""
    names = [" ".join(_name(value)) for value in _of(header, _listed("names"))]
    staff: list[str] = []
    for element in _every(header):
        if element.VR == "PN" and element.keyword not in _listed("names"):
            staff += [" ".join(_name(value)) for value in _values(element)]
    numbers = [str(value) for value in _of(header, _listed("numbers"))]
    places = [str(value) for value in _of(header, _listed("places"))]
    born = str(header.get("PatientBirthDate") or "")
    known = {
        "name": names[0] if names else "",
        "aliases": names[1:],
        "providers": staff,
        "dob": f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) == 8 and born.isdigit() else "",
        "mrn": str(header.get("PatientID") or ""),
        "ids": numbers,
        "phone": [str(value) for value in _of(header, _listed("phones"))],
        "address": places,
    }
    titles = [str(getattr(getattr(header, "file_meta", None), "SourceApplicationEntityTitle", "") or "")]
    parts = [part for name in (*names, *staff) for part in (name, *name.split())]
    digits = [run for number in numbers for run in re.findall(r"\d{5,}", number)]
    said = {_plain(one) for one in (*parts, *numbers, *digits, *places, *titles, born)}
    return Who(
        {name: value for name, value in known.items() if value},
        frozenset(one for one in said if len(one) >= _MIN_LETTERS and not _is_small(one)),
    )


def person_of(header: Dataset) -> str:
    """The record number with who issued it, as far as the header says; empty when it names nobody."""
    number = str(header.get("PatientID") or "").strip()
    issuer = str(header.get("IssuerOfPatientID") or "").strip()
    return f"{issuer}/{number}" if issuer and number else number


def _is_small(text: str) -> bool:
    """Numbers that stand everywhere in a header by chance."""
    return text.isdigit() and len(text) < 4


def _of(header: Dataset, keywords: Collection[str]) -> Iterator[Any]:
    for element in _every(header):
        if element.keyword in keywords:
            yield from _values(element)


@cache
def _listed(kind: str) -> frozenset[str]:
    lists = tomllib.loads((Path(__file__).parent / "who.toml").read_text())
    return frozenset(lists[kind].split())


def _every(header: Dataset) -> Iterator[DataElement]:
    """Every readable element, also of sequences."""
    for tag in list(header.keys()):
        try:
            element = header[tag]
        except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError, OverflowError):
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from _every(item)
        else:
            yield element


def _values(element: DataElement) -> list[Any]:
    value = element.value
    if element.VR == "SQ" or value in (None, ""):
        return []
    many = value if isinstance(value, list | tuple) or element.VM > 1 else [value]
    return [one for one in many if str(one).strip()]


def _name(value: Any) -> list[str]:
    """The parts of a person's name in the order they are spoken."""
    name = value if isinstance(value, PersonName) else PersonName(str(value))
    spoken = (name.given_name, name.middle_name, name.family_name)
    return " ".join(part for part in spoken if part).replace("^", " ").split() or str(value).split("^")


def _plain(text: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())
