"""Notes in an everyday mix of countries and kinds; the same seed gives the same notes."""

import random
import re
from functools import cache
from typing import Any

from bench.deid_unseen.grammar import parsed
from bench.deid_unseen.world import HERE, Mark, Page, World

Note = dict[str, Any]
COUNTRIES = {
    "us": 38, "uk": 28, "ca": 4, "au": 3, "ie": 2, "de": 6, "fr": 5, "es": 5, "it": 3, "nl": 3, "pt": 3,
}  # fmt: skip
ENGLISH = "us|uk|ca|au|ie"
# What no gold span holds and nobody asks about: titles, credentials, weekdays, clock times, bare years.
_IGNORED = re.compile(
    r"\b(?i:drs?|dra|dott|dr\.ssa|dott\.ssa|prof|pr|mrs?|ms|miss|mme|herrn?|frau|mevr|dhr|sister|nurse)\b\.?"
    r"|\b(?:MD|DO|RN|LPN|NP|PA-C|CNM|PT|DPT|OT|OTR/L|SLP|RDN?|PharmD|LCSW|FRC[SR]|MRCP|MBBS|MRCGP|FY[12]|CT2|ST4|RM|RGN|PhD|DDS)\b"
    r"|\b(?i:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?)\b"
    r"|\b(?i:montag|dienstag|mittwoch|donnerstag|freitag|lundi|mardi|mercredi|jeudi|vendredi|lunes|martes)\b"
    r"|\b(?i:miércoles|jueves|viernes|lunedì|martedì|mercoledì|giovedì|venerdì|maandag|dinsdag|woensdag)\b"
    r"|\b(?i:donderdag|vrijdag|segunda|terça|quarta|quinta|sexta)\b"
    r"|\b(?i:[012]?\d[:h][0-5]\d(?: ?(?:[ap]\.?m\b\.?|hrs|h|uhr|uur))?|\d{1,2} ?[ap]m)\b|\b(?:19|20)\d\d\b"
)
_WORD = re.compile(r"\w+")


def notes(count: int, seed: int) -> list[Note]:
    """So many notes, the commonest kinds most often."""
    dice, made = random.Random(seed), []
    for number in range(count):
        place = dice.choices(list(COUNTRIES), list(COUNTRIES.values()))[0]
        written = {name: one for name, one in templates().items() if place in one["at"].split("|")}
        name = dice.choices(list(written), [int(one["weight"]) for one in written.values()])[0]
        made.append(note(name, place, dice, number=number))
    return made


@cache
def templates() -> dict[str, dict[str, str]]:
    """All templates by name, with their kind and what is fixed in their heads."""
    found: dict[str, dict[str, str]] = {}
    for language in ("english", "abroad"):
        for one in (HERE / f"{language}.txt").read_text().split("\n== ")[1:]:
            head, _, text = one.partition("\n")
            kind, weight, *fixed = head.split()
            row = {"kind": kind, "weight": weight, "at": ENGLISH, "text": text.strip("\n")}
            found[f"{kind}-{len(found)}"] = row | dict(each.split("=") for each in fixed)
    return found


def note(name: str, place: str, dice: random.Random, *, number: int = 0) -> Note:
    """One note of a template, in the ways of a country."""
    template = templates()[name]
    world = World(place, dice, ages=template.get("ages", "19-89"), sex=template.get("sex", ""))
    page = Page()
    world.write(parsed(template["text"]), page)
    case = template.get("case") or dice.choices(("as_is", "lower", "upper"), (94, 4, 2))[0]
    spans = [mark for mark in page.marks if mark[2].isupper()]
    keeps, ignored = _forgiven(page, world)
    made: Note = {
        "id": f"e-{template['kind']}-{number:05}",
        "text": cased(page.text, case),
        "source": "everyday templates",
        "spans": [{"start": start, "end": end, "label": label} for start, end, label in sorted(spans)],
        "keep": [{"start": start, "end": end, "kind": kind[5:]} for start, end, kind in sorted(keeps)],
        "ignore": [{"start": start, "end": end} for start, end in sorted(ignored)],
        "case": case,
        "slices": [f"kind:{template['kind']}", f"locale:{place}"],
    }
    return made | ({"known": _row(world)} if dice.random() < 0.6 else {})


def _forgiven(page: Page, world: World) -> tuple[list[Mark], set[tuple[int, int]]]:
    """What must stay and what may go or stay: also every word that somebody of the note is called by."""
    called = " ".join(person.form("") for person in world.people.values())
    named = {word.lower() for word in _WORD.findall(called) if word[0].isupper() and len(word) > 1}
    keeps = [mark for mark in page.marks if mark[2].startswith("keep:")]
    shared = [
        mark
        for mark in keeps
        if named & {word.lower() for word in _WORD.findall(page.text[mark[0] : mark[1]])}
    ]
    found = [mark[:2] for mark in page.marks if mark[2] == "ignore"] + [mark[:2] for mark in shared]
    found += [match.span() for match in _IGNORED.finditer(page.text)]
    found += [match.span() for match in _WORD.finditer(page.text) if match.group().lower() in named]
    taken = [mark for mark in page.marks if mark[2] != "ignore" and mark not in shared]
    return [mark for mark in keeps if mark not in shared], {
        (start, end) for start, end in found if all(end <= mark[0] or mark[1] <= start for mark in taken)
    }


def _row(world: World) -> dict[str, Any]:
    """The patient's row as a clinic has it, with the staff who treat him; two in five have no address."""
    people = {who: world.people[who].form("") for who in "pab"}
    row: dict[str, Any] = {"name": people["p"], "dob": world.born.isoformat(), "mrn": world.value("mrn")}
    row |= {"phone": world.value("phone"), "providers": [people["a"], people["b"]]}
    is_long = world.dice.random() < 0.6
    return row | ({"address": f"{world.value('street')}, {world.value('town')}"} if is_long else {})


def cased(text: str, case: str) -> str:
    """The text in one case; a letter whose other case is longer stays, so that offsets hold."""
    if case == "as_is":
        return text
    turned = (one.lower() if case == "lower" else one.upper() for one in text)
    return "".join(after if len(after) == 1 else one for one, after in zip(text, turned, strict=True))
