"""A DICOM header that says nothing of a person: PS3.15 E.1 by an allow-list, with its options by policy.

Built as a fresh header out of what may stay; nothing is deleted from the one that came, so what nobody
thought of is gone. Source: DICOM PS3.15 2024e, table E.1-1, Basic Profile with Clean Pixel Data, Clean
Descriptors, Clean Graphics, and by policy Retain Longitudinal Temporal Information with Modified Dates and
Retain Patient Characteristics.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from worker_collection.deidentify import deidentify
from worker_collection.dicom.who import Who, who_of
from worker_collection.dicom.words import harmless

METHOD = "Rounds, PS3.15 E.1 allow-list"
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, NotImplementedError, OverflowError)
_OPTIONS = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113103": "Clean Graphics Option",
    "113105": "Clean Descriptors Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
}
_AGE = re.compile(r"\d{3}[DWMY]")
_UID = re.compile(r"[0-9][0-9.]{0,63}")
_CODE = re.compile(r"[A-Z0-9.\-]{1,16}")
_SCHEMES = frozenset({"SCT", "SRT", "SNM3", "DCM", "LN", "RADLEX", "FMA", "UMLS", "NCIt"})
_LARGE = 1000  # a number below stands in many headers by chance
_STANDARD = "1.2.840.10008."
_TEXT = frozenset({"CS", "SH", "LO", "ST", "LT", "UT", "UC", "AE"})
_NUMBER = frozenset({"US", "SS", "UL", "SL", "FL", "FD", "DS", "IS", "OW", "OB", "AT", "UV", "SV"})


@dataclass(frozen=True)
class HeaderPolicy:
    """What a site keeps beyond the bare picture.

    `shift_days` moves the days of the examination (expert determination only); None takes them out.
    """

    characteristics: bool = True
    shift_days: int | None = None


def clean_header(
    header: Dataset, *, uid: Callable[[str], str], policy: HeaderPolicy, this_year: int
) -> Dataset:
    """A fresh header of what may stay, without the pixels.

    Args:
        header: as it came.
        uid: the random UID that stands for one of the clinic's, the same at every call.
        policy: the site's options.
        this_year: for years in free text that would show an age over 89.
    """
    cleaner = _Cleaner(uid, policy, this_year, who_of(header))
    clean = cleaner.items(header)
    clean.SpecificCharacterSet = "ISO_IR 192"
    person = str(header.get("PatientID") or "") or str(header.get("StudyInstanceUID") or "")
    clean.PatientID = clean.PatientName = uid(f"patient {person}")
    for keyword in ("PatientBirthDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"):
        setattr(clean, keyword, "")
    if "StudyDate" not in clean:
        clean.StudyDate = ""
    _declare(clean, policy)
    return clean


@dataclass(frozen=True)
class _Cleaner:
    uid: Callable[[str], str]
    policy: HeaderPolicy
    this_year: int
    who: Who

    def items(self, header: Dataset) -> Dataset:
        """One level of the header."""
        clean = Dataset()
        for tag in header.keys():  # noqa: SIM118 - the values of a Dataset are read one by one, with care
            rule = _rules().get(tag)
            if rule is None or tag.is_private:
                continue
            try:
                value = self._kept(header[tag], rule, header)
            except UNREADABLE:
                continue
            if value is not None:
                clean.add(DataElement(tag, header[tag].VR, value))
        return clean

    def _kept(self, element: DataElement, rule: str, level: Dataset) -> Any:
        """The value that stays, None for none."""
        if rule == "codes":
            return self._code(element, str(level.get("CodingSchemeDesignator", "")))
        by_rule: dict[str, Callable[[DataElement], Any]] = {
            "sequences": self._sequence,
            "uids": lambda one: _each(one.value, self._uid),
            "dates": lambda one: self._day(str(one.value)),
            "patient": self._characteristic,
            "clean": lambda one: self._words(str(one.value)) or None,
            "keep": self._plain,
        }
        return by_rule[rule](element)

    def _sequence(self, element: DataElement) -> Sequence:
        inner = [self.items(item) for item in element.value] if element.VR == "SQ" else []
        return Sequence(inner if element.keyword in _ORDERED else [item for item in inner if len(item)])

    def _plain(self, element: DataElement) -> Any:
        """A number or a defined term; neither may hold an identifier of the same header."""
        if element.VR == "UI":
            return element.value if str(element.value).startswith(_STANDARD) else None
        if element.VR in _TEXT:
            return _each(element.value, self._term)
        if element.VR not in _NUMBER:
            return None
        many = element.value if element.VM > 1 else [element.value]
        hidden = element.VR in ("IS", "DS") and any(
            abs(one) >= _LARGE and self.who.is_said_in(str(one)) for one in many if one is not None
        )
        return None if hidden else element.value

    def _code(self, element: DataElement, scheme: str) -> str | None:
        code = str(element.value)
        is_public = scheme in _SCHEMES and _CODE.fullmatch(code) is not None
        return code if is_public and not self.who.is_said_in(code) else None

    def _term(self, value: Any) -> str | None:
        text = str(value).strip()
        return text if text and harmless(text) == text and not self.who.is_said_in(text) else None

    def _words(self, text: str) -> str:
        cleaned = deidentify(text, self.who.known, this_year=self.this_year)
        left = harmless(re.sub(r"\[[A-Z_]+\]", " ", cleaned.text))
        return "" if self.who.is_said_in(left) else left[:64]

    def _uid(self, value: Any) -> str | None:
        text = str(value)
        if text.startswith(_STANDARD):
            return text
        return self.uid(text) if _UID.fullmatch(text) else None

    def _day(self, text: str) -> str | None:
        if self.policy.shift_days is None or not re.fullmatch(r"\d{8}", text):
            return None
        day = date(int(text[:4]), int(text[4:6]), int(text[6:])) + timedelta(days=self.policy.shift_days)
        return day.strftime("%Y%m%d")

    def _characteristic(self, element: DataElement) -> Any:
        if not self.policy.characteristics:
            return None
        if element.keyword == "PatientAge":
            return capped_age(str(element.value))
        if element.keyword == "PatientSex":
            return element.value if element.value in ("M", "F", "O") else None
        return element.value


_ORDERED = frozenset({"PerFrameFunctionalGroupsSequence"})  # its items count the frames


def capped_age(text: str) -> str | None:
    """An age as DICOM writes it, 90 and over as 90; None for what is no age."""
    if not _AGE.fullmatch(text):
        return None
    count = int(text[:3])
    years = count / {"D": 365.25, "W": 52.18, "M": 12, "Y": 1}[text[3]]
    return "090Y" if years >= 90 else text


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Every value of an element changed; those that come to nothing go."""
    if isinstance(value, str | UID) or not hasattr(value, "__iter__"):
        return None if value in (None, "") else change(value)
    kept = [one for one in (change(one) for one in value) if one is not None]
    return kept or None


def _declare(clean: Dataset, policy: HeaderPolicy) -> None:
    """Say in the header what was done to it."""
    clean.PatientIdentityRemoved = "YES"
    clean.DeidentificationMethod = METHOD
    shifted = policy.shift_days is not None
    clean.LongitudinalTemporalInformationModified = "MODIFIED" if shifted else "REMOVED"
    left_out = {"113107": not shifted, "113108": not policy.characteristics}
    codes = []
    for code, meaning in _OPTIONS.items():
        if not left_out.get(code):
            item = Dataset()
            item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
            codes.append(item)
    clean.DeidentificationMethodCodeSequence = Sequence(codes)


@cache
def _rules() -> dict[int, str]:
    """Which list of keep.toml an attribute stands in, by tag."""
    lists = tomllib.loads((Path(__file__).parent / "keep.toml").read_text())
    return {
        tag: rule
        for rule, words in lists.items()
        for keyword in words.split()
        if (tag := tag_for_keyword(keyword)) is not None
    }
