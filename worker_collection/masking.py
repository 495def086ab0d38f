"""The answer inside the question: every way in which a note names its own label, found and masked.

Names, wider names, aliases and codes; plural, adjective and possessive; British and American spelling; words
in another order; one wrong letter in a word of eight or more. What a patient calls a complaint stays.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from shared.domain.assertion import folded
from shared.domain.labels import Entry, category
from shared.domain.naming import initials, one_edit, plain, tokens
from worker_collection.wording import lexicon, telltales

MASK = "[DIAGNOSIS]"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_CODE = re.compile(r"(?<![\w.])[A-Z]\d[\dA-Z](?:\.?[\dA-Z]{1,4})?(?!\w)|(?<![\w.])\d{6,18}(?!\w)")
_BREAK = re.compile(r"[.;:\n\[\]]")
_LONG = 8
_ROMAN = {"1": "i", "2": "ii", "3": "iii", "4": "iv"}
_BETWEEN = frozenset(["of", "the", "a", "an", "and", "de", "del", "di", "du", "da", "do", "la"])
# Ends of words that go with each other: "psoriasis" and "psoriatic", "anaemia" and "anaemic".
_ENDS = (
    ("itis", ("itis", "itic", "itides")),
    ("osis", ("osis", "otic", "oses")),
    ("asis", ("asis", "atic", "ases")),
    ("aemia", ("aemia", "aemic", "aemias")),
    ("emia", ("emia", "emic", "emias")),
    ("tension", ("tension", "tensive", "tensives")),
    ("abetes", ("abetes", "abetic", "abetics")),
    ("epsy", ("epsy", "eptic", "epsies")),
    ("epsis", ("epsis", "eptic")),
    ("idism", ("idism", "id")),
    ("onism", ("onism", "onian")),
    ("esity", ("esity", "ese")),
    ("ema", ("ema", "emas", "ematous")),
    ("oma", ("oma", "omas", "omata", "omatous")),
    ("hma", ("hma", "hmatic", "hmatics")),
    ("laria", ("laria", "larial")),
    ("raine", ("raine", "raines", "rainous", "raineur", "raineurs")),
    ("lepsy", ("lepsy", "leptic", "leptics")),
    ("ion", ("ion", "ions")),
    ("olism", ("olism", "oli", "olus")),
    ("out", ("out", "outy")),
    ("y", ("y", "ies")),
    ("", ("", "s", "es")),
)


@dataclass(frozen=True)
class Masked:
    """A text without its label, and whether the label had stood there."""

    text: str
    found: bool


@lru_cache(maxsize=1024)
def phrases_of(entry: Entry | None, written: str | None = None) -> tuple[str, ...]:
    """Every name and code of a label that would give the answer away, longest first.

    Args:
        entry: the label as the site knows it.
        written: what the source wrote as diagnosis, where the label is known.
    """
    names = {written} if written else set()
    if entry is not None:
        names |= {entry.label, *entry.aliases, *entry.codes, *_wider(entry)}
        short = initials(entry.label).upper()
        names |= {short} if len(short) > 2 else set()
    kept = (name for name in names if _gives_away(name) and plain(name) not in telltales().complaints)
    return tuple(sorted(kept, key=lambda name: (-len(name), name)))


def drugs_in(text: str, entry: Entry | None) -> bool:
    """Whether a text names a drug that gives its label away; it stays, and the case says so."""
    if entry is None:
        return False
    drugs = {
        drug for name in (entry.label, *entry.aliases) for drug in telltales().drugs.get(plain(name), ())
    }
    return bool(drugs & {word.casefold() for word in _WORD.findall(text)}) if drugs else False


def masked(text: str, phrases: Iterable[str]) -> Masked:
    """The text with every mention of the phrases replaced by a mark."""
    names = tuple(phrases)
    if not names:
        return Masked(text, found=False)
    clean = text
    for start, end in reversed(_names_of(names).found_in(text)):
        clean = clean[:start] + MASK + clean[end:]
    if clean == text:
        return Masked(text, found=False)
    mark = re.escape(MASK)
    return Masked(re.sub(rf"{mark}(?:[\s,/&-]*{mark})+", MASK, clean), found=True)


def _wider(entry: Entry) -> set[str]:
    """Names of the shipped diseases that a label is a kind of: "asthma" gives an exacerbation away, too."""
    own = tokens(entry.label)
    return {name for one in lexicon() if tokens(one.label) < own for name in (one.label, *one.aliases)}


def _gives_away(name: str) -> bool:
    """Two letters are a name only as capitals: "PE", "AF"."""
    bare = name.strip()
    return len(bare) > 2 or (len(bare) == 2 and bare.isalpha() and bare.isupper())


@dataclass
class _Names:
    """Phrases ready to be sought: short forms as they stand, codes by their start, words as sets.

    "PE" and "PEs" are short forms of one phrase; "PE:" heads a section and is none.
    """

    short: frozenset[str]
    codes: tuple[str, ...]
    sets: tuple[frozenset[str], ...]
    meant: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # what a word of a text means, as met so far

    def found_in(self, text: str) -> list[tuple[int, int]]:
        """The spans of all mentions, in order and apart."""
        spans: list[tuple[int, int]] = []
        if self.codes:
            codes = ((match.span(), match.group().replace(".", "")) for match in _CODE.finditer(text))
            spans = [span for span, code in codes if code.startswith(self.codes)]
        meant = {word: self._means(word) for word in set(_WORD.findall(text))}
        present = frozenset().union(*meant.values())
        named = [names for names in self.sets if names <= present]
        # Most texts name nothing: only the others are gone through word by word.
        if named or not meant.keys().isdisjoint(self.short):
            words = [(match.start(), match.end(), match.group()) for match in _WORD.finditer(text)]
            spans += [
                (start, end)
                for start, end, word in words
                if word in self.short and text[end : end + 1] != ":"
            ]
            said = [(start, end, meant[word]) for start, end, word in words]
            for names in named:
                spans += _runs(text, said, names)
        return _apart(spans)

    def _means(self, word: str) -> frozenset[str]:
        """Which words of the names a word stands for; a gap for what may stand between them."""
        if word not in self.meant:
            if len(self.meant) > 20_000:
                self.meant.clear()
            bare = _bare(word)
            self.meant[word] = self._named(_one_spelling(bare)) or (_GAP if bare in _BETWEEN else frozenset())
        return self.meant[word]

    def _named(self, spelled: str) -> frozenset[str]:
        """The words of names that this is: as it is, inflected, in Roman figures, or with one slip."""
        first, last = spelled[:1], spelled[-1:]
        slips = {
            name for name in self._long if (first == name[0] or last == name[-1]) and one_edit(spelled, name)
        }
        return self._forms.get(spelled, frozenset()) | slips

    @cached_property
    def _long(self) -> tuple[str, ...]:
        """The words of names that may be misspelt."""
        return tuple(name for name in frozenset().union(*self.sets) if len(name) >= _LONG)

    @cached_property
    def _forms(self) -> dict[str, frozenset[str]]:
        """The words of names by each of their forms."""
        found: dict[str, frozenset[str]] = {}
        for name in frozenset().union(*self.sets):
            for form in {name, _ROMAN.get(name, name), *_inflected(name)}:
                found[form] = found.get(form, frozenset()) | {name}
        return found


_GAP = frozenset([" "])


@lru_cache(maxsize=512)
def _names_of(names: tuple[str, ...]) -> _Names:
    codes = {name for name in names if category(name) or re.fullmatch(r"\d{6,18}", name)}
    codes = {name for name in codes if _CODE.fullmatch(name)}
    capitals = {name for name in names if name.isupper() and name.isalnum() and len(name) <= 6} - codes
    sets = {frozenset(_tokens(name)) for name in names if name not in codes | capitals}
    sets |= {frozenset(["".join(_tokens(name))]) for name in names if len(name.split()) == 2}
    return _Names(
        frozenset(capitals) | {f"{name}s" for name in capitals},
        tuple(sorted(code.replace(".", "") for code in codes)),
        tuple(sorted(sets - {frozenset()}, key=lambda one: (-len(one), sorted(one)))),
    )


def _tokens(text: str) -> list[str]:
    return [_one_spelling(re.sub(r"'s?$", "", folded(word))) for word in _WORD.findall(text)]


def _one_spelling(word: str) -> str:
    return word.replace("ae", "e").replace("oe", "e").replace("our", "or").replace("'", "")


@lru_cache(maxsize=16384)
def _bare(word: str) -> str:
    """A word in small letters, without accents and possessive."""
    return re.sub(r"'s?$", "", folded(word))


@lru_cache(maxsize=4096)
def _inflected(name: str) -> frozenset[str]:
    """A word with the endings that belong to it."""
    for end, forms in _ENDS:
        if end and name.endswith(_one_spelling(end)) and len(name) - len(end) >= 1:
            stem = name[: len(name) - len(_one_spelling(end))]
            return frozenset(stem + _one_spelling(form) for form in forms) | {f"{name}s"}
    return frozenset([f"{name}s", f"{name}es"]) if len(name) > 2 else frozenset()


def _runs(
    text: str, said: Sequence[tuple[int, int, frozenset[str]]], names: frozenset[str]
) -> list[tuple[int, int]]:
    """Where words beside each other are all the words of a name, in any order."""
    spans, i = [], 0
    while i < len(said):
        seen, last, j = said[i][2] & names, i, i + 1
        if not seen:
            i += 1
            continue
        while j < len(said) and _goes_on(text, said, names, at=j):
            if said[j][2] & names:
                seen, last = seen | (said[j][2] & names), j
            j += 1
        if seen == names:
            spans.append((said[i][0], said[last][1]))
        i = last + 1
    return spans


def _goes_on(
    text: str, said: Sequence[tuple[int, int, frozenset[str]]], names: frozenset[str], *, at: int
) -> bool:
    """Whether a word belongs to the run before it: a word of the name or a small one, in one statement."""
    between = text[said[at - 1][1] : said[at][0]]
    return bool(said[at][2] & (names | _GAP)) and len(between) <= 3 and not _BREAK.search(between)


def _apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, overlapping ones as one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
