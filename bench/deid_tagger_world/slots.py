"""The frames as they are read, and what their slots stand for."""

import random
import re
import tomllib
from functools import cache

from bench.deid_tagger_world.names import HERE, Maker

_OFTEN = {
    "negative": 7,
    "plain": 5,
    "eponymtalk": 3,
    "abbreviations": 2,
    "labels": 2,
    "lookalikes": 3,
    "headings": 2,
}


@cache
def frames() -> dict[str, list[str]]:
    """The frames of every kind of note."""
    kinds: dict[str, list[str]] = {}
    told = [(HERE / name).read_text() for name in ("frames.txt", "frames_more.txt", "frames_foreign.txt")]
    for line in "".join(told).splitlines():
        if line.startswith("# "):
            kinds[line[2:]] = lines = []
        else:
            lines.append(line)
    return kinds


@cache
def pieces() -> dict[str, dict[str, list[str]]]:
    """What stands before and behind a name of each sort, and what stands there that is none."""
    table = tomllib.loads((HERE / "pieces.toml").read_text())
    return {
        sort: {part: re.sub(r"\|\n", "|", text).split("|") for part, text in row.items()}
        for sort, row in table.items()
    }


def kind_of(dice: random.Random) -> str:
    """The kind of a note: more of those without identifiers and of plain sentences than of any other."""
    kinds = sorted(frames())
    return dice.choices(kinds, [_OFTEN.get(kind, 1) for kind in kinds])[0]


def form_of(name: str, dice: random.Random) -> str:
    """The form of a person's name in a slot that leaves it open."""
    forms = {
        "p": (("full", "l", "f", "lf", "i", "fi", "t", "ini"), (45, 18, 15, 6, 5, 4, 5, 2)),
        "r": (("f", "full", "t", "l"), (72, 20, 4, 4)),
        "s": (("l", "full", "t", "f", "i", "ini"), (34, 25, 20, 9, 7, 5)),
        "m": (("f", "full", "l", "t", "i"), (38, 30, 18, 9, 5)),
    }[name]
    return dice.choices(*forms)[0]


SORTS = ("person", "person", "person", "house", "house", "firm", "place", "place", "initials")
SORTED = {
    "person": ("p", "m", "m", "r", "s"),
    "house": ("h",),
    "firm": ("o", "o", "b"),
    "place": ("t", "st"),
    "initials": ("ini",),
}
PERSONS = frozenset(
    "p pf pl plf pLF pL pF pi pfi pini pfull r rr rl rL rF r2 rlf rfull "  # noqa: SIM905
    "s sf sl ss sL sF slf si sfi sini sfull m ini".split()
)
PLACES = {
    "h": ("HOSPITAL", Maker.hospital),
    "o": ("ORG", Maker.firm),
    "b": ("ORG", Maker.school),
    "st": ("ADDRESS", Maker.street),
    "t": ("ADDRESS", Maker.town),
    "login": ("NAME", lambda make: make.given()[0].lower() + make.family().lower().replace(" ", "")),
}
WORDS = {
    "k": "kin", "kt": "title", "job": "job", "job2": "job2", "dx": "dx", "plan": "plan", "v": "vital",
    "l": "lab", "dept": "dept", "hd": "heading", "neg": "neg", "lang": "lang", "rel": "religion",
    "country": "country",
    "weekday": "weekday", "month": "month", "v0": "verb0", "v1": "verb1", "adj": "adjective", "cap": "cap",
    "ab": "abbreviation",
    "lab": "lab", "lb": "label", "an": "analyte", "bug": "bug", "dev": "device", "un": "unit",
}  # fmt: skip
