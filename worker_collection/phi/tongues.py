"""Which language but English a note is in, and the words of that language, which are nobody there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import takewhile
from pathlib import Path

from worker_collection.phi import cues
from worker_collection.phi.lexicon import CORE, VOCABULARY, known_flags

_LISTS = Path(__file__).parent / "lists"
_NAMES = ("de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "pl")
# Words of a language, and the share of all words, that a note in it has at least; the languages looked at.
_TELLING, _SHARE, _CLOSEST = 2, 0.12, 3
_ENGLISH = 0.35  # of all words among the commonest of English: then it is English, whoever stands in it
_COMPOUNDING = frozenset({"de", "nl", "sv", "da", "nb"})
_LINKS = ("", "s", "n", "en", "es", "er")
_SHORTEST_PART, _SHORTEST_WHOLE = 4, 8


@dataclass(frozen=True)
class Tongue:
    """One language."""

    name: str

    @cached_property
    def _paragraphs(self) -> list[frozenset[str]]:
        text = (_LISTS / f"tongue_{self.name}.txt").read_text(encoding="utf-8")
        return [frozenset(paragraph.split()) for paragraph in text.split("\n\n")]

    @property
    def has_capital_nouns(self) -> bool:
        """Whether a capital amid a sentence says nothing here."""
        return self.name == "de"

    @property
    def doubles(self) -> frozenset[str]:
        """Everyday words of this language that people and towns are called by: "fuente", "herz"."""
        return self._paragraphs[2]

    def has(self, key: str) -> bool:
        """Whether the folded word is one of this language that no other list has, or is joined from such."""
        return key in self._paragraphs[1] or self.name in _COMPOUNDING and self._is_joined(key)

    def explains(self, key: str) -> bool:
        """Whether the folded word is said in this language at all."""
        return key in self._paragraphs[1] or key in self._paragraphs[2]

    def _is_joined(self, key: str) -> bool:
        if len(key) < _SHORTEST_WHOLE or key.endswith(_ENDINGS):
            return False
        return any(
            self._is_part(key[cut:])
            and any(self._is_part(key[: cut - len(link)]) for link in _LINKS if key[:cut].endswith(link))
            for cut in range(_SHORTEST_PART, len(key) - _SHORTEST_PART + 1)
        )

    def _is_part(self, key: str) -> bool:
        return len(key) >= _SHORTEST_PART and (self.explains(key) or bool(known_flags(key) & VOCABULARY))


_ENDINGS = tuple(cues.group("name_endings"))  # "Steinbach" is no brook


def spoken(keys: Sequence[str]) -> Tongue | None:
    """The language of a note, None where it is English or too little is said to tell.

    Args:
        keys: the folded words of the note in order.
    """
    telling = _telling()
    told = Counter(name for key in keys if key in telling for name in telling[key])
    likely = [(hits, name) for name, hits in told.most_common(_CLOSEST)]
    if not likely:
        return None
    if sum(bool(known_flags(key) & CORE) for key in keys) > _ENGLISH * len(keys):
        return None  # before the words of any language are read
    found = max((sum(map(_tongue(name).explains, keys)), hits, name) for hits, name in likely)
    if found[0] < max(_TELLING, _SHARE * len(keys)):
        return None
    return _tongue(found[2])


@cache
def _tongue(name: str) -> Tongue:
    return Tongue(name)


@cache
def _telling() -> dict[str, tuple[str, ...]]:
    """The languages that each of the words that tell one belongs to."""
    found: dict[str, tuple[str, ...]] = {}
    for name in _NAMES:
        for word in _first_paragraph(_LISTS / f"tongue_{name}.txt").split():
            found[word] = (*found.get(word, ()), name)
    return found


def _first_paragraph(path: Path) -> str:
    """The beginning of a file, of which the rest is not read."""
    with path.open(encoding="utf-8") as file:
        return " ".join(takewhile(str.strip, file))
