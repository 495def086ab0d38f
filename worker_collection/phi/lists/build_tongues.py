"""Writes the words of other languages than English: how, is said in SOURCES.txt beside it.

`python -m worker_collection.phi.lists.build_tongues SCRATCH` reads `SCRATCH/pip` (what SOURCES.txt says to
put there). A language has three paragraphs: what tells it from others, its words that no other list has, and
those of its everyday words that the lists of names and towns have too.
"""

import gzip
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from textwrap import fill

from worker_collection.phi import cues
from worker_collection.phi.lexicon import (
    EPONYM,
    GIVEN,
    HEAD,
    MEDICINE,
    NAME,
    PUBLIC,
    TOWN,
    WORD,
    fold,
    known_flags,
)
from worker_collection.phi.lists.build import Source

HERE = Path(__file__).parent
LANGUAGES = ("de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "pl")
_PLURAL_BY_S = ("fr", "es", "pt")
_TELLING, _EVERYDAY, _COMMON, _RARE = (
    4.5,
    4.0,
    3.7,
    2.6,
)  # how often a word is said: 10 ** (x - 9) of all words
_BY_GRAMMAR = 5.0  # so often is hardly a name said, whoever bears it
_OWN = 1.0  # tenfold as often as in English
_BORNE = 0.003  # per cent of the people asked: so many bear a name that is one first
_ELSEWHERE = 6  # languages that say a word about as often: then it is a name or a brand
_SHARED = 0.7  # of the letters of a word its other forms have too


@dataclass(frozen=True)
class Speech:
    """How often the words of one language are said, as wordfreq tells it."""

    path: Path
    owns_by_s: bool  # "Anders Buch"

    @cached_property
    def shares(self) -> dict[str, float]:
        """Words and the logarithm of how often each stands in a thousand million words."""
        found: dict[str, float] = {}
        for centibels, words in enumerate(_Packed(gzip.decompress(self.path.read_bytes())).read()[1:]):
            for word in words:
                found.setdefault(fold(word), 9 - centibels / 100)
        return {word: share for word, share in found.items() if word.isalpha() and len(word) > 1}

    @cached_property
    def forms(self) -> dict[str, list[str]]:
        """The words that are said at all by how they begin."""
        found = defaultdict(list)
        for word, share in self.shares.items():
            if share >= _RARE - 0.5:
                for size in {_stem(len(word) + more) for more in range(-2, 3)}:
                    found[word[:size]].append(word)
        return found

    def is_bent(self, word: str) -> bool:
        """Whether other forms of the word are said, and not only the one with an s that names have too."""
        bare = word.removesuffix("s") if self.owns_by_s else word
        return any(
            form.removesuffix("s" if self.owns_by_s else "") != bare
            for form in self.forms.get(word[: _stem(len(word))], ())
        )


def _stem(size: int) -> int:
    return max(3, ceil(_SHARED * size))


class _Packed:
    """Reads the lists, texts and small numbers of a MessagePack file."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def read(self) -> list[list[str]]:
        value = self._value()
        if not isinstance(value, list):
            raise ValueError("this is no list of words")
        return value

    def _value(self) -> object:
        sign = self._bytes(1)[0]
        if sign < 0x80:
            return sign
        if sign < 0x90:
            return {self._value(): self._value() for _ in range(sign & 15)}
        if sign < 0xA0 or sign in (0xDC, 0xDD):
            size = sign & 15 if sign < 0xA0 else self._number(2 << (sign - 0xDC))
            return [self._value() for _ in range(size)]
        if sign < 0xC0 or sign in (0xD9, 0xDA, 0xDB):
            size = sign & 31 if sign < 0xC0 else self._number(1 << (sign - 0xD9))
            return self._bytes(size).decode()
        if sign in (0xCC, 0xCD, 0xCE):
            return self._number(1 << (sign - 0xCC))
        raise ValueError(f"no such value is read here: {sign:#x}")

    def _number(self, size: int) -> int:
        return int.from_bytes(self._bytes(size), "big")

    def _bytes(self, size: int) -> bytes:
        self.at += size
        return self.raw[self.at - size : self.at]


def tongue(name: str, speeches: dict[str, Speech], source: Source) -> Iterator[list[str]]:
    """What tells a language, its words, and its words that are names as well, the commonest first."""
    speech, shares = speeches[name], speeches[name].shares
    known = {word: known_flags(word) for word in shares}
    own = {word for word in shares if _is_own(word, name, speeches)}
    given, family = set(source.invented("first_names", name)), set(source.invented("last_names", name))
    particles = cues.names("particles") | cues.group("leading")
    yield [
        word
        for word, share in shares.items()
        if share >= _TELLING
        and word in own
        and word not in particles
        and not known[word] & ~(HEAD | MEDICINE)
    ]
    yield [
        word
        for word, share in shares.items()
        if share >= _RARE
        and not known[word] & ~(HEAD | MEDICINE)
        and (share >= _COMMON or speech.is_bent(word))
        and not _is_everywhere(word, name, speeches)
    ]
    yield [
        word
        for word, share in shares.items()
        if share >= _EVERYDAY
        and word in own
        and known[word] & (NAME | TOWN | EPONYM)
        and not known[word] & (WORD | PUBLIC)
        and word not in given
        and (share >= _BY_GRAMMAR or word not in family and _is_hardly_borne(word, known[word], source))
    ]


def _is_own(word: str, name: str, speeches: dict[str, Speech]) -> bool:
    return speeches[name].shares[word] - speeches["en"].shares.get(word, 0) >= _OWN


def _is_everywhere(word: str, name: str, speeches: dict[str, Speech]) -> bool:
    share = speeches[name].shares[word]
    others = (speech.shares.get(word, 0) for other, speech in speeches.items() if other != name)
    return sum(other >= share - 0.7 for other in others) >= _ELSEWHERE


def _is_hardly_borne(word: str, flags: int, source: Source) -> bool:
    return not flags & (GIVEN | TOWN) and source.family.get(word, 0.0) < _BORNE


def main() -> None:
    """Write the words of every language."""
    source = Source(Path(sys.argv[1]), Path())
    data = source.root / "pip/wordfreq/data"
    sizes = {name: "small" if name == "da" else "large" for name in (*LANGUAGES, "en")}
    speeches = {
        name: Speech(data / f"{size}_{name}.msgpack.gz", name not in _PLURAL_BY_S)
        for name, size in sizes.items()
    }
    for name in LANGUAGES:
        paragraphs = [
            fill(" ".join(words), 110, break_on_hyphens=False) for words in tongue(name, speeches, source)
        ]
        (HERE / f"tongue_{name}.txt").write_text("\n\n".join(paragraphs) + "\n")
        sys.stdout.write(f"{name} {' '.join(str(len(part.split())) for part in paragraphs)}\n")


if __name__ == "__main__":
    main()
