"""The name before a degree or a profession: "Ann Quill, MD", "J. Rao RN"."""

from collections.abc import Sequence

from worker_collection.phi import cues
from worker_collection.phi.lexicon import DOUBLE, VOCABULARY
from worker_collection.phi.naming import is_cue
from worker_collection.phi.page import Page


def before(page: Page, place: int, covered: Sequence[bool]) -> range:
    """The places of the words before the credential at this place that look like a name."""
    word = page.words[place]
    if place == 0 or word.key not in cues.names("credentials") or word.form == "T":
        return range(0)
    beside = page.gap(place) in (", ", " ", "  ", ",") and len(page.words[place - 1].text) > 1
    if not beside or not _may_lead(page, place - 1, covered):
        return range(0)
    first = place - 1
    while (
        place - first < 4
        and page.gap(first) in (" ", ". ", "-")
        and first
        and _may_lead(page, first - 1, covered)
    ):
        first -= 1
    return range(first, place)


def _may_lead(page: Page, place: int, covered: Sequence[bool]) -> bool:
    word = page.words[place]
    if covered[place] or word.key in cues.names("not_names") or is_cue(word):
        return False
    if word.form == "l":
        return page.case == "lower" and (word.is_sure or bool(word.flags & DOUBLE) or word.is_unknown)
    if word.form == "U":
        return word.may_be_name or page.case == "upper" and word.is_unknown
    return word.form == "I" or word.may_be_name or not word.flags & VOCABULARY
