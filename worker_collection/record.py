"""A person's record: a name accepted in one of his notes goes from all of them, and keeps its surrogate."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random, SystemRandom
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from shared.domain.deid import Dates, DeidPolicy
from shared.registry import deid
from shared.vault import Vault
from worker_collection.deidentify import Whose, draw_shift
from worker_collection.phi.lexicon import DOUBLE, EPONYM, HEAD, VOCABULARY, fold, kind
from worker_collection.phi.spans import Span
from worker_collection.phi.surrogates import Surrogates

SHIFT = "SHIFT|days"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NAMES = ("name", "aliases", "maiden_name", "contacts", "relatives", "providers")
_SHORTEST = 3


def names_in(text: str, spans: Iterable[Span], known: Mapping[str, Any]) -> frozenset[str]:
    """The words of a text, folded, that were taken for names, are little else, and stand in no row."""
    found = {
        fold(word)
        for span in spans
        if span.label == "NAME"
        for word in _WORD.findall(text, span.start, span.end)
        if len(word) >= _SHORTEST and _is_name_alone(word)
    }
    return frozenset(found - _told(known)) if found else frozenset()


def surrogates(drawn: Mapping[str, str]) -> list[str]:
    """What stands for somebody's values, without the days of his shift."""
    return [value for key, value in drawn.items() if key != SHIFT]


def _told(known: Mapping[str, Any]) -> set[str]:
    """The words of the names in the patient's row, which every row of his brings along."""
    values = [known.get(name) or () for name in _NAMES]
    names = [name for value in values for name in (value if isinstance(value, list | tuple) else [value])]
    return {fold(word) for name in names for word in _WORD.findall(str(name))}


def _is_name_alone(word: str) -> bool:
    flags = kind(word)
    return not flags & (EPONYM | HEAD) and (not flags & VOCABULARY or bool(flags & DOUBLE))


@dataclass
class Records:
    """What is kept of the persons whose notes are de-identified, and what is learnt of them meanwhile."""

    policy: DeidPolicy
    random: Random = field(default_factory=SystemRandom)
    _words: dict[UUID, frozenset[str]] = field(default_factory=dict)
    _drawn: dict[UUID, dict[str, str]] = field(default_factory=dict)
    _whose: dict[UUID, Whose] = field(default_factory=dict)

    def read(self, session: Session, persons: Collection[UUID], vault: Vault) -> None:
        """Read what is kept of these persons."""
        self._words = deid.words_of(session, persons, vault)
        self._whose = {}
        if self.policy.replace == "surrogates" or self.policy.dates is Dates.EXPERT_SHIFT:
            self._drawn = deid.surrogates_of(session, persons, vault)

    def of(self, person: UUID, known: Mapping[str, Any]) -> Whose:
        """Whose note it is."""
        whose = self._whose.get(person)
        if whose is None:
            whose = self._whose[person] = self._made(person, known)
        return whose

    def learn(self, person: UUID, names: Collection[str]) -> bool:
        """Take names for the person's; whether any of them is news."""
        before = self._words.get(person, frozenset())
        if before.issuperset(names):
            return False
        self._words[person] = before.union(names)
        self._whose.pop(person, None)
        return True

    def is_met(self, person: UUID, text: str) -> bool:
        """Whether a name of the person's may still stand in a text."""
        low = text.casefold()
        return any(word in low for word in self._words.get(person, ()))

    def store(self, session: Session, persons: Sequence[UUID], vault: Vault, *, now: datetime) -> None:
        """Keep what was learnt and drawn, beside the cases it was drawn for."""
        mine = set(persons)
        words = {person: words for person, words in self._words.items() if person in mine}
        drawn = {person: pairs for person, pairs in self._drawn.items() if person in mine}
        deid.keep_words(session, words, vault, now=now)
        deid.keep_surrogates(session, drawn, vault, now=now)

    def _made(self, person: UUID, known: Mapping[str, Any]) -> Whose:
        words = self._words.get(person, frozenset())
        if self.policy.replace != "surrogates" and self.policy.dates is not Dates.EXPERT_SHIFT:
            return Whose(words)
        drawn = self._drawn.setdefault(person, {})
        drawn.setdefault(SHIFT, str(draw_shift(self.random)))
        own = frozenset(fold(word) for word in str(known.get("name") or "").split())
        sex = str(known.get("sex") or "").lower()[:1]
        surrogates = Surrogates(drawn, self.random, forbidden=own | words, sex=sex)
        return Whose(words, surrogates, int(drawn[SHIFT]))
