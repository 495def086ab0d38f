"""Names of people: behind a title, a kinship, a role or before a credential, in lists, or plain."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import anchors, credentials, cues, glance, leading, pairs, particles, signatures
from worker_collection.phi.alone import is_read, stands_alone
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import CORE, DOUBLE, EPONYM, GIVEN, HEAD, PUBLIC
from worker_collection.phi.naming import (
    KIN,
    ROLE,
    TITLE,
    WEAK,
    fits,
    goes_on,
    is_cue,
    is_telling,
    strength_of,
)
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_CUE_GAP = re.compile(r"(?:\.?,?[ \t]{1,2}|\.|[ \t]?[:=][ \t]{0,2}|/|[ \t]?[-–][ \t]|[ \t]?\()?['\"“]?")
_JOIN = re.compile(r"\.?[ \t]|[-/]|\. ?")
_LIST_GAP = re.compile(r"[ \t]?(?:,|&|and|nor|or|/|,[ \t]and|\+)[ \t]|/", re.IGNORECASE)
_LEADING = cues.group("leading")
_NO_STOP = cues.group("no_stop")
_DONE_BY = cues.group("done_by")
_STATES = re.compile(
    r"\s(?:[ca]/o|is\b|was\b|w/|reports|states|denies|has\b|slept|here|presents)|,", re.IGNORECASE
)


_SPEECH = cues.names("speech")
_TELLING = anchors.where(is_telling)
_ADDRESSED = cues.group("addressed")
_NAMELIKE = frozenset({"nana", "baby", "papa"})
_SKIPPED = cues.group("skipped")
_TITLE_BEFORE = re.compile(
    r"\b(?:[Dd][Rr]\.?|(?:" + "|".join(name.title() for name in sorted(cues.names("honorifics"))) + r"))[ ]$"
)
_SUFFIX = re.compile(
    r",?[ ](?:Jr|Sr|JR|SR|II|III|IV|2nd|3rd|4th)\b\.?(?!\s?(?:degree|rib|digit|toe|finger|floor|stage|"
    r"grade|grad|class|trimester))"
)
_READ_AFTER = re.compile(r"[ ]\d|/\d\d(?!\d)")
_RELATION = re.compile(r"\b[SDWC]/[oO]\.?:?\s(?:(?:Mr|Mrs|Late|Sh|Smt)\.?\s)?(?=[^\W\d_]{3})", re.IGNORECASE)


class Names:
    """The names of one page; `taken` holds the places of the words that are names."""

    def __init__(self, page: Page, covered: Sequence[bool]) -> None:
        self.page, self.words, self.covered = page, page.words, covered
        self.taken: set[int] = set()

    def find(self) -> Iterator[Span]:
        """Every name, the words of one beside each other as one span."""
        flat = self.page.case != "mixed"
        telling, listed = set(self.page.standing(_TELLING)), set(self._before_commas())
        for place in sorted(telling | listed):
            if place in telling:
                self._after_cue(place)
                self._take(credentials.before(self.page, place, self.covered))
            if place in listed:
                self._take(pairs.last_first(self.page, place, taken=place in self.taken))
        self._relations()
        for place, word in enumerate(self.words):
            written = flat or word.form != "l" or word.key in _LEADING  # as a name without a cue can be
            if not written or self.covered[place] or place in self.taken:
                continue
            if stands_alone(self.page, place) or particles.begin(self.page, place):
                self._take(self._run(place, strong=False))
        for place in sorted(self.taken):
            self._take(leading.before(self.page, place, self.covered))
            self._list_beside(place)
        yield from self._spans()
        yield from signatures.find(self.page)

    def _before_commas(self) -> Iterator[int]:
        """The places of free words that a comma and another word follow."""
        page, last = self.page, len(self.words) - 1
        for place, word in enumerate(self.words if "," in page.text else ()):
            if word.form == "l" and page.case != "lower" or place == last:
                continue
            if page.text[word.end : word.end + 1] == "," and not (
                self.covered[place] or self.covered[place + 1]
            ):
                yield place

    def _after_cue(self, place: int) -> None:
        """Take the name that follows this word, if it is one of those that announce a name."""
        strength = strength_of(self.words[place], self.page)
        if self.words[place].key == "is" and place and self.words[place - 1].key in ("this", "name"):
            strength = ROLE
        at = place + 1
        if not strength or at >= len(self.words):
            return
        gap = self.page.gap(at)
        if gap != " " and not _CUE_GAP.fullmatch(gap) or "." in gap and len(self.words[place].text) > 4:
            return  # the end of a sentence, not an abbreviated title
        if strength == WEAK and place and self.words[place - 1].key in _DONE_BY:
            strength = KIN  # "seen by", "reviewed with"
        at = self._skipped(at) if strength in (KIN, ROLE) else at
        self._name_at(at, strength)
        borne = self.words[place].key in _NAMELIKE and self.words[place].form != "l"
        if at in self.taken and borne and self.page.gap(at) == " ":
            self._take([place])  # "Nana Mensah", "Baby Cruz"

    def _skipped(self, at: int) -> int:
        """Past what leads to a name: "wife named Ann", "son is Karl", "surgeon will be Quist"."""
        last = len(self.words) - 1
        if self.words[at].key == "will" and at < last and self.words[at + 1].key == "be":
            return at + 2 if at + 2 <= last and self.page.case == "mixed" else at
        return at + 1 if self.words[at].key in _SKIPPED and at < last else at

    def _name_at(self, at: int, strength: int) -> None:
        word = self.words[at]
        if self.covered[at] or word.form != "I" and is_read(self.page, word):
            return  # "referred for Tsat 9%"
        opens = word.opens and self.page.gap(at)[-1:] not in "' \"(:"
        if self._starts_so(at, strength) or strength in (KIN, ROLE) and self._is_apposed(at):
            self._take(self._run(at, strong=True))
        elif word.form == "I":
            return
        elif fits(self.page, word, strength, opens=opens):
            self._take(self._run(at, strong=strength >= ROLE))
        elif strength < KIN and word.flags & DOUBLE and pairs.is_everyday(self.page, at):
            self._take([at, at + 1])
        elif (
            word.flags & GIVEN and (strength == KIN or word.flags & DOUBLE) and self._is_called(at, strength)
        ):
            self._take([at])

    def _starts_so(self, at: int, strength: int) -> bool:
        """Whether a particle, an initial or "Nana" begins the name here."""
        word = self.words[at]
        if strength == WEAK:
            return False
        if word.form == "I":
            return self._initial_leads(at)
        if word.key in particles.PARTICLES:
            return particles.leads(self.page, at) and not (strength < TITLE and self.page.links(word))
        return strength == KIN and word.key in _NAMELIKE and word.form == "T"

    def _is_apposed(self, at: int) -> bool:
        """Whether a capitalised word stands between commas behind a kinship: "her partner, Rain, says"."""
        word = self.words[at]
        between = self.page.gap(at) == ", " and self.page.text[word.end : word.end + 1] == ","
        plain = word.flags & (HEAD | PUBLIC) or is_cue(word) or word.key in cues.names("not_names")
        return (
            between
            and word.form == "T"
            and self.page.case == "mixed"
            and not plain
            and not is_clinical(self.page, word)
        )

    def _is_called(self, at: int, strength: int) -> bool:
        """Whether an everyday word in a note without capitals is somebody: "pt amber c/o", "call holly"."""
        word, before = self.words[at], self.words[at - 1]
        if word.form == "T" or not self.page.looks_named(word):
            return False
        if strength == KIN:
            after = self.words[at + 1] if at + 1 < len(self.words) else None
            return bool(after and after.key in _SPEECH) or self.page.text[word.end : word.end + 1] in ",.)"
        if strength == ROLE:
            return bool(_STATES.match(self.page.text, word.end))
        return before.key in _ADDRESSED and not word.flags & CORE

    def _initial_leads(self, place: int) -> bool:
        after = place + 1
        spaced = " " if self.page.case == "mixed" and self.words[place].text not in "AI" else ". "
        return (
            after < len(self.words)
            and self.page.gap(after) in (". ", spaced, ".")
            and self.words[after].form in "TIU"
        )

    def _relations(self) -> None:
        """Take the name behind "S/o" or "W/o", as Indian records write it."""
        if not glance.holds(self.page.lowered, "s/o", "d/o", "w/o", "c/o"):
            return
        starts = {word.start: place for place, word in enumerate(self.words)}
        for match in _RELATION.finditer(self.page.text):
            place = starts.get(match.end())
            if place is not None:
                self._name_at(place, ROLE)

    def _run(self, place: int, *, strong: bool) -> list[int]:
        """The words of one name, from its first."""
        run, at = [place], place + 1
        while (
            at < len(self.words)
            and len(run) < 5
            and not self.covered[at]
            and self._continues(at, strong=strong)
        ):
            run.append(at)
            at += 1
        while (
            len(run) > 1
            and self.words[run[-1]].key in particles.PARTICLES
            and self.words[run[-1]].form == "l"
        ):
            run.pop()
        return run

    def _continues(self, place: int, *, strong: bool) -> bool:
        word, gap = self.words[place], self.page.gap(place)
        before = self.words[place - 1]
        if gap not in (" ", "-", ". ", ".") or (
            gap[0] == "." and len(before.text) > 1 and before.key not in _NO_STOP
        ):
            return False
        if is_read(self.page, word) or word.form == "I" and _READ_AFTER.match(self.page.text, word.end):
            return False  # "Quist PASI 14.2", "Quist T 38.4", "Quist M/67"
        if word.form == "I":
            return self._is_initial(word)
        joined = particles.join(self.page, place)
        if joined or word.key in particles.PARTICLES and place + 1 < len(self.words):
            return joined
        return not self._is_other(word) and goes_on(self.page, place, strong=strong)

    def _is_other(self, word: Word) -> bool:
        """Whether the word is of medicine or says what somebody is."""
        return (
            is_clinical(self.page, word)
            or word.key in cues.names("credentials")
            or is_cue(word)
            and not word.flags & DOUBLE
        )

    def _is_initial(self, word: Word) -> bool:
        stopped = self.page.text[word.end : word.end + 1] == "."
        return stopped or not word.flags & HEAD and word.text not in "AI"

    def _list_beside(self, place: int) -> None:
        """Take "Tolu" of "Femi and Tolu": what is listed beside a name and could be one."""
        for step in (1, -1):
            at = place + step
            if 0 <= at < len(self.words) and self.words[at].key == "and":
                at += step
            if not 0 <= at < len(self.words) or at in self.taken or self.covered[at]:
                continue
            first, second = sorted((place, at))
            gap = self.page.text[self.words[first].end : self.words[second].start]
            if _LIST_GAP.fullmatch(gap) and self._is_listed(self.words[at]):
                self._take(self._run(at, strong=False) if step > 0 else [at])

    def _is_listed(self, word: Word) -> bool:
        if not self.page.looks_named(word) or is_clinical(self.page, word) or is_cue(word):
            return False
        if word.key in cues.names("not_names"):
            return False
        return (
            word.is_sure
            or word.form == "T"
            and bool(word.flags & DOUBLE)
            and not word.flags & (PUBLIC | EPONYM)
        )

    def _take(self, run: Sequence[int]) -> None:
        self.taken.update(run)

    def _spans(self) -> Iterator[Span]:
        start = end = -1
        for place in sorted(self.taken):
            word = self.words[place]
            if start >= 0 and place - 1 in self.taken and _JOIN.fullmatch(self.page.text, end, word.start):
                end = word.end
                continue
            if start >= 0:
                yield self._span(start, end)
            start, end = word.start, word.end
        if start >= 0:
            yield self._span(start, end)

    def _span(self, start: int, end: int) -> Span:
        """The name with the doctor's title before it, which names a person too."""
        written = self.page.case != "lower"
        title = _TITLE_BEFORE.search(self.page.text, max(0, start - 10), start) if written else None
        suffix = _SUFFIX.match(self.page.text, end, end + 6) if " " in self.page.text[start:end] else None
        return Span(title.start() if title else start, suffix.end() if suffix else end, "NAME")
