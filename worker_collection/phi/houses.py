"""Institutions in the words of many countries, named wards, initials where somebody is treated."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import anchors, cues
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    HEAD,
    NAME,
    PUBLIC,
    RARE,
    TOWN,
    VOCABULARY,
    WORD,
    kind,
)
from worker_collection.phi.naming import is_cue
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_NOUNS = cues.group("houses_abroad")
_STEMS = tuple(sorted(cues.group("house_stems")))
_ENDINGS = tuple(sorted(cues.group("house_endings")))
_SHORT = cues.group("short_houses")
_WARDS = frozenset({"ward", "unit", "wing", "suite"})
_BRANCHES = cues.words("ed er ae icu itu hdu mau amu ccu nicu picu eau sau micu opd a&e icu")
_SMALL = (
    cues.group("small")
    | cues.names("particles")
    | frozenset({"w", "we", "na", "pod", "av", "sant", "les", "los", "ved"})
)
_GENERIC = cues.group("generic")
_TREATED = cues.group("treated")
_WORKS = cues.group("works")
_TRADES = cues.group("trades")
_POINTS = frozenset({"at", "from", "to", "by", "of", "in", "with", "for", "through", "via", "the"})
_SHORTENED = frozenset({"st", "mt", "ft", "saint", "mount", "fort"})
_TO = frozenset({"at", "from", "to", "by", "of", "via", "the"})
_TOOK = frozenset({"accepted", "declined", "care"})
_DEPARTMENTS = cues.group("departments")
_NUMBERED = re.compile(
    r"[ ](?:No|Nr|Nº|N°|#)\.?[ ]?\d{1,3}\b|(?<=\w{3})[ ]\d{1,2}\b(?![ ]?(?:mg|ml|%|/|:|days?|weeks?))"
)


class Houses:
    """Institutions of one page that the English nouns do not give away."""

    def __init__(self, page: Page, covered: Sequence[bool]) -> None:
        self.page, self.words, self.covered = page, page.words, covered
        self.mixed = page.case == "mixed"

    def find(self) -> Iterator[Span]:
        """What is known by its kind and its town, and what the nouns give away."""
        if self.mixed and self.page.standing(_HOSPITAL):
            for match in self.page.matches(_OF_TOWN, _KINDS):
                yield Span(*match.span(), "HOSPITAL")
        yield from self._by_noun()

    def _by_noun(self) -> Iterator[Span]:
        """Foreign nouns, short heads, named wards, initials where somebody is treated."""
        nouns = {place for place in self.page.standing(_HOUSES) if not self._is_plain(self.words[place])}
        branches = set(self.page.standing(_DEPARTED)) - nouns
        for place in sorted(nouns):
            yield from self._around(place)
        for place in sorted(branches):
            yield from self._department(place)
        for place, word in enumerate(self.words if self.mixed else ()):
            if word.form == "U" and place not in nouns and place not in branches:
                yield from self._short(place, word)

    def _is_plain(self, word: Word) -> bool:
        return word.form == "l" and bool(word.flags & CORE)

    def _around(self, place: int) -> Iterator[Span]:
        """The noun with the capitalised words around it: "Nordvik sykehus", "szpital w Brzozowie"."""
        first, end = place, place
        while (
            first > 0
            and place - first < 4
            and self.page.gap(first) in (" ", "-")
            and self._names(first - 1, opens=True)
        ):
            first -= 1
        at = place + 1
        while at < len(self.words) and at - place < 6 and self.page.gap(at) in (" ", "-", ". "):
            word = self.words[at]
            if word.opens and "." in self.page.gap(at):
                break
            if word.key in _SMALL and word.form == "l" or len(word.text) == 1 and word.form == "I":
                at += 1
                continue
            if not self._names(at, opens=False):
                break
            end, at = at, at + 1
        whole = self.words[place].key.endswith(_ENDINGS) and self.words[place].form == "T"
        if first < place or end > place or whole and self.words[place].is_unknown:
            yield Span(self.words[first].start, self.words[end].end, "HOSPITAL")

    def _names(self, at: int, *, opens: bool) -> bool:
        """Whether this word can be part of an institution's name beside its noun."""
        word = self.words[at]
        if (
            self.mixed
            and word.form not in "TM"
            or not self.mixed
            and not (word.is_unknown or word.flags & TOWN)
        ):
            return False
        return not (
            word.flags & (PUBLIC | HEAD) or is_cue(word) or opens and word.opens and word.flags & WORD
        )

    def _short(self, place: int, word: Word) -> Iterator[Span]:
        """A short head before a name, "PHC Kothapalli", or initials where somebody is treated or works."""
        last = self._named_behind(place) if word.key in _SHORT else place
        numbered = _NUMBERED.match(self.page.text, word.end) if word.key in _SHORT else None
        if last > place or numbered:
            end = max(self.words[last].end, numbered.end() if numbered else 0)
            yield Span(word.start, end, "HOSPITAL")
        elif self._are_initials(word) and not self.covered[place]:
            label = self._why(place)
            if label:
                yield Span(word.start, word.end, label)

    def _named_behind(self, place: int) -> int:
        """The last of the capitalised words behind a short head, or its own place where there are none."""
        at, last = place + 1, place
        while at < len(self.words) and at - place < 5 and self.page.gap(at) in (" ", ". "):
            word = self.words[at]
            named = word.form in "TM" and not word.flags & (RARE | CLINICAL | HEAD)
            foreign = word.form == "l" and word.is_unknown and not word.text.isascii()
            if (
                "." in self.page.gap(at)
                and len(self.words[at - 1].text) > 3
                or not (named or foreign or word.key in _SMALL)
            ):
                break
            last = at if named else last
            at += 1
        return last

    def _are_initials(self, word: Word) -> bool:
        if word.key in _DEPARTMENTS or not 2 < len(word.text) < 7:
            return False
        return not word.flags & (RARE | CLINICAL | HEAD | PUBLIC | CORE)

    def _why(self, place: int) -> str | None:
        """Whether somebody is treated or works where the word before points to."""
        before = self.words[place - 1].key if place and self.page.gap(place) == " " else ""
        if before not in _POINTS or self._goes_on_clinically(place):
            return None
        start = self._sentence(place)
        near = [word.key for word in self.words[max(0, place - 7) : place - 1] if word.start > start]
        if before not in ("of", "by") and any(key in _WORKS or key in _TRADES for key in near[-3:]):
            return "ORG"
        if before in ("of", "by") and not _TOOK.intersection(near[-1:]):
            return None
        done = before in ("at", "from") and "s/p" in self.page.text[start : self.words[place].start]
        return "HOSPITAL" if before in _TO and (done or any(key in _TREATED for key in near)) else None

    def _goes_on_clinically(self, place: int) -> bool:
        """Whether a finding follows, as in "to LLE weakness"."""
        after = (
            self.words[place + 1] if place + 1 < len(self.words) and self.page.gap(place + 1) == " " else None
        )
        return bool(after and after.form == "l" and after.flags & HEAD and after.key not in _CARED)

    def _sentence(self, place: int) -> int:
        """Where the sentence of this word begins, by the last full stop before it."""
        return max(self.page.text.rfind(stop, 0, self.words[place].start) for stop in (". ", "\n", "; "))

    def _department(self, place: int) -> Iterator[Span]:
        """A house by its ward, unit or department, as each is written in this note."""
        if not self.mixed:
            yield from self._flat_branch(place)
        elif self.words[place].form == "U" and self.words[place].key in _BRANCHES:
            yield from self._branch(place)
        elif self.words[place].form == "T" and self.words[place].key in _WARDS:
            yield from self._ward(place)

    def _branch(self, place: int) -> Iterator[Span]:
        """The house before the letters of one of its departments: "Quistville ED", but no "Renal ICU"."""
        first = place
        while first > 0 and place - first < 3 and self.page.gap(first) == " " and self._bears(first - 1):
            first -= 1
        if first < place and not all(self.words[at].flags & CORE for at in range(first, place)):
            yield Span(self.words[first].start, self.words[place].end, "HOSPITAL")

    def _flat_branch(self, place: int) -> Iterator[Span]:
        """The same in a note of one case, behind a word that points to a place: "AT QUISTVILLE ED"."""
        first = place
        while first > 0 and place - first < 2 and self.page.gap(first) == " " and self._is_strange(first - 1):
            first -= 1
        short = first > 1 and self.page.gap(first) in (" ", ". ") and self.words[first - 1].key in _SHORTENED
        first -= short  # "at mt. carmel icu"
        if 0 < first < place and self.words[first - 1].key in _POINTS:
            yield Span(self.words[first].start, self.words[place].end, "HOSPITAL")

    def _is_strange(self, at: int) -> bool:
        """Whether the word is a town or a name and nothing else, or stands in no list."""
        word = self.words[at]
        return word.is_sure or word.is_unknown or bool(word.flags & TOWN) and not word.flags & CORE

    def _bears(self, at: int) -> bool:
        """Whether a house can be called by this word: a town, a name, a word that no list has."""
        word = self.words[at]
        if word.form == "U" and self._are_initials(word):
            return True
        if (
            word.form not in "TM"
            or word.flags & (PUBLIC | HEAD | CLINICAL)
            or is_cue(word)
            or word.key in _GENERIC
        ):
            return False
        return bool(word.flags & (TOWN | NAME)) or not word.flags & VOCABULARY

    def _ward(self, place: int) -> Iterator[Span]:
        """The ward's name before "Ward": "Heron Ward", but no "Stroke Unit"."""
        first = place
        if place > 1 and self.page.gap(place) == " " and self.words[place - 1].flags & (CLINICAL | HEAD):
            first = place - 1  # "Quistville Renal Unit"
            if not (self.page.gap(first) == " " and self._bears(first - 1)):
                return
        while (
            first > 0
            and place - first < 3
            and self.page.gap(first) == " "
            and self.words[first - 1].form == "T"
        ):
            word = self.words[first - 1]
            plain = (
                word.flags & (CLINICAL | HEAD | PUBLIC | RARE)
                and not word.flags & (DOUBLE | TOWN)
                or word.key in _GENERIC
            )
            if plain or is_cue(word) or word.opens and not word.flags & (NAME | TOWN) and word.flags & CORE:
                break
            first -= 1
        if first < place and not (
            self.words[first].flags & CORE and not self.words[first].flags & (NAME | TOWN)
        ):
            end = self.words[place].end
            number = _WARD_NUMBER.match(self.page.text, end)
            yield Span(self.words[first].start, number.end() if number else end, "HOSPITAL")


_WARD_NUMBER = re.compile(
    r"[ ](?:[A-Z]?\d{1,2}[A-Z]?)(?![\w%/]|[.,:]\d|[ ]?(?:mg|ml|days?|weeks?|patients)\b)"
)
_KINDS = anchors.on(
    cues.words(
        "district general government govt civil base teaching regional county state taluk mission provincial "
        "central national hq headquarters referral municipal subdistrict sub-district"
    )
)
_HOSPITAL = anchors.on(frozenset({"hospital", "clinic", "infirmary"}))
# District Hospital Jhansi; Govt. HQ Hospital Karur
_OF_TOWN = re.compile(
    r"(?:(?:District|General|Government|Govt\.?|Civil|Base|Teaching|Regional|County|State|Taluk|Mission|"
    r"Provincial|Central|National|HQ|Headquarters|Referral|Municipal|Sub-?[Dd]istrict)[ ]){1,3}"
    r"(?:Hospital|Clinic|Infirmary),?[ ](?!(?:Course|Stay|Day|Admission|Discharge|Records?|Number|No|ID|Name|"
    r"Dr|Mr|Mrs|Ms)\b)[A-ZÀ-Þ][\w'’-]{2,20}"
)
_CARED = cues.words(
    "liver unit renal cardiac ward clinic neuro neurosurgery icu ed ae burns transplant spinal team"
)


def _is_house(key: str) -> bool:
    """Whether the word is a noun of an institution in some language, or ends in one."""
    key = key.rpartition("'")[2]
    return (
        key in _NOUNS
        or len(key) > 6
        and (key.startswith(_STEMS) or key.endswith(_ENDINGS) and not kind(key) & VOCABULARY)
    )


_HOUSES = anchors.where(_is_house)
_DEPARTED = anchors.on(_BRANCHES | _WARDS)
