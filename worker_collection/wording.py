"""The label space of one run: the site's labels, a shipped list of diseases, and the source's own words."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from shared.domain.labels import Entry, LabelSpace, category, is_doubted, is_stated
from shared.domain.naming import is_qualifier, tokens
from worker_collection.mapping import FOLDER
from worker_collection.sources.base import Said

_OFTEN, _MOSTLY = 3, 0.8
_LANGUAGES = ("de", "fr", "es", "it", "pt")


@cache
def lexicon() -> tuple[Entry, ...]:
    """Common diseases with ICD-10 codes and what people call them in six languages, written for Rounds."""
    rows = tomllib.loads((FOLDER.parent / "diseases.toml").read_text())
    return tuple(_entry(label, row) for label, row in rows.items())


def _entry(label: str, row: dict[str, list[str]]) -> Entry:
    names = (name for key in ("aliases", *_LANGUAGES) for name in row.get(key, ()))
    return Entry(label, tuple(row.get("codes", ())), tuple(names), bool(row.get("must_not_miss", False)))


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
