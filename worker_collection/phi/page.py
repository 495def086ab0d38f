"""A note read once: its words with what is known of each, and where sentences begin."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from worker_collection.phi import cues, glance
from worker_collection.phi.lexicon import (
    DOUBLE,
    EPONYM,
    GIVEN,
    HEAD,
    NAME,
    RARE,
    SURNAME,
    TOWN,
    VOCABULARY,
    WORD,
    fold,
    kind,
)

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*(?:['’](?=\s))?")
_INNER_CAPITAL = re.compile(
    r"(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLe)(?<!\bVan)(?<!\bFitz)(?<![A-ZÀ-Þ'’-])[A-ZÀ-Þ]"
)
_BREAKS = frozenset(" ,.;:)\n")
_STREETS = cues.group("streets")
_DOUBLE_EPONYMS = frozenset(cues.phrases("eponyms"))
_DOUBLE_FIRSTS = frozenset(phrase.partition(" ")[0] for phrase in _DOUBLE_EPONYMS)
_NO_STOP = cues.group("no_stop")
_SISTER = re.compile(r"\bSister (?:Mary )?Joseph(?:['’]s)? (?:nodules?|nodes?|sign)\b", re.IGNORECASE)


@lru_cache(maxsize=65536)
def shape(word: str) -> str:
    """How a word is written: l lower, T title, U capitals, I one capital, M capitals inside."""
    if not word[0].isupper():
        return "l" if word.islower() else "M"
    if len(word) == 1:
        return "I"
    if word.isupper():
        return "U"
    return "M" if _INNER_CAPITAL.search(word, 1) else "T"


@lru_cache(maxsize=65536)
def _about(word: str) -> tuple[int, str, str]:
    letters = word[:-1] if len(word) > 2 and word[-1] == "s" and word[:-1].isupper() else word  # "UTIs"
    return kind(letters), shape(word), fold(word)


class Word:
    """One word of a page."""

    __slots__ = ("end", "flags", "form", "key", "opens", "start", "text")

    def __init__(self, text: str, start: int, *, opens: bool) -> None:
        self.text, self.start, self.end, self.opens = text, start, start + len(text), opens
        self.flags, self.form, self.key = _about(text)

    @property
    def is_sure(self) -> bool:
        """Whether it is a name and nothing else."""
        return bool(self.flags & (GIVEN | SURNAME)) and not self.flags & (VOCABULARY | EPONYM)

    @property
    def is_unknown(self) -> bool:
        """Whether no list has it."""
        return not self.flags & (VOCABULARY | NAME | EPONYM | HEAD)

    @property
    def may_be_name(self) -> bool:
        """Whether somebody is called so, be it an everyday word as well."""
        return bool(self.flags & NAME) and (bool(self.flags & DOUBLE) or not self.flags & (WORD | RARE))


def _start(word: Word) -> int:
    return word.start


@dataclass(frozen=True)
class Page:
    """The text of a note and its words in order."""

    text: str

    @cached_property
    def words(self) -> list[Word]:
        """Every word that is not part of a code."""
        found: list[Word] = []
        text, last = self.text, 0
        for match in _WORD.finditer(text):
            start, end = match.span()
            after = text[end : end + 1]
            if (
                after in _BREAKS and found and text[last:start] == " "
            ):  # most words, and nothing else to ask of them
                found.append(Word(match.group(), start, opens=False))
                last = end
                continue
            before = text[start - 1 : start]
            if before and before in "</" and after in (">", " ") and "<" in text[max(0, start - 2) : start]:
                continue  # the name of a tag
            if not (before.isdigit() or after.isdigit() or before == "_" or after in "_@" and after):
                found.append(Word(match.group(), start, opens=self._opens(found, last, start)))
            last = end
        return found

    def _opens(self, found: list[Word], last: int, start: int) -> bool:
        gap = self.text[last:start]
        if gap == " ":
            return not found
        stop = gap.lstrip("'\")]’”")[:1]
        if stop == ".":
            return "\n" in gap or not (found and (len(found[-1].text) == 1 or found[-1].key in _NO_STOP))
        return not found or stop in {"!", "?", ":", "\n", "•", "*", "|"} or "\n" in gap or ". " in gap

    @cached_property
    def double_eponyms(self) -> frozenset[int]:
        """Where the words of an eponym of two words begin: "Bence Jones", "Ann Arbor"."""
        found = set()
        firsts = sorted(place for key in self.places.keys() & _DOUBLE_FIRSTS for place in self.places[key])
        for first, second in (
            (self.words[at], self.words[at + 1]) for at in firsts if at + 1 < len(self.words)
        ):
            if (
                first.flags & (EPONYM | NAME)
                and second.start - first.end == 1
                and f"{first.key} {second.key}" in _DOUBLE_EPONYMS
            ):
                found |= {first.start, second.start}
        if "joseph" in self.places:
            for nodule in _SISTER.finditer(self.text):
                found.update(word.start for word in self.words if nodule.start() <= word.start < nodule.end())
        return frozenset(found)

    @cached_property
    def case(self) -> str:
        """How the note as a whole is written: upper, lower, or mixed as it should be."""
        forms = [word.form for word in self.words if len(word.text) > 2]
        if not forms:
            return "mixed"
        if forms.count("U") > 0.7 * len(forms):
            return "upper"
        titled = forms.count("T")
        if titled <= 0.06 * len(forms):
            return "lower"
        opening = [word.form for word in self.words if word.opens]
        low = titled <= 0.12 * len(forms) and opening.count("T") < 0.4 * len(opening)
        return "lower" if low else "mixed"

    def matches(self, pattern: re.Pattern[str], keys: Collection[str]) -> Iterator[re.Match[str]]:
        """The matches of a pattern that begins with one of these words, tried only where one stands."""
        for key in self.places.keys() & keys:
            for place in self.places[key]:
                match = pattern.match(self.text, self.words[place].start)
                if match:
                    yield match

    def starts(self, keys: Collection[str]) -> list[int]:
        """Where in the text these words begin, in order."""
        return [self.words[place].start for place in self.standing(keys)]

    def standing(self, keys: Collection[str]) -> list[int]:
        """The places of these words, in order."""
        return sorted(place for key in self.places.keys() & keys for place in self.places[key])

    @cached_property
    def recased(self) -> str:
        """The text of a note in one case with capitals where names would have them, at the same places."""
        parts, at = [], 0
        for word in self.words:
            named = not word.flags & VOCABULARY or word.flags & (DOUBLE | TOWN) or word.key in _STREETS
            told = word.text.title() if named else word.text.lower()
            parts += [self.text[at : word.start], told if len(told) == len(word.text) else word.text]
            at = word.end
        return "".join([*parts, self.text[at:]])

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each word stands, by its key."""
        found: dict[str, list[int]] = {}
        for place, word in enumerate(self.words):
            found.setdefault(word.key, []).append(place)
        return found

    @cached_property
    def numbers(self) -> list[int]:
        """Where every run of digits begins."""
        return [start for start, _ in glance.numbers(self.text)]

    @cached_property
    def lowered(self) -> str:
        """The text in small letters."""
        return self.text.lower()

    @cached_property
    def shape(self) -> str:
        """The text with 9 for digits, A and a for letters."""
        return glance.shape(self.text)

    def words_between(self, start: int, end: int) -> list[Word]:
        """The words that begin within a stretch of the text."""
        first = bisect_left(self.words, start, key=_start)
        return self.words[first : bisect_left(self.words, end, key=_start)]

    def told_before(self, word: Word) -> str:
        """The key of the word before this one."""
        place = bisect_left(self.words, word.start, key=_start)
        if self.text[max(0, word.start - 4) : word.start].casefold() == "d/w ":
            return "d/w"
        return self.words[place - 1].key if place else ""

    def gap(self, place: int) -> str:
        """What stands between this word and the one before it."""
        words = self.words
        return self.text[words[place - 1].end if place else 0 : words[place].start]

    def looks_named(self, word: Word) -> bool:
        """Whether the word is written as names are in this note."""
        return word.form in self.named_forms

    @cached_property
    def named_forms(self) -> str:
        """How names are written in this note, as the letters of `shape`."""
        return {"upper": "TMU", "lower": "TMl"}.get(self.case, "TM")
