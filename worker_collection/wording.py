"""The label space of one run: the site's labels, a shipped list of diseases, and the source's own words."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.domain.labels import Entry, LabelSpace, category, is_doubted, is_stated
from shared.domain.naming import is_qualifier, plain, tokens
from worker_collection.mapping import FOLDER
from worker_collection.sources.base import Said

_OFTEN, _MOSTLY = 3, 0.8
_LANGUAGES = ("de", "fr", "es", "it", "pt")


@dataclass(frozen=True)
class Telltales:
    """What speaks of a disease without its name: patients' words for complaints, drugs for it alone."""

    complaints: frozenset[str]
    drugs: Mapping[str, frozenset[str]]  # by every name of the disease


@cache
def _rows() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((FOLDER.parent / "diseases.toml").read_text())


@cache
def lexicon() -> tuple[Entry, ...]:
    """Common diseases with ICD-10 codes and what people call them in six languages, written for Rounds."""
    return tuple(
        Entry(label, tuple(row.get("codes", ())), _names(row), row.get("must_not_miss", False))
        for label, row in _rows().items()
    )


@cache
def telltales() -> Telltales:
    """The complaints and drugs of the shipped diseases; names in one spelling, drugs in small letters."""
    complaints = (name for row in _rows().values() for name in row.get("complaints", ()))
    drugs = {
        label: frozenset(map(str.casefold, row["drugs"])) for label, row in _rows().items() if "drugs" in row
    }
    return Telltales(
        frozenset(map(plain, complaints)), {plain(label): names for label, names in drugs.items()}
    )


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    keys = ("aliases", *_LANGUAGES, "complaints")
    return tuple(dict.fromkeys(str(name) for key in keys for name in row.get(key, ())))


def space_of(site: Iterable[Entry], said: Sequence[Said], *, with_lexicon: bool = True) -> LabelSpace:
    """The site's own labels first; a shipped disease takes the wording that the source uses for it."""
    space = LabelSpace.of(site)
    if not with_lexicon:
        return space
    spoken = [one for one in said if is_stated(one.text) and not is_doubted(one.text)]
    wording, own = _commonest(spoken), list(space)
    for entry in lexicon():
        held = space.find(entry.label) or _held_by_code(entry, own)
        label = held or wording.get(tokens(entry.label), entry.label)
        space.add(Entry(label, entry.codes, (entry.label, *entry.aliases), entry.must_not_miss))
    _learn(space, spoken)
    return space


def _held_by_code(entry: Entry, own: Sequence[Entry]) -> str | None:
    """The site's label that carries the disease's very code; "unspecified" behind it is the same disease."""
    whole = [re.sub(r"\W", "", code) + "[09]*" for code in entry.codes]
    carrying = [one.label for one in own if any(_is_one_of(code, whole) for code in one.codes)]
    return carrying[0] if len(set(carrying)) == 1 else None


def _is_one_of(code: str, patterns: Sequence[str]) -> bool:
    bare = re.sub(r"\W", "", code.upper())
    return any(re.fullmatch(pattern, bare) for pattern in patterns)


def _commonest(spoken: Sequence[Said]) -> dict[frozenset[str], str]:
    """For each name of a disease, the spelling that the source uses most."""
    counts: dict[frozenset[str], Counter[str]] = defaultdict(Counter)
    for one in spoken:
        counts[tokens(one.text)][one.text.strip()] += one.n
    return {name: texts.most_common(1)[0][0] for name, texts in counts.items()}


def _learn(space: LabelSpace, spoken: Sequence[Said]) -> None:
    """Words that the source often uses with one code: a name of that code's label, or a label of its own.

    Never where the words and the label differ in what makes two diseases of one name (a side, a type, acute).
    """
    codes: dict[str, Counter[str]] = defaultdict(Counter)
    for one in spoken:
        codes[one.text.strip()][one.code or ""] += one.n
    for text, with_code in sorted(codes.items(), key=lambda item: (-item[1].total(), item[0])):
        code, often = with_code.most_common(1)[0]
        if often < _OFTEN or often < _MOSTLY * with_code.total() or not category(code):
            continue
        known, coded = space.find(text), space.by_code(code)
        if known is None and coded is not None and _may_mean(text, coded):
            space.add(Entry(coded, (code,), (text,)))
        elif coded is None:
            space.add(Entry(known or text, (code,)))


def _may_mean(text: str, label: str) -> bool:
    """Whether words and label name the same side, type, stage and course, or none."""
    said, own = ({word for word in tokens(name) if is_qualifier(word)} for name in (text, label))
    return said <= own
