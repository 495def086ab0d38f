"""The people of a note: from lists, spliced from syllables, and called like everyday words."""

import random
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_VOWELS = "aeiouyáéíóúàèäöüøåâêôăąęıœæ"
_KIN = {
    "f": "wife|daughter|sister|mother|aunt|niece|granddaughter|partner|mum|stepmother|girlfriend",
    "m": "husband|son|brother|father|uncle|nephew|grandson|partner|dad|stepson|brother-in-law|boyfriend",
}
Piece = tuple[str, str | None]  # words, and the label where they identify


@dataclass
class Person:
    """Somebody of a note; a family name may be several words."""

    first: str
    last: str
    is_female: bool
    middle: str = ""

    @property
    def full(self) -> str:
        """Given and family name."""
        return f"{self.first} {self.last}"

    @property
    def login(self) -> str:
        """The name by which a hospital system knows a clinician."""
        flat = unicodedata.normalize("NFKD", self.first[0] + self.last.split()[-1])
        return re.sub(r"[^a-z]", "", flat.lower())

    def pieces(self, form: str) -> list[Piece]:
        """The name in a slot's form, as words with and without a label."""
        if form in ("kin", "he", "his", "him", "He", "His", "mr", "dr"):
            return [(self._word(form), None)]
        if form == "t":
            return [(self._word("mr") + " ", None), (self.last, "NAME")]
        if form == "hl7":
            return [(self.last.upper(), "NAME"), ("^", None), (self.first.upper(), "NAME")]
        return [(self._shown(form), "NAME")]

    def _shown(self, form: str) -> str:
        initials = "".join(word[0] for word in (self.first, *self.last.split()) if word[0].isalpha()).upper()
        return {
            "": self.full,
            "f": self.first,
            "l": self.last,
            "lf": f"{self.last}, {self.first}",
            "LF": f"{self.last.upper()}, {self.first.upper()}",
            "LFj": f"{self.last.upper()},{self.first.upper()}",
            "Lf": f"{self.last.upper()} {self.first}",
            "L": self.last.upper(),
            "F": self.first.upper(),
            "il": f"{self.first[0]}. {self.last}",
            "iL": f"{self.first[0]} {self.last}",
            "fi": f"{self.first} {self.last[0]}.",
            "mid": f"{self.first} {self.middle[:1]}. {self.last}",
            "long": f"{self.first} {self.middle} {self.last}",
            "ini": initials[:3],
            "dots": ".".join(initials[:3]) + ".",
            "login": self.login,
            "typo": f"{self.first} {_misspelt(self.last)}",
        }[form]

    def _word(self, form: str) -> str:
        pick = 0 if self.is_female else 1
        words = {
            "he": ("she", "he"),
            "his": ("her", "his"),
            "him": ("her", "him"),
            "He": ("She", "He"),
            "His": ("Her", "His"),
        }
        return {**words, "mr": ("Mrs", "Mr"), "dr": ("Dr", "Dr")}[form][pick]


def kin(person: Person, dice: random.Random) -> str:
    """What somebody is to the patient."""
    return dice.choice(_KIN["f" if person.is_female else "m"].split("|"))


def person(place: str, dice: random.Random, *, last: str | None = None) -> Person:
    """Somebody of a place; two in five have a name that is in no list, one in eight an everyday word."""
    names = names_of(place)
    is_female = dice.random() < 0.5
    sex = "f" if is_female else "m"
    first, middle = (_name(names[sex], sex, dice) for _ in range(2))
    return Person(first, last or _name(names["l"], "l", dice), is_female, middle)


def _name(names: list[str], kind: str, dice: random.Random) -> str:
    drawn = dice.random()
    if drawn < 0.12:
        return dice.choice(_wordlike()[kind])
    return spliced(names, dice) if drawn < 0.52 else dice.choice(names)


def spliced(names: list[str], dice: random.Random) -> str:
    """A name of the same sound that is nobody's: the head of one and the tail of another."""
    for _ in range(12):
        head, tail = dice.sample(names, 2)
        cuts = [
            at for at in range(2, len(head) - 1) if head[at - 1].lower() in _VOWELS and head[at].isalpha()
        ]
        ends = [
            at
            for at in range(1, len(tail) - 1)
            if tail[at].lower() not in _VOWELS and tail[at].isalpha() and tail[at - 1].lower() in _VOWELS
        ]
        if cuts and ends:
            made = head[: dice.choice(cuts)] + tail[dice.choice(ends) :]
            if 4 <= len(made) <= 14 and made not in names:
                return made
    return dice.choice(names)


def _misspelt(name: str) -> str:
    at = max(1, len(name) // 2)
    return name[:at] + name[at + 1 :] if len(name) > 6 else name[:at] + name[at] + name[at:]


@cache
def names_of(place: str) -> dict[str, list[str]]:
    """The lists of a place: given names of women and men, family names."""
    found = {**table("names").get(place, {}), **table("locales")[place]}
    return {kind: found[kind].split("|") for kind in "fml"}


@cache
def table(name: str) -> dict[str, Any]:
    """One of the lists of this package."""
    return tomllib.loads((HERE / f"{name}.toml").read_text())


@cache
def _wordlike() -> dict[str, list[str]]:
    return {kind: words.split("|") for kind, words in table("wordlike").items()}
