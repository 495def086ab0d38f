"""What is written as a name behind at, from or for: a place, an institution or an employer."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import anchors, cues
from worker_collection.phi.alone import is_read
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    EPONYM,
    HEAD,
    NAME,
    PUBLIC,
    RARE,
    TOWN,
    WORD,
    fold,
    kind,
)
from worker_collection.phi.naming import is_cue, is_worded
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_AT = cues.group("at")
_WORKS = cues.group("works")
_NOT_NAMES = cues.names("not_names")
_GENERIC = cues.group("generic")
_SMALL = cues.group("small")
_MOVED = cues.group("moved")
_FLAT_AT = frozenset({"at", "from", "in", "near", "to", "via"})
_STAFF = frozenset({"employee", "employees", "worker"})
_SOUGHT = anchors.on(_AT | _STAFF)
_TRADE = ("er", "or", "ist", "man", "woman", "ian", "hand")
_CARE = (
    r"(?:care|nursing|rest|residential|retirement|funeral|maternity|birthing|convalescent|veterans)"
    r"[ ](?:home|centre|center|village)\b"
)
_HOME_NOUNS = anchors.on(frozenset({"home", "centre", "center", "village"}))
_HOMES = re.compile(rf"\b((?:[A-ZÀ-Þ][\w'’-]+[ ]){{1,3}}){_CARE}")
_HOMES_FLAT = re.compile(
    rf"(?:\b(?:at|to|from|in)[ ](?:the[ ])?|,[ ]|\n|^)((?:[^\W\d_][\w'’-]{{2,20}}[ ]){{1,2}}){_CARE}",
    re.IGNORECASE,
)


class Behind:
    """What the prepositions of one page point to; `covered` marks the words that others have taken."""

    def __init__(self, page: Page, covered: Sequence[bool]) -> None:
        self.page, self.words, self.covered = page, page.words, covered

    def find(self) -> Iterator[Span]:
        """Runs behind a preposition, employers before "employee", homes by their two nouns."""
        flat = self.page.case != "mixed"
        for place in self.page.standing(_SOUGHT):
            if self.words[place].key in _AT:
                yield from (self._behind_flat(place) if flat else self._behind(place))
            elif not flat:
                yield from self._employer(place)
        if not self.page.standing(_HOME_NOUNS):
            return
        for match in (_HOMES_FLAT if flat else _HOMES).finditer(self.page.text):
            last = match.group(1).split()[-1]
            if not (kind(last) & CORE and fold(last) in _GENERIC):
                yield Span(match.start(1), match.end(), "HOSPITAL")

    def _employer(self, place: int) -> Iterator[Span]:
        """The capitalised words before "employee"."""
        first = place
        while (
            first > 0
            and place - first < 4
            and self.page.gap(first) == " "
            and self.words[first - 1].form in "TU"
        ):
            first -= 1
        if first < place and not self.words[first].opens:
            yield Span(self.words[first].start, self.words[place - 1].end, "ORG")

    def _behind(self, place: int) -> Iterator[Span]:
        """A run of capitalised words behind at, from or for, that is no department."""
        at = place + 1
        while at < len(self.words) and self.words[at].key in ("the", "a", "an") and self.page.gap(at) == " ":
            at += 1
        works = any(word.key in _WORKS for word in self.words[max(0, place - 4) : place + 1])
        works = works or self.words[place].key == "for" and place > 0 and _is_trade(self.words[place - 1])
        first, end, told = at, -1, False
        while at < len(self.words) and at - first < 6 and self._runs_on(at, first, works=works):
            word = self.words[at]
            if word.key not in _SMALL or word.form != "l":
                end, told = at, told or self._is_telling(word, works=works)
            at += 1
        if end >= first and told and not self._is_term(first, end, sure=works or self._is_taken(place)):
            yield Span(self.words[first].start, self.words[end].end, "ORG" if works else "ADDRESS")

    def _behind_flat(self, place: int) -> Iterator[Span]:
        """An unknown word behind at, from or in, where no capitals tell names from words."""
        at, end = place + 1, -1
        if self.words[place].key not in _FLAT_AT:
            return
        works = any(word.key in _WORKS for word in self.words[max(0, place - 2) : place + 1])
        if works or self._is_moved(place):
            yield from self._named_flat(place, works=works)
        while at < len(self.words) and at - place < 4 and self.page.gap(at) in (" ", " & "):
            word = self.words[at]
            if (
                self.covered[at]
                or not (word.is_unknown and len(word.text) > 2 or word.is_sure and len(word.text) > 2)
                or is_worded(word)
            ):
                break
            end, at = at, at + 1
        if end > place:
            yield Span(self.words[place + 1].start, self.words[end].end, "ADDRESS")

    def _named_flat(self, place: int, *, works: bool) -> Iterator[Span]:
        """Everyday words behind "works at" or "transferred from" that name no department."""
        at = place + 1
        if at < len(self.words) and self.words[at].key == "the" and self.page.gap(at) == " ":
            at += 1
        first = at
        while (
            at < len(self.words)
            and at - first < 3
            and self.page.gap(at) == " "
            and self._names_house(at, works=works)
        ):
            at += 1
        if at > first:
            yield Span(self.words[first].start, self.words[at - 1].end, "ORG" if works else "HOSPITAL")

    def _names_house(self, at: int, *, works: bool) -> bool:
        word = self.words[at]
        plain = (
            word.flags & (CLINICAL | HEAD | PUBLIC)
            or word.key in _GENERIC
            or word.key in _NOT_NAMES
            or word.key in _SMALL
        )
        if (
            self.covered[at]
            or plain
            or is_cue(word)
            or word.key.endswith(("ing", "ly", "ed"))
            or len(word.text) < 3
        ):
            return False
        return works or not word.flags & (CORE | RARE)

    def _runs_on(self, at: int, first: int, *, works: bool) -> bool:
        word, gap = self.words[at], self.page.gap(at)
        if at == first:
            if is_read(self.page, word):
                return False
            if word.key in _NOT_NAMES or is_cue(word) and not word.flags & DOUBLE:
                return False
            return gap == " " and (word.form in "TM" or word.form == "U" and self._begins(at, works=works))
        if gap == ", ":
            return (
                works
                and word.form == "T"
                and self.words[at - 1].form == "T"
                and bool(self.words[at - 1].flags & NAME)
            )
        if gap not in (" ", " & ", "-"):
            return False
        following = (
            at + 1 < len(self.words) and self.words[at + 1].form in "TM" and self.page.gap(at + 1) == " "
        )
        foreign = word.form == "l" and word.is_unknown or word.form == "U" and not word.flags & (WORD | RARE)
        small = word.key in _SMALL - {"on", "in"} and following
        return word.form in "TMI" or works and word.form == "U" or foreign or small

    def _begins(self, at: int, *, works: bool) -> bool:
        """Whether a word in capitals begins the name of a house: "treated at UCSF", "works for SNCF"."""
        word = self.words[at]
        after = self.words[at + 1] if at + 1 < len(self.words) and self.page.gap(at + 1) == " " else None
        if after and after.form == "l" and after.flags & (HEAD | CLINICAL):
            return False  # "to LLE weakness"
        if self._is_moved(at) and not word.flags & (WORD | RARE):
            return True
        return works or self.words[at - 1].key == "at" and len(word.text) > 3

    def _is_moved(self, place: int) -> bool:
        """Whether somebody was sent there: "transferred to", "discharge to"."""
        return any(word.key in _MOVED for word in self.words[max(0, place - 4) : place])

    def _is_taken(self, place: int) -> bool:
        """Whether it is the place where somebody was taken, and not what for."""
        return self.words[place].key != "for" and self._is_moved(place)

    def _is_telling(self, word: Word, *, works: bool) -> bool:
        if word.key in _GENERIC or word.flags & (PUBLIC | HEAD):
            return False
        if word.flags & CLINICAL and not word.flags & (DOUBLE | TOWN) and not works:
            return False
        if word.form == "U":
            return not word.flags & (WORD | RARE) and len(word.text) > 2
        return works or not (word.flags & RARE and not word.flags & NAME)

    def _is_term(self, first: int, end: int, *, sure: bool) -> bool:
        """Whether the words name a disease or a thing and not a place."""
        word = self.words[first]
        if not sure and (word.flags & EPONYM and not word.flags & DOUBLE or is_clinical(self.page, word)):
            return True
        before = self.words[first - 1].key
        if sure or before in ("at", "the"):
            return False
        plain = bool(word.flags & WORD) and not word.flags & (TOWN | DOUBLE)
        return first == end and plain and before not in ("from", "near")


def _is_trade(word: Word) -> bool:
    """Whether the word says what somebody does for a living: gardener, machinist, salesman."""
    return word.form == "l" and len(word.text) > 4 and word.key.endswith(_TRADE)
