"""The de-identifier: one detector after the other over a note, then the leak check."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker_collection.phi import (
    abroad,
    addresses,
    ages,
    amounts,
    asides,
    called,
    dates,
    fields,
    firms,
    initials,
    known,
    leaks,
    lodgings,
    number_forms,
    numbered,
    numbers,
    parishes,
    persons,
    plates,
    practices,
    registers,
    shapes,
    short_dates,
    spread,
    standing,
    subjects,
    tagger,
    towns,
    venues,
    wholes,
)
from worker_collection.phi.alone import is_medicine
from worker_collection.phi.behind import Behind
from worker_collection.phi.houses import Houses
from worker_collection.phi.known import Known
from worker_collection.phi.names import Names
from worker_collection.phi.page import Page
from worker_collection.phi.places import Places
from worker_collection.phi.spans import Span, bridged, joined, left_in, put_in, rendered

BY_RULES = "rules-10"
ENGINE = f"{BY_RULES}-tagger-{tagger.version()}"
MAX_CHARACTERS = 200_000
_PLACED = frozenset({"ADDRESS", "NAME", "ORG", "HOSPITAL"})


@dataclass(frozen=True)
class Cleaned:
    """A de-identified text; with reasons it is held back and its text may go nowhere."""

    text: str
    spans: tuple[Span, ...]
    reasons: tuple[str, ...]
    doubts: tuple[leaks.Doubt, ...] = ()  # where in `text`, and why

    @property
    def passed(self) -> bool:
        """Whether the leak check found nothing."""
        return not self.reasons

    @property
    def counts(self) -> dict[str, int]:
        """How many spans of each class were removed."""
        return dict(sorted(Counter(span.label for span in self.spans).items()))


Rewrite = Callable[[str, Sequence[Span]], Sequence[Span]]


def clean(
    text: str,
    who: Known,
    *,
    this_year: int,
    rewrite: Rewrite | None = None,
    harmless: Collection[str] = (),
    tagged: bool = True,
) -> Cleaned:
    """Remove the identifiers of one note.

    Args:
        text: the note.
        who: what is known of the patient and of the staff.
        this_year: the year now; a year that would show an age over 89 does not stay.
        rewrite: gives the spans of the text what is put in their places; labels where there is none.
        harmless: folded words that the site has found to be no identifiers when they were doubted.
        tagged: whether the trained tagger looks at what the rules left.
    """
    if len(text) > MAX_CHARACTERS:
        return Cleaned("", (), ("too_long",))
    page = Page(text)
    unsure: list[tuple[Span, float]] = []
    spans = find(page, who, this_year=this_year, tagged=tagged, unsure=unsure)
    if rewrite is not None:
        spans = list(rewrite(text, spans))
    cleaned = rendered(text, spans)
    maybe = left_in(unsure, spans)
    doubts = leaks.doubts(cleaned, who, ours=put_in(spans), harmless=harmless, maybe=maybe)
    return Cleaned(cleaned, tuple(spans), leaks.codes(doubts), tuple(doubts))


def find(
    page: Page,
    who: Known,
    *,
    this_year: int,
    tagged: bool = True,
    unsure: list[tuple[Span, float]] | None = None,
) -> list[Span]:
    """Every span of one page, in order: what later detectors see is what earlier ones left.

    Args:
        page: the note.
        who: what is known of the patient and of the staff.
        this_year: the year now.
        tagged: whether the trained tagger looks at what the rules left.
        unsure: takes up what the tagger leaves in doubt, with how likely it is.
    """
    text, covered = page.text, bytearray(len(page.text))
    found: list[Span] = []

    def add(spans: Iterable[Span]) -> None:
        for span in amounts.trimmed(text, spans):
            found.append(span)
            covered[span.start : span.end] = b"\x01" * (span.end - span.start)

    add(_by_form(page, who, this_year))
    ends = [span.end for span in found if span.label == "ADDRESS"]
    written = text if page.case == "mixed" or not ends else page.recased
    add([town for end in ends for town in addresses.town_after(written, end)])
    add(numbers.find(page, found))
    add(practices.find(page, covered))
    free = _words_covered(page, covered)
    add([*called.find(page), *initials.find(page), *asides.find(page)])
    add(persons.find(page))
    add(numbered.find(page))
    add(_named(page, free, tagged=tagged))
    if tagged:
        add(tagger.find(page, _settled(page, covered), unsure))
    add(venues.find(page))
    add(standing.find(page.as_written, covered))
    add(standing.apposed(page.as_written, [span for span in found if span.label == "NAME"], covered))
    add(wholes.beside(page.as_written, [span for span in found if span.label in _PLACED], covered))
    add([near for span in found if span.label in _PLACED for near in addresses.beside(text, span)])
    add(short_dates.beside(text, [span for span in found if span.label in _PLACED and span.label != "NAME"]))
    add(spread.find(page, found, covered))
    names = [span for span in found if span.label == "NAME"]
    add(ages.beside(text, names))
    add(registers.beside(text, names))
    return bridged(text, joined(found))


def _by_form(page: Page, who: Known, this_year: int) -> Iterator[Span]:
    """What is told by its form, its field or the patient's row, whatever else the note holds."""
    yield from shapes.find(page)
    yield from plates.find(page)
    yield from number_forms.find(page)
    yield from known.find(page, who)
    yield from dates.find(page, this_year)
    yield from ages.find(page, this_year)
    yield from fields.find(page.text)
    yield from addresses.find(page)
    yield from lodgings.find(page.as_written)
    yield from parishes.find(page.as_written)


def _named(page: Page, free: Sequence[bool], *, tagged: bool) -> list[Span]:
    """What the rules take for names and places, but what the tagger is sure is none."""
    found = [*Names(page, free).find(), *towns.find(page, free), *Places(page, free).find()]
    found += [*Behind(page, free).find(), *subjects.find(page, free)]
    houses = [
        *Houses(page, free).find(),
        *firms.find(page),
        *abroad.find(page),
    ]  # the network does not know the short heads of many countries
    return [*(tagger.believed(page, free, found) if tagged else found), *houses]


def _settled(page: Page, covered: bytearray) -> Sequence[bool]:
    """Which words the tagger need not judge: those that are taken, and medicines."""
    return [bool(covered[word.start]) or word.form != "l" and is_medicine(page, word) for word in page.words]


def _words_covered(page: Page, covered: bytearray) -> Sequence[bool]:
    return [bool(covered[word.start]) for word in page.words]
