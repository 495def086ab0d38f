"""Two words that are one name: "Quill, Marta", "spoke to rusty lamb"."""

import re

from worker_collection.phi import cues
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import CLINICAL, DOUBLE, EPONYM, GIVEN, HEAD, PUBLIC, SURNAME, WORD
from worker_collection.phi.naming import is_cue, is_medical
from worker_collection.phi.page import Page, Word

_NOT_NAMES = cues.names("not_names")
_ENTRY = re.compile(r"[ ](?:[-–(\d]|[MF]\b|bed\b|DOB\b|MRN\b)", re.IGNORECASE)


def is_everyday(page: Page, place: int) -> bool:
    """Whether two everyday words behind a cue are a full name: "spoke to rusty lamb"."""
    after = place + 1
    if after >= len(page.words) or page.gap(after) != " " or not page.looks_named(page.words[place]):
        return False
    first, last = page.words[place], page.words[after]
    return (
        not is_clinical(page, first)
        and last.form == first.form
        and bool(last.flags & DOUBLE)
        and bool(first.flags & GIVEN)
        and not last.flags & HEAD
    )


def last_first(page: Page, place: int, *, taken: bool) -> range:
    """The places of a family name, a comma and a given name, written alike; none where they are not.

    Args:
        page: the page.
        place: where the family name would stand.
        taken: whether something else has told already that it is a name.
    """
    after = place + 1
    if after >= len(page.words) or page.gap(after) not in (", ", ","):
        return range(0)
    last, first = page.words[place], page.words[after]
    capitals = last.form == "U" and first.form == "T" and len(last.text) > 2
    if not _NOT_NAMES.isdisjoint((first.key, last.key)):
        return range(0)
    alike = capitals or last.form == first.form and (page.looks_named(first) or first.form == "U")
    if not alike or is_cue(last) or is_cue(first) or last.flags & PUBLIC or is_clinical(page, first):
        return range(0)
    sure = last.is_sure or first.is_sure or last.is_unknown or taken or _heads_line(page, last, first)
    if not (sure and _is_given(first, last) and _is_family(last, first)):
        return range(0)
    return range(place - _has_particle(page, place), after + 1 + _has_initial(page, after))


def _is_given(first: Word, last: Word) -> bool:
    if first.flags & GIVEN and (first.is_sure or first.flags & DOUBLE):
        return True
    if first.form == "T":
        return last.is_sure and not first.flags & (WORD | PUBLIC | HEAD | CLINICAL) and not is_medical(first)
    return (
        first.form == "U"
        and first.is_unknown
        and len(first.text) > 2
        and (last.is_sure or last.is_unknown and min(len(last.text), len(first.text)) > 4)
    )


def _is_family(last: Word, first: Word) -> bool:
    if last.is_sure or last.is_unknown or last.flags & (SURNAME | DOUBLE | EPONYM):
        return True
    return last.form == "T" and first.is_sure and not last.opens and not last.flags & HEAD


def _heads_line(page: Page, last: Word, first: Word) -> bool:
    """Whether two names that are words as well begin a line or a field: "SMITH, JOHN"."""
    both = last.flags & SURNAME and first.flags & GIVEN and last.flags & DOUBLE and first.flags & DOUBLE
    borne = both or page.case == "upper" and last.flags & SURNAME and first.flags & GIVEN
    if borne and last.opens and _ENTRY.match(page.text, first.end):
        return True  # "Brown, Grace - bed 3"
    return bool(both) and page.text[max(0, last.start - 2) : last.start].strip(" \t")[-1:] in (
        "",
        "\n",
        ":",
        "|",
    )


def _has_particle(page: Page, place: int) -> bool:
    return place > 0 and page.gap(place) == " " and page.words[place - 1].key in cues.names("particles")


def _has_initial(page: Page, after: int) -> bool:
    return after + 1 < len(page.words) and page.gap(after + 1) == " " and page.words[after + 1].form == "I"
