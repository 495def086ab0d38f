"""Notes from templates, from sections of several, and long ones; the same seed gives the same notes."""

import random
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from bench.deid_read.people import table
from bench.deid_read.slots import Slots

HERE = Path(__file__).parent
_MARKUP = re.compile(r"<<(\w+):|>>|\[\[|\]\]|\{\{|\}\}|\{([^{}]+)\}")
# What no gold span holds and nobody asks about: titles, credentials, weekdays, clock times, bare years.
_IGNORED = re.compile(
    r"\b(?:(?:dr|mr|mrs|ms|miss|mx|prof|sr|sra|dra|herr|frau|mme|shri|smt|alhaji|pc|sgt|sensei|matron|sister|sr)\b\.?|(?:MD|RN|LPN|DO|PA-C|CRNA|FRCS|MRCP|MBBS)\b"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)(?:day)?\b|[012]?\d[:h][0-5]\d(?::[0-5]\d)?\b|[012]\d[0-5]\dH\b|(?:19|20)\d\d\b)",
    re.IGNORECASE,
)
_MAY_BE_NAMES = ("keep:word", "keep:abbr", "keep:lookalike", "keep:duration")
Note = dict[str, Any]


class _Page:
    """A text under construction with what was marked in it."""

    def __init__(self) -> None:
        self.text = ""
        self.marks: list[tuple[int, int, str]] = []

    def put(self, words: str, mark: str | None = None) -> None:
        if mark:
            self.marks.append((len(self.text), len(self.text) + len(words), mark))
        self.text += words


def notes(count: int, seed: int) -> list[Note]:
    """Templates in turn: two in three alone, a third mixed with sections of others, a few very long."""
    dice = random.Random(seed)
    names, places = sorted(templates()), sorted(table("locales"))
    made = []
    for number in range(count):
        drawn = dice.random()
        kind = "long" if drawn < 0.02 else "mixed" if drawn < 0.35 else "single"
        name = names[number % len(names)]
        own = templates()[name].get("places")  # where a note is written in the language of a country
        place = dice.choice(own.split("|") if own else places)
        made.append(_note(name, place, dice=dice, number=number, make=kind))
    return made


@cache
def templates() -> dict[str, dict[str, Any]]:
    """All templates by name; a name is `kind` or `kind_detail`."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((HERE / "templates").glob("*.toml")):
        found |= tomllib.loads(path.read_text())
    return found


@cache
def sections() -> list[str]:
    """Paragraphs of prose templates, and single sentences, from which notes are mixed."""
    prose = [one["text"] for one in templates().values() if one.get("mix")]
    return [part.strip() for text in prose for part in text.split("\n\n") if len(part.strip()) > 50]


@cache
def sentences() -> list[str]:
    """Single sentences, half of them without an identifier."""
    said: list[str] = tomllib.loads((HERE / "sentences.toml").read_text())["sentences"]
    return said


def _note(name: str, place: str, *, dice: random.Random, number: int, make: str) -> Note:
    template = templates()[name]
    world, page = Slots(place, dice, ages=template.get("ages", "")), _Page()
    text = _mixed(template["text"], make, dice)
    _write(page, text.strip("\n"), world)
    case = template.get("case") or dice.choices(("as_is", "lower", "upper"), (86, 8, 6))[0]
    if make == "long":
        case = "as_is"
    spans = [
        (start, end, mark) for start, end, mark in page.marks if not mark.startswith(("keep:", "ignore"))
    ]
    _forgive(page, spans)
    note: Note = {
        "id": f"r-{template['kind']}-{number:05}",
        "text": cased(page.text, case),
        "source": "read templates",
        "spans": [{"start": start, "end": end, "label": mark} for start, end, mark in sorted(spans)],
        "keep": [_kept(mark) for mark in page.marks if mark[2].startswith("keep:")],
        "ignore": _ignored(page),
        "case": case,
        "slices": [f"kind:{template['kind']}", f"locale:{place}", f"make:{make}"],
    }
    if dice.random() < 0.6:
        note["known"] = _known(world, dice)
    return note


def _mixed(text: str, make: str, dice: random.Random) -> str:
    """The template alone, with sections of others, or with very many of them."""
    if make == "single":
        return text
    count = dice.randint(25, 60) if make == "long" else dice.randint(1, 2)
    parts = dice.sample(sections(), min(count, len(sections())))
    said = dice.choices(sentences(), k=len(parts) * 2)
    blocks = [
        f"{part} {' '.join(said[at * 2 : at * 2 + dice.randint(0, 2)])}" for at, part in enumerate(parts)
    ]
    return "\n\n".join([text, *blocks]) if dice.random() < 0.6 else "\n\n".join([*blocks, text])


def _write(page: _Page, template: str, world: Slots) -> None:
    """Fill a template; `[[ ]]` stands or not, `{a|b}` is one of them, `<<kind: >>` marks what must stay."""
    at, open_marks, skipped = 0, [], 0
    for match in _MARKUP.finditer(template):
        if not skipped:
            page.put(template[at : match.start()])
        at, sign = match.end(), match.group()
        if sign == "[[":
            skipped = skipped + 1 if skipped or world.dice.random() < 0.4 else 0
            if not skipped:
                open_marks.append((len(page.text), ""))
        elif sign == "]]":
            if skipped:
                skipped -= 1
            else:
                open_marks.pop()
        elif not skipped:
            _sign(page, match, world=world, open_marks=open_marks)
    page.put(template[at:])


def _sign(page: _Page, match: re.Match[str], *, world: Slots, open_marks: list[tuple[int, str]]) -> None:
    sign = match.group()
    if match.group(1):
        open_marks.append((len(page.text), match.group(1)))
    elif sign == ">>":
        start, kind = open_marks.pop()
        page.marks.append((start, len(page.text), "ignore" if kind == "i" else f"keep:{kind}"))
    elif sign in ("{{", "}}"):
        page.put(sign[0])
    elif "|" in match.group(2):
        page.put(world.dice.choice(match.group(2).split("|")))
    else:
        for words, mark in world.pieces(match.group(2)):
            page.put(words, mark)


def _forgive(page: _Page, spans: list[tuple[int, int, str]]) -> None:
    """A word that is somebody's name in the same note may go; an eponym beside its namesake must stay."""
    named = {
        word for start, end, mark in spans if mark == "NAME" for word in page.text[start:end].lower().split()
    }
    for at, (start, end, mark) in enumerate(page.marks):
        if mark in _MAY_BE_NAMES and named & set(page.text[start:end].lower().split()):
            page.marks[at] = (start, end, "ignore")


def _kept(mark: tuple[int, int, str]) -> dict[str, Any]:
    return {"start": mark[0], "end": mark[1], "kind": mark[2].removeprefix("keep:")}


def _ignored(page: _Page) -> list[dict[str, int]]:
    found = [(start, end) for start, end, mark in page.marks if mark == "ignore"]
    found += [match.span() for match in _IGNORED.finditer(page.text)]
    return [{"start": start, "end": end} for start, end in sorted(set(found))]


def _known(world: Slots, dice: random.Random) -> dict[str, Any]:
    """The patient's row as the clinic has it; a clinic without an address has none."""
    row: dict[str, Any] = {
        "name": world.who("p").full,
        "dob": world.born.isoformat(),
        "mrn": world.mrn,
        "phone": world.phone,
        "providers": [world.who(name).full for name in ("d1", "d2")],
    }
    if dice.random() < 0.6:
        row["address"] = f"{world.street}, {world.town}"
    return row


def cased(text: str, case: str) -> str:
    """The text in one case; a letter whose other case is longer stays, so that offsets hold."""
    if case == "as_is":
        return text
    turned = [sign.lower() if case == "lower" else sign.upper() for sign in text]
    return "".join(after if len(after) == 1 else sign for sign, after in zip(text, turned, strict=True))
