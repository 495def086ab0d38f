"""What fills the slots of a template; every family of slots knows its label."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta

from bench.deid_unseen import dates
from bench.deid_unseen.checks import dea, filled, iban, imei, mbi, npi, vin
from bench.deid_unseen.national import NATIONAL
from bench.deid_unseen.people import Person, Piece, kin, names_of, person, table

_SPOKEN = "zero one two three four five six seven eight nine".split()
_DOMAINS = (
    "mailbox.example",
    "example.org",
    "inbox.example.com",
    "post.example.net",
    "correo.example",
    "nhsmail.example",
)
_KEEP = {
    "dose": "dose", "lab": "lab", "vital": "vital", "score": "score", "eponym": "eponym", "abbr": "abbr", "word": "word",
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


def _of(label: str, *patterns: str) -> tuple[str, Callable[[random.Random], str]]:
    return label, lambda dice: filled(dice.choice(patterns), dice)


def _udi(dice: random.Random) -> str:
    return filled("(17)2%0%31(10)@##@%(21)%#####", dice)


_NUMBERS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "account": _of("ACCOUNT", "%#######", "%###-###-#", "HAR%######", "V%#########", "%######/%#"),
    "claim": _of("ACCOUNT", "CLM-%#####", "%##-%#-####", "WC/%###/2#", "%########@"),
    "plan": _of("HEALTHPLAN", "@@@%########", "%#########", "%###-%###-##", "@%#######", "GRP %#####", "XYZ %## %## ###", "%###### %#"),
    "license": _of("LICENSE", "@%#######", "%##-##-####", "@###-####-####", "DL%#######", "@@%######"),
    "regno": _of("LICENSE", "%######", "MD%####", "%#####", "MCI-%####", "RN%######"),
    "badge": _of("LICENSE", "%###", "%####", "%#@", "#%##"),
    "npi": ("LICENSE", npi),
    "dea": ("LICENSE", dea),
    "mbi": ("HEALTHPLAN", mbi),
    "vin": ("VEHICLE", vin),
    "serial": _of("DEVICE", "@@@%#####", "%#######", "SN-%##-####", "@%#####@", "2#@%####", "PM%###-####"),
    "imei": ("DEVICE", imei),
    "mac": ("DEVICE", lambda dice: dice.choice(":-").join(f"{dice.randint(0, 255):02x}" for _ in range(6))),
    "udi": ("DEVICE", _udi),
    "lot": _of("ID", "@%####", "%####@@", "LOT%####", "@@%##@", "%@%###"),
    "url": _of("URL", "https://results.example.org/v/%#####", "www.myhealth.example/%###?u=%####", "http://pacs.example.net/study/%####.%##"),
    "ip": _of("IP", "10.%#.%.1%#", "192.168.%.2%", "172.2%.%#.%#", "203.0.113.%#"),
    "ipv6": ("IP", lambda dice: "2001:db8:" + ":".join(f"{dice.randint(1, 65535):x}" for _ in range(3)) + "::" + f"{dice.randint(1, 255):x}"),
    "accession": _of("ID", "%#######", "@%#-%#####", "RAD-2%-%####", "%##-2%-%####", "CR%#######"),
    "specimen": _of("ID", "S2%-%####", "%#S%#####", "PB:%####/2%", "H2%.%###.@", "NG-2%-0####"),
    "subject": _of("ID", "%##-###", "0%-0##", "@@@-%##-%", "SUBJ%###", "%###-@@@"),
    "encounter": _of("ID", "E%########", "CSN %#######", "VN-%######", "ENC%######"),
    "case": _of("ID", "2#-%#####", "CAD %#####", "%#######", "PCR-%####-%##", "INC%######", "@%####/2#"),
    "passport": _of("ID", "@%#######", "%########", "@@%######"),
    "inmate": _of("ID", "@%####@@", "%######", "A-%#####", "K%####"),
    "donor": _of("ID", "@@@@%##", "D%#-%###", "UNOS @@@@%##"),
    "band": _of("ID", "%#####", "WB-%####", "%##-%##"),
    "handle": ("ID", lambda dice: "@" + filled(dice.choice(("night_nurse%#", "its.mika%##", "k%bakes", "zed_%##", "real.otter%")), dice)),
    "photo": _of("ID", "IMG_%####.jpg", "heel-%##-wk%.png", "scan_%#####.dcm", "VID-2%0%#%-WA%##.mp4"),
    "iban": ("ACCOUNT", lambda dice: iban(dice.choice(("DE", "FR", "NL", "PL", "GB")), filled("%###############", dice))),
    "pager": _of("PHONE", "%###", "%####", "x%###", "#%#-%###"),
    "ext": _of("PHONE", "%###", "%####", "%#-%##"),
    "gps": _of("ADDRESS", "5%.%###, -1.%###", "-33.%###, 18.%###", "%#.%##N %#.%##E"),
}  # fmt: skip


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
        """The words of a slot with their labels; `keep:` and `ignore` stand for words that may or must stay."""
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
        order = self.row["order"]
        if name == "dob":
            return [(dates.shown(self.born, form, order, self.dice), "DATE")]
        if name == "date":
            when = self.today - timedelta(days=self.dice.randint(-60, 500))
            form = "wareki" if self.place == "japan" and form == "num" and self.dice.random() < 0.3 else form
            return [(dates.shown(when, form, order, self.dice), "DATE")]
        if name == "byear":  # a birth year tells an age of 90 and over
            return [(str(self.born.year), "DATE" if self.age >= 90 else "ignore")]
        if name == "year":
            return [(str(self.today.year - self.dice.randint(0, 9)), "ignore")]
        if name == "clock":
            return [
                (
                    self.dice.choice(
                        (
                            f"{self.dice.randint(0, 23):02}:{self.dice.randint(0, 59):02}",
                            f"{self.dice.randint(1, 12)} pm",
                        )
                    ),
                    "ignore",
                )
            ]
        if name == "age":
            return [(self._age(form), "AGE" if self.age >= 90 else "keep:age")]
        if name == "age90":
            return [
                (
                    self.dice.choice(("ninety-two", "ninety six"))
                    if form == "spoken"
                    else str(self.dice.randint(90, 103)),
                    "AGE",
                )
            ]
        if name == "years":  # somebody else's age
            return [(str(self.dice.randint(2, 89)), "keep:age")]
        return None

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
        if name == "mrn":
            return [(filled("%#######", self.dice) if form == "other" else self.mrn, "MRN")]
        if name in ("phone", "fax"):
            return [(self._phone(name, form), name.upper())]
        if name == "natid":
            label, make = NATIONAL[form or self.dice.choice(self.row["ids"].split("|"))]
            return [(make(self.dice, self.born, self.people["p"].is_female), label)]
        if name == "plate":
            return [
                (
                    filled(
                        self.row["plate"].split("|")[0].replace("{t}", self.town)
                        if self.dice.random() < 0.6
                        else self._pick("plate"),
                        self.dice,
                    ),
                    "VEHICLE",
                )
            ]
        if name == "email":
            return [(self._email(self.who(form or "p")), "EMAIL")]
        if name == "last4":
            return [(filled("####", self.dice), form.upper() or "SSN")]
        if name in _NUMBERS:
            label, make = _NUMBERS[name]
            return [(make(self.dice), label)]
        return None

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
        made = {"school": _SCHOOLS, "church": _CHURCHES, "venue": _VENUES, "pharm": _PHARMACIES}
        if name in made:
            return [(self._pick("", made[name]), "ORG")]
        if name in ("hosp", "org"):
            return [(self._pick(name), "HOSPITAL" if name == "hosp" else "ORG")]
        if name == "home":
            return [(self._pick("", _HOMES), "HOSPITAL")]
        if name in ("street", "town", "zip"):
            own = {"street": self.street, "town": self.town}.get(name)
            return [(own if own and not form and self.dice.random() < 0.7 else self._pick(name), "ADDRESS")]
        if name == "state":
            return [(self._pick("state"), "ignore")]
        if name == "addr":
            parts = [
                (self.street, "ADDRESS"),
                (", ", None),
                (self.town, "ADDRESS"),
                (" ", None),
                (self._pick("zip"), "ADDRESS"),
            ]
            if (
                self.row["order"] in ("dmy.", "dmy/", "dmy-") and self.dice.random() < 0.7
            ):  # the code before the town
                parts[2], parts[4] = parts[4], parts[2]
            return parts
        return None

    def _plain(self, name: str, form: str) -> list[Piece] | None:
        if name == "native":  # a name in its own script
            return [(self.dice.choice(_NATIVE), "NAME")]
        words = table("clinical").get(name)
        if words is None:
            return None
        said = self.dice.choice(words)
        return [(said, f"keep:{_KEEP[name]}" if name in _KEEP else None)]
