"""A note read once: its words with what is known of each, and where sentences begin."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, KeysView, Sequence
from functools import cached_property, lru_cache

from worker_collection.phi import anchors, cues, glance, tongues
from worker_collection.phi.anchors import Anchor
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
from worker_collection.phi.tagger_file import Traits

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*(?:['’](?=\s))?")
_INNER_CAPITAL = re.compile(
    r"(?<!\bMc)(?<!\bMac)(?<!\bDe)(?<!\bLe)(?<!\bVan)(?<!\bFitz)(?<![A-ZÀ-Þ'’-])[A-ZÀ-Þ]"
)
_BREAKS = frozenset(" ,.;:)\n")
_STREETS = cues.group("streets")
_DOUBLE_EPONYMS = frozenset(cues.phrases("eponyms"))
_DOUBLE_FIRSTS = anchors.on({phrase.partition(" ")[0] for phrase in _DOUBLE_EPONYMS})
_JOSEPH = anchors.on({"joseph"})
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


_PLURAL = 3


@anchors.remembered
def _about(word: str) -> tuple[int, str, str, tuple[Anchor, ...]]:
    key = fold(word)
    if len(word) > _PLURAL and word[-1] == "s" and word[:-1].isupper():
        return kind(word[:-1]) & ~(NAME | TOWN) | RARE | WORD, shape(word), key, anchors.of(key)  # "TIAs"
    return kind(word), shape(word), key, anchors.of(key)


class Word:
    """One word of a page."""

    __slots__ = ("anchors", "end", "flags", "form", "key", "opens", "start", "text")

    def __init__(self, text: str, start: int, end: int, *, opens: bool) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.opens = opens
        self.flags, self.form, self.key, self.anchors = _about(text)

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


def _words(text: str) -> list[Word]:
    """Every word of a text that is not part of a code, in order."""
    found: list[Word] = []
    before: Word | None = None
    last, spaced, padded = 0, False, text + "\0"
    for match in _WORD.finditer(text):
        start, end = match.span()
        after = padded[end]
        if spaced and start == last + 1 and after in _BREAKS and before:  # most words: nothing else to ask
            before = Word(match.group(), start, end, opens=False)
            found.append(before)
        elif _is_tag(text, start, after):
            continue
        elif not _is_in_code(text[start - 1 : start], after):
            before = Word(match.group(), start, end, opens=_opens(text, text[last:start], before))
            found.append(before)
        last, spaced = end, after == " "
    return found


def _is_tag(text: str, start: int, after: str) -> bool:
    """Whether the word is the name of a tag."""
    before = text[start - 1 : start]
    return before in ("<", "/") and after in (">", " ") and "<" in text[max(0, start - 2) : start]


def _is_in_code(before: str, after: str) -> bool:
    return before.isdigit() or after.isdigit() or before == "_" or after in ("_", "@")


def _opens(text: str, gap: str, before: Word | None) -> bool:
    """Whether a sentence, a line or a field begins behind a gap and the word before it."""
    if gap == " ":
        return before is None
    stop = gap.lstrip("'\")]’”")[:1]
    if stop == ".":
        return "\n" in gap or not (before and (_is_initial(text, before) or before.key in _NO_STOP))
    return before is None or stop in _OPENING or "\n" in gap or ". " in gap


def _is_initial(text: str, word: Word) -> bool:
    """Whether the word is a letter by itself and no litre, as in "mmol/L. Echo"."""
    return len(word.text) == 1 and text[word.start - 1 : word.start] != "/"


_OPENING = frozenset("!?:\n•*|")
_NAMED_FORMS = {"upper": "TMU", "lower": "TMl", "mixed": "TM"}


def _case(words: Sequence[Word]) -> str:
    """How a note as a whole is written: upper, lower, or mixed as it should be."""
    forms = [word.form for word in words if len(word.text) > 2]
    if not forms:
        return "mixed"
    if forms.count("U") > 0.7 * len(forms):
        return "upper"
    titled = forms.count("T")
    if titled <= 0.06 * len(forms):
        return "lower"
    opening = [word.form for word in words if word.opens]
    low = titled <= 0.12 * len(forms) and opening.count("T") < 0.4 * len(opening)
    return "lower" if low else "mixed"


class Page:
    """The text of a note and its words in order."""

    def __init__(self, text: str, *, case: str | None = None) -> None:
        self.text = text
        self.words = words = _words(text)  # every word that is not part of a code
        self.tongue = tongues.spoken([word.key for word in words])  # the language, where it is not English
        self._explain()
        self.lowered = text.lower()
        self.shape = glance.shape(text)  # with 9 for digits, A and a for letters
        self.runs = runs = glance.numbers(text)  # start and end of every run of digits
        self.numbers = [start for start, _ in runs]
        self.case = case or _case(words)  # upper, lower, or mixed as it should be
        self.named_forms = _NAMED_FORMS[self.case]  # how names are written here, as the letters of `shape`
        self.clinical: dict[
            int, bool
        ] = {}  # what `clinical.is_clinical` has judged, by where the word begins
        self.traits: Traits | None = None  # what the tagger reads of the words, kept for its second look
        self._anchored = anchored = defaultdict[Anchor, list[int]](list)
        for place, word in enumerate(words):
            for anchor in word.anchors:
                anchored[anchor].append(place)

    def _explain(self) -> None:
        """Mark the words of the language that the note is in."""
        tongue = self.tongue
        if tongue is None:
            return
        for word in self.words:
            if word.key in tongue.doubles and tongue.has_capital_nouns:
                word.flags = word.flags & ~(NAME | TOWN) | WORD
            elif word.key in tongue.doubles:
                word.flags |= WORD | DOUBLE
            elif word.is_unknown and tongue.has(word.key):
                word.flags |= RARE

    @cached_property
    def double_eponyms(self) -> frozenset[int]:
        """Where the words of an eponym of two words begin: "Bence Jones", "Ann Arbor"."""
        found = set()
        for at in self.standing(_DOUBLE_FIRSTS):
            first, second = self.words[at], self.words[min(at + 1, len(self.words) - 1)]
            if (
                (first.flags & (EPONYM | NAME) or first.key in ("le", "st", "de"))
                and (second.start - first.end == 1 or self.text[first.end : second.start] == ". ")
                and f"{first.key} {second.key}" in _DOUBLE_EPONYMS
            ):
                found |= {first.start, second.start}
        for nodule in _SISTER.finditer(self.text) if self.standing(_JOSEPH) else ():
            found.update(word.start for word in self.words_between(*nodule.span()))
        return frozenset(found)

    def matches(self, pattern: re.Pattern[str], anchor: Anchor) -> Iterator[re.Match[str]]:
        """The matches of a pattern that begins with one of some words, tried only where one stands."""
        for place in self.standing(anchor):
            match = pattern.match(self.text, self.words[place].start)
            if match:
                yield match

    def starts(self, anchor: Anchor) -> list[int]:
        """Where in the text these words begin, in order."""
        return [self.words[place].start for place in self.standing(anchor)]

    def links(self, word: Word) -> bool:
        """Whether a particle is a word of every sentence in the language of the note: "madre de Luis"."""
        return self.tongue is not None and word.form == "l"

    @property
    def anchors(self) -> KeysView[Anchor]:
        """The anchors of which a word stands here."""
        return self._anchored.keys()

    def standing(self, anchor: Anchor) -> Sequence[int]:
        """The places of the words of an anchor, in order."""
        return self._anchored.get(anchor, ())

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
    def digits(self) -> str:
        """The digits of the text, one behind the other."""
        return "".join([self.text[start:end] for start, end in self.runs])

    @cached_property
    def as_written(self) -> "Page":
        """The note as it would be written with capitals: itself unless it is in one case."""
        return self if self.case == "mixed" else Page(self.recased, case="mixed")

    def words_between(self, start: int, end: int) -> list[Word]:
        """The words that begin within a stretch of the text."""
        first = bisect_left(self.words, start, key=_start)
        return self.words[first : bisect_left(self.words, end, key=_start)]

    def word_at(self, start: int) -> Word | None:
        """The word that begins at a place in the text."""
        return next(iter(self.words_between(start, start + 1)), None)

    def word_ending(self, end: int) -> int | None:
        """The place of the word that ends at a place in the text."""
        place = bisect_left(self.words, end, key=_start) - 1
        return place if place >= 0 and self.words[place].end == end else None

    def place_of(self, word: Word) -> int:
        """Which word of the page it is."""
        return bisect_left(self.words, word.start, key=_start)

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
