"""The cleaned text as the leak check reads it: every word by what it may be, apart from the detectors."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from enum import IntEnum
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from worker_collection.phi import tongues
from worker_collection.phi.leaks import cues
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    EPONYM,
    HEAD,
    NAME,
    PUBLIC,
    TOWN,
    VOCABULARY,
    fold,
    kind,
)


class Doubt(NamedTuple):
    """A stretch of the cleaned text that may still identify somebody.

    `code` names the rule, `weight` says how sure it is: doubts that together weigh 1 hold a note back.
    """

    start: int
    end: int
    code: str
    weight: float = 1.0


class Sort(IntEnum):
    """What a word may be, whatever stands around it."""

    SAFE = 0
    EVERYDAY = 1  # a word of every day that people or places are called by
    EPONYM = 2
    STRANGE = 3  # in no list, and not made as medical words are
    NAMED = 4  # a name or a town, and nothing else
    MONTH = 5
    INITIAL = 6


class Token(NamedTuple):
    """One word of the text."""

    text: str
    start: int
    end: int
    sort: Sort

    @property
    def is_common(self) -> bool:
        """Whether everybody says it, and clinical notes do too: a name only where much speaks for one."""
        return kind(self.text) & (CORE | CLINICAL) == CORE | CLINICAL

    @property
    def form(self) -> str:
        """How it is written: T title, U capitals, l lower."""
        if not self.text[0].isupper():
            return "l"
        return "U" if len(self.text) > 1 and self.text.isupper() else "T"


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+|-[^\W\d_]+)*")
FILLER = "¤"  # stands for what was put in
_SIGNS = {code: None for code in range(128) if not chr(code).isalnum()}
_LETTERS = re.compile(r"[^\W\d_]+")
_ROMAN = re.compile(r"[IVX]{2,5}(?:-[IVX]{1,5})?")  # "CN II-XII"
_SHORTENED = re.compile(r"['’](?:ve|re|ll|d|m|t)$")
_MEDICAL = re.compile(
    rf"(?:{'|'.join(cues.medical('endings'))})s?$|^(?:{'|'.join(cues.medical('beginnings'))})"
)
_MONTHS = cues.words("month")
_PARTICLE = re.compile(r"(?:Mc|Mac|De|Le|La|Van|Von|Fitz|Di|Du|Da|Al|El|O|D)['’-]?[A-Z]")
_CAMEL = re.compile(r"[a-zß-ÿ][A-ZÀ-Þ]")
_ABBREVIATED = cues.words("stops_no_sentence")
_STOPS = frozenset(".!?:\n•*|;")
_REACH = 40  # characters between a number and the word that says whose it is
_LONGEST = 40  # letters of a word that could be a name or a medical word at all
_GAP = " .:,("


@lru_cache(maxsize=65536)
def sort(word: str) -> Sort:
    """What a word may be, whatever stands around it."""
    if len(word) == 1:
        return Sort.INITIAL if word.isupper() else Sort.SAFE
    return Sort.MONTH if word.lower() in _MONTHS else _listed(word)


def _listed(word: str) -> Sort:
    flags, low = kind(word), word.lower()
    if _ROMAN.fullmatch(word) or "-" in word and _is_compound(word):
        return Sort.SAFE
    if flags & (VOCABULARY | HEAD):
        return Sort.EVERYDAY if flags & (DOUBLE | NAME | TOWN) and not flags & PUBLIC else Sort.SAFE
    if flags & EPONYM:
        return Sort.EPONYM
    if _is_code(word) or _SHORTENED.search(low):
        return Sort.SAFE
    if flags & (NAME | TOWN):
        return Sort.NAMED if len(word) > 2 else Sort.SAFE
    return Sort.SAFE if len(word) < 4 or is_medical(low) else Sort.STRANGE


def _is_compound(word: str) -> bool:
    """Whether a double word is no double name: "Crohn's-related", "KRAS-positive", "African-American"."""
    first, *_, last = word.split("-")
    if not (first and last):
        return False
    plain = last.islower() and bool(kind(last) & VOCABULARY)
    return plain and word[0].isupper() or bool(kind(first) & PUBLIC and kind(last) & PUBLIC)


def is_medical(low: str) -> bool:
    """Whether a word in small letters is made as medical words are, part by part."""
    parts = [part for part in low[:_LONGEST].split("-") if part]
    return all(len(part) < 4 or kind(part) & VOCABULARY or _MEDICAL.search(part) for part in parts)


def _is_code(word: str) -> bool:
    """Whether capitals stand where no name has them: IgE, mRNA, CMV-DNA."""
    letters = word.removesuffix("s")
    if letters.isupper():
        return len(letters) < 4 or letters != word  # noqa: PLR2004
    return bool(_CAMEL.search(word)) and not _PARTICLE.match(word)


def _explained(texts: Sequence[str], sorts: list[Sort]) -> list[Sort]:
    """The sorts, where the words of the language of the text are no strangers."""
    keys = list(map(fold, texts))
    tongue = tongues.spoken(keys)
    if tongue is None:
        return sorts
    return [
        _in_tongue(tongue, key, one) if one in _NAMELIKE else one
        for key, one in zip(keys, sorts, strict=True)
    ]


def _in_tongue(tongue: tongues.Tongue, key: str, listed: Sort) -> Sort:
    if key in tongue.doubles:
        return Sort.EVERYDAY
    return Sort.SAFE if listed is Sort.STRANGE and tongue.has(key) else listed


_NAMELIKE = frozenset({Sort.STRANGE, Sort.NAMED, Sort.EPONYM})


class Reading:
    """A cleaned text without what has been put in, its words in order, and how it is written as a whole."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.low = text.lower()
        self.texts: list[str] = _WORD.findall(text)
        self.sorts = _explained(self.texts, list(map(sort, self.texts)))
        self.starts: list[int] = []
        self.ends: list[int] = []
        end, find = 0, text.find
        for word in self.texts:
            start = find(word, end)  # no letter stands between two words, so this is the word itself
            end = start + len(word)
            self.starts.append(start)
            self.ends.append(end)

    def __len__(self) -> int:
        """How many words there are."""
        return len(self.texts)

    def __getitem__(self, n: int) -> Token:
        """One of the words."""
        return Token(self.texts[n], self.starts[n], self.ends[n], self.sorts[n])

    @cached_property
    def regime(self) -> str:
        """Upper, lower, or mixed as it should be."""
        longer = [text for text in self.texts if len(text) > 3]
        if sum(map(str.isupper, longer)) > 0.6 * len(longer):
            return "upper"
        return "lower" if sum(word[0].isupper() for word in longer) < 0.05 * len(longer) else "mixed"

    @cached_property
    def stream(self) -> str:
        """The letters and digits of the text alone, in small letters."""
        low = self.low.replace(FILLER, "")
        return low.translate(_SIGNS) if low.isascii() else "".join(filter(str.isalnum, low))

    @cached_property
    def said(self) -> frozenset[str]:
        """The words of the text and the parts of double ones, in small letters."""
        double = [text for text in self.texts if not text.isalpha()]
        return frozenset(map(str.lower, chain(self.texts, *map(_LETTERS.findall, double))))

    def said_before(self, at: int) -> list[str]:
        """The last words before a place, the nearest first, as far as no sentence or line ends between."""
        n = bisect_right(self.ends, at)
        said: list[str] = []
        for before in range(n - 1, max(0, n - 3) - 1, -1):
            end = self.ends[before]
            between = self.text[end:at]
            if at - end > _REACH or between.strip(" .:,#(=-\"'<>") or "\n" in between:
                break
            said.append(self.texts[before].lower())
            at = self.starts[before]
        return said

    def gap(self, n: int) -> str:
        """What stands between a word and the one before it."""
        return self.text[self.ends[n - 1] if n else 0 : self.starts[n]]

    def opens(self, n: int) -> bool:
        """Whether a sentence, a line or a field begins with this word."""
        gap = self.gap(n)
        if n and gap == " ":
            return False
        if n and gap == ". ":
            before = self.texts[n - 1].lower()
            return before not in _ABBREVIATED and len(before) > 1
        return not n or not _STOPS.isdisjoint(gap)

    def word_before(self, n: int) -> str:
        """The word before in the same breath, in lower case; empty where something stands between."""
        gap = self.gap(n)
        return self.texts[n - 1].lower() if n and not gap.strip(_GAP) else ""
