"""What fills the slots of a generated note: dates in every form, numbers of every kind, clinical words."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_HOLIDAYS = (
    "Christmas",
    "Diwali",
    "Easter",
    "Thanksgiving",
    "Eid al-Fitr",
    "New Year's Eve",
    "Pongal",
    "Lunar New Year",
    "Labor Day",
    "Ramadan",
    "Good Friday",
    "Hanukkah",
)
_TEENS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def fill(pattern: str, dice: random.Random) -> str:
    """The pattern with # as any digit, % as one from 2 to 9, and A, B, X as letters beside digits."""
    made = []
    for place, char in enumerate(pattern):
        beside = pattern[max(0, place - 1) : place + 2]
        if char == "#":
            made.append(str(dice.randint(0, 9)))
        elif char == "%":
            made.append(str(dice.randint(2, 9)))
        elif char in "ABX" and any(sign in beside for sign in "#%") and not beside.isalpha():
            made.append(dice.choice(_LETTERS))
        else:
            made.append(char)
    return "".join(made)


def _nth(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th")
    return f"{day}{ending}"


def _shown(when: date, form: str, dice: random.Random) -> str:
    month, short = _MONTHS[when.month - 1], _MONTHS[when.month - 1][:3]
    numeric = (
        f"{when:%m/%d/%Y}",
        f"{when:%d/%m/%Y}",
        f"{when:%m/%d/%y}",
        f"{when.month}/{when.day}/{when:%y}",
        f"{when:%d-%m-%Y}",
        f"{when:%Y-%m-%d}",
        f"{when:%d.%m.%y}",
    )
    text = (
        f"{month} {when.day}, {when.year}",
        f"{when.day} {month} {when.year}",
        f"{when:%d}-{short}-{when.year}",
        f"{_nth(when.day)} {month} {when.year}",
        f"{short} {when.day} {when.year}",
        f"{when.day} {short} '{when:%y}",
        f"{month} {_nth(when.day)}, {when.year}",
    )
    forms: dict[str, tuple[str, ...]] = {
        "": numeric + text,
        "num": numeric,
        "text": text,
        "iso": (f"{when:%Y-%m-%d}",),
        "dots": (f"{when:%d.%m.%Y}",),
        "compact": (f"{when:%d}{short.upper()}{when.year}", f"{when:%d}{short.upper()}{when:%y}"),
        "hl7": (f"{when:%Y%m%d}",),
        "md": (
            f"{when.month}/{when.day}",
            f"{_nth(when.day)} {short}",
            f"{when.day} {short}",
            f"{short}. {when.day}",
            f"{when:%d}{short.upper()}",
            f"{month} {_nth(when.day)}",
        ),
        "month": (month,),
        "nth": (f"the {_nth(when.day)}",),
        "my": (f"{when:%m/%Y}", f"{month} {when.year}", f"{short} {when.year}"),
        "holiday": _HOLIDAYS,
        "spoken": (
            f"{month.lower()} {_ORDINALS[when.day % 20]}",
            f"the {_ORDINALS[when.day % 20]} of {month.lower()}",
        ),
    }
    return dice.choice(forms[form])


def _spelled(phone: str) -> str:
    return " ".join(_TEENS[int(sign)] for sign in phone if sign.isdigit())


DATES = SimpleNamespace(
    shown=_shown,
    spelled=_spelled,
    birth=lambda dice: date(1937, 6, 1) + timedelta(days=dice.randint(0, 29000)),
    recent=lambda dice: date(2018, 1, 1) + timedelta(days=dice.randint(0, 2900)),
)


def _of(*patterns: str) -> Callable[[random.Random], str]:
    return lambda dice: fill(dice.choice(patterns), dice)


def _vin(dice: random.Random) -> str:
    return "".join(dice.choice(_LETTERS.replace("Q", "") + "0123456789") for _ in range(11)) + fill(
        "######", dice
    )


def _hex(separator: str) -> Callable[[random.Random], str]:
    return lambda dice: separator.join(f"{dice.randint(0, 255):02X}" for _ in range(6))


NUMBERS: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "mrn": ("MRN", _of("%#######", "%######", "%##-##-##", "00%#####", "A%######", "MR-%#####", "%### ####")),
    "fax": ("FAX", _of("(%##) 555-01##", "%##-555-01##", "+44 1632 960###")),
    "ssn": ("SSN", _of("%##-%#-%###", "%## %# %###", "XXX-XX-%###")),
    "plan": (
        "HEALTHPLAN",
        _of("%########A", "W%## %#### ##", "AB#%######", "1EG%-TE%-MK##", "H-%####-##", "%## ### ####"),
    ),
    "nhs": ("HEALTHPLAN", _of("943 476 5%##", "%## ### ####", "%#########")),
    "account": ("ACCOUNT", _of("%########", "%###-####", "AC%######")),
    "claim": ("ACCOUNT", _of("CL-%####", "%#-%#####", "WC20%#-%###")),
    "license": ("LICENSE", _of("A%######", "D%##-####-%###", "%#######", "B%######")),
    "dea": ("LICENSE", _of("BX%######", "AB%######")),
    "npi": (
        "LICENSE",
        _of(
            "1%########",
        ),
    ),
    "badge": ("LICENSE", _of("%###", "%####", "#%A")),
    "plate": ("VEHICLE", _of("%ABX%##", "AX%# BXA", "ABX-%###", "AB ## BX %###")),
    "vin": ("VEHICLE", _vin),
    "serial": ("DEVICE", _of("%######", "AX%#####", "B-%#####", "PJN%######A")),
    "mac": ("DEVICE", _hex(":")),
    "udi": ("DEVICE", _of("(01)00%###########(21)A%####", "(21)%#######")),
    "lot": ("ID", _of("AB%###X", "%A###", "EX%###")),
    "url": (
        "URL",
        _of(
            "https://portal.example.org/p/%####",
            "www.clinic%#.example.com/results",
            "http://view.example.net/r?id=%####",
        ),
    ),
    "ip": ("IP", _of("10.%#.%#.%#", "192.168.%#.1%#", "172.16.#.%#")),
    "accession": ("ID", _of("ACC%######", "%#-%######", "CT%####-%", "R%#######")),
    "specimen": ("ID", _of("S%#-%####", "SP-%#-0%###", "B%#:%####")),
    "subject": ("ID", _of("%##-0%#", "ABX-%##-##", "S0%##")),
    "case": ("ID", _of("%#-%####", "PC-%#####", "%######")),
    "bracelet": ("ID", _of("%#-%###", "WB%####", "%#####")),
    "passport": ("ID", _of("A%#######", "%#AB%####", "X%######")),
    "aadhaar": (
        "ID",
        _of(
            "%### #### ####",
        ),
    ),
    "handle": ("ID", _of("@storm.gentry%", "@rosy_cheeks%#", "@drift%##")),
    "file": ("ID", _of("smith_leg_%###.jpg", "IMG_%###.png", "wound-%#-jones.jpeg")),
    "pager": ("PHONE", _of("%###", "%####")),
    "ext": ("PHONE", _of("%###", "%####")),
    "gps": ("ADDRESS", _of("44.%##, -96.%##", "51.5%##, -0.1%#")),
}

PLAIN: dict[str, tuple[str, ...]] = {
    "He": ("He", "She"),
    "he": ("he", "she"),
    "His": ("His", "Her"),
    "his": ("his", "her"),
    "weekday": ("Monday", "Tues", "Friday", "Sunday"),
    "dose": (
        "metformin 500 mg",
        "25 mcg",
        "amlodipine 10 mg",
        "2 puffs",
        "prednisolone 30 mg",
        "10 units",
        "0.5 mL",
        "Lasix 40 mg",
        "vancomycin 1.25 g",
    ),
    "lab": (
        "WBC 12.4",
        "Hb 9.8",
        "CRP 88",
        "K 5.1",
        "creatinine 1.4",
        "TSH 0.02",
        "HbA1c 7.9%",
        "platelets 98",
        "troponin <0.01",
        "Na 128",
    ),
    "vital": ("BP 138/82", "HR 101", "SpO2 93%", "temp 38.4", "RR 22", "T 101.2"),
    "duration": ("3 weeks", "two months", "10 days", "six hours", "4 years", "48 h"),
    "eponym": (
        "Parkinson's disease",
        "Crohn disease",
        "Bell's palsy",
        "Raynaud phenomenon",
        "Graves' disease",
        "Hodgkin lymphoma",
        "Wilson disease",
        "Marfan syndrome",
        "Murphy's sign",
        "Barrett's esophagus",
        "Sjögren syndrome",
        "Kawasaki disease",
        "Colles fracture",
        "Dupuytren contracture",
        "Ménière disease",
        "Addison's disease",
        "Charcot joint",
        "Baker's cyst",
        "Down syndrome",
        "Hirschsprung disease",
        "Guillain-Barré syndrome",
        "Peyronie disease",
        "Osgood-Schlatter disease",
        "Paget disease",
        "Wolff-Parkinson-White syndrome",
        "Cushing's syndrome",
        "Huntington disease",
        "Mallory-Weiss tear",
        "Still's murmur",
        "Zenker diverticulum",
        "Tourette syndrome",
        "Lewy body dementia",
    ),
}
