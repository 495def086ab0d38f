"""The label space of one run: the site's labels, a shipped list of diseases, and the source's own words."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

from shared.domain.labels import Entry, LabelSpace, category, is_doubted, is_stated, tokens
from worker_collection.mapping import FOLDER
from worker_collection.sources.base import Said

_OFTEN, _MOSTLY = 2, 0.8


@cache
def lexicon() -> tuple[Entry, ...]:
    """Common diseases with ICD-10 categories and what people call them, written for Rounds."""
    rows = tomllib.loads((FOLDER.parent / "diseases.toml").read_text())
    return tuple(
        Entry(label, tuple(row["codes"]), tuple(row.get("aliases", ())), row.get("must_not_miss", False))
        for label, row in rows.items()
    )


def space_of(site: Iterable[Entry], said: Sequence[Said], *, with_lexicon: bool = True) -> LabelSpace:
    """The site's own labels first; a shipped disease takes the wording that the source uses for it."""
    space = LabelSpace.of(site)
    if not with_lexicon:
        return space
    spoken = [one for one in said if is_stated(one.text) and not is_doubted(one.text)]
    wording = _commonest(spoken)
    for entry in lexicon():
        held = space.find(entry.label) or next(
            (found for code in entry.codes if (found := space.by_code(code)) is not None), None
        )
        label = held or wording.get(tokens(entry.label), entry.label)
        space.add(Entry(label, entry.codes, (entry.label, *entry.aliases), entry.must_not_miss))
    _learn(space, spoken)
    return space


def _commonest(spoken: Sequence[Said]) -> dict[frozenset[str], str]:
    """For each name of a disease, the spelling that the source uses most."""
    counts: dict[frozenset[str], Counter[str]] = defaultdict(Counter)
    for one in spoken:
        counts[tokens(one.text)][one.text.strip()] += one.n
    return {name: texts.most_common(1)[0][0] for name, texts in counts.items()}


def _learn(space: LabelSpace, spoken: Sequence[Said]) -> None:
    """Words that the source often uses with one code: a name of that code's label, or a label of its own."""
    codes: dict[str, Counter[str]] = defaultdict(Counter)
    for one in spoken:
        codes[one.text.strip()][one.code or ""] += one.n
    for text, with_code in sorted(codes.items(), key=lambda item: (-item[1].total(), item[0])):
        code, often = with_code.most_common(1)[0]
        known = space.find(text)
        if often < _OFTEN or often < _MOSTLY * with_code.total() or not category(code):
            continue
        coded = space.by_code(code)
        if known is None and coded is not None:
            space.add(Entry(coded, (code,), (text,)))
        elif known is None or (coded is None and known is not None):
            space.add(Entry(known or text, (code,)))
