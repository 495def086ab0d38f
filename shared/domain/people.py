"""When two rows may be one person: spelt otherwise, day and month swapped, under a former name.

Never by a birth date alone: each clue holds a name, or half of one, too. What is only likely joins two into
one group, which is the safe side of a split; the link says why and how sure it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.domain.naming import plain

# What a clue is called in the record of a link, and how sure it is.
REASONS = {
    "swap": ("day and month of birth swapped", 0.8),
    "sounds": ("name that sounds alike, same birth date", 0.75),
    "half": ("name with one part misspelt, same birth date", 0.7),
    "former": ("same given name, birth date and telephone or address", 0.7),
    "heard": ("name that sounds alike, same age, blood group and height", 0.7),
}
SAME = ("same identity", 1.0)
_SOUNDS = (("sch", "s"), ("ph", "f"), ("th", "t"), ("ck", "k"), ("sh", "s"), ("dt", "t"), ("x", "ks"))
_LETTERS = str.maketrans({"c": "k", "q": "k", "z": "s", "w": "v", "y": "i", "j": "i"})
_PREFIX, _LONG = 3, 5


@dataclass(frozen=True)
class Clues:
    """Names of a person, in the forms in which they are compared; each begins with its kind."""

    sure: tuple[str, ...]
    near: tuple[str, ...]  # what is looked for
    marks: tuple[str, ...]  # what is left for others to find


def reason_of(clue: str) -> tuple[str, float] | None:
    """Why a clue links two persons, and how sure that is; None for one that says nothing by itself."""
    return REASONS.get(clue.partition(":")[0])


def sounds(name: str) -> str:
    """A name as it is heard: consonants alone, one letter for those that are confused."""
    return " ".join(sorted(_heard(word) for word in plain(name).split()))


def clues(name: str, born: date, *, sex: str = "", contacts: Sequence[str] = ()) -> Clues:
    """What finds a person of a name and a birth date again.

    Args:
        name: as the source writes it, in any order of its parts.
        born: the birth date.
        sex: one letter, or nothing.
        contacts: telephone numbers and addresses.
    """
    words = sorted(plain(name).split())
    day = born.isoformat()
    both = [f"sounds:{sounds(name)}|{day}"]
    if born.day <= 12 and born.day != born.month:
        low, high = sorted((born.day, born.month))
        both.append(f"swap:{' '.join(words)}|{born.year}-{low}-{high}")
    given = _given(name)
    found = {_contact(contact) for contact in contacts} - {""}
    both += [f"former:{given}|{day}|{sex}|{contact}" for contact in sorted(found) if given]
    left, sought = _halves(words, day)
    sure = f"born:{' '.join(words)}|{day}"
    return Clues((sure,), tuple(dict.fromkeys([*both, *sought])), tuple(dict.fromkeys([*both, *left])))


def _halves(words: Sequence[str], day: str) -> tuple[list[str], list[str]]:
    """One part of the name in full, of another the begin or the end and the length: as left, and as sought.

    A slip of the pen spares one end and changes the length by one at most. Short names and those with figures
    are other names when one letter differs.
    """
    left, sought = [], []
    for one in words:
        for other in words:
            if one is other or len(other) < _LONG or not other.isalpha():
                continue
            for part in (f"{other[:_PREFIX]}-", f"-{other[-_PREFIX:]}"):
                left.append(f"half:{one}|{part}{len(other)}|{day}")
                sought += [f"half:{one}|{part}{len(other) + step}|{day}" for step in (-1, 0, 1)]
    return left, sought


def _heard(word: str) -> str:
    if len(word) <= 3:
        return word
    for written, said in _SOUNDS:
        word = word.replace(written, said)
    word = word.translate(_LETTERS)
    first = "a" if word[0] in "aeiou" else word[0]
    rest = re.sub(r"[aeiouh]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", first + rest)


def _given(name: str) -> str:
    """The given name: the first word, or the first behind the comma."""
    behind = name.partition(",")[2] or name
    words = plain(behind).split()
    return words[0] if words else ""


def _contact(text: str) -> str:
    """A telephone number by its last eight digits, an address by its letters and digits."""
    digits = re.sub(r"\D", "", text)
    letters = plain(text)
    if re.search(r"[a-z]{3}", letters):
        return letters.replace(" ", "")
    return digits[-8:] if len(digits) >= 7 else ""
