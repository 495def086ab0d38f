"""What the engine knows of a word: everyday, medical, a name, a town, an eponym or what follows one."""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

_LISTS = Path(__file__).parent / "lists"
_REMEMBERED = 65536  # bounded: names of patients are among the words asked for
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "’": "'"})

CORE = 1  # among the ten thousand commonest words
WORD = 2  # everyday English, the core included
RARE = 4  # rare English or medical
GIVEN = 8
SURNAME = 16
DOUBLE = 32  # an everyday word that people are called by: Hunter, Grace, May
EPONYM = 64
HEAD = 128  # makes an eponym before it a clinical term: disease, sign, clamp
TOWN = 256
PUBLIC = 512  # countries, states, peoples, weekdays, months: no identifiers by themselves

NAME = GIVEN | SURNAME | DOUBLE
VOCABULARY = WORD | RARE | PUBLIC

_FILES = {
    "core": CORE | WORD,
    "words": WORD,
    "rare": RARE,
    "given": GIVEN,
    "surnames": SURNAME,
    "doubles": DOUBLE,
    "eponyms": EPONYM,
    "heads": HEAD,
    "towns": TOWN,
    "public": PUBLIC,
    "clinical": RARE,
}


@lru_cache(maxsize=_REMEMBERED)
def fold(word: str) -> str:
    """The word without case, accents and possessive."""
    text = word.casefold().translate(_STROKES).removesuffix("'s").strip("'")
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


@lru_cache(maxsize=_REMEMBERED)
def kind(word: str) -> int:
    """The flags of a word; of a compound, what its parts agree on and every name among them."""
    folded = fold(word)
    flags = _flags(folded)
    if flags or not ("-" in folded or "'" in folded):
        return flags
    parts = [_flags(part) for part in folded.replace("'", "-").split("-") if len(part) > 1]
    if parts and all(part & VOCABULARY for part in parts):
        return WORD
    names = 0
    for part in parts:
        names |= part & (NAME | EPONYM)
    return names


@cache
def places() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Towns of several words by their first word."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in (_LISTS / "places.txt").read_text().splitlines():
        first, *rest = line.split()
        found.setdefault(first, []).append(tuple(rest))
    return {first: tuple(sorted(rests, key=len, reverse=True)) for first, rests in found.items()}


@cache
def _lexicon() -> dict[str, int]:
    flags: dict[str, int] = {}
    for name, bit in _FILES.items():
        for word in (_LISTS / f"{name}.txt").read_text().split():
            flags[word] = flags.get(word, 0) | bit
    return flags


def _flags(folded: str) -> int:
    lexicon = _lexicon()
    flags = lexicon.get(folded)
    if flags is None and len(folded) > 4:
        flags = lexicon.get(folded.removesuffix("es"), 0) or lexicon.get(folded.removesuffix("s"), 0)
        flags &= ~(NAME | TOWN) if flags & VOCABULARY else 0
    return flags or 0
