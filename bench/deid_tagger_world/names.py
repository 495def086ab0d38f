"""Invented people, places and firms: half from the engine's lists, half from sounds and letters alone."""

import random
import re
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

from worker_collection.phi.lexicon import NAME, VOCABULARY, kind

HERE = Path(__file__).parent
LISTS = HERE.parent.parent / "worker_collection" / "phi" / "lists"
_SURNAME_FIRST = ("sg", "Sg", "sgg", "s-g")


@cache
def listed(name: str) -> list[str]:
    """One list of the engine."""
    text = (LISTS / f"{name}.txt").read_text()
    return text.splitlines() if name == "places" else text.split()


@cache
def words() -> dict[str, list[str]]:
    """The table of words, each group as a list."""
    table = tomllib.loads((HERE / "words.toml").read_text())
    return {name: text.replace("\n", "").split("|") for name, text in table.items()}


@cache
def _sounds() -> dict[str, dict[str, list[str]]]:
    table = tomllib.loads((HERE / "sounds.toml").read_text())
    return {place: {part: text.split() or [""] for part, text in row.items()} for place, row in table.items()}


@cache
def _chain(name: str) -> dict[str, str]:
    """Which letters follow three in a list: words made by it look like the list and stand in none."""
    follow: dict[str, list[str]] = defaultdict(list)
    for word in listed(name)[::7]:
        padded = f"^^^{word}$"
        for at in range(3, len(padded)):
            follow[padded[at - 3 : at]].append(padded[at])
    return {key: "".join(letters) for key, letters in follow.items()}


class Maker:
    """Makes names; `tongue` is the place whose sounds the people of one note share."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.tongue = dice.choice(sorted(_sounds()))
        self.share_listed = dice.choice((0.2, 0.5, 0.8))
        self.share_plain = dice.choice((0.02, 0.1, 0.35))

    def one(self, group: str) -> str:
        """A word of a group."""
        return self.dice.choice(words()[group])

    def given(self) -> str:
        """A given name, capitalised."""
        return self._name("given", self.dice.choice("mf"))

    def family(self) -> str:
        """A family name, now and then double or with a particle."""
        name, draw = self._name("surnames", "s"), self.dice.random()
        joins = _sounds()[self.tongue].get("join")
        if joins and draw < 0.12:
            join = self.dice.choice(joins).replace("_", " ")
            return join + name if join.endswith(("-", "'")) else f"{join} {name}"
        return f"{name}-{self._name('surnames', 's')}" if draw > 0.95 else name

    def form(self) -> str:
        """The order in which this tongue puts the parts of a name."""
        return self.dice.choice(_sounds()[self.tongue]["forms"])

    def full(self, given: str, family: str) -> str:
        """Both names as a person of this tongue is written."""
        form = self.form()
        if form in _SURNAME_FIRST:
            return f"{family.upper() if form == 'Sg' else family} {given}"
        if form == "gis":
            return f"{given} {self.dice.choice('ABCDEFGJKLMPRSTW')}. {family}"
        return f"{given} {self.given()} {family}" if self.dice.random() < 0.08 else f"{given} {family}"

    def _name(self, name: str, sex: str) -> str:
        draw = self.dice.random()
        if draw < self.share_plain:
            return self.plain()
        if draw < self.share_plain + (1 - self.share_plain) * self.share_listed:
            return _titled(self.dice.choice(listed(name)))
        return self._chained(name) if self.dice.random() < 0.4 else self._sounded(sex)

    def plain(self) -> str:
        """An everyday word as a name."""
        if self.dice.random() < 0.75:
            return self.dice.choice(listed("doubles")).capitalize()
        return self.word().capitalize()

    def word(self) -> str:
        """An everyday word that could name somebody or something."""
        while True:
            word = self.dice.choice(listed("words"))
            if 3 < len(word) < 9 and word.isalpha() and not re.search(r"(?:ing|ed|ly|s|est|ive|al)$", word):
                return word

    def _sounded(self, sex: str) -> str:
        table = _sounds()[self.tongue]
        middle = self.dice.choice(table["mid"]) if self.dice.random() < 0.6 else ""
        name = self.dice.choice(table["start"]) + middle + self.dice.choice(table[sex])
        if self.tongue == "first_nations":
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
        return name if "-" in name and self.tongue == "korean" else name[0].upper() + name[1:]

    def _chained(self, name: str) -> str:
        chain = _chain(name)
        for _ in range(20):
            made = "^^^"
            while made[-1] != "$" and len(made) < 15:
                made += self.dice.choice(chain[made[-3:]])
            word = made[3:].rstrip("$")
            if 3 < len(word) < 12 and not kind(word) & (NAME | VOCABULARY):
                return word.capitalize()
        return self._sounded("s")

    def town(self) -> str:
        """A town: listed, made, of two words, or an everyday word."""
        draw = self.dice.random()
        if draw < 0.35:
            return _titled(self.dice.choice(listed(self.dice.choice(("towns", "places")))))
        if draw < 0.55:
            return self._chained("towns")
        if draw < 0.7:
            return self._name("surnames", "s") + self.one("town_end")
        if draw < 0.8:
            return f"{self.one('town_first')} {self._stem()}"
        return f"{self._stem()} {self.one('town_second')}" if draw < 0.9 else self.plain()

    def _stem(self) -> str:
        draw = self.dice.random()
        return self.family() if draw < 0.5 else self.word().capitalize() if draw < 0.8 else self.town()

    def street(self) -> str:
        """A street with its number, or a house with a name."""
        spelled = self.dice.random() < 0.06
        number = self.dice.choice(_SPELLED) if spelled else str(self.dice.randint(1, 999))
        draw = self.dice.random()
        if draw < 0.55:
            return f"{number} {self._stem()} {self.one('street')}"
        if draw < 0.65:
            return f"{self._stem()} {self.one('street')}"
        if draw < 0.78:
            return f"{self.one('street_first')} {self._stem()} {number}"
        if draw < 0.84:
            return f"{self.family()}{self.one('street_joined')} {number}"
        if draw < 0.93:
            return self._foreign_street(number)
        return (
            f"{self.dice.choice(('The ', 'Flat 2, ', number + ' ', 'Villa '))}{self._stem()} {self._stem()}"
        )

    def _foreign_street(self, number: str) -> str:
        """A street whose number, block or floor stands within or behind it."""
        stem, short = self._stem(), str(self.dice.randint(1, 20))
        return self.dice.choice(
            (
                f"{self.given()} {self.family()} {self.one('street_noun')} {number}",
                f"{stem} {self.one('street_noun')} {number}",
                f"{short}-{short}-{number} {stem}",
                f"No. {number}, {stem} {self.one('street')}, {self._stem()}",
                f"{number} {stem}, {self._stem()}",
                f"{number} N {stem} {short} W Ste {number}",
                f"{stem} {short}, {self._stem()}",
                f"{number}/{short} Moo {short}, Soi {stem} {short}",
                f"Mz. C Lt. {short}, Urb. {stem}",
                f"Block {short}, {stem} {self.one('street')}",
                f"H.No. {number}, Sector {short}",
                f"Plot {number}, {stem}",
                f"Jr. {stem} {number}",
                f"P.O. Box {number}, {stem}",
                f"{number} County Rd {short}",
                f"{stem} apartments, unit {number}",
            )
        )

    def hospital(self) -> str:
        """An institution: by its noun, by a saint, by a foreign noun, or one plain word."""
        return self.dice.choices(
            (
                lambda: f"{self._stem()} {self.one('house')}",
                lambda: f"{self.town()} {self._stem()} {self.one('house')}",
                lambda: (
                    f"{self.one('house_first')} {self._stem()}{self.dice.choice(('', '', chr(39) + 's'))}"
                ),
                self._stem,
                lambda: f"the {self._stem()}",
                lambda: "".join(self.dice.choices("ABCDEGHJKLMNPRSTUW", k=self.dice.randint(3, 4))),
                lambda: f"{self._stem()} {self.word().capitalize()}",
            ),
            (50, 8, 16, 10, 6, 5, 5),
        )[0]()

    def firm(self) -> str:
        """An employer: with its noun, two partners, a made brand, or plain words."""
        draw = self.dice.random()
        if draw < 0.45:
            return f"{self._stem()} {self.one('firm')}"
        if draw < 0.55:
            return f"{self.family()}{self.dice.choice((' & ', ', ', ' and '))}{self.family()}"
        if draw < 0.7:
            return self._stem()
        if draw < 0.8:
            return f"{self.word().capitalize()} {self.word().capitalize()}"
        if draw < 0.88:
            return f"{self.dice.choice(('the ', 'The '))}{self._stem()} {self.dice.choice(_PLANTS)}"
        return f"{self.word().capitalize()}{self.dice.choice(_BRANDS)}"

    def school(self) -> str:
        """A school, a church, a club or a shop."""
        head = f"St {self.given()}'s" if self.dice.random() < 0.12 else self._stem()
        if self.dice.random() < 0.08:
            return f"{self.dice.choice(_OF)} {self._stem()} {self.dice.choice(_HILLS)}".strip()
        lead = "the " if self.dice.random() < 0.15 else ""
        return f"{lead}{head}" if self.dice.random() < 0.12 else f"{lead}{head} {self.one('school')}"

    def drug(self) -> str:
        """A medicine that no list has, or one that may be listed."""
        stem = self._chained("rare")[: self.dice.randint(3, 7)]
        name = stem + self.one("drug_end")
        return name.lower() if self.dice.random() < 0.6 else name.capitalize()

    def bearer(self) -> str:
        """A name that stands for a sign, a score or a device: one in a list, or one that might be."""
        if self.dice.random() < 0.9:
            return self.dice.choice(listed("eponyms")).capitalize()
        return self.dice.choice(listed("surnames")).capitalize()

    def eponym(self) -> str:
        """A clinical term that bears a name: listed or made."""
        name = self.bearer() if self.dice.random() < 0.8 else self._sounded("s")
        if self.dice.random() < 0.15:
            name += "-" + self.dice.choice(listed("eponyms")).capitalize()
        owner = self.dice.choice(("", "", "", "'s", "s"))
        head = self.dice.choice(listed("heads")) if self.dice.random() < 0.4 else self.one("head")
        return f"{name}{owner} {head}"


_SPELLED = ("fourteen", "nine", "two twenty", "thirty one", "one oh six", "forty two", "Seventeen", "Eight")
_OF = (
    "Church of",
    "Church of the",
    "Our Lady of",
    "Friends of",
    "University of",
    "Sisters of",
    "Bank of",
    "Iglesia",
)
_HILLS = ("", "", "Hills", "Valley", "Cross", "Lake", "Saints")
_PLANTS = (
    "plant",
    "depot",
    "factory",
    "warehouse",
    "mine",
    "mill",
    "yard",
    "farm",
    "store",
    "docks",
    "office",
)
_BRANDS = ("Tech", "Mart", "Co", "Works", "Line", "Foods", "Net", "Air", "ex", "ify", "ora", "Pharm", "Link")
_SMALL = frozenset("of and de la du le upon in the on el al".split())  # noqa: SIM905


def _titled(name: str) -> str:
    """A listed name with capitals where one writes them."""
    return " ".join(
        part
        if place and part in _SMALL
        else "-".join(piece[:1].upper() + piece[1:] for piece in part.split("-"))
        for place, part in enumerate(name.split(" "))
    )
