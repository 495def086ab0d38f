"""The number in which a register keeps a person, by its place: behind a name and its credentials."""

import re
from collections.abc import Iterable, Iterator

from worker_collection.phi import cues
from worker_collection.phi.lexicon import CLINICAL, HEAD, RARE, VOCABULARY, fold, kind
from worker_collection.phi.spans import Span

_WORD = (
    r"(?:[A-Z][A-Za-z.]{1,9}|(?i:reg|lic|licen[cs]e|no|nr|n[°º]|number|badge|pin|id|code|cod|matr|stamp|"
    r"prescriber|provider))"
)
_BESIDE = re.compile(
    rf"(?:[,;]?[ ]\(?|[ ]?[(/#][ ]?|[ ]?[-–][ ]|\n[ ]?)(?P<words>(?:{_WORD}[ .:,#/-]{{1,3}}){{0,5}})"
    r"(?P<code>[A-Z]{0,4}[/ -]?\d[\d/-]{2,13}[A-Z]{0,3})(?![\w%]|[.,:/]\d)"
)
_LETTERS = re.compile(r"[^\W\d_]+")
_UNIT = re.compile(
    r"\s?(?:mg|mcg|ml|mls|g|kg|units?|iu|mmol|mmhg|bpm|cm|mm|hrs?|hours?|days?|am|pm|h\b)", re.IGNORECASE
)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")
_NOT_ISSUED = re.compile(
    r"(?:19|20)\d\d|\d{1,3}/\d{1,3}|\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|\d{1,2}-\d{1,3}|\d{3}-\d{1,2}"
)
_REGISTER = cues.words(
    "reg lic license licence no nr number badge pin id code cod matr stamp prescriber provider"
)
_CREDENTIALS = cues.names("credentials")
_CLINICAL = cues.group("clinical_cues")


def beside(text: str, names: Iterable[Span]) -> Iterator[Span]:
    """Numbers behind names: "Quist, MD, MMC 48213", "Dr Quist (4821 9)", but no clock and no reading."""
    for name in names:
        match = _BESIDE.match(text, name.end, name.end + 70)
        if match and _is_issued(match) and not _UNIT.match(text, match.end()):
            yield Span(match.start("code"), match.end("code"), "LICENSE")


def _is_issued(match: re.Match[str]) -> bool:
    """Whether a register gave the number out: what leads to it names one or nothing clinical."""
    code, words = match.group("code"), [fold(word) for word in _LETTERS.findall(match.group("words"))]
    if sum(char.isdigit() for char in code) < 4 or _NOT_ISSUED.fullmatch(code):
        return False
    others = [word for word in words if word not in _CREDENTIALS and word not in _REGISTER and len(word) > 1]
    if any(word in _CLINICAL or kind(word) & (RARE | CLINICAL | HEAD | VOCABULARY) for word in others):
        return False
    return bool(others or _REGISTER.intersection(words)) or not _CLOCK.fullmatch(code)
