"""Identifiers that their shape alone gives away: mail, web and network addresses, files, spoken numbers.

Every pattern is linear: bounded gaps, no nested repetition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker_collection.phi import anchors, glance
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span


@dataclass(frozen=True)
class Form:
    """A shape; one of the `signs` must stand in the text in small letters, and the `hint` be found there.

    Where `seen` is given, one of its stretches must stand in the text at a glance (`glance.shape`) as well.
    """

    label: str
    pattern: re.Pattern[str]
    signs: tuple[str, ...]
    hint: re.Pattern[str] | None
    seen: tuple[str, ...]


def _form(label: str, pattern: str, *signs: str, hint: str | None = None, seen: tuple[str, ...] = ()) -> Form:
    return Form(label, re.compile(pattern, re.IGNORECASE), signs, re.compile(hint) if hint else None, seen)


_DIGIT_WORD = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_ENDING = (
    "com|org|net|edu|gov|info|io|health|example|care|clinic|co|de|fr|es|it|in|nhs|mil|us|uk|ie|au|ca|pl|"
    "se|gr|ph|vn|"
    "kr|ng|pk|br|pt|app|me|nl|be|ch|at|dk|no|fi|tr|za|ke|gh|jp|cn|mx|ar|cl|pe|eu|nz|sg|my|id|th|il|ae|sa|"
    "eg|ro|hu|cz|ru|ua"
)
_FILE = (
    "png|jpe?g|gif|bmp|tiff?|dcm|pdf|docx?|mp4|mov|avi|zip|csv|xlsx?|heic|wav|mp3|m4a|txt|nii|stl|rtf|"
    "xml|json|html?|eml|msg|edf"
)
FORMS: tuple[Form, ...] = (
    _form("EMAIL", r"[\w.+'-]{1,64}@(?!\d+\b(?!\.[a-z]))[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}", "@"),
    _form("EMAIL", r"[\w.+-]{2,64}[ ]@[ ][\w-]{2,63}(?:\.[\w-]{2,63}){1,3}", " @ "),
    _form(
        "EMAIL",
        r"\b[\w.-]{2,40}(?:\s(?:dot|underscore|dash)\s[\w-]{1,20}){0,2}\s?(?:\(at\)|\[at\]|"
        r"\sat\s)\s?[\w-]{2,30}\s?(?:\(dot\)|\[dot\]|\sdot\s)\s?"
        r"(?:com|org|net|edu|in|uk|co|de|fr|ca|au)\b(?:\sdot\s\w{2,3}\b)?",
        " dot ",
        "(dot)",
        "[dot]",
    ),
    _form("URL", r"\b(?:https?|s?ftp)://[^\s<>\"']{3,200}", "://"),
    _form("URL", r"\\\\[\w.-]{2,40}(?:\\[\w.$ -]{1,60}){1,8}(?<=\w)", "\\\\"),
    _form("URL", r"\bwww\.[^\s<>\"']{3,200}[^\s<>\"'.,;)]", "www."),
    _form(
        "URL",
        rf"(?<![\w@.-])(?:[a-z0-9-]{{2,40}}\.){{1,3}}(?:{_ENDING})\b(?:/[^\s,;)]{{0,100}})?(?![\w@])(?!\.\w)",
        ".",
        hint=rf"\.(?:{_ENDING})\b",
        seen=(".a", ".A"),
    ),
    _form("ID", r"(?<![\w.@])@[A-Z_][\w.]{1,29}\b", "@"),
    _form(
        "ID",
        r"(?<!\d )\b(?:(?=(?-i:[ur])/|fb/)|(?:ig|insta(?:gram)?|snap(?:chat)?|tiktok|discord)"
        r"(?::[ ]?@?|[ ]@))"
        r"((?:(?-i:[ur])/|fb/)?[a-z_][\w.-]{2,29})",
        "u/",
        "r/",
        "fb/",
        "ig:",
        "ig @",
        "insta:",
        "instagram:",
        "snap:",
        "snapchat:",
        "tiktok:",
        "discord:",
    ),
    _form(
        "IP",
        r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:[:/]\d{1,5})?(?!\d|\.\d)",
        ".",
        seen=(".9.", ".99.", ".999."),
    ),
    _form(
        "IP",
        r"(?<![\w:])(?:[0-9A-F]{1,4}:){1,7}(?:(?::[0-9A-F]{1,4}){1,6}|:)(?![\w:])|"
        r"(?<![\w:])(?:[0-9A-F]{1,4}:){4,7}[0-9A-F]{1,4}(?![\w:])",
        ":",
        hint=r"::|:[0-9a-f]{1,4}:[0-9a-f]{1,4}:",
    ),
    _form(
        "DEVICE",
        r"(?<![\w:-])(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}(?![\w:-])",
        ":",
        "-",
        hint=r"[0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}[:-]",
    ),
    _form(
        "DEVICE", r"(?:\((?:01|10|11|17|21)\)[A-Z0-9-]{3,20}){1,5}", "(01)", "(10)", "(11)", "(17)", "(21)"
    ),
    _form("ID", rf"\b[\w-]{{3,60}}\.(?:{_FILE})\b", ".", hint=rf"\.(?:{_FILE})\b", seen=(".a", ".A")),
    _form(
        "ADDRESS",
        r"(?<![\d.])-?\d{1,2}\.\d{3,6},?\s{0,2}-?\d{1,3}\.\d{3,6}(?!\d|\.\d)",
        ".",
        seen=("9.999",),
    ),
    _form(
        "ADDRESS",
        r"\b\d{1,2}°\s?\d{1,2}['′]?[\s\d.\"″]{0,8}[NS][,\s]{0,2}\d{1,3}°\s?\d{1,2}['′]?[\s\d.\"″]{0,8}[EW]\b",
        "°",
    ),
    _form("SSN", r"(?<![\w-])[X*]{3}-?[X*]{2}-?(?:\d{4})(?!\d)", "xxx", "***"),
    _form(
        "VEHICLE",
        r"\b(?=[A-HJ-NPR-Z0-9]{0,16}\d)(?=[A-HJ-NPR-Z0-9]{0,16}[A-Z])[A-HJ-NPR-Z0-9]{17}\b",
        "",
        hint=r"",
    ),
)


def _is_hinted(page: Page, form: Form) -> bool:
    if form.seen and not glance.holds(page.shape, *form.seen):
        return False
    return form.hint is None or form.hint.search(page.lowered) is not None


_SPOKEN = re.compile(
    rf"(?:(?:{_DIGIT_WORD}|double|triple)[\s,-]{{1,2}}){{5,14}}(?:{_DIGIT_WORD})\b", re.IGNORECASE
)
_LONG = 17  # signs of a VIN
_DIGITS = anchors.on({*_DIGIT_WORD.split("|"), "double", "triple"})
_LEAST_SPOKEN = 2


def find(page: Page) -> Iterator[Span]:
    """Every identifier that a shape gives away."""
    text = page.text
    spoken = page.starts(_DIGITS)
    for match in glance.at(_SPOKEN, text, spoken) if len(spoken) > _LEAST_SPOKEN else ():
        yield Span(match.start(), match.end(), "PHONE")
    lowered = page.lowered
    for form in FORMS if max(map(len, text.split()), default=0) >= _LONG else FORMS[:-1]:  # the last is a VIN
        if glance.holds(lowered, *form.signs) and _is_hinted(page, form):
            for match in form.pattern.finditer(text):
                yield Span(*match.span(match.lastindex or 0), form.label)
