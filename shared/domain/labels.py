"""The label space of a model type: how a clinic's words and codes for a disease meet in one label."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from shared.domain.assertion import Stance, core, stance
from shared.domain.naming import (
    initials,
    is_qualifier,
    joined,
    misspelt,
    plain,
    says_more,
    tokens,
)

_NOTHING = re.compile(
    r"to be (?:updated|confirmed|decided|determined)|tb[uadc]|pending|awaited|none|nil|null|n ?a|"
    r"undefined|not (?:known|applicable|available|specified|given|recorded)|unknown|follow up|review|"
    r"see (?:notes|chart)|refer (?:to )?notes|diagnosis|dx|test|testing|x+|as above|same|deferred|empty|"
    r"blank|nothing|no diagnosis|routine (?:check|visit|checkup)|check ?up|health check|consultation|"
    r"visit|annual (?:check|physical|exam)|k a|keine angabe|unbekannt|unklar|siehe (?:akte|befund)|"
    r"kontrolle|inconnu|non (?:precise|renseigne|connu)|"
    r"a (?:preciser|determiner|determinar|definir|esclarecer)|da definire|sin (?:diagnostico|datos)|"
    r"desconocido|non noto|sconosciuto|nao (?:informado|definido)|desconhecido|onbekend|controle"
)
_MIN_INITIALS = 3  # two letters mean too many things


@lru_cache(maxsize=8192)
def category(code: str | None) -> str:
    """The three-character category of an ICD-10 code, or nothing."""
    bare = re.sub(r"[^A-Z0-9]", "", (code or "").upper())
    return bare[:3] if re.match(r"[A-Z]\d[0-9A-Z]", bare) else ""


def is_stated(text: str | None) -> bool:
    """Whether the field names a disease at all; blanks and placeholders do not."""
    words = plain(text or "")
    return bool(words) and (len(words) > 1 or not words.isascii()) and not _NOTHING.fullmatch(words)


def is_doubted(text: str) -> bool:
    """Whether the words say anything else than that the patient has the disease now."""
    return stance(text) is not Stance.STATED


def without_doubt(text: str) -> str:
    """The disease inside a doubtful diagnosis: "Possible asthma?" is about asthma."""
    return core(text)


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
    _by_joined: dict[str, str | None] = field(default_factory=dict)
    _by_code: dict[str, str] = field(default_factory=dict)
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
        self._entries[entry.label] = Entry(
            entry.label,
            tuple(dict.fromkeys(had.codes + entry.codes)),
            tuple(dict.fromkeys(had.aliases + entry.aliases)),
            had.must_not_miss or entry.must_not_miss,
        )
        for name in (entry.label, *entry.aliases):
            if tokens(name):
                self._by_name.setdefault(tokens(name), entry.label)
                _only(self._by_joined, joined(name), entry.label)
        for code in entry.codes:
            self._by_code.setdefault(_bare(code), entry.label)
        short = initials(entry.label)
        if len(short) >= _MIN_INITIALS:
            _only(self._by_initials, short, entry.label)

    def __iter__(self) -> Iterator[Entry]:
        """The entries in the order they became known."""
        return iter(self._entries.values())

    def entry(self, label: str) -> Entry | None:
        """The entry of exactly this label."""
        return self._entries.get(label)

    def find(self, text: str) -> str | None:
        """The label that a name, alias or unique initials mean; words that only resemble one mean none."""
        label = self._by_name.get(tokens(text)) or self._by_joined.get(joined(text))
        if label is None and re.fullmatch(r"[A-Z]{3,6}", text.strip()):
            label = self._by_initials.get(text.strip().lower())
        return label

    def own(self, text: str) -> str | None:
        """The label whose own name it is; an alias may be wider or narrower than its label."""
        label = self._by_name.get(tokens(text))
        return label if label is not None and tokens(label) == tokens(text) else None

    def by_code(self, code: str | None) -> str | None:
        """The label of a code, or of the nearest wider ICD-10 code that has one."""
        bare = _bare(code or "")
        if bare in self._by_code or not category(code):
            return self._by_code.get(bare)
        return next(
            (self._by_code[bare[:n]] for n in range(len(bare), 2, -1) if bare[:n] in self._by_code), None
        )

    def name(self, text: str, code: str | None) -> Named:
        """Bring a clinic's words and code to a label; words decide, and the code must not contradict them.

        Words that say less than the code's own label leave the choice to the code ("diabetes", E11.9).
        Unknown words are taken as the code's label only where both plainly mean the same.
        """
        label, coded = self.find(text), self.by_code(code)
        if label is not None:
            if coded is not None and tokens(label) < tokens(coded):
                return Named(coded, agrees=True, suggested=coded)
            return Named(label, self._agrees(label, code, coded), coded)
        if coded is not None and self._alike(text, coded):
            return Named(coded, agrees=True, suggested=coded)
        return Named(None, None, coded)

    def coded(self, text: str, code: str | None, *, said: str | None = None) -> Named:
        """Bring a code and what it is called to a label; `said` are other words beside it, if there are any.

        The code decides, or a label of that very name; words that mean something else contradict it.
        """
        label = self.by_code(code) or self.own(text)
        other = (self.own(said) or self.find(said)) if said else None
        if other is not None and not _meet(other, label or text):
            return Named(other, agrees=False, suggested=label)
        if label is not None and code is not None:
            self.add(Entry(label, (code,)))
        return Named(label, True if label else None, label)

    def _agrees(self, label: str, code: str | None, coded: str | None) -> bool | None:
        """Whether a code stands for a label; a wider or narrower one does, a sibling's does not."""
        if coded == label:
            return True
        if not category(code):
            return None
        if coded is not None:
            return self._is_akin(label, coded)
        known = {category(own) for own in self._entries[label].codes} - {""}
        return category(code) in known if known else None

    def _is_akin(self, one: str, other: str) -> bool:
        """Whether one of two labels is a kind of the other, by its words or by its codes."""
        words = tokens(one), tokens(other)
        first, second = (tuple(map(_bare, self._entries[label].codes)) for label in (one, other))
        by_code = any(a.startswith(second) for a in first) or any(b.startswith(first) for b in second)
        return words[0] <= words[1] or words[1] <= words[0] or by_code

    def _alike(self, text: str, coded: str) -> bool:
        """Whether unknown words say what the code's label says: less of it, its initials, or misspelt."""
        ours, theirs = tokens(text), tokens(coded)
        telling = {word for word in ours & theirs if not is_qualifier(word)}
        if telling and (ours < theirs or (theirs < ours and not says_more(ours, theirs))):
            return True
        entry = self._entries[coded]
        return plain(text) == initials(coded) or any(misspelt(text, name) for name in (coded, *entry.aliases))


def _bare(code: str) -> str:
    """A code as it is looked up: an ICD-10 code without its dot, any other as it is."""
    upper = code.upper().strip()
    return re.sub(r"[^A-Z0-9]", "", upper) if category(upper) else upper


def _only(table: dict[str, str | None], key: str, label: str) -> None:
    """Let a key mean a label; where two labels claim it, neither."""
    if table.setdefault(key, label) != label:
        table[key] = None


def _meet(one: str, other: str) -> bool:
    """Whether one name says what the other says, and more, but not another disease."""
    first, second = tokens(one), tokens(other)
    return (first <= second and not says_more(second, first)) or (
        second <= first and not says_more(first, second)
    )
