"""Houses by the words of care behind their name: "Alder Behavioral Health", "Ward 3 Community Clinic"."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import anchors, cues
from worker_collection.phi.lexicon import CLINICAL, CORE, DOUBLE, HEAD, PUBLIC, TOWN
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

# What nobody calls anything but a house by where a name stands before it, and what it is then.
_CARE = (
    r"behaviou?ral health|family health team|family (?:doctors|practice|medicine|physicians|health)|"
    r"assisted living|(?:aged|memory|hospice|palliative) care|(?:adult |child ?)?day ?care|senior living|"
    r"(?:nursing|care|rest|convalescent) home|(?:clinical |diagnostic |medical )?laborator(?:y|ies)|"
    r"(?:medical )?diagnostics|histopathology|(?:pathology|radiology|imaging|cardiology|orthopa?edic|"
    r"eye|women's|surgical|medical) (?:associates|partners|specialists|group|consultants)|"
    r"(?:urgent|primary) care|"
    r"community (?:clinic|hospital|health cent(?:er|re))|home health(?: care)?|cancer institute|"
    r"(?:health|wellness|surgery|cancer|dialysis) cent(?:er|re)"
)
_WORK = (
    r"(?:home |durable )?medical (?:supply|supplies|equipment)|home oxygen|county jail|chapel of rest|"
    r"(?:fire|police|sheriff's) (?:department|dept\.?|office)|(?:unified |independent )?school district|"
    r"funeral (?:home|directors?|service)|housing (?:association|authority|trust)|law (?:firm|group|offices?)"
)
_FORMS = (
    ("HOSPITAL", re.compile(rf"(?:{_CARE})\b", re.IGNORECASE)),
    ("ORG", re.compile(rf"(?:{_WORK})(?!\w)", re.IGNORECASE)),
)
_FIRST = anchors.on(
    frozenset(re.findall(r"[a-z]{3,}", f"{_CARE} {_WORK}"))
    | frozenset(
        cues.words("behavioral behavioural orthopedic orthopaedic laboratory laboratories women's sheriff's")
    )
)
_GENERIC, _SMALL = cues.group("generic"), cues.words("of the st saint & and")
_STREETS = cues.group("streets")
_MOST = 4
_BEHIND = re.compile(r"[ ]([A-ZÀ-Þ][\w'’-]{2,20}(?:[ ][A-ZÀ-Þ][\w'’-]{2,20})?)")
_NUMBERED = re.compile(r"\b(?:Ward|Zone|Sector|Section)[ ]\d{1,2}[ ]$", re.IGNORECASE)


def find(page: Page, covered: Sequence[int]) -> Iterator[Span]:
    """A house with the words before what it is.

    Args:
        page: the note.
        covered: for each sign of the text whether something has taken it, shape (signs,).
    """
    last = 0
    for place in page.standing(_FIRST):
        start = page.words[place].start
        if start < last:
            continue
        for label, form in _FORMS:
            match = form.match(page.text, start)
            begin = _begin(page, place) if match else None
            if match and begin is not None and not covered[begin]:
                last = _end(page, match)
                yield Span(begin, last, label)
                break


def _begin(page: Page, place: int) -> int | None:
    """Where the name of a house begins, None where nothing names it."""
    numbered = _NUMBERED.search(page.text, max(0, page.words[place].start - 12), page.words[place].start)
    if numbered:
        return numbered.start()
    first = place
    while (
        first and place - first < _MOST and page.gap(first) in (" ", "-", ". ") and _goes_on(page, first - 1)
    ):
        first -= 1
    while first < place and page.words[first].key in _SMALL - {"st", "saint"}:
        first += 1
    words = page.words[first:place]
    told = any(_names(page, word) for word in words)
    return words[0].start if words and told else None


def _goes_on(page: Page, at: int) -> bool:
    word = page.words[at]
    if page.gap(at + 1) == ". " and word.key not in _SMALL:
        return False
    if word.key in _SMALL:
        return at > 0 and page.gap(at) == " "
    if page.case == "mixed":
        return word.form in "TM" and not (
            word.opens and word.flags & CORE and not word.flags & (TOWN | DOUBLE)
        )
    return _names(page, word) or word.key in _STREETS


def _names(page: Page, word: Word) -> bool:
    """Whether a word can be what a house is called by, and not what kind of house it is."""
    if word.key in _GENERIC or word.key in _SMALL or word.flags & PUBLIC:
        return False
    if word.flags & (TOWN | DOUBLE) or word.is_unknown or word.is_sure:
        return page.case == "mixed" or not word.flags & CORE or bool(word.flags & TOWN)
    return page.case == "mixed" and not word.flags & (CLINICAL | HEAD)


def _end(page: Page, match: re.Match[str]) -> int:
    """Where it ends: with its town, where the house is of one: "Community Clinic Moyo"."""
    behind = _BEHIND.match(page.text, match.end())
    town = page.word_at(behind.start(1)) if behind and page.case == "mixed" else None
    return behind.end() if behind and town and town.flags & TOWN and not town.flags & CORE else match.end()
