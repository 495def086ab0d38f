"""Identifiers that their shape alone gives away: mail, web and network addresses, files, spoken numbers.

Every pattern is linear: bounded gaps, no nested repetition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker_collection.phi.spans import Span


@dataclass(frozen=True)
class Form:
    """A shape; a group in it alone is the identifier. The `hint` must stand in the text at all."""

    label: str
    pattern: re.Pattern[str]
    hint: str = ""


def _form(label: str, pattern: str, hint: str = "", *, flags: int = re.IGNORECASE) -> Form:
    return Form(label, re.compile(pattern, flags), hint)


_DIGIT_WORD = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_ENDING = (
    "com|org|net|edu|gov|info|io|health|example|co|de|fr|es|it|in|nhs|mil|us|uk|ie|au|ca|pl|se|gr|ph|vn|kr|"
    "ng|"
    "pk|br|pt|app|me"
)
FORMS: tuple[Form, ...] = (
    _form("EMAIL", r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}", "@"),
    _form(
        "EMAIL",
        r"\b[\w.-]{2,40}\s?(?:\(at\)|\[at\]|\sat\s)\s?[\w-]{2,30}\s?(?:\(dot\)|\[dot\]|\sdot\s)\s?(?:com|org|"
        r"net|edu|in|uk)\b",
        "dot",
    ),
    _form("URL", r"\b(?:https?|s?ftp)://[^\s<>\"']{3,200}", "://"),
    _form("URL", r"\bwww\.[^\s<>\"']{3,200}[^\s<>\"'.,;)]", "www."),
    _form(
        "URL",
        rf"(?<![\w@.-])(?:[a-z0-9-]{{2,40}}\.){{1,3}}(?:{_ENDING})\b(?:/[^\s,;)]{{0,100}})?(?![\w@])(?!\.\w)",
        ".",
    ),
    _form("ID", r"(?<![\w.@])@[A-Z_][\w.]{1,29}\b", "@"),
    _form("IP", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{2,5})?(?!\d|\.\d)", "."),
    _form("IP", r"(?<![\w:])(?:[0-9A-F]{1,4}:){4,7}[0-9A-F]{1,4}(?![\w:])", ":"),
    _form("DEVICE", r"(?<![\w:-])(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}(?![\w:-])"),
    _form("DEVICE", r"(?:\((?:01|10|11|17|21)\)[A-Z0-9-]{3,20}){1,5}", "("),
    _form(
        "ID",
        r"\b[\w-]{3,60}\.(?:png|jpe?g|gif|bmp|tiff?|dcm|pdf|docx?|mp4|mov|zip|csv|xlsx?|heic|wav|mp3|txt|nii|"
        r"stl)\b",
        ".",
    ),
    _form("PHONE", rf"\b(?:(?:{_DIGIT_WORD}|double|triple)[\s,-]{{1,2}}){{5,14}}(?:{_DIGIT_WORD})\b"),
    _form("ADDRESS", r"(?<![\d.])-?\d{1,2}\.\d{3,6},?\s{0,2}-?\d{1,3}\.\d{3,6}(?!\d|\.\d)", "."),
    _form(
        "ADDRESS",
        r"\b\d{1,2}°\s?\d{1,2}['′]?[\s\d.\"″]{0,8}[NS][,\s]{0,2}\d{1,3}°\s?\d{1,2}['′]?[\s\d.\"″]{0,8}[EW]\b",
        "°",
    ),
    _form("SSN", r"(?<![\w-])[X*]{3}-?[X*]{2}-?(?:\d{4})(?!\d)", flags=0),
    _form(
        "VEHICLE",
        r"\b(?=[A-HJ-NPR-Z0-9]{0,16}\d)(?=[A-HJ-NPR-Z0-9]{0,16}[A-Z])[A-HJ-NPR-Z0-9]{17}\b",
    ),
)


_DOTTED = re.compile(r"[\w-]\.\w")


def find(text: str) -> Iterator[Span]:
    """Every identifier that a shape gives away."""
    lowered = text.lower()
    dotted = _DOTTED.search(text) is not None
    for form in FORMS:
        if form.hint and form.hint not in lowered or form.hint == "." and not dotted:
            continue
        for match in form.pattern.finditer(text):
            group = match.lastindex or 0
            yield Span(match.start(group), match.end(group), form.label)
