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
CLINICAL = 1024  # stands in small letters in clinical texts
MEDICINE = 2048  # a trade name or a product, and nobody
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
    "titled": EPONYM,
    "heads": HEAD,
    "towns": TOWN,
    "public": PUBLIC,
    "countries": PUBLIC,
    "seen": CLINICAL,
    "clinical": RARE,
    "medicines": RARE | MEDICINE,
    "forms": WORD,
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
    if flags & RARE and not word.isascii():
        flags &= ~RARE  # "Åsa" is not the drug that its letters without marks would be
    if flags or not ("-" in folded or "'" in folded):
        return flags
    parts = [part for part in folded.replace("'", "-").split("-") if part]
    kinds = [_flags(part) for part in parts]
    if all(_explains(part, flags) for part, flags in zip(parts, kinds, strict=True)):
        return WORD
    whole = _flags(folded.replace("-", "")) if 0 in kinds and len(folded) > _SHORTEST_WHOLE else 0
    if whole & (VOCABULARY | EPONYM):
        return whole & ~NAME  # parted at the end of a line: "Dec-reased"
    names = 0
    for flags in kinds:
        names |= flags & (NAME | EPONYM)
    return names


_SHORTEST_WHOLE = 7
_SMALL = frozenset(
    "up off on in to by of or no x t s a i re co ex de un bi mid non pre".split()  # noqa: SIM905
)


def _explains(part: str, flags: int) -> bool:
    """Whether a part of a compound makes it an everyday word: "follow-up", not "Sung-ho" or "Min-jun"."""
    return (
        len(part) == 1
        or part in _SMALL
        or len(part) > 2
        and bool(flags & (WORD | RARE))
        and not flags & PUBLIC
    )


@cache
def places() -> dict[tuple[str, str], tuple[tuple[str, ...], ...]]:
    """Towns of several words: what follows the first word, by the first two, the longest first."""
    found: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    for line in (_LISTS / "places.txt").read_text().splitlines():
        first, *rest = line.split()
        found.setdefault((first, rest[0]), []).append(tuple(rest))
    return {pair: tuple(sorted(rests, key=len, reverse=True)) for pair, rests in found.items()}


@cache
def first_words() -> frozenset[str]:
    """The words that the towns of several words begin with."""
    return frozenset(first for first, _ in places())


def nicknames(given: str) -> tuple[str, ...]:
    """The short forms of a given name, folded."""
    return _nicknames().get(given, ())


@cache
def _nicknames() -> dict[str, tuple[str, ...]]:
    lines = (_LISTS / "nicknames.txt").read_text().splitlines()
    return {name: tuple(short) for name, *short in (line.split() for line in lines)}


@cache
def _lexicon() -> dict[str, int]:
    flags: dict[str, int] = {}
    for name, bit in _FILES.items():
        for word in (_LISTS / f"{name}.txt").read_text().split():
            flags[word] = flags.get(word, 0) | bit
    return flags


@cache
def terms() -> frozenset[str]:
    """The abbreviations and trade names of medicine that were put down by hand."""
    return frozenset((_LISTS / "clinical.txt").read_text().split())


def known_flags(folded: str) -> int:
    """The flags of a word as it stands in the lists, folded, whatever it is made of."""
    return _lexicon().get(folded, 0)


def _flags(folded: str) -> int:
    lexicon = _lexicon()
    flags = lexicon.get(folded, 0)
    if not flags & VOCABULARY and len(folded) > 4 and folded[-1] == "s":
        singular = lexicon.get(folded[:-1], 0) or folded[-2] == "e" and lexicon.get(folded[:-2], 0) or 0
        flags |= singular & ~(NAME | TOWN) if singular & VOCABULARY else 0
        flags |= EPONYM if not flags and singular & EPONYM and not singular & NAME else 0  # "heberdens nodes"
    return flags
