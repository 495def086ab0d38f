"""What fills the slots of a template; every family of slots knows its label."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta

from bench.deid_read import dates
from bench.deid_read.checks import Holder, filled
from bench.deid_read.national import NATIONAL
from bench.deid_read.numbers import NUMBERS
from bench.deid_read.people import Person, Piece, kin, names_of, person, table

_SPOKEN = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_DOMAINS = (
    "mailbox.example",
    "example.org",
    "inbox.example.com",
    "post.example.net",
    "correo.example",
    "nhsmail.example",
)
_KEEP = {
    "dose": "dose", "lab": "lab", "vital": "vital", "score": "score", "eponym": "eponym",
    "abbr": "abbr", "word": "word",
    "duration": "duration", "trap": "lookalike", "code": "lookalike",
}  # fmt: skip
_SCHOOLS = (
    "{t} Primary",
    "{l} Academy",
    "St {g}'s School",
    "{t} High",
    "{l} Elementary",
    "Colegio {l}",
    "{l} Public School",
    "the {t} crèche",
)
_CHURCHES = (
    "St {g}'s",
    "{t} Methodist",
    "Masjid {g}",
    "{l} Tabernacle",
    "{t} Gurdwara",
    "the {l} Street synagogue",
    "Our Lady of {t}",
)
_VENUES = (
    "the {l} Arms",
    "{t} Mall",
    "{l}'s Gym",
    "the {t} rodeo",
    "{l} Park",
    "Café {g}",
    "the {t} bus depot",
    "{l} Arena",
)
_PHARMACIES = (
    "{l} Pharmacy",
    "{t} Apotheke",
    "{l}'s Chemist",
    "Farmacia {l}",
    "{g} Medical Stores",
    "Walgreens {t}",
)
_NATIVE = (
    "王小明",
    "김민수",
    "Иванова Мария",
    "Γιώργος Παππάς",
    "محمد علي",
    "דוד כהן",
    "สมชาย ใจดี",
    "佐藤 花子",
)
_HOMES = (
    "{l} Lodge",
    "{t} Care Home",
    "Villa {g}",
    "{l} House",
    "Sunrise of {t}",
    "Hospice {g}",
    "The {l} Wing",
)


class Slots:
    """The world of one note: its people, its place, its numbers; the same slot of a person says the same."""

    def __init__(self, place: str, dice: random.Random, *, ages: str = "") -> None:
        self.place, self.dice = place, dice
        self.row = table("locales")[place]
        self.today = date(2015, 1, 1) + timedelta(days=dice.randint(0, 4100))
        ages = ages or ("old" if dice.random() < 0.1 else "")
        self.born = dates.birth(ages, self.today, dice)
        self.age = dates.age_on(self.today, self.born)
        self.people: dict[str, Person] = {"p": person(place, dice)}
        self.kin: dict[str, str] = {}
        self.mrn = filled(
            dice.choice(
                (
                    "%#######",
                    "%######",
                    "%##-###-###",
                    "H%######",
                    "00%######",
                    "%#-%#-%#",
                    "RX%#####",
                    "%###/%#",
                    "PT-%#####",
                )
            ),
            dice,
        )
        self.phone = filled(dice.choice(self.row["phone"].split("|")), dice)
        self.street, self.town = self._pick("street"), self._pick("town")

    def _pick(self, key: str, forms: tuple[str, ...] = ()) -> str:
        """One entry of the place, its names filled in."""
        words = self.dice.choice(forms or self.row[key].split("|"))
        names = names_of(self.place)
        for mark, made in (
            ("{l}", names["l"]),
            ("{g}", names["f"] + names["m"]),
            ("{t}", self.row["town"].split("|")),
        ):
            words = words.replace(mark, self.dice.choice(made))
        return filled(words, self.dice) if key else words

    def pieces(self, slot: str) -> list[Piece]:
        """The words of a slot with their labels; `keep:` marks words that must stay, `ignore` such as may."""
        name, _, form = slot.partition(".")
        for family in (self._people, self._times, self._numbers, self._places, self._plain):
            found = family(name, form)
            if found is not None:
                return found
        raise KeyError(slot)

    def who(self, name: str) -> Person:
        """Somebody of the note, drawn when first named; relatives mostly share the patient's family name."""
        if name not in self.people:
            is_kin = name[0] == "r" and self.dice.random() < 0.55
            self.people[name] = person(self.place, self.dice, last=self.people["p"].last if is_kin else None)
            self.kin[name] = kin(self.people[name], self.dice)
        return self.people[name]

    def _people(self, name: str, form: str) -> list[Piece] | None:
        if not re.fullmatch(r"p|[rdno]\d", name):
            return None
        who = self.who(name)
        if form in ("kin", "Kin"):
            return [(self.kin[name] if form == "kin" else self.kin[name].capitalize(), None)]
        if form == "any":
            form = self.dice.choice(("", "f", "l", "t", "il", "lf"))
        return who.pieces(form)

    def _times(self, name: str, form: str) -> list[Piece] | None:
        is_old, order = self.age >= 90, self.row["order"]
        makers: dict[str, tuple[str, Callable[[], str]]] = {
            "dob": ("DATE", lambda: dates.shown(self.born, form, order=order, dice=self.dice)),
            "date": ("DATE", lambda: self._date(form)),
            "byear": (
                "DATE" if is_old else "ignore",
                lambda: str(self.born.year),
            ),  # it tells an age of 90 and over
            "year": ("ignore", lambda: str(self.today.year - self.dice.randint(0, 9))),
            "clock": ("ignore", self._clock),
            "age": ("AGE" if is_old else "keep:age", lambda: self._age(form)),
            "age90": ("AGE", lambda: self._old_age(form)),
            "years": ("keep:age", lambda: str(self.dice.randint(2, 89))),  # somebody else's
        }
        if name not in makers:
            return None
        mark, make = makers[name]
        return [(make(), mark)]

    def _date(self, form: str) -> str:
        when = self.today - timedelta(days=self.dice.randint(-60, 500))
        is_imperial = self.place == "japan" and form == "num" and self.dice.random() < 0.3
        return dates.shown(when, "wareki" if is_imperial else form, order=self.row["order"], dice=self.dice)

    def _clock(self) -> str:
        hour = self.dice.randint(1, 12)
        return self.dice.choice(
            (f"{hour + self.dice.choice((0, 11)):02}:{self.dice.randint(0, 59):02}", f"{hour} pm")
        )

    def _old_age(self, form: str) -> str:
        spoken = ("ninety-two", "ninety six", "ninety-four", "a hundred and one")
        return self.dice.choice(spoken) if form == "spoken" else str(self.dice.randint(90, 103))

    def _age(self, form: str) -> str:
        sex = "female" if self.people["p"].is_female else "male"
        return {
            "": f"{self.age}",
            "yo": f"{self.age} yo",
            "old": f"{self.age}-year-old",
            "sex": f"{self.age}{sex[0].upper()}",
            "yr": f"{self.age} yrs",
        }[form]

    def _numbers(self, name: str, form: str) -> list[Piece] | None:
        if name == "natid":
            label, national = NATIONAL[form or self.dice.choice(self.row["ids"].split("|"))]
            return [(national(Holder(self.dice, self.born, self.people["p"].is_female)), label)]
        if name in NUMBERS:
            label, make = NUMBERS[name]
            return [(make(self.dice), label)]
        own: dict[str, tuple[str, Callable[[], str]]] = {
            "mrn": ("MRN", lambda: filled("%#######", self.dice) if form == "other" else self.mrn),
            "phone": ("PHONE", lambda: self._phone(name, form)),
            "fax": ("FAX", lambda: self._phone(name, form)),
            "plate": ("VEHICLE", lambda: self._pick("plate")),
            "email": ("EMAIL", lambda: self._email(self.who(form or "p"))),
            "last4": (form.upper() or "SSN", lambda: filled("####", self.dice)),
        }
        if name not in own:
            return None
        mark, made = own[name]
        return [(made(), mark)]

    def _phone(self, name: str, form: str) -> str:
        own = name == "phone" and self.dice.random() < 0.5
        number = self.phone if own else self._pick("phone")
        if form == "spoken":
            return " ".join(_SPOKEN[int(sign)] for sign in number if sign.isdigit())
        return re.sub(r"\D", "", number) if form == "digits" else number

    def _email(self, who: Person) -> str:
        first, last = (
            re.sub(r"[^a-z]", "", who.first.lower()) or "mail",
            re.sub(r"[^a-z]", "", who.last.lower()) or "box",
        )
        left = self.dice.choice(
            (
                f"{first}.{last}",
                f"{first[0]}{last}{self.dice.randint(1, 99)}",
                f"{last}_{first}",
                f"{first}{self.born.year % 100:02}",
            )
        )
        return f"{left}@{self.dice.choice(_DOMAINS)}"

    def _places(self, name: str, form: str) -> list[Piece] | None:
        if name == "addr":
            return self._address()
        is_own = name in ("street", "town") and not form and self.dice.random() < 0.7
        places: dict[str, tuple[str, Callable[[], str]]] = {
            "school": ("ORG", lambda: self._pick("", _SCHOOLS)),
            "church": ("ORG", lambda: self._pick("", _CHURCHES)),
            "venue": ("ORG", lambda: self._pick("", _VENUES)),
            "pharm": ("ORG", lambda: self._pick("", _PHARMACIES)),
            "home": ("HOSPITAL", lambda: self._pick("", _HOMES)),
            "hosp": ("HOSPITAL", lambda: self._pick("hosp")),
            "org": ("ORG", lambda: self._pick("org")),
            "street": ("ADDRESS", lambda: self.street if is_own else self._pick("street")),
            "town": ("ADDRESS", lambda: self.town if is_own else self._pick("town")),
            "zip": ("ADDRESS", lambda: self._pick("zip")),
            "state": ("ignore", lambda: self._pick("state")),
        }
        if name not in places:
            return None
        mark, make = places[name]
        return [(make(), mark)]

    def _address(self) -> list[Piece]:
        """Street, town and postcode; on the continent the code mostly stands before the town."""
        town, code = (self.town, "ADDRESS"), (self._pick("zip"), "ADDRESS")
        is_code_first = self.row["order"] in ("dmy.", "dmy/", "dmy-") and self.dice.random() < 0.7
        return [
            (self.street, "ADDRESS"),
            (", ", None),
            *((code, (" ", None), town) if is_code_first else (town, (" ", None), code)),
        ]

    def _plain(self, name: str, _form: str) -> list[Piece] | None:
        if name == "native":  # a name in its own script
            return [(self.dice.choice(_NATIVE), "NAME")]
        words = table("clinical").get(name)
        if words is None:
            return None
        said = self.dice.choice(words)
        return [(said, f"keep:{_KEEP[name]}" if name in _KEEP else None)]
