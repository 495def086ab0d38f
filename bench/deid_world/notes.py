"""Clinical notes with gold identifiers, of 36 places, open to the engine's authors."""

import random
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bench.deid_world.slots import DATES, NUMBERS, PLAIN, fill

DATA = Path(__file__).parent
_MARKUP = re.compile(r"<(\w+)\|([^<>]*)>|\{([A-Za-z][\w.]*)\}|\{\{|\}\}")
_LABELS = {"street": "ADDRESS", "town": "ADDRESS", "zip": "ADDRESS", "hospital": "HOSPITAL"} | dict.fromkeys(
    ("employer", "school", "church", "place", "domain"), "ORG"
)
_SCHOOLS = ("{0} Elementary School", "{0} High", "{0} Academy", "St. {1}'s School", "{0} Primary")
_CHURCHES = ("{0} Baptist Church", "St. {1}'s", "Church of the {0} Hills", "{0} Mosque", "{0} Temple")
_PLACES = ("the {0} Diner", "{0} Mall", "{0} Street Gym", "Lake {0} campground", "{0} Stadium")
_KIN = {
    "f": ("wife", "daughter", "sister", "mother", "aunt"),
    "m": ("husband", "son", "brother", "father", "uncle"),
}
_TITLES = re.compile(r"\b(?:dra?|mr|mrs|ms|miss|herr|frau|prof)\b\.?", re.IGNORECASE)
_KIN_ES = ("esposa", "hija", "hermana", "madre")


@dataclass
class Person:
    """Somebody of a note; `last` may be two words."""

    first: str
    last: str

    def shown(self, form: str) -> str:
        """The name in one of the forms of a slot."""
        return {
            "": f"{self.first} {self.last}",
            "first": self.first,
            "last": self.last,
            "full": f"{self.first} {self.last}",
            "lf": f"{self.last}, {self.first}",
            "LF": f"{self.last.upper()}, {self.first.upper()}",
            "init": f"{self.first[0]}. {self.last}",
            "firstinit": f"{self.first} {self.last[0]}.",
            "initials": f"{self.first[0]}{self.last[0].upper()}",
            "hl7": f"{self.last.upper()}^{self.first.upper()}",
        }[form]


@dataclass
class Note:
    """A note under construction: its text so far and what was put into it."""

    place: dict[str, Any]
    dice: random.Random
    patient: Person
    others: dict[str, list[Person]]
    phone: str
    mrn: str
    born: Any
    text: str = ""
    spans: list[dict[str, Any]] = field(default_factory=list)
    keep: list[dict[str, Any]] = field(default_factory=list)

    def put(self, words: str, label: str | None = None) -> None:
        """Write words; with a label they are an identifier."""
        if label:
            self.spans.append({"start": len(self.text), "end": len(self.text) + len(words), "label": label})
        self.text += words


def notes(part: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Notes of a part, of which `open` is the only one; the same seed gives the same notes."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    templates, places = _table(f"templates_{part}"), _table(f"locales_{part}")
    chosen = []
    for number in range(count):
        name = sorted(templates)[number % len(templates)]
        place = places[dice.choice(sorted(places))]
        chosen.append(_note(f"{part[0]}-{name}-{number:05}", templates[name], place=place, dice=dice))
    return chosen


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text())


def _note(
    name: str, template: dict[str, Any], *, place: dict[str, Any], dice: random.Random
) -> dict[str, Any]:
    people = [_person(place, dice) for _ in range(9)]
    others = {"doctor": people[1:4], "nurse": people[4:6], "relative": people[6:]}
    for relative in others["relative"][:2]:
        relative.last = people[0].last
    phone, mrn, born = (
        fill(dice.choice(place["phone"].split("|")), dice),
        NUMBERS["mrn"][1](dice),
        DATES.birth(dice),
    )
    note = Note(place, dice, people[0], others, phone, mrn, born)
    _write(note, template["text"].strip("\n"))
    case = template.get("case") or dice.choices(("as_is", "lower", "upper"), (88, 7, 5))[0]
    known = {
        "name": people[0].shown(""),
        "dob": born.isoformat(),
        "mrn": mrn,
        "phone": phone,
        "providers": [person.shown("") for person in others["doctor"][:2]],
    }
    return {
        "id": name,
        "text": _cased(note.text, case),
        "spans": note.spans,
        "keep": note.keep,
        "ignore": [{"start": m.start(), "end": m.end()} for m in _TITLES.finditer(note.text)],
        "known": known,
        "case": case,
    }


def _person(place: dict[str, Any], dice: random.Random) -> Person:
    lasts = re.findall(r"(?:(?:van den|van der|De|de|da|von|van|ap|Ní|Two|Red|Al)\s)?\S+", place["last"])
    return Person(dice.choice(place["given"].split()), dice.choice(lasts))


def _write(note: Note, template: str) -> None:
    at = 0
    for match in _MARKUP.finditer(template):
        note.put(template[at : match.start()])
        at = match.end()
        kind, words, slot = match.groups()
        if kind:
            start = len(note.text)
            _write(note, words)
            note.keep.append({"start": start, "end": len(note.text), "kind": kind})
        elif slot:
            _slot(note, slot)
        else:
            note.put(match.group()[0])
    note.put(template[at:])


def _slot(note: Note, slot: str) -> None:
    """Fill one slot; the order of the questions is the order of the slot names' families."""
    name, _, form = slot.partition(".")
    for family in (_people, _dates, _numbers, _places, _plain):
        if family(note, name, form):
            return
    raise KeyError(slot)


def _people(note: Note, name: str, form: str) -> bool:
    if name == "login":
        who = note.dice.choice([person for group in note.others.values() for person in group])
        note.put(re.sub(r"[\W_]", "", (who.first[0] + who.last.split()[-1]).lower()), "NAME")
        return True
    if name not in ("patient", *note.others):
        return False
    who = note.patient if name == "patient" else note.dice.choice(note.others[name])
    if form == "title":
        note.put("Dr. " if name == "doctor" else note.dice.choice(("Mr ", "Mrs. ", "Ms ", "Mr. ")))
        note.put(note.dice.choice((who.last, who.shown(""))), "NAME")
    else:
        note.put(who.shown("first" if name == "relative" and not form else form), "NAME")
    return True


def _dates(note: Note, name: str, form: str) -> bool:
    if name == "dob":
        note.put(DATES.shown(note.born, form, note.dice), "DATE")
    elif name == "date":
        note.put(DATES.shown(DATES.recent(note.dice), form, note.dice), "DATE")
    elif name == "age90":
        note.put("ninety three" if form == "spoken" else str(note.dice.randint(90, 104)), "AGE")
    else:
        return False
    return True


def _numbers(note: Note, name: str, form: str) -> bool:
    if name == "mrn":
        note.put(NUMBERS["mrn"][1](note.dice) if form == "other" else note.mrn, "MRN")
        return True
    if name == "phone":
        fresh = fill(note.dice.choice(note.place["phone"].split("|")), note.dice)
        phone = note.phone if note.dice.random() < 0.5 else fresh
        spoken = {"spoken": DATES.spelled(phone), "digits": re.sub(r"\D", "", phone)}
        note.put(spoken.get(form, phone), "PHONE")
        return True
    if name == "email":
        who = note.patient
        left = re.sub(r"[^a-z.]", "", f"{who.first}.{who.last}".lower()) or "user"
        note.put(f"{left}{note.dice.randint(1, 99)}@{note.dice.choice(_DOMAINS)}", "EMAIL")
        return True
    if name in NUMBERS:
        label, make = NUMBERS[name]
        note.put(make(note.dice), label)
        return True
    return False


_DOMAINS = ("example.org", "mail.example", "webpost.example.com", "posta.example.net")


def _places(note: Note, name: str, form: str) -> bool:
    if name not in _LABELS:
        return False
    words = {"school": _SCHOOLS, "church": _CHURCHES, "place": _PLACES}.get(name)
    if words:
        last = note.dice.choice(note.place["town"].split("|"))
        put = note.dice.choice(words).format(last, note.dice.choice(("Anne", "Luke", "Rita")))
    elif name == "domain":
        put = note.dice.choice(_DOMAINS)
    else:
        put = fill(note.dice.choice(note.place[name].split("|")), note.dice)
    note.put(
        re.sub(r"\d+", note.dice.choice(_SPOKEN_NUMBERS), put) if form == "spoken" else put, _LABELS[name]
    )
    return True


_SPOKEN_NUMBERS = ("fourteen", "two twenty", "nine", "thirty one")


def _plain(note: Note, name: str, _form: str) -> bool:
    kin = note.dice.choice(_KIN[note.dice.choice("fm")])
    fixed: dict[str, Callable[[], str]] = {
        "kin": lambda: kin,
        "Kin": kin.capitalize,
        "kin_es": lambda: note.dice.choice(_KIN_ES),
        "age": lambda: str(note.dice.randint(18, 89)),
    }
    make = fixed.get(name) or (lambda: note.dice.choice(PLAIN[name]))
    note.put(make())
    return True


def _cased(text: str, case: str) -> str:
    """The text in one case; a letter whose other case has another length stays, so that offsets hold."""
    if case == "as_is":
        return text
    turned = [char.lower() if case == "lower" else char.upper() for char in text]
    return "".join(after if len(after) == 1 else char for char, after in zip(text, turned, strict=True))
