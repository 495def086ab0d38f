"""Institutions and employers: HIPAA Safe Harbor, class B, and who treats, teaches and employs."""

from collections.abc import Iterator, Sequence

from worker_collection.phi import anchors, cues
from worker_collection.phi.clinical import is_clinical
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
)
from worker_collection.phi.naming import is_cue, is_medical
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_IN = cues.group("in")
_HOME = cues.group("home")
_HOUSE = cues.group("house")
_ORG = cues.group("org")
_TRADES = cues.group("trade_ends")
_LOWER_ENDS = cues.group("lower_ends")
_HOUSE_FIRST = cues.group("house_first")
_REACHED = frozenset({"at", "from", "to"})
_PEOPLE = frozenset({"women", "children"})  # "Quistville Children's"
_PREFIX = cues.group("prefix")
_NOUNS = anchors.on(_HOUSE | _ORG | _TRADES | _PEOPLE | _HOUSE_FIRST | _PREFIX)
_SMALL = cues.group("small")
_GENERIC = cues.group("generic")
_NUMBERED = cues.words("no nr number id name tel fax phone address")
_FOREIGN = frozenset({"de", "di", "da", "do", "du", "del", "della", "des", "der", "van", "von"})
_TREATING = cues.words(
    "surgery medical medicine imaging lab labs laboratory rehab rehabilitation pathology maternity"
)
_NAMESAKES = cues.group("namesakes")
_TELLING_LOWER = cues.group("telling_lower")
_WEAK = cues.names("weak")
_NO_STOP = cues.group("no_stop")
_HALLOWED = frozenset({"blessed", "sacred", "united", "reformed", "red"})  # no verbs of a sentence
_LONGEST = 4  # nouns in a row: "Medical Centre Pharmacy"


class Places:
    """Towns, institutions and employers of one page; `covered` marks the words that others have taken."""

    def __init__(self, page: Page, covered: Sequence[bool]) -> None:
        self.page, self.words, self.covered = page, page.words, covered
        self.flat = page.case != "mixed"

    def find(self) -> Iterator[Span]:
        """Institutions by their noun, and what is written as a name behind at, from, for."""
        for place in self.page.standing(_NOUNS):
            word = self.words[place]
            key = word.key
            if self._is_noun(word):
                yield from self._ends_institution(place, word)
            first = (
                key in _HOUSE_FIRST or key == "college" and not word.text.isascii()
            )  # "Collège Jean Quist"
            if first and (word.form != "l" or self.page.case == "lower"):
                yield from self._begins_institution(place, word)
            if key in _PREFIX and word.form != "l":
                yield from self._prefixed(place, word)

    def _is_noun(self, word: Word) -> bool:
        """Whether institutions, firms or, written with capitals, lines of business end in the word."""
        key = word.key
        if key in _PEOPLE:
            return word.form in "TU" and word.text[-2:].lower() in ("'s", "’s") and not self.flat
        return key in _HOUSE or key in _ORG or key in _TRADES and word.form != "l"

    def _ends_institution(self, place: int, word: Word) -> Iterator[Span]:
        """The name that ends in this noun: "Oak Meadow Rehab", "Lewis Inc"."""
        if word.form == "l" and not self.flat and word.key not in _LOWER_ENDS:
            return
        first, told = self._walk_back(place)
        strict = self.flat and word.key in _TREATING or word.key not in _HOUSE and word.key not in _ORG
        if strict and not self._is_borne(first, place):
            return
        if first < place and (
            told or self.page.text[self.words[first].start : word.end] == "General Hospital"
        ):
            end = place
            while end + 1 < len(self.words) and end - place < _LONGEST and self._extends(end + 1, word):
                end += 1
            label = "HOSPITAL" if word.key in _HOUSE or word.key in _PEOPLE else "ORG"
            yield Span(self.words[first].start, self.words[end].end, label)

    def _is_borne(self, first: int, place: int) -> bool:
        """Whether a town, a person or an unknown word stands before "surgery", and no operation."""
        return any(
            word.is_unknown or word.flags & (DOUBLE | TOWN) or word.is_sure or word.key in _NAMESAKES
            for word in self.words[first:place]
        ) or self._is_reached(first, place)

    def _is_reached(self, first: int, place: int) -> bool:
        """Whether a word that medicine does not use stands behind "at the": "at the limes surgery"."""
        word = self.words[first]
        led = first > 1 and self.words[first - 1].key == "the" and self.words[first - 2].key in _REACHED
        plain = word.flags & (CORE | CLINICAL | HEAD | RARE) or word.key.endswith("ing")
        return led and first + 1 == place and bool(word.flags & WORD) and not plain

    def _extends(self, place: int, noun: Word) -> bool:
        word = self.words[place]
        named = word.form == noun.form and (word.key in _HOUSE or word.key in _ORG)
        return named and self.page.gap(place) == " "

    def _walk_back(self, place: int) -> tuple[int, bool]:
        """The first word of the name that ends here, and whether any of it tells one house from another."""
        first, told, at = place, False, place - 1
        while at >= 0 and place - at < 6 and self._joined(at + 1) and self._belongs(at, place):
            word = self.words[at]
            generic = word.key in _GENERIC or word.key in _SMALL
            if not generic:
                first = at
                told = told or self._tells(word)
            elif word.form != "l" or self.flat:
                first = at
            at -= 1
        while first < place and self._is_lead(first):
            first += 1
        return first, told and first < place

    def _is_lead(self, place: int) -> bool:
        """Whether a word before the name says nothing: "the", "Memory", but not "General Hospital" alone."""
        word = self.words[place]
        if word.text == "General" and self.words[place + 1].text == "Hospital":
            return False
        if word.text == "Our" and self.words[place + 1].text == "Lady":
            return False
        return word.key in _SMALL or word.key in _GENERIC

    def _tells(self, word: Word) -> bool:
        if word.key in _NAMESAKES:
            return True
        if word.form == "U" and not self.flat:
            return not word.flags & (WORD | RARE)
        if self.flat:
            plain = word.flags & (CORE | RARE | CLINICAL)
            return not plain or bool(word.flags & (DOUBLE | TOWN)) or word.key in _PREFIX
        plain = word.flags & CLINICAL or word.flags & RARE and (word.opens or is_medical(word))
        return not (plain and not word.flags & DOUBLE) or bool(word.flags & TOWN)

    def _joined(self, place: int) -> bool:
        gap = self.page.gap(place)
        if gap in (" ", " & ", "-", ", "):
            return True
        return gap == ". " and (self.words[place - 1].key in _NO_STOP or len(self.words[place - 1].text) == 1)

    def _belongs(self, at: int, place: int) -> bool:
        """Whether this word can be part of the name that ends in the noun at `place`."""
        word, noun = self.words[at], self.words[place]
        if self.page.gap(at + 1) == ", ":
            return (
                at + 1 < place
                and word.form == "T"
                and bool(word.flags & NAME)
                and self.words[at + 1].form == "T"
            )
        if self.flat:
            done = word.key.endswith("ed") and word.key not in _HALLOWED
            if set("-'’") & set(word.text) or done or word.key in _WEAK or is_cue(word):
                return False
            return (
                word.form == noun.form
                and (word.key not in _GENERIC or word.key in _TELLING_LOWER)
                and word.key not in _SMALL - {"of", "&"}
            )
        if word.opens and word.form == "T" and word.flags & WORD and not word.flags & (DOUBLE | TOWN):
            return word.key in _PREFIX or "\n" in self.page.gap(at) or at == 0
        if word.form == "U":
            return noun.form == "U" or len(word.text) == 2 and at + 1 < place
        return word.form in "TMI" or word.key in _SMALL and at > 0 and self.words[at - 1].form in "TM"

    def _begins_institution(self, place: int, word: Word) -> Iterator[Span]:
        """The name that begins with this noun: "Hospital La Paz", "Klinikum Nordstadt"."""
        at, end = place + 1, place
        while (
            at < len(self.words)
            and at - place < 6
            and (
                self.page.gap(at) in (" ", "-")
                or self.page.gap(at) == ". "
                and self.words[at - 1].key in _NO_STOP
            )
        ):
            after = self.words[at]
            if after.key in _NUMBERED:
                break
            small = after.key in _SMALL
            if (
                after.flags & PUBLIC
                or not (small or after.form in "TM" or after.form == word.form)
                or not small
                and self._is_plain(word, at)
            ):
                break
            end = end if small else at
            at += 1
        if end > place or word.key in ("aiims", "mayo", "kaiser"):
            yield Span(word.start, self.words[end].end, "HOSPITAL")

    def _is_plain(self, noun: Word, at: int) -> bool:
        """Whether the word behind the noun goes on with the sentence and not with the name."""
        word = self.words[at]
        foreign = self.words[at - 1].key in _SMALL - {"of", "and", "the", "on"}
        if foreign or noun.key != "hospital" and not self.flat:
            return False
        if at + 1 < len(self.words) and self.words[at + 1].key in _FOREIGN:
            return False
        return (
            bool(word.flags & (CORE | HEAD))
            or word.key in _GENERIC
            or self.flat
            and bool(word.flags & VOCABULARY)
        )

    def _prefixed(self, place: int, word: Word) -> Iterator[Span]:
        """A town or a house with a word of that kind before it: "Lake Ashton", "St. Brendan's"."""
        at = place + 1
        if at >= len(self.words) or not self._joined(at) or self.page.gap(at) == ", ":
            return
        after, saint = self.words[at], word.key in ("st", "saint", "san", "santa", "santo")
        if (
            after.form not in "TM"
            or after.key in _GENERIC
            or after.flags & (PUBLIC | HEAD)
            or after.key == "jude"
            or is_clinical(self.page, after)
        ):
            return
        if (
            word.opens
            and not saint
            and after.flags & WORD
            or not saint
            and after.flags & RARE
            and not after.flags & NAME
        ):
            return
        if saint or not after.flags & WORD or after.flags & (DOUBLE | TOWN):
            yield Span(word.start, after.end, "HOSPITAL" if saint else "ADDRESS")
