"""The label space of a model type: how a clinic's words and codes for a disease meet in one label."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_SPELLING = (
    ("aemi", "emi"),
    ("oede", "ede"),
    ("haem", "hem"),
    ("oeso", "eso"),
    ("rrhoea", "rrhea"),
    ("paed", "ped"),
)
_EMPTY_WORDS = frozenset(["of", "the", "a", "an", "and", "in", "nos", "unspecified", "disorder"])
_SAME_WORD = {
    "tb": "tuberculosis",
    "lung": "pulmonary",
    "htn": "hypertension",
    "dm": "diabetes",
    "tumor": "tumour",
}
_DOUBT = re.compile(
    r"\?|\b(?:possibl[ey]|probabl[ey]|suspected|suspicion of|suspect|likely|presumed|presumptive|query|"
    r"provisional(?:ly)?|differential|rule out|r/o|to be ruled out|cannot exclude|"
    r"can't exclude|working diagnosis|"
    r"impression of|unconfirmed|maybe|consider|vs\.?|versus)\b[:\s]*",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:ruled out|excluded|no evidence of|not confirmed|negative for|unlikely)\b", re.IGNORECASE
)
_NOTHING = re.compile(
    r"to be (?:updated|confirmed|decided)|tb[uadc]|pending|awaited|none|nil|n ?a|"
    r"not (?:known|applicable|available)|unknown|follow up|review|see notes|diagnosis|test|x+|as above|same"
)


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Words alone: folded case and accents, one spelling, no possessive, no punctuation."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    bare = re.sub(r"'s\b|s'(?=\s|$)", lambda m: "s" if m.group().startswith("s") else "", bare)
    words = re.sub(r"[^a-z0-9]+", " ", bare).strip()
    for british, american in _SPELLING:
        words = words.replace(british, american)
    return words


@lru_cache(maxsize=8192)
def tokens(text: str) -> frozenset[str]:
    """The words that tell diseases apart, whatever their order."""
    words = (_SAME_WORD.get(word, word) for word in plain(text).split())
    return frozenset(_stem(word) for word in words if word not in _EMPTY_WORDS)


def _stem(word: str) -> str:
    """One form for "Graves" and "Grave's", "infections" and "infection"."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=8192)
def category(code: str | None) -> str:
    """The three-character category of an ICD-10 code, or nothing."""
    bare = re.sub(r"[^A-Z0-9]", "", (code or "").upper())
    return bare[:3] if re.match(r"[A-Z]\d[0-9A-Z]", bare) else ""


def is_stated(text: str | None) -> bool:
    """Whether the field names a disease at all; blanks and placeholders do not."""
    words = plain(text or "")
    return len(words) > 1 and not _NOTHING.fullmatch(words)


def is_doubted(text: str) -> bool:
    """Whether the writer was not sure, or says that it is not so."""
    return bool(_DOUBT.search(text) or _DENIED.search(text))


def without_doubt(text: str) -> str:
    """The disease inside a doubtful diagnosis: "Possible asthma?" is about asthma."""
    return re.sub(r"\s+", " ", _DENIED.sub(" ", _DOUBT.sub(" ", text))).strip(" .,;:-")


@dataclass(frozen=True)
class Entry:
    """One label with the codes and other names that mean it, and whether missing it is dangerous."""

    label: str
    codes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    must_not_miss: bool = False


@dataclass(frozen=True)
class Named:
    """What a text and a code mean in a label space.

    `agrees` is None where there is nothing to compare; `label` is None where the words are unknown.
    """

    label: str | None
    agrees: bool | None = None
    suggested: str | None = None


@dataclass
class LabelSpace:
    """The labels one model type can answer, found by name, alias, initials or code."""

    _entries: dict[str, Entry] = field(default_factory=dict)
    _by_name: dict[frozenset[str], str] = field(default_factory=dict)
    _by_code: dict[str, str] = field(default_factory=dict)
    _by_category: dict[str, set[str]] = field(default_factory=dict)
    _by_initials: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "LabelSpace":
        """A space of these entries; where two claim one name the earlier has it."""
        space = cls()
        for entry in entries:
            space.add(entry)
        return space

    def add(self, entry: Entry) -> None:
        """Know one more label, or more codes and aliases of a known one."""
        had = self._entries.get(entry.label, Entry(entry.label))
        merged = Entry(
            entry.label,
            tuple(dict.fromkeys(had.codes + entry.codes)),
            tuple(dict.fromkeys(had.aliases + entry.aliases)),
            had.must_not_miss or entry.must_not_miss,
        )
        self._entries[entry.label] = merged
        for name in (entry.label, *entry.aliases):
            self._by_name.setdefault(tokens(name), entry.label)
        for code in entry.codes:
            owner = self._by_code.setdefault(code.upper(), entry.label)
            self._by_category.setdefault(category(code), set()).add(owner)
        initials = "".join(word[0] for word in plain(entry.label).split() if word not in _EMPTY_WORDS)
        if len(initials) > 1 and self._by_initials.setdefault(initials, entry.label) != entry.label:
            self._by_initials[initials] = None

    def __iter__(self) -> Iterator[Entry]:
        """The entries in the order they became known."""
        return iter(self._entries.values())

    def entry(self, label: str) -> Entry | None:
        """The entry of exactly this label."""
        return self._entries.get(label)

    def find(self, text: str) -> str | None:
        """The label that a name, alias or unique set of initials means."""
        label = self._by_name.get(tokens(text))
        if label is None and re.fullmatch(r"[A-Z]{2,6}", text.strip()):
            label = self._by_initials.get(text.strip().lower())
        return label

    def own(self, text: str) -> str | None:
        """The label whose own name it is; an alias may be wider or narrower than its label."""
        label = self._by_name.get(tokens(text))
        return label if label is not None and tokens(label) == tokens(text) else None

    def by_code(self, code: str | None) -> str | None:
        """The label of a code; a category decides only where one label alone stands in it."""
        if not code:
            return None
        exact = self._by_code.get(code.upper().strip())
        if exact:
            return exact
        near = self._by_category.get(category(code), set()) if category(code) else set()
        return next(iter(near)) if len(near) == 1 else None

    def name(self, text: str, code: str | None) -> Named:
        """Bring a clinic's words and code to a label; words decide, and the code must not contradict them.

        Unknown words are taken as the code's label only where both share a telling word.
        """
        label, coded = self.find(text), self.by_code(code)
        if label is not None:
            return Named(label, self._agrees(label, code), coded)
        if coded is not None and tokens(text) & tokens(coded) and _within(tokens(text), tokens(coded)):
            return Named(coded, agrees=True, suggested=coded)
        return Named(None, None, coded)

    def coded(self, text: str, code: str | None, *, said: str | None = None) -> Named:
        """Bring a code and what it is called to a label; `said` are other words beside it, if there are any.

        The code decides, or a label of that very name; words that mean something else contradict it.
        """
        label = self.by_code(code) or self.own(text)
        other = (self.own(said) or self.find(said)) if said else None
        if other is not None and other != label and not _meet(other, label or text):
            return Named(other, agrees=False, suggested=label)
        if label is not None and code is not None:
            self.add(Entry(label, (code,)))
        return Named(label, True if label else None, label)

    def _agrees(self, label: str, code: str | None) -> bool | None:
        known = {category(own) for own in self._entries[label].codes} - {""}
        if not category(code):
            return None
        if category(code) in known:
            return True
        return False if known or self.by_code(code) not in (None, label) else None


def _meet(one: str, other: str) -> bool:
    """Whether one name says what the other says, and more."""
    return _within(tokens(one), tokens(other)) or _within(tokens(other), tokens(one))


def _within(words: frozenset[str], label: frozenset[str]) -> bool:
    return words <= label or label <= words
