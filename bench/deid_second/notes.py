"""Notes from templates, each filled with people, places and numbers drawn for it alone."""

import random
import re
import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

Note = dict[str, Any]
Piece = tuple[str, str | None]
HERE = Path(__file__).parent
_SIGN = re.compile(r"<(age|eponym|dose|lab|duration):|>|\{(\w+)(?:\.(\w+))?\}")
_IGNORED = re.compile(
    r"\b(?:dr|dra|mr|mrs|ms|miss|frau|herr|rn|md|pa-c)\b\.?|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:19|20)\d\d\b|\b\d\d:\d\d\b",
    re.IGNORECASE,
)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
KIN = ("daughter", "son", "wife", "husband", "mother", "brother", "aunt", "partner", "niece", "grandson")
JOBS = ("welder", "teacher", "cook", "farmer", "bus driver", "retired clerk", "student", "carer")
NUMBERS = {
    "mrn": ("MRN", ("########", "##-##-##", "@######", "M0######", "#######")),
    "ssn": ("SSN", ("###-##-####", "### ## ####", "XXX-XX-####")),
    "acct": ("ACCOUNT", ("##########", "####-######", "AC-#######")),
    "hp": ("HEALTHPLAN", ("@@@##########", "#@@#-@@#-@@##", "W#########", "##########@")),
    "lic": ("LICENSE", ("@@#######", "@###-####-####", "@#######")),
    "veh": ("VEHICLE", ("@@@ ####", "#@@@###", "@@## @@@", "1HGCM8#######4352")),
    "dev": ("DEVICE", ("@@@######", "@@#######H", "#######-##")),
    "id": ("ID", ("S##-#####", "@@-####-###", "#########", "REF/####/##")),
}


def notes(count: int, seed: int) -> list[Note]:
    """The templates in turn; the same seed gives the same notes."""
    dice, names = random.Random(seed), sorted(table("templates"))
    return [_note(names[number % len(names)], dice, number) for number in range(count)]


@cache
def table(name: str) -> dict[str, Any]:
    """One of the files beside this one."""
    return tomllib.loads((HERE / f"{name}.toml").read_text())


class World:
    """The people, dates and places of one note."""

    def __init__(self, dice: random.Random, place: str) -> None:
        self.dice, self.place = dice, table("places")[place]
        cultures = list(table("people"))
        self.people = {who: self._person(dice.choice(cultures)) for who in "pabro"}
        self.woman = self.people["p"][2]
        self.visit = date(2025, 1, 1) + timedelta(days=dice.randrange(600))
        self.kin = dice.choice(KIN)
        self.mrn = self._number(dice.choice(NUMBERS["mrn"][1]))
        self.street = self._number(dice.choice(self.place["streets"]))
        self.town = self._number(dice.choice(self.place["towns"]))
        self.phone = self._number(dice.choice(self.place["phones"]))
        self.born = date(dice.randint(1940, 2004), dice.randint(1, 12), dice.randint(1, 28))

    def _person(self, culture: str) -> tuple[str, str, bool]:
        names, woman = table("people")[culture], self.dice.random() < 0.5
        return self.dice.choice(names["women" if woman else "men"]), self.dice.choice(names["last"]), woman

    def _number(self, form: str) -> str:
        signs = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ"}
        return "".join(self.dice.choice(signs[one]) if one in signs else one for one in form)

    def pieces(self, slot: str, form: str | None) -> list[Piece]:
        """The words of a slot with their label."""
        if slot in self.people:
            return self._named(slot, form)
        if slot in NUMBERS:
            label, forms = NUMBERS[slot]
            return [(self.mrn if slot == "mrn" else self._number(self.dice.choice(forms)), label)]
        made: list[Piece] = getattr(self, f"_{slot}")(form)
        return made

    def _named(self, who: str, form: str | None) -> list[Piece]:
        first, last, woman = self.people[who]
        plain = {
            None: f"{first} {last}",
            "first": first,
            "last": last,
            "lf": f"{last}, {first}",
            "upper": f"{first} {last}".upper(),
            "init": f"{first[0]}. {last}",
            "caret": f"{last}^{first}",
        }
        if form == "tl":
            title = self.dice.choice(("Mrs.", "Ms.", "Ms") if woman else ("Mr.", "Mr"))
            return [(f"{title} ", None), (last, "NAME")]
        if form in ("poss", "obj"):
            return [({"poss": ("his", "her"), "obj": ("him", "her")}[form][woman], None)]
        return [(plain[form], "NAME")]

    def _date(self, form: str | None) -> list[Piece]:
        day = self.visit + timedelta(days=self.dice.randint(-40, 60))
        if form == "day":
            words = self.dice.choice((f"{day.month}/{day.day}", f"{MONTHS[day.month - 1]} {day.day}"))
            return [(words, "DATE")]
        if form == "month":
            return [(MONTHS[day.month - 1], "DATE"), (f" {day.year}", "ignore")]
        return [(self._said(day, form), "DATE")]

    def _dob(self, form: str | None) -> list[Piece]:
        if form == "old":
            return [(self._said(self.born.replace(year=self.dice.randint(1921, 1932)), None), "DATE")]
        return [(self._said(self.born, form), "DATE")]

    def _said(self, day: date, form: str | None) -> str:
        month, year = MONTHS[day.month - 1], day.year
        forms = {
            "us": f"{day.month}/{day.day}/{year if self.dice.random() < 0.6 else f'{year % 100:02}'}",
            "iso": day.isoformat(),
            "long": f"{month} {day.day}, {year}",
            "short": self.dice.choice(
                (f"{day.month}/{day.day}", f"{day.day} {month[:3]}", f"{month[:3]} {day.day}")
            ),
            "dot": f"{day.day:02}.{day.month:02}.{year}",
            "slash": f"{day.day:02}/{day.month:02}/{year}",
            "hl7": day.strftime("%Y%m%d"),
        }
        if form is not None:
            return forms[form]
        more = (f"{day.day}-{month[:3]}-{year}", f"{day.day} {month} {year}", f"{month[:3]} {day.day} {year}")
        return self.dice.choice((forms["us"], forms["iso"], forms["long"], forms["slash"], *more))

    def _age(self, _: str | None) -> list[Piece]:
        return [(str(self.dice.randint(19, 88)), None)]

    def _young(self, _: str | None) -> list[Piece]:
        return [(str(self.dice.randint(19, 43)), None)]

    def _small(self, _: str | None) -> list[Piece]:
        return [(str(self.dice.randint(2, 30)), None)]

    def _age90(self, _: str | None) -> list[Piece]:
        return [(str(self.dice.randint(90, 103)), "AGE")]

    def _kin(self, _: str | None) -> list[Piece]:
        return [(self.kin, None)]

    def _kines(self, _: str | None) -> list[Piece]:
        return [(self.dice.choice(("hija", "marido", "hermana")), None)]

    def _job(self, _: str | None) -> list[Piece]:
        return [(self.dice.choice(JOBS), None)]

    def _street(self, _: str | None) -> list[Piece]:
        return [(self.street, "ADDRESS")]

    def _town(self, form: str | None) -> list[Piece]:
        return [(re.split(r",? (?=[A-Z]{2}\b|[A-Z]{1,2}\d)", self.town)[0] if form else self.town, "ADDRESS")]

    def _phone(self, _: str | None) -> list[Piece]:
        own = self.dice.random() < 0.5
        return [(self.phone if own else self._number(self.dice.choice(self.place["phones"])), "PHONE")]

    def _fax(self, _: str | None) -> list[Piece]:
        return [(self._number(self.dice.choice(self.place["phones"])), "FAX")]

    def _email(self, _: str | None) -> list[Piece]:
        first, last, _woman = self.people[self.dice.choice("pao")]
        name = re.sub(r"[^a-z]", "", f"{first[0]}{last}".lower()) or "someone"
        return [
            (
                f"{name}{self.dice.randint(1, 99)}@{self.dice.choice(('mailbox.example', 'clinic.test'))}",
                "EMAIL",
            )
        ]

    def _url(self, _: str | None) -> list[Piece]:
        return [(f"https://portal.example/{self._number('@@##')}".lower(), "URL")]

    def _ip(self, _: str | None) -> list[Piece]:
        return [(f"203.0.113.{self.dice.randint(2, 250)}", "IP")]

    def _hosp(self, _: str | None) -> list[Piece]:
        return [(self.dice.choice(self.place["hospitals"]), "HOSPITAL")]

    def _org(self, _: str | None) -> list[Piece]:
        return [(self.dice.choice(self.place["orgs"]), "ORG")]

    def _eponym(self, _: str | None) -> list[Piece]:
        return self._of("eponyms")

    def _dose(self, _: str | None) -> list[Piece]:
        return self._of("doses")

    def _lab(self, _: str | None) -> list[Piece]:
        return self._of("labs")

    def _dur(self, form: str | None) -> list[Piece]:
        words = self.dice.choice(table("places")["wordlike"]["durations"])
        return [(words, None if form else "keep:duration")]

    def _of(self, kind: str) -> list[Piece]:
        return [(self.dice.choice(table("places")["wordlike"][kind]), None)]


def _note(name: str, dice: random.Random, number: int) -> Note:
    template = table("templates")[name]
    place = template.get("places") or dice.choice(("us", "us", "us", "uk", "germany", "france", "elsewhere"))
    world, lines = World(dice, place), []
    for line in template["text"].strip("\n").split("\n"):
        if not line.startswith("?"):
            lines.append(line)
        elif dice.random() < 0.5:
            lines.append(line[1:])
    text, marks = _written("\n".join(lines), world)
    case = template.get("case", "as_is")
    spans = [mark for mark in marks if mark[2].isupper()]
    keeps = [mark for mark in marks if mark[2].startswith("keep:")]
    ignored = [mark[:2] for mark in marks if mark[2] == "ignore"]
    ignored += [match.span() for match in _IGNORED.finditer(text)]
    note: Note = {
        "id": f"u-{name}-{number:05}",
        "text": _cased(text, case),
        "source": "second templates",
        "spans": [{"start": start, "end": end, "label": label} for start, end, label in spans],
        "keep": [{"start": start, "end": end, "kind": kind[5:]} for start, end, kind in keeps],
        "ignore": [{"start": start, "end": end} for start, end in sorted(set(ignored))],
        "case": case,
        "slices": [f"kind:{name}", f"locale:{place}"],
    }
    if dice.random() < 0.6:
        note["known"] = _row(world)
    return note


def _written(template: str, world: World) -> tuple[str, list[tuple[int, int, str]]]:
    text, at, marks = "", 0, []
    opened: list[tuple[int, str]] = []
    for match in _SIGN.finditer(template):
        text += template[at : match.start()]
        at = match.end()
        if match.group(1):
            opened.append((len(text), f"keep:{match.group(1)}"))
        elif match.group() == ">":
            if opened:
                start, kind = opened.pop()
                marks.append((start, len(text), kind))
            else:
                text += ">"
        else:
            for words, label in world.pieces(match.group(2), match.group(3)):
                if label:
                    marks.append((len(text), len(text) + len(words), label))
                text += words
    return text + template[at:], sorted(marks)


def _row(world: World) -> dict[str, Any]:
    full = {who: " ".join(world.people[who][:2]) for who in "pab"}
    row = {"name": full["p"], "dob": world.born.isoformat(), "mrn": world.mrn, "phone": world.phone}
    return row | {"providers": [full["a"], full["b"]], "address": f"{world.street}, {world.town}"}


def _cased(text: str, case: str) -> str:
    """The text in one case; a letter whose other case has another length stays, so that offsets hold."""
    if case == "as_is":
        return text
    turned = [one.lower() if case == "lower" else one.upper() for one in text]
    return "".join(after if len(after) == 1 else one for one, after in zip(text, turned, strict=True))
