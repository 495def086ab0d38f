"""Words that may still be somebody: names, strangers to every list, capitals in the middle of a sentence."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from worker_collection.phi.leaks import cues
from worker_collection.phi.leaks.reading import Doubt, Reading, Sort, Token, is_medical
from worker_collection.phi.lexicon import CLINICAL, EPONYM, HEAD, MEDICINE, NAME, PUBLIC, TOWN, kind, terms

_SURE = cues.before("sure")
_WHO = _SURE | cues.before("who")
_WHERE = cues.before("where")
_FIELDS = cues.before("field")
_AT = cues.before("at") | _FIELDS
_WORKS = cues.before("works")
_SIGNS_WITH = cues.before("signs_with")
_WHEN = cues.before("when")
_MOSTLY_NO_MONTH = cues.words("mostly_no_month")
_INSTITUTION, _GENERIC = cues.words("institution"), cues.words("generic")
_GRADE = re.compile(
    r"\s(?:score|grade|class|scale|stage)?[\s:]{0,2}(?:\d|[IV]{1,3}[ABE]{0,2}\b)|\s?\(?(?:[+–]|-(?![a-z]))|"
    r"\s(?:neg|pos|absent|present|normal|no|not|none|taken|done|ausente|assente|bds)\b",
    re.IGNORECASE,
)
_PLACE_GRADE = re.compile(r"[ ](?:I{1,3}[a-cps]\b|\d-I|stems?[ ]size|criteria|classification)")
_PAIRS = frozenset({("de", "morgan"), ("earl", "grey")})
_SHORTEST = 3
_PLACE = "word_as_place"
_PER = re.compile(r"(?:U|[gl]|mol|[Ee]q)/$")  # a reading: "2.1 mIU/L."
_DAY_BEFORE = re.compile(r"\d(?:st|nd|rd|th)?[\s.,/-]{0,2}(?:of )?$")
_DAY_AFTER = re.compile(r"[\s.,/-]{1,2}(?:the )?\d{1,4}(?:st|nd|rd|th)?\b(?!\s?(?:mg|ml|%|mcg|units))")


class Place(NamedTuple):
    """One word where it stands."""

    reading: Reading
    n: int
    token: Token
    said: str  # the word before in the same breath, in small letters

    @property
    def after(self) -> Token | None:
        """The word behind it in the same breath."""
        n = self.n + 1
        if n == len(self.reading) or self.reading.gap(n) not in (" ", ", ", "-"):
            return None
        return self.reading[n]

    @property
    def is_term(self) -> bool:
        """Whether capitals that mean something in medicine stand among capitals: "MOTHER CAD AT 64"."""
        return self.token.form == "U" and self.token.text.lower() in terms()

    @property
    def regime(self) -> str:
        """How the text is written; a word in capitals counts as one also where all others are lower."""
        whole, form = self.reading.regime, self.token.form
        return "mixed" if (whole, form) in (("lower", "T"), ("lower", "U"), ("upper", "T")) else whole

    @property
    def cue(self) -> str:
        """What the word before promises: surely a person, maybe one, a place, or nothing."""
        said = self.said
        if self.token.is_common and ":" in self.reading.gap(self.n):
            return ""  # "Doctor: Well," begins what somebody says
        if said in _SURE:
            return "sure"
        return "who" if said in _WHO else "where" if said in _WHERE else ""

    @property
    def opens(self) -> bool:
        """Whether a sentence, a line or a field begins here."""
        return self.reading.opens(self.n)

    @property
    def is_headed(self) -> bool:
        """Whether a sign, a disease, another eponym or a grade follows, as no name is followed by."""
        after = self.after
        if after is not None and kind(after.text) & (HEAD | EPONYM):
            return True
        return bool(_GRADE.match(self.reading.text, self.token.end))

    @property
    def is_of_product(self) -> bool:
        """Whether a product follows, as behind who makes it: "St Jude Assurity"."""
        after = self.after
        flags = kind(after.text) if after is not None else NAME
        return not flags & NAME and bool(
            flags & MEDICINE or after is not None and after.form == "M" and not flags
        )

    @property
    def is_graded_place(self) -> bool:
        """Whether a classification is called after a town, or it ends an eponym of several words."""
        if (self.said, self.token.text.lower()) in _PAIRS:
            return True
        graded = _PLACE_GRADE.match(self.reading.text, self.token.end)
        return graded is not None and bool(kind(self.token.text) & TOWN)

    @property
    def pair(self) -> Sort:
        """What the word in capitals behind it may be; SAFE where none follows."""
        after = self.after
        if after is None or not after.text[0].isupper():
            return Sort.SAFE
        stopped = self.reading.text[after.end : after.end + 1] == "."  # no "D/W"
        return after.sort if after.sort is not Sort.INITIAL or stopped else Sort.SAFE


def find(reading: Reading) -> Iterator[Doubt]:
    """Every word that may be a person, a place or a time, with what speaks for it."""
    mixed = reading.regime == "mixed"
    for n, (text, sort) in enumerate(zip(reading.texts, reading.sorts, strict=True)):
        capital = mixed and text[0].isupper()
        if not capital and (sort is Sort.SAFE or mixed and sort in _WRITTEN):
            continue
        said = reading.word_before(n)
        if sort is Sort.SAFE and said not in _POINTING and not _leads(reading, n):
            continue
        place = Place(reading, n, reading[n], said)
        weight, code = _RULES[sort](place), _CODES[sort]
        if capital and weight < 1:
            weight, code = max((weight, code), (_named_place(place), _PLACE))
        if weight:
            yield Doubt(reading.starts[n], reading.ends[n], code, weight)


_WRITTEN = frozenset({Sort.EVERYDAY, Sort.EPONYM, Sort.STRANGE})  # told by their capital in a mixed text
_POINTING = _AT | _SIGNS_WITH | {"for"}


def _leads(reading: Reading, n: int) -> bool:
    """Whether another word with a capital follows."""
    return n + 1 < len(reading) and reading.texts[n + 1][0].isupper()


def _named(place: Place) -> float:
    if place.is_graded_place:
        return 0.0
    long, cue = len(place.token.text) > 3, place.cue
    if place.regime != "mixed":
        return 1.0 if long or cue in ("sure", "who") else 0.5
    if place.token.form == "T":
        return 0.4 if place.is_of_product and not cue else 1.0
    if place.token.form == "U":
        return 1.0 if cue in ("sure", "who") and long else 0.3
    return 0.6 if cue in ("sure", "who") and long else 0.0


def _strange(place: Place) -> float:
    if place.is_headed:
        return 0.0
    if place.regime != "mixed":
        return {"sure": 1.0, "who": 1.0, "where": 0.7}.get(place.cue, 0.4 if place.regime == "lower" else 0.5)
    if place.token.form != "T":
        return 0.0
    alone = place.after is None and (place.n + 1 == len(place.reading) or place.reading.opens(place.n + 1))
    return 1.0 if place.cue or not place.opens or place.pair >= Sort.STRANGE or alone else 0.4


def _everyday(place: Place) -> float:
    cue = place.cue
    if (
        place.is_headed
        or place.is_of_product
        or place.token.text.lower() in _SURE
        or len(place.token.text) < _SHORTEST
    ):
        return 0.0
    if place.regime != "mixed":
        sure = 0.0 if place.is_term else 0.2 if place.token.is_common else 1.0
        return {"sure": sure, "who": 0.5 * sure, "where": 0.3 * sure}.get(cue, 0.0)
    if place.token.form != "T":
        return 0.0
    if place.token.is_common:
        return _common(place)
    if cue or place.pair in (Sort.EPONYM, Sort.STRANGE, Sort.NAMED, Sort.INITIAL):
        return 1.0
    alone = 0.5 if place.pair is Sort.EVERYDAY else 0.4
    return 0.0 if place.opens else alone


def _common(place: Place) -> float:
    """A word that every note has, in capitals: somebody behind a title, or before what is but a name."""
    if place.cue == "sure":
        return 0.7
    if place.pair in (Sort.STRANGE, Sort.NAMED) and not place.opens:
        return 0.7
    return 0.0


def _eponym(place: Place) -> float:
    cue = place.cue
    if place.is_headed:
        return 0.0
    if place.regime != "mixed":
        return {"sure": 0.8, "who": 0.5}.get(cue, 0.2)
    if place.token.form != "T":
        return 0.0
    if cue == "sure" or place.pair in (Sort.STRANGE, Sort.NAMED):
        return 1.0
    return {"who": 0.8, "where": 0.6}.get(cue, 0.2 if place.opens else 0.4)


def _month(place: Place) -> float:
    """A month says a date where a day, a year or "since" stands beside it; "may" is mostly none."""
    token, text = place.token, place.reading.text
    if (
        token.form == "l"
        and place.regime == "mixed"
        and token.text in _MOSTLY_NO_MONTH
        and (text[token.start - 2 : token.start] == ", ")
    ):
        return 0.0  # "Eldest, 16, may join"
    if _DAY_BEFORE.search(text, max(0, token.start - 10), token.start) or _DAY_AFTER.match(text, token.end):
        return 1.0
    may = token.text.lower() in _MOSTLY_NO_MONTH
    said = place.said
    if may and token.form == "l" or not may and len(token.text) < 4:
        return 0.0
    if said in _WHEN:
        return 1.0
    return 0.1 if may and place.opens else 0.5


def _initial(place: Place) -> float:
    """A letter with its stop before a word in capitals, as in a name."""
    n, reading = place.n + 1, place.reading
    if _PER.search(reading.text, max(0, place.token.start - 5), place.token.start):
        return 0.0
    if n == len(reading) or reading.gap(n) not in (". ", "."):
        return 0.0
    after = reading[n]
    return 1.0 if after.text.istitle() and after.sort in (Sort.STRANGE, Sort.NAMED, Sort.EPONYM) else 0.0


def _named_place(place: Place) -> float:
    """Something in capitals that is no kind of clinic before "Clinic", or whom somebody works for."""
    if place.token.form != "T":
        return 0.0
    reading, after = place.reading, place.after
    if place.said == "for" and reading.word_before(place.n - 1) in _WORKS:
        return 1.0
    if after is None or after.form != "T" or after.text.lower() not in _INSTITUTION:
        return 0.0
    if place.token.text.lower() in _GENERIC | _INSTITUTION or kind(place.token.text) & PUBLIC:
        return 0.0
    is_speciality = kind(place.token.text) & CLINICAL or is_medical(place.token.text.lower())
    return 0.2 if is_speciality else 1.0


def _safe(place: Place) -> float:
    """An everyday word in capitals behind "at" may be a place, letters behind "by" a person."""
    said = place.said
    if place.token.form == "U":
        is_short = len(place.token.text) < 4 and not kind(place.token.text) & ~NAME  # noqa: PLR2004
        return 1.0 if is_short and said in _SIGNS_WITH else 0.0
    if place.token.form != "T":
        return 0.0
    if said not in _AT or place.opens and said not in _FIELDS:
        return 0.0
    return 0.3 if place.pair is Sort.SAFE else 0.7


_RULES: Mapping[Sort, Callable[[Place], float]] = {
    Sort.SAFE: _safe,
    Sort.EVERYDAY: _everyday,
    Sort.EPONYM: _eponym,
    Sort.STRANGE: _strange,
    Sort.NAMED: _named,
    Sort.MONTH: _month,
    Sort.INITIAL: _initial,
}
_CODES = {
    Sort.SAFE: _PLACE,
    Sort.EVERYDAY: "word_as_name",
    Sort.EPONYM: "eponym_as_name",
    Sort.STRANGE: "unknown_word",
    Sort.NAMED: "name",
    Sort.MONTH: "month",
    Sort.INITIAL: "initials",
}
