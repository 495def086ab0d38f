"""The people, places, days and numbers of one note."""

import random
import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bench.deid_read.checks import Holder, filled, vin
from bench.deid_read.national import NATIONAL
from bench.deid_read.numbers import NUMBERS
from bench.deid_unseen.grammar import Choice, Kept, Parts, Slot, options, parsed

Mark = tuple[int, int, str]
HERE = Path(__file__).parent
MONTHS = "January February March April May June July August September October November December"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FROM_ROW = {
    "hosp": "HOSPITAL", "clinic": "HOSPITAL", "home": "HOSPITAL", "org": "ORG", "school": "ORG",
    "pharm": "ORG", "faith": "ORG", "street": "ADDRESS", "town": "ADDRESS", "zip": "ADDRESS",
    "state": "ignore", "mrn": "MRN", "phone": "PHONE", "tel": "PHONE", "fax": "FAX", "plate": "VEHICLE",
}  # fmt: skip
OTHERS = {
    "acct": ("ACCOUNT", "{%########}|{%#######}|A{%######}|{%###}-{####}"),
    "claim": ("ACCOUNT", "{%#####}/{##}|CLM{%######}|{%#}-{@}{####}-{##}"),
    "gmc": ("LICENSE", "{%######}"),
    "dl": ("LICENSE", "{@%#######}"),
    "agency": (
        "ORG",
        "{last} [Homecare|Care Services|Home Health]|[Bluebird|Comfort|Helping] [Care|Hands] {town}",
    ),
    "charity": ("ORG", "[Age Concern|Citizens Advice|Catholic Charities|Mind] {town}"),
    "landlord": ("ORG", "{last} [Properties|Lettings|Estates]|{town} Housing"),
    "transport": ("ORG", "{last} [Medical Transport|Ambulance]|{town} Transit"),
    "optician": ("ORG", "{last} [Opticians|Optical|Eyecare]"),
    "serial": ("DEVICE", "{@@@%#####}|{%#######}|SN{%######}|{@%####}-{##}|{##@@%####}"),
    "acc": ("ID", "{%#######}|[RAD|CT|MR|US|XR]-{%#####}|A{%######}|{##}-{%####}"),
    "sample": ("ID", "[S|H|B|C|M]2{4-6}-{%####}|2{4-6}{@}{%#####}|{@@%#####}"),
    "ref": ("ID", "{%####}/2{4-6}|REF-{%#####}|{@@}/{%####}|{%#######}"),
    "ext": ("PHONE", "{%###}|{%####}|{2-8}-{####}"),
    "ip": ("IP", "10.{2-250}.{2-250}.{2-250}|192.168.{1-60}.{2-250}|172.{16-31}.{2-250}.{2-250}"),
    "url": (
        "URL",
        "https://[portal|results|pacs].{site}.example/[r|p|view]/{%####}|www.{site}.example/{%###}",
    ),
    "email": ("EMAIL", "{login}@[inbox|mail|post].example|{login}{1-99}@[web|home].example.net"),
    "mail": ("EMAIL", "{stafflogin}@{site}.example|{stafflogin}@[health|clinic].example.org"),
    "room": ("ignore", "{1-40}|{101-640}"),
    "time": ("ignore", "0{7-9}:{10-59}|1{0-9}:{10-59}|2{0-3}:0{0-9}"),
    "hours": ("ignore", "0{7-9}{10-59}|1{0-9}{10-59}|2{0-3}{10-59}"),
}
_DAY = re.compile(r"(on|past|dob)(?:([+-]\d+)(?:~(\d+))?)?(?:\.(\w+))?")
_RANGE = re.compile(r"([\d.]+)-([\d.]+)")
_BY_SEX = re.compile(r"(\w)\?([^/]*)/(.*)")


@dataclass
class Person:
    """Somebody of a note; the family name may be several words."""

    first: str
    last: str
    woman: bool
    middle: str

    @property
    def login(self) -> str:
        """The part of a mail address before the @."""
        flat = unicodedata.normalize("NFKD", f"{self.first}.{self.last}".lower())
        return re.sub(r"[^a-z.]", "", flat)

    def form(self, form: str) -> str:
        """The name as a slot wishes it."""
        return {
            "": f"{self.first} {self.last}",
            "f": self.first,
            "l": self.last,
            "L": self.last.upper(),
            "lf": f"{self.last}, {self.first}",
            "LF": f"{self.last.upper()}, {self.first}",
            "il": f"{self.first[0]}. {self.last}",
            "iL": f"{self.first[0]} {self.last}",
            "fi": f"{self.first} {self.last[0].upper()}.",
            "mid": f"{self.first} {self.middle[0]}. {self.last}",
            "ini": f"{self.first[0]}{self.last[0].upper()}",
        }[form]


class Page:
    """A text as it is written, with what was marked in it."""

    def __init__(self) -> None:
        self.text = ""
        self.marks: list[Mark] = []

    def put(self, words: str, mark: str | None = None) -> None:
        """Write words, marked or not."""
        if mark:
            self.marks.append((len(self.text), len(self.text) + len(words), mark))
        self.text += words[1:] if words[:1] == "." == self.text[-1:] else words  # "on 14.03." ends but once


class World:
    """All that one note tells of: `p` is the patient, `k` one of the family, the others work there."""

    def __init__(self, place: str, dice: random.Random, *, ages: str, sex: str) -> None:
        self.row, self.dice = country(place), dice
        self.is_english = "months" not in self.row
        self.today = date(2024, 2, 1) + timedelta(days=dice.randrange(900))
        low, high = (int(one) for one in ages.split("-"))
        self.age = dice.randint(90, 99) if high > 80 and dice.random() < 0.04 else dice.randint(low, high)
        self.born = self.today - timedelta(days=self.age * 365 + self.age // 4 + dice.randint(5, 355))
        culture = self._culture()
        self.people = {"p": self._person(culture, sex=sex)}
        spouse = ("m" if self.people["p"].woman else "w") if dice.random() < 0.6 else ""
        for who, own in (("k", spouse), ("m", "w"), ("f", "m")):
            near = self._person(culture if dice.random() < 0.85 else self._culture(), sex=own)
            near.last = self.people["p"].last if dice.random() < 0.65 else near.last
            self.people[who] = near
        self.people |= {who: self._person(self._culture()) for who in "abgno"}
        self.taken: set[int] = set()
        self.made: dict[str, str] = {}
        self.style = dice.choice(self.row["days"].split("|"))

    def write(self, parts: Parts, page: Page) -> None:
        """Put parts on a page, every choice and slot drawn."""
        for part in parts:
            if isinstance(part, str):
                page.put(part)
            elif isinstance(part, Choice):
                self.write(self.dice.choice(part.options), page)
            elif isinstance(part, Kept):
                start = len(page.text)
                self.write(part.parts, page)
                page.marks.append((start, len(page.text), f"keep:{part.kind}"))
            else:
                self._fill(part, page)

    def said(self, pool: str) -> str:
        """One of the alternatives of a pool as plain words."""
        page = Page()
        self.write(self.dice.choice(options(pool)), page)
        return page.text

    def value(self, name: str) -> str:
        """A place or number of the row of the country, the same wherever the note names it."""
        if name not in self.made:
            key = name.rstrip("23")
            self.made[name] = self.said(self.row["phone" if key in ("tel", "fax") else key]).strip()
        return self.made[name]

    def _fill(self, slot: Slot, page: Page) -> None:
        name = "retired" if slot.name == "job" and self.age > 65 else slot.name
        if name == "relation":  # the same all through the note
            page.put(self.made.setdefault(name, self.said(pools()[name])))
        elif name == "addr":
            self.write(parsed(self.row["address"]), page)
        elif name in pools():
            self.write(self._fresh(options(pools()[name])), page)
        elif by_sex := _BY_SEX.fullmatch(name):
            page.put(by_sex[2] if self.people[by_sex[1]].woman else by_sex[3])
        elif name[0] in self.people and name[1:2] in ("", "."):
            self._name(name[0], name[2:], page)
        elif day := _DAY.fullmatch(name):
            self._day(day, page)
        elif name.rstrip("23") in FROM_ROW:
            page.put(self.value(name), FROM_ROW[name.rstrip("23")])
        else:
            self._number(name, page)

    def _fresh(self, choices: tuple[Parts, ...]) -> Parts:
        """One that the note does not have yet, where any is left."""
        left = [one for one in choices if id(one) not in self.taken] or list(choices)
        chosen = self.dice.choice(left)
        self.taken.add(id(chosen))
        return chosen

    def _name(self, who: str, form: str, page: Page) -> None:
        person = self.people[who]
        if form in ("t", "tn"):
            *women, man = self.row["titles"].split("|")
            page.put(self.dice.choice(women) if person.woman else man, "ignore")
            page.put(" ")
        page.put(person.form({"t": "l", "tn": ""}.get(form, form)), "NAME")

    def _day(self, slot: re.Match[str], page: Page) -> None:
        kind, shift, most, form = slot.groups()
        days = int(shift or 0)
        if most:
            days = self.dice.randint(*sorted((days, int(most) * (1 if days > 0 else -1))))
        if kind == "past":
            days = -self.dice.randint(60, 2500)
        when = self.born if kind == "dob" else self.today + timedelta(days=days)
        if form == "y":
            page.put(str(when.year), "ignore")
            return
        if form == "wd":
            page.put(WEEKDAYS[when.weekday()], "ignore")
            page.put(" ")
        style = self.style if self.dice.random() < 0.85 else self.dice.choice(self.row["days"].split("|"))
        forms = {"s": self.row["short"], "wd": self.row["short"]}
        forms |= {"my": "{month} {y}|{mon} {y}|{mm}/{y}|{month} {y}", "month": "{month}"}
        page.put(shown(when, self.dice.choice(forms.get(form, style).split("|")), self.row), "DATE")

    def _number(self, name: str, page: Page) -> None:
        plain: dict[str, Callable[[], str]] = {
            "last": lambda: self._last(self.row["cultures"].split()[0]),
            "names": lambda: self.said(self.row["names"]),
            "site": lambda: re.sub(r"[^a-z]", "", self.value("town").lower()) or "clinic",
            "login": lambda: self.people["p"].login,
            "stafflogin": lambda: self.people["a"].login,
        }
        if name in plain:
            page.put(plain[name]())
        elif name in ("nat", "plan", "lic"):
            words, _, key = self.said(self.row[name]).partition(":")
            label, number = self._made(key, {"nat": "ID", "plan": "HEALTHPLAN", "lic": "LICENSE"}[name])
            page.put(
                words, "ignore" if name == "plan" else None
            )  # an insurer is asked about as little as a state
            page.put(self.dice.choice((": ", " ")))
            page.put(number, label)
        elif name in OTHERS:
            page.put(self.said(OTHERS[name][1]), OTHERS[name][0])
        elif name == "vin":
            page.put(vin(self.dice), "VEHICLE")
        elif name == "age":
            page.put(str(self.age), "AGE" if self.age > 89 else "keep:age")
        elif name == "old":
            page.put(str(self.dice.randint(90, 101)), "AGE")
        else:
            page.put(self._drawn(name))

    def _drawn(self, name: str) -> str:
        """A number from a range, `2-14` or `3.1-4.8`, or in a form, `%##`."""
        drawn = _RANGE.fullmatch(name)
        if drawn is None:
            if not set("#%@") & set(name):
                raise ValueError(f"no slot is called {name}")
            return filled(name, self.dice)
        if "." not in name:
            return str(self.dice.randint(int(drawn[1]), int(drawn[2])))
        value = f"{self.dice.uniform(float(drawn[1]), float(drawn[2])):.1f}"
        return value if self.is_english else value.replace(".", ",")

    def _made(self, key: str, label: str) -> tuple[str, str]:
        if key in NATIONAL:
            own, make = NATIONAL[key]
            return own, make(Holder(self.dice, self.born, self.people["p"].woman))
        return label, NUMBERS[key][1](self.dice) if key in NUMBERS else filled(key, self.dice)

    def _culture(self) -> str:
        shares = [one.split() for one in self.row["cultures"].split(", ")]
        return self.dice.choices([one[0] for one in shares], [int(one[1]) for one in shares])[0]

    def _person(self, culture: str, *, sex: str = "") -> Person:
        woman = sex == "w" or (not sex and self.dice.random() < 0.52)
        names = table("people")[culture]["women" if woman else "men"].split("|")
        return Person(self.dice.choice(names), self._last(culture), woman, self.dice.choice(names))

    def _last(self, culture: str) -> str:
        row: dict[str, str] = table("people")[culture]
        if "tail" in row and self.dice.random() < 0.15:
            return self.said(row["tail"])
        return self.dice.choice(row["last"].split("|"))


def shown(when: date, form: str, row: dict[str, str]) -> str:
    """A date in a form of its country."""
    month = row.get("months", MONTHS).split()[when.month - 1]
    nth = {1: "st", 2: "nd", 3: "rd"}.get(when.day % 10 if when.day not in (11, 12, 13) else 0, "th")
    return form.format(
        d=when.day, dd=f"{when.day:02}", m=when.month, mm=f"{when.month:02}", y=when.year,
        yy=f"{when.year % 100:02}", month=month, mon=month[:3], nth=f"{when.day}{nth}",
    )  # fmt: skip


@cache
def table(name: str) -> dict[str, Any]:
    """One of the files beside this one."""
    return tomllib.loads((HERE / f"{name}.toml").read_text())


@cache
def pools() -> dict[str, str]:
    """The pools of clinical phrases."""
    found: dict[str, str] = table("phrases")
    return found


@cache
def country(place: str) -> dict[str, str]:
    """The row of a place, over that of the one it is like."""
    row: dict[str, str] = table("places")[place]
    return (country(row["like"]) if "like" in row else {}) | row
