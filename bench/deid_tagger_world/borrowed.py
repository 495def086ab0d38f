"""The templates of `bench/deid_world` as frames: whole notes as clinicians lay them out."""

import re
import tomllib
from functools import cache

from bench.deid_tagger_world.names import HERE

_KEEP = re.compile(r"<\w+\|([^<>]*)>")
_SLOT = re.compile(r"\{(\w+)(?:\.(\w+))?\}")
_WHO = {"patient": "p", "doctor": "s", "nurse": "s", "relative": "r"}
_FORMS = {"first": "f", "last": "l", "init": "i", "firstinit": "fi", "initials": "ini", "full": "full"}
_PLAIN = {
    "kin": "{k}", "Kin": "{k2}", "kin_es": "{k}", "town": "{t}", "hospital": "{h}", "employer": "{o}",
    "school": "{b}", "church": "{b}", "place": "{b}", "street": "{st}", "zip": "{zip}", "phone": "{ph}",
    "fax": "{ph}", "date": "{date}", "dob": "{date}", "age": "{age}", "age90": "{age}", "weekday":
    "{weekday}", "dose": "{d}", "lab": "{l}", "vital": "{v}", "duration": "{dur}", "eponym": "{e}",
    "login": "{login}", "His": "{poss2}", "his": "{poss}", "He": "She", "he": "he", "email":
    "a{n}@mail.example", "domain": "mail.example", "url": "https://x.example/{n}", "handle": "@a{n}",
}  # fmt: skip


@cache
def borrowed() -> list[str]:
    """Every template, and every two neighbouring sentences of one, in the language of frames."""
    table = tomllib.loads((HERE.parent / "deid_world" / "templates_open.toml").read_text())
    frames = []
    for _, template in sorted(table.items()):
        text = _SLOT.sub(_slot, _KEEP.sub(r"\1", template["text"].strip("\n")))
        text = text.replace("{{", "").replace("}}", "").replace("[", "(").replace("]", ")")
        parts = re.split(r"(?<=[.;])\s", text)
        frames += [text, *(" ".join(parts[at : at + 2]) for at in range(len(parts)))]
    return frames


def _slot(found: re.Match[str]) -> str:
    name, form = found.groups()
    if name not in _WHO:
        return _PLAIN.get(name, "{id}")
    who = _WHO[name]
    if form == "title":
        return "Dr. {sl}" if name == "doctor" else "{kt} {" + who + "l}"
    if form == "hl7":
        return "{" + who + "L}^{" + who + "F}"
    if form is None:
        return "{r}" if name == "relative" else "{" + who + "full}"
    return "{" + who + _FORMS.get(form, form) + "}"
