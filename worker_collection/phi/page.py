"""A note read once: its words with what is known of each, and where sentences begin."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from worker_collection.phi import cues
from worker_collection.phi.lexicon import (
    DOUBLE,
    EPONYM,
    GIVEN,
    HEAD,
    NAME,
    PUBLIC,
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
_STREETS = cues.group("streets")
_DOUBLE_EPONYMS = frozenset(cues.phrases("eponyms"))
_SCORES = cues.group("scores")
_HEADLESS = cues.group("headless")
IS_OWNED = re.compile(  # a person's and no disease: "Barrett's wife"
    r"\s(?:"
    + "|".join(sorted(cues.names("kin")))
    + r"|house|home|room|bed|family|office|clinic|practice|team|note|notes|"
    r"bloods|results?|labs|scans?|meds|medications?|obs|vitals|chart|consent|appointment|referral|wound|"
    r"pain|sleep|appetite|"
    r"discharge|transfer|surgeon|registrar|nurse|carer|request|car|job|employer|school|phone|number|"
    r"address|care|list|plan|progress|mood)\b",
    re.IGNORECASE,
)
_NO_STOP = cues.group("no_stop")
_HEAD_AFTER = re.compile(
    r"(?:['’]s?)?[\s-]{1,2}(?:(?:and|or|&)\s)?(?:(?:(?:type|grade|class|stage)\s)?(?:[A-D]|"
    r"[IV]{1,3})\d?\s(?=[a-z]))?"
    r"([^\W\d_]+)(?:['’]s)?(?:[\s-]([^\W\d_]+))?(?:[\s-]([^\W\d_]+))?"
)
_SISTER = re.compile(r"\bSister (?:Mary )?Joseph(?:['’]s)? (?:nodules?|nodes?|sign)\b", re.IGNORECASE)
_GRADE_AFTER = re.compile(
    r"\s[-+]{1,3}(?=\s?[,.;)]|$)|\s(?:(?:score|grade|class|stage|type)\s)?(?:[IV]{1,3}\b|\d|neg\b|pos\b|negative|positive|normal\b|"
    r"full\b|low\b|average\b|testing|reduced|"
    r"biphasic|intact|not\srelevant)|\s(?:class|grade|stage|type)?\s?[ABC]\b(?!\.)",
    re.IGNORECASE,
)


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
            start = match.start()
            before, after = text[start - 1 : start], text[match.end() : match.end() + 1]
            if before and before in "</" and after in (">", " ") and "<" in text[max(0, start - 2) : start]:
                continue  # the name of a tag
            if not (before.isdigit() or after.isdigit() or before == "_" or after in "_@" and after):
                found.append(Word(match.group(), start, opens=self._opens(found, last, start)))
            last = match.end()
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
        for first, second in pairwise(self.words):
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
        found = [place for key in self.places.keys() & keys for place in self.places[key]]
        return [self.words[place].start for place in sorted(found)]

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
        return word.form in "TM" or {"upper": "U", "lower": "l"}.get(self.case) == word.form


# What follows an eponym that people are called by as well, and no person.
_SCORE_AFTER = re.compile(r"\s(?:[-+]{1,3}(?=\s?[,.;)]|$)|\d\.\d\b|0/\d|[0-9](?=[,.;)](?:\s|$)))")
_TERM_AFTER = re.compile(
    r"[ ](?:(?:diagnostic|staging|modified|clinical|revised)[ ])?(?:criteria|classification|definition|"
    r"guidelines?|consensus|"
    r"protocol|staging|grading|score|scale|grade[ ][A-D]\b|heart[ ]association|agreement|statement|virus|"
    r"[A-Z]\d[A-Z]\d\b|"
    r"\d-I{1,2}[a-c]?\b)"
)


def names_term(text: str, end: int) -> bool:
    """Whether a set of criteria or a classification follows the place it is named for: "Milan criteria"."""
    return _TERM_AFTER.match(text, end, end + 40) is not None


def is_clinical_use(text: str, start: int, end: int) -> bool:
    """Whether the name at this place is an eponym before its head, or paired with another."""
    if not kind(text[start:end]) & EPONYM:
        return False
    if text[end - 2 : end] in ("'s", "’s", "'S", "’S"):
        owned = IS_OWNED.match(text, end) is not None
        if owned or fold(text[start:end]) in _HEADLESS:
            return not owned
    after = _HEAD_AFTER.match(text, end, end + 60)
    if after is None:
        return _is_graded(text, start, end)
    kinds = [kind(word) if word else 0 for word in after.groups()]
    if kinds[0] & HEAD or kinds[0] & EPONYM and (kinds[1] & (HEAD | EPONYM)):
        return True
    if kinds[1] & HEAD and kinds[0] & VOCABULARY and not kinds[0] & PUBLIC:
        return bool(kinds[0] & (HEAD | RARE)) or after.group(1).islower() and kinds[0] & EPONYM == EPONYM
    paired = (
        bool(kinds[0] & EPONYM) and not kinds[0] & DOUBLE and _is_graded(text, after.start(1), after.end(1))
    )
    return paired or _is_graded(text, start, end)


def _is_graded(text: str, start: int, end: int) -> bool:
    """Whether a grade or a finding follows, as after Mallampati, Child-Pugh or Babinski."""
    single = "-" not in text[start:end]
    if fold(text[start:end]) in _SCORES and re.match(r"\s(?:score\s)?\d", text[end : end + 8]):
        return True
    if text[start:end].casefold() == "ward":
        return False  # of a hospital
    borne = single and kind(text[start:end]) & DOUBLE
    return (_SCORE_AFTER if borne else _GRADE_AFTER).match(text, end, end + 20) is not None
