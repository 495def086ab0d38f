"""Notes for training: frames filled with invented people, mixed into real prose, in every case."""

import random
import re
from dataclasses import dataclass, field

from bench.deid_tagger_world.borrowed import borrowed
from bench.deid_tagger_world.names import Maker
from bench.deid_tagger_world.prose import clauses, sentences
from bench.deid_tagger_world.slots import (
    PERSONS,
    PLACES,
    SORTED,
    SORTS,
    WORDS,
    form_of,
    frames,
    kind_of,
    pieces,
)

_PICK = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([a-zA-Z0-9]+)\}")
_ACTOR = re.compile(
    r"\b(?:[Tt]he patient|She|He|Patient|Pt)"
    r"(?= (?:is|was|has|had|denies|reports|states|will|did|does|says)\b)"
)
_KINSMAN = re.compile(
    r"\b(?:[Hh]is|[Hh]er|[Tt]he|[Mm]y) (?:wife|husband|son|daughter|mother|father|sister|brother|mom)\b"
)
_HOUSE = re.compile(
    r"\b(?:the|our|an outside) (?:hospital|emergency room|clinic|emergency department|nursing home)\b"
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass
class Made:
    """A note: its text, the names and places in it, and what a rule would surely have taken."""

    text: str = ""
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    taken: list[tuple[int, int]] = field(default_factory=list)


class Writer:
    """Writes one note."""

    def __init__(self, dice: random.Random, part: str = "train") -> None:
        self.dice, self.part, self.made, self.make = dice, part, Made(), Maker(dice)
        make = self.make
        cast = [(make.given(), make.family()) for _ in range(6)]
        self.patient, self.kin, self.staff = cast[0], cast[1:3], cast[3:]
        if dice.random() < 0.5:
            self.kin = [(given, cast[0][1]) for given, _ in self.kin]
        self.noise = dice.choice((0, 0, 0, 0, 0.02, 0.06))
        self.bare = dice.random() < 0.12
        self.case = dice.choices(("as_is", "lower", "upper", "loose", "terse"), (48, 20, 15, 8, 9))[0]

    def note(self) -> Made:
        """A note of one kind with sentences of others and of real prose among them."""
        kinds = frames()
        kind, dice = kind_of(self.dice), self.dice
        lines = kinds[kind]
        end = "\n" if kind in ("form", "hl7", "table") else dice.choice((" ", " ", "\n"))
        for _ in range(dice.randint(2, 9)):
            draw = dice.random()
            if draw < 0.36:
                self.write(dice.choice(lines))
            elif draw < 0.45:
                self.write(dice.choice(borrowed()))
            elif draw < 0.68:
                self._composed()
            elif draw < 0.8:
                self.write(
                    dice.choice(kinds[dice.choice(("plain", "plain", "negative", "phone", "nursing"))])
                )
            else:
                self._real()
            self.put(end)
        self._turn_case()
        return self.made

    def put(self, words: str, label: str = "", *, taken: bool = False) -> None:
        """Write words; with a label they are a name or a place."""
        if self.noise:
            words = " ".join(self._spoilt(word) for word in words.split(" "))
        start = len(self.made.text)
        self.made.text += words
        if label:
            lead = 4 if words[:4].lower() == "the " else 0
            self.made.spans.append((start + lead, start + len(words), label))
        elif taken:
            self.made.taken.append((start, start + len(words)))

    def _spoilt(self, word: str) -> str:
        if len(word) < 4 or self.dice.random() > self.noise:
            return word
        at = self.dice.randrange(1, len(word) - 1)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return self.dice.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))

    def write(self, frame: str) -> None:
        """Fill one frame."""
        for _ in range(3):
            frame = _PICK.sub(lambda found: self.dice.choice(found.group(1).split("|")), frame)
        at = 0
        for found in _SLOT.finditer(frame):
            self._plain(frame[at : found.start()])
            at = found.end()
            self.slot(found.group(1))
        self._plain(frame[at:])

    def _plain(self, words: str) -> None:
        self.put(re.sub(r"[,.;](?=\s|$)", "", words) if self.bare else words)

    def _real(self) -> None:
        """A sentence of real prose, at times with one of the people put where it speaks of somebody."""
        one = self.dice.choice(sentences(self.part))
        at = 0
        for pattern, slot in ((_ACTOR, "act"), (_KINSMAN, "kinsman"), (_HOUSE, "h")):
            found = pattern.search(one)
            if found and self.dice.random() < 0.7:
                at = found.end()
                self.put(one[: found.start()])
                self.slot(slot)
                break
        self.put(one[at:])

    def _composed(self) -> None:
        """A beginning, a name or a place, and an end that have nothing to do with each other."""
        dice, sort = self.dice, self.dice.choice(SORTS)
        around = pieces()[sort]
        if dice.random() < 0.5:
            self._plain(self._clause() + dice.choice((". ", ", ", " - ", "; ", " ")))
        self._plain(dice.choice(around["before"]))
        draw = dice.random()
        if draw < 0.12:
            self.put(dice.choice(around["plain"]))
        elif draw < 0.25:
            self.put(self._clause())
        else:
            self.slot(dice.choice(SORTED[sort]))
        self._plain(dice.choice(around["after"]))
        if dice.random() < 0.6:
            self._plain(" " + self._clause() + dice.choice((".", "", ",")))

    def slot(self, name: str) -> None:
        """Fill one slot."""
        if name in PERSONS:
            self._person(name)
        elif name in PLACES:
            label, make = PLACES[name]
            self.put(make(self.make), label)
        elif name == "kinsman":
            self.put(self.dice.choice(("his ", "her ", "")) + self.make.one("kin") + " ")
            self._person("r")
        elif name == "act":
            self._person(self.dice.choice(("p", "pl", "pf", "m")))
        elif name == "c":
            self.put(self._clause())
        elif name == "S":
            self.put(self.dice.choice(sentences(self.part)))
        else:
            self.put(
                self._other(name), taken=name in ("date", "zip", "ph", "id") and self.dice.random() < 0.8
            )

    def _clause(self) -> str:
        """A short sentence, or what is left of one from any word on."""
        if self.dice.random() < 0.5:
            return self.dice.choice(clauses(self.part))
        parts = self.dice.choice(sentences(self.part)).rstrip(".").split(" ")
        start = self.dice.randrange(len(parts))
        return " ".join(parts[start : start + self.dice.randint(1, 9)])

    def _other(self, name: str) -> str:
        dice, make = self.dice, self.make
        if name in WORDS:
            return make.one(WORDS[name])
        number = dice.randint(1, 30)
        made = {
            "n": str(number),
            "age": f"{dice.randint(18, 89)}",
            "dur": f"{number} {dice.choice(('days', 'weeks', 'months', 'years', 'hours'))}",
            "time": dice.choice(
                (f"{number % 24:02}:{number:02}", f"{number % 24:02}00", f"{number % 12 + 1} pm")
            ),
            "date": dice.choice(
                (
                    f"{number}/{number % 12 + 1}",
                    f"{number} {make.one('month')}",
                    f"{make.one('month')[:3]} {number}",
                )
            ),
            "year": str(1980 + number),
            "ward": f"{number}{dice.choice('ABW')}",
            "ph": f"{dice.randint(200, 999)}-555-{dice.randint(1000, 9999)}",
            "id": f"{dice.randint(10**5, 10**7)}",
            "zip": f"{dice.randint(10**4, 10**5)}",
            "poss": dice.choice(("his", "her", "their")),
            "poss2": dice.choice(("His", "Her", "Their")),
            "obj": dice.choice(("her", "him", "them")),
            "at": dice.choice(("at", "in")),
            "k2": make.one("kin").capitalize(),
            "drug": make.drug() if name == "drug" else "",
            "d": f"{make.drug()} {number} mg" if name == "d" else "",
            "e": make.eponym() if name == "e" else "",
            "e1": make.bearer() if name == "e1" else "",
            "e0": make.one("head"),
            "w": make.word(),
            "W": make.word().capitalize(),
            "AB": "".join(dice.choice("ABCDEFGHILMNOPRSTUV") for _ in range(dice.randint(2, 4))),
        }
        return made[name]

    def _person(self, name: str) -> None:
        """A person in the form that the slot asks for, or in one of many."""
        dice = self.dice
        group = {"p": [self.patient], "r": self.kin, "s": self.staff}.get(name[0])
        given, family = dice.choice(group or [self.patient, *self.kin, *self.staff])
        if name in ("m", "r2") and dice.random() < 0.4:
            given, family = self.make.given(), self.make.family()
        form = {"rr": "full", "ss": "full", "ini": "ini"}.get(name, name[1:]) or form_of(name, dice)
        if form == "t" or name == "s" and form == "full" and dice.random() < 0.3:
            self.put(self.make.one("doctor" if name == "s" else "title") + " ")
            form = dice.choice(("l", "l", "full"))
        short = {
            "f": given, "2": given, "l": family, "F": given.upper(), "L": family.upper(),
            "lf": f"{family}, {given}", "LF": f"{family.upper()}, {given.upper()}",
            "i": f"{given[0]}. {family}", "fi": f"{given} {family[0]}.",
            "ini": f"{given[0]}{family[0].upper()}",
        }  # fmt: skip
        self.put(short.get(form) or self.make.full(given, family), "NAME")

    def _turn_case(self) -> None:
        text = self.made.text
        if self.case == "loose":
            self.made.text = "".join(
                part.lower() if self.dice.random() < 0.5 and len(part.lower()) == len(part) else part
                for part in re.split(r"(?<=\s)", text)
            )
        elif self.case == "terse":
            self.made.text = _WORD.sub(lambda word: _terse(word.group()), text)
        elif self.case != "as_is":
            turned = [sign.lower() if self.case == "lower" else sign.upper() for sign in text]
            self.made.text = "".join(
                after if len(after) == 1 else sign for sign, after in zip(text, turned, strict=True)
            )


def _terse(word: str) -> str:
    """The word without its capital, an abbreviation as it is."""
    low = word.lower()
    return word if word.isupper() and len(word) > 1 or len(low) != len(word) else low
