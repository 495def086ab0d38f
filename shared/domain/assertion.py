"""How a diagnosis is meant: stated of this patient now, or doubted, denied, past, a relative's, or feared."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, lru_cache

from shared.domain import cues


class Stance(StrEnum):
    """What somebody says of a disease by writing it."""

    STATED = "stated"
    DOUBTED = "doubted"
    DENIED = "denied"
    HISTORIC = "historic"
    FAMILY = "family"
    HYPOTHETICAL = "hypothetical"


# The first whose words stand there decides; doubt before denial, for "cannot be excluded" excludes nothing.
_ORDER = (
    (Stance.FAMILY, cues.FAMILY),
    (Stance.HYPOTHETICAL, cues.HYPOTHETICAL),
    (Stance.DOUBTED, cues.DOUBT),
    (Stance.DENIED, cues.DENIED),
    (Stance.HISTORIC, cues.HISTORIC),
)
# Short forms that are other words in other cases.
_BY_CASE = (
    (Stance.DOUBTED, re.compile(r"\?|\bDD\b\s*:?|\bD/D\b|\bV\.?\s?a\.?(?=\s)|\bHD:")),
    (Stance.HISTORIC, re.compile(r"\bZ\.?\s?n\.?(?=\s)|\bSt\.?\s?n\.?(?=\s)")),
)
_RELATIVE = re.compile(
    rf"(?:^|\b(?:his|her|their|the)\s+)(?:{'|'.join(cues.RELATIVES.split())})(?:'s\b|\s*:)"
    rf"|\b(?:{'|'.join(cues.RELATIVES.split())})\s+(?:{'|'.join(cues.BEARS.split())})\b(?:\s+(?:of|from|with))?"
    rf"|\bin\s+(?:(?:his|her|their|the)\s+)?(?:{'|'.join(cues.RELATIVES.split())})\b"
)
# A "no" that belongs to the name of a disease.
_NAMES = re.compile(
    r"\bwith or without\b|\bnot otherwise specified\b|\bnot elsewhere classified\b|"
    r"\b(?:gram|sero|smear|triple|rh|her2|culture)[- ]negative\b"
)
_CODE = re.compile(r"[(\[]?\b[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?\b[)\]]?(?=[\s:,;-]|$)")
_NUMBERED = re.compile(r"^\s*(?:#|\d{1,2}[.)])\s*")
_CERTAINTY = re.compile(r"[A-Z]\d[0-9A-Z](?:\.\d{1,2})?[-+*!]?(?:([GVZ])|\s+([GVZA]))$")
_BY_LETTER = {"V": Stance.DOUBTED, "Z": Stance.HISTORIC, "A": Stance.DENIED, "G": Stance.STATED}
_CLAUSE = re.compile(
    r"[;\n()\[\]]|\.(?=\s|$)|,\s+(?=(?:but|final|aber|mais|pero|ma|mas|no|not|kein)\b)|"
    r"\b(?:but|however|aber|jedoch|mais|pero|sino|porem)\b",
    re.IGNORECASE,
)
_NEAR = 5  # words that a denial reaches


@cache
def _pattern(phrases: str) -> re.Pattern[str]:
    """One alternation of a list of cues, longest first; what stands at an end has a pattern of its own."""
    words = {" ".join(one.split()) for one in re.split(r"\s/\s", phrases)} - {""}
    found = sorted(words, key=lambda one: (-len(one), one))
    inner = "|".join(_body(one) for one in found if one[0] != "^" and one[-1] != "$")
    edges = [rf"^\W*{_body(one[1:])}" for one in found if one[0] == "^"]
    edges += [rf"(?<![\w-]){_body(one[:-1])}\W*$" for one in found if one[-1] == "$"]
    return re.compile("|".join([rf"(?<![\w-])(?:{inner})", *edges] if inner else edges))


def _body(phrase: str) -> str:
    """The words of a cue up to a word's end, or beyond it where the cue leaves it open."""
    tail = r"\w*" if phrase.endswith("-") else "" if phrase.endswith("'") else r"(?![\w-])"
    return r"\s+".join(map(re.escape, phrase.removesuffix("-").split())) + tail


def folded(text: str) -> str:
    """The text in lower case and without accents, as long as before: offsets stay right."""
    if text.isascii():
        return text.lower()
    return "".join(unicodedata.normalize("NFD", char)[0].lower()[:1] for char in text.replace("’", "'"))


@lru_cache(maxsize=8192)
def stance(text: str) -> Stance:
    """What a diagnosis field says of the disease in it."""
    return _cut(text)[0]


@lru_cache(maxsize=8192)
def core(text: str) -> str:
    """The disease inside: "Dx: possible asthma? (J45.9)" is about asthma."""
    return _cut(text)[1]


def _cut(text: str) -> tuple[Stance, str]:
    """The stance and the words that are left without its cues, codes and preambles."""
    found: list[Stance] = []
    rest, low = text, folded(text)
    kept = [match.span() for match in _NAMES.finditer(low)]
    for name, pattern in (*_BY_CASE, (Stance.FAMILY, _RELATIVE)):
        spans = _free(pattern.finditer(rest if name is not Stance.FAMILY else low), kept)
        rest, low, found = _blank(rest, spans), _blank(low, spans), found + [name] * bool(spans)
    for name, phrases in _ORDER:
        spans = _free(_pattern(phrases).finditer(low), kept)
        rest, low, found = _blank(rest, spans), _blank(low, spans), found + [name] * bool(spans)
    if re.search(r"(?<!with)\s+or\s+", low) and not kept:
        found.append(Stance.DOUBTED)
    said = next((name for name, _ in _ORDER if name in found), Stance.STATED)
    return said, _bare(rest)


def _free(matches: Iterable[re.Match[str]], kept: list[tuple[int, int]]) -> list[tuple[int, int]]:
    spans = [match.span() for match in matches if match.group().strip()]
    return [(a, b) for a, b in spans if not any(a < end and start < b for start, end in kept)]


def _blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _bare(text: str) -> str:
    text = _NUMBERED.sub("", _CODE.sub(" ", text)).strip(" \t.,;:-–—/")
    for _ in range(2):  # "Diagnosis: known case of asthma"
        spans = [match.span() for match in _pattern(cues.PREAMBLE).finditer(folded(text))]
        text = _blank(text, spans).strip(" \t.,;:-–—/")
    text = re.sub(r"[(\[]\s*[)\]]", " ", text)
    return re.sub(r"\s+", " ", text).strip(" .,;:-–—/")


def certainty(code: str | None) -> Stance:
    """What the letter behind an ICD-10 code says where clinics write one: "J18.9 V" is suspected only."""
    match = _CERTAINTY.match((code or "").strip().upper())
    return _BY_LETTER[match.group(1) or match.group(2)] if match else Stance.STATED


def clauses(text: str) -> list[str]:
    """The statements of a short text; what stands in brackets is one of its own."""
    return [part.strip(" ,") for part in _CLAUSE.split(text) if part and part.strip(" ,")]


def denies(text: str, names: Iterable[str]) -> bool:
    """Whether a note says of a disease that it is not there, and nowhere that it is.

    Args:
        text: the note.
        names: the names of the disease.
    """
    mention = _mention(tuple(names))
    if mention is None:
        return False
    low = folded(text)
    said = [_denied_at(low, match) for match in mention.finditer(low)]
    return bool(said) and all(said)


@lru_cache(maxsize=1024)
def _mention(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Where a disease is named; None where no name is long enough to be told from other words."""
    words = [r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", folded(name.strip())))) for name in names]
    present = [word for word in words if len(word) > 3]
    if not present:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(present, key=len, reverse=True))})(?!\w)")


def _denied_at(low: str, match: re.Match[str]) -> bool:
    """Whether a denial stands close before or behind a mention, within its clause."""
    before = re.split(r"[.;:,\n()]|\bbut\b", low[max(0, match.start() - 80) : match.start()])[-1]
    after = re.split(r"[.;\n()]|\bbut\b", low[match.end() : match.end() + 60])[0]
    near = " ".join(before.split()[-_NEAR:]) + " x " + " ".join(after.split()[:_NEAR])
    return stance(near) is Stance.DENIED


def revises(text: str) -> bool:
    """Whether a later note takes a diagnosis back: "Dx changed to gout", "turned out to be gout"."""
    low = folded(text)
    if _pattern(cues.MISTAKEN).search(low):
        return True
    revised, named = _pattern(cues.REVISED), rf"\b(?:{'|'.join(cues.DIAGNOSIS.split())})\b"
    for match in re.finditer(named, low):
        behind = re.split(r"[.\n]", low[match.end() : match.end() + 50])[0]
        hit = revised.search(behind)
        if hit and not set(re.findall(r"\w+", behind[: hit.start()])) & set(cues.UNCHANGED.split()):
            return True
        before = re.findall(r"\w+", re.split(r"[.,;\n]", low[max(0, match.start() - 40) : match.start()])[-1])
        if before and revised.fullmatch(before[-1]) and not set(before) & set(cues.UNCHANGED.split()):
            return True
    return False
