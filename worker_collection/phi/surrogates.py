"""What takes a span's place where the policy wants surrogates: of its kind and format, one an entity."""

import re
import string
import tomllib
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from worker_collection.phi.lexicon import fold
from worker_collection.phi.spans import Span

_FILE = Path(__file__).parent / "surrogates.toml"
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PIECE = re.compile(r"\d+|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SIGNS = re.compile(r"[\W_]+")
_BETWEEN_PEOPLE = re.compile(r"(?<=[^\W\d_]{3})(\.\s|;\s|\sand\s)")
_NAMED, _PLACED = frozenset({"NAME"}), frozenset({"ADDRESS", "HOSPITAL", "ORG"})
_MARKED = frozenset({"DATE", "AGE", "BIOMETRIC"})
_TRIES = 50


@dataclass
class Surrogates:
    """The replacements of one person.

    Args:
        drawn: what stands for what so far, by class and folded value; new draws are added to it.
        random: where draws come from: the system's own, but for tests.
        forbidden: folded words that may never be drawn, such as the patient's own.
        sex: "f" or "m" where it is known of the patient.
    """

    drawn: MutableMapping[str, str]
    random: Random
    forbidden: frozenset[str] = frozenset()
    sex: str = ""

    def put(self, text: str, spans: Sequence[Span]) -> list[Span]:
        """The spans with a surrogate each; one that has a replacement already, as a year, keeps it."""
        return [
            span._replace(put=self._of(text, span))
            if span.put is None and span.label not in _MARKED
            else span
            for span in spans
        ]

    def _of(self, text: str, span: Span) -> str:
        said = text[span.start : span.end]
        if span.label in _NAMED:  # two people side by side are one span: "Ann Lee. Moor, Jo"
            return "".join(map(self._name, _BETWEEN_PEOPLE.split(said)))
        if span.label in _PLACED:
            return self._place(said, span.label)
        if span.label == "EMAIL":
            return self._one("EMAIL", said, lambda: f"{self._letters(4)}.{self._letters(6)}@example.org")
        if span.label == "URL":
            return self._one("URL", said, lambda: f"https://example.org/{self._letters(8)}")
        return self._one(span.label, said, lambda: self._formed(said))

    def _name(self, said: str) -> str:
        """A name word by word: the same word is the same surrogate, first names stay first names."""
        words = [word for word in _WORD.findall(said) if fold(word) not in _kept()]
        turned = bool(re.match(r"[^\W\d_][^,]*,\s*[^\W\d_]", said))
        family = words[:1] if turned else words[-1:] if len(words) > 1 or _has_title(said) else []
        pool = self._given(said)
        return _WORD.sub(lambda match: self._name_word(match.group(), match.group() in family, pool), said)

    def _name_word(self, word: str, is_family: bool, pool: tuple[str, ...]) -> str:  # noqa: FBT001
        if fold(word) in _kept():
            return word
        if len(word) == 1:
            return self._one("INITIAL", word, lambda: self.random.choice(string.ascii_uppercase))
        names = _table("family") if is_family else pool
        return _cased(self._one("NAME", word, lambda: self.random.choice(names)), word)

    def _given(self, said: str) -> tuple[str, ...]:
        words = {fold(word) for word in _WORD.findall(said)}
        if words & _folded("female_titles"):
            return _table("female")
        if words & _folded("male_titles"):
            return _table("male")
        return {"f": _table("female"), "m": _table("male")}.get(self.sex, _table("female") + _table("male"))

    def _place(self, said: str, label: str) -> str:
        """A place piece by piece: what kind of place it is stays, names and numbers go."""
        return _PIECE.sub(lambda match: self._place_piece(match.group(), label), said)

    def _place_piece(self, piece: str, label: str) -> str:
        if piece.isdigit():
            return self._one(label, piece, lambda: self._formed(piece))
        is_state = len(piece) == 2 and piece.isupper()  # noqa: PLR2004 - a state may stay
        if fold(piece) in _kept() or len(piece) == 1 or is_state:
            return piece
        return _cased(self._one("PLACE", piece, lambda: self.random.choice(_table("place"))), piece)

    def _formed(self, said: str) -> str:
        """Signs of the same sort in the same places: digits for digits, letters for letters."""
        return "".join(map(self._sign, said))

    def _sign(self, sign: str) -> str:
        if sign.isdigit():
            return self.random.choice(string.digits)
        if sign.isalpha():
            letters = string.ascii_uppercase if sign.isupper() else string.ascii_lowercase
            return self.random.choice(letters)
        return sign

    def _letters(self, count: int) -> str:
        return "".join(self.random.choice(string.ascii_lowercase) for _ in range(count))

    def _one(self, kind: str, said: str, draw: Callable[[], str]) -> str:
        """The surrogate of a value: the one it has, or a fresh one that is neither it nor anybody's here."""
        value = _SIGNS.sub("", fold(said))
        key = f"{kind}|{value}"
        if key not in self.drawn:
            taken = self.forbidden | {value}
            drawn = (draw() for _ in range(_TRIES))
            fresh = next((one for one in drawn if _SIGNS.sub("", fold(one)) not in taken), None)
            self.drawn[key] = f"[{kind}]" if fresh is None else fresh
        return self.drawn[key]


def without(spans: Iterable[Span], *, zip_digits: int, facilities: str) -> list[Span]:
    """The spans as the policy wants places: a ZIP code without digits, an institution without its kind."""
    answer = []
    for span in spans:
        if span.label == "ADDRESS" and span.put is not None and zip_digits == 0:
            span = span._replace(put=None)  # noqa: PLW2901
        if span.label in ("HOSPITAL", "ORG") and facilities == "removed":
            span = span._replace(put="[REMOVED]")  # noqa: PLW2901
        answer.append(span)
    return answer


def with_clinicians(text: str, spans: Iterable[Span], staff: frozenset[str]) -> list[Span]:
    """The spans with the staff and whoever is called a doctor marked as clinicians."""
    return [
        span._replace(put="[CLINICIAN]")
        if span.label == "NAME" and _is_clinician(text, span, staff)
        else span
        for span in spans
    ]


_DOCTOR = re.compile(
    r"(?:dra?|doctor|prof|professor|nurse|sister)\b|.*\b(?:md|rn|np|do|mbbs|frcs)$", re.IGNORECASE
)


def _is_clinician(text: str, span: Span, staff: frozenset[str]) -> bool:
    said = text[span.start : span.end]
    words = {fold(word) for word in _WORD.findall(said)} - _kept()
    return bool(_DOCTOR.match(said)) or bool(words) and words <= staff


def _has_title(said: str) -> bool:
    first = _WORD.match(said)
    return first is not None and fold(first.group()) in _kept()


def _cased(fresh: str, word: str) -> str:
    if word.isupper() and len(word) > 1:
        return fresh.upper()
    return fresh.lower() if word.islower() else fresh


@cache
def _kept() -> frozenset[str]:
    return _folded("kept") | _folded("female_titles") | _folded("male_titles")


@cache
def _folded(name: str) -> frozenset[str]:
    return frozenset(fold(word) for word in _table(name))


@cache
def _table(name: str) -> tuple[str, ...]:
    return tuple(_read()[name].split())


@cache
def _read() -> Mapping[str, str]:
    return tomllib.loads(_FILE.read_text())
