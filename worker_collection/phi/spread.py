"""A name or place found once in a note goes everywhere in it, and so does every form of it."""

from collections.abc import Iterator, Sequence

from worker_collection.phi import cues
from worker_collection.phi.eponyms import is_clinical_use
from worker_collection.phi.lexicon import CORE, DOUBLE, EPONYM, HEAD, NAME, PUBLIC, VOCABULARY, kind
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_SPREADING = frozenset({"NAME", "ADDRESS", "HOSPITAL", "ORG"})


def find(page: Page, spans: Sequence[Span], covered: bytearray) -> Iterator[Span]:
    """The other places in the text where a name found somewhere stands alone."""
    names, places = _found(page, spans)
    if not names and not places:
        return
    for word in page.words:
        if covered[word.start]:
            continue
        key = word.key
        if key in names and _is_name_here(page, word):
            yield Span(word.start, word.end, "NAME")
        elif key in places and word.form != "l":
            yield Span(word.start, word.end, "ADDRESS")
        elif (
            word.form == "l"
            and len(key) > 4
            and not word.flags & VOCABULARY
            and (key[1:] in names or key[:-1] in names)
        ):
            yield Span(word.start, word.end, "NAME")


def _found(page: Page, spans: Sequence[Span]) -> tuple[set[str], set[str]]:
    names: set[str] = set()
    places: set[str] = set()
    wanted = sorted((span for span in spans if span.label in _SPREADING), key=lambda span: span.start)
    at = 0
    for word in page.words:
        while at < len(wanted) and wanted[at].end <= word.start:
            at += 1
        if at < len(wanted) and wanted[at].start <= word.start < wanted[at].end and len(word.text) > 2:
            if wanted[at].label == "NAME" and word.key not in cues.names("particles"):
                names.add(word.key)
                names.update(part for part in word.key.split("-") if _spreads(part, word.key))
            elif not word.flags & (VOCABULARY | HEAD | EPONYM):
                places.add(word.key)
    return names, places


def _is_name_here(page: Page, word: Word) -> bool:
    if word.flags & EPONYM and is_clinical_use(page.text, word.start, word.end):
        return False
    if not word.flags & VOCABULARY:
        return True
    if word.flags & PUBLIC and not word.flags & NAME or word.form == "l":
        return (
            page.case == "lower" and word.form == "l" and bool(word.flags & DOUBLE) and not word.flags & CORE
        )
    if word.form == "U" and page.case == "upper":
        return bool(word.flags & (DOUBLE | EPONYM))
    return (
        not word.opens
        or bool(word.flags & (DOUBLE | EPONYM))
        and page.text[word.end : word.end + 3] in (" - ", "'s ", "’s ")
    )


def _spreads(part: str, whole: str) -> bool:
    """Whether a part of a double name is the person by itself too: not Alzheimer of Alzheimer-Ruiz."""
    return "-" in whole and len(part) > 3 and not kind(part) & EPONYM
