"""What one note tells of: its people, its country, its numbers; a slot means the same all through a note."""

import random
import re
import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bench.deid_read.checks import Holder, filled
from bench.deid_third import times
from bench.deid_third.numbers import number, spoken
from bench.deid_third.people import Person, Piece, cultures, drawn, person, pieces, plain

_KINDS_OF_PLACE = {
    "h": ("HOSPITAL", "hospitals"), "home": ("HOSPITAL", "homes"), "lab": ("HOSPITAL", "labs"),
    "org": ("ORG", "orgs"), "school": ("ORG", "schools"), "pharm": ("ORG", "pharmacies"),
    "church": ("ORG", "churches"), "law": ("ORG", "law"), "agency": ("ORG", "agencies"),
    "undertaker": ("ORG", "undertakers"), "supply": ("ORG", "supplies"),
}  # fmt: skip
_PRONOUNS = {
    "he": "he she", "him": "him her", "his": "his her", "He": "He She", "His": "His Her", "man": "man woman",
    "boy": "boy girl", "son": "son daughter", "M": "M F", "male": "male female", "Mr": "Mr Mrs",
    "gentleman": "gentleman lady", "spouse": "wife husband", "Spouse": "Wife Husband",
}  # fmt: skip
# Relatives whose sex is open: he, she.
_KIN = {
    "en": ("son brother father nephew cousin grandson", "daughter sister mother niece cousin granddaughter"),
    "de": ("Sohn Bruder Vater Neffe", "Tochter Schwester Mutter Nichte"),
    "fr": ("fils frère père neveu", "fille sœur mère nièce"),
    "es": ("hijo hermano padre sobrino", "hija hermana madre sobrina"),
    "it": ("figlio fratello padre nipote", "figlia sorella madre nipote"),
    "nl": ("zoon broer vader neef", "dochter zus moeder nicht"),
    "pt": ("filho irmão pai sobrinho", "filha irmã mãe sobrinha"),
}
_SITES = "https://portal.{}.example/v/{}|www.{}-care.example/p?id={}|http://records.{}.example/{}|{}.example.org/r/{}"


@cache
def countries() -> dict[str, dict[str, Any]]:
    """The countries by name; `words` holds what their languages call things."""
    text = (Path(__file__).parent / "places.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = tomllib.loads(text)
    return found


class World:
    """All that the slots of one note say."""

    def __init__(self, country: str, dice: random.Random, *, age: str = "", sex: str = "") -> None:
        self.country, self.dice, self.row = country, dice, countries()[country]
        self.lang: str = self.row["lang"]
        self.today = date(2016, 1, 4) + timedelta(days=dice.randint(0, 3700))
        self.born = times.birth(age or ("elder" if dice.random() < 0.06 else ""), self.today, dice)
        self.age = times.years_between(self.born, self.today)
        is_female = sex == "f" if sex else dice.random() < 0.5
        self.patient = person(self._culture(), dice, is_female=is_female, lang=self.lang)
        self._people = {"p": self.patient}
        self._relations: dict[str, str] = {}
        self._said: dict[str, list[Piece]] = {}
        self.mrn = self._number("mrn")[0][0]
        self.phone = self._phone()
        self.street, self.town = self._place_words("streets"), dice.choice(self.row["towns"].split("|"))
        self.zip = filled(dice.choice(self.row["zip"].split("|")), dice)

    def pieces(self, slot: str) -> list[Piece]:
        """The words of a slot and their labels; an identifier without a number in its slot is drawn anew.

        Raises:
            KeyError: there is no such slot.
        """
        name, _, form = slot.partition(".")
        if re.fullmatch(r"p|s|[drno]\d?[mf]?", name):
            return [(self._kin(name), None)] if form == "kin" else pieces(self.who(name), form, self.dice)
        for family in (self._own, self._times, self._places, self._contacts):
            found = family(name, form)
            if found is not None:
                return found
        return self._number(name, form)

    def who(self, name: str) -> Person:
        """By slot: p patient, s spouse, d doctor, n nurse, r relative, o other; m and f tell the sex."""
        if name not in self._people:
            is_female = name[-1] == "f" if name[-1] in "mf" else self.dice.random() < 0.5
            is_female = not self.patient.is_female if name == "s" else is_female
            is_kin = name[0] in "rs"
            last = self.patient.last if is_kin and self.dice.random() < 0.6 else ""
            made = person(
                self._culture(is_any=not is_kin), self.dice, is_female=is_female, lang=self.lang, last=last
            )
            self._people[name] = made
        return self._people[name]

    def _kin(self, name: str) -> str:
        if name not in self._relations:
            self._relations[name] = self.dice.choice(_KIN[self.lang][self.who(name).is_female].split())
        return self._relations[name]

    def _culture(self, *, is_any: bool = True) -> str:
        local = 0.55 if self.lang == "en" else 0.8
        if is_any and self.dice.random() > local:
            return self.dice.choice(sorted(cultures()))
        return str(self.dice.choice(self.row["cultures"].split()))

    def _own(self, name: str, form: str) -> list[Piece] | None:
        """What says of the patient whether she is a woman, how old she is, and where she lives."""
        if name in _PRONOUNS:
            return [(_PRONOUNS[name].split()[self.patient.is_female], None)]
        if name == "age":
            return self._aged(form)
        parts: dict[str, Piece] = {
            "mrn": (self.mrn, "MRN"),
            "phone": (self.phone, "PHONE"),
            "street": (self.street, "ADDRESS"),
            "town": (self.town, "ADDRESS"),
            "zip": (self.zip, "ADDRESS"),
            "county": (self._word("county", "Cork"), "ADDRESS"),
        }
        if name in parts:
            return [(spoken(self.phone), "PHONE") if form == "sp" else parts[name]]
        if name == "addr":
            return self._address()
        return None

    def _aged(self, form: str) -> list[Piece]:
        before, after = {"": ("", ""), "yo": ("", " yo"), "old": ("", "-year-old"), "yr": ("", " years old")}[
            form
        ]
        if self.age >= 90:
            return [(before, None), (str(self.age), "AGE"), (after, None)]
        if self.age < 2:
            weeks = (self.today - self.born).days // 7
            short = f"{weeks}-week-old" if weeks < 16 else f"{weeks // 4}-month-old"
            return [(short, "keep:age")]
        return [(f"{before}{self.age}{after}", "keep:age")]

    def _times(self, name: str, form: str) -> list[Piece] | None:
        if name in ("dob", "today", "date", "soon", "past"):
            when = self.born if name == "dob" else self._day(name)
            return self._date(when, form or ("num" if name == "dob" else ""))
        makers: dict[str, Callable[[], Piece]] = {
            "byear": lambda: (str(self.born.year), "DATE" if self.age >= 90 else "ignore"),
            "year": lambda: (str(self.today.year - self.dice.randint(0, 12)), "ignore"),
            "dow": lambda: (times.weekday(self._day("near"), self.lang), "ignore"),
            "time": lambda: (self._clock(), "ignore"),
        }
        return [makers[name]()] if name in makers else None

    def _clock(self) -> str:
        sign = self.dice.choice((":", ":", "")) if self.lang == "en" else "h" if self.lang == "fr" else ":"
        return f"{self.dice.randint(0, 23):02}{sign}{self.dice.randint(0, 59):02}"

    def _day(self, name: str) -> date:
        spans = {"today": (0, 0), "date": (-40, 0), "soon": (2, 90), "past": (-4000, -60), "near": (-6, 14)}
        return self.today + timedelta(days=self.dice.randint(*spans[name]))

    def _date(self, when: date, form: str) -> list[Piece]:
        words = times.written(when, form, lang=self.lang, order=self.row["dates"], dice=self.dice)
        if form == "ord" and self.lang == "en":
            return [("the ", "ignore"), (words, "DATE")]
        article = times.article_of(words) if form == "hol" else ""
        return [(article, "ignore"), (words.removeprefix(article), "DATE")] if article else [(words, "DATE")]

    def _places(self, name: str, form: str) -> list[Piece] | None:
        base = name.rstrip("0123456789")
        if base in _KINDS_OF_PLACE:
            label, key = _KINDS_OF_PLACE[base]
            if name == base or name not in self._said:
                self._said[name] = self._place_named(key, label)
            said = self._said[name]
            return [(_abbreviated(said[-1][0]), label)] if form == "abbr" else said
        if base == "loose":
            return self._place_named("loose", "ADDRESS")
        if base == "othertown":
            return [(self.dice.choice(self.row["towns"].split("|")), "ADDRESS")]
        if base == "otheraddr":
            return [(self._place_words("streets"), "ADDRESS")]
        if base == "state":
            return [(self.dice.choice(self.row["states"].split("|")), "ignore")]
        return None

    def _contacts(self, name: str, form: str) -> list[Piece] | None:
        base = name.rstrip("0123456789")
        if base in ("tel", "fax"):
            words = self._phone()
            return [(spoken(words) if form == "sp" else words, "FAX" if base == "fax" else "PHONE")]
        if base in ("ext", "pager"):
            pattern = "%###" if base == "ext" else self.dice.choice(("%###", "%####", "#%##"))
            return [(filled(pattern, self.dice), "PHONE")]
        if base == "handle":
            who = plain(self.who(form or "p").nick).lower().replace(" ", "")
            return [(f"@{self.dice.choice(('the', 'its', 'x', ''))}{who}{self.dice.randint(3, 99)}", "ID")]
        if base == "url":
            site = self.dice.choice(_SITES.split("|"))
            word = self._word("w").lower().replace(" ", "-")
            return [(site.format(plain(word), filled("@%##@#", self.dice).lower()), "URL")]
        return None

    def _number(self, name: str, form: str = "") -> list[Piece]:
        key = {"natid": "natids", "plan": "plans", "lic": "licence", "plate": "plate"}.get(name)
        holder = Holder(self.dice, self.born, is_female=self.patient.is_female)
        if key is None:
            made = number(name, self.country, holder)
            if made is None:
                raise KeyError(name)
            return [made]
        if name + form not in self._said:
            wish = self.dice.choice(self.row[key].split("|"))
            labels = {"plans": "HEALTHPLAN", "licence": "LICENSE", "plate": "VEHICLE"}
            made = number(wish, self.country, holder)
            self._said[name + form] = [
                made or (filled(wish.replace("{L5}", self._five()), self.dice), labels[key])
            ]
        return self._said[name + form]

    def _five(self) -> str:
        letters = "".join(
            sign for sign in plain(self.patient.last).upper() if sign.isascii() and sign.isalpha()
        )
        return f"{letters[:5]:9<5}"

    def _phone(self) -> str:
        return filled(self.dice.choice(self.row["phones"].split("|")), self.dice)

    def _word(self, kind: str, otherwise: str = "") -> str:
        words = countries()["words"][self.lang].get(kind, otherwise)
        return str(self.dice.choice(words.split("|")))

    def _place_words(self, key: str) -> str:
        """One pattern of the country; digits are filled first, so that names keep their signs."""
        patterns = self.row.get(key) or countries()["words"][self.lang][key]
        words = filled(self.dice.choice(patterns.split("|")), self.dice)
        culture = self._culture(is_any=False)
        makers: dict[str, Callable[[], str]] = {
            "{l}": lambda: drawn("l", culture, self.dice).split()[-1],
            "{f}": lambda: drawn("f", culture, self.dice),
            "{t}": lambda: self.dice.choice(self.row["towns"].split("|")),
            "{w}": lambda: self._word("w"),
            "{s}": lambda: self._word("s"),
        }
        return re.sub(r"\{[lftws]\}", lambda found: makers[found.group()](), words)

    def _place_named(self, key: str, label: str) -> list[Piece]:
        """A place; what stands before `~` is a common noun and no part of its name."""
        before, _, words = self._place_words(key).rpartition("~")
        return [(before, "ignore"), (words, label)] if before else [(words, label)]

    def _address(self) -> list[Piece]:
        """The patient's address as its country writes it, each part by itself."""
        found: list[Piece] = []
        for part in re.split(r"(\{\w+\})", self.row["address"]):
            if part.startswith("{"):
                found += self.pieces(part[1:-1])
            elif part:
                found.append((part, None))
        return found


def _abbreviated(words: str) -> str:
    """The first letters of an institution's name, or the name itself where that gives too few."""
    letters = "".join(word[0] for word in re.findall(r"\w+", words) if word[0].isupper())
    return letters if len(letters) >= 3 else words
