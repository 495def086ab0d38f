"""Names of people: said by a title, a kinship, a role or a header, or plain from the lists of names."""

import re
from collections.abc import Iterator

from worker_collection.phi.known import is_clinical_use
from worker_collection.phi.spans import Span
from worker_collection.phi.vocabulary import (
    fold,
    is_common,
    is_eponym,
    is_given,
    is_head,
    is_name,
    is_surely_name,
    is_surname,
)

_WORD = r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*"
_TITLE = (
    "dr|drs|doctor|prof|professor|mr|mrs|ms|miss|mx|sir|herr|frau|señor|señora|sra?|srta|mme|mlle|"
    "monsieur|madame|rev|"
    "father|pastor|imam|rabbi|capt|captain|officer|ofc|sgt|lt|detective|judge|nurse|sister|smt|shri|"
    "kumari|hon|"
    "surgeon|assist|attending|resident|intern|pcp|gp|consultant|therapist|counsell?or|interpreter|"
    "midwife|anesthesiologist|"
    "cardiologist|neurologist|attorney|lawyer|teacher|coach|jogger|bystander|rn|np|pa|pa-c|md|cna|lpn|"
    "pt name"
)
_KIN = (
    "son|daughter|wife|husband|mother|father|brother|sister|mom|mum|dad|spouse|partner|ex-partner|ex|"
    "ex-wife|ex-husband|aunt|"
    "uncle|cousin|niece|nephew|grandson|granddaughter|grandmother|grandfather|grandma|grandpa|friend|"
    "neighbou?r|caregiver|"
    "carer|guardian|fianc[eé]e?|roommate|girlfriend|boyfriend|twins?|children|kids|stepson|stepdaughter|"
    "stepmother|"
    "stepfather|boss|landlord|sponsor|daughter-in-law|son-in-law|mother-in-law|father-in-law|"
    "brother-in-law|sister-in-law|"
    "nok|next of kin|emergency contact|poa|proxy|mami|hermana|hermano|esposa|esposo"
)
_ROLE = (
    "seen by|signed by|signed|dictated by|d/w|discussed with|per|cc|provider|author|attending|referred "
    "by|ordered by|witness|"
    "reported by|reviewed by|transcribed by|by|w/|spoke with|spoke to|called|informed|nurse|assisted by|"
    "from|with|to"
)
_HEADER = "patient|pt|name|client|resident|patient name|pt name|re|contact|subject|member|employee|caller"
_CUE = re.compile(
    rf"\b(?:(?P<title>{_TITLE})\.?|(?P<kin>{_KIN})(?:\s(?:named|called|is|was))?[,:]?)\s+(?=\S)",
    re.IGNORECASE,
)
_HEAD = re.compile(
    rf"(?:^|[\n.;|]\s*|\b)(?:{_HEADER})\s{{0,2}}[:=]\s{{0,3}}(?=\S)|\b(?:patient|pt)\s(?=[A-Z])",
    re.IGNORECASE | re.MULTILINE,
)
_BY = re.compile(rf"\b(?:{_ROLE})[:\s]\s?(?=[A-Z])", re.IGNORECASE)
_SIGNED = re.compile(
    rf"\b((?:[A-Z]\.?\s){{0,2}}{_WORD}(?:\s[A-Z]\.?)?(?:\s{_WORD})?),?\s(?:MD|M\.D\.|DO|RN|NP|PA-C|FNP|"
    rf"PharmD|LCSW|DPM|DDS|PhD|MBBS)\b"
)
_RUN = re.compile(
    rf"{_WORD}\.?(?:,?\s(?:[A-Z]\.?(?=\W|$)|(?:de|la|van|der|von|bin|ibn|al|el|da|dos|del|di|bint)\b|"
    rf"{_WORD})){{0,4}}"
)
_LAST_FIRST = re.compile(r"(?<![\w,])([^\W\d_][\w'’-]+),\s?([^\W\d_][\w'’-]+)(?:\s[A-Z]\b\.?)?")
_CAPITALS = re.compile(
    r"(?<![\w@./-])(?:[A-ZÀ-Þ]\.\s?){0,2}[A-ZÀ-Þ](?:[^\W\d_]|"
    r"['’-](?=[^\W\d_]))+(?:\s(?:[A-ZÀ-Þ]\.?(?=\W|$)|(?:de|la|van|der|von|bin|al|el|da|dos|"
    r"del)\s[A-ZÀ-Þ](?:[^\W\d_]|['’-](?=[^\W\d_]))+|[A-ZÀ-Þ](?:[^\W\d_]|['’-](?=[^\W\d_]))+)){0,3}"
)
_PARTICLES = frozenset(
    {"de", "la", "van", "der", "von", "bin", "ibn", "al", "el", "da", "dos", "del", "di", "bint"}
)


def find(text: str) -> Iterator[Span]:
    """Names behind a cue first, then those that the lists of names know."""
    for pattern, is_strong in ((_CUE, True), (_HEAD, True), (_BY, False)):
        for cue in pattern.finditer(text):
            yield from _after_cue(text, cue.end(), strong=is_strong)
    for match in _SIGNED.finditer(text):
        if any(is_name(word) for word in match.group(1).split()):
            yield Span(match.start(1), match.end(1), "NAME")
    for match in _LAST_FIRST.finditer(text):
        last, first = match.group(1), match.group(2)
        if (
            last[0].isupper()
            and first[0].isupper()
            and is_name(last)
            and is_given(first)
            and not _both_common(last, first)
        ):
            yield Span(match.start(), match.end(), "NAME")
    yield from _listed(text)


def spread(text: str, spans: list[Span]) -> Iterator[Span]:
    """The other places in the text where a name found somewhere stands alone."""
    found = {
        word
        for span in spans
        if span.label == "NAME"
        for word in re.findall(_WORD, text[span.start : span.end])
    }
    telling = sorted(
        word for word in found if len(word) > 2 and fold(word) not in _PARTICLES and not is_common(word)
    )
    capital = sorted(word for word in found if len(word) > 2 and is_common(word) and word[0].isupper())
    for words, flags in ((telling, re.IGNORECASE), (capital, re.NOFLAG)):
        if not words:
            continue
        for match in re.finditer(
            rf"(?<![\w@])(?:{'|'.join(map(re.escape, words))})(?:['’]s)?(?!\w)", text, flags
        ):
            first_of_sentence = text[: match.start()].rstrip(" ")[-1:] in ("", ".", "\n", ":", ";")
            if not is_clinical_use(text, match.start(), match.end()) and (flags or not first_of_sentence):
                yield Span(match.start(), match.end(), "NAME")


def _after_cue(text: str, at: int, *, strong: bool) -> Iterator[Span]:
    """The name that begins here; after a strong cue an unknown capitalised word is one too."""
    run = _RUN.match(text, at)
    if run is None:
        return
    end, taken = at, 0
    for word in re.finditer(rf"{_WORD}\.?", run.group()):
        token = word.group()
        if not _continues(text, token, at + word.start(), strong=strong and taken == 0, taken=taken):
            break
        end, taken = at + word.end(), taken + 1
        if token.endswith(".") and len(token) > 3:
            break
    while end > at and text[end - 1] in ".,":
        end -= 1
    words = text[at:end].split()
    if taken and any(len(word.strip(".")) > 1 and fold(word) not in _PARTICLES for word in words):
        yield Span(at, end, "NAME")


def _continues(text: str, token: str, at: int, *, strong: bool, taken: int) -> bool:
    bare = token.rstrip(".")
    if len(bare) == 1:
        return bare.isupper()
    if fold(bare) in _PARTICLES:
        return True
    if is_clinical_use(text, at, at + len(bare)) or is_head(bare) and taken:
        return False
    if not bare[0].isupper():
        doctor = re.search(r"\bdr\.?\s$", text[:at], re.IGNORECASE)
        return strong and len(bare) > 3 and (is_name(bare) if doctor else is_surely_name(bare))
    if strong:
        return not is_common(bare) or (is_name(bare) and not bare.isupper())
    return is_surely_name(bare) if taken == 0 else is_name(bare) or not is_common(bare)


def _listed(text: str) -> Iterator[Span]:
    for run in _CAPITALS.finditer(text):
        words = list(re.finditer(r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*", run.group()))
        yield from _within_run(text, run.start(), [(word.start(), word.group()) for word in words])


def _within_run(text: str, base: int, words: list[tuple[int, str]]) -> Iterator[Span]:
    index = 0
    while index < len(words):
        at, word = words[index]
        length = _full_name(text, base, words[index:])
        if length > 1:
            last_at, last = words[index + length - 1]
            yield Span(base + at, base + last_at + len(last), "NAME")
            index += length
            continue
        if _stands_alone(text, base + at, word):
            yield Span(base + at, base + at + len(word), "NAME")
        index += 1


def _full_name(text: str, base: int, words: list[tuple[int, str]]) -> int:
    """How many of the words are one full name: a given name with a family name or an initial after it."""
    if len(words) < 2 or not is_given(words[0][1]):
        return 0
    first, rest, length = words[0][1], words[1:], 1
    for at, word in rest:
        if len(word) == 1 or fold(word) in _PARTICLES:
            length += 1
            continue
        if is_clinical_use(text, base + at, base + at + len(word)) or is_head(word):
            break
        if not (is_name(word) or not is_common(word)) or (is_common(word) and is_common(first)):
            break
        length += 1
        if length > 3:
            break
    return length


def _stands_alone(text: str, at: int, word: str) -> bool:
    """Whether one capitalised word is a name by itself: rare among words, known among names, no eponym."""
    if len(word) < 4 or word.isupper() or not is_surely_name(word):
        return False
    return is_given(word) or (is_surname(word) and len(word) > 4 and not _starts_sentence(text, at))


def _starts_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" ")
    return not before or before[-1] in ".!?\n:;-"


def _both_common(first: str, second: str) -> bool:
    return is_common(first) and is_common(second) or is_eponym(first)
