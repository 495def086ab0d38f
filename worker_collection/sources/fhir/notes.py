"""The input of a case: what was written beside the diagnosis, or measured where nothing was written."""

import base64
import binascii
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from email.message import Message
from typing import Any

from worker_collection.sources.fhir.references import Resource, codings, listed, name_of, target

_TAGS = re.compile(
    r"(?is)<(script|style|head)\b.*?</\1>|<!--.*?-->|<(?:br|/p|/div|/li|/tr|/h\d)\b[^>]*>|<[^>]+>"
)
_READABLE = ("text/plain", "text/html", "application/xhtml+xml", "text/markdown", "")
_VISITS = {
    "AMB": "Ambulatory visit",
    "EMER": "Emergency visit",
    "IMP": "Hospital stay",
    "ACUTE": "Hospital stay",
    "NONAC": "Hospital stay",
    "HH": "Home visit",
    "VR": "Virtual visit",
    "OBSENC": "Observation stay",
    "SS": "Short stay",
}
_MEASUREMENTS = 40

# A section whose heading names it draws the conclusion; from there on nothing is input until another begins.
_CONCLUDES = (
    r"assessments?|impressions?|plans?|a\s?[/&]\s?p|diagnos[ie]s|conclusions?|dx|ddx|differential|"
    r"problem list|opinion|recommendations?|treatment plan|disposition"
)
_RECORDS = (
    r"subjective|objective|chief complaint|presenting complaint|complaints?|cc|hpi|pmh|psh|ros|history|"
    r"past medical history|family history|social history|past surgical history|"
    r"history of (?:the )?(?:present|presenting) (?:illness|complaint)|review of systems|symptoms?|"
    r"examination|physical exam(?:ination)?|exam|vitals?(?: signs)?|allergies|medications?|"
    r"labs?|laboratory(?: results)?|results|investigations|imaging|findings|technique|indication|comparison|"
    r"procedures?|immunizations?|hospital course|course"
)
_BEFORE = (
    r"(?:(?:clinical|working|final|discharge|admission|admitting|primary|principal|provisional|initial)\s+)?"
)
_HEADING = re.compile(
    rf"(?im)(?:^[ \t]*(?P<marks>\#{{1,6}})?[ \t*_>-]*(?:\d+[.)][ \t]*)?|(?<=[.;!?])[ \t]+)"
    rf"(?:(?P<ends>{_BEFORE}(?:{_CONCLUDES})(?:\s*(?:/|&|and)\s*(?:{_CONCLUDES}))?)|(?P<goes>{_RECORDS}))"
    rf"[ \t*_]*(?::|(?=[ \t]*$)|(?<=\*)|[ \t]+-[ \t])"
)


def without_conclusion(note: str) -> str:
    """A note without assessment, plan, impression and diagnosis: what a model is to find is no input."""
    kept, start, level = [], 0, 0
    concluding = False
    for heading in _HEADING.finditer(note):
        depth = len(heading.group("marks") or "")
        if concluding and depth > level > 0:
            continue  # a smaller heading inside the plan
        if not concluding:
            kept.append(note[start : heading.start()])
        concluding, start, level = heading.group("ends") is not None, heading.start(), depth
    if not concluding:
        kept.append(note[start:])
    return re.sub(r"\n{3,}", "\n\n", "".join(kept)).strip()


def written(documents: Iterable[Resource]) -> tuple[str, bool]:
    """The notes of an encounter in their order, and whether all of them could be read.

    A note may be superseded and still be what was known then; one that was entered in error, or that another
    one of the same encounter replaces, is not.
    """
    standing = [one for one in documents if _stands(one)]
    replaced = {
        target(link.get("target"), "DocumentReference")
        for one in standing
        for link in listed(one.get("relatesTo"))
        if link.get("code") == "replaces"
    }
    texts, readable = [], True
    for one in sorted(standing, key=lambda note: (str(note.get("date") or ""), str(note.get("id")))):
        for attachment in () if name_of(one) in replaced else _attachments(one):
            text = _text(attachment)
            readable = readable and text is not None
            texts.append(without_conclusion(text or ""))
    return "\n\n".join(dict.fromkeys(text for text in texts if text)), readable


def measured(sex: Any, age: int | None, *, visit: Resource, observations: Sequence[Resource]) -> str:
    """A patient in the words of structured fields, for a diagnosis about which no note was written."""
    who = f"{str(sex).capitalize()} patient" if sex in ("male", "female", "other") else "Patient"
    lines = [f"{who}, {age} years old." if age is not None else f"{who}."]
    code = visit.get("class")
    codes = [code] if isinstance(code, Mapping) and "code" in code else list(codings(code))
    lines.append(
        next((_VISITS[c["code"]] for c in codes if c.get("code") in _VISITS), "Clinical visit") + "."
    )
    lines += list(dict.fromkeys(filter(None, map(_measurement, observations))))[:_MEASUREMENTS]
    return "\n".join(lines)


def _stands(document: Resource) -> bool:
    wrong = "entered-in-error"
    return document.get("status") not in (wrong, "cancelled") and document.get("docStatus") != wrong


def _attachments(document: Resource) -> list[Any]:
    if document.get("resourceType") == "DiagnosticReport":
        return listed(document.get("presentedForm"))
    return [found for one in listed(document.get("content")) for found in listed(one.get("attachment"))]


def _text(attachment: Resource) -> str | None:
    """The words of an attachment: nothing for a kind that holds no text here, None for what is broken."""
    kind = Message()
    kind["Content-Type"] = str(attachment.get("contentType") or "text/plain")
    if kind.get_content_type() not in _READABLE or not attachment.get("data"):
        return ""
    try:
        raw = base64.b64decode("".join(str(attachment["data"]).split()), validate=True)
        text = raw.decode(kind.get_content_charset() or "utf-8")
    except (binascii.Error, UnicodeDecodeError, LookupError):
        return None
    if kind.get_content_subtype() in ("html", "xhtml+xml"):
        text = html.unescape(
            _TAGS.sub(lambda tag: "\n" if re.match(r"<(?:br|/)", tag.group()) else " ", text)
        )
    return text.replace("\r\n", "\n").strip()


def _measurement(observation: Resource) -> str | None:
    if observation.get("status") in ("entered-in-error", "cancelled"):
        return None
    code = observation.get("code") or {}
    name = code.get("text") or next((one.get("display") for one in codings(code)), None)
    parts = [part for one in listed(observation.get("component")) if (part := _measurement(one))]
    value = observation.get("valueQuantity")
    if name and isinstance(value, Mapping) and isinstance(value.get("value"), int | float):
        return f"{name}: {round(value['value'], 1):g} {value.get('unit') or ''}".strip()
    return "; ".join(parts) or None
