"""Notes from templates of many genres; the same seed gives the same notes.

A template: `{slot}` is an identifier or what goes with the patient, `[a|b|]` one of several, nested at will,
`<kind:words>` what must stay (kind `i`: what may), `{n:3-9}` a number, backslash takes a sign as it is.
"""

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.deid_third.world import World, countries

Note = dict[str, Any]
Mark = tuple[int, int, str]
Tree = list[Any]  # words, ("slot", name), ("keep", kind, tree), ("pick", trees)
# What no gold span holds and nobody asks about: titles, credentials, weekdays, clock times, bare years.
_IGNORED = re.compile(
    r"\b(?:(?:dr|drs|mr|mrs|ms|miss|mx|prof|rev|fr|sr|sra|srta|dra|dott|dott\.ssa|sig|sig\.ra|mme|mlle|herr|herrn|frau|mevr|dhr"
    r"|doutor|dona|señor|señora|docteur|sister|nurse|doctor|pastor|officer|deputy|pc|sgt|cllr|capt|matron)\b\.?"
    r"|(?:MD|DO|RN|BSN|LPN|NP|PA-C|CNA|LCSW|RPh|PharmD|PhD|DDS|BDS|FRCP|MRCGP"
    r"|FRACP|MBBS|OTR/L|DPT|CRNA|CNM|EMT-P|HCA|Esq)\b"
    r"|(?:mon|tue|tues|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?\b"
    r"|[012]?\d[:.h][0-5]\d(?::[0-5]\d)?(?: ?[ap]m)?\b|[012]\d[0-5]\d ?(?:hrs?|h|Uhr)\b"
    r"|\d{1,2} ?[ap]\.?m\b|(?:19|20)\d\d\b)",
    re.IGNORECASE,
)
_MAY_BE_NAMES = ("keep:word", "keep:abbr", "keep:lookalike", "keep:duration", "keep:medicine")
_LOOKALIKE_SIGNS = {"l": "1", "O": "0", "e": "c", "I": "l", "5": "S", "a": "o", "i": "í", ",": "."}


@dataclass(frozen=True)
class Template:
    """One kind of note and how it is drawn."""

    genre: str
    tree: Tree
    options: dict[str, str]


def notes(count: int, seed: int) -> list[Note]:
    """Notes of all templates in turn, in an order of the seed."""
    dice = random.Random(seed)
    kinds = [templates()[name] for name in dice.sample(sorted(templates()), len(templates()))]
    return [_note(kinds[number % len(kinds)], dice, number) for number in range(count)]


@cache
def templates() -> dict[str, Template]:
    """All templates by name; their genre is that of their file.

    Raises:
        ValueError: two of them have the same name.
    """
    found: dict[str, Template] = {}
    for path in sorted((Path(__file__).parent / "genres").glob("*.txt")):
        for block in path.read_text(encoding="utf-8").split("\n=== ")[1:]:
            head, _, text = block.partition("\n")
            name, *told = head.split()
            if name in found:
                raise ValueError(f"two templates are called {name}")
            options = dict(one.partition("=")[::2] for one in told)
            found[name] = Template(path.stem, parsed(text.strip("\n")), options)
    return found


def parsed(text: str) -> Tree:
    """A template as a tree.

    Raises:
        ValueError: a bracket has no partner.
    """
    tree, at, _ = _branch(text, 0, "")
    if at != len(text):
        raise ValueError(f"a bracket too many: {text[at : at + 30]!r}")
    return tree


def _branch(text: str, at: int, ends: str) -> tuple[Tree, int, str]:
    """The tree up to one of the ends, where it goes on, and the end that was met."""
    tree: Tree = []
    while at < len(text) and text[at] not in (ends or ""):
        sign, kept = text[at], re.compile(r"<([a-z]+):").match(text, at)
        if sign == "\\":
            tree, at = [*tree, text[at + 1]], at + 2
        elif sign == "{":
            close = text.index("}", at)
            tree, at = [*tree, ("slot", text[at + 1 : close])], close + 1
        elif sign == "[":
            picks, met = [], "|"
            while met == "|":
                pick, at, met = _branch(text, at + 1, "|]")
                picks.append(pick)
            tree, at = [*tree, ("pick", picks)], at + 1
        elif kept:
            inner, at, _ = _branch(text, kept.end(), ">")
            tree, at = [*tree, ("keep", kept.group(1), inner)], at + 1
        else:
            tree, at = [*tree, sign], at + 1
    if ends and at >= len(text):
        raise ValueError(f"a bracket is never closed: {text[-40:]!r}")
    return tree, at, text[at] if at < len(text) else ""


class _Page:
    """A text under construction with what was marked in it."""

    def __init__(self, world: World) -> None:
        self.world, self.text = world, ""
        self.marks: list[Mark] = []

    def write(self, tree: Tree) -> None:
        for node in tree:
            if isinstance(node, str):
                self.text += node
            elif node[0] == "pick":
                self.write(self.world.dice.choice(node[1]))
            elif node[0] == "keep":
                start = len(self.text)
                self.write(node[2])
                self.marks.append((start, len(self.text), "ignore" if node[1] == "i" else f"keep:{node[1]}"))
            else:
                self._fill(node[1])

    def _fill(self, slot: str) -> None:
        if slot.startswith("n:"):
            self.text += _amount(slot[2:], self.world.dice)
            return
        for words, mark in self.world.pieces(slot):
            if mark and words:
                self.marks.append((len(self.text), len(self.text) + len(words), mark))
            self.text += words


def _amount(span: str, dice: random.Random) -> str:
    """A number of a span such as 3-9 or 0,8-1,4, with as many decimals."""
    low, high = span.split("-")
    sign = "," if "," in span else "."
    decimals = len(low.replace(",", ".").partition(".")[2])
    value = dice.uniform(float(low.replace(",", ".")), float(high.replace(",", ".")))
    return f"{value:.{decimals}f}".replace(".", sign)


def _note(template: Template, dice: random.Random, number: int) -> Note:
    options = template.options
    world = World(_country(options, dice), dice, age=options.get("age", ""), sex=options.get("sex", ""))
    page = _Page(world)
    page.write(template.tree)
    spans = sorted(mark for mark in page.marks if not mark[2].startswith(("keep:", "ignore")))
    case = options.get("case") or dice.choices(("as_is", "lower", "upper"), (88, 7, 5))[0]
    note: Note = {
        "id": f"w-{template.genre}-{number:05}",
        "text": cased(_faxed(page, options, dice), case),
        "source": "third templates",
        "spans": [{"start": start, "end": end, "label": mark} for start, end, mark in spans],
        "keep": _kept(page, spans),
        "ignore": _ignored(page, spans),
        "case": case,
        "slices": [f"kind:{template.genre}", f"locale:{world.country}"],
    }
    if dice.random() < 0.6:
        note["known"] = _row(world)
    return note


def _country(options: dict[str, str], dice: random.Random) -> str:
    lang = options.get("lang", "en")
    names = [name for name, row in countries().items() if row.get("lang") == lang]
    names = options["in"].split(",") if "in" in options else names
    return dice.choices(names, [countries()[name]["weight"] for name in names])[0]


def _faxed(page: _Page, options: dict[str, str], dice: random.Random) -> str:
    """The text as a narrow column and bad print leave it, sign for sign, so that offsets hold."""
    text = page.text
    if "wrap" in options:
        text = _wrapped(text, int(options["wrap"]))
    if "ocr" in options:
        text = "".join(
            _LOOKALIKE_SIGNS[sign] if sign in _LOOKALIKE_SIGNS and dice.random() < 0.02 else sign
            for sign in text
        )
    return text


def _wrapped(text: str, width: int) -> str:
    """The text with line ends in place of blanks."""
    signs, begins, blank = list(text), 0, -1
    for at, sign in enumerate(text):
        if sign == "\n":
            begins, blank = at + 1, -1
        elif sign == " ":
            blank = at
        if at - begins >= width and blank > begins:
            signs[blank], begins, blank = "\n", blank + 1, -1
    return "".join(signs)


def _kept(page: _Page, spans: list[Mark]) -> list[dict[str, Any]]:
    """What must stay; a word that is somebody's name in the same note may go."""
    named = _names(page, spans)
    return [
        {"start": start, "end": end, "kind": mark.removeprefix("keep:")}
        for start, end, mark in page.marks
        if mark.startswith("keep:") and not _is_forgiven(page, (start, end, mark), named)
    ]


def _names(page: _Page, spans: list[Mark]) -> set[str]:
    return {
        word for start, end, mark in spans if mark == "NAME" for word in page.text[start:end].lower().split()
    }


def _is_forgiven(page: _Page, mark: Mark, named: set[str]) -> bool:
    return mark[2] in _MAY_BE_NAMES and bool(named & set(page.text[mark[0] : mark[1]].lower().split()))


def _ignored(page: _Page, spans: list[Mark]) -> list[dict[str, int]]:
    named = _names(page, spans)
    found = [mark[:2] for mark in page.marks if mark[2] == "ignore" or _is_forgiven(page, mark, named)]
    found += [match.span() for match in _IGNORED.finditer(page.text)]
    return [{"start": start, "end": end} for start, end in sorted(set(found))]


def _row(world: World) -> dict[str, Any]:
    """The patient's row as the clinic has it; a clinic without an address has none."""
    row: dict[str, Any] = {
        "name": world.patient.full,
        "dob": world.born.isoformat(),
        "mrn": world.mrn,
        "phone": world.phone,
        "providers": [world.who(name).full for name in ("d1", "d2")],
    }
    if world.dice.random() < 0.6:
        row["address"] = f"{world.street}, {world.town}"
    return row


def cased(text: str, case: str) -> str:
    """The text in one case; a letter whose other case is longer stays, so that offsets hold."""
    if case == "as_is":
        return text
    turned = [sign.lower() if case == "lower" else sign.upper() for sign in text]
    return "".join(after if len(after) == 1 else sign for sign, after in zip(text, turned, strict=True))
